// A conversation in an open page: what was typed is kept and sent when there is a connection, and messages appear
// without a reload. Without this script the form and the page do the same. All texts are in orders/conversation.html.

const POLL_SECONDS = 20;
const CONNECTED_POLL_SECONDS = 120;
const RETRY_SECONDS = [2, 5, 10, 30];
const NOTE_SECONDS = 3;
/* How long the other side counts as writing after its last note. */
const WRITING_SECONDS = 2 * NOTE_SECONDS;

const section = () => document.getElementById("conversation");
const form = () => document.getElementById("write");
const field = (name) => form().elements.namedItem(name);
const list = () => section().querySelector(".messages");
/* Where the form is sent, and where the page asks for what is new; a guest's has a token. */
const address = () => new URL(form().action);
const path = () => address().pathname;
const parse = (html) => new DOMParser().parseFromString(html, "text/html");
const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, "0")).join("");

/* What is kept: each message to send under a key of its own, so that two tabs do not overwrite each other's. */
function kept(prefix) {
  const found = Object.keys(localStorage).filter((key) => key.startsWith(prefix)).sort();
  return found.map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }));
}

const keep = (key, draft) => localStorage.setItem(key, JSON.stringify(draft));
const waiting = () => kept(`unsent:${path()}:`);
const draftKey = ({ id, version }) => `draft:${path()}:${version > 1 ? id : ""}`;

/* The form */

function typed() {
  return { id: field("id").value, version: Number(field("version").value), text: field("text").value };
}

function fill({ id, version, text }) {
  field("id").value = id;
  field("version").value = version;
  field("text").value = text;
  for (const part of form().querySelectorAll("[data-for]")) part.hidden = (part.dataset.for === "edit") !== version > 1;
}

function fillNew() {
  const [draft] = kept(`draft:${path()}:`).filter(({ version }) => version === 1);
  fill(draft ?? { id: newId(), version: 1, text: "" });
}

function restore() {
  // The server shows what was typed beside its error, or the message to edit.
  const shown = typed();
  if (form().querySelector("[role=alert]")) return;
  const drafts = kept(`draft:${path()}:`);
  const draft = drafts.find(({ id }) => id === shown.id) ?? (shown.version > 1 ? shown : drafts.find(({ text }) => text));
  if (draft) fill(draft);
}

function edit(message) {
  const { id, version } = message.dataset;
  const versions = waiting().filter((draft) => draft.id === id).map((draft) => draft.version);
  const text = message.querySelector(".text").textContent;
  const draft = { id, version: Math.max(version, ...versions) + 1, text };
  fill(kept(draftKey(draft))[0] ?? draft);
  field("text").focus();
}

function leaveEditing() {
  localStorage.removeItem(draftKey(typed()));
  fillNew();
  history.replaceState(null, "", pageAddress());
}

function pageAddress() {
  const page = new URL(location);
  page.searchParams.delete("edit");
  page.hash = "";
  return page;
}

/* What has not been sent is shown after the other messages, an edit in its message. */

function showWaiting() {
  hideWaiting();
  for (const draft of waiting()) {
    const original = own(draft.id);
    const shown = document.getElementById("unsent").content.firstElementChild.cloneNode(true);
    shown.key = draft.key;
    shown.querySelector(".text").textContent = draft.text;
    shown.querySelector(".reason").textContent = draft.error ?? "";
    for (const part of shown.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== (draft.error ? "refused" : state);
    if (original) {
      shown.original = original;
      shown.id = original.id;
      original.replaceWith(shown);
    } else list().append(shown);
  }
}

function hideWaiting() {
  for (const shown of list().querySelectorAll(".waiting")) shown.replaceWith(...[shown.original].filter(Boolean));
}

const own = (id) => [...list().querySelectorAll(".own")].find((message) => message.dataset.id === id);

/* Give a message that was refused back to the form. */
function takeBack(message) {
  const { text, id, version } = kept(message.key)[0];
  localStorage.removeItem(message.key);
  const before = typed();
  fill(version > 1 ? { id, version, text } : { ...before, text: [before.text, text].filter(Boolean).join("\n\n") });
  keepDraft();
  showWaiting();
  field("text").focus();
}

/* Sending */

let state = "sending", isSending = false, failures = 0, retry;

async function sendAll() {
  clearTimeout(retry);
  if (isSending || !section()) return;
  isSending = true;
  try {
    for (let draft; (draft = waiting().find(({ error }) => !error)); ) await send(draft);
    state = "sending";
    failures = 0;
  } catch (error) {
    // fetch fails with a TypeError if there is no connection.
    state = error instanceof TypeError ? "offline" : "failing";
    const seconds = error.seconds ?? RETRY_SECONDS[Math.min(failures++, RETRY_SECONDS.length - 1)];
    retry = setTimeout(sendAll, seconds * 1000);
  }
  isSending = false;
  if (section()) showWaiting();
}

async function send({ key, id, version, text }) {
  // With the form's other fields.
  const body = new URLSearchParams({ ...Object.fromEntries(new FormData(form())), id, version, text });
  const response = await fetch(address(), { method: "POST", body });
  const page = parse(await response.text());
  const sent = [...page.querySelectorAll(".message.own")].find((message) => message.dataset.id === id);
  // The answer is the page: the message is sent if it is there.
  if (response.ok && sent?.dataset.version >= version) {
    localStorage.removeItem(key);
    merge(page);
    return;
  }
  const error = page.getElementById("text-error")?.textContent.trim();
  if (error && response.status === 422) {
    keep(key, { id, version, text, error });
    return;
  }
  if ([400, 403].includes(response.status)) await renewToken();
  throw Object.assign(new Error(response.status), { seconds: Number(response.headers.get("Retry-After")) || undefined });
}

/* The reader has signed out and in again. */
async function renewToken() {
  const page = parse(await (await fetch(pageAddress())).text());
  const token = page.querySelector("#write [name=csrf_token]");
  if (token) field("csrf_token").value = token.value;
}

/* What is new: messages that the page does not have in this change replace its own, in the order of their numbers. */

let isUpdating = false, isAsked = false, isConnected = false, polling;

async function update() {
  isAsked = true;
  if (isUpdating) return;
  isUpdating = true;
  while (isAsked && section() && !document.hidden) {
    isAsked = false;
    try {
      const question = address();
      question.searchParams.set("after", list().dataset.change);
      const response = await fetch(question);
      if (response.ok) merge(parse(await response.text()));
    } catch {
      // No connection: the next poll asks again.
    }
  }
  isUpdating = false;
  poll();
}

function poll() {
  clearTimeout(polling);
  polling = setTimeout(update, (isConnected ? CONNECTED_POLL_SECONDS : POLL_SECONDS) * 1000);
}

function merge(page) {
  const fresh = page.querySelector("#conversation .messages") ?? page.querySelector(".messages");
  if (!fresh) return;
  hideWaiting();
  let hasNew = false;
  for (const message of fresh.querySelectorAll(".message")) {
    const shown = document.getElementById(message.id);
    if (shown && Number(shown.dataset.change) >= Number(message.dataset.change)) continue;
    hasNew ||= !shown && !message.classList.contains("own");
    if (shown) shown.replaceWith(message);
    else list().insertBefore(message, [...list().children].find((other) => Number(other.dataset.number) > Number(message.dataset.number)));
  }
  // An answer that is older than another takes nothing back.
  list().dataset.change = Math.max(list().dataset.change, fresh.dataset.change);
  list().dataset.seen = Math.max(list().dataset.seen, fresh.dataset.seen);
  for (const message of list().querySelectorAll(".own")) {
    message.querySelector(".seen").hidden = Number(message.dataset.number) > Number(list().dataset.seen);
  }
  section().querySelector(".none").hidden = list().children.length > 0;
  if (hasNew) {
    showWriting(false);
    note("seen");
  }
  showWaiting();
}

/* Notes to the other side, by live.js */

const topic = () => section()?.dataset.topic;
const note = (note) => document.dispatchEvent(new CustomEvent("live:send", { detail: { topic: topic(), note } }));
let notedAt = 0, writing;

function noteWriting() {
  if (Date.now() - notedAt < NOTE_SECONDS * 1000) return;
  notedAt = Date.now();
  note("writing");
}

function showWriting(isWriting) {
  clearTimeout(writing);
  const line = section().querySelector(".writing");
  line.querySelector("span").hidden = !isWriting;
  if (isWriting) writing = setTimeout(showWriting, WRITING_SECONDS * 1000, false);
}

function keepDraft() {
  const draft = typed();
  if (draft.text.trim()) keep(draftKey(draft), draft);
  else localStorage.removeItem(draftKey(draft));
}

function start() {
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    const draft = typed();
    if (!draft.text.trim()) return;
    // If the browser keeps nothing more, it sends the form.
    keep(`unsent:${path()}:${Date.now().toString(36).padStart(10, "0")}-${newId()}`, draft);
    event.preventDefault();
    leaveEditing();
    form().querySelector("[role=alert]")?.remove();
    notedAt = 0;
    showWaiting();
    sendAll();
  });
  document.addEventListener("input", (event) => {
    if (event.target !== field("text")) return;
    keepDraft();
    noteWriting();
  });
  document.addEventListener("click", (event) => {
    const message = event.target.closest("#conversation .message");
    if (event.target.closest("#write .cancel")) leaveEditing();
    else if (message && event.target.closest(".edit")) edit(message);
    else if (message && event.target.closest(".take-back")) takeBack(message);
    else return;
    event.preventDefault();
  });
  document.addEventListener("live:changed", ({ detail }) => detail.topic === topic() && update());
  document.addEventListener("live:note", ({ detail }) => {
    if (detail.topic !== topic() || detail.by === section().dataset.side) return;
    if (detail.note === "writing") showWriting(true);
    else update();
  });
  document.addEventListener("live:state", ({ detail }) => {
    isConnected = detail.connected;
    if (isConnected) comeBack();
    else update();
  });
  addEventListener("online", comeBack);
  // The browser shows the page again as it was left.
  addEventListener("pageshow", ({ persisted }) => persisted && comeBack());
  document.addEventListener("visibilitychange", () => document.hidden || update());
  restore();
  showWaiting();
  sendAll();
  poll();
}

function comeBack() {
  sendAll();
  update();
}

try {
  localStorage.getItem("");
  if (section()) start();
} catch (error) {
  // Storage is blocked: the page works as without this script.
  if (error.name !== "SecurityError") throw error;
}
