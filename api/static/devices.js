// The devices: condition, what to do, and when each was last heard.

import { health, reasonOf } from "./health.js";
import { Live } from "./live.js";
import { byId, clock, el, grouped, region, shape, since, t } from "./page.js";

const SHAPES = { fine: "ok", warn: "over", bad: "wrong", unknown: "stale" };
const live = new Live("wall", { show, tick: ages, stale: () => show(live.picture) });

function show({ devices }) {
  region("rows", [devices, live.cut], () => devices.length > 0 ? devices.map(row) : [nothing()]);
  ages();
}

const nothing = () => el("tr", {}, el("td", { colspan: 8 }, t("wall.no_devices")));

function row(device) {
  const condition = health(device, live.cut);
  const state = live.cut ? t("live.old_data") : t(`device_state.${device.state}`);
  return el("tr", { "data-health": condition, class: condition === "unknown" ? "off" : null },
    el("th", { scope: "row", class: "line" }, device.id, el("small", {}, device.kind)),
    el("td", {}, el("span", { class: "tag state" }, shape(SHAPES[condition]), state)),
    el("td", {}, reasonOf(device) || "—"),
    el("td", { class: "line", "data-at": device.last_seen_at ?? "" }, ""),
    el("td", { class: "line" }, clock(Date.parse(device.since))),
    el("td", { class: "right" }, grouped(device.reads)),
    el("td", { class: "right" }, grouped(device.faults)),
    el("td", {}, device.url));
}

function ages() {
  for (const node of byId("rows").querySelectorAll("[data-at]")) {
    const told = node.dataset.at === "" ? "—" : since(node.dataset.at);
    if (node.textContent !== told) node.textContent = told;
  }
}

live.start();
