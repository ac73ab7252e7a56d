// The nation by day: a figure a series, with bands where there are several runs, under one crosshair.

import { controls, figures } from "./choosing.js";
import { curves } from "./chart.js";
import { h } from "./dom.js";
import { sentence } from "./format.js";

/** Curves of a run, as `/api/runs/{id}/series` tells them. */
export function nation({ days, series }) {
  const banded = series.some((one) => one.low);
  const grid = figures();
  const draw = () => {
    const { days: seen, of, x } = choice.cut();
    grid.draw(choice.shown().map((one) => curves({
      title: sentence(one.title), unit: one.unit, x, days: seen, group: "nation",
      lines: [{ name: one.title, role: 0, values: of(one.values), low: one.low && of(one.low), high: one.high && of(one.high) }],
    })));
  };
  const choice = controls(days, series, { many: 6, weeks: !banded }, draw);
  draw();
  const guide = `${banded
    ? "Line: the mean of the runs. Shaded: the band in which one more run under another seed lies with 90 %, day by day."
    : "One run under one seed; another seed gives another course. More seeds give bands."} √ axis: heights are square roots.`;
  return { element: h("div", {}, h("p", { class: "soft" }, guide), choice.element, grid.element), dispose: grid.dispose };
}
