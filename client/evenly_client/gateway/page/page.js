// The page of a gateway: a terminal, and behind it a WebSocket to the visitor's own running client.
//
//   door (what it means, "Go on") ──▶ session ──▶ door (why it has ended, "Come back in")
//                                      │  ▲
//                                      ▼  │  connection lost: tried again, with the return key
//
// What is said on the socket stands in web_wire.py: terminal bytes are binary, the rest is JSON with `do` or `say`.

import "./styles.js";
import { Terminal } from "./xterm.mjs";
import { FitAddon } from "./addon-fit.mjs";
import { UnicodeGraphemesAddon } from "./addon-unicode-graphemes.mjs";

const COLUMNS = 50; // at least, on a phone: the letters become smaller instead
const LETTERS = { most: 15, least: 7 }; // pixels
const WINDOW = { columns: 300, rows: 100 }; // at most
const PIECE = 8 * 1024; // bytes of a message
const AGAIN = { first: 500, most: 8_000 }; // milliseconds
const SILENCE = 25_000; // milliseconds without a word, after which a connection is lost; `here` comes every 10 s
const FONT = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
const KEYS = {
  hand: " ", finish: "\r", answer: "\x07", leave: "\x11", escape: "\x1b", tab: "\t", backspace: "\x7f",
  up: "\x1b[A", down: "\x1b[B", right: "\x1b[C", left: "\x1b[D",
};
const THEMES = {
  dark: { background: "#121212", foreground: "#e6e6e6", cursor: "#e6e6e6", selectionBackground: "#4a5a7a" },
  light: { background: "#ffffff", foreground: "#1c1c1c", cursor: "#1c1c1c", selectionBackground: "#b8cdf0" },
};

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const light = matchMedia("(prefers-color-scheme: light)");
const touch = matchMedia("(pointer: coarse)");

// ── What this browser keeps. No cookies; where nothing may be kept, it lasts for as long as the page is open.

const KEY = `evenly.key.${document.documentElement.dataset.gateway}`; // to come back: one for each gateway that was here
const PLAIN = "evenly.plain"; // lines of text were chosen
const READ = "evenly.read"; // in this tab: the sentence on the first page was read
const kept = new Map();

function keep(name, value, where = "localStorage") {
  try {
    if (value === null) window[where].removeItem(name);
    else window[where].setItem(name, value);
    kept.delete(name);
  } catch {
    kept.set(name, value);
  }
}

function recall(name, where = "localStorage") {
  try {
    return window[where].getItem(name) ?? kept.get(name) ?? null;
  } catch {
    return kept.get(name) ?? null;
  }
}

// ── The door: what taking part here means, and later why it has ended.

let token = ""; // an entry that was not used yet
let byToken = false; // it is the way in that was chosen; otherwise the key

function readAddress() {
  token = location.hash.slice(1);
  // Out of the address bar, the history, and every screenshot, at once.
  history.replaceState(null, "", location.pathname);
  byToken = false;
  if (!token && recall(KEY) && recall(READ, "sessionStorage")) begin();
  else showDoor({ told: token || recall(KEY) ? "" : words.no_entry });
}

function showDoor({ told = "", go = words.go_on } = {}) {
  leaveSession();
  const both = token && recall(KEY);
  $("told").textContent = both ? words.been_here : told;
  $("go").textContent = both ? words.as_before : go;
  $("go").hidden = !token && !recall(KEY);
  $("as-new").hidden = !both;
  $("forget").hidden = !recall(KEY);
  $("choice").hidden = $("go").hidden;
  $("plain").checked = recall(PLAIN) !== null;
  $("door").hidden = false;
  if (!$("go").hidden) $("go").focus();
}

function goOn({ anew = false } = {}) {
  byToken = anew || !recall(KEY);
  keep(READ, "yes", "sessionStorage");
  keep(PLAIN, $("plain").checked ? "yes" : null);
  begin();
}

function forget() {
  const key = recall(KEY);
  const socket = new WebSocket(address());
  socket.onopen = () => socket.send(JSON.stringify({ do: "forget", key }));
  keep(KEY, null);
  keep(READ, null, "sessionStorage");
  showDoor({ told: words.forgotten });
}

// ── The session: a terminal.

let terminal = null;
let fitter = null;
let fittedTo = 0; // the width for which the size of the letters was found
let sizing = 0;

function begin() {
  const plain = recall(PLAIN) !== null;
  $("door").hidden = true;
  $("session").hidden = false;
  $("session").classList.toggle("plain", plain);
  Terminal.strings.promptLabel = words.terminal;
  Terminal.strings.tooMuchOutput = words.too_much;
  terminal = new Terminal({
    allowProposedApi: true, // the add-on that counts graphemes needs it
    fontFamily: FONT,
    linkHandler: { activate: (_, text) => openLink(text), allowNonHttpProtocols: false },
    minimumContrastRatio: matchMedia("(prefers-contrast: more)").matches ? 7 : 1,
    screenReaderMode: plain,
    scrollback: plain ? 5000 : 0,
    theme: light.matches ? THEMES.light : THEMES.dark,
  });
  fitter = new FitAddon();
  terminal.loadAddon(fitter);
  terminal.loadAddon(new UnicodeGraphemesAddon());
  terminal.open($("screen"));
  terminal.attachCustomKeyEventHandler(takesKey);
  terminal.onData((text) => type(new TextEncoder().encode(text)));
  terminal.onBinary((text) => type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  terminal.onResize(() => {
    clearTimeout(sizing);
    sizing = setTimeout(tellSize, 100); // a window that is being drawn larger says so once
  });
  terminal.onTitleChange((title) => { document.title = title || "Evenly"; });
  terminal.onBell(() => navigator.vibrate?.(200));
  terminal.onRender(paintAround);
  // A finger on a screen is a click, and the keyboard of a phone comes by its key; lines are typed from the first.
  terminal.buffer.onBufferChange((buffer) => showKeyboard(!touch.matches || buffer.type === "normal"));
  showKeyboard(true);
  note(words.entering);
  fit();
  connect();
}

function leaveSession() {
  disconnect();
  terminal?.dispose();
  terminal = null;
  fittedTo = 0;
  document.title = "Evenly";
  $("session").hidden = true;
}

// What is said over the terminal; nothing takes it away.
function note(text) {
  $("note").textContent = text;
  $("note").hidden = !text;
}

// What is left beside the last column and below the last row has the colour of the client's screen.
function paintAround() {
  const screen = terminal?.buffer.active;
  const cell = screen?.getLine(screen.viewportY + Math.floor(terminal.rows / 2))?.getCell(0);
  const rgb = cell?.isBgRGB() ? `#${cell.getBgColor().toString(16).padStart(6, "0")}` : "";
  $("session").style.backgroundColor = rgb;
}

// As large as what is seen of the page: a keyboard on the screen takes its part.
function fit() {
  const view = window.visualViewport;
  if (!terminal || view.scale > 1.01) return; // enlarged by two fingers: to be read, not to be refitted
  $("session").style.height = `${view.height}px`;
  $("session").style.top = `${view.offsetTop}px`;
  if (view.width !== fittedTo) {
    fittedTo = view.width;
    for (let size = LETTERS.most; size >= LETTERS.least; size -= 0.5) {
      terminal.options.fontSize = size;
      if ((fitter.proposeDimensions()?.cols ?? COLUMNS) >= COLUMNS) break;
    }
  }
  const { cols, rows } = fitter.proposeDimensions() ?? terminal;
  terminal.resize(Math.min(cols, WINDOW.columns), Math.min(rows, WINDOW.rows));
}

// Whether the terminal has this key: all but those with which a browser is helped out of trouble, or copies and pastes.
function takesKey(event) {
  if (event.type !== "keydown") return true;
  if (event.key === "F6") {
    event.preventDefault();
    [...document.querySelectorAll("#keys button")].find((key) => key.offsetParent)?.focus();
    return false;
  }
  if (["F5", "F11", "F12"].includes(event.key)) return false;
  if (!event.ctrlKey || event.altKey || event.metaKey) return true;
  const letter = event.key.toLowerCase();
  if (letter === "v" || letter === "r" || (letter === "c" && terminal.hasSelection())) return false;
  // ctrl+p would print, ctrl+g find: whatever the browser lets go of is the terminal's.
  if (/^[a-z]$/.test(letter) && !event.shiftKey) event.preventDefault();
  return true;
}

function openLink(text) {
  const url = new URL(text);
  if (!["https:", "http:"].includes(url.protocol)) return;
  if (confirm(words.open_link.replace("{address}", () => url.href))) window.open(url.href, "_blank", "noopener,noreferrer");
}

function showKeyboard(shown) {
  const field = terminal.textarea;
  field.inputMode = shown ? "text" : "none";
  $("keyboard").setAttribute("aria-pressed", shown);
  if (touch.matches) field.blur(); // a phone looks at the mode only when the field is entered
  field.focus();
}

function press(key) {
  // The screen leaves by its own key; where lines are typed it would be a letter like any other.
  if (key === "leave" && terminal.buffer.active.type === "normal") return say({ do: "leave" });
  const sequence = KEYS[key] ?? key;
  const arrow = sequence.length === 3 && terminal.modes.applicationCursorKeysMode;
  terminal.input(arrow ? sequence.replace("[", "O") : sequence);
  terminal.focus();
}

// ── The line to the gateway. It comes back by itself, and finds the same running client.

let socket = null;
let inside = false; // the gateway has let this page in
let told = ""; // the size that it was told last
let tries = 0;
let heardAt = 0;
let waiting = 0;

const address = () => `${location.protocol.replace("http", "ws")}//${location.host}/session`;

function connect() {
  clearTimeout(waiting);
  const mine = (socket = new WebSocket(address()));
  mine.binaryType = "arraybuffer";
  heardAt = Date.now();
  mine.onopen = () => {
    const first = byToken ? { do: "enter", token } : { do: "return", key: recall(KEY) };
    const size = { columns: terminal.cols, rows: terminal.rows };
    told = JSON.stringify(size);
    mine.send(JSON.stringify({ ...first, ...size, plain: recall(PLAIN) !== null }));
  };
  mine.onmessage = ({ data }) => {
    if (mine !== socket) return;
    heardAt = Date.now();
    if (typeof data === "string") hear(JSON.parse(data));
    else {
      tries = 0;
      note("");
      terminal.write(new Uint8Array(data));
    }
  };
  mine.onclose = () => { if (mine === socket) lose(); };
}

function hear(message) {
  if (message.say === "welcome") {
    if (message.key) keep(KEY, message.key);
    token = "";
    byToken = false;
    inside = true;
    // Like a fresh terminal, in order with what is still to be shown of before (CAN, RIS).
    terminal.write("\x18\x1bc");
    tellSize();
  } else if (message.say === "over") end(message);
}

function end({ why, sentence }) {
  if (why === "entry") {
    // What this browser came with is no way in: a used entry, or a key that the gateway does not know any more.
    if (byToken) token = "";
    else keep(KEY, null);
  }
  const go = { elsewhere: words.go_on_here, ended: words.come_back, away: words.come_back, idle: words.come_back };
  showDoor({ told: sentence, go: go[why] ?? words.try_again });
}

function lose() {
  disconnect();
  note(words.lost);
  const wait = Math.min(AGAIN.most, AGAIN.first * 2 ** tries++);
  waiting = setTimeout(connect, wait * (0.75 + Math.random() / 2));
}

function disconnect() {
  clearTimeout(waiting);
  inside = false;
  const old = socket;
  socket = null;
  old?.close();
}

function tellSize() {
  const size = { columns: terminal?.cols, rows: terminal?.rows };
  if (!inside || JSON.stringify(size) === told) return;
  told = JSON.stringify(size);
  say({ do: "size", ...size });
}

function say(message) {
  if (inside) socket.send(JSON.stringify(message));
}

function type(bytes) {
  for (let at = 0; inside && at < bytes.length; at += PIECE) socket.send(bytes.slice(at, at + PIECE));
}

// A browser is not told of pings, and a line may be dead for minutes before it says so.
function look() {
  if (socket && Date.now() - heardAt > SILENCE) lose();
}

function tryNow() {
  look();
  if (terminal && !socket && !document.hidden) connect();
}

setInterval(look, 5_000);
addEventListener("online", tryNow);
document.addEventListener("visibilitychange", tryNow);

// ── What is pressed.

$("go").addEventListener("click", () => goOn());
$("as-new").addEventListener("click", () => goOn({ anew: true }));
$("forget").addEventListener("click", forget);
$("more").addEventListener("click", () => {
  const row = $("more-keys");
  row.hidden = !row.hidden;
  $("more").setAttribute("aria-expanded", !row.hidden);
  fit();
});
$("keyboard").addEventListener("click", () => showKeyboard($("keyboard").getAttribute("aria-pressed") !== "true"));
for (const key of document.querySelectorAll("[data-key]")) key.addEventListener("click", () => press(key.dataset.key));
// The terminal keeps the focus, and with it the keyboard of a phone, while keys beside it are pressed.
$("keys").addEventListener("mousedown", (event) => event.preventDefault());
light.addEventListener("change", () => {
  if (terminal) terminal.options.theme = light.matches ? THEMES.light : THEMES.dark;
});
window.visualViewport.addEventListener("resize", fit);
window.visualViewport.addEventListener("scroll", fit);
new ResizeObserver(fit).observe($("screen"));
addEventListener("hashchange", () => { if (location.hash) readAddress(); });

readAddress();
