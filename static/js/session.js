// Warns before the session ends by itself, and lets it be kept by one key. The server decides; this
// only counts what this page knows. data-minutes: idle minutes; data-stay: an address that counts.
const AHEAD = 2;

export function init(body) {
  const minutes = Number(body.dataset.minutes);
  const warning = document.getElementById("session-warning");
  if (!minutes || !warning) return;
  let timer;
  start();

  warning.querySelector("button").addEventListener("click", async () => {
    const answer = await fetch(body.dataset.stay, { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer?.ok) {
      warning.hidden = true;
      start();
    } else {
      // Not over another window: what was typed here stays on the page.
      warning.querySelector("span").textContent = "You are signed out. Sign in again in another window, then save here.";
    }
  });

  function start() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      warning.hidden = false;
    }, Math.max(1, minutes - AHEAD) * 60000);
  }
}
