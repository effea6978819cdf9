// Asks before a page with typing that was not sent is left. The browser words the question itself.
export function init(form) {
  const state = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
  let before = state();
  let sending = false;

  form.addEventListener("submit", () => (sending = true));
  // Safari keeps the page in its cache: coming back, it is an unsent form again.
  window.addEventListener("pageshow", () => (sending = false));
  form.addEventListener("saved", () => (before = state()));
  window.addEventListener("beforeunload", (event) => {
    if (!sending && state() !== before) event.preventDefault();
  });
}
