// Covers a station at which nobody did anything, and asks who is there without leaving the page: what was typed stays.
// The server locks by itself; this script only shows it in time, and tells the server while somebody is typing.
(() => {
  "use strict";
  const { lockAfter, lockToken, locked } = document.body.dataset;
  const after = Number(lockAfter) * 1000, here = `${location.pathname}${location.search}`;
  let told = Date.now(), cover = null, asking = false;

  const ask = (address, fields, method = "POST") =>
    fetch(address, {
      method, body: fields && new URLSearchParams({ csrf_token: lockToken, ...fields }),
      headers: { "X-Requested-With": "lock" }, credentials: "same-origin", signal: AbortSignal.timeout(15000),
    });

  // Another window of this browser may be the one that is used.
  const since = () => Date.now() - Number(localStorage.getItem("awake") || 0);
  const awake = () => {
    if (cover) return;
    localStorage.setItem("awake", Date.now());
    if (Date.now() - told < 60000) return;
    told = Date.now();
    ask("/awake", {}).catch(() => {});
  };

  const show = (page) => {
    const part = page.querySelector("#unlock");
    if (!part) return false;
    cover.replaceChildren(part);
    (part.querySelector("[autofocus]") || part.querySelector("input:not([type=hidden])"))?.focus();
    return true;
  };

  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

  const lock = async () => {
    if (asking) return;
    asking = true;
    if (!cover) {
      cover = document.createElement("dialog");
      cover.className = "cover";
      cover.setAttribute("aria-label", locked);
      cover.addEventListener("cancel", (event) => event.preventDefault());
      document.body.append(cover);
      document.body.classList.add("covered");
      cover.showModal();
    }
    try {
      if (!show(await parsed(await ask("/lock", { next: here })))) location.reload();
    } catch {
      // no answer yet: it stays covered, and asks again
    } finally {
      asking = false;
    }
  };

  const open = () => {
    cover.remove();
    cover = null;
    document.body.classList.remove("covered");
    told = 0;
    awake();
  };

  document.addEventListener("submit", async (event) => {
    if (!cover || !cover.contains(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    try {
      const answer = await ask(event.target.action, Object.fromEntries(new FormData(event.target)));
      if (answer.status === 204) return open();
      if (!show(await parsed(answer))) location.assign(answer.redirected ? answer.url : here);
    } catch {
      // the connection is down: it stays covered, and what was typed stays too
    }
  }, true);

  ["keydown", "pointerdown", "wheel", "touchstart", "input"].forEach((name) =>
    addEventListener(name, awake, { capture: true, passive: true }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  localStorage.setItem("awake", Date.now());
  setInterval(() => {
    if (cover ? !cover.firstChild : since() >= after) lock();
  }, 1000);
})();
