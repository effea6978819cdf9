// Date box: one text box, many spellings, never a guess. Shows in words what was understood.
// The server parses again and is the only judge; this is the quiet hint beside the box.
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

export function init(input) {
  const value = document.getElementById(input.dataset.value);
  const today = new Date(`${document.documentElement.dataset.today}T12:00:00`);
  const dayFirst = document.documentElement.dataset.slashes === "day-first";

  input.addEventListener("change", () => {
    const typed = input.value.trim();
    const date = typed ? read(typed, today, dayFirst) : "";
    // What is not understood stays as typed; the server says why.
    if (date === null) {
      if (value) value.textContent = "";
      return;
    }
    input.value = date;
    if (value) value.textContent = date ? inWords(date) : "";
  });
}

export function read(text, today, dayFirst = false) {
  const relative = text.match(/^t([+-]\d{1,4})?$/i);
  if (relative) {
    const day = new Date(today);
    day.setDate(day.getDate() + Number(relative[1] ?? 0));
    return [day.getFullYear(), String(day.getMonth() + 1).padStart(2, "0"), String(day.getDate()).padStart(2, "0")].join("-");
  }
  const slashes = text.match(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/);
  const [month1, day1] = slashes ? (dayFirst ? [slashes[2], slashes[1]] : [slashes[1], slashes[2]]) : [];
  const digits = slashes ? slashes[3] + month1.padStart(2, "0") + day1.padStart(2, "0") : text.replace(/-/g, "");
  if (!/^(\d{4}|\d{6}|\d{8})$/.test(digits)) return null;

  const [, year, month, day] = digits.match(/^(\d{4})(\d\d)?(\d\d)?$/);
  if (month && (month < "01" || month > "12")) return null;
  if (day && (day < "01" || Number(day) > new Date(year, month, 0).getDate())) return null;
  return [year, month, day].filter(Boolean).join("-");
}

export function inWords(date) {
  const [year, month, day] = date.split("-");
  if (!month) return `${year}, month and day unknown`;
  if (!day) return `${MONTHS[month - 1]} ${year}, day unknown`;
  return `${Number(day)} ${MONTHS[month - 1]} ${year}`;
}
