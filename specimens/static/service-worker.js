// Keeps the scan pages that one person saw, for when the line is down. The network is always asked first: a page that was
// kept is shown only where no answer came, and then says when it was made. Nobody sees what another person's log-in kept.
"use strict";
const PARTS = "parts", PAGES = "pages-", AWAY = "/static/away.html", PATIENCE_MS = 8000, GONE = [502, 503, 504];
const LONGEST_MS = 12 * 3600 * 1000;  // as long as a log-in lasts

const forget = async (but) => {
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGES) && name !== but);
  await Promise.all(names.map((name) => caches.delete(name)));
};

// A page of somebody else, or of nobody, ends what was kept.
const keep = async (request, answer) => {
  const { ok, headers } = answer, person = headers.get("Specimens-Person");
  if (!ok || !(headers.get("Content-Type") || "").startsWith("text/html")) return;
  const copy = person && headers.get("Specimens-Keep") && answer.clone();
  await forget(person ? PAGES + person : "");
  if (!copy) return;
  const said = new Headers(headers);
  said.set("Kept-At", Date.now());
  await (await caches.open(PAGES + person)).put(new URL(request.url).pathname, new Response(await copy.blob(), { headers: said }));
};

const kept = async (request) => {
  const found = await caches.match(new URL(request.url).pathname);
  if (!found || Date.now() - found.headers.get("Kept-At") > LONGEST_MS) return null;
  const text = (await found.text()).replace("data-kept hidden", "data-kept");
  return new Response(text, { headers: found.headers });
};

const page = async (event) => {
  const { request } = event, path = new URL(request.url).pathname;
  if (request.method !== "GET" && ["/logout", "/login"].includes(path)) await forget("");
  try {
    const old = request.method === "GET" && await kept(request), asked = fetch(request);
    if (!old) {
      const answer = await asked;
      event.waitUntil(keep(request, answer));
      return answer;
    }
    const answer = await Promise.race([asked, new Promise((_, no) => setTimeout(no, PATIENCE_MS, new Error("slow")))]);
    if (GONE.includes(answer.status)) return old;
    event.waitUntil(keep(request, answer));
    return answer;
  } catch {
    return (request.method === "GET" && await kept(request)) || await caches.match(AWAY) || Response.error();
  }
};

const part = async (event) => {
  const { request } = event, store = await caches.open(PARTS);
  try {
    const answer = await fetch(request);
    if (answer.ok) event.waitUntil(store.put(request, answer.clone()));
    return answer;
  } catch {
    return await store.match(request) || Response.error();
  }
};

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(PARTS).then((store) => store.add(AWAY)));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method === "GET" && address.pathname.includes("/static/")) event.respondWith(part(event));
  else if (request.mode === "navigate" || request.headers.get("X-Requested-With") === "keep") event.respondWith(page(event));
});
