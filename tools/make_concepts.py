"""Draw the figures of tutorial and concepts, and write anew what the concepts print; all of Lyonesse, an invented country.

python tools/make_concepts.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundswell import Draws, Stream, experiments
from groundswell.core.store import whole_file
from groundswell.report.canvas import alone, inline, sheet
from groundswell.reproductions import drawing

DOCS = Path(__file__).parents[1] / "docs"
WIDTH, LOW, HIGH = 640.0, 210.0, 280.0  # units of a drawing
BEYOND = Stream("beyond", 4000, "an example")

Floats = npt.NDArray[np.float64]


def weekly(values: Floats) -> Floats:
    """Sums of whole weeks."""
    weeks = len(values) // 7
    return values[: 7 * weeks].reshape(weeks, 7).sum(axis=1)


def turnout(**values: float) -> Floats:
    """Persons who take part on a mean day, of sixteen runs, as on the page."""
    settings = {"end": "2022-02-11", **values}
    return np.array([experiments.run("lyonesse", settings={**settings, "seed": seed}).total("turnout").mean() for seed in range(1, 17)])


def randomness() -> str:
    """Differences of sixteen pairs of runs, paired by seed and not."""
    slow, fast = turnout(), turnout(**{"fear.decay": 0.03})
    paired, crossed = fast - slow, np.roll(fast, 1) - slow
    said = [f"{name} between {x.min():.1f} and {x.max():.1f}" for name, x in (("paired by seed", paired), ("crossed", crossed))]
    with sheet("randomness", WIDTH, LOW) as figure:
        figure.set_layout_engine("constrained", w_pad=6 / 72, h_pad=4 / 72)
        ax = figure.subplots()
        for row, (name, x) in enumerate((("crossed", crossed), ("paired by seed", paired))):
            ax.plot(x, np.full(len(x), row), "|", markersize=26, markeredgewidth=1.6, color=drawing.CURVES[1 - row])
            ax.text(-45, row + 0.32, name, va="center")
        drawing.labels(ax, "Effect on turnout, sixteen pairs each", "difference, persons a day", "")
        ax.set_yticks([])
        ax.set_ylim(-0.5, 1.6)
        ax.grid(visible=False, axis="y")
        ax.grid(axis="x")
        return alone(inline(figure, "randomness", "Differences in turnout of sixteen pairs of runs: " + "; ".join(said))) + "\n"


def record() -> str:
    """Gatherings a week as they happened and as three sources reported them."""
    run = experiments.run("lyonesse")
    first, days = int(run.days[0]), len(run.days)
    events, reports = run.journals["events"], run.journals["record"]
    happened = weekly(np.bincount(events["day"][events["kind"] == 0] - first, minlength=days)[:days].astype(np.float64))
    lines = {"happened": happened}
    for number, name in enumerate(experiments.read("lyonesse").sources):
        mine = (reports["source"] == number) & (reports["kind"] == 0)
        day = np.clip(reports["event_day"][mine] - first, 0, days - 1)
        lines[name] = weekly(np.bincount(day, minlength=days)[:days].astype(np.float64))
    return course("record", "Gatherings a week in Lyonesse: what happened, and what was reported", lines, "events a week")


def course(key: str, title: str, lines: dict[str, Floats], unit: str) -> str:
    """Lines by week, named at their ends."""
    with sheet(key, WIDTH, HIGH) as figure:
        figure.set_layout_engine("constrained", w_pad=6 / 72, h_pad=4 / 72)
        ax = figure.subplots()
        for k, (name, values) in enumerate(lines.items()):
            drawing.curve(ax, np.arange(1, len(values) + 1), values, name, k)
        drawing.labels(ax, title, "week of 2022", unit)
        ax.set_ylim(0, None)
        drawing.legend(ax)
        said = "; ".join(f"{name}: {values.sum():.0f} in all" for name, values in lines.items())
        return alone(inline(figure, key, f"{title}. {said}")) + "\n"


def verdicts() -> str:
    """Wealth against a hypothesis by draw, for three made-up claims."""
    from groundswell.claims.sequential import ERROR, wealth_above

    with sheet("verdicts", WIDTH, HIGH) as figure:
        figure.set_layout_engine("constrained", w_pad=6 / 72, h_pad=4 / 72)
        ax = figure.subplots()
        for k, share in enumerate((1.0, 0.99, 0.9)):
            beyond = Draws(1).uniform(BEYOND, 0, np.arange(192)) < share
            draws = np.arange(1, 193)
            drawing.curve(ax, draws, wealth_above(np.cumsum(beyond), draws), f"beyond in {share:.2f} of draws", k)
        ax.axhline(1 / ERROR, color=drawing.SOFT, linewidth=1)
        ax.text(192, 1 / ERROR * 1.25, "supported above this line", ha="right", color=drawing.SOFT)
        ax.set_yscale("log")
        ax.set_yticks([0.01, 1, 20, 1000], ["0.01", "1", "20", "1,000"])
        ax.minorticks_off()
        ax.set_ylim(0.003, 3000)
        drawing.labels(ax, "Wealth against “beyond in at most .95 of the draws”", "draws", "wealth")
        drawing.legend(ax, "lower left")
        return (
            alone(inline(figure, "verdicts", "Wealth by draw for three made-up claims; one crosses the line of 20 after 68 draws")) + "\n"
        )


def tutorial() -> str:
    """The first figure of the report of a run of Lyonesse."""
    from dataclasses import replace

    from groundswell import cases
    from groundswell.report.figures import draw
    from groundswell.report.pictures import pictures
    from groundswell.report.reading import Readings

    run = experiments.run("lyonesse")
    found = {picture.key: picture for _, picture in pictures(Readings(run), cases.load("lyonesse"))[0]}
    crowds, reported = found["crowds"], found["record"]
    drawn = draw(replace(crowds, panels=(crowds.panels[0], reported.panels[0])))
    return alone(drawn) + "\n"


FIGURES: dict[str, Callable[[], str]] = {
    "tutorial.svg": tutorial,
    "concepts/randomness.svg": randomness,
    "concepts/record.svg": record,
    "concepts/verdicts.svg": verdicts,
}


def printed(page: str) -> str:
    """A page whose blocks of text hold what the Python above them prints."""
    parts = re.split(r"(^```(?:python|text)\n.*?^```\n)", page, flags=re.M | re.S)
    said = ""
    for i, part in enumerate(parts):
        if part.startswith("```python"):
            code = part.removeprefix("```python\n").removesuffix("```\n")
            said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        elif part.startswith("```text"):
            parts[i] = f"```text\n{said}```\n"
    return "".join(parts)


def main() -> None:
    """Write all."""
    for page in sorted((DOCS / "concepts").glob("*.md")):
        text = printed(page.read_text(encoding="utf-8"))
        with whole_file(page) as path:
            path.write_text(text, encoding="utf-8")
        print(page)
    for name, make in FIGURES.items():
        with whole_file(DOCS / name) as path:
            path.write_text(make(), encoding="utf-8")
        print(DOCS / name)


if __name__ == "__main__":
    main()
