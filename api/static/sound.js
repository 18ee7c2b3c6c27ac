// A sound for each outcome, told apart by pitch and rhythm, so that one deaf ear or a loud belt suffices.
//
// Chromium keeps a page silent until it is touched, unless the kiosk starts it with an autoplay
// policy; `watch` tells the page whether it can be heard. The volume of this station, 0 to 100, is
// kept under "tallydock.volume"; refusals never fall below 40.

const RAMP_S = 0.005;
const REST = 0;
const HOLD_MS = 10_000;
const REFUSALS = new Set(["wrong", "over", "need", "hold", "disk", "unknown", "stale"]);

/** [hertz, milliseconds] in turn. */
export const SOUNDS = {
  ok: [[1760, 70]],
  line: [[880, 90], [1109, 90]],
  complete: [[880, 90], [1109, 90], [1319, 90]],
  wrong: [[220, 140], [REST, 60], [220, 140]],
  over: [[660, 90], [REST, 60], [660, 90], [REST, 60], [660, 90]],
  need: [[990, 80], [740, 120]],
  hold: repeated([[330, 500], [REST, 150]], HOLD_MS),
  disk: [[180, 900]],
  unknown: [[440, 90], [330, 90]],
  stale: [[150, 600]],
  idle: [],
};

let context = null;
let playing = null;

function repeated(notes, ms) {
  const turn = notes.reduce((sum, [, length]) => sum + length, 0);
  return Array.from({ length: Math.ceil(ms / turn) }, () => notes).flat();
}

/** Begin to listen for permission; told(true) when sounds can be heard, told(false) when not. */
export function watch(told) {
  context = new AudioContext();
  const tell = () => told(context.state === "running");
  context.onstatechange = tell;
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, unlock, true);
  tell();
}

export function unlock() {
  if (context.state !== "running") context.resume();
}

/** Play an outcome's sound; whatever still sounds is ended by it. */
export function play(name) {
  playing?.disconnect();
  playing = null;
  if (context === null || context.state !== "running" || SOUNDS[name].length === 0) return;
  playing = context.createGain();
  playing.gain.value = volume(name);
  playing.connect(context.destination);
  let start = context.currentTime + 0.01;
  for (const [hertz, ms] of SOUNDS[name]) {
    if (hertz !== REST) note(hertz, start, ms / 1000);
    start += ms / 1000;
  }
}

function note(hertz, start, length) {
  const tone = context.createOscillator();
  const ramp = context.createGain();
  tone.type = "square";
  tone.frequency.value = hertz;
  ramp.gain.setValueAtTime(0, start);
  ramp.gain.linearRampToValueAtTime(1, start + RAMP_S);
  ramp.gain.setValueAtTime(1, start + length - RAMP_S);
  ramp.gain.linearRampToValueAtTime(0, start + length);
  tone.connect(ramp).connect(playing);
  tone.start(start);
  tone.stop(start + length);
}

function volume(name) {
  const kept = localStorage.getItem("tallydock.volume");
  const chosen = kept === null ? 100 : Math.min(100, Math.max(0, Number(kept) || 0));
  return Math.max(chosen, REFUSALS.has(name) ? 40 : 0) / 200;
}
