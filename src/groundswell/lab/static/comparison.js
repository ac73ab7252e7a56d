// Two policies on shared draws: their courses on the same axes, the difference with its interval, and a table of all numbers.

import { command, h, put, table } from "./dom.js";
import { contents, noted, section } from "./run.js";
import { controls, figures } from "./choosing.js";
import { bursty } from "./scales.js";
import { curves } from "./chart.js";
import { get, path } from "./api.js";
import { jobView } from "./jobs.js";
import { limits, sentence, shown } from "./format.js";
import { changeView, read } from "./state.js";

const LONG = 28; // letters of a policy's name that still fit a legend

/** The view of a comparison. */
export function comparisonView(host, id) {
  return jobView(host, id, (content) => finished(content, id));
}

function finished(content, id) {
  const stop = new AbortController();
  let grid = null;
  get(path("comparisons", id), { signal: stop.signal }).then((about) => {
    if (stop.signal.aborted) return;
    const parts = [section("effects", "Effects"), section("courses", "Day by day"), section("repeat", "How to repeat it")];
    put(content, legend(about), noted(about.notes), contents(parts), parts.map((part) => part.element));
    put(parts[0].body, effects(about));
    grid = courses(about);
    put(parts[1].body, grid.element);
    put(parts[2].body, repeat(about));
  }).catch((error) => {
    if (error.name !== "AbortError") put(content, h("p", { class: "soft" }, `${sentence(error.message)}.`));
  });
  return () => {
    stop.abort();
    grid?.dispose();
  };
}

function legend({ names, replicates }) {
  return h("dl", { class: "facts policies" }, h("dt", {}, "A"), h("dd", {}, names[0]), h("dt", {}, "B"), h("dd", {}, names[1]),
    h("dt", {}, "Pairs"), h("dd", {}, `${replicates}; both runs of a pair share people, seed and draws`));
}

function isApart({ low, high }) {
  return Number.isFinite(low) && (low > 0 || high < 0);
}

/** What the interval says, in words: a colour or a bold number alone would not be heard. */
function verdict(row) {
  if (row.difference === 0 && row.low === 0 && row.high === 0) return "the same";
  if (isApart(row)) return row.low > 0 ? "A higher" : "B higher";
  return Number.isFinite(row.low) ? "not told apart" : "";
}

function effects({ rows }) {
  const heads = [{ text: "quantity" }, { text: "A", class: "number" }, { text: "B", class: "number" }, { text: "A − B", class: "number" },
    { text: "90 % interval", class: "number" }, { text: "", class: "apart" }, { text: "unit" }];
  const body = rows.map((row) => {
    const apart = isApart(row);
    return h("tr", { class: apart ? "apart" : "" }, h("th", { scope: "row" }, sentence(row.quantity)), h("td", { class: "number" }, shown(row.a)), h("td", { class: "number" }, shown(row.b)),
      h("td", { class: "number" }, shown(row.difference)), h("td", { class: "number" }, limits(row.low, row.high)),
      h("td", { class: "apart" }, verdict(row)),
      h("td", {}, row.unit === "1" ? "" : row.unit));
  });
  return table("Difference: A minus B, mean over pairs. Interval: Student's t over pairs. Bold: the interval does not hold zero.", heads, body);
}

function courses({ days, series, names }) {
  const differ = series.filter((one) => one.a.some((value, k) => value !== one.b[k]));
  const same = series.filter((one) => !differ.includes(one));
  const grid = figures();
  const called = names.map((name, k) => (name.length <= LONG ? `${"AB"[k]}: ${name}` : "AB"[k]));
  const draw = () => {
    const { days: seen, of, x } = choice.cut();
    grid.draw(choice.shown().flatMap((one) => pair(one, seen, of, x, called)));
    grid.element.classList.toggle("beside", isBeside());
  };
  if (!differ.length) return { element: h("p", { class: "soft" }, "The two are the same in every pair, day by day."), dispose: () => {} };
  const choice = controls(days, differ, { many: 4, weeks: !differ.some((one) => one.low) }, draw);
  const element = h("div", {}, h("div", { class: "controls-row" }, layout(draw)), choice.element, grid.element,
    same.length ? h("details", {}, h("summary", {}, `The same in every pair: ${same.length} series`), h("p", { class: "soft" }, same.map((one) => one.title).join(", "))) : null);
  draw();
  return { element, dispose: grid.dispose };
}

function isBeside() {
  return read().view.get("layout") === "beside";
}

function layout(draw) {
  const radio = (value, label) => {
    const input = h("input", { type: "radio", name: "layout", checked: isBeside() === (value === "beside") });
    input.addEventListener("change", () => {
      changeView({ layout: value === "beside" ? value : null });
      draw();
    });
    return h("label", { class: "choice" }, input, ` ${label}`);
  };
  return h("span", { class: "means", role: "group", "aria-label": "The two policies" }, radio("over", "one over the other"), radio("beside", "side by side"));
}

/** The figures of a series: both policies on the same axes, and the difference. */
function pair(one, days, of, x, called) {
  const [a, b] = [of(one.a), of(one.b)];
  const at = (title, lines, note) => curves({ title: sentence(title), unit: one.unit, x, days, group: "comparison", lines, named: true, note });
  const [first, second] = [{ name: called[0], role: 0, values: a }, { name: called[1], role: 1, values: b }];
  const apart = { name: "A − B", role: 2, values: of(one.difference ?? one.a.map((value, k) => value - one.b[k])), low: one.low && of(one.low), high: one.high && of(one.high) };
  const note = one.low ? "Shaded: the 90 % interval of the mean difference." : undefined;
  const below = at(`${one.title}: A\u00a0−\u00a0B`, [apart], note);
  if (!isBeside()) return [joined([at(one.title, [first, second])], below)];
  const every = [...a, ...b].filter(Number.isFinite);
  const low = Math.min(0, ...every);
  const even = [low, round(Math.max(...every, low + 1e-9))];
  const root = bursty(every);
  const half = (line, letter) => curves({ title: `${sentence(one.title)}, ${letter}`, unit: one.unit, x, days, group: "comparison", lines: [line], bounds: even, root, named: true });
  return [joined([half(first, "A"), half(second, "B")], below)];
}

/** A round number at or above a value, so that two axes end alike. */
function round(value) {
  const size = 10 ** Math.floor(Math.log10(value));
  return Number(([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((f) => f * size >= value * 0.999) * size).toPrecision(6));
}

function joined(above, below) {
  const all = [...above, below];
  return { element: h("div", { class: `pair-of-charts many-${above.length}` }, h("div", { class: "above" }, above.map((one) => one.element)), below.element),
    dispose: () => { for (const one of all) one.dispose(); } };
}

function repeat({ commands, report }) {
  return [h("p", {}, "The same scenarios, seeds and version give the same numbers."), commands.map((text, k) => command(text, commands.length > 1 ? `command ${k + 1}` : "the command line")),
    report ? h("p", { class: "tools" }, h("a", { class: "as-button", href: report, target: "_blank", rel: "noopener" }, "Open the report page")) : null];
}

