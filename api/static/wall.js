// The wall: four figures, a tile a station, the last hour, exceptions and devices, at one look.

import "./chart.js";
import { health, reasonOf } from "./health.js";
import { Live } from "./live.js";
import { age, byId, cells, clock, el, grouped, ms, now, pick, region, root, shape, since, t, trim } from "./page.js";

const DENSE_FROM = 9;
const CELLS_MAX = 12;
const day = new Intl.DateTimeFormat(root.lang, { month: "short", day: "numeric", weekday: "short", timeZone: root.dataset.zone });

const live = new Live("wall", { show, tick: ages, stale: () => show(live.picture) });

function show(view) {
  byId("today").textContent = day.format(now());
  figures(view);
  byId("tiles").classList.toggle("dense", view.stations.length >= DENSE_FROM);
  byId("tiles").dataset.columns = columns(view.stations.length);
  region("tiles", view.stations, () => view.stations.map(tile));
  byId("chart").rates = {
    scans: view.rates.scans_per_minute,
    refused: view.rates.refused_per_minute,
    labelOf: (place) => clock(Date.parse(view.at) - 60_000 * (59 - place)).slice(0, 5),
  };
  list("exceptions", view.exceptions, exception, t("wall.exceptions"), t("wall.newest_first"), t("wall.none"));
  const toMind = view.devices.filter((device) => health(device, live.cut) !== "fine").length;
  const told = toMind > 0 ? t("wall.to_mind", { n: toMind }) : t("wall.all_fine");
  list("devices", view.devices, device, t("page.devices"), view.devices.length > 0 ? told : "", t("wall.no_devices"));
  ages();
}

/** As wide as few stations allow, in rows of equal length. */
const columns = (stations) => (stations >= DENSE_FROM ? 5 : stations > 6 ? 4 : stations > 4 ? 3 : Math.max(1, stations));

function figures({ orders, latency, rates, link }) {
  const even = orders.opened === orders.closed + orders.held + orders.cancelled + orders.open;
  const last = rates.scans_per_minute.at(-2);
  const refused = rates.refused_per_minute.reduce((sum, one) => sum + one, 0);
  const scans = rates.scans_per_minute.reduce((sum, one) => sum + one, 0);
  const share = scans > 0 ? `${(100 * refused / scans).toFixed(1)}%` : "—";
  const known = latency.p50_us !== null;
  region("figures", [orders, latency, rates, { ...link, last_ack_at: null }], () => [
    figure(t("wall.balance"), sign(even ? "fine" : "bad", even ? "ok" : "wrong", t(even ? "wall.even" : "wall.uneven")),
      grouped(orders.opened), t("wall.opened"), [t("wall.sum", orders)]),
    figure(t("wall.latency"), null, known ? ms(latency.p50_us) : "—", known ? "ms p50" : "",
      ["p99 ", el("b", {}, known ? ms(latency.p99_us) : "—"), ` · ${t("wall.latency_of", { n: grouped(latency.count) })}`]),
    figure(t("wall.per_minute"), null, grouped(last), "",
      [t("wall.refused"), " ", el("b", {}, share), ` · ${t("wall.peak")} ${Math.max(...rates.scans_per_minute)}`]),
    figure(t("wall.central"), linkSign(link), grouped(link.backlog), t("wall.backlog"),
      [t("wall.last_ack"), " ", el("b", { id: "ack" }, ""), ` · ${t("wall.dead_letters")} `, el("b", {}, grouped(link.dead_letters))]),
  ]);
}

const linkSign = ({ state }) =>
  sign(state === "online" ? "fine" : state === "asking" ? "lag" : "bad", state === "online" ? "ok" : "stale", t(`wall.${state}`));

const sign = (kind, dress, word) => el("span", { class: `sign ${kind}` }, shape(dress), word);

const figure = (title, mark, big, unit, small) => el("section", { class: "card" },
  el("h2", {}, title, mark), el("p", { class: "big" }, big, el("small", {}, ` ${unit}`)), el("p", { class: "small" }, ...small));

function tile(station) {
  const busy = station.order !== null;
  const squares = busy ? cells(station.packed, station.wanted, CELLS_MAX) : null;
  const rest = busy ? squares ?? "" : t("wall.scans", { n: grouped(station.scans) });
  return el("li", {}, el("a", { class: "tile", "data-dress": station.dress, href: `/stations/${encodeURIComponent(station.id)}` },
    el("span", { class: "head" }, el("b", {}, station.id), el("span", { class: "user" }, station.user ?? "—"), el("span", { class: "age", "data-at": station.last_seen_at ?? "" })),
    el("span", { class: "word" }, shape(station.dress), el("span", {}, pick(station.word))),
    el("span", { class: "order" }, station.order ?? t("wall.waiting")),
    el("span", { class: "foot" }, el("span", {}, rest), busy ? el("b", {}, `${station.packed}/${station.wanted}`) : null)));
}

const exception = (one) => el("li", {}, el("span", { class: "age", "data-at": one.at }),
  el("span", { class: "what" }, pick(one.title)), el("span", { class: "about" }, one.detail || one.subject));

const device = (one) => el("li", { "data-health": health(one, live.cut) },
  shape({ fine: "ok", warn: "over", bad: "wrong", unknown: "stale" }[health(one, live.cut)]),
  el("b", {}, one.id), el("span", {}, one.reason === null ? t(`device_state.${one.state}`) : reasonOf(one)));

/** A card with a list; what does not fit is counted in its head. */
function list(id, rows, draw, title, beside, nothing) {
  const shown = rows.length > 0 ? rows.map(draw) : [el("p", { class: "nothing" }, nothing)];
  const body = rows.length > 0 ? el("ul", {}, ...shown) : shown[0];
  const note = el("span", {}, beside);
  if (!region(id, [rows, live.cut], () => [el("h2", {}, `${title} ${rows.length || ""}`, note), body])) return;
  if (rows.length === 0) return;
  for (const node of body.querySelectorAll("[data-at]")) node.textContent = since(node.dataset.at);
  const hidden = trim(body);
  if (hidden > 0) note.textContent = `${beside} · ${t("wall.more", { n: hidden })}`;
}

/** Every figure has an age; ages move between two pictures too. */
function ages() {
  for (const node of document.querySelectorAll("[data-at]")) {
    const told = node.dataset.at === "" ? "—" : age(now() - Date.parse(node.dataset.at));
    if (node.textContent !== told) node.textContent = told;
  }
  const ack = byId("ack");
  const at = live.picture.link.last_ack_at;
  if (ack !== null) ack.textContent = at === null ? t("wall.never") : since(at);
}

live.start();
