// Enter goes to the next field and never sends the form while there is one; numeric + goes back.
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

  function go(event, field) {
    event.preventDefault();
    field?.focus();
    // A field is typed over: what stands in it is selected, as Tab does.
    if (field?.matches("input")) field.select();
  }
}
