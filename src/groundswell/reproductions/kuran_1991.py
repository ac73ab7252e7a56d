"""Kuran 1991: ten people, one of whom changes, and a society with several equilibria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import simulate
from groundswell.models.kuran_1991 import ALL_OPPOSITION, OPPOSITION, SEQUENCES, SETTLED, kuran_1991, world
from groundswell.reproductions.drawing import CURVES, SOFT, curve, labels, legend, note, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 12


def course(thresholds: npt.ArrayLike, expected: int = 0) -> npt.NDArray[np.float64]:
    """Public opposition after each step, per cent of one society."""
    people = np.size(thresholds)
    run = simulate(
        kuran_1991(), world(thresholds), seed=1, steps=people + 2, until=SETTLED, values={"choosing.expected": expected}, keep=(OPPOSITION,)
    )
    return np.asarray(run.series[ALL_OPPOSITION.name][:, 0] * 100.0 / people)


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    tell(0.0, "ten people")
    courses = {name: course(thresholds) for name, thresholds in SEQUENCES.items()}
    tell(0.5, "what people expect")
    expected = np.arange(0, 101, 5)
    final = np.array([[course(SEQUENCES[name], int(s))[-1] for s in expected] for name in ("A", "B")])
    where = "World Politics 44(1), pp. 20-21; from memory, unverified"
    lines = [
        Comparison(f"public opposition, {name} = {{{', '.join(map(str, SEQUENCES[name]))}}}", percent, float(found[-1]), where, unit="%")
        for (name, found), percent in zip(courses.items(), (10, 90, 10, 20), strict=True)
    ]
    theorem = "closed form: the equilibrium of the step function that the expectation leads to"
    for name, s, percent in (("A", 15, 10), ("A", 20, 90), ("B", 20, 20), ("B", 30, 90)):
        found = float(final[("A", "B").index(name)][expected.tolist().index(s)])
        lines.append(Comparison(f"public opposition, {name}, where all expect {s} % at first", percent, found, theorem, unit="%"))
    padded = {name: np.append(found, np.full(STEPS - len(found), found[-1])) for name, found in courses.items()}
    return Outcome(tuple(lines), padded | {"expected": expected, "final": final})


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """The courses of the four societies, and the equilibrium against what is expected."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for k, name in enumerate(SEQUENCES):
        values = np.append(0.0, data[name])
        curve(left, np.arange(len(values)), values, name, k, marker="o", markersize=3.5)
        if name != "B":
            said = "A and B" if name == "A" else name
            note(left, STEPS, values[-1], said, xytext=(0, 5), ha="right", color=CURVES[k])
    labels(left, "One person's threshold falls by 10 %", "step", "public opposition, % of society")
    left.set(ylim=(-3, 104), xlim=(0, STEPS + 0.5))
    right.plot([0, 100], [0, 100], color=SOFT, linewidth=0.8)
    points(right, data["expected"], data["final"][0], "A", 0, markersize=8)
    points(right, data["expected"], data["final"][1], "B", 2, markersize=4)
    labels(right, "What all expect at first decides", "expected opposition, %", "public opposition in equilibrium, %")
    right.set(xlim=(-3, 103), ylim=(-3, 104))
    legend(right, "lower right")


REPRODUCTION = Reproduction(
    name="kuran_1991",
    title="Kuran's now out of never: a society of ten, and one changed mind",
    citation="Kuran, T. (1991). Now out of never: The element of surprise in the East European revolution of 1989. World Politics 44(1),"
    " 7-48. Kuran, T. (1989). Sparks and prairie fires: A theory of unanticipated political revolution. Public Choice 61(1), 41-74.",
    doi="10.2307/2010422",
    rule="""People have a private preference between government and opposition, and show a public one. Supporting the government against
one's mind costs peace of mind, the more the more one dislikes it; opposing it costs what others and the state do to one, the less the
larger the public opposition S. So each person switches to the opposition once S, in per cent of the society, reaches a *revolutionary
threshold* T. Somebody with T = 0 always opposes, somebody with T above S supports the government in public, whatever he or she thinks.

S is in equilibrium where exactly S per cent have a threshold of at most S. Society A = {0, 20, 20, 30, ... 80, 100} rests at 10 %. When
one person's threshold falls from 20 to 10, which nobody else can see, S goes to 90 %. In society B, which differs from A in one
threshold, the same change brings one more person onto the street.

All look at the public opposition of the last step at the same moment; people may also go back to the government. With `expected`
people may at first expect an opposition that is not there: the same thresholds then lead to another equilibrium.""",
    use="""from groundswell import simulate
from groundswell.models.kuran_1991 import OPPOSITION, SEQUENCES, SETTLED, kuran_1991, world

societies = world(list(SEQUENCES.values()))  # A, A', B, B'
run = simulate(kuran_1991(), societies, seed=1, steps=12, until=SETTLED, keep=(OPPOSITION,))
print(run.final["opposition"])  # [1 9 1 2] of ten people""",
    caption="""Left: public opposition step by step in the paper's societies of ten; A' and B' are A and B after one person's threshold has
fallen from 20 % to 10 %. Right: the equilibrium of A and B against the opposition that everybody expects at first; on the thin line
expectations come true. The paper tells the left half in words and numbers; the right half is ours.""",
    left_out="""The paper's text could not be had; the sequences and what comes of them are from memory. What thresholds are made of is
left out: the paper describes the two costs without formulas, so the thresholds are given here, and the private preference appears only
in them. The choices in the earlier paper, which weigh two utilities, are not modelled. The paper's account of 1989 is history, not a
simulation.""",
    compute=compute,
    draw=draw,
)
