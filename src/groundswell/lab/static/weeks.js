// Days into weeks from Saturday, as real records are published, and the part of a period that is looked at.

import { iso, time } from "./format.js";

const DAY = 86400000;

/** The Saturday on or before a day. */
export function weekStart(day) {
  const at = time(day);
  return iso(at - ((new Date(at).getUTCDay() + 1) % 7) * DAY);
}

/** Positions of each whole week of a row of days: `[{week, at: [k]}]`. */
export function wholeWeeks(days) {
  const found = new Map();
  days.forEach((day, k) => {
    const week = weekStart(day);
    if (!found.has(week)) found.set(week, []);
    found.get(week).push(k);
  });
  return [...found].filter(([, at]) => at.length === 7).map(([week, at]) => ({ week, at }));
}

/** Means over weeks of values by day; null where a day is not known. */
export function weekly(weeks, values) {
  return weeks.map(({ at }) => {
    const of = at.map((k) => values[k]);
    return of.some((v) => v === null) ? null : of.reduce((sum, v) => sum + v, 0) / of.length;
  });
}

/** First and last position of the days within `from` and `to`; the whole row where they leave less than two. */
export function within(days, from, to) {
  let [first, last] = [0, days.length - 1];
  if (from) first = days.findIndex((day) => day >= from);
  if (to) last = days.findLastIndex((day) => day <= to);
  return first === -1 || last - first < 1 ? [0, days.length - 1] : [first, last];
}
