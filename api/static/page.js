// What every live page needs: the embedded state and words, elements, numbers, times and ages.

export const root = document.documentElement;
export const byId = (id) => document.getElementById(id);
export const embedded = (id) => JSON.parse(byId(id).textContent);

const words = embedded("labels");
const clockForm = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: root.dataset.zone,
});
let skewMs = 0;

/** The text of a key in the page's language, with {names} filled in; of {n?line|lines} the first for one. */
export function t(key, params = {}) {
  return words[root.lang][key].replace(/\{(\w+)\?([^{}|]*)\|([^{}|]*)\}/g, (_, name, one, many) => (String(params[name]) === "1" ? one : many))
    .replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "—");
}

/** Of {zh, en} the page's language. */
export const pick = (text) => (root.lang === "en" ? text.en : text.zh);

/** Speak another language: every element with data-t or data-label, and whatever is drawn next. */
export function speak(language) {
  if (root.lang === language) return;
  root.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
  }
}

/** An element; attributes that are null or false are left out, children that are null too. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export function svg(name, attributes = {}, text = null) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  return node;
}

function drawing(kind, symbol) {
  const node = svg("svg", { class: kind, "aria-hidden": "true", focusable: "false" });
  node.append(svg("use", { href: `#${symbol}` }));
  return node;
}

export const icon = (name) => drawing("icon", `i-${name}`);
export const shape = (dress) => drawing("shape", `v-${dress}`);

/** Redraw a region only when what it shows has changed. */
const drawn = new Map();
export function region(id, value, draw) {
  const key = JSON.stringify([root.lang, value]);
  if (drawn.get(id) === key) return false;
  drawn.set(id, key);
  byId(id).replaceChildren(...draw());
  return true;
}

/** 48213 -> "48 213", with thin spaces. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u2009");

/** Ends of a hash, enough to compare it by eye. */
export const ends = (hash) => `${hash.slice(0, 4)}\u2009${hash.slice(4, 8)} … ${hash.slice(-4)}`;

/** Microseconds as milliseconds: "0.8", "12". */
export const ms = (us) => (us < 950 ? (us / 1000).toFixed(1) : grouped(Math.round(us / 1000)));

/** Milliseconds as an age: "0.8 s", "42 s", "2:41", "3 h 12 min". */
export function age(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 59.5) return `${Math.round(s)} s`;
  return s < 3599.5 ? minutes(s) : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** Seconds as minutes and seconds: "0:14". */
export const minutes = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

export const clock = (time) => clockForm.format(time);

/** The server's time: a page does not trust its own machine's clock. */
export const now = () => Date.now() + skewMs;
export const set = (at) => { skewMs = Date.parse(at) - Date.now(); };

/** Age of a moment that may never have been. */
export const since = (at) => (at === null ? "—" : age(now() - Date.parse(at)));

const ROW = 12;

/** One square a unit, in rows of twelve, the last one fresh; a bar where there are too many to count. */
export function cells(packed, wanted, most, fresh = false) {
  const [full, all] = [Number(packed), Number(wanted)];
  if (!(all > 0)) return null;
  if (!Number.isInteger(full) || !Number.isInteger(all) || all > most) {
    return el("progress", { class: "share", "aria-hidden": "true", max: all, value: Math.min(full, all) });
  }
  const squares = Array.from({ length: all }, (_, place) =>
    el("i", { class: place >= full ? null : fresh && place === full - 1 ? "new" : "full" }));
  return el("span", { class: all > ROW ? "cells many" : "cells", "aria-hidden": "true" }, ...squares);
}

/** Hide the last children of a list until the rest fits; says how many are hidden. */
export function trim(list) {
  const rows = [...list.children];
  for (const row of rows) row.hidden = false;
  let hidden = 0;
  while (hidden < rows.length - 1 && list.scrollHeight > list.clientHeight + 1) {
    hidden += 1;
    rows[rows.length - hidden].hidden = true;
  }
  return hidden;
}
