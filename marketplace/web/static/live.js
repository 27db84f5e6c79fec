// Signals from the service `live`: they say that something has changed, never what. Texts are in the templates.
//
// A page is signalled about the topics of its elements (`data-topic="orders/X"`). Events on `document`:
//
//   live:changed {topic, number}   It may have changed: ask the shop. `number` is the signal's; 0 after connecting, since
//                                  signals may have been missed.
//   live:note {topic, note, by}    The other side ("reader" or "shop") is "writing", or has "seen" the conversation.
//   live:state {connected}         Signals arrive (true), or not (false, as at the start): then the page has to poll.
//
// and those that a page dispatches for this file to obey:
//
//   live:send {topic, note}        Send a note; without a WebSocket it is dropped.
//   live:watch {topic}             Signal about this topic too.
//
// An element that also has `data-refresh` (an address, or empty for that of the page) and an id is replaced by its new
// version when its topic changes.
"use strict";

(() => {
  const LONGEST_WAIT = 30_000;
  const FIRST_WAIT = 2_000;
  const OPEN_WAIT = 10_000;
  const OPEN = 1;
  const ticketUrl = document.currentScript.dataset.ticket;
  // The number of each topic's last signal.
  const numbers = new Map();
  let connection, timer, opening, isConnected, isStarted;
  let failures = 0;
  let attempt = 0;
  // Some proxies let no WebSocket through.
  let usesEvents = false;

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }

  function setConnected(connected) {
    if (Boolean(isConnected) === connected) return;
    isConnected = connected;
    tell("live:state", { connected });
  }

  function watch(topic) {
    if (!topic || numbers.has(topic)) return;
    numbers.set(topic, 0);
    // A ticket names all topics.
    if (isStarted) connect();
  }

  async function connect() {
    clearTimeout(timer);
    const mine = ++attempt;
    let ticket;
    try {
      const query = new URLSearchParams([...numbers.keys()].map((topic) => ["topic", topic]));
      const response = await fetch(`${ticketUrl}?${query}`);
      if (response.ok) ticket = await response.json();
      // Signed out meanwhile, or not allowed: the page polls.
      else if (response.status < 500 && response.status !== 429) return mine === attempt && end();
    } catch {
      // No connection: try again later.
    }
    if (mine !== attempt) return;
    try {
      if (ticket) return open(ticket);
    } catch {
      // The browser refuses the address.
    }
    retry();
  }

  function open({ url, ticket, expires_in: seconds }) {
    drop();
    const current = usesEvents
      ? new EventSource(`${url}/events?${new URLSearchParams({ ticket })}`)
      : new WebSocket(url.replace(/^http/, "ws"), ["live", ticket]);
    connection = current;
    const lose = () => {
      if (current !== connection) return;
      // It never opened: try the other way.
      if (opening) usesEvents = !usesEvents;
      retry();
    };
    opening = setTimeout(lose, OPEN_WAIT);
    current.onopen = () => {
      clearTimeout(opening);
      opening = failures = 0;
      timer = setTimeout(renew, seconds * 1000);
      setConnected(true);
      for (const topic of numbers.keys()) tell("live:changed", { topic, number: 0 });
    };
    current.onmessage = (message) => receive(JSON.parse(message.data));
    current.onclose = current.onerror = lose;
  }

  function receive(message) {
    const { topic, number } = message;
    if ("note" in message) return tell("live:note", message);
    // Any other number, not only a higher one: signals of different orders may overtake each other.
    if (!numbers.has(topic) || numbers.get(topic) === number) return;
    numbers.set(topic, number);
    tell("live:changed", { topic, number });
  }

  function drop() {
    clearTimeout(opening);
    opening = 0;
    const old = connection;
    connection = undefined;
    old?.close();
  }

  function retry() {
    drop();
    setConnected(false);
    clearTimeout(timer);
    // At random, so that all pages do not come back at the same moment.
    timer = setTimeout(connect, Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures));
    failures += 1;
  }

  function renew() {
    usesEvents = false;
    connect();
  }

  function end() {
    attempt += 1;
    clearTimeout(timer);
    drop();
    setConnected(false);
  }

  document.addEventListener("live:watch", ({ detail }) => watch(detail.topic));
  document.addEventListener("live:send", ({ detail: { topic, note } }) => {
    if (connection instanceof WebSocket && connection.readyState === OPEN) connection.send(JSON.stringify({ topic, note }));
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const part of document.querySelectorAll("[data-topic]")) watch(part.dataset.topic);
    isStarted = true;
    if (numbers.size) connect();
  });
  // A page in the browser's cache for Back and Forward may not keep a connection.
  addEventListener("pagehide", end);
  addEventListener("pageshow", (event) => event.persisted && numbers.size && connect());
  addEventListener("online", () => isStarted && !isConnected && numbers.size && connect());

  /* Parts with data-refresh are fetched again, one at a time. */
  const fetching = new Map();

  document.addEventListener("live:changed", ({ detail }) => {
    for (const part of document.querySelectorAll("[data-refresh][data-topic][id]")) {
      if (part.dataset.topic === detail.topic) refresh(part.id);
    }
  });

  async function refresh(id) {
    // Signals during a fetch lead to one more.
    if (fetching.has(id)) return fetching.set(id, true);
    fetching.set(id, false);
    try {
      const response = await fetch(document.getElementById(id).dataset.refresh || location.href);
      if (response.ok && !response.redirected) replace(id, await response.text());
    } catch {
      // No connection: the next signal, or reconnecting, repeats it.
    }
    const again = fetching.get(id);
    fetching.delete(id);
    if (again) refresh(id);
  }

  function replace(id, html) {
    const part = document.getElementById(id);
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(id);
    // What did not change is left alone: somebody may be selecting text in it.
    if (!part || !fresh || part.innerHTML === fresh.innerHTML) return;
    const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
    part.replaceChildren(...fresh.childNodes);
    if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
})();
