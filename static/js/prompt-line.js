// One line under the form says format and valid codes of the field that has the focus. It is not read out: the help of
// the field says the same, and the list opens with F2.
export function init(form) {
  const line = form.querySelector("[data-prompt-line]");
  if (!line) return;
  form.addEventListener("focusin", (event) => {
    line.textContent = event.target.closest(".field")?.dataset.prompt ?? "";
  });
  const here = document.activeElement?.closest?.(".field");
  if (here) line.textContent = here.dataset.prompt ?? "";
}
