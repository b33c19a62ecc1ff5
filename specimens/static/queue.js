// The scans of this device that no server has answered yet. Each is written down before it is sent, and crossed out when
// its answer is there: a reload, a restart of the browser or a lost answer loses none and sends none twice, for its nonce
// is the key of the act. Only who scanned it sends it, from the same station, in order, one tab at a time.
const queue = (() => {
  "use strict";
  const { person = "", station = "" } = document.body.dataset;
  const AGAIN_MS = 2000, PATIENCE_MS = 15000, GONE = [502, 503, 504], TRIES = 5;
  const channel = new BroadcastChannel("scans");
  const here = crypto.getRandomValues(new Uint32Array(2)).join("-");  // this page: another tab leaves its fresh scans to it
  const hooks = { admit: async () => true, answered: () => {}, lost: () => {}, drained: () => {} };
  let down = false, sent = null, away = "", timer;

  const opened = new Promise((done, failed) => {
    const asked = indexedDB.open("specimens", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("waiting", { keyPath: "sequence", autoIncrement: true });
      asked.result.createObjectStore("differences", { keyPath: "sequence" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  opened.catch(() => {});

  // One transaction; what *act* asked for is there when it is written.
  const turn = async (stores, mode, act, durability = "relaxed") => {
    const base = await opened;
    return new Promise((done, failed) => {
      const running = base.transaction(stores, mode, { durability });
      const asked = act((name) => running.objectStore(name));
      running.oncomplete = () => done(asked?.result);
      running.onabort = () => failed(running.error);
    });
  };
  const all = (name) => turn([name], "readonly", (store) => store(name).getAll());
  const mine = (item) => item.person === person && item.station === station;
  const due = async () => (await all("waiting")).filter((each) => mine(each) && (each.waited || each.page === here));

  // Writes a scan down, with what was chosen for it. While the line is known to be down it is one that waits, and has to outlive the power as well.
  const add = async (item) => {
    sent = null;
    Object.assign(item, { person, station, page: here, scanned: Date.now(), waited: down, tries: 0 });
    item.sequence = await turn(["waiting"], "readwrite", (store) => store("waiting").add(item), down ? "strict" : "relaxed");
    return item;
  };
  const put = (items, gone = []) => turn(["waiting"], "readwrite", (store) => {
    items.forEach((each) => store("waiting").put(each));
    gone.forEach((each) => store("waiting").delete(each.sequence));
  }, "strict");
  const cross = (item, difference) => turn(["waiting", "differences"], "readwrite", (store) => {
    if (difference) store("differences").put(difference);
    return store("waiting").delete(item.sequence);
  });

  // Marks what waited as sent before it is. Returns false when it is gone: it was taken back.
  const claim = async (item) => {
    const there = await turn(["waiting"], "readwrite", (store) => {
      const asked = store("waiting").get(item.sequence);
      asked.onsuccess = () => asked.result && store("waiting").put(Object.assign(item, { sent: true }));
      return asked;
    }, "strict");
    return !!there;
  };
  // Takes back the last scan of a code on a page that waits. Only what was never sent: of the rest nobody here knows what
  // became of it. Returns whether there was one; a trace of it stays in the list.
  const takeBack = async (code, action, said) => {
    let found;
    await turn(["waiting", "differences"], "readwrite", (store) => {
      const asked = store("waiting").getAll();
      asked.onsuccess = () => {
        found = asked.result.findLast((each) => mine(each) && each.waited && !each.sent && each.code === code && each.action === action);
        if (!found) return;
        store("waiting").delete(found.sequence);
        store("differences").put(noted(found, "check", said));
      };
    }, "strict");
    await tell();
    channel.postMessage("changed");
    if (down) drain();
    return !!found;
  };
  // What somebody has to look into: the scan, what had been chosen for it, and what became of it.
  const noted = ({ sequence, scanned, code, action, chosen }, verdict, said) => ({ sequence, scanned, code, action, chosen, person, verdict, said });

  const line = (state) => {
    down = state === "down";
    const shown = document.querySelector("[data-line]");
    if (!shown) return;
    shown.dataset.line = state;
    shown.querySelector("dd").textContent = shown.dataset[state];
  };

  // Asks whether the line is there, and for whom: who is logged in may have changed in another tab.
  const hello = async () => {
    const answer = await fetch("/queue", { headers: { "X-Requested-With": "scan" }, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (GONE.includes(answer.status)) throw new Error(answer.status);
    away = answer.status === 401 ? await answer.text() : "";
    if (!answer.ok) return null;
    const told = await answer.json();
    return told.person === person && told.station === station ? told.token : null;
  };

  const post = (item, token) => {
    const body = new FormData();
    for (const [name, value] of item.fields) body.append(name, value);
    body.set("csrf_token", token);
    if (item.waited) {
      const told = { person: item.person, station: item.station, scanned: item.scanned, sent: Date.now(), sequence: item.sequence };
      for (const [name, value] of Object.entries(told)) body.set(`waited_${name}`, value);
    }
    return fetch(item.action, {
      method: "POST", body, headers: { "X-Requested-With": "scan" }, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS),
    });
  };

  // What an answer says: `saved`; if not, what a person has to look into.
  const judged = (item, answer, text) => {
    const page = new DOMParser().parseFromString(text, "text/html"), panel = page.querySelector("[data-verdict]");
    const other = panel && ("other" in panel.dataset || item.chosen && panel.dataset.verdict === "already");  // done, but not as it was chosen
    const taken = answer.redirected ? answer.ok : panel ? "saved" in panel.dataset && !other : answer.ok;
    if (taken || !item.waited) return { page, taken };
    const said = [...page.querySelectorAll("[data-verdict] .verdict-said:not(:has(a)), .said")].map((each) => each.textContent.trim()).join(" ");
    return { page, taken, difference: noted(item, panel?.dataset.verdict || "check", said) };
  };

  // Sends one scan. Returns false when it has to wait: the line is down, or this is no longer the log-in that it belongs to.
  const send = async (item, keys) => {
    if (item.waited || !keys.token) keys.token = await hello();
    if (keys.token && item.waited && !await claim(item)) return true;
    let answer = keys.token && await post(item, keys.token);
    if (answer?.status === 400 && (keys.token = await hello())) answer = await post(item, keys.token);  // the token was of an older session
    if (!answer || answer.status === 401) {
      hooks.lost(item, { address: answer ? await answer.text() : away || `/login?next=${encodeURIComponent(location.pathname)}` });
      return false;
    }
    if (GONE.includes(answer.status) || answer.status >= 500 && (item.tries += 1) < TRIES) throw new Error(answer.status);
    const { page, taken, difference } = judged(item, answer, await answer.text());
    line("up");
    const crossed = cross(item, difference);
    if (answer.redirected) await crossed;  // the page is about to be left
    if (item.waited) keys[taken ? "saved" : "differ"] += 1;
    else hooks.answered(item, page, answer);
    await crossed;
    return true;
  };

  // The line is down: what was not answered waits. What the server has to understand first (UNDO, an answer to what it asked)
  // never does, and what was scanned after it goes with it: later it would mean something else.
  const wait = async (item) => {
    line("down");
    navigator.storage?.persist?.();  // what waits is not to be cleared away for want of room
    const waiting = await due(), at = waiting.findIndex((each) => !each.waited && !each.stays);
    const gone = at < 0 ? [] : waiting.slice(at), left = at < 0 ? waiting : waiting.slice(0, at);
    const changed = left.filter((each) => !each.waited || each.sequence === item.sequence && each.tries !== item.tries);
    await put(changed.map((each) => ({ ...each, waited: true, ...(each.sequence === item.sequence && { sent: true, tries: item.tries }) })), gone);
    const fresh = left.filter((each) => !each.waited);
    if (fresh.length) hooks.lost(fresh.at(-1));
    gone.forEach((each) => hooks.lost(each, { gone: true }));
    clearTimeout(timer);
    timer = setTimeout(drain, AGAIN_MS);
  };

  const pass = async () => {
    const keys = { token: down ? null : document.querySelector("[name=csrf_token]")?.value, saved: 0, differ: 0 };
    for (let items; (items = await due()).length;) {
      for (const item of items) {
        if (!await hooks.admit(item)) { await cross(item); continue; }
        try {
          if (!await send(item, keys)) return keys;
        } catch {
          await wait(item);
          return keys;
        }
      }
    }
    return keys;
  };

  let running = null, more = false;
  const drain = () => {
    more = true;
    return running ||= (async () => {
      while (more) {
        more = false;
        const keys = await (navigator.locks ? navigator.locks.request("scans", pass) : pass());
        if (keys.saved + keys.differ) hooks.drained(sent = keys);
        if (keys.saved + keys.differ || down) channel.postMessage("changed");
        if (down && !(await due()).length) again();
      }
      running = null;
    })().catch(() => { running = null; }).then(tell);
  };

  // Says how many wait, whose they are, and what has to be looked into.
  const tell = async () => {
    const told = document.querySelector("[data-waiting]"), list = document.querySelector("[data-differences]");
    const items = await all("waiting"), differences = (await all("differences")).filter((each) => each.person === person);
    const own = items.filter(mine).filter((each) => each.waited).length, others = items.filter((each) => each.person !== person).length;
    const elsewhere = items.filter((each) => each.person === person && each.station !== station).length;
    const { one, many, others: strange, elsewhere: away, sent: gone } = told.dataset;
    const lines = [own === 1 && one, own > 1 && many.replace("{n}", own), elsewhere && away.replace("{n}", elsewhere), others && strange.replace("{n}", others),
      sent && gone.replace("{n}", sent.saved).replace("{differ}", sent.differ)].filter(Boolean);
    told.textContent = lines.join(" ");
    told.hidden = !told.textContent;
    const here = new Map(items.filter(mine).map((each) => [each.code, each.chosen]));
    document.querySelectorAll("[data-code]").forEach((each) => {
      const { code } = each.dataset, chosen = here.get(code);
      each.toggleAttribute("data-waits-chosen", !!chosen);
      if (here.has(code)) each.dataset.waitsHere = [told.dataset.here, chosen].filter(Boolean).join(": "); else delete each.dataset.waitsHere;
    });
    list.hidden = !differences.length;
    list.querySelector("ol").replaceChildren(...differences.map((each) => difference(each, list.dataset)));
  };
  const made = (name, more) => Object.assign(document.createElement(name), more);
  const difference = (each, words) => {
    const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
    const when = new Date(each.scanned).toLocaleString(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
    const row = made("li", {}), done = made("button", { type: "button", className: "btn btn-outline-primary", textContent: words.done });
    done.addEventListener("click", async () => {
      await turn(["differences"], "readwrite", (store) => store("differences").delete(each.sequence));
      tell();
      channel.postMessage("changed");
    });
    row.append(made("strong", { className: "code", textContent: each.code.replace(/^(.{4})(.{4})$/, "$1 $2") }),
      made("span", { textContent: `${words.scanned.replace("{when}", when)}. ${each.chosen ? `${words.chosen.replace("{choice}", each.chosen)} ` : ""}${each.said}` }),
      made("a", { className: "btn btn-link", href: `/specimens/${each.code}`, textContent: words.open }), done);
    return row;
  };

  channel.addEventListener("message", () => tell());
  addEventListener("online", () => drain());

  // What an earlier page left behind had no answer: it waited. Another tab may be sending its own, so this asks for its turn.
  const begin = async () => {
    if (person) line(document.querySelector("[data-kept]:not([hidden])") ? "down" : "up");
    const left = (await all("waiting")).filter((each) => mine(each) && !each.waited && each.page !== here);
    if (left.length) await (navigator.locks ? navigator.locks.request("scans", () => recover(left)) : recover(left));
    await tell();
    if ((await due()).length) drain(); else if (down) again();
  };
  // Nothing waits, and the line is down, or this page is a kept one: as soon as the line is back it is brought up to date.
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!down) return;
      try { await hello(); } catch { return again(); }
      line("up");
      if (document.querySelector("form[data-waits]")) hooks.drained({});
      else if (document.querySelector("[data-kept]:not([hidden])")) location.reload();
    }, AGAIN_MS);
  };
  // What was scanned after something that the server had to understand first is not sent: nobody knows any more what it meant.
  const recover = async (left) => {
    const still = new Set((await all("waiting")).map((each) => each.sequence));
    const there = left.filter((each) => still.has(each.sequence));
    for (const page of new Set(there.map((each) => each.page))) {
      const items = there.filter((each) => each.page === page), at = items.findIndex((each) => !each.stays);
      const gone = at < 0 ? [] : items.slice(at), { unsure } = document.querySelector("[data-differences]").dataset;
      await put(items.slice(0, at < 0 ? items.length : at).map((each) => ({ ...each, waited: true, sent: true })));
      for (const each of gone) await cross(each, each.stays && noted(each, "check", unsure));
    }
  };
  begin().catch(() => {});

  // Pages that this device keeps: the one that is shown, and those that it links to for working on without the line.
  const keep = (address) => fetch(address, { headers: { "X-Requested-With": "keep" } }).catch(() => {});
  const controlled = async () => {
    const worker = navigator.serviceWorker;
    const first = !worker.controller && new Promise((done) => { worker.addEventListener("controllerchange", done, { once: true }); });
    await worker.register("/service-worker.js");
    await first;
    if (first) {  // this very page came before the service worker
      document.querySelectorAll("link[href], script[src]").forEach((each) => keep(each.href || each.src));
      keep(location.href);
    }
    document.querySelectorAll("a[data-keep]").forEach((each) => keep(each.href));
  };
  if (person && window.isSecureContext && navigator.serviceWorker) controlled().catch(() => {});

  // Says whether nothing of this person waits: for whoever wants to leave, and for measurements.
  const empty = async () => !(await all("waiting")).some(mine);

  return { add, drain, empty, hooks, keep, takeBack, tell, get down() { return down; } };
})();
