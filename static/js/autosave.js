// Keeps typing on the server while it is typed: encrypted there, for the owner only, until saved or
// discarded. Nothing is kept in the browser. data-autosave is the address that takes the draft; what it answers (fields
// and findings as they stand by now) is handed on as the event "judged". Until it comes, form.judging is a promise of it.
const WAIT = 2000;

export function init(form) {
  const told = document.querySelector("[data-autosave-state]");
  let timer;
  let running;
  let sending = false;
  let kept = body();

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT);
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

  function body() {
    return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
  }

  async function keep() {
    clearTimeout(timer);
    const now = body();
    if (sending || now === kept) return;
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: now,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        signal: running.signal,
        redirect: "error",
        keepalive: now.length < 60000,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      kept = now;
      if (answer.status === 200) form.dispatchEvent(new CustomEvent("judged", { detail: await answer.json() }));
      say(`Typing kept ${new Date().toTimeString().slice(0, 5)}`);
    } catch (error) {
      if (error.name !== "AbortError") say("Typing is not kept: the server could not be reached. Everything you typed is still here.");
    }
  }

  function say(words) {
    if (told) told.textContent = words;
  }
}
