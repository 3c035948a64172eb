// ---- One speaker's card

// holdMS is how long a slider stays where the user put it, until the status has
// caught up.
const holdMS = 4000;

const buttons = [["previous", "Previous"], ["play", "Play"], ["pause", "Pause"], ["next", "Next"]];

// stateOf is the state of a speaker or renderer: the API's word, or "away".
function stateOf(s) {
  return s.away ? "away" : s.state;
}

// stateWords is a state as people read it.
function stateWords(s) {
  return stateOf(s).replaceAll("-", " ");
}

function newSpeaker(s) {
  const part = (name, tag, attributes, ...children) => make(tag || "p", {...attributes, "data-part": name}, ...children);
  const soft = {class: "soft", dir: "auto"};
  const slider = part("slider", "input", {type: "range", min: 0, max: 100});
  const volume = part("volume", "span", {class: "soft percent"});
  const failure = part("failure", "p", {class: "failed", role: "alert", hidden: ""});
  slider.addEventListener("input", () => turn(slider, volume, s.id, failure));
  const commands = part("commands", "div", {class: "commands", role: "group"});
  for (const [command, label] of buttons) {
    const b = make("button", {type: "button"}, label);
    b.addEventListener("click", async () => fail(failure, label, await send("POST", "api/speakers/" + s.id + "/" + command)));
    commands.append(b);
  }
  const art = part("art", "img", {class: "art", alt: ""});
  art.addEventListener("error", () => art.classList.add("broken"));
  art.addEventListener("load", () => art.classList.remove("broken"));
  const head = make("div", {class: "row"}, make("div", {}, part("name", "h3", {dir: "auto"}), part("model", "p", soft)), part("state", "span", {class: "state"}));
  const music = make("div", {class: "row"}, make("div", {}, part("title", "p", {class: "title", dir: "auto"}), part("artist", "p", soft), part("progress", "p", soft)), art);
  return make("article", {class: "card"}, head, music, part("why"), part("members", "ul", {class: "soft"}), commands,
    make("div", {class: "volume"}, slider, volume), failure,
    make("details", {}, make("summary", {class: "soft"}, "Details"), part("facts", "dl")));
}

// fail says at the card what did not work; "" that it did, or that it is past.
function fail(failure, what, why) {
  say(failure, why && what + " did not work: " + why + ".");
  show(failure, why !== "");
}

// turn sends the slider's value, one request at a time: the last one counts.
async function turn(slider, volume, id, failure) {
  slider.dataset.held = Date.now() + holdMS;
  say(volume, slider.value + " %");
  mark(slider, "aria-valuetext", slider.value + " %");
  if (slider.dataset.sending) return;
  slider.dataset.sending = "yes";
  let sent, why;
  do {
    sent = slider.value;
    why = await send("PUT", "api/speakers/" + id + "/volume", {level: sent / 100});
  } while (slider.value !== sent);
  delete slider.dataset.sending;
  slider.dataset.held = why ? 0 : Date.now() + holdMS;
  fail(failure, "Volume", why);
}

// free reports whether the slider may follow the status: nobody presses it, and
// what it was set to has had time to arrive, or has arrived.
function free(slider, percent) {
  if (slider.matches(":active") || slider.dataset.sending) return false;
  return Number(slider.value) === percent || Date.now() > Number(slider.dataset.held || 0);
}

function showSpeaker(e, s, status) {
  const parts = {};
  for (const p of e.querySelectorAll("[data-part]")) parts[p.dataset.part] = p;
  const text = (name, value) => { say(parts[name], value); show(parts[name], value !== ""); };
  const state = stateOf(s);
  if (e.dataset.state !== state) fail(parts.failure, "", "");
  mark(e, "data-state", state);
  mark(e, "aria-label", s.name);
  text("name", s.name);
  text("model", modelOf(s));
  text("state", stateWords(s));
  text("why", s.text);
  showMusic(parts, text, s.nowPlaying || {});
  show(parts.commands, status.hasControl && s.steerable);
  mark(parts.commands, "aria-label", "Sender of " + s.name);
  showVolume(parts, s, status.hasControl && state !== "away");
  show(parts.members, s.group);
  sync(parts.members, s.group ? s.renderers : [], (m) => m.udn, () => make("li"), (li, m) => say(li, memberText(m)));
  syncFacts(parts.facts, factsOf(s, status.now));
}

function showVolume(parts, s, enabled) {
  const percent = Math.round(s.volume * 100);
  mark(parts.slider, "aria-label", "Volume of " + s.name);
  parts.slider.disabled = !enabled;
  show(parts.slider, !s.volumeFixed);
  if (s.volumeFixed) {
    say(parts.volume, s.muted ? "Muted; volume fixed" : "Volume fixed at " + percent + " %");
    return;
  }
  if (!free(parts.slider, percent)) return;
  parts.slider.value = percent;
  mark(parts.slider, "aria-valuetext", s.muted ? "muted" : percent + " %");
  say(parts.volume, s.muted ? "muted" : percent + " %");
}

function showMusic(parts, text, music) {
  text("title", music.title || "");
  text("artist", [music.artist, music.album].filter(Boolean).join(" – "));
  text("progress", music.lengthMS ? clock(music.elapsedMS || 0) + " of " + clock(music.lengthMS) : "");
  show(parts.art, Boolean(music.artwork));
  if (music.artwork) mark(parts.art, "src", music.artwork.slice(1));
}

function modelOf(s) {
  if (s.group) return "group of " + s.renderers.length;
  const [r = {}] = s.renderers; // none before it was met
  return [r.model, r.openHome ? "by OpenHome" : ""].filter(Boolean).join(", ");
}

function memberText(m) {
  return isolated(m.name || "A speaker") + (m.openHome ? " (by OpenHome)" : "") + ": " + [stateWords(m), m.text].filter(Boolean).join(", ");
}

// factsOf is what only some want to know.
function factsOf(s, now) {
  const facts = [];
  if (s.sender) facts.push(["Sender", senderText(s, now)]);
  if (!s.group && s.renderers.length > 0) facts.push(...deliveryOf(s.renderers[0]));
  for (const m of s.group ? s.renderers : []) {
    const known = deliveryOf(m).map(([name, value]) => name.toLowerCase() + ": " + value);
    if (known.length) facts.push([m.name || m.udn, known.join("; ")]);
  }
  if (s.spreadMS) facts.push(["Spread", seconds(s.spreadMS) + " between the first and the last member's sound"]);
  if (s.sender || s.sound.packets) facts.push(["Packets", packetsText(s.sound)]);
  if (s.reason) facts.push(["Since", age(s.since, now) + ": " + s.reason]);
  const addresses = s.renderers.map((r) => r.address).filter(Boolean).join(", ");
  if (addresses) facts.push(["Address", addresses]);
  facts.push(["AirPlay", "id " + s.id + ", port " + s.rtspPort]);
  return facts;
}

function senderText(s, now) {
  const who = [s.sender.name && isolated(s.sender.name), s.sender.userAgent, s.sender.address].filter(Boolean).join(", ");
  const latency = s.sender.latencyMS, drift = s.sender.driftPPM;
  return who + ", for " + age(s.sender.began, now) + (latency ? "; it expects its sound to be heard after " + seconds(latency) : "") +
    (drift ? "; its clock gets " + Math.abs(drift).toFixed(1) + " ppm " + (drift > 0 ? "ahead of" : "behind") + " ours" : "");
}

const lengths = {none: "no length", chunked: "in chunks", fake: "a made up length"};

// deliveryOf says how a renderer gets its sound, and how late it is.
function deliveryOf(r) {
  const w = r.stream, c = r.clock, facts = [];
  if (w) {
    const how = [w.codec.toUpperCase(), lengths[w.length] || w.length, (w.class || "").split(".").pop()].filter(Boolean).join(", ");
    facts.push(["Sent as", how + (w.verified ? ": it plays" : ": not known yet whether it plays") + (w.overruns ? "; fetched too slowly " + w.overruns + " times" : "")]);
  }
  const began = [r.startDelayMS ? seconds(r.startDelayMS) + " until the first sound was sent" : "", r.soundingAfterMS ? "played " + seconds(r.soundingAfterMS) + " after it was told to" : ""].filter(Boolean);
  if (began.length) facts.push(["Start", began.join("; ")]);
  if (c && c.delayMS) facts.push(["Delay", seconds(c.delayMS) + (c.targetMS ? ", held at " + seconds(c.targetMS) : ", still being learned")]);
  if (c) facts.push(["Clock", !c.measured ? "not measured yet" :
    (c.ppm ? "followed with " + c.ppm.toFixed(1) + " ppm" : "no correction yet") + ", by the position that it reports"]);
  return facts;
}

function packetsText(n) {
  return n.packets + ", " + n.lost + " lost, " + n.late + " late, " + n.recovered + " sent again; " +
    (n.concealedMS + n.starvedMS) + " ms filled in" +
    (n.waitMS ? "; a missing one is waited for until " + seconds(n.waitMS) + " after its time" : "") +
    (n.ignoresResends ? "; the sender answers no requests for lost packets" : "");
}
