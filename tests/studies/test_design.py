"""A design is a list of runs that grows at its end, and is kept as plain JSON."""

from __future__ import annotations

import json

import pytest

from groundswell.core.errors import InputError
from groundswell.studies import Axis, Choice, Design
from groundswell.studies.design import NAMES, read_axis

AXES = {"b.decay": Axis(0.01, 1.0, log=True), "a.size": Axis(1, 5, whole=True), "a.rule": Choice(("fixed", "adaptive"))}


@pytest.mark.parametrize("name", NAMES)
def test_runs_are_counted_within_their_axes_and_kept(name):
    design = Design(name, AXES, 5, 1, 3)
    runs = list(design.runs())
    assert len(runs) == design.runs_of_points
    assert runs == list(design.runs())
    for run in runs:
        assert list(run) == [*AXES, "seed"]
        assert 0.01 <= run["b.decay"] <= 1
        assert run["a.size"] in (1, 2, 3, 4, 5)
        assert run["a.rule"] in ("fixed", "adaptive")
        assert 0 <= run["seed"] < 1 << 53
    assert Design.of(json.loads(json.dumps(design.document(), sort_keys=True))) == design
    assert list(Design.of(design.document()).axes) == list(AXES)
    assert list(Design(name, AXES, 5, 1, 4).runs()) != runs


@pytest.mark.parametrize("name", [name for name in NAMES if name != "grid"])
def test_more_points_are_added_at_the_end(name):
    short, long = (list(Design(name, AXES, n).runs()) for n in (4, 9))
    assert long[: len(short)] == short
    assert len(long) > len(short)


@pytest.mark.parametrize("name", ["grid", "random", "sequence"])
def test_more_replicates_leave_those_there_are(name):
    few, many = (list(Design(name, AXES, 4, n).runs()) for n in (1, 3))
    assert len(many) == 3 * len(few)
    assert many[::3] == few


def test_a_grid_has_both_ends_and_shares_its_seeds():
    runs = list(Design("grid", {"x": Axis(1, 100, log=True), "n": Axis(1, 2, whole=True)}, 3, 2).runs())
    assert sorted({run["x"] for run in runs}) == pytest.approx([1, 10, 100])
    assert {run["n"] for run in runs} == {1, 2}
    assert len(runs) == 3 * 2 * 2
    assert len({run["seed"] for run in runs}) == 2


def test_a_base_point_has_two_seeds_and_one_crossed():
    runs = list(Design("sobol", {"x": Axis(0, 1), "y": Axis(0, 1)}, 4).runs())[:5]
    first, second = runs[0]["seed"], runs[1]["seed"]
    assert [run["seed"] for run in runs] == [first, second, first, first, second]
    assert [run["x"] == runs[0]["x"] for run in runs] == [True, False, False, True, True]


def test_an_ensemble_without_axes_is_seeds():
    assert [list(run) for run in Design("ensemble", {}, 3).runs()] == [["seed"]] * 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sobl", AXES, 5), "did you mean 'sobol'"),
        (("grid", {}, 5), "needs an axis"),
        (("grid", AXES, 1), "from 2"),
        (("sobol", AXES, 3), "from 4"),
        (("morris", AXES, 5, 2), "chance as an input"),
        (("ensemble", {}, 5, 2), "more points"),
        (("random", AXES, 5, 0), "from 1"),
        (("random", AXES, 2_000_000), "too many"),
    ],
)
def test_mistakes_are_named(words, message):
    with pytest.raises(InputError, match=message):
        Design(*words)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("a.b=0.1:2", Axis(0.1, 2)),
        (" a.b = 0.1 : 2 : log", None),
        ("a.b=0.1:2:log", Axis(0.1, 2, log=True)),
        ("a.b=1:9:whole", Axis(1, 9, whole=True)),
        ("a.b=1,2.5,on", Choice((1, 2.5, "on"))),
        ("a.b=true,false", Choice((True, False))),
        ("a.b", None), ("=1:2", None), ("a.b=", None), ("a.b=1", None), ("a.b=2:1", None), ("a.b=x:1", None),
        ("a.b=1:2:loh", None), ("a.b=0:1:log", None), ("a.b=1:2:3:4", None), ("a.b=1,1", None), ("a.b=nan:1", None),
    ],
)  # fmt: skip
def test_axes_as_typed(text, axis):
    if axis is not None:
        assert read_axis(text) == ("a.b", axis)
        return
    with pytest.raises(InputError, match="--over"):
        read_axis(text)


def test_only_length_may_differ(tmp_path):
    one = Design("random", {"x": Axis(0, 1)}, 5)
    assert one.joined(Design("random", {"x": Axis(0, 1)}, 9, 2), tmp_path) == Design("random", {"x": Axis(0, 1)}, 9, 2)
    assert one.extended(3) == one
    for other in (Design("sequence", one.axes, 5), Design("random", {"x": Axis(0, 2)}, 5), Design("random", one.axes, 5, 1, 9)):
        with pytest.raises(InputError, match="differs in its"):
            one.joined(other, tmp_path)
    with pytest.raises(InputError, match="other values"):
        Design("grid", one.axes, 5).extended(6)
