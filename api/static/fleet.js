// Central's fleet: sites worst first, how far each is behind, and what could not be used.

import { Live } from "./live.js";
import { byId, clock, el, ends, grouped, region, shape, since, t } from "./page.js";

const LOOK = {
  fenced: ["bad", "wrong"], unheard: ["off", "stale"], rebuilding: ["lag", "over"], behind: ["lag", "over"], level: ["fine", "ok"],
};
const FIGURES = ["level", "behind", "unheard", "fenced"];
const live = new Live("fleet", { show, tick: ages, stale: () => show(live.picture) });

function show({ sites, dead_letters: letters }) {
  region("figures", sites.map(({ id, standing, lag }) => [id, standing, lag]), () => FIGURES.map((name) => figure(name, sites)));
  region("rows", [sites, live.cut], () => sites.length > 0 ? sites.map(row) : [nothing(10, "fleet.none")]);
  region("letters", letters, () => letters.length > 0 ? letters.map(letter) : [nothing(5, "fleet.no_letters")]);
  byId("letter-count").textContent = letters.length || "";
  ages();
}

const counts = (name) => (name === "behind" ? ["behind", "rebuilding"] : [name]);

function figure(name, sites) {
  const found = sites.filter(({ standing }) => counts(name).includes(standing));
  const unit = name === "level" ? t("fleet.of_all", { n: sites.length }) : found.map(({ id }) => id).join(", ");
  return el("section", { class: "card" }, el("h2", {}, t(`fleet.${name}`)),
    el("p", { class: "big" }, String(found.length), el("small", {}, ` ${unit}`)));
}

function row(site) {
  const [look, dress] = live.cut ? LOOK.unheard : LOOK[site.standing];
  return el("tr", { class: look },
    el("th", { scope: "row" }, el("a", { href: `/sites/${encodeURIComponent(site.id)}` }, site.id)),
    el("td", {}, el("span", { class: "tag" }, shape(dress), t(`fleet.${site.standing}`))),
    el("td", { class: "right" }, grouped(site.through)),
    el("td", { class: "right" }, site.standing === "unheard" ? "—" : grouped(site.lag)),
    el("td", { class: "right line", "data-at": site.heard_at ?? "" }, ""),
    el("td", { class: "hash line" }, ends(site.hash)),
    el("td", { class: "right" }, String(site.epoch)),
    el("td", { class: "right" }, grouped(site.orphans)),
    el("td", { class: "right line" }, `${grouped(site.acked)} / ${grouped(site.commands)}`),
    el("td", {}, site.app));
}

const letter = (one) => el("tr", {}, el("td", { class: "line" }, clock(Date.parse(one.at))), el("td", {}, one.site),
  el("td", {}, one.reason), el("td", {}, one.topic), el("td", { class: "right" }, grouped(one.bytes)));

const nothing = (columns, key) => el("tr", {}, el("td", { colspan: columns }, t(key)));

function ages() {
  for (const node of byId("rows").querySelectorAll("[data-at]")) {
    const told = node.dataset.at === "" ? "—" : since(node.dataset.at);
    if (node.textContent !== told) node.textContent = told;
  }
}

live.start();
