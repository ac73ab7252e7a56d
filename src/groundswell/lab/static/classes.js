// Classes of a map, as the project's reports draw them: `classes`, `class_of` and `spread` of report/figures.py.

export const SHADES = 8;
const NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
const SKEWED = 3;

/** Ends of at most so many classes of what is above zero, from 0 to a round number that no value exceeds. */
export function classes(values, most = SHADES) {
  const above = values.filter((v) => Number.isFinite(v) && v > 0).sort((a, b) => a - b);
  if (!above.length) return [0, 1];
  const highest = above[above.length - 1];
  const power = highest >= SKEWED * above[Math.floor(above.length / 2)] ? 2 : 1;
  const ends = [0];
  for (let k = 1; k <= most; k += 1) {
    const nice = round(highest * (k / most) ** power, k === most);
    if (nice > ends[ends.length - 1]) ends.push(nice);
  }
  return ends;
}

function round(value, upwards) {
  const size = 10 ** Math.floor(Math.log10(value));
  const near = (f) => Math.abs(f * size - value);
  const factor = upwards ? NICE.find((f) => f * size >= value * 0.999) : NICE.reduce((a, b) => (near(b) < near(a) ? b : a));
  return Number((factor * size).toPrecision(6));
}

/** The class of a value, from 1; 0 for nothing, -1 for what is not known. */
export function classOf(value, ends) {
  if (!Number.isFinite(value)) return -1;
  if (value <= 0) return 0;
  const found = ends.findIndex((end) => end >= value);
  return found === -1 ? ends.length - 1 : Math.max(found, 1);
}

/** The shade of class k of many: the last takes the strongest, however few there are. */
export function spread(k, many, shades = SHADES) {
  if (k <= 0) return k;
  return many > 1 ? 1 + Math.round(((k - 1) * (shades - 1)) / (many - 1)) : shades;
}
