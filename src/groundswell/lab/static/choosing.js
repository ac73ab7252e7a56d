// What is looked at of many series over time: which of them, over which days, by day or as the mean of weeks. It stands in the address.

import { changeView, read } from "./state.js";
import { h, id, put } from "./dom.js";
import { weekly, wholeWeeks, within } from "./weeks.js";
import { sentence } from "./format.js";

export const FIRST = ["turnout", "gathered", "reported_monitor", "acted", "arrests", "fear_mean", "members_now", "capacity"];
const NONE = "none";
const GROUPS = { people: "Public", mind: "Mood", repression: "Repression", regime: "Regime", units: "Units", acts: "Acts of units", reports: "What sources report" };

/**
 * Controls above curves.
 * @param {string[]} days of the period
 * @param {Object[]} series `{name, title, group}`
 * @param {Object} how `many`: how many are shown at first; `weeks`: whether means of weeks are offered
 * @param {() => void} draw called after each change
 */
export function controls(days, series, how, draw) {
  const standing = () => {
    const asked = read().view.get("curves");
    const named = asked?.split(",").filter((name) => series.some((one) => one.name === name)) ?? [];
    if (named.length || asked === NONE) return named;
    const first = FIRST.filter((name) => series.some((one) => one.name === name));
    return [...first, ...series.map((one) => one.name).filter((name) => !first.includes(name))].slice(0, how.many);
  };
  const summary = h("summary", {});
  const change = (entries) => {
    changeView(entries);
    summary.textContent = title();
    draw();
  };
  const title = () => `Choose curves: ${standing().length} of ${series.length} shown`;
  summary.textContent = title();
  const boxes = choices(series, standing, change);
  const period = periodOf(days, change);
  const mean = how.weeks ? means(change) : null;
  return {
    element: h("div", { class: "controls" }, h("details", { class: "choose" }, summary, boxes), h("div", { class: "controls-row" }, period, mean)),
    shown: () => series.filter((one) => standing().includes(one.name)).sort((x, y) => standing().indexOf(x.name) - standing().indexOf(y.name)),
    cut: () => cut(days, how.weeks),
  };
}

function choices(series, standing, change) {
  const groups = Map.groupBy ? Map.groupBy(series, (one) => one.group ?? "") : new Map([["", series]]);
  return h("div", { class: "choose-groups" }, [...groups].map(([group, members]) => h("fieldset", {}, h("legend", {}, GROUPS[group] ?? sentence(group)),
    members.map((one) => {
      const box = h("input", { type: "checkbox", checked: standing().includes(one.name) });
      box.addEventListener("change", () => {
        const now = standing().filter((name) => name !== one.name);
        change({ curves: (box.checked ? [...now, one.name] : now).join(",") || NONE });
      });
      return h("label", { class: "box" }, box, h("span", {}, sentence(one.title)));
    }))));
}

function periodOf(days, change) {
  const [first, last] = [days[0], days[days.length - 1]];
  const day = (key, label, otherwise) => {
    const name = id(key);
    const input = h("input", { id: name, type: "date", min: first, max: last, value: read().view.get(key) ?? otherwise });
    input.addEventListener("change", () => change({ [key]: input.value === otherwise ? null : input.value }));
    return { input, element: h("span", { class: "pair" }, h("label", { for: name }, label), input) };
  };
  const [from, to] = [day("from", "From", first), day("to", "to", last)];
  const whole = h("button", { type: "button", class: "quiet" }, "Whole period");
  whole.addEventListener("click", () => {
    [from.input.value, to.input.value] = [first, last];
    change({ from: null, to: null });
  });
  return h("span", { class: "period", role: "group", "aria-label": "Days that are looked at" }, from.element, to.element, whole);
}

function means(change) {
  const radio = (value, label) => {
    const input = h("input", { type: "radio", name: "mean", checked: (read().view.get("mean") ?? "day") === value });
    input.addEventListener("change", () => change({ mean: value === "day" ? null : value }));
    return h("label", { class: "choice" }, input, ` ${label}`);
  };
  return h("span", { class: "means", role: "group", "aria-label": "Points of a curve" }, radio("day", "by day"), radio("week", "mean of each whole week"));
}

/** What of a series is drawn: `{days, of: values => values, x}`. */
function cut(days, weeks) {
  const { view } = read();
  const [first, last] = within(days, view.get("from"), view.get("to"));
  const seen = days.slice(first, last + 1);
  const whole = weeks && view.get("mean") === "week" ? wholeWeeks(seen) : [];
  if (whole.length > 1) return { days: whole.map(({ week }) => week), of: (values) => weekly(whole, values.slice(first, last + 1)), x: "week from Saturday" };
  return { days: seen, of: (values) => values.slice(first, last + 1), x: "day" };
}

/** Figures that are drawn anew together; those that went are ended. */
export function figures() {
  const element = h("div", { class: "figures" });
  let standing = [];
  const dispose = () => {
    for (const one of standing) one.dispose();
    standing = [];
  };
  return {
    element,
    dispose,
    draw(made) {
      dispose();
      standing = made;
      put(element, made.map((one) => one.element));
    },
  };
}
