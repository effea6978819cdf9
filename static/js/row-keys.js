// A list worked by keyboard: j or ↓ next row, k or ↑ previous, x mark, Enter follows the row's link.
// The focus moves between the row links themselves, so there is no second cursor to explain.
export function init(table) {
  const links = () => [...table.querySelectorAll("tbody th a")];
  let lastMarked = -1;

  table.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    const letters = document.body.dataset.letters !== "off";
    const rows = links();
    const at = rows.findIndex((link) => link.closest("tr").contains(event.target));
    const step = { ArrowDown: 1, ArrowUp: -1, ...(letters && { j: 1, k: -1 }) }[event.key];

    if (step && rows[at + step]) {
      rows[at + step].focus();
      event.preventDefault();
    } else if (letters && event.key.toLowerCase() === "x" && at >= 0) {
      const from = event.shiftKey && lastMarked >= 0 ? lastMarked : at;
      for (const link of rows.slice(Math.min(from, at), Math.max(from, at) + 1)) mark(link, event.shiftKey ? true : undefined);
      lastMarked = at;
    }
  });

  function mark(link, on) {
    const box = link.closest("tr").querySelector("input[type=checkbox]");
    if (box && (on === undefined || box.checked !== on)) box.click();
  }
}
