// Keys that work on every page, and the key map made from the same table.
// Single letters act only outside fields and can be switched off (data-letters="off" on body), as
// WCAG 2.1.4 asks. Keys of the browser are taken only where the page shows what they do: an element
// with data-key="ctrl+s" is pressed by that key and by nothing else.
const inField = (target) => target.matches("input:not([type=checkbox], [type=radio]), select, textarea");
const visible = (element) => element.getClientRects().length > 0;

const EVERYWHERE = [
  { keys: ["ctrl+k", "/"], words: "Find or go to", act: (page) => page.command() },
  { keys: ["?"], words: "This key map", act: (page) => page.keymap() },
  { keys: ["f6"], words: "Next part of the page", act: (page) => page.pane(1) },
  { keys: ["shift+f6"], act: (page) => page.pane(-1) },
  { keys: ["f8"], words: "Next finding", act: (page) => page.finding(1), where: "#findings-panel, .field[data-state]" },
  { keys: ["shift+f8"], act: (page) => page.finding(-1) },
];
const LISTS = [
  { keys: ["j k", "↓ ↑"], words: "Next, previous row" },
  { keys: ["Enter"], words: "Open" },
  { keys: ["x"], words: "Mark the row" },
];
const CASE = [{ keys: [".name"], words: "To a field of the case" }];
const FIELDS = [
  { keys: ["Enter", "Tab"], words: "Next field" },
  { keys: ["Shift Tab", "Num +"], words: "Previous field" },
  { keys: ["F2", "Alt ↓"], words: "Open the code list" },
];
const DATES = [
  { keys: ["t", "t-7"], words: "Today, a week ago" },
  { keys: ["20260714", "202607", "2026"], words: "Day, month only, year only" },
];

export function init(body) {
  let afterG = false;

  body.addEventListener("keydown", (event) => {
    const key = nameOf(event);
    const single = !event.ctrlKey && !event.altKey && !event.metaKey && event.key.length === 1;
    if (single && (inField(event.target) || body.dataset.letters === "off")) return;

    if (single && afterG) {
      afterG = false;
      const place = body.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (place) return act(event, () => place.click());
    }
    afterG = single && event.key === "g";

    const known = EVERYWHERE.find((row) => row.keys.includes(key));
    if (known) return act(event, () => known.act(page));
    const own = [...body.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)].find(visible);
    if (own) act(event, () => own.click());
  });

  // A field of this page is gone to at once; fields of other sections, lists and patients are the server's to find.
  body.querySelector("form.command")?.addEventListener("submit", (event) => {
    const words = event.target.elements.q.value.trim().toLowerCase();
    const wanted = words.replace(/^\./, "").trim();
    const labels = wanted ? [...body.querySelectorAll("#abstract .field:not([hidden]) .field__label")] : [];
    const label = labels.find((l) => l.textContent.toLowerCase() === wanted);
    const field = label && document.getElementById(label.htmlFor);
    if (!field) return;
    act(event, () => field.focus());
    event.target.reset();
  });

  body.querySelector("[data-opens=keymap]")?.addEventListener("click", (event) => act(event, () => page.keymap()));

  const page = {
    command: () => body.querySelector("#command")?.select(),
    pane: (step) => move([...body.querySelectorAll("[data-pane]")].filter(visible), step, true),
    finding: (step) => {
      const here = [...body.querySelectorAll(".field:not([hidden]):is([data-state=error], [data-state=warning]) :is(.input, select)")];
      if (here.length) return move(here, step);
      // Nothing more on this page: the next one that is missing or wrong, here or in another section.
      body.querySelector("#findings-panel :is(.finding__text, .finding) > a")?.click();
    },
    keymap: () => (document.getElementById("keymap") ?? draw(body)).showModal(),
  };
}

function act(event, action) {
  event.preventDefault();
  action();
}

function move(stops, step, inside = false) {
  if (!stops.length) return;
  const at = stops.findIndex((stop) => (inside ? stop.contains(document.activeElement) : stop === document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : stops.length - 1) : (at + step + stops.length) % stops.length;
  stops[next].focus();
}

function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && event.key.length > 1) parts.push("shift");
  parts.push(event.key.toLowerCase());
  return parts.join("+");
}

const CAPS = { ctrl: "Ctrl", alt: "Alt", shift: "Shift", pagedown: "PgDn", pageup: "PgUp", enter: "Enter", f1: "F1", f2: "F2", f6: "F6", f8: "F8" };
const written = (key) => (/\w\+\w/.test(key) || CAPS[key] ? key.split("+").map((part) => CAPS[part] ?? part.toUpperCase()).join(" ") : key);

function draw(body) {
  const has = (selector) => body.querySelector(selector) !== null;
  const places = [...body.querySelectorAll("[data-go]")].map((a) => ({ keys: [`g ${a.dataset.go}`], words: a.textContent.trim() }));
  const here = [...body.querySelectorAll("[data-key]")].filter(visible).map((e) => ({ keys: e.dataset.key.split(" "), words: e.dataset.keyWords ?? e.firstChild.textContent.trim() }));
  const everywhere = EVERYWHERE.filter((row) => row.words && (!row.where || has(row.where)));
  const groups = [["Everywhere", [...everywhere, ...places]], ["On this page", here]];
  if (has("table[data-module~=row-keys]")) groups.push(["In a list", LISTS]);
  if (has("form[data-module~=enter-next]")) groups.push(["In a field", FIELDS]);
  if (has("form.command [name=case]")) groups.push(["In the box above", CASE]);
  if (has("[data-module~=partial-date]")) groups.push(["In a date", DATES]);

  const dialog = element("dialog", { id: "keymap", "aria-labelledby": "keymap-title" });
  const close = element("form", { class: "head__end", method: "dialog" }, element("button", { class: "button button--small" }, "Close ", element("kbd", {}, "Esc")));
  dialog.append(
    element("div", { class: "head" }, element("h2", { id: "keymap-title" }, "Keys"), close),
    element("div", { class: "keymap" }, ...groups.filter(([, rows]) => rows.length).map(([title, rows]) =>
      element("section", {}, element("h3", {}, title), ...rows.map((row) =>
        element("div", {}, element("span", {}, row.words), element("span", {}, ...row.keys.flatMap((key) => [element("kbd", {}, written(key)), " "]))))))),
  );
  body.append(dialog);
  return dialog;
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
