// Axes upwards, as the project's reports have them: `bursty` and `root_ticks` of report/axes.py.

const BURSTY = 8; // square roots where the highest value is this many times the 90 % point or more

/** Whether a few values would press all others flat on an even axis. */
export function bursty(values) {
  const defined = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!defined.length || defined[0] < 0) return false;
  const [highest, ninth] = [defined[defined.length - 1], defined[Math.round(0.9 * (defined.length - 1))]];
  return highest >= BURSTY * Math.max(ninth, 1e-9) && highest >= BURSTY;
}

/** Zero and round numbers that stand about evenly on an axis of square roots. */
export function rootTicks(high) {
  const ticks = [0];
  for (const share of [0.06, 0.25, 0.56, 1]) {
    const value = high * share;
    const size = value > 0 ? 10 ** Math.floor(Math.log10(value)) : 1;
    const nice = Math.max(0, ...[1, 2, 3, 5].map((f) => f * size).filter((v) => v <= value * 1.0001));
    if (nice > ticks[ticks.length - 1]) ticks.push(nice);
  }
  return ticks;
}
