// The summary has the focus when the page opens, so that it is read first; its links go into the field.
export function init(summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const field = event.target.closest("a") && document.getElementById(event.target.closest("a").hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    field.focus();
  });
}
