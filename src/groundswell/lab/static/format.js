// Numbers and days for readers, as the project's report pages print them.

const LETTERS = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** Thousands by comma, `digits` significant digits below a thousand, a dash where undefined. */
export function shown(value, digits = 3) {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 10 ** (digits - 1) || Number.isInteger(value)) return LETTERS.format(value).replace("-", "−");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** A number with its unit; a pure number has none. */
export function withUnit(value, unit) {
  return unit && unit !== "1" ? `${shown(value)} ${unit}` : shown(value);
}

/** The unit of an axis. */
export function axis(unit) {
  return !unit || unit === "1" ? "pure number" : unit;
}

/** An interval for readers. */
export function limits(low, high) {
  return Number.isFinite(low) && Number.isFinite(high) ? `${shown(low)} to ${shown(high)}` : "–";
}

/** A value as a scenario holds it, with all its digits. */
export function exact(value) {
  return value === null || value === undefined ? "" : String(value);
}

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Milliseconds of an ISO day, in UTC. */
export function time(day) {
  return Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
}

/** The ISO day of a time in UTC. */
export function iso(moment) {
  return new Date(moment).toISOString().slice(0, 10);
}

/** The name of a day in its week. */
export function weekday(day) {
  return WEEKDAYS[new Date(time(day)).getUTCDay()];
}

/** A moment of a job for readers, in the reader's own time: `2026-01-31 14:05`. */
export function moment(text) {
  const date = typeof text === "number" ? new Date(text * 1000) : new Date(text ?? "");
  if (Number.isNaN(date.getTime())) return "";
  const two = (n) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The first letter of a text as a capital. */
export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}

/** `1 run`, `2 runs`. */
export function count(number, one, many = `${one}s`) {
  return `${shown(number)} ${number === 1 ? one : many}`;
}
