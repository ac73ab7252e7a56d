"""Epstein 2002, Model II: two groups, coexistence and the end of one of them, with and without peacekeepers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import BOARD, simulate
from groundswell.models.epstein_2002_model_2 import EXTINCT, epstein_2002_model_2, world
from groundswell.reproductions.drawing import CURVES, INK, cells, curve, labels, legend
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONG, MANY, FEW, SHOWN = 2000, 30, 10, 8
RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # Table 2: what `world` takes, and parameters
    "run_6": ({}, {"communal_violence.legitimacy": 0.9}),
    "run_7": ({}, {}),
    "run_8": ({}, {"communal_violence.cops": 64}),
}


def run(name: str, seed: int, steps: int, **values: Any) -> Any:
    """One of the paper's runs until a group is gone; `values` by the parameter's own name."""
    where, base = RUNS[name]
    more = {f"communal_violence.{key}": value for key, value in values.items()}
    return simulate(
        epstein_2002_model_2(), world(**where), seed=seed, steps=steps, until=EXTINCT, values={**base, **more}, keep=(BOARD, EXTINCT)
    )


def gone(done: Any) -> bool:
    """Whether a group has died out."""
    return bool(done.final[EXTINCT.name][0])


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    data: dict[str, npt.NDArray[Any]] = {}
    tell(0.0, "run 7")
    ends, victors = [], []
    for seed in range(MANY):
        done = run("run_7", seed, LONG)
        ends.append(len(done.days) if gone(done) else LONG)
        victors.append(bool(done.series["blue"][-1, 0] > 0))
        if seed < SHOWN:
            data[f"blue_{seed}"] = done.series["blue"][:, 0]
            data[f"green_{seed}"] = done.series["green"][:, 0]
    tell(0.2, "run 6")
    peaceful = [run("run_6", seed, 300) for seed in range(FEW)]
    tell(0.5, "peacekeepers")
    lasting = [len(run("run_8", seed, LONG).days) for seed in range(FEW)]
    cut = run("run_7", 0, 30)
    data["board"], data["ends"] = cut.final[BOARD.name].reshape(40, 40), np.array(ends)
    blue = sum(victors)
    both = "both survive" if not any(map(gone, peaceful)) else "one dies out"
    killed = sum(int(done.series["killed"][-1, 0]) for done in peaceful)
    stable = "both survive" if min(lasting) == LONG else "one dies out"
    even = "random" if abs(blue - MANY / 2) < 3 * math.sqrt(MANY / 4) else "one side"
    nasty = "as printed the cops cannot hold it: one group was gone after " + f"{np.mean(lasting):.0f} steps on average"
    later = "later" if np.mean(lasting) > np.mean(ends) else "not later"
    table = (
        Comparison("L = .9, no cops, 300 steps, 10 runs", "both survive", both, "Fig. 12, run 6"),
        Comparison("killed there", 0, killed, "closed form: G = H (1 - L) < T", unit="persons"),
        Comparison("L = .8, no cops: runs in which one group dies out", MANY, sum(e < LONG for e in ends), "text to Fig. 13, n = 30"),
        Comparison("who survives", "random", even, "text to Fig. 13"),
        Comparison(
            "4 % cops from the start", "both survive", stable, 'text, run 8: "stable, but nasty"', reason=nasty * (stable != "both survive")
        ),
        Comparison("end with 4 % cops against none, mean", "later", later, "Figs. 15-16"),
    )
    return Outcome(table, data)


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Both groups over time in eight runs, and a board on the way."""
    left, right = figure.subplots(1, 2, width_ratios=(5, 4))
    for seed in range(SHOWN):
        for k, name in enumerate(("blue", "green")):
            series = data[f"{name}_{seed}"]
            curve(left, np.arange(len(series)), series, name if seed == 0 else "", k, linewidth=1.1, linestyle="-")
    labels(left, "Run 7: L = .8, no cops", "step", "members of a group")
    left.set(xlim=(0, None), ylim=(0, None))
    legend(left, "upper left")
    board = data["board"]
    shown = np.where(board >= 2, 2, board)
    cells(right, shown, {0: CURVES[0], 1: CURVES[1], 2: INK}, ("blue, quiet", "green, quiet", "active"))
    right.set_title("The board at step 29", loc="left", fontweight="bold", fontsize=10.5)


REPRODUCTION = Reproduction(
    name="epstein_2002_model_2",
    title="Civil violence II: two groups, with and without peacekeepers",
    citation="Epstein, J. M. (2002). Modeling civil violence: An agent-based computational approach. "
    "Proceedings of the National Academy of Sciences 99, suppl. 3, 7243-7250.",
    doi="10.1073/pnas.092080199",
    rule="""Two groups, blue and green, share a 40 x 40 torus. Everyone has a hardship H and a risk aversion R; the legitimacy L is how far
each group accepts the other's right to exist. Whoever's H (1 - L) - R P exceeds T is **active** and kills a random member of the other
group in view. Cops arrest active persons of both groups alike, with the P and the terms of Model I. Everyone leaves a clone on a free
neighbouring cell with probability .05 a step, and dies at an age from U(0, 200). A clone has its parent's group and H.

What we chose: a turn is move, act, clone; a clone has a risk aversion and an age at death of its own; terms are 1 to J whole steps; the
jailed are off the board, and grow old there. `arrest_ratio` reads C / A as in Model I.""",
    use="""from groundswell import simulate
from groundswell.models.epstein_2002_model_2 import EXTINCT, epstein_2002_model_2, world

run = simulate(epstein_2002_model_2(), world(), seed=1, steps=1000, until=EXTINCT)
print(len(run.days), "steps until a group is gone")""",
    caption="Left: blue and green in eight runs without cops (as Fig. 13 of the paper). Right: the board of one of them on the way.",
    left_out="""Mean and deviation of the waiting time over cop densities (Figs. 15 to 17) are printed as graphs only. Withdrawing the
peacekeepers is left out. The paper's numbers were checked against a public transcription of its Table 2 and text, not against the printed
pages.""",
    compute=compute,
    draw=draw,
)
