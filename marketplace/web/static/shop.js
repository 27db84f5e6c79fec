// Makes the shop smoother; every page works without it. Its words stand in the templates.
"use strict";

/* A page that takes its time shows that it comes. */
let slow;

function wait() {
  clearTimeout(slow);
  slow = setTimeout(() => {
    if (document.querySelector(".slow")) return;
    const bar = document.createElement("div");
    bar.className = "slow";
    bar.ariaHidden = "true";
    document.body.append(bar);
  }, 400);
}

function arrived() {
  clearTimeout(slow);
  document.querySelector(".slow")?.remove();
}

addEventListener("pageshow", arrived);
addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const leaves = link && !link.hash && !link.hasAttribute("download");
  if (leaves && !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) wait();
});

/* Forms of deeds: the page that they lead to takes this one's place, where the reader is. */
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  wait();
  if (!("smooth" in form.dataset)) return;
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, button) {
  if (button?.busy) return;
  if (button) button.busy = true;
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
    const answer = await fetch(action, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    show(page, button);
    arrived();
    if (answer.url !== location.href.split("#")[0]) history.replaceState(null, "", answer.url);
  } catch {
    // Once more, as a browser does it by itself, so that what is wrong is shown.
    delete form.dataset.smooth;
    form.requestSubmit(button);
  }
}

function show(page, button) {
  const said = document.getElementById("said");
  const news = page.getElementById("said");
  const mark = button?.closest("section")?.querySelector("[id]")?.id;
  const top = () => document.getElementById(mark)?.getBoundingClientRect().top ?? 0;
  const before = top();
  // The live region itself stays, or its news would not be read out.
  while (said.nextSibling) said.nextSibling.remove();
  while (news.nextSibling) said.parentNode.append(news.nextSibling);
  said.replaceChildren(...news.childNodes);
  // The header says whether something is in the cart.
  document.querySelector(".places").replaceWith(page.querySelector(".places"));
  document.title = page.title;
  submitOnChange();
  poll();
  scrollBy(0, top() - before);
  const next = document.getElementById(button?.id) ?? said.querySelector(".notice") ?? said.parentNode;
  next.focus({ preventScroll: true });
}

/* An order's page asks how far the order is, as long as that may change by itself. */
let asking;

function poll() {
  clearTimeout(asking);
  const part = document.querySelector("[data-poll][data-wait]");
  if (part) asking = setTimeout(() => askState(part), part.dataset.wait * 1000);
}

async function askState(part) {
  try {
    // What nobody looks at can wait until somebody does.
    const answer = document.hidden ? null : await fetch(part.dataset.poll);
    if (answer?.ok && part.isConnected) renew(part, await answer.text());
  } catch {
    // No connection: the next time may be better.
  }
  poll();
}

function renew(part, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(part.id);
  // What is said of the state is a live region that stays; the rest may be in use, and is replaced only by news.
  if (!fresh || fresh.querySelector(".changes").children.length === part.querySelector(".changes").children.length) return;
  part.querySelector("[role=status]").replaceChildren(...fresh.querySelector("[role=status]").childNodes);
  fresh.querySelector("[role=status]").replaceWith(part.querySelector("[role=status]"));
  part.replaceChildren(...fresh.childNodes);
  if (fresh.dataset.wait) part.dataset.wait = fresh.dataset.wait;
  else delete part.dataset.wait;
}
poll();
document.addEventListener("visibilitychange", () => document.hidden || poll());

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

/* A form that is sent once is not sent twice by a double click; the shop would see that it is the same. */
addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.sent) event.preventDefault();
  form.sent = true;
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) form.sent = false;
});

/* A list is sorted as soon as its order is chosen with a pointer; on a keyboard the button comes back to confirm it. */
function submitOnChange() {
  for (const form of document.querySelectorAll("[data-submit-on-change]")) {
    const button = form.querySelector("button").classList;
    button.add("unneeded");
    form.onkeydown = (event) => event.key === "Tab" || button.remove("unneeded");
    form.onchange = () => button.contains("unneeded") && form.requestSubmit();
  }
}
submitOnChange();

/* Suggestions: a combobox with a list, as ARIA's authoring practices describe it. */
function suggest(field) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.role = "listbox";
  list.ariaLabel = field.dataset.found;
  field.parentNode.append(list);
  field.role = "combobox";
  field.ariaAutoComplete = "list";
  field.ariaExpanded = "false";
  field.setAttribute("aria-controls", list.id);
  let timer, request, chosen, done;

  function choose(option) {
    if (chosen) chosen.ariaSelected = "false";
    chosen = option;
    field.setAttribute("aria-activedescendant", chosen?.id ?? "");
    if (!chosen) return;
    chosen.ariaSelected = "true";
    chosen.scrollIntoView({ block: "nearest" });
  }

  function open(opened) {
    choose();
    list.hidden = !opened;
    field.ariaExpanded = String(opened);
  }

  function close() {
    clearTimeout(timer);
    request?.abort();
    open(false);
  }

  async function ask() {
    request = new AbortController();
    try {
      const query = new URLSearchParams({ q: field.value });
      const answer = await fetch(`${field.dataset.suggest}?${query}`, { signal: request.signal });
      const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
      const found = page.querySelectorAll("[role=option]");
      if (done || document.activeElement !== field) return;
      for (const each of found) each.ariaSelected = "false";
      list.replaceChildren(...found);
      open(found.length > 0);
    } catch (error) {
      // Aborted, or no connection: the reader can search all the same.
      if (error.name !== "AbortError") open(false);
    }
  }

  function go(option) {
    close();
    done = true;
    wait();
    location.assign(option.dataset.href);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    request?.abort();
    if (field.value.trim().length < 2) open(false);
    else timer = setTimeout(ask, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      // One place more than there are options: the field itself.
      const options = [...list.children];
      const places = options.length + 1;
      choose(options[(options.indexOf(chosen) + 1 + step + places) % places - 1]);
    } else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen) go(chosen);
    else return;
    event.preventDefault();
  });
  field.addEventListener("blur", close);
  field.form.addEventListener("submit", () => {
    done = true;
    close();
  });
  addEventListener("pageshow", () => { done = false; });
  // So that the field keeps the focus.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go(option);
  });
}

const field = document.querySelector("[data-suggest]");
if (field) suggest(field);
