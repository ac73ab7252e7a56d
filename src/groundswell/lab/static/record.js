// What truly happened in a run, beside what each of its sources reported.

import { curves } from "./chart.js";
import { h, table } from "./dom.js";
import { shown } from "./format.js";

/** Truth and record by week, as `/api/runs/{id}/record` tells them. */
export function record({ weeks, unit, truth, sources }) {
  const chart = curves({
    title: "Gatherings by week: as they happened, and as each source reported them", unit: unit ?? "events a week", x: "week from Saturday", days: weeks, named: true,
    lines: [{ name: "as it happened", role: "ink", values: truth }, ...sources.map((one, k) => ({ name: one.title, role: k, values: one.values }))],
    note: "The curve of what happened is known because the people are synthetic. Of the world only records are known, and each source misses, doubles and places reports in its own way.",
  });
  const sum = (values) => values.reduce((all, value) => all + (value ?? 0), 0);
  const all = sum(truth);
  const row = (name, values, share) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, shown(sum(values))),
    h("td", { class: "number" }, share), h("td", { class: "number" }, shown(values.filter((v) => v === 0).length)));
  const rows = [row("as it happened", truth, ""), ...sources.map((one) => row(one.title, one.values, all ? `${shown((100 * sum(one.values)) / all)} %` : "–"))];
  const heads = [{ text: "" }, { text: "gatherings", class: "number" }, { text: "of those that happened", class: "number" }, { text: "weeks without any", class: "number" }];
  return { element: h("div", {}, chart.element, table("Whole weeks of the period. More than 100 % where reports are doubled or invented.", heads, rows)), dispose: chart.dispose };
}
