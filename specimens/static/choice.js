// What is said about another scan: an outcome or a reason before it, or that it is taken back while it waits. A choice never
// goes out by itself. It is kept here until its tube is scanned, and travels in the item of that tube: whenever that is sent,
// it means what it meant. What can be chosen, and its words, the page says (`data-before`); free text is not among it.
const choices = (form, page) => {
  "use strict";
  const { told, send, panel, own, tubes, after } = page;
  const UNDO = "X000003", ACKNOWLEDGE = "X000004";
  const before = form.dataset.before ? JSON.parse(form.dataset.before) : null;
  // `tube`: the one whose reason the page asks for; `back`: the code that is scanned next is taken back.
  let choice = null, tube = null, back = false;
  const printed = (code) => code.replace(/^(.{4})(.{4})$/, "$1 $2");
  const words = (chosen) => Object.values(chosen || {}).map((each) => before.words[each] || each).join(" · ");
  const made = (name, more) => Object.assign(document.createElement(name), more);

  const mark = () => {
    document.querySelectorAll("[data-next-tube]").forEach((each) => each.remove());
    document.querySelectorAll("[data-plain]").forEach((each) => { each.hidden = !!choice; });
    const next = choice && document.getElementById("next-tube")?.content.cloneNode(true);
    if (!next) return;
    next.querySelector("[data-chosen]").textContent = words(choice);
    panel()?.before(next);
  };
  const forget = () => {
    [choice, tube, back] = [null, null, false];
    mark();
  };
  // Returns whether anything had been said, which now is not so any more.
  const dropped = () => {
    const was = !!choice || back;
    if (was) forget();
    return was;
  };

  const asks = () => {
    const picks = made("div", { className: "picks" });
    picks.append(...before.answers.map(([, value, word], at) => {
      const button = made("button", { type: "button", className: "btn btn-light", value });
      button.dataset.answer = "";
      button.append(made("span", { className: "choice-number", textContent: at + 1 }), ` ${word}`);
      return button;
    }));
    told("check", before.said.first.replace("{code}", printed(tube.code)), tube.code, picks);
  };
  // Shows what was said, also after the answer to an earlier scan came.
  const again = () => {
    if (back) return told("check", form.dataset.back);
    if (!choice) return;
    mark();
    if (tube) return asks();
    told("check", before.said[choice.reason ? "ready" : "half"].replace("{outcome}", before.words[choice[before.lead]]));
  };

  const choose = (lead, reason) => {
    forget();
    // What the server had asked, and what was typed for the next tube, is over.
    [...form.elements].filter((each) => each.name && !own(each.name)).forEach((each) => { each.value = ""; });
    if (!lead) return told("check", before.said.none);
    choice = { [before.lead]: lead, ...(reason && { reason }) };
    again();
  };
  const answer = (reason) => {
    const item = Object.assign(tube, { choice: { ...choice, reason } });
    forget();
    send(item);
  };
  const takeBack = (code) => {
    forget();
    after(async () => {
      const found = await queue.takeBack(code, form.action, form.dataset.backTrace).catch(() => false);
      if (found) told("check", form.dataset.backDone, code); else told("stop", form.dataset.backNone, code);
    });
  };
  const undo = () => {
    const leave = back;
    forget();
    if (leave) return told("check", form.dataset.backLeft);
    back = true;
    again();
  };

  // Takes what says something about another scan, and gives a tube what was said about it. Returns whether that was all.
  const takes = (item) => {
    const { code } = item, [name, value] = before?.codes[code] || [];
    if (code.startsWith(UNDO) && queue.down) return undo(), true;
    if (code.startsWith(ACKNOWLEDGE)) return false;
    if (back) return takeBack(code), true;
    if (name === "reason") return choose(choice?.[before.lead] || before.lone, value), true;
    if (name) {  // a command that is scanned twice is left
      const left = before.answers && !tube && choice?.[name] === value;
      return choose(left ? "" : value, choice?.reason), true;
    }
    const picked = tube && before.answers.find(([number]) => number === code);
    if (picked) return answer(picked[1]), true;
    if (choice && tubes(code) && !(tube && tube.code !== code)) {
      const planned = before.answers && document.querySelector(`.slot-open[data-code="${CSS.escape(code)}"]`);
      if (!choice.reason && planned) return tube ||= item, again(), true;
      if (!choice.reason && !before.answers) return told("check", before.said.first.replace("{code}", printed(code)), code), true;
      item.choice = choice;
    }
    forget();
    return false;
  };

  // What a button of the page's forms says, as something to do; null where it says nothing about a scan.
  const pressed = ({ target, submitter }) => {
    if (before && submitter?.name === before.lead) {
      const { reason } = target.elements;
      return () => { choose(submitter.value, reason.value); reason.value = ""; };
    }
    return queue.down && target.elements[before?.lead]?.value === "undo" ? undo : null;
  };
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-unchoose]")) choose("");
    else if (tube && target.closest("[data-answer]")) answer(target.closest("[data-answer]").value);
  });

  return { again, dropped, pressed, takes, words };
};
