// Keeps typing on the server while it is typed: encrypted there, for the owner only, until saved or
// discarded. Nothing is kept in the browser. data-autosave is the address that takes the draft; what it answers (fields
// and findings as they stand by now) is handed on as the event "judged". Until it comes, form.judging is a promise of it.
// The field under the hand goes along as "at", so that whoever comes back comes back to it.
const WAIT = 2000;

// What a form holds, without where the hand is.
export const content = (form) =>
  new URLSearchParams([...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "at")).toString();

export function init(form) {
  const told = document.querySelector("[data-autosave-state]");
  const at = form.elements.namedItem("at");
  let timer;
  let running;
  let sending = false;
  let typed = false;
  let kept = content(form);
  let keptAt = "";
  if (at && form.contains(document.activeElement)) at.value = document.activeElement.name ?? "";

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT);
  };
  form.addEventListener("input", soon);
  form.addEventListener("focusin", ({ target }) => {
    if (!at || !target.name || target === at || target.type === "submit") return;
    at.value = target.name;
    if (typed) soon();
  });
  // A field that was left is kept and judged at once.
  form.addEventListener("change", () => {
    const mine = keep().finally(() => form.judging === mine && delete form.judging);
    form.judging = mine;
  });
  // Once the form itself is on its way nothing is kept any more: leaving the page would keep it again.
  form.addEventListener("submit", () => {
    sending = true;
    clearTimeout(timer);
    running?.abort();
  });
  window.addEventListener("pageshow", () => (sending = false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());

  async function keep() {
    clearTimeout(timer);
    const now = content(form);
    const place = at?.value ?? "";
    if (sending || (now === kept && !(typed && place !== keptAt))) return;
    typed = true;
    running?.abort();
    running = new AbortController();
    const body = `${now}&at=${encodeURIComponent(place)}`;
    try {
      const sent = fetch(form.dataset.autosave, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        signal: running.signal,
        redirect: "error",
        keepalive: body.length < 60000,
      });
      // On its way even if the page is left now.
      if (body.length < 60000) form.dispatchEvent(new CustomEvent("kept", { detail: now }));
      const answer = await sent;
      if (!answer.ok) throw new Error(String(answer.status));
      [kept, keptAt] = [now, place];
      form.dispatchEvent(new CustomEvent("kept", { detail: now }));
      if (answer.status === 200) form.dispatchEvent(new CustomEvent("judged", { detail: await answer.json() }));
      say(`Typing kept ${new Date().toTimeString().slice(0, 5)}`);
    } catch (error) {
      if (error.name === "AbortError") return;
      form.dispatchEvent(new CustomEvent("kept", { detail: null }));
      say("Typing is not kept: the server could not be reached. Everything you typed is still here.");
    }
  }

  function say(words) {
    if (told) told.textContent = words;
  }
}
