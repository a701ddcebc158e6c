// What a script makes nicer. Every page does the same without it.

const on = (type, selector, act) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });

// Menus are <details name="menu">: a click outside or Escape closes the open one and gives the focus back.
const openMenus = () => document.querySelectorAll("details[name=menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

// Escape also closes a panel, unless something was typed or chosen in it.
let typed = false;
document.addEventListener("input", () => (typed = true));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menus = [...openMenus()];
  if (menus.length === 0) {
    if (!typed) document.querySelector(".kh-close")?.click();
    return;
  }
  for (const menu of menus) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Copying: <button data-kh-copy="#id" data-kh-copied="Copied">; shown only where it can work.
for (const button of document.querySelectorAll("[data-kh-copy]")) button.hidden = !navigator.clipboard;

on("click", "[data-kh-copy]", async (button) => {
  const source = document.querySelector(button.dataset.khCopy);
  await navigator.clipboard.writeText((source.value ?? source.innerText).trim());
  const word = button.querySelector("[data-kh-word]") ?? button;
  const before = word.textContent;
  word.textContent = button.dataset.khCopied;
  setTimeout(() => (word.textContent = before), 2000);
});

// Lists with ticks: one box for the page, a range with Shift.
on("change", "[data-kh-all]", (box) => {
  for (const tick of box.form.querySelectorAll(".kh-tick")) tick.checked = box.checked;
});

const showAll = (form) => {
  const ticks = [...form.querySelectorAll(".kh-tick")];
  const all = form.querySelector("[data-kh-all]");
  if (!all) return;
  all.checked = ticks.length > 0 && ticks.every((one) => one.checked);
  all.indeterminate = !all.checked && ticks.some((one) => one.checked);
};
// Rows may come and go: the box for the page says what is ticked now.
document.addEventListener("htmx:after:swap", () => {
  for (const all of document.querySelectorAll("[data-kh-all]")) showAll(all.form);
});

let lastTick = null;
on("click", ".kh-tick", (tick, event) => {
  const ticks = [...tick.form.querySelectorAll(".kh-tick")];
  if (event.shiftKey && lastTick?.isConnected) {
    const [from, to] = [ticks.indexOf(lastTick), ticks.indexOf(tick)].sort((a, b) => a - b);
    for (const between of ticks.slice(from, to + 1)) between.checked = tick.checked;
  }
  lastTick = tick;
  showAll(tick.form);
});

// Picking among many sites: a field above the boxes narrows them; what is chosen stays in sight.
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const field of document.querySelectorAll("[data-kh-narrow]")) {
  field.closest("[hidden]").hidden = false;
  const boxes = [...document.querySelectorAll(`${field.dataset.khNarrow} label`)];
  field.addEventListener("input", () => {
    const wanted = folded(field.value);
    for (const box of boxes) box.hidden = !box.querySelector("input").checked && !folded(box.textContent).includes(wanted);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// A passkey's question that was ended or failed says so on the page.
document.addEventListener("allauth.error", (event) => {
  const note = document.querySelector("[data-kh-passkey-failed]");
  if (!note) return;
  event.preventDefault();
  note.hidden = false;
});

// A password is shown while its button is pressed in, and hidden before it is sent: browsers remember shown fields as text.
const show = (button, shown) => {
  document.getElementById(button.getAttribute("aria-controls")).type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
};
for (const button of document.querySelectorAll("[data-kh-show]")) button.hidden = false;
on("click", "[data-kh-show]", (button) => show(button, button.getAttribute("aria-pressed") !== "true"));
const hidePasswords = (root) => {
  for (const button of root.querySelectorAll("[data-kh-show]")) show(button, false);
};
document.addEventListener("submit", (event) => hidePasswords(event.target), true);

// Enter in a previewed form, or on a tick box, sends nothing: what was typed is previewed beside the field, which keeps the
// focus.
document.addEventListener("submit", (event) => {
  if (event.submitter?.matches("[data-kh-enter]")) event.preventDefault();
});

// Printing a receipt.
on("click", "[data-kh-print]", () => window.print());

// A form is sent once. The button says so and comes back when the browser shows this page again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.khSent) {
    event.preventDefault();
    return;
  }
  form.dataset.khSent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => delete form.dataset.khSent, 8000);
});

// A form that leads back to its own page gives its button the focus again.
const again = "keyholder.again";
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-kh-again]")) sessionStorage.setItem(again, event.target.action);
});
const sent = sessionStorage.getItem(again);
sessionStorage.removeItem(again);
[...document.querySelectorAll("[data-kh-again]")].find((form) => form.action === sent)?.querySelector("button").focus();

addEventListener("pageshow", () => {
  hidePasswords(document);
  for (const form of document.forms) delete form.dataset.khSent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Errors first: a new summary takes the focus, also in a part of the page that was exchanged. One that stays does not.
let summary = null;
const toErrors = () => {
  const found = document.querySelector(".kh-errors");
  if (found !== summary) found?.focus();
  summary = found;
};
toErrors();
document.addEventListener("htmx:after:swap", toErrors);

// A corrected field loses its error. Where a preview judges the form, it names the fields that are still wrong; elsewhere
// a changed field counts as corrected until the form is sent again.
const changed = new WeakMap();
const withoutError = (form, name) => {
  const error = document.getElementById(`id_${name}_error`);
  if (!error) return;
  error.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) if (field.name === name) field.removeAttribute("aria-invalid");
  const summary = document.querySelector(".kh-errors");
  const own = new RegExp(`^#id_${name}(_\\d+)?$`);
  for (const link of summary?.querySelectorAll("a") ?? []) if (own.test(link.hash)) link.closest("li").remove();
  if (summary && !summary.querySelector("li")) summary.remove();
};

const noteChange = ({ type, target: { form, name } }) => {
  if (form?.method !== "post" || !name) return;
  if (form.hasAttribute("hx-post")) changed.set(form, (changed.get(form) ?? new Set()).add(name));
  else if (type === "change") withoutError(form, name);
};
for (const type of ["input", "change"]) document.addEventListener(type, noteChange);

document.addEventListener("htmx:after:swap", () => {
  const effect = document.querySelector("[data-kh-invalid]");
  const form = effect?.closest("form");
  if (!changed.has(form)) return;
  const invalid = effect.dataset.khInvalid.split(" ");
  for (const error of form.querySelectorAll(".kh-error")) {
    const name = error.id.replace(/^id_|_error$/g, "");
    const isJudged = changed.get(form).has(name) || !error.checkVisibility();
    if (isJudged && !invalid.includes(name)) withoutError(form, name);
  }
});

// A part that shows a wait asks again: soon at first, then less and less often, and not in a hidden window. It
// names what it has: while nothing is new, the answer is empty (304). Asking is no activity of the person.
const SOONEST = 1000;
const SLOWEST = 15000;
let pause = SOONEST;
let nextPoll;
const polled = () => document.querySelector("[data-kh-poll]");
const planPoll = () => {
  clearTimeout(nextPoll);
  if (polled() && !document.hidden) nextPoll = setTimeout(poll, pause);
};
const poll = () => {
  pause = Math.min(pause * 1.3, SLOWEST);
  polled()?.dispatchEvent(new CustomEvent("poll"));
  planPoll();
};
document.addEventListener("visibilitychange", () => {
  pause = SOONEST;
  planPoll();
});
planPoll();

const tags = new Map();
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement.matches("[data-kh-poll]")) return;
  ctx.request.headers["Keyholder-Poll"] = "1";
  ctx.request.action = location.pathname + location.search; // a search has changed the address meanwhile
  const tag = tags.get(ctx.request.action);
  if (tag) ctx.request.headers["If-None-Match"] = tag;
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches("[data-kh-poll]")) return;
  // A search has changed the address since this was asked: its answer would bring back what the person left.
  if (ctx.request.action !== location.pathname + location.search) return event.preventDefault();
  const tag = ctx.response?.headers?.get("ETag");
  if (tag) tags.set(ctx.request.action, tag);
  // Another page than this one, such as an error: the part stays as it is.
  if (ctx.response?.status === 200 && !ctx.text?.includes(`id="${ctx.sourceElement.id}"`)) event.preventDefault();
});
// What a message says about systems is over with the wait: the part that updates itself shows the result.
document.addEventListener("htmx:after:swap", () => {
  if (!polled()) for (const message of document.querySelectorAll("[data-kh-until-updated]")) message.remove();
});
// A wait counts on between two answers: `data-kh-wait` holds its seconds when the page was made.
const waits = new WeakMap();
const words = (seconds, [h, min, s]) => {
  const parts =
    seconds < 3600
      ? [[Math.floor(seconds / 60), min], [seconds % 60, s]]
      : [[Math.floor(Math.ceil(seconds / 60) / 60), h], [Math.ceil(seconds / 60) % 60, min]];
  return parts.filter(([number]) => number).map((part) => part.join("\u00a0")).join(" ");
};
const count = () => {
  for (const time of document.querySelectorAll("[data-kh-wait]")) {
    const { khWait, khUnits } = time.dataset;
    if (waits.get(time)?.khWait !== khWait) waits.set(time, { khWait, at: performance.now() });
    const seconds = Number(khWait) + Math.floor((performance.now() - waits.get(time).at) / 1000);
    if (seconds >= 2 * 24 * 3600) continue;
    time.textContent = words(seconds, khUnits.split(","));
    time.dateTime = `PT${seconds}S`;
  }
};
if (document.querySelector("[data-kh-poll]")) setInterval(count, 1000);

// A panel takes the focus; closed, it goes back to what opened the panel.
const opened = "kh-opened";
const panel = document.querySelector(".kh-panel");
if (panel) {
  if (!panel.querySelector("[autofocus]")) panel.focus();
} else {
  const [from, href] = JSON.parse(sessionStorage.getItem(opened) ?? "[]");
  sessionStorage.removeItem(opened);
  // Without queries: they hold what a person searched for.
  if (from === location.pathname) {
    [...document.querySelectorAll("a[href]")].find((link) => link.pathname === href)?.focus();
  }
  on("click", "a[href]", (link) => {
    if (link.pathname === location.pathname) return; // a filter or an order of the same page opens no panel
    sessionStorage.setItem(opened, JSON.stringify([location.pathname, link.pathname]));
  });
}

// An access review: one key answers the marked row and marks the next one; S sends. Without a script, radios and Tab do it.
const review = document.querySelector("[data-kh-review]");
if (review) {
  const rows = [...review.querySelectorAll(".kh-rev__row")];
  const chosen = review.querySelector("[data-kh-chosen]");
  const answered = [];
  let now = 0;
  document.querySelector("[data-kh-keys]").hidden = false;
  chosen.hidden = false;
  const count = () => {
    const later = review.querySelectorAll('input[value="later"]:checked').length;
    chosen.querySelector("b").textContent = review.querySelectorAll("input[type=radio]:checked").length - later;
  };
  const mark = (next) => {
    rows[now].classList.remove("kh-rev__row--now");
    rows[now].removeAttribute("aria-current");
    now = Math.max(0, Math.min(next, rows.length - 1));
    rows[now].classList.add("kh-rev__row--now");
    rows[now].setAttribute("aria-current", "true");
    rows[now].scrollIntoView({ block: "nearest" });
  };
  const answer = (key) => {
    const radio = rows[now].querySelector(`[data-kh-key="${CSS.escape(key)}"]`);
    if (!radio) return;
    radio.checked = true;
    answered.push(now);
    count();
    mark(now + 1);
  };
  const undo = () => {
    const last = answered.pop();
    if (last === undefined) return;
    for (const radio of rows[last].querySelectorAll("input[type=radio]")) radio.checked = false;
    count();
    mark(last);
  };
  mark(0);
  count();
  review.addEventListener("change", (event) => {
    const row = rows.indexOf(event.target.closest(".kh-rev__row"));
    if (row < 0) return;
    mark(row);
    count();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=radio]), textarea, select")) return;
    const key = event.key.toUpperCase();
    if (key === "ARROWDOWN" || key === "ARROWUP") {
      if (event.target.matches("input[type=radio]")) return;
      mark(now + (key === "ARROWDOWN" ? 1 : -1));
    } else if (key === "Z") undo();
    else if (key === "S") review.requestSubmit();
    else if (["K", "L", "R", "?"].includes(key)) answer(key);
    else return;
    event.preventDefault();
  });
}
