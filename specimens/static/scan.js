// Keeps the scanner's keystrokes together wherever the focus is, sends one scan at a time, shows the answer.
// Without this script the form posts as any form does. A verdict OK is only ever the server's.
(() => {
  "use strict";
  const form = document.querySelector("form[data-scan]");
  document.querySelector("[data-focus]")?.focus();
  if (!form) return;
  const field = form.elements.scan;
  const ALPHABET = "0123456789CDEFHJKNPRTVX", KEYS = "\x1f", RESERVED = "X000", PERSON = "XP";
  const IDENTITY = "X000001", ACKNOWLEDGE = "X000004", FINISH = "X000005", IDLE_MS = 300, REST_MS = 1000, SLOW_MS = 1500;
  let held = 0, stopped = false, latest, idle, rest, slow;

  const plain = (text) => text.trim().replace(/^\][a-z][0-9a-z]/i, "").replace(/[\s\x1d]/g, "").toUpperCase();
  const valid = (code) =>
    code.length === 8 && [...code].every((c) => ALPHABET.includes(c)) &&
    [...code].reduce((sum, c, i) => sum + ALPHABET.indexOf(c) * (8 - i), 0) % 23 === 0;
  const nonce = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/\W/g, "x");
  const live = (page) => page.querySelectorAll("[data-live]");
  const panel = () => document.querySelector("[data-verdict]");
  const made = (name, more) => Object.assign(document.createElement(name), more);
  const printed = (code) => code.replace(/^(.{4})(.{4})$/, "$1 $2");
  const para = (name, text) => made("p", { className: name, textContent: text });

  // ------------------------------------------------------------------------------------- what is heard and seen

  const TONES = { ok: [1320], already: [660, 660], check: [440, 880], stop: [180, 180, 180] };
  let audio;
  const sound = (verdict) => {
    if (document.body.dataset.sound !== "on" || !TONES[verdict]) return;
    audio ||= new AudioContext();
    TONES[verdict].forEach((hertz, i) => {
      const tone = audio.createOscillator(), volume = audio.createGain(), at = audio.currentTime + i * 0.16;
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.linearRampToValueAtTime(0, at + 0.14);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.15);
    });
  };

  const told = (verdict, sentence, code = "", ...more) => {
    const old = panel();
    if (!old) return;
    old.className = `verdict verdict-${verdict}`;
    old.dataset.verdict = verdict;
    delete old.dataset.saved;
    delete old.dataset.lost;
    old.setAttribute("role", "alert");
    old.replaceChildren(para("verdict-word", ""), para("verdict-code code", printed(code)), para("verdict-said", sentence), ...more);
    const icon = form.querySelector(`[data-icon=${verdict}]`).content.cloneNode(true);
    old.firstChild.append(icon, made("strong", { textContent: form.dataset[verdict] }));
    if (verdict === "stop") {
      const button = made("button", { type: "button", className: "btn btn-light", textContent: form.dataset.acknowledgeWord });
      button.dataset.acknowledge = "";
      old.append(button);
    }
    judge();
    sound(verdict);
  };

  const lost = (item) => {
    asked.clear();  // none of them is saved: what went before it waits as well
    listen();
    if (item.nonce !== latest && "lost" in (panel()?.dataset || {})) return;  // a later scan stands there already
    told("check", form.dataset.waits, item.code, ...(item.chosen ? [para("verdict-said", form.dataset.chosen.replace("{choice}", item.chosen))] : []));
    panel()?.setAttribute("data-lost", "");
    choice.again();
  };

  // While no answer comes, what stands there must not be taken for one.
  const asked = new Map();
  const expect = (item) => { asked.set(item.nonce, item); listen(); };
  const heard = (item) => { asked.delete(item.nonce); listen(); };
  const listen = () => {
    clearTimeout(slow);
    if (asked.size) slow = setTimeout(() => told("check", form.dataset.slow, [...asked.values()].at(-1).code), SLOW_MS);
  };

  const judge = () => {
    stopped = panel()?.dataset.verdict === "stop" && !!document.querySelector("[data-acknowledge]");
    if (!stopped) held = 0;
    else if (choice.dropped()) hold();  // it was said before anybody saw this STOP
  };

  const acknowledge = () => {
    stopped = false;
    held = 0;
    document.querySelectorAll("[data-acknowledge], [data-held-count]").forEach((each) => each.remove());
    field.focus();
  };

  // While STOP stands, further scans are refused aloud and counted: nobody has looked yet.
  const hold = () => {
    held += 1;
    sound("stop");
    let count = document.querySelector("[data-held-count]");
    if (!count) {
      count = made("p", { className: "verdict-said" });
      count.dataset.heldCount = "";
      panel()?.append(count);
    }
    count.textContent = form.dataset.held.replace("{n}", held);
  };

  const show = (page, answer) => {
    const parts = live(page);
    if (answer.redirected) return location.assign(answer.url);
    if (!parts.length) return told("check", page.querySelector(".said")?.textContent || form.dataset.lost);
    parts.forEach((part) => document.getElementById(part.id)?.replaceWith(part));
    judge();
    sound(panel()?.dataset.verdict);
    choice.again();
  };

  // Shows the page as it is now; a verdict stays until the next scan, but for “not saved”, which is over.
  const refresh = async () => {
    const answer = await queue.keep(location.href);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), standing = panel();
    live(page).forEach((part) => document.getElementById(part.id)?.replaceWith(part));
    if (standing && panel() && !("lost" in standing.dataset)) panel().replaceWith(standing);
    document.querySelectorAll("[data-kept]").forEach((each) => { each.hidden = !!page.querySelector("[data-kept][hidden]"); });
    judge();
    choice.again();
    queue.tell();
  };

  // ------------------------------------------------------------------------------------------ what becomes of a scan

  const bodyOf = (item) => {
    const body = new FormData(form);
    body.set("scan", item.raw);
    body.set("nonce", item.nonce);
    for (const [name, value] of Object.entries(item.choice || {})) body.set(name, value);
    return body;
  };

  // A scan may wait on the device if it says all that it means: itself, and the choice in its own item. What else stands in
  // the form (a typed time, a question of the server's) is not written down on a device.
  const OWN = ["csrf_token", "nonce", "scan", "typed"];
  const alone = () => "waits" in form.dataset && [...new FormData(form)].every(([name, value]) => !value || OWN.includes(name));
  const stays = (code) => !code.startsWith(PERSON) && !code.startsWith(RESERVED) || code.startsWith(IDENTITY) || code.startsWith(FINISH);

  const direct = async (item) => {
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: bodyOf(item), headers: { "X-Requested-With": "scan" }, credentials: "same-origin",
        signal: AbortSignal.timeout(15000),
      });
      const text = await answer.text();
      if (answer.status === 401) return location.assign(text);
      show(new DOMParser().parseFromString(text, "text/html"), answer);
    } catch {
      told("check", form.dataset.lost, item.code);
    }
    heard(item);
  };

  // Says whether a scan may go out now; those that STOP holds, and those that cannot wait, end here.
  const admit = async (item) => {
    if (stopped) {
      heard(item);
      if (item.code.startsWith(ACKNOWLEDGE)) acknowledge(); else hold();
      return false;
    }
    if (item.choice || alone()) return true;
    await direct(item);
    return false;
  };

  queue.hooks.admit = async (item) => item.waited || admit(item);
  queue.hooks.answered = (item, page, answer) => {
    heard(item);
    show(page, answer);
    clearTimeout(rest);
    if (navigator.serviceWorker?.controller) rest = setTimeout(() => queue.keep(location.href), REST_MS);  // what is kept shows what was done
  };
  queue.hooks.lost = (item, { address, gone } = {}) => {
    if (address) return location.assign(address);
    if (!gone) return lost(item);
    heard(item);
    if (stopped) hold(); else told("stop", form.dataset.waitsNot);
  };
  queue.hooks.drained = ({ differ }) => {
    refresh();
    if (differ) sound("stop");
  };

  // Scans that do not wait, or that nothing could be written down for, go out one after the other from here.
  const row = [];
  let busy = false;
  const next = async () => {
    if (busy || !row.length) return;
    busy = true;
    const item = row.shift();
    if (stopped) await admit(item); else await direct(item);
    busy = false;
    next();
  };

  let written = Promise.resolve();
  const send = (item) => {
    latest = item.nonce;
    if (!("waits" in form.dataset)) return expect(item), row.push(item), next();
    if (queue.down && !stopped && !stays(item.code)) return told("stop", form.dataset.waitsNot);
    if (queue.down && (stopped || !item.choice && !alone())) return admit(item);
    const own = [...OWN.slice(1), ...Object.keys(item.choice || {})];
    Object.assign(item, { stays: stays(item.code) && (!!item.choice || alone()), action: form.action, chosen: choice.words(item.choice) });
    item.fields = [...bodyOf(item)].filter(([name]) => own.includes(name));
    if (!queue.down) expect(item);
    written = written.then(() => queue.add(item)).then(() => {
      if (item.waited) lost(item), queue.tell();
      queue.drain();
    }, () => (row.push(item), next()));
  };

  const scan = (raw, places = "") => {
    clearTimeout(idle);
    field.value = "";
    trail = [];
    const [typed, placed] = [plain(raw), plain(places)];
    if (!typed && !placed) return;
    const differs = valid(placed) && placed !== typed;
    const item = { raw: differs ? raw + KEYS + places : raw, code: valid(typed) ? typed : valid(placed) ? placed : typed, nonce: nonce() };
    if (!local() || !choice.takes(item)) send(item);
  };

  // Where the server has asked something, or is about to, the next code is the server's to understand.
  const local = () => "waits" in form.dataset && !stopped && (queue.down || alone() && [...asked.values()].every((each) => each.stays));
  const choice = choices(form, {
    told, send, panel, own: (name) => OWN.includes(name), tubes: (code) => !code.startsWith(RESERVED) && !code.startsWith(PERSON),
    after: (work) => { written = written.then(work); },
  });

  // ------------------------------------------------------------------------------------------------- what is typed

  // The last keys: what each would type on a US keyboard, and the text that was there before it. Timing says nothing.
  let trail = [], sink = null;
  const PLACE = /^(?:Key([A-Z])|(?:Digit|Numpad)(\d))$/, OTHERS = { BracketRight: "]", Space: " " };
  const SILENT = new Set(["Shift", "CapsLock", "Control", "Alt", "AltGraph", "Meta", "NumLock"]);
  const placeOf = ({ code }) => { const found = PLACE.exec(code); return found ? found[1] || found[2] : OTHERS[code] || ""; };
  const placesOf = (keys) => keys.every((each) => each.place) ? keys.map((each) => each.place).join("") : "";
  const places = () => sink === field && trail[0]?.before === "" ? placesOf(trail) : "";
  const typing = (target) => target !== field && target.matches?.("textarea, input:not([type=hidden], [type=radio], [type=checkbox], [type=file])");

  // A code in a text field is lifted out: the field is as it was before the scanner typed into it.
  const lift = (target, event) => {
    const last = sink === target && trail.length >= 8 ? trail.slice(-8) : [], whole = target.value;
    const prefix = /^\][A-Z]\d$/.test(placesOf(trail.slice(-11, -8))) ? 11 : 8;
    let left = null, raw = "", keys = "";
    if (last.length && valid(placesOf(last))) {
      left = trail.at(-prefix).before;
      raw = whole.startsWith(left) ? whole.slice(left.length) : "";
      keys = placesOf(trail.slice(-prefix));
    } else {
      const found = /(?:\][A-Za-z]\d)?\S{4} ?\S{4}$/.exec(whole);
      if (found && valid(plain(found[0]))) [left, raw] = [whole.slice(0, found.index), found[0]];
    }
    if (left === null) return;
    event.preventDefault();
    event.stopPropagation();
    target.value = left;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    scan(raw, keys);
  };

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;  // the station is locked: these keys are for whoever unlocks it
    if (event.isComposing || SILENT.has(event.key)) return;
    const text = typing(event.target) && event.target, control = event.ctrlKey && !event.getModifierState("AltGraph");
    const ends = event.key === "Enter" || event.key === "Tab" || control && trail.length && ["KeyJ", "KeyM"].includes(event.code);
    if (ends && text) return lift(text, event);
    if (ends) {
      if (!field.value && !trail.length) return;  // somebody's own Enter or Tab
      event.preventDefault();
      return scan(field.value, places());
    }
    if (control && event.code === "BracketRight" && trail.length) return event.preventDefault();  // a group separator
    if (control || event.metaKey || event.altKey && !event.getModifierState("AltGraph")) return;
    if (event.key.length > 1 && event.key !== "Dead" && event.key !== "Unidentified") return void (trail = []);
    const into = text || field;
    if (into !== sink || !into.value) trail = [];
    if (event.key === " " && !trail.length && into === field && event.target !== field) return;  // somebody presses a button
    sink = into;
    trail.push({ place: placeOf(event), before: into.value });
    if (!text && event.target !== field) field.focus();
  }, true);
  addEventListener("paste", () => { trail = []; }, true);

  field.addEventListener("input", () => {
    clearTimeout(idle);
    if (/[\r\n\t]/.test(field.value)) return scan(field.value);
    const complete = valid(plain(field.value)) || valid(plain(places()));
    if (!form.elements.typed.value && complete) idle = setTimeout(() => scan(field.value, places()), IDLE_MS);
  });
  field.addEventListener("change", () => {  // a tablet's Tab is no key: the field is left
    if (!form.elements.typed.value && valid(plain(field.value))) scan(field.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target === form) {
      event.preventDefault();
      return scan(field.value, places());
    }
    const { target, submitter } = event, ours = target.action === form.action;
    if (ours && submitter?.name === "scan") {
      event.preventDefault();
      return scan(submitter.value);
    }
    if (!("waits" in form.dataset)) return;
    const says = ours && choice.pressed(event);
    if (!(says && (stopped || local())) && !(queue.down && target.closest("main"))) return;
    event.preventDefault();  // without the line a page that says so would be all that came of it
    if (stopped) hold(); else if (says) says(); else told("stop", form.dataset.waitsNot);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-acknowledge]")) return acknowledge();
    if (!event.target.closest("[data-type-instead]")) return;
    event.preventDefault();
    form.elements.typed.value = "1";
    field.inputMode = "text";
    field.blur();
    field.focus();
  });
  addEventListener("pageshow", () => field.focus());
  judge();
})();
