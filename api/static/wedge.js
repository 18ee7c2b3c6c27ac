// Scan anywhere: a scanner that types like a keyboard is heard wherever the focus is.
//
// A scan is at least 4 characters with less than 40 ms between keys, ended by Enter or Tab; no hand
// types so fast. Its keys reach nothing else: no button is pressed by its Enter or its spaces, no
// shortcut fires, and a text field has afterwards what it had before. Control characters come as
// Ctrl and a key: Ctrl+] is GS (0x1D), which parts the elements of GS1 codes. When an input method
// has swallowed the key ("Process"), the physical key counts, on a US layout, which is what
// scanners type.

const GAP_MS = 40;
const LENGTH_MIN = 4;
const LENGTH_MAX = 4096;
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"]);
const SWALLOWED = new Set(["Process", "Unidentified"]);
const DIGITS = ")!@#$%^&*(";
const MARKS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:",
  Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ",
};
const CONTROLS = { BracketLeft: "\x1b", Backslash: "\x1c", BracketRight: "\x1d", Digit6: "\x1e", Minus: "\x1f" };

/** Call onCode(text) for each scan. */
export function listen(onCode) {
  let text = "";
  let last = -Infinity;
  let field = null; // what the first key of a scan changes before it is known to be one
  addEventListener("keydown", (event) => {
    const going = event.timeStamp - last < GAP_MS;
    if (MODIFIERS.has(event.key)) {
      if (going) last = event.timeStamp;
      return;
    }
    if (!going || event.repeat) text = "";
    last = event.timeStamp;
    if (text !== "" && isEnd(event)) {
      swallow(event);
      const code = text;
      text = "";
      if (code.length < LENGTH_MIN || code.length > LENGTH_MAX) return;
      restore(field);
      onCode(code);
      return;
    }
    const character = characterOf(event, text !== "");
    if (character === null) {
      text = "";
      return;
    }
    if (text === "") field = held(event.target);
    if (text !== "" || !isNeeded(event, character)) swallow(event);
    if (text.length <= LENGTH_MAX) text += character;
  }, true);
}

/** A lone space works the focused button; letters mean something only in a field. */
function isNeeded(event, character) {
  return character === " " || event.target.closest?.("input, textarea, select") !== null;
}

/** A text field with what is in it; null for anything else. */
function held(target) {
  const node = target.closest?.("input, textarea") ?? null;
  return node && { node, value: node.value, from: node.selectionStart, to: node.selectionEnd };
}

function restore(field) {
  if (field === null) return;
  field.node.value = field.value;
  if (field.from !== null) field.node.setSelectionRange(field.from, field.to);
}

function isEnd(event) {
  const key = physical(event) ?? event.key;
  return key === "Enter" || key === "Tab" || (event.ctrlKey && ["KeyM", "KeyJ"].includes(event.code));
}

function physical(event) {
  if (!SWALLOWED.has(event.key) && !event.isComposing) return null;
  return event.code === "NumpadEnter" ? "Enter" : event.code;
}

/** The character that a key stands for; null for keys that type none. */
function characterOf(event, inBurst) {
  if (event.ctrlKey && !event.metaKey) return control(event.code, inBurst);
  if (event.altKey || event.metaKey) return null;
  const code = physical(event);
  if (code === null) return [...event.key].length === 1 ? event.key : null;
  const shift = event.shiftKey;
  if (code.startsWith("Key")) return shift !== event.getModifierState("CapsLock") ? code[3] : code[3].toLowerCase();
  if (code.startsWith("Digit")) return shift ? DIGITS[code[5]] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  return MARKS[code]?.[shift ? 1 : 0] ?? null;
}

/** Ctrl and a key; outside a scan only GS is ours, everything else is the browser's. */
function control(code, inBurst) {
  if (code === "BracketRight") return CONTROLS.BracketRight;
  if (!inBurst) return null;
  if (code.startsWith("Key")) return String.fromCharCode(code.charCodeAt(3) - 64);
  return CONTROLS[code] ?? null;
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
