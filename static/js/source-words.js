// Words of the source that justify a field. Words chosen in a text belong, by the button or its key, to the field that had the
// hand last: they travel with the form and are kept with the value. A field that has such words shows them in the text.
// Without this file the page “Why this code?” takes and shows them.
export function init(pane) {
  const form = document.getElementById("abstract");
  const place = pane.querySelector("[data-cite]");
  const button = place?.querySelector("button");
  const told = pane.querySelector("[role=status]");
  if (!form || !button) return;
  let chosen = null; // { text, words }

  const under = () => form.elements.namedItem("at")?.value ?? "";
  const helpOf = (name) => document.querySelector(`[data-help="${CSS.escape(name)}"]`);

  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const words = selection.toString().replace(/\s+/g, " ").trim();
    const text = (selection.anchorNode?.parentElement ?? null)?.closest("#source [data-text]");
    const help = helpOf(under());
    const fits = words && words.length <= 400 && text?.contains(selection.focusNode) && help?.dataset.justified;
    chosen = fits ? { text: text.dataset.text, words } : null;
    place.hidden = !fits;
    if (fits) button.replaceChildren(`These words justify ${help.dataset.justified} `, Object.assign(document.createElement("kbd"), { textContent: "Alt J" }));
  });
  // Pressing the button must not take the choice away before it is read.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const name = under();
    const help = helpOf(name);
    if (!chosen || !help) return;
    let box = form.elements.namedItem(`cited.${name}`);
    if (!box) {
      box = Object.assign(document.createElement("input"), { type: "hidden", name: `cited.${name}` });
      form.append(box);
    }
    box.value = `${chosen.text}|${chosen.words}`;
    [help.dataset.text, help.dataset.words] = [chosen.text, chosen.words];
    told.textContent = `Kept with ${help.dataset.justified}: ${chosen.words}`;
    form.dispatchEvent(new Event("change", { bubbles: true }));
    document.getSelection().removeAllRanges();
    document.getElementById(name)?.focus();
    show(help);
  });

  form.addEventListener("focusin", (event) => event.target.name && show(helpOf(event.target.name)));
  show(helpOf(under()));

  // Marks the words of a field in their text and brings them into sight.
  function show(help) {
    if (!CSS.highlights) return;
    CSS.highlights.delete("cited");
    if (!help?.dataset.words) return;
    const text = [...pane.querySelectorAll("[data-text]")].find((t) => t.dataset.text === help.dataset.text);
    const range = text && find(text, help.dataset.words);
    if (!range) return;
    CSS.highlights.set("cited", new Highlight(range));
    range.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  }
}

// The place of words in a text, whatever white space parts them there.
function find(text, words) {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const places = []; // of each character that counts: node and offset
  let all = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.data.length; at += 1) {
      if (/\s/.test(node.data[at])) continue;
      all += node.data[at];
      places.push([node, at]);
    }
  }
  const wanted = words.replace(/\s+/g, "");
  const from = all.indexOf(wanted);
  if (from < 0 || !wanted) return null;
  const range = document.createRange();
  range.setStart(...places[from]);
  const [node, at] = places[from + wanted.length - 1];
  range.setEnd(node, at + 1);
  return range;
}
