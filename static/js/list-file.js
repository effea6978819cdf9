// Puts a file into the text box of its form; nothing is sent before its button. Files of older spreadsheets are not
// UTF-8: they are read as Windows-1252 then. Without this file the list is pasted.
const decode = (bytes) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
};

export function init(field) {
  const chooser = field.querySelector("input");
  const message = field.querySelector("[role=status]");
  const box = document.getElementById(field.dataset.into);
  const name = document.getElementById(field.dataset.name);
  field.hidden = false;
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (!file) return;
    if (file.size > Number(field.dataset.most)) {
      message.textContent = `The file has ${Math.ceil(file.size / 1024)} KiB; at most ${field.dataset.most / 1024} KiB are taken at once.`;
      return;
    }
    box.value = decode(await file.arrayBuffer());
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if (name?.value === "") name.value = file.name.slice(0, 120);
    message.textContent = `${file.name} stands in the box below.`;
  });
}
