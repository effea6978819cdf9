// Shows what saving a contact will do while it is typed. The server judges; the last answer wins.
export function init(form) {
  const effect = document.getElementById("effect");
  const date = form.querySelector("#dateOfLastContact");
  let asked = 0;
  let waiting;

  const ask = async () => {
    const mine = ++asked;
    const answer = await fetch(form.dataset.effect, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (mine === asked && answer.ok) effect.innerHTML = await answer.text();
  };

  form.addEventListener("change", (event) => {
    // A cancer status is usually told on the day of the contact.
    const row = event.target.name === "cancerStatus" && event.target.closest("tr");
    const day = row && row.querySelector("[data-follows]");
    if (day && event.target.value && event.target.value !== "9" && !day.value) day.value = date.value;

    clearTimeout(waiting);
    waiting = setTimeout(ask, 150);
  });
}
