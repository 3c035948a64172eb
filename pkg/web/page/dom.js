"use strict";
// Everything that is shown comes from /api/status and /api/doctor. Text is always
// set as text, never as markup: speakers and senders choose their own names.

const byId = (id) => document.getElementById(id);

// make builds an element: make("p", {class: "soft"}, "text", child).
function make(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// say changes a text only if it differs, so that screen readers do not repeat it
// and a selection stays.
function say(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// sayWithCode is say, with the text between backticks as code.
function sayWithCode(e, text) {
  if (e.dataset.said === text) return;
  e.dataset.said = text;
  e.replaceChildren(...text.split("`").map((part, i) => i % 2 ? make("code", {}, part) : part));
}

function show(e, shown) {
  if (e.hidden === shown) e.hidden = !shown;
}

// mark changes an attribute only if it is another.
function mark(e, name, value) {
  if (e.getAttribute(name) !== String(value)) e.setAttribute(name, value);
}

// sync keeps one child for each item, so that focus and sliders stay as they are.
// Of items with one key, each has a child of its own.
function sync(parent, items, key, create, update) {
  const focused = document.activeElement;
  const old = new Map([...parent.children].map((e) => [e.dataset.key, e]));
  const keyed = new Map();
  for (const item of items) {
    let k = key(item);
    while (keyed.has(k)) k += "+";
    keyed.set(k, item);
  }
  for (const [k, e] of old) if (!keyed.has(k)) e.remove();
  let i = 0;
  for (const [k, item] of keyed) {
    const e = old.get(k) || create(item);
    mark(e, "data-key", k);
    update(e, item);
    if (parent.children[i] !== e) parent.insertBefore(e, parent.children[i] || null);
    i++;
  }
  if (focused !== document.activeElement && focused.isConnected) focused.focus({preventScroll: true});
}

// syncFacts shows [name, value] pairs in a dl, of one name each.
function syncFacts(list, pairs) {
  const halves = pairs.flatMap(([name, value]) => [["dt", name, name], ["dd", name, value]]);
  sync(list, halves, ([tag, name]) => tag + name, ([tag]) => make(tag), (e, [, , text]) => say(e, text));
}

// age says how long ago a time was, by the bridge's clock.
function age(time, now) {
  const s = Math.max(0, Math.round((Date.parse(now) - Date.parse(time)) / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}

// clock writes a position in the music.
function clock(ms) {
  const s = Math.floor(ms / 1000);
  return Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
}

function seconds(ms) {
  return (ms / 1000).toFixed(2) + " s";
}

// isolated keeps a name's direction of writing from turning the sentence around it
// (Unicode's FSI and PDI).
function isolated(name) {
  return "\u2068" + name + "\u2069";
}

// send asks for something to be done. It returns what went wrong in words, "" if
// nothing did.
async function send(method, path, body) {
  try {
    const answer = await fetch(path, {
      method, body: body && JSON.stringify(body), headers: body ? {"Content-Type": "application/json"} : {}, signal: AbortSignal.timeout(patienceMS),
    });
    if (answer.ok) return "";
    return (await answer.json().catch(() => ({}))).error || answer.statusText;
  } catch {
    return "Breezeway does not answer";
  }
}
