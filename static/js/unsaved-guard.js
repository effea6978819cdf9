// Asks before a page with typing that nobody has is left: neither sent nor kept as a draft. The browser words the
// question itself.
import { content } from "./autosave.js";

export function init(form) {
  const opened = content(form);
  let kept = opened;
  let sending = false;

  form.addEventListener("submit", () => (sending = true));
  // Safari keeps the page in its cache: coming back, it is an unsent form again.
  window.addEventListener("pageshow", () => (sending = false));
  form.addEventListener("kept", ({ detail }) => (kept = detail ?? opened));
  window.addEventListener("beforeunload", (event) => {
    if (!sending && content(form) !== kept) event.preventDefault();
  });
}
