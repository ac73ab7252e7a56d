"""Epstein 2002, Model I: outbursts of rebellion under three readings of C / A, legitimacy that falls slowly or at once, cops who leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import BOARD, Change, simulate
from groundswell.models.epstein_2002_model_1 import arrest_probability, epstein_2002_model_1, world
from groundswell.reproductions.drawing import CURVES, SHADE, cells, curve, labels, legend
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Ints = npt.NDArray[np.int64]
STEPS, SEEDS, JUMP, LEAVE = 3000, 6, 77, 50
RATIO, LEGITIMACY, DUTY = "rebellion.arrest_ratio", "rebellion.legitimacy", "rebellion.cops_on_duty"
LAST = 65535
# Table 2: what `world` takes, and parameters. Runs 3 and 4 begin alike; L then falls by small steps, or at once. In run 5 cops leave.
RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "run_1": ({"vision": 1.7}, {"rebellion.legitimacy": 0.89, "rebellion.max_jail_term": 15, "rebellion.movement": "nobody"}),
    "run_2": ({}, {}),
    "run_3": ({"cops": 118}, {"rebellion.legitimacy": 0.9, "rebellion.jail_term": "endless"}),
    "run_4": ({"cops": 118}, {"rebellion.legitimacy": 0.9, "rebellion.jail_term": "endless"}),
    "run_5": ({"cops": 118}, {"rebellion.legitimacy": 0.8, "rebellion.jail_term": "endless"}),
}


def outbursts(active: Ints, limit: int = 50) -> tuple[Ints, Ints, Ints]:
    """Of each outburst that ends: its first step above the limit, the first one after it, and the sum of actives."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active > limit]).astype(np.int8)))
    first, end = edges[0 : len(edges) // 2 * 2 : 2], edges[1::2]
    totals = np.array([active[a:b].sum() for a, b in zip(first, end, strict=True)], np.int64)
    return first, end, totals


def run(name: str, seed: int, steps: int, ratio: str, **more: Any) -> Any:
    """One of the paper's runs, with a reading of C / A."""
    where, values = RUNS[name]
    return simulate(epstein_2002_model_1(), world(**where), seed=seed, steps=steps, values={**values, RATIO: ratio}, **more)


def slow_fall() -> list[Change]:
    """L from .9 to .2 by a hundredth a step, from step 77 on."""
    steps = [Change(LEGITIMACY, round(0.9 - 0.01 * j, 2), JUMP + j - 1, JUMP + j - 1) for j in range(1, 70)]
    return [*steps, Change(LEGITIMACY, 0.2, JUMP + 69, LAST)]


def cops_leave() -> list[Change]:
    """A two-hundredth of the cops leaves in each step from step 50 on."""
    return [Change(DUTY, round(1 - j / 200, 3), LEAVE + j, LEAVE + j if j < 200 else LAST) for j in range(1, 201)]


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    figures: dict[str, dict[str, list[float]]] = {}
    data: dict[str, npt.NDArray[Any]] = {}
    for at, ratio in enumerate(("literal", "floor", "round")):
        found = figures[ratio] = {"number": [], "wait": [], "total": [], "peak": []}
        for seed in range(SEEDS):
            tell((at + seed / SEEDS) / 4, f"run 2, C / A {ratio}")
            active = run("run_2", seed, STEPS, ratio).series["active"][:, 0]
            first, end, totals = outbursts(active)
            found["number"].append(len(totals))
            found["wait"].extend((first[1:] - end[: len(first) - 1]).tolist())
            found["total"].extend(totals.tolist())
            found["peak"].append(int(active.max()))
            if seed == 0:
                data[f"active_{ratio}"] = active[:500]
    tell(0.75, "legitimacy and cops")
    peaks: dict[str, list[tuple[float, float]]] = {"fall": [], "jump": [], "leave": []}
    for seed in range(20):
        for what, name, changes in (
            ("fall", "run_3", slow_fall()),
            ("jump", "run_4", [Change(LEGITIMACY, 0.7, JUMP, LAST)]),
            ("leave", "run_5", cops_leave()),
        ):
            series = run(name, seed, 260, "floor", changes=changes).series
            peaks[what].append((float(series["active"].max()), float(series["jailed"][-1, 0])))
    first, _, _ = outbursts(data["active_floor"])
    done = run("run_2", 0, int(first[1]) + 2, "floor", keep=(BOARD,))
    data["board"] = done.final[BOARD.name].reshape(40, 40)
    data["snapshot"] = np.array([int(first[1]) + 1])
    data["waits"], data["totals"] = np.array(figures["floor"]["wait"]), np.array(figures["floor"]["total"])
    return Outcome((*_rule_lines(), *_outburst_lines(figures), *_policy_lines(peaks)), data)


def _rule_lines() -> list[Comparison]:
    """What follows from the rule alone."""
    free = simulate(epstein_2002_model_1(), world(width=120, height=120, citizens=10_080, cops=0), seed=5, steps=1)
    share = float(free.series["active"][0, 0]) / 10_080
    error = float(np.sqrt(4 / 9 * 5 / 9 / 10_080))
    p = float(arrest_probability(1, 1, 2.3, 0, np.full(1024, -1.0)))
    return [
        Comparison("P where one cop sees one active citizen", 0.9, p, "below equation for P", 0.001),
        Comparison("P there", 0.8997412, p, "closed form: 1 - exp(-2.3)", 1e-7),
        Comparison("active without cops, L = .82", 4 / 9, share, "closed form: 1 - T / (1 - L)", 3 * error, error),
    ]


def _outburst_lines(figures: Mapping[str, Mapping[str, list[float]]]) -> list[Comparison]:
    """Run 2, six runs of 3,000 steps for each reading of C / A."""
    printed = "as printed, P stays near 0.5 even where three active citizens outnumber each cop, and nearly everyone stays quiet"
    unknown = "with the whole part of C / A, which gives outbursts at all; the paper does not say how its program rounds"
    lines = []
    for ratio, found in figures.items():
        some = "outbursts" if np.mean(found["number"]) >= 1 else "none"
        lines.append(Comparison(f"outbursts above 50, C / A {ratio}", "outbursts", some, "Figs. 3-4", reason=printed * (some == "none")))
    wait, wait_error = mean_and_error(figures["floor"]["wait"])
    total, total_error = mean_and_error(figures["floor"]["total"])
    lines += [
        Comparison("wait between outbursts, floor, mean", 60, wait, "Fig. 5", 6, wait_error, "steps", unknown),
        Comparison("wait, floor, standard deviation", 55, float(np.std(figures["floor"]["wait"])), "Fig. 5", 5, None, "steps", unknown),
        Comparison("activation of an outburst, floor, mean", 708, total, "Fig. 7", 71, total_error, "persons x steps"),
        Comparison(
            "activation, floor, standard deviation",
            230,
            float(np.std(figures["floor"]["total"])),
            "Fig. 7",
            23,
            None,
            "persons x steps",
            unknown,
        ),
    ]
    return lines


def _policy_lines(peaks: Mapping[str, list[tuple[float, float]]]) -> list[Comparison]:
    """Runs 3 to 5, twenty of each: the most active at once, and who is in jail in the end."""
    middle = {what: np.median(np.array(found), axis=0) for what, found in peaks.items()}
    often = {what: sum(peak > 50 for peak, _ in found) for what, found in peaks.items()}
    rare = (
        f"at once {middle['jump'][0]:.0f} are active in the median run, and {often['jump']} of 20 runs go on to more than 50 (of the slow "
        f"fall, {often['fall']}); the paper shows one run"
    )
    few = "L ends at .7 and not at .2, so that fewer are ever aggrieved enough"
    spike = {what: "above 50" if found[0] > 50 else "never above 50" for what, found in middle.items()}
    burst = "higher" if middle["jump"][0] > 2 * middle["fall"][0] else "not higher"
    more = "more in jail" if middle["jump"][1] > middle["fall"][1] else "fewer in jail"
    return [
        Comparison("active, L from .9 to .2 in small steps, median of 20 runs", "never above 50", spike["fall"], "Fig. 9, run 3: no spike"),
        Comparison("active, L from .9 to .7 at once, median of 20 runs", "above 50", spike["jump"], "Fig. 10, run 4: a spike", reason=rare),
        Comparison("the peak of the jump, against twice that of the slow fall, medians", "higher", burst, "Figs. 9-10"),
        Comparison("in the end, the jump against the slow fall", "more in jail", more, "Figs. 9-10, from an account of them", reason=few),
        Comparison("active, cops leave one by one, median of 20 runs", "above 50", spike["leave"], "Fig. 11, run 5: a spike"),
    ]


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Active citizens over time for three readings of C / A, and the board in the middle of an outburst."""
    left, right = figure.subplots(1, 2, width_ratios=(5, 4))
    for k, ratio in enumerate(("floor", "round", "literal")):
        curve(left, np.arange(500), data[f"active_{ratio}"], f"C / A {ratio}", k, linewidth=1.2)
    left.axhline(50, linewidth=0.8, color=SHADE)
    labels(left, "Run 2", "step", "active citizens")
    left.set(xlim=(0, 500), ylim=(0, None))
    legend(left, "upper right")
    cells(right, data["board"], {0: SHADE, 1: CURVES[1], 3: CURVES[0]}, ("quiet", "active", "cop"))
    right.set_title(f"The board at step {int(data['snapshot'][0])}", loc="left", fontweight="bold", fontsize=10.5)


REPRODUCTION = Reproduction(
    name="epstein_2002_model_1",
    title="Civil violence I: rebellion against a central authority",
    citation="Epstein, J. M. (2002). Modeling civil violence: An agent-based computational approach. "
    "Proceedings of the National Academy of Sciences 99, suppl. 3, 7243-7250.",
    doi="10.1073/pnas.092080199",
    rule="""Citizens and cops stand on a 40 x 40 torus. A citizen's **grievance** is G = H (1 - L), hardship times what the regime lacks in
legitimacy. With C cops and A active citizens in view, oneself counted, the expected probability of arrest is P = 1 - exp(-k C / A), and the
net risk N = R P. A citizen is active if G - N > T. A cop arrests a random active citizen in view, for a term from U(0, J). In each step all
act once in random order: each moves to a random free cell in view, then decides or arrests.

What the paper leaves open has a switch. `arrest_ratio` decides most: **as printed** (`literal`, the default) run 2 has no outburst at all;
the whole part (`floor`), which many programs use, gives punctuated equilibrium, as does rounding (`round`, `half_even`). `jail` takes
people off the board (they come back into view of where they were caught) or leaves them on their cell; `jail_term` and `jail_clock` say how
U(0, J) becomes whole steps; `sequence` puts the move first or last; `world(shape=...)` sets what is seen: "euclid" has 148 cells for
vision 7, and is the only one to which a vision of 1.7 makes sense.""",
    use="""from groundswell import simulate
from groundswell.models.epstein_2002_model_1 import epstein_2002_model_1, world

values = {"rebellion.arrest_ratio": "floor"}  # all else as in the paper's run 2
run = simulate(epstein_2002_model_1(), world(), seed=1, steps=300, values=values)
print(run.series["active"][:, 0].max(), "active at most")""",
    caption="""Left: active citizens in run 2 for three readings of C / A (as Figs. 3 and 4 of the paper); the line is at 50. Right: an
outburst on the board (as Fig. 2).""",
    left_out="""Run 1 (nobody moves) is not run here: it has no printed number to compare. The slope of the logged waits (Fig. 6) and the
tension index (Fig. 8) are left out. The paper's numbers were checked against a public transcription of its Table 2 and text, not against
the printed pages. An independent public re-implementation finds nearly what we find: no outburst in the literal reading, a mean wait of
21.8 steps and a mean activation of 779 with the whole part of C / A.""",
    compute=compute,
    draw=draw,
)
