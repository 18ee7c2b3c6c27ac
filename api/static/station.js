// The station: draws each picture into the same four regions, sounds each verdict, sends wedge scans.

import { Live } from "./live.js";
import { byId, cells, clock, el, embedded, ends, grouped, icon, ms, pick, region, root, shape, speak, t } from "./page.js";
import { play, unlock, watch } from "./sound.js";
import { listen } from "./wedge.js";

const STATION = byId("bench").dataset.station;
const CODES = embedded("codes");
const CELLS_MAX = 24;
const FOLD_FROM = 5;
const WAITING_MAX = 32;
const SEND_MS = 5000;
const AGAIN_MS = 300;
const COUNTED = new Set(["ok", "complete"]);

// The four actions of a state: [command, icon, key of the label if it is another]; the last one is help.
const HELP = ["help", "help"];
const ACTIONS = {
  signed_out: [null, null, null, HELP],
  idle: [null, null, ["signoff", "leave"], HELP],
  packing: [["undo", "undo"], ["short", "short"], ["close", "box"], HELP],
  complete: [["undo", "undo"], ["close", "box"], ["next", "tick"], HELP],
  needs: [["cancel", "undo", "drop"], ["short", "short"], null, HELP],
  choosing: [["choose_1", "pick"], ["choose_2", "pick"], ["cancel", "undo", "drop"], HELP],
  reason: [["reason_missing", "short"], ["reason_damaged", "short"], ["reason_other", "short"], ["cancel", "undo", "drop"]],
  intercepted: [["cancel", "aside"], null, ["signoff", "leave"], HELP],
};
const FIRST = { complete: "next", intercepted: "cancel" };

let last = null; // what was shown before: {hash, disk, boot, scans, cut}
let notSent = 0;
let staleTone = 0;

const live = new Live(`station/${encodeURIComponent(STATION)}`, { show, stale, tick });

function show(view) {
  speak(view.language);
  draw(view);
  const before = last;
  last = { hash: view.verdict?.recorded?.hash, disk: view.disk, boot: view.boot, scans: view.scans, cut: false };
  if (before === null) return;
  const fails = view.disk !== "ok" && before.disk === "ok";
  const judged = view.disk === "ok" && view.verdict !== null && last.hash !== before.hash;
  if (fails || judged) {
    flash();
    play(fails ? "disk" : view.verdict.token === "line_complete" ? "line" : view.verdict.dress);
  }
  missed(view, before);
}

/** A screen that comes back says what it did not show. */
function missed(view, before) {
  if (before.cut) {
    const count = before.boot === view.boot ? view.scans - before.scans : view.scans;
    const told = [count > 0 && t("live.missed", { n: count }), notSent > 0 && t("live.not_sent", { n: notSent })];
    tell(told.filter(Boolean).join(" · "));
    notSent = 0;
  } else if (before.scans !== view.scans) tell("");
}

function stale(cut) {
  if (cut) {
    last.cut = true;
    play("stale");
    staleTone = performance.now();
  }
  draw(live.picture);
}

function tick() {
  if (!live.cut) return;
  if (performance.now() - staleTone > 30_000) {
    staleTone = performance.now();
    play("stale");
  }
  const s = Math.ceil(live.wait);
  const told = live.ended ? t(live.ended) : t(s > 0 ? "live.retry" : "live.trying", { n: live.attempt, s });
  const retry = byId("retry");
  if (retry !== null && retry.textContent !== told) retry.textContent = told;
}

function tell(text) {
  if (byId("notice").textContent !== text) byId("notice").textContent = text;
}

function flash() {
  const panel = byId("verdict");
  panel.classList.remove("flash");
  void panel.offsetWidth;
  panel.classList.add("flash");
}

// --- drawing ------------------------------------------------------------------------------------

function draw(view) {
  byId("who").textContent = view.user?.name ?? t("bench.nobody");
  region("band", [view.order, view.carton, view.scans, view.history[0]?.at, view.verdict?.dress, view.disk], () => band(view));
  const said = spoken(view);
  byId("verdict").dataset.dress = said.dress;
  if (region("verdict", said, () => panel(said))) fit();
  region("lines", [view.order, view.lines, view.history, view.latency, live.cut], () => lines(view));
  fold();
  region("acts", [view.state, view.verdict?.token, view.disk, live.cut], () => actions(view));
}

const pair = (label, value, none = false) =>
  el("div", {}, el("dt", {}, label), el("dd", { class: none ? "none" : null }, value));

function band({ order, carton, scans, history, verdict, disk }) {
  if (order === null) {
    const last = history.length > 0 ? clock(Date.parse(history[0].at)) : "—";
    return [el("dl", {}, pair(t("bench.order"), t("bench.no_order"), true)),
      el("dl", {}, pair(t("bench.scans"), grouped(scans))),
      el("dl", {}, pair(t("bench.last_scan"), last))];
  }
  const box = carton === null ? t("bench.no_box") : t("bench.box_units", { n: carton.number, units: carton.units });
  const squares = cells(order.packed, order.wanted, CELLS_MAX, verdict?.dress === "ok" && disk === "ok");
  const told = t("bench.progress", order);
  return [el("dl", {}, pair(t("bench.order"), order.number)),
    el("dl", {}, pair(t("bench.customer"), order.customer ?? "—")),
    el("dl", {}, pair(t("bench.box"), box, carton === null)),
    el("p", { class: "tally" }, squares, el("span", { class: "unseen" }, told),
      el("b", { "aria-hidden": "true" }, order.packed, el("small", {}, ` / ${order.wanted}`)))];
}

/** What the panel says: of the last verdict, of an idle station, of a disk that refuses, of old news. */
function spoken(view) {
  const said = view.disk === "ok" ? judgement(view) : refused(view);
  if (!live.cut) return said;
  return { ...said, dress: "stale", chips: null, why: view.verdict === null ? "" : t("live.may_differ"), next: t("live.only_beep") };
}

function judgement({ verdict, state, history }) {
  if (verdict === null) return idle(state, history);
  const item = verdict.item && pick(verdict.item);
  const code = verdict.code.startsWith("TD-BADGE-") ? "TD-BADGE-…" : verdict.code.replaceAll("\x1d", "␝");
  const unknown = item === null && verdict.dress === "unknown" && code !== "";
  return {
    dress: verdict.dress,
    word: pick(verdict.word),
    count: COUNTED.has(verdict.dress) ? verdict.count : null,
    name: item ?? (unknown ? code : pick(verdict.why)),
    code: unknown ? "" : [code, verdict.sku].filter(Boolean).join(" · "),
    why: item !== null || unknown ? pick(verdict.why) : "",
    next: pick(verdict.next),
    recorded: verdict.recorded,
    spent: verdict.elapsed_us === null ? clock(Date.parse(verdict.at)) : `${ms(verdict.elapsed_us)} ms`,
  };
}

function idle(state, history) {
  const place = state === "signed_out" ? "signed_out" : "idle";
  return {
    dress: "idle", word: t(`bench.word_${place}`), count: null, name: t(`bench.item_${place}`), code: "", why: "",
    chips: place === "idle" ? ["chip_order", "chip_command"] : ["chip_badge"],
    next: t(`bench.next_${place}`), recorded: history.length > 0 ? { seq: history[0].seq } : null, last: true, spent: "",
  };
}

function refused({ verdict }) {
  return {
    dress: "disk", word: t("verdict.not_recorded"), count: null, name: t("why.not_recorded"), code: "", why: "",
    next: t("next.not_recorded"), recorded: verdict?.recorded ?? null, last: true,
    spent: verdict === null ? "" : clock(Date.parse(verdict.at)),
  };
}

function panel(said) {
  const { count, recorded } = said;
  const long = count !== null && `${count.packed}${count.wanted}`.length > 3;
  return [
    el("div", { class: "say" }, shape(said.dress), el("h1", {}, said.word),
      count && el("span", { class: long ? "count long" : "count" }, count.packed, el("small", {}, `/${count.wanted}`))),
    el("div", { class: "about" },
      el("p", { class: "name", "data-fit": "" }, said.name),
      said.code && el("p", { class: "code" }, said.code),
      said.why && el("p", { class: "why", "data-fit": "" }, said.why),
      said.chips && el("ul", { class: "chips" }, ...said.chips.map((key) => el("li", {}, t(`bench.${key}`))))),
    el("p", { class: "next" }, icon("next"),
      said.dress === "stale" ? null : el("span", { class: "label" }, t("bench.next")),
      el("span", { class: "step", "data-fit": "" }, said.next)),
    record(said, recorded),
  ];
}

function record(said, recorded) {
  const number = recorded && `#${grouped(recorded.seq)}`;
  if (said.dress === "stale") {
    return el("p", { class: "record" }, icon("retry"), el("span", { id: "retry", "aria-live": "off" }, ""),
      el("span", { class: "spent" }, number ?? ""));
  }
  const label = t(said.last ? "bench.last_recorded" : "bench.recorded");
  return el("p", { class: "record" }, recorded && icon("record"), recorded && el("span", {}, label),
    recorded && el("span", {}, number, recorded.hash && " · ", recorded.hash && el("span", { class: "hash" }, ends(recorded.hash))),
    el("span", { class: "spent" }, said.spent));
}

/** Long texts take a second, smaller line; when all is long, the code gives way. */
function fit() {
  for (const node of byId("verdict").querySelectorAll("[data-fit]")) {
    node.classList.remove("long");
    node.classList.toggle("long", node.scrollWidth > node.clientWidth + 1);
  }
  const about = byId("verdict").querySelector(".about");
  const code = about.querySelector(".code");
  if (code) code.hidden = false;
  if (code && about.scrollHeight > about.clientHeight + 1) code.hidden = true;
}

function lines(view) {
  const { latency, order } = view;
  const known = latency.p50_us !== null;
  const foot = live.cut
    ? el("p", { class: "foot" }, el("span", {}, t("live.old_data")))
    : el("p", { class: "foot" }, el("span", {}, t("bench.latency")),
      el("span", {}, known ? `p50 ${ms(latency.p50_us)} · p99 ${ms(latency.p99_us)} ms` : "—"));
  if (order === null) return [...recent(view), foot];
  return [el("h2", {}, t("bench.lines"), el("span", {}, t("bench.line_count", { n: view.lines.length }))),
    el("ul", { id: "rows" }, ...rows(view.lines)), foot];
}

function rows(all) {
  const isFull = (line) => Number(line.packed) >= Number(line.wanted);
  const folds = all.length > FOLD_FROM && all.some(isFull);
  const shown = folds ? all.filter((line) => !isFull(line) || line.current) : all;
  const folded = folds && el("li", { class: "folded" }, t("bench.lines_done", { n: all.length - shown.length }));
  const current = Math.max(0, shown.findIndex((line) => line.current));
  const order = shown.length > FOLD_FROM - 1 ? [...shown.slice(current), ...shown.slice(0, current)] : shown;
  return [...(folded ? [folded] : []), ...order.map((line) => row(line, isFull(line)))];
}

function row(line, full) {
  const short = Number(line.short) > 0 && el("b", {}, t("bench.short", { n: line.short }));
  const note = [line.location, line.sku].filter(Boolean).join(" · ");
  return el("li", { class: line.current ? "now" : full ? "done" : null, "aria-current": line.current ? "true" : null },
    el("span", { class: "name" }, pick(line.name)),
    el("span", { class: "count" }, full ? icon("tick") : null,
      el("span", {}, line.packed, el("small", {}, `/${line.wanted}`))),
    el("span", { class: "note" }, short || "", short ? " · " : "", note));
}

function recent(view) {
  const past = view.history.map((one) => el("li", { class: "past" },
    el("span", {}, clock(Date.parse(one.at))), el("b", {}, pick(one.word)),
    el("span", { class: "note" }, one.code.startsWith("TD-BADGE-") ? "TD-BADGE-…" : one.code.replaceAll("\x1d", "␝"))));
  return [el("h2", {}, t("bench.recent"), el("span", {}, t("bench.recent_count"))),
    el("ul", { id: "rows" }, ...(past.length > 0 ? past : [el("li", { class: "folded" }, t("bench.no_scans"))]))];
}

/** Rows that do not fit are counted, not cut in half. */
function fold() {
  const list = byId("rows");
  list.querySelector(".rest")?.remove();
  const all = [...list.children];
  for (const one of all) one.hidden = false;
  if (list.scrollHeight <= list.clientHeight + 1) return;
  const rest = el("li", { class: "folded rest" });
  list.append(rest);
  let hidden = 0;
  do {
    hidden += 1;
    all[all.length - hidden].hidden = true;
    rest.textContent = t("bench.lines_more", { n: hidden });
  } while (hidden < all.length - 1 && list.scrollHeight > list.clientHeight + 1);
  if (live.picture.order === null) rest.remove();
}

function actions(view) {
  const slots = [...ACTIONS[view.state]];
  if (view.state === "idle" && view.verdict?.token === "order_already_open") slots[0] = ["takeover", "take"];
  if (view.disk !== "ok") slots[3] = HELP;
  const first = view.disk !== "ok" ? "help" : FIRST[view.state] ?? (slots[0]?.[0] === "takeover" ? "takeover" : null);
  return slots.map((slot) => slot === null ? el("span", { class: "empty" }) : button(slot, first, view.disk !== "ok"));
}

function button([command, picture, label = command], first, fails) {
  const attributes = { type: "button", class: command === first ? "first" : null, disabled: live.cut || (fails && command !== "help") };
  const node = el("button", attributes, icon(picture),
    el("span", {}, el("b", {}, t(`command.${label}`)), el("small", {}, CODES[command])));
  node.addEventListener("click", () => send(CODES[command]));
  return node;
}

// --- scans of the keyboard wedge and of the buttons, one after the other ---------------------------

let waiting = 0;
let line = Promise.resolve();

function send(text) {
  if (live.cut || waiting >= WAITING_MAX) return refuse();
  waiting += 1;
  line = line.then(() => post(text)).finally(() => { waiting -= 1; });
}

async function post(text) {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const answer = await request(text, key) ?? await pause(AGAIN_MS).then(() => request(text, key));
  if (answer?.ok) {
    notSent = 0;
    live.take((await answer.json()).session);
  } else if (answer?.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  else if (answer?.status === 403) {
    tell(t("live.may_not"));
    play("unknown");
  } else if (answer?.status === 503) unsaved();
  else refuse();
}

/** The disk refuses: say so for every scan, not only for the first. */
function unsaved() {
  live.take({ ...live.picture, disk: "failing" });
  play("disk");
}

/** The answer, or null when the line broke: the same key may be sent again without counting twice. */
async function request(text, key) {
  try {
    return await fetch(`/api/v1/stations/${encodeURIComponent(STATION)}/scans`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key, "Accept-Language": root.lang },
      body: JSON.stringify({ data: text }),
      signal: AbortSignal.timeout(SEND_MS),
    });
  } catch {
    return null;
  }
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A scan that could not be sent is refused aloud, never kept for later. */
function refuse() {
  notSent += 1;
  play("stale");
  const told = t("live.not_sent", { n: notSent });
  if (live.cut) byId("told").textContent = told;
  else tell(told);
}

// --- start ------------------------------------------------------------------------------------------

watch((heard) => {
  byId("audible").hidden = !heard;
  const off = byId("sound");
  off.hidden = heard;
  off.dataset.on = heard ? "yes" : "no";
  off.replaceChildren(icon("mute"), el("span", { "data-t": "live.sound_off" }, t("live.sound_off")));
});
byId("sound").addEventListener("click", unlock);
addEventListener("resize", () => {
  fit();
  fold();
});
listen(send);
live.start();
