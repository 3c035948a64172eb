// ---- The page

const pollMS = 2000;
const patienceMS = 10000; // for one answer

// ---- Conditions

function newCondition() {
  return make("li", {class: "notice"}, make("strong"), make("p"), make("p", {class: "soft"}));
}

function showCondition(e, c, now) {
  const [title, seen, todo] = e.children;
  const since = c.since ? ", for " + age(c.since, now) : "";
  say(title, (c.subject ? isolated(c.subject) + ": " : "") + c.title + since);
  sayWithCode(seen, c.seen + (c.holder ? " (" + c.holder + ")" : ""));
  sayWithCode(todo, c.do ? "What to do: " + c.do : "");
}

// ---- Network

function networkFacts(status) {
  const family = (f) => f.port + (f.asked ? (f.heard ? ", heard" : ", NOT heard: " + f.error) : "");
  const m = status.mdns, s = status.ssdp;
  return [
    ["Interfaces", status.interfaces.join(", ") || "none"],
    ["HTTP", status.http.port ? "port " + status.http.port + (status.http.wanted && status.http.wanted !== status.http.port ? ", as " + status.http.wanted + " is taken" : "") : "not open"],
    ["Being found (mDNS)", "5353/UDP over IPv4 " + family(m.ipv4) + "; over IPv6 " + family(m.ipv6) + "; " + m.established + " of " + m.services + " announced"],
    ["Our name", m.host || "none yet"],
    ["Renamed", m.renamed.map((r) => r.wanted + " is " + r.now).join(", ") || "nothing"],
    ["Announcements (SSDP)", s.mode === "off" ? "not listened to; speakers are searched for" : "wanted " + s.mode + ", now " + s.method + (s.error ? ": " + s.error : "")],
    ["Left out on purpose", status.leftOut.join(", ") || "no speaker"],
  ];
}

function showNetwork(status) {
  syncFacts(byId("network"), networkFacts(status));
  sync(byId("ports"), status.ports.filter((p) => !p.unused), (p) => p.ports + p.protocol, () => make("tr", {}, make("td"), make("td"), make("td"), make("td")), (tr, p) => {
    [p.ports + "/" + p.protocol, p.purpose, p.from, p.variable || "fixed by the standard"].forEach((value, i) => say(tr.children[i], value));
  });
}

// ---- All of it

// inOrder has those with a sender first, and else stays as it is: by name.
function inOrder(speakers) {
  return [...speakers.filter((s) => s.sender), ...speakers.filter((s) => !s.sender)];
}

function showStatus(status) {
  const summary = status.summary, n = status.speakers.length;
  say(byId("summary"), summary);
  document.title = summary.replace(/[\u2068\u2069]|\.$/g, "") + " – Breezeway";
  show(byId("hint"), status.ready && n > 0 && !status.speakers.some((s) => s.sender));
  show(byId("wrong"), status.conditions.length > 0);
  sync(byId("conditions"), status.conditions, (c) => c.code + "/" + (c.subject || ""), newCondition, (e, c) => showCondition(e, c, status.now));
  say(byId("heading-speakers"), n === 1 ? "1 speaker" : n ? n + " speakers" : "Speakers");
  show(byId("alone"), n === 0);
  sync(byId("speakers"), inOrder(status.speakers), (s) => s.id, newSpeaker, (e, s) => showSpeaker(e, s, status));
  showNetwork(status);
  show(byId("doctor"), status.hasDoctor);
  say(byId("about"), "Breezeway " + status.version + ", up for " + age(status.started, status.now));
  show(byId("content"), true);
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

// The verdict is read out when it changes; its age, which always does, is not.
function showDoctor(state, now) {
  const report = state.report;
  mark(byId("examine"), "aria-disabled", state.running);
  say(byId("verdict"), state.running ? "It is looking…" : report ? "The doctor's verdict: " + report.status : "It has not looked yet");
  say(byId("examined"), report && !state.running ? ", " + age(report.began, now) + " ago" : "");
  if (report && byId("findings").dataset.began !== report.began) {
    byId("findings").dataset.began = report.began;
    byId("findings").replaceChildren(...report.checks.map(newFinding));
  }
}

byId("examine").addEventListener("click", async (e) => {
  if (e.target.getAttribute("aria-disabled") === "true") return;
  fail(byId("examination"), "The doctor's look", await send("POST", "api/doctor/run"));
});

// ---- The loop

async function ask(path) {
  const answer = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(patienceMS)});
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

let heard = "";

async function poll() {
  if (document.hidden) return;
  try {
    const status = await ask("api/status");
    showStatus(status);
    if (status.hasDoctor) showDoctor(await ask("api/doctor"), status.now);
    heard = new Date().toLocaleTimeString();
    if (!byId("silence").hidden) for (const e of document.querySelectorAll("p.failed")) fail(e, "", "");
    show(byId("silence"), false);
    say(byId("silence"), "");
  } catch {
    say(byId("silence"), "Breezeway does not answer. " + (heard ? "What is shown here is of " + heard + ". " : "") + "Is it running? It is asked again and again.");
    show(byId("silence"), true);
    document.title = "No answer – Breezeway";
  }
}

let timer;

async function follow() {
  await poll();
  clearTimeout(timer);
  timer = setTimeout(follow, pollMS);
}

document.addEventListener("visibilitychange", follow);
follow();
