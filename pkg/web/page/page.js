
"use strict";
// Everything that is shown comes from /api/status and /api/doctor. Text is always
// set as text, never as markup: speakers and senders choose their own names.

const pollMS = 2000;
const byId = (id) => document.getElementById(id);

// make builds an element: make("p", {class: "soft"}, "text", child).
function make(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// say changes a text only if it is another, so that screen readers hear no repeats.
function say(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

function show(e, shown) {
  e.hidden = !shown;
}

// sync keeps one child for each item, so that focus and sliders stay as they are.
function sync(parent, items, key, create, update) {
  const old = new Map([...parent.children].map((e) => [e.dataset.key, e]));
  items.forEach((item, i) => {
    const k = key(item);
    let e = old.get(k);
    if (!e) {
      e = create(item);
      e.dataset.key = k;
    }
    old.delete(k);
    update(e, item);
    if (parent.children[i] !== e) parent.insertBefore(e, parent.children[i] || null);
  });
  for (const e of old.values()) e.remove();
}

// age says how long ago a time was, by the bridge's clock.
function age(time, now) {
  const s = Math.max(0, Math.round((Date.parse(now) - Date.parse(time)) / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}

function clock(ms) {
  const s = Math.floor(ms / 1000);
  return Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
}

async function send(method, path, body) {
  try {
    const answer = await fetch(path, {method, body: body && JSON.stringify(body), headers: body ? {"Content-Type": "application/json"} : {}});
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || answer.statusText);
    complain("");
  } catch (e) {
    complain("That did not work: " + e.message);
  }
}

function complain(text) {
  say(byId("fault"), text);
  show(byId("fault"), text !== "");
}

// ---- Conditions

function newCondition() {
  return make("li", {class: "notice"}, make("strong"), make("p"), make("p", {class: "soft"}));
}

function showCondition(e, c, now) {
  const [title, seen, todo] = e.children;
  const since = c.since ? ", for " + age(c.since, now) : "";
  say(title, c.kind + (c.subject ? ": " + c.subject : "") + since);
  say(seen, c.seen + (c.holder ? " (" + c.holder + ")" : ""));
  say(todo, c.do || "");
}

// ---- Speakers

const buttons = [["previous", "Previous"], ["play", "Play"], ["pause", "Pause"], ["next", "Next"]];

function newSpeaker(s) {
  const part = (name, tag, attributes) => make(tag || "p", {...attributes, "data-part": name});
  const slider = part("slider", "input", {type: "range", min: 0, max: 100, "aria-label": "Volume"});
  slider.addEventListener("input", () => { slider.dataset.held = "yes"; });
  slider.addEventListener("change", async () => {
    await send("PUT", "/api/speakers/" + s.id + "/volume", {level: slider.value / 100});
    delete slider.dataset.held;
  });
  const row = part("commands", "p");
  for (const [command, label] of buttons) {
    const b = make("button", {type: "button"}, label);
    b.addEventListener("click", () => send("POST", "/api/speakers/" + s.id + "/" + command));
    row.append(b, " ");
  }
  const art = part("art", "img", {class: "art", alt: ""});
  return make("article", {class: "card"},
    make("div", {class: "row"}, make("div", {}, part("name", "h3"), part("model", "p", {class: "soft"})), part("state", "span", {class: "state"})),
    part("because", "p", {class: "soft"}),
    make("div", {class: "row"}, make("div", {}, part("title"), part("artist", "p", {class: "soft"}), part("progress", "p", {class: "soft"})), art),
    row,
    make("div", {class: "volume"}, slider, part("volume", "span", {class: "soft"})),
    part("sender", "p", {class: "soft"}), part("delivery", "p", {class: "soft"}), part("sound", "p", {class: "soft"}), part("members", "ul", {class: "soft"}));
}

function showSpeaker(e, s, status) {
  const parts = {};
  for (const p of e.querySelectorAll("[data-part]")) parts[p.dataset.part] = p;
  const text = (name, value) => { say(parts[name], value); show(parts[name], value !== ""); };
  e.setAttribute("aria-label", s.name);
  text("name", s.name);
  text("model", [s.model, s.address || "away"].filter(Boolean).join(", "));
  text("state", s.state);
  parts.state.dataset.state = s.state;
  text("because", "for " + age(s.since || status.started, status.now) + (s.because ? ": " + s.because : ""));
  showMusic(parts, text, s.nowPlaying || {});
  show(parts.commands, status.hasControl && s.steerable);
  parts.slider.disabled = !status.hasControl;
  const percent = Math.round(s.volume * 100);
  if (!parts.slider.dataset.held) parts.slider.value = percent;
  text("volume", s.muted ? "muted" : percent + " %");
  text("sender", s.sender ? senderText(s, status.now) : "");
  text("delivery", deliveryText(s));
  text("sound", s.sender || s.sound.packets ? soundText(s.sound) : "");
  show(parts.members, Boolean(s.members));
  sync(parts.members, s.members || [], (m) => m.udn, () => make("li"), (li, m) => say(li, memberText(m)));
}

function showMusic(parts, text, music) {
  text("title", music.title || "");
  text("artist", [music.artist, music.album].filter(Boolean).join(" – "));
  text("progress", music.lengthMS ? clock(music.elapsedMS || 0) + " of " + clock(music.lengthMS) : "");
  show(parts.art, Boolean(music.artwork));
  if (music.artwork && parts.art.getAttribute("src") !== music.artwork) parts.art.setAttribute("src", music.artwork);
}

function senderText(s, now) {
  const who = s.sender.name || s.sender.userAgent || "a sender";
  const delay = s.startDelayMS ? ", first sound after " + s.startDelayMS + " ms" : "";
  return "From " + who + " (" + s.sender.address + ") for " + age(s.sender.began, now) + ", as " + s.codec + delay +
    (s.sender.latencyMS ? "; it counts on " + s.sender.latencyMS + " ms" : "");
}

function memberText(m) {
  return (m.name || "away") + ": " + [m.state, m.because, deliveryText(m)].filter(Boolean).join("; ");
}

const lengths = {none: "no length", chunked: "in chunks", fake: "a made up length"};

// deliveryText tells how a renderer gets its sound, and how late it is.
function deliveryText(s) {
  const w = s.way, d = s.drift, told = [];
  if (w) told.push("Given " + [w.codec.toUpperCase(), lengths[w.length] || w.length, (w.class || "").split(".").pop()].filter(Boolean).join(", ") + (w.proven ? ": it plays" : ": still being tried"));
  if (s.paused) told.push("paused at the speaker");
  if (s.soundingAfterMS) told.push("sounding after " + seconds(s.soundingAfterMS));
  if (d && d.delayMS) told.push(seconds(d.delayMS) + " late" + (d.targetMS ? ", to be " + seconds(d.targetMS) : ", still learning"));
  if (d && d.ppm) told.push("its clock is followed with " + d.ppm.toFixed(1) + " ppm (by " + d.by + ")");
  if (s.spreadMS) told.push("members apart by " + seconds(s.spreadMS));
  return told.join("; ");
}

function seconds(ms) {
  return (ms / 1000).toFixed(2) + " s";
}

function soundText(n) {
  return n.packets + " packets, " + n.lost + " lost, " + n.late + " late, " + n.recovered + " sent again, " +
    (n.concealedMS + n.starvedMS) + " ms filled in, " + n.overruns + " overruns" +
    (n.deaf ? "; the sender answers no requests for lost packets" : "");
}

// ---- Network

function facts(status) {
  const family = (f) => f.port + (f.asked ? (f.heard ? ", heard" : ", NOT heard: " + f.error) : "");
  const m = status.mdns, s = status.ssdp;
  return [
    ["Interfaces", status.interfaces.join(", ") || "none"],
    ["HTTP", status.http.port ? "port " + status.http.port + (status.http.wanted && status.http.wanted !== status.http.port ? ", as " + status.http.wanted + " is taken" : "") : "not open"],
    ["Being found (mDNS)", "5353/UDP over IPv4 " + family(m.ipv4) + "; over IPv6 " + family(m.ipv6) + "; " + m.established + " of " + m.services + " announced"],
    ["Our name", m.host || "none yet"],
    ["Renamed", m.renamed.map((r) => r.wanted + " is " + r.now).join(", ") || "nothing"],
    ["Announcements (SSDP)", s.mode === "off" ? "not listened to; speakers are searched for" : "wanted " + s.mode + ", now " + s.rung + (s.error ? ": " + s.error : "")],
  ];
}

function showNetwork(status) {
  sync(byId("network"), facts(status).flatMap(([name, value]) => [["dt", name, name], ["dd", name, value]]),
    ([tag, name]) => tag + name, ([tag]) => make(tag), (e, item) => say(e, item[2]));
  sync(byId("ports"), status.ports.filter((p) => !p.unused), (p) => p.ports + p.protocol, () => make("tr", {}, make("td"), make("td"), make("td"), make("td")), (tr, p) => {
    [p.ports + "/" + p.protocol, p.purpose, p.from, p.variable || "fixed by the standard"].forEach((value, i) => say(tr.children[i], value));
  });
}

function showStatus(status) {
  const playing = status.speakers.filter((s) => s.state === "playing").length;
  say(byId("summary"), (status.ready ? "Ready: " : "NOT ready: ") + status.speakers.length + " speakers, " + playing + " playing");
  show(byId("well"), status.conditions.length === 0);
  sync(byId("conditions"), status.conditions, (c) => c.kind + "/" + (c.subject || ""), newCondition, (e, c) => showCondition(e, c, status.now));
  show(byId("alone"), status.speakers.length === 0);
  sync(byId("speakers"), status.speakers, (s) => s.id, newSpeaker, (e, s) => showSpeaker(e, s, status));
  showNetwork(status);
  show(byId("doctor"), status.hasDoctor);
  say(byId("about"), "Breezeway " + status.version + ", up for " + age(status.started, status.now));
}

// ---- Doctor

function newFinding(f) {
  const open = f.status === "warning" || f.status === "failed";
  const head = make("summary", {}, make("strong", {class: f.status}, f.status), " " + f.name);
  const e = make("details", open || hasTrouble(f) ? {open: ""} : {}, head, make("p", {}, f.seen));
  if (f.means) e.append(make("p", {}, f.means));
  for (const step of f.do || []) {
    e.append(make("p", {}, step.text));
    if (step.paste) e.append(make("pre", {tabindex: "0"}, step.paste));
  }
  e.append(...(f.checks || []).map(newFinding));
  return e;
}

function hasTrouble(f) {
  return (f.checks || []).some((below) => below.status === "warning" || below.status === "failed" || hasTrouble(below));
}

function showDoctor(state, now) {
  byId("examine").disabled = state.running;
  const report = state.report;
  const last = report ? report.status + ", looked " + age(report.began, now) + " ago" : "has not looked yet";
  say(byId("examined"), state.running ? "is looking…" : last);
  if (report && byId("findings").dataset.began !== report.began) {
    byId("findings").dataset.began = report.began;
    byId("findings").replaceChildren(...report.checks.map(newFinding));
  }
}

byId("examine").addEventListener("click", () => send("POST", "/api/doctor/run"));

// ---- The loop

async function ask(path) {
  const answer = await fetch(path, {cache: "no-store"});
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

let silent = false;

async function poll() {
  if (document.hidden) return;
  try {
    const status = await ask("/api/status");
    showStatus(status);
    if (status.hasDoctor) showDoctor(await ask("/api/doctor"), status.now);
    if (silent) complain("");
    silent = false;
  } catch (e) {
    silent = true;
    complain("Breezeway does not answer: " + e.message);
  }
}

async function follow() {
  await poll();
  setTimeout(follow, pollMS);
}

document.addEventListener("visibilitychange", poll);
follow();
