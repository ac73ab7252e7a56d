// Provinces on a map with a slider of weeks or days; tiles where a case has no boundaries. A table says the same in numbers.

import { changeView, read } from "./state.js";
import { classes, classOf, SHADES, spread } from "./classes.js";
import { curves } from "./chart.js";
import { get, path } from "./api.js";
import { h, id, put, s } from "./dom.js";
import { known } from "./form.js";
import { axis, sentence, shown, withUnit } from "./format.js";

const PACE = 450; // ms a step while it plays
const SLOW = 1200; // for those who want less motion
const WIDTH = 300; // units of the drawing

/** A run by province, as `/api/runs/{id}/map` tells it. */
export async function provinces(told, name, id) {
  const land = new Land(told, (await known()).find((one) => one.name === name), id);
  return { element: land.element, dispose: () => land.dispose() };
}

class Land {
  constructor(told, about, run) {
    Object.assign(this, { told, run });
    this.people = new Map((about?.provinces ?? []).map((one) => [one.code, one]));
    this.ends = null;
    this.shapes = new Map(); // what is coloured, by province
    this.frame = h("div", { class: "map" });
    this.list = h("div", { class: "map-list scroll", tabindex: 0, role: "region", "aria-label": "Provinces in order" });
    this.legend = h("div", { class: "map-legend" });
    this.focus = h("div", { class: "one-province" });
    this.said = h("p", { class: "readout" });
    const outlook = this.outlook();
    const means = told.step === "week" ? h("p", { class: "soft" }, "Each week, from Saturday, shows the mean of its days.") : null;
    this.element = h("div", { class: "by-province" }, means, outlook, this.time(), h("div", { class: "map-and-list" },
      h("div", {}, this.frame, this.said, this.legend), this.list), this.focus);
    this.begin(about);
  }

  async begin(about) {
    await Promise.all([this.outline(about), this.load()]);
    this.draw();
    this.place(read().view.get("place"));
  }

  /** Of a long run only the values of the series that is asked for are sent. */
  async load() {
    const { series } = this;
    if (series.values) return;
    const answer = await get(`${path("runs", this.run, "map")}?series=${encodeURIComponent(series.name)}`);
    series.values = answer.series.find((one) => one.name === series.name)?.values ?? [];
  }

  // ---- what is shown

  get series() {
    const wanted = read().view.get("map");
    const { series } = this.told;
    return series.find((one) => one.name === wanted) ?? series.find((one) => one.name === "gathered") ?? series[0];
  }

  get step() {
    const k = this.told.steps.indexOf(read().view.get("step"));
    return k === -1 ? this.busiest() : k;
  }

  /** The step at which most happens, where one begins. */
  busiest() {
    const sums = (this.series.values ?? []).map((row) => row.reduce((all, value) => all + (value ?? 0), 0));
    return Math.max(0, sums.indexOf(Math.max(...sums)));
  }

  get isCounted() {
    return /person|event|gathering|report|act\b|acts|death|arrest/.test(this.series.unit ?? "");
  }

  /** Whether values are told over inhabitants. */
  get isEach() {
    return this.isCounted && read().view.get("each") !== "count" && this.told.provinces.every((code) => this.people.get(code)?.population > 0);
  }

  get unit() {
    return this.isEach ? `${this.series.unit}, per million inhabitants` : this.series.unit;
  }

  value(step, k) {
    const value = this.series.values?.[step]?.[k];
    if (value === null || value === undefined) return null;
    return this.isEach ? (value / this.people.get(this.told.provinces[k]).population) * 1e6 : value;
  }

  nameOf(code) {
    return this.people.get(code)?.name ?? code;
  }

  outlook() {
    const name = id("map");
    const select = h("select", { id: name }, this.told.series.map((one) => h("option", { value: one.name }, sentence(one.title))));
    select.value = this.series.name;
    select.addEventListener("change", () => this.turn({ map: select.value }));
    const radio = (value, label) => {
      const input = h("input", { type: "radio", name: "each", value, checked: (read().view.get("each") ?? "million") === value });
      input.addEventListener("change", () => this.turn({ each: value === "million" ? null : value }));
      return h("label", { class: "choice" }, input, ` ${label}`);
    };
    this.each = h("span", { class: "means", role: "group", "aria-label": "Measured" }, radio("million", "per million inhabitants"), radio("count", "as counted"));
    return h("div", { class: "controls-row" }, h("span", { class: "pair" }, h("label", { for: name }, "Shown"), select), this.each);
  }

  async turn(entries) {
    changeView(entries);
    this.ends = null;
    await this.load();
    this.draw();
    this.place(read().view.get("place"));
  }

  // ---- time

  time() {
    const { steps, step } = this.told;
    this.slider = h("input", { type: "range", min: 0, max: steps.length - 1, step: 1, "aria-label": step === "day" ? "Day" : "Week" });
    this.slider.addEventListener("input", () => this.to(Number(this.slider.value)));
    this.when = h("output", { class: "when" });
    this.play = h("button", { type: "button", class: "quiet play" }, "Play");
    this.play.addEventListener("click", () => (this.timer ? this.halt() : this.proceed()));
    const by = (many, label, text) => h("button", { type: "button", class: "quiet step", "aria-label": label,
      on: { click: () => this.to(Math.max(0, Math.min(steps.length - 1, this.step + many))) } }, text);
    const unit = step === "day" ? "day" : "week";
    return h("div", { class: "time" }, h("span", { class: "pair" }, this.play, by(-1, `One ${unit} back`, "‹"), by(1, `One ${unit} on`, "›")), this.slider, this.when);
  }

  to(step) {
    changeView({ step: this.told.steps[step] });
    this.draw();
  }

  proceed() {
    if (this.step >= this.told.steps.length - 1) this.to(0);
    const pace = matchMedia("(prefers-reduced-motion: reduce)").matches ? SLOW : PACE;
    this.timer = setInterval(() => {
      if (this.step >= this.told.steps.length - 1) this.halt();
      else this.to(this.step + 1);
    }, pace);
    this.play.textContent = "Pause";
  }

  halt() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
  }

  label(step) {
    const day = this.told.steps[step];
    if (this.told.step === "day") return day;
    const days = this.told.days?.[step];
    return `week from ${day}${days && days !== 7 ? ` (${days} days)` : ""}`;
  }

  // ---- drawing

  async outline(about) {
    const shapes = about?.boundaries ? await get(about.boundaries).catch(() => null) : null;
    const drawn = shapes && this.told.provinces.every((code) => shapes.features.some((one) => one.id === code)) ? this.map(shapes) : this.tiles();
    put(this.frame, drawn);
  }

  map({ features }) {
    const mine = features.filter((one) => this.told.provinces.includes(one.id));
    const { path: trace, height } = projection(mine);
    const hatch = s("pattern", { id: "unknown", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      s("line", { x1: 0, x2: 0, y1: 0, y2: 5, class: "hatch" }));
    const shapes = mine.map((one) => {
      const shape = s("path", { d: trace(one.geometry), class: "place" }, s("title", {}));
      this.attend(shape, one.id);
      return shape;
    });
    return s("svg", { viewBox: `0 0 ${WIDTH} ${height.toFixed(1)}`, role: "img", "aria-label": "Map of provinces; the table beside it has the same values" },
      s("defs", {}, hatch), shapes);
  }

  tiles() {
    const cells = this.told.provinces.map((code) => {
      const cell = h("button", { type: "button", class: "place tile-place" }, h("span", {}, this.nameOf(code)), h("strong", {}));
      this.attend(cell, code);
      return cell;
    });
    return h("div", { class: "tile-map" }, cells);
  }

  attend(shape, code) {
    this.shapes.set(code, shape);
    shape.addEventListener("click", () => this.place(code));
    shape.addEventListener("pointerenter", () => this.tell(code));
    shape.addEventListener("pointerleave", () => { this.said.textContent = ""; });
  }

  tell(code) {
    this.said.textContent = `${this.nameOf(code)}: ${withUnit(this.value(this.step, this.told.provinces.indexOf(code)), this.unit)}`;
  }

  draw() {
    const { step } = this;
    const { provinces: codes, steps } = this.told;
    this.ends ??= classes(steps.flatMap((_, t) => codes.map((__, k) => this.value(t, k))));
    this.each.hidden = !this.isCounted || this.people.size === 0;
    this.slider.value = step;
    this.slider.setAttribute("aria-valuetext", this.label(step));
    this.when.textContent = this.label(step);
    codes.forEach((code, k) => this.paint(code, this.value(step, k)));
    this.order(step);
    this.key();
  }

  paint(code, value) {
    const shape = this.shapes.get(code);
    if (!shape) return;
    const shade = spread(classOf(value, this.ends), this.ends.length - 1);
    shape.setAttribute("class", `place ${shape.localName === "button" ? "tile-place " : ""}shade-${shade === -1 ? "unknown" : shade}${this.chosen === code ? " chosen" : ""}`);
    if (this.chosen === code && shape.localName === "path") shape.parentElement.append(shape); // above its neighbours
    const words = shape.querySelector("title");
    if (words) words.textContent = `${this.nameOf(code)}: ${withUnit(value, this.unit)}`;
    else shape.querySelector("strong").textContent = shown(value);
  }

  /** All provinces, the highest first; each is a button that shows its course. */
  order(step) {
    const rows = this.told.provinces.map((code, k) => ({ code, value: this.value(step, k) }));
    rows.sort((x, y) => (y.value ?? -1) - (x.value ?? -1) || this.nameOf(x.code).localeCompare(this.nameOf(y.code)));
    if (!this.rows) {
      this.rows = new Map(rows.map(({ code }) => [code, this.row(code)]));
      this.body = h("tbody", {});
      this.head = h("th", { scope: "col", class: "number" });
      put(this.list, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "province"), this.head)), this.body));
    }
    this.head.textContent = axis(this.unit);
    const held = document.activeElement;
    for (const { code, value } of rows) {
      const { element, number, button } = this.rows.get(code);
      number.textContent = shown(value);
      button.setAttribute("aria-pressed", String(this.chosen === code));
      this.body.append(element);
    }
    if (this.body.contains(held)) held.focus();
  }

  row(code) {
    const number = h("td", { class: "number" });
    const button = h("button", { type: "button", class: "plain", "aria-pressed": "false", on: { click: () => this.place(this.chosen === code ? null : code) } }, this.nameOf(code));
    return { element: h("tr", {}, h("th", { scope: "row" }, button), number), number, button };
  }

  key() {
    const many = this.ends.length - 1;
    const cells = this.ends.slice(1).map((end, k) => h("li", {}, h("span", { class: `swatch shade-${spread(k + 1, many, SHADES)}` }), ` to ${shown(end, 4)}`));
    put(this.legend, h("p", { class: "soft" }, axis(this.unit)), h("ul", {}, h("li", {}, h("span", { class: "swatch shade-0" }), " none"), cells));
  }

  // ---- one province

  place(code) {
    this.chosen = this.told.provinces.includes(code) ? code : null;
    changeView({ place: this.chosen });
    this.curve?.dispose();
    this.curve = null;
    if (this.chosen) {
      const k = this.told.provinces.indexOf(this.chosen);
      const { steps, step } = this.told;
      this.curve = curves({ title: `${this.nameOf(this.chosen)}: ${this.series.title}`, unit: this.unit, x: step === "day" ? "day" : "week from Saturday", days: steps,
        lines: [{ name: this.nameOf(this.chosen), role: 0, values: steps.map((_, t) => this.value(t, k)) }] });
    }
    put(this.focus, this.curve?.element ?? h("p", { class: "soft" }, "Choose a province, on the map or in the table, to see its course."));
    if (this.rows) this.draw();
  }

  dispose() {
    this.halt();
    this.curve?.dispose();
  }
}

/** Degrees as units from the upper left: those of longitude as long as they are in the middle of the country. */
function projection(features) {
  const rings = features.flatMap(({ geometry }) => ringsOf(geometry));
  const [east, north] = [0, 1].map((axis) => rings.flatMap((ring) => ring.map((point) => point[axis])));
  const span = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const [[west, right], [south, top]] = [span(east), span(north)];
  const shorter = Math.cos((((south + top) / 2) * Math.PI) / 180);
  const unit = (WIDTH - 4) / Math.max((right - west) * shorter, 1e-9);
  const at = ([x, y]) => `${((x - west) * shorter * unit + 2).toFixed(1)} ${((top - y) * unit + 2).toFixed(1)}`;
  return { height: (top - south) * unit + 4, path: (geometry) => ringsOf(geometry).map((ring) => `M${ring.map(at).join("L")}Z`).join("") };
}

function ringsOf({ type, coordinates }) {
  return type === "MultiPolygon" ? coordinates.flat() : coordinates;
}
