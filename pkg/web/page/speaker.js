// ---- One speaker's card

// holdMS is how long a slider stays where the user put it, until the status has
// caught up.
const holdMS = 4000;

const buttons = [["previous", "Previous"], ["play", "Play"], ["pause", "Pause"], ["next", "Next"]];

// stateWords are the states in words for people; "away" is not one of the API.
const stateWords = {
  idle: "free", armed: "connected", playing: "playing", held: "paused", parked: "paused", waiting: "not playing", yielded: "taken",
  away: "away",
};

function stateOf(s) {
  return s.address ? s.state : "away";
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
    b.addEventListener("click", async () => fail(failure, label, await send("POST", "/api/speakers/" + s.id + "/" + command)));
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
    why = await send("PUT", "/api/speakers/" + id + "/volume", {level: sent / 100});
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
  text("model", [s.model || (s.members ? "group of " + s.members.length : ""), s.openHome ? "by OpenHome" : ""].filter(Boolean).join(", "));
  text("state", stateWords[state] || state);
  text("why", whyOf(s, state, status.now));
  showMusic(parts, text, s.nowPlaying || {});
  show(parts.commands, status.hasControl && s.steerable);
  mark(parts.commands, "aria-label", "Sender of " + s.name);
  showVolume(parts, s, status.hasControl && state !== "away");
  show(parts.members, Boolean(s.members));
  sync(parts.members, s.members || [], (m) => m.udn, () => make("li"), (li, m) => say(li, memberText(m)));
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
  if (music.artwork) mark(parts.art, "src", music.artwork);
}

function senderOf(s) {
  return s.sender ? isolated(s.sender.name || s.sender.userAgent || s.sender.address) : "Nobody";
}

// whyOf says who plays, or why nothing is heard and what to do about it.
function whyOf(s, state, now) {
  const because = s.because || "for no known reason";
  switch (state) {
    case "playing":
      if (s.paused) return "Paused at the speaker; " + senderOf(s) + " is connected.";
      return "From " + senderOf(s) + ", for " + age(s.since, now) + (s.way && !s.way.proven ? ". Whether it takes the sound in this way is being tried." : "");
    case "held": return senderOf(s) + " has paused.";
    case "parked": return "Paused at the speaker; " + senderOf(s) + " has paused, too. Play at either of them goes on.";
    case "armed": return senderOf(s) + " is connected and sends no sound.";
    case "waiting": return senderOf(s) + " plays, the speaker does not: " + because + ". It is tried again.";
    case "yielded": return "Left alone: " + because + ". Pause and play at " + senderOf(s) + " to have it back.";
    case "away": return "It does not answer. Is it switched on, and in this network?";
    default: return "";
  }
}

function memberText(m) {
  const state = stateOf(m);
  return isolated(m.name || "A speaker") + (m.openHome ? " (by OpenHome)" : "") + ": " + (stateWords[state] || state) + (state === "waiting" || state === "yielded" ? ", " + m.because : "");
}

// factsOf is what only some want to know.
function factsOf(s, now) {
  const facts = [];
  if (s.sender) facts.push(["Sender", senderText(s, now)]);
  facts.push(...deliveryOf(s));
  for (const m of s.members || []) {
    const told = deliveryOf(m).map(([name, value]) => name.toLowerCase() + ": " + value);
    if (told.length) facts.push([m.name || m.udn, told.join("; ")]);
  }
  if (s.spreadMS) facts.push(["Spread", seconds(s.spreadMS) + " between the first and the last member's sound"]);
  if (s.sender || s.sound.packets) facts.push(["Packets", packetsText(s.sound)]);
  if (s.because) facts.push(["Since", age(s.since, now) + ": " + s.because]);
  if (s.address) facts.push(["Address", s.address]);
  facts.push(["AirPlay", "id " + s.id + ", port " + s.rtspPort]);
  return facts;
}

function senderText(s, now) {
  const who = [s.sender.name && isolated(s.sender.name), s.sender.userAgent, s.sender.address].filter(Boolean).join(", ");
  const latency = s.sender.latencyMS, drift = s.sender.driftPPM;
  return who + ", for " + age(s.sender.began, now) + (latency ? "; it counts on " + seconds(latency) + " until the sound is heard" : "") +
    (drift ? "; its clock gets " + Math.abs(drift).toFixed(1) + " ppm " + (drift > 0 ? "ahead of" : "behind") + " ours" : "");
}

const lengths = {none: "no length", chunked: "in chunks", fake: "a made up length"};

// deliveryOf tells how a renderer gets its sound, and how late it is.
function deliveryOf(s) {
  const w = s.way, d = s.drift, facts = [];
  if (w) {
    const how = [w.codec.toUpperCase(), lengths[w.length] || w.length, (w.class || "").split(".").pop()].filter(Boolean).join(", ");
    facts.push(["Sent as", how + (w.proven ? ": it plays" : ": still being tried")]);
  }
  const began = [s.startDelayMS ? seconds(s.startDelayMS) + " until the first sound was sent" : "", s.soundingAfterMS ? "played " + seconds(s.soundingAfterMS) + " after it was told to" : ""].filter(Boolean);
  if (began.length) facts.push(["Start", began.join("; ")]);
  if (d && d.delayMS) facts.push(["Delay", seconds(d.delayMS) + (d.targetMS ? ", to be " + seconds(d.targetMS) : ", still being learned")]);
  if (d) facts.push(["Clock", d.by === "none" ? "nothing shows it yet" :
    (d.ppm ? "followed with " + d.ppm.toFixed(1) + " ppm, by " : "no correction yet; watched by ") + "the position that it reports"]);
  return facts;
}

function packetsText(n) {
  return n.packets + ", " + n.lost + " lost, " + n.late + " late, " + n.recovered + " sent again; " +
    (n.concealedMS + n.starvedMS) + " ms filled in, " + n.overruns + " overruns" +
    (n.waitsMS ? "; a missing one is waited for until " + seconds(n.waitsMS) + " after its time" : "") +
    (n.deaf ? "; the sender answers no requests for lost packets" : "");
}
