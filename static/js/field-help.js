// Shows the help of the field that has the focus, silently: the panel is not live.
// Without this file the help of all fields of the section stands in the panel, folded.
export function init(panel) {
  const all = [...panel.querySelectorAll("[data-help]")];
  const show = (name) => {
    const found = all.find((help) => help.dataset.help === name);
    if (!found) return;
    for (const help of all) help.hidden = help !== found;
    found.open = true;
  };
  for (const help of all) help.hidden = true;
  document.addEventListener("focusin", (event) => event.target.name && show(event.target.name));
  // The field that opened with the focus had it before this file came.
  const here = document.activeElement?.name ? document.activeElement : document.querySelector(".fields .input");
  if (here) show(here.name);
}
