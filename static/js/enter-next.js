// Enter goes to the next field and never sends the form while there is one; numeric + goes back. A code that is full
// (data-full characters, one of data-codes where they are known) and a date of eight digits go on by themselves.
// Without this file Enter saves, which loses nothing.
export function init(form) {
  const stops = () =>
    [...form.querySelectorAll("input, select, textarea")].filter((field) => !field.readOnly && !field.disabled && field.type !== "hidden" && field.tabIndex >= 0 && field.getClientRects().length);

  form.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (!event.target.matches("input, select")) return;
    const back = event.code === "NumpadAdd";
    if (event.key !== "Enter" && !back) return;

    // Enter takes what is proposed for a blank box; leaving it any other way does not. While an answer is being judged
    // the proposal may be out of date: then the box is marked, and takes what is proposed once that is known.
    const input = event.target;
    const backwards = back || event.shiftKey;
    if (!backwards && form.judging && input.value === "" && input.dataset.proposed) input.dataset.takes = "";
    else if (!backwards) take(input);
    event.preventDefault();
    leave(input, backwards);
  });
  form.addEventListener("offered", (event) => {
    const input = event.target;
    if (!("takes" in input.dataset)) return;
    delete input.dataset.takes;
    take(input);
  });

  function take(input) {
    if (input.value !== "" || !input.dataset.proposed) return;
    input.value = input.dataset.proposed;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function leave(input, backwards) {
    const all = stops();
    const next = all[all.indexOf(input) + (backwards ? -1 : 1)];
    go(next ?? (backwards ? null : form.querySelector("[data-last]")));
  }

  form.addEventListener("input", (event) => {
    const input = event.target;
    const field = input.closest(".field[data-full]");
    if (!field || event.inputType !== "insertText" || input.selectionEnd !== input.value.length) return;
    if (input.value.length !== Number(field.dataset.full) || !/^[0-9a-z.]+$/i.test(input.value)) return;
    if (input.matches("[data-module~=partial-date]") && !/^\d{8}$/.test(input.value)) return;
    if (field.dataset.codes && !field.dataset.codes.split(" ").includes(input.value.toUpperCase())) return;
    const all = stops();
    const next = all[all.indexOf(input) + 1];
    if (next) go(next);
  });

  function go(field) {
    field?.focus();
    // A field is typed over: what stands in it is selected, as Tab does.
    if (field?.matches("input")) field.select();
  }
}
