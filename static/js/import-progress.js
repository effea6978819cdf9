// Says how far an import is, every two seconds; the whole page is fetched again when it has ended.
// Without this file the link “Refresh” does the same by hand.
export function init(notice) {
  const words = notice.querySelector("span");
  const ask = async () => {
    const answer = await fetch(notice.dataset.ask, { headers: { accept: "application/json" } }).catch(() => null);
    if (answer?.ok) {
      const { done, sentence } = await answer.json();
      if (done) {
        location.reload();
        return;
      }
      if (words.textContent !== sentence) words.textContent = sentence;
    } else if (answer) {
      return;
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
}
