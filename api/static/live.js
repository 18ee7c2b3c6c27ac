// The live channel of a page: whole pictures over one WebSocket, and honesty when it is cut.
//
// A picture comes at least once a second. After 2.5 s of silence, or 1 s after the socket closed,
// the page is stale: the head is replaced by the age of what is shown, and the page says so in its
// own way. Reconnects wait 0.2 to 2 s with jitter; network, page show and tab changes hurry them.

import { byId, clock, embedded, minutes, now, root, set, t } from "./page.js";

const SILENCE_MS = 2500;
const CLOSED_MS = 1000;
const TICK_MS = 200;
const WAITS_MS = [200, 400, 800, 1600, 2000];
const SIGN_IN = 4401;
const ENDS = { 4403: "live.no_right", 4404: "live.gone" }; // trying again would change nothing
const RELOADED = "tallydock.reloaded";

export class Live {
  /** show(picture): draw it. stale(true|false): the line was cut, or is back. */
  constructor(topic, { show, stale = () => {}, tick = () => {} }) {
    const address = new URL(`/live/${topic}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    Object.assign(this, { address, show, onStale: stale, onTick: tick });
    this.cut = false;
    this.attempt = 0;
    this.ended = null; // key of the reason why there will be no line any more
    this.closed = null; // since when there is no line; an attempt is not one
    this.heard = performance.now();
    this.pictureAt = now();
  }

  /** Show the picture that came with the page, then keep up. */
  start() {
    this.take(embedded("state"));
    this.open();
    setInterval(() => this.tick(), TICK_MS);
    for (const name of ["online", "pageshow", "focus"]) addEventListener(name, () => this.hurry());
    document.addEventListener("visibilitychange", () => this.hurry());
    this.tick();
  }

  open() {
    this.retryAt = null;
    this.opened = performance.now();
    const socket = new WebSocket(this.address);
    socket.onmessage = ({ data }) => { if (socket === this.socket) this.message(JSON.parse(data)); };
    socket.onclose = ({ code }) => { if (socket === this.socket) this.lost(code); };
    this.socket = socket;
  }

  message(message) {
    if ("hello" in message) return this.greet(message.hello);
    this.heard = performance.now();
    this.closed = null;
    this.attempt = 0;
    const back = this.cut;
    this.cut = false;
    this.take(message);
    if (back) this.mark();
  }

  /** A newer version serves us: load its page, once for each version.
   *
   * It is asked for first: a reload that fails would leave the bench with the browser's own error
   * page, on which nothing tries again. When asking fails, the next line's greeting asks anew.
   */
  greet(digest) {
    if (digest === root.dataset.digest || sessionStorage.getItem(RELOADED) === digest) return;
    fetch(location.href, { cache: "reload" }).then((answer) => {
      if (!answer.ok) return;
      sessionStorage.setItem(RELOADED, digest);
      location.reload();
    }, () => { if (this.socket) this.discard(); });
  }

  /** An older picture of the same process is no news. */
  take(picture) {
    const last = this.picture;
    if (last && last.boot === picture.boot && picture.version < last.version) return;
    this.picture = picture;
    this.pictureAt = Date.parse(picture.at);
    set(picture.at);
    this.show(picture);
  }

  lost(code) {
    if (code === SIGN_IN) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    this.closed ??= performance.now();
    this.ended = ENDS[code] ?? null;
    if (this.ended === null) this.again();
    else if (this.cut) this.explain();
  }

  again() {
    const wait = WAITS_MS[Math.min(this.attempt, WAITS_MS.length - 1)];
    this.attempt += 1;
    this.retryAt = performance.now() + wait * (0.75 + Math.random() / 4);
  }

  hurry() {
    if (this.ended === null && (this.cut || this.retryAt !== null)) this.retryAt = performance.now();
    this.tick();
  }

  tick() {
    const at = performance.now();
    const silent = at - this.heard > SILENCE_MS;
    if (!this.cut && (silent || (this.closed !== null && at - this.closed > CLOSED_MS))) {
      this.cut = true;
      this.mark();
    }
    if (this.retryAt !== null && at >= this.retryAt) this.open();
    else if (silent && this.ended === null && this.retryAt === null && at - this.opened > SILENCE_MS) this.discard();
    this.clocks();
  }

  /** A socket that says nothing is thrown away: it would not tell us of its death either. */
  discard() {
    const socket = this.socket;
    this.socket = null;
    socket.close();
    this.again();
  }

  mark() {
    byId("head").hidden = this.cut;
    byId("cut").hidden = !this.cut;
    const page = byId("bench") ?? byId("page");
    page.dataset.live = this.cut ? "cut" : "live";
    if (this.cut) this.explain();
    this.onStale(this.cut);
  }

  explain() {
    byId("told").textContent = this.ended ? t(this.ended) : t("live.stopped_at", { time: clock(this.pictureAt) });
  }

  /** Seconds until the next try. */
  get wait() {
    return this.retryAt === null ? 0 : Math.max(0, (this.retryAt - performance.now()) / 1000);
  }

  clocks() {
    const time = byId("clock");
    if (time.textContent !== clock(now())) time.textContent = clock(now());
    if (this.cut) {
      const told = minutes((performance.now() - this.heard) / 1000);
      if (byId("age").textContent !== told) byId("age").textContent = told;
    }
    this.onTick();
  }
}
