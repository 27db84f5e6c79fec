// Enhances the shop; every page works without it. All texts are in the templates.
"use strict";

/* Show a progress bar if a page takes longer than 0.4 s. */
let slow;

function startProgress() {
  clearTimeout(slow);
  slow = setTimeout(() => {
    if (document.querySelector(".slow")) return;
    const bar = document.createElement("div");
    bar.className = "slow";
    bar.ariaHidden = "true";
    document.body.append(bar);
  }, 400);
}

function endProgress() {
  clearTimeout(slow);
  document.querySelector(".slow")?.remove();
}

addEventListener("pageshow", endProgress);
addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const leaves = link && !link.hash && !link.hasAttribute("download");
  if (leaves && !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) startProgress();
});

/* Enhanced forms: the response replaces the page in place, so that the reader keeps their position. */
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  startProgress();
  if (!("enhanced" in form.dataset)) return;
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, button) {
  const source = button ?? form;
  if (source.busy) return;
  source.busy = true;
  // A page from the browser's cache has the key of an addition that was made. Submitting again keeps the new key.
  const key = form.elements.namedItem("key");
  if (key) key.value = crypto.getRandomValues(new Uint32Array(4)).join("-");
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
    const response = await fetch(action, { method: "POST", body });
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    show(page, button);
    endProgress();
    if (response.url !== location.href.split("#")[0]) history.replaceState(null, "", response.url);
  } catch {
    // Submit again without enhancement, so that the browser shows the error.
    delete form.dataset.enhanced;
    form.requestSubmit(button);
  }
}

function show(page, button) {
  const flash = document.getElementById("flash");
  const fresh = page.getElementById("flash");
  const anchor = button?.closest("section")?.querySelector("[id]")?.id;
  const top = () => document.getElementById(anchor)?.getBoundingClientRect().top ?? 0;
  const before = top();
  // The live region itself stays, or screen readers would not announce the change.
  while (flash.nextSibling) flash.nextSibling.remove();
  while (fresh.nextSibling) flash.parentNode.append(fresh.nextSibling);
  flash.replaceChildren(...fresh.childNodes);
  // The header shows whether the cart has books.
  document.querySelector(".navigation").replaceWith(page.querySelector(".navigation"));
  document.title = page.title;
  submitOnChange();
  poll();
  scrollBy(0, top() - before);
  const next = document.getElementById(button?.id) ?? flash.querySelector(".notice") ?? flash.parentNode;
  next.focus({ preventScroll: true });
}

/* An order's page polls its state until the state is final, seldom while live.js hears of its changes. */
const CONNECTED_WAIT = 60;
let polling, isLive;
let latest = 0;

function poll() {
  clearTimeout(polling);
  const part = document.querySelector("[data-poll][data-wait]");
  const wait = isLive ? CONNECTED_WAIT : part?.dataset.wait;
  // A hidden page can wait.
  if (part) polling = setTimeout(() => (document.hidden ? poll() : fetchState(part)), wait * 1000);
}

async function fetchState(part) {
  const mine = ++latest;
  try {
    const response = await fetch(part.dataset.poll);
    const html = response.ok ? await response.text() : "";
    // An answer that was overtaken may be older.
    if (html && mine === latest && part.isConnected) updateState(part, html);
  } catch {
    // No connection: try again next time.
  }
  poll();
}

document.addEventListener("live:state", ({ detail }) => {
  isLive = detail.connected;
  poll();
});
document.addEventListener("live:changed", ({ detail }) => {
  const part = document.querySelector("[data-poll][data-wait]");
  if (part?.dataset.topic === detail.topic) fetchState(part);
});

function updateState(part, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(part.id);
  // The status is a live region and stays; the rest may be in use, so it is replaced only if something changed.
  if (!fresh || fresh.querySelector(".changes").children.length === part.querySelector(".changes").children.length) return;
  part.querySelector("[role=status]").replaceChildren(...fresh.querySelector("[role=status]").childNodes);
  fresh.querySelector("[role=status]").replaceWith(part.querySelector("[role=status]"));
  part.replaceChildren(...fresh.childNodes);
  if (fresh.dataset.wait) part.dataset.wait = fresh.dataset.wait;
  else delete part.dataset.wait;
}
poll();
document.addEventListener("visibilitychange", () => document.hidden || poll());

/* A page that waits for a link to be read looks every second, and is loaded again once it has been. */
async function lookAgain() {
  try {
    const response = document.hidden ? null : await fetch(location.href);
    const page = new DOMParser().parseFromString(response ? await response.text() : "", "text/html");
    if (response && !page.querySelector("[data-waiting]")) return location.reload();
  } catch {
    // No connection: try again next time.
  }
  setTimeout(lookAgain, 1000);
}
if (document.querySelector("[data-waiting]")) setTimeout(lookAgain, 1000);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

/* A double click submits a form only once; the server would recognize the repetition too. */
addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.sent) event.preventDefault();
  form.sent = true;
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) form.sent = false;
});

/* Choosing a sort order with a pointer applies it at once; for keyboards the button reappears to confirm it. */
function submitOnChange() {
  for (const form of document.querySelectorAll("[data-submit-on-change]")) {
    const button = form.querySelector("button").classList;
    button.add("unused");
    form.onkeydown = (event) => event.key === "Tab" || button.remove("unused");
    form.onchange = () => button.contains("unused") && form.requestSubmit();
  }
}
submitOnChange();

/* Suggestions: a combobox with a listbox, after the ARIA Authoring Practices. */
function suggest(field) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.role = "listbox";
  list.ariaLabel = field.dataset.label;
  field.parentNode.append(list);
  field.role = "combobox";
  field.ariaAutoComplete = "list";
  field.ariaExpanded = "false";
  field.setAttribute("aria-controls", list.id);
  let timer, request, selected, done;

  function select(option) {
    if (selected) selected.ariaSelected = "false";
    selected = option;
    field.setAttribute("aria-activedescendant", selected?.id ?? "");
    if (!selected) return;
    selected.ariaSelected = "true";
    selected.scrollIntoView({ block: "nearest" });
  }

  function open(opened) {
    select();
    list.hidden = !opened;
    field.ariaExpanded = String(opened);
  }

  function close() {
    clearTimeout(timer);
    request?.abort();
    open(false);
  }

  async function fetchOptions() {
    request = new AbortController();
    try {
      const query = new URLSearchParams({ q: field.value });
      const response = await fetch(`${field.dataset.suggest}?${query}`, { signal: request.signal });
      const page = new DOMParser().parseFromString(response.ok ? await response.text() : "", "text/html");
      const options = page.querySelectorAll("[role=option]");
      if (done || document.activeElement !== field) return;
      for (const option of options) option.ariaSelected = "false";
      list.replaceChildren(...options);
      open(options.length > 0);
    } catch (error) {
      // Aborted, or no connection: searching still works.
      if (error.name !== "AbortError") open(false);
    }
  }

  function go(option) {
    close();
    done = true;
    startProgress();
    location.assign(option.dataset.href);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    request?.abort();
    if (field.value.trim().length < 2) open(false);
    else timer = setTimeout(fetchOptions, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      // The options and the field itself.
      const options = [...list.children];
      const places = options.length + 1;
      select(options[(options.indexOf(selected) + 1 + step + places) % places - 1]);
    } else if (event.key === "Escape") close();
    else if (event.key === "Enter" && selected) go(selected);
    else return;
    event.preventDefault();
  });
  field.addEventListener("blur", close);
  field.form.addEventListener("submit", () => {
    done = true;
    close();
  });
  addEventListener("pageshow", () => { done = false; });
  // Keep the focus in the field.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go(option);
  });
}

const field = document.querySelector("[data-suggest]");
if (field) suggest(field);
