// Shows what the server says of what was typed: findings beside the form, and at each field its meaning, its message,
// what is proposed, and whether it is asked for at all. The server judges; this file only shows. The field that has the
// focus keeps its place and its look, so that nothing moves under the hand; only what Enter would take is brought up to date.
export function init(form) {
  let left = null; // the field that was left last
  let arrived = ""; // what stood in the field that has the focus when it came
  form.addEventListener("focusout", (event) => { left = event.target; });
  form.addEventListener("focusin", (event) => { arrived = event.target.value; });
  form.addEventListener("judged", ({ detail }) => {
    const waiting = document.activeElement;
    const asked = detail.fields.filter((now) => show(form, now)).map((now) => form.elements.namedItem(now.name));
    // An answer that calls for another field comes before where the hand went meanwhile, unless it typed there already.
    const first = asked.find((input) => left && follows(left, input) && follows(input, waiting));
    if (first && form.contains(waiting) && waiting.value === arrived) first.focus();
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

const follows = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

// Shows one field; says whether it is asked for only now.
function show(form, now) {
  const input = form.elements.namedItem(now.name);
  const field = input?.closest?.(".field");
  if (!field) return false;
  const fresh = field.hidden && !now.hidden;
  // A field under the hand stays until the hand has gone on.
  field.hidden = now.hidden && input !== document.activeElement;
  if (now.value !== null && input.readOnly) input.value = now.value;
  offer(input, now.hidden ? "" : now.proposal);
  if (input !== document.activeElement) dress(field, input, now);
  return fresh;
}

// What Enter takes for a blank box, or nothing.
function offer(input, proposal) {
  if (proposal && !input.value) {
    input.placeholder = proposal;
    input.dataset.proposed = proposal;
  } else {
    input.placeholder = "";
    delete input.dataset.proposed;
  }
  input.dispatchEvent(new Event("offered", { bubbles: true }));
}

// Puts state, meaning and message at a field.
function dress(field, input, now) {
  if (now.state) field.dataset.state = now.state;
  else delete field.dataset.state;
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
