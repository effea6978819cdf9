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

    // Enter takes what is proposed for a blank box; leaving it any other way does not.
    if (!back && !event.shiftKey && event.target.value === "" && event.target.dataset.proposed) {
      event.target.value = event.target.dataset.proposed;
      event.target.dispatchEvent(new Event("input", { bubbles: true }));
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const all = stops();
    const next = all[all.indexOf(event.target) + (back || event.shiftKey ? -1 : 1)];
    if (!next && !back) return go(event, form.querySelector("[data-last]"));
    go(event, next);
  });

  form.addEventListener("input", (event) => {
    const input = event.target;
    const field = input.closest(".field[data-full]");
    if (!field || event.inputType !== "insertText" || input.selectionEnd !== input.value.length) return;
    if (input.value.length !== Number(field.dataset.full) || !/^[0-9a-z.]+$/i.test(input.value)) return;
    if (input.matches("[data-module~=partial-date], [data-date]") && !/^\d{8}$/.test(input.value)) return;
    if (field.dataset.codes && !field.dataset.codes.split(" ").includes(input.value.toUpperCase())) return;
    const all = stops();
    const next = all[all.indexOf(input) + 1];
    if (next) go(event, next);
  });

  function go(event, field) {
    event.preventDefault();
    field?.focus();
    // A field is typed over: what stands in it is selected, as Tab does.
    if (field?.matches("input")) field.select();
  }
}
