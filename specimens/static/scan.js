// Keeps the scanner's keystrokes together wherever the focus is, sends one scan at a time, shows the answer.
// Without this script the form posts as any form does. A verdict OK is only ever the server's.
(() => {
  "use strict";
  const form = document.querySelector("form[data-scan]");
  document.querySelector("[data-focus]")?.focus();
  if (!form) return;
  const field = form.elements.scan;
  const ALPHABET = "0123456789CDEFHJKNPRTVX", ACKNOWLEDGE = "X000004";
  const waiting = [];
  let busy = false, held = 0, stopped = false, idle;

  const plain = (text) => text.replace(/^\](?:C1|d[1-6]|Q3)/, "").replace(/[\s\x1d]/g, "").toUpperCase();
  const valid = (code) =>
    code.length === 8 && [...code].every((c) => ALPHABET.includes(c)) &&
    [...code].reduce((sum, c, i) => sum + ALPHABET.indexOf(c) * (8 - i), 0) % 23 === 0;
  const nonce = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/\W/g, "x");
  const live = (page) => page.querySelectorAll("[data-live]");
  const panel = () => document.querySelector("[data-verdict]");

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

  const told = (verdict, word, sentence) => {
    const old = panel();
    if (!old) return;
    const said = (name, text) => Object.assign(document.createElement("p"), { className: name, textContent: text });
    old.className = `verdict verdict-${verdict}`;
    old.dataset.verdict = verdict;
    old.setAttribute("role", "alert");
    old.replaceChildren(said("verdict-word", ""), said("verdict-said", sentence));
    old.firstChild.append(Object.assign(document.createElement("strong"), { textContent: word }));
    sound(verdict);
  };

  const judge = () => {
    stopped = panel()?.dataset.verdict === "stop" && !!document.querySelector("[data-acknowledge]");
    if (!stopped) held = 0;
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
      count = Object.assign(document.createElement("p"), { className: "verdict-said" });
      count.dataset.heldCount = "";
      panel()?.append(count);
    }
    count.textContent = form.dataset.held.replace("{n}", held);
  };

  const send = async () => {
    if (busy || !waiting.length) return;
    const { raw, key } = waiting.shift();
    const code = plain(raw);
    if (stopped) {
      if (code.startsWith(ACKNOWLEDGE)) acknowledge(); else hold();
      return send();
    }
    busy = true;
    const body = new FormData(form);
    body.set("scan", raw);
    body.set("nonce", key);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, headers: { "X-Requested-With": "scan" }, credentials: "same-origin",
        signal: AbortSignal.timeout(15000),
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const parts = live(page);
      if (answer.redirected) return location.assign(answer.url);
      if (!parts.length) throw new Error(page.querySelector(".said")?.textContent || "");
      parts.forEach((part) => document.getElementById(part.id)?.replaceWith(part));
      judge();
      sound(panel()?.dataset.verdict);
    } catch (error) {
      told("check", form.dataset.check, error.name === "Error" && error.message || form.dataset.lost);
    } finally {
      busy = false;
    }
    send();
  };

  const scan = (raw) => {
    clearTimeout(idle);
    if (!raw.trim()) return;
    waiting.push({ raw, key: nonce() });
    field.value = "";
    send();
  };

  const typing = (target) => target !== field && target.matches?.("textarea, input:not([type=hidden], [type=radio], [type=checkbox])");

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return; // the station is locked: these keys are for whoever unlocks it
    if (event.ctrlKey || event.altKey && !event.getModifierState("AltGraph") || event.metaKey || event.isComposing) return;
    const ends = event.key === "Enter" || event.key === "Tab";
    if (typing(event.target)) {
      const found = ends && /\S{8}$/.exec(event.target.value);
      if (!found || !valid(plain(found[0]))) return;
      event.target.value = event.target.value.slice(0, -8);
      event.preventDefault();
      return scan(found[0]);
    }
    if (ends) {
      if (!field.value) return;
      event.preventDefault();
      return scan(field.value);
    }
    if (event.key.length === 1 && event.target !== field && !event.target.matches?.("select")) field.focus();
  }, true);

  field.addEventListener("input", () => {
    clearTimeout(idle);
    if (/[\r\n\t]/.test(field.value)) return scan(field.value);
    if (!form.elements.typed.value && valid(plain(field.value))) idle = setTimeout(() => scan(field.value), 300);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    scan(field.value);
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
