// Curves over time by ECharts, which is fetched when the first one is drawn. Colours are those of the style sheet; strokes differ too.

import { axis, iso, limits, shown, time, weekday, withUnit } from "./format.js";
import { bursty, rootTicks } from "./scales.js";
import { h, put, s } from "./dom.js";

const TYPE = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const DASHES = ["solid", [7, 3], [2, 2], [8, 3, 2, 3], "solid", [12, 3]];
const drawn = new Set(); // charts that stand on the page
let library = null;

/** ECharts, fetched once. */
export function echarts() {
  library ??= import("./vendor/echarts.esm.min.js");
  return library;
}

/** The page's colours by name, as they are now. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const one = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: one("ink"), paper: one("paper"), soft: one("soft"), line: one("line"), card: one("card"),
    curves: [1, 2, 3, 4].map((k) => one(`curve-${k}`)) };
}

function ink(role, palette) {
  return role === "ink" ? palette.ink : palette.curves[role % palette.curves.length];
}

/** A sample of a curve's stroke for legends. */
export function sample(role) {
  return s("svg", { class: `sample role-${role}`, viewBox: "0 0 28 8", width: 28, height: 8, "aria-hidden": "true" },
    s("line", { x1: 0, x2: 28, y1: 4, y2: 4 }));
}

/**
 * A figure with curves, a crosshair that the arrow keys move, and its numbers as a table.
 *
 * @param {Object} spec
 *   title, unit, x (what the axis across is of), days (ISO), lines: [{name, role (0 to 3 or "ink"), values, low?, high?, thin?}],
 *   note?, group? (charts of a group share their crosshair), bounds? ([low, high] of the axis upwards), steps? (points in words: "day")
 * @returns {{element: Element, dispose: () => void}}
 */
export function curves(spec) {
  const plot = h("div", { class: "plot", tabindex: 0, role: "group", "aria-roledescription": "chart",
    "aria-label": `${spec.title}, ${axis(spec.unit)}. Arrow keys read single values.` });
  const readout = h("p", { class: "readout", "aria-live": "polite" });
  const named = spec.lines.length > 1 ? h("ul", { class: "legend" }, spec.lines.map((line) => h("li", {}, sample(line.role), ` ${line.name}`))) : null;
  const element = h("figure", { class: "chart" }, h("h3", {}, spec.title), named, plot, readout, numbers(spec),
    spec.note ? h("figcaption", {}, spec.note) : null);
  const chart = new Chart(spec, plot, readout);
  chart.begin();
  return { element, dispose: () => chart.dispose() };
}

class Chart {
  constructor(spec, plot, readout) {
    Object.assign(this, { spec, plot, readout, at: null, made: null, gone: false });
    this.times = spec.days.map(time);
  }

  async begin() {
    const { init, connect } = await echarts();
    if (this.gone) return;
    this.made = init(this.plot, null, { renderer: "svg" });
    if (this.spec.group) {
      this.made.group = this.spec.group;
      connect(this.spec.group);
    }
    this.draw();
    this.resized = new ResizeObserver(() => this.made.resize());
    this.resized.observe(this.plot);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.plot.addEventListener("blur", () => this.hide());
    this.plot.dataset.drawn = "true";
    drawn.add(this);
  }

  draw() {
    this.made.setOption(option(this.spec, this.times, colours()), true);
  }

  key(event) {
    const last = this.times.length - 1;
    const from = this.at ?? (event.key === "ArrowLeft" || event.key === "End" ? last + 1 : -1);
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const next = event.key === "Home" ? 0 : event.key === "End" ? last : event.key in steps ? from + steps[event.key] : null;
    if (event.key === "Escape") this.hide();
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.at = Math.max(0, Math.min(last, next));
    this.readout.textContent = words(this.spec, this.at);
    this.made.dispatchAction({ type: "showTip", seriesIndex: this.spec.lines.some((line) => line.low) ? 2 : 0, dataIndex: this.at });
  }

  hide() {
    this.at = null;
    this.readout.textContent = "";
    this.made?.dispatchAction({ type: "hideTip" });
    this.made?.dispatchAction({ type: "updateAxisPointer", currTrigger: "leave" });
  }

  dispose() {
    this.gone = true;
    drawn.delete(this);
    this.resized?.disconnect();
    this.made?.dispose();
  }
}

// another scheme of colours, or another size of type, draws anew
for (const query of ["(prefers-color-scheme: dark)", "(max-width: 40rem)"]) {
  matchMedia(query).addEventListener("change", () => { for (const chart of drawn) chart.draw(); });
}

function words(spec, k) {
  const values = spec.lines.map((line) => {
    const band = line.low && Number.isFinite(line.low[k]) ? ` (${limits(line.low[k], line.high[k])})` : "";
    return `${spec.lines.length > 1 || spec.named ? `${line.name} ` : ""}${withUnit(line.values[k], spec.unit)}${band}`;
  });
  return `${spec.days[k]}, ${weekday(spec.days[k])}: ${values.join("; ")}`;
}

/** What ECharts is told. */
function option(spec, times, palette) {
  const text = { color: palette.soft, fontSize: 12, fontFamily: TYPE };
  const root = isRoot(spec);
  const drawn = root ? { ...spec, lines: spec.lines.map((line) => ({ ...line, values: roots(line.values), low: line.low && roots(line.low), high: line.high && roots(line.high) })) } : spec;
  const lines = drawn.lines.flatMap((line) => [...band(line, times, palette), curve(line, times, palette, spec.lines.length > 1)]);
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: TYPE, color: palette.soft },
    grid: { left: 2, right: 14, top: 24, bottom: 24, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "time", min: times[0], max: times[times.length - 1], name: spec.x, nameLocation: "middle", nameGap: 22, nameTextStyle: text,
      axisLine: { lineStyle: { color: palette.soft }, onZero: true }, axisTick: { show: true, lineStyle: { color: palette.soft } },
      splitLine: { show: false },
      axisLabel: { ...text, hideOverlap: true, formatter: { year: "{yyyy}", month: "{MMM}", day: "{d} {MMM}", hour: "", minute: "", second: "", millisecond: "", none: "" } },
      minInterval: 86400000,
    },
    yAxis: {
      type: "value", name: root ? `${axis(spec.unit)}, √ axis` : axis(spec.unit), nameLocation: "end", nameGap: 9,
      nameTextStyle: { ...text, align: "left" }, splitNumber: 4, axisLine: { show: false }, axisTick: { show: false },
      splitLine: { lineStyle: { color: palette.line } }, axisLabel: { ...text, formatter: short },
      ...(root ? rooted(spec, text) : { min: spec.bounds?.[0], max: spec.bounds?.[1] }),
    },
    tooltip: {
      trigger: "axis", confine: true, transitionDuration: 0, className: "tip", backgroundColor: palette.card, borderColor: palette.line,
      borderWidth: 1, padding: [6, 9], extraCssText: "box-shadow:none", textStyle: { color: palette.ink, fontSize: 13, fontFamily: TYPE },
      axisPointer: { type: "line", lineStyle: { color: palette.soft, type: "solid" } },
      formatter: (points) => tip(spec, points),
    },
    series: lines,
  };
}

/** Whether heights are square roots, so that many small values stay apart from a few large ones. */
function isRoot(spec) {
  const every = spec.lines.flatMap((line) => [...line.values, ...(line.low ?? [])]);
  return spec.root ?? bursty(every);
}

function roots(values) {
  return values.map((value) => (Number.isFinite(value) ? Math.sqrt(Math.max(value, 0)) : null));
}

function rooted(spec, text) {
  const high = spec.bounds?.[1] ?? Math.max(...spec.lines.flatMap((line) => [...line.values, ...(line.high ?? [])]).filter(Number.isFinite));
  const ticks = rootTicks(high).map(Math.sqrt);
  return { min: 0, max: Math.sqrt(high * 1.04), axisTick: { show: false, customValues: ticks }, axisLabel: { ...text, customValues: ticks, showMaxLabel: true, formatter: (value) => short(Number((value * value).toPrecision(6))) } };
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`.replace("-", "−");
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`.replace("-", "−");
  return shown(value, 4);
}

function curve(line, times, palette, many) {
  const colour = ink(line.role, palette);
  const dash = line.role === "ink" || !many ? "solid" : DASHES[line.role % DASHES.length];
  return {
    type: "line", name: line.name, data: times.map((t, k) => [t, line.values[k]]), showSymbol: times.length === 1, symbolSize: 5,
    emphasis: { disabled: true }, connectNulls: false, itemStyle: { color: colour }, z: 3,
    lineStyle: { color: colour, width: line.thin ? 1.2 : 1.8, type: dash }, markLine: line.mark ? marked(line.mark, palette) : undefined,
  };
}

function marked(day, palette) {
  return { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: palette.soft, type: "solid", width: 1 },
    data: [{ xAxis: time(day) }] };
}

/** A band as two stacked curves without strokes, the lower empty. */
function band(line, times, palette) {
  if (!line.low) return [];
  const quiet = { type: "line", showSymbol: false, silent: true, stack: `band ${line.name}`, stackStrategy: "all", tooltip: { show: false },
    emphasis: { disabled: true }, lineStyle: { opacity: 0 }, z: 1 };
  const high = times.map((t, k) => [t, Number.isFinite(line.low[k]) ? line.high[k] - line.low[k] : null]);
  return [
    { ...quiet, name: `${line.name}, low`, data: times.map((t, k) => [t, line.low[k]]), areaStyle: { opacity: 0 } },
    { ...quiet, name: `${line.name}, high`, data: high, areaStyle: { color: ink(line.role, palette), opacity: 0.28 } },
  ];
}

/** The box beside the crosshair, as elements: a style attribute in markup would be refused by the page's own policy. */
function tip(spec, points) {
  const k = points[0]?.dataIndex ?? 0;
  const rows = spec.lines.map((line) => h("li", {}, sample(line.role), spec.lines.length > 1 ? ` ${line.name} ` : " ",
    h("strong", {}, shown(line.values[k])), line.low ? h("span", { class: "soft" }, ` ${limits(line.low[k], line.high[k])}`) : null));
  return h("div", { class: "tip-body" }, h("p", {}, `${iso(time(spec.days[k]))}, ${weekday(spec.days[k])}`), h("ul", {}, rows));
}

/** The numbers behind the curves, written when they are asked for. */
function numbers(spec) {
  const body = h("div", {});
  const details = h("details", { class: "numbers" }, h("summary", {}, "Numbers"), body);
  details.addEventListener("toggle", () => {
    if (!details.open || body.firstChild) return;
    const heads = spec.lines.flatMap((line) => (line.low ? [line.name, "band"] : [line.name]));
    const rows = spec.days.map((day, k) => h("tr", {}, h("th", { scope: "row", class: "date" }, day), spec.lines.flatMap((line) => [
      h("td", { class: "number" }, shown(line.values[k])), line.low ? h("td", { class: "number" }, limits(line.low[k], line.high[k])) : null])));
    put(body, h("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": `Numbers of ${spec.title}` },
      h("table", {}, h("caption", {}, h("span", {}, `${spec.title}, ${axis(spec.unit)}`)),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, spec.x), heads.map((head) => h("th", { scope: "col", class: "number" }, head)))),
        h("tbody", {}, rows))));
  });
  return details;
}
