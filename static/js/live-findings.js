// Shows what the server says of what was typed: findings beside the form, and at each field its meaning, its message,
// what is proposed, and whether it is asked for at all. The server judges; this file only shows. The field that has the
// focus is left alone, so that nothing moves under the hand.
export function init(form) {
  form.addEventListener("judged", ({ detail }) => {
    for (const now of detail.fields) show(form, now);
    const panel = document.getElementById("findings-panel");
    // Somebody who writes a reason there is not disturbed.
    if (!panel || panel.contains(document.activeElement)) return;
    const fresh = new DOMParser().parseFromString(detail.findings, "text/html").getElementById("findings-panel");
    if (!fresh) return;
    for (const open of panel.querySelectorAll("details[open][data-edit]")) {
      fresh.querySelector(`details[data-edit="${CSS.escape(open.dataset.edit)}"]`)?.setAttribute("open", "");
    }
    panel.replaceWith(fresh);
  });
}

function show(form, now) {
  const input = form.elements.namedItem(now.name);
  const field = input?.closest?.(".field");
  if (!field) return;
  if (field.hidden !== now.hidden) field.hidden = now.hidden;
  if (now.value !== null && input.readOnly) input.value = now.value;
  if (input === document.activeElement) return;

  if (now.state) field.dataset.state = now.state;
  else delete field.dataset.state;
  if (now.proposal && !input.value) {
    input.placeholder = now.proposal;
    input.dataset.proposed = now.proposal;
  } else {
    input.placeholder = "";
    delete input.dataset.proposed;
  }
  if (now.state === "error") input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");

  const meaning = part(field, input, "value", "span", "field__value", now.meaning || now.state === "proposed");
  if (meaning) {
    meaning.textContent = now.meaning;
    if (now.state === "proposed") meaning.append(" ", tag(now.why ? `proposed: ${now.why}` : "proposed", "tag tag--proposed"));
    if (now.state === "derived") meaning.append(" ", tag("derived", "tag"));
  }
  const message = part(field, input, "message", "p", "field__message", now.sentence);
  if (message) {
    message.replaceChildren(tag(now.sentence, ""));
    if (now.state === "warning") message.dataset.severity = "warning";
    else delete message.dataset.severity;
  }
}

// The place of words at a field: made when there are some, taken away when there are none, and tied to the box.
function part(field, input, name, element, look, wanted) {
  const id = `${input.id}-${name}`;
  let place = document.getElementById(id);
  if (!wanted) {
    place?.remove();
  } else if (!place) {
    place = document.createElement(element);
    place.id = id;
    place.className = look;
    field.append(place);
  }
  const tied = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (wanted) tied.add(id);
  else tied.delete(id);
  if (tied.size) input.setAttribute("aria-describedby", [...tied].join(" "));
  else input.removeAttribute("aria-describedby");
  return wanted ? place : null;
}

function tag(words, look) {
  const made = document.createElement("span");
  if (look) made.className = look;
  made.textContent = words;
  return made;
}
