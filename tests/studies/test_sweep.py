"""A sweep is stopped, resumed, extended and queried; its commands and its page say what it says."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from groundswell import experiments
from groundswell.cli import main
from groundswell.core.errors import InputError, StoreError
from groundswell.report.study import page
from groundswell.studies import Axis, Choice, Design, Study
from groundswell.studies.sweep import CELLS, Sweep, check_scope

SETTINGS = {"scale": 1, "start": "2021-01-01", "end": "2021-04-30", "seed": 5}
MEASURES = ("reported_monitor", "variance_to_mean")
AXES = {"fear.decay": Axis(0.05, 0.5, log=True), "policing.fatigue": Choice(("off", "on"))}
ONE = {"fear.decay": Axis(0.1, 0.4)}


@pytest.fixture(autouse=True)
def _tiny(tiny_model: None) -> None:
    """The model "tiny" is known, in this process."""


@pytest.fixture
def base(twin):
    return experiments.read(twin, experiments.settings_of(SETTINGS))


def told(*words, expect=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == expect, (result.output, result.exception)
    return result


def test_all_that_varies_is_chance(base, tmp_path, files):
    """No parameter of the tiny model changes what is reported, so that all indices are those of the seed."""
    sweep = Sweep.begin(tmp_path / "s", base, Design("sobol", AXES, 8), measures=MEASURES)
    assert sweep.run(1).done == len(sweep.study)
    assert len(sweep.study) < sweep.design.runs_of_points  # a switch has two options: some runs are the same
    found = sweep.indices("reported_monitor", resamples=20)
    assert found.inputs == ("fear.decay", "policing.fatigue", "chance")
    np.testing.assert_allclose(found.total.value[:2], 0.0, atol=1e-12)
    assert found.total.value[2] > 0.4
    assert (found.used, found.lost) == (8, 0)
    with pytest.raises(InputError, match="design 'morris'"):
        sweep.effects("reported_monitor")
    with pytest.raises(InputError, match="did you mean"):
        sweep.indices("reported_moniter")
    assert sweep.extend(points=10) > 0
    with pytest.raises(InputError, match="still to be done"):
        sweep.indices("reported_monitor")
    sweep.run(1)
    other = Sweep.begin(tmp_path / "t", base, Design("sobol", AXES, 10), measures=MEASURES)
    other.run(1)
    assert files(sweep.study.folder) == files(other.study.folder)


def test_a_curve_is_the_mean_of_its_runs(base, tmp_path):
    sweep = Sweep.begin(tmp_path / "s", base, Design("grid", AXES, 3, 2), measures=MEASURES)
    sweep.run(1)
    frame, curve = sweep.frame(), sweep.curve("reported_monitor", "fear.decay")
    assert curve.at == pytest.approx((0.05, 0.05 * 10**0.5, 0.5))
    assert curve.runs == (4, 4, 4)
    for at, mean in zip(curve.at, curve.mean, strict=True):
        assert mean == frame.filter(frame["fear.decay"] == at)["reported_monitor"].mean()
    assert sweep.curve("reported_monitor", "policing.fatigue").at == ("off", "on")
    assert abs(sweep.curve("reported_monitor", "fear.decay").explained) < 0.3
    with pytest.raises(InputError, match=r"did you mean 'fear\.decay'"):
        sweep.curve("reported_monitor", "fear.decya")


def test_classes_hold_as_many_runs_each(base, tmp_path):
    sweep = Sweep.begin(tmp_path / "s", base, Design("sequence", ONE, 24), measures=MEASURES)
    sweep.run(1)
    curve = sweep.curve("reported_monitor", "fear.decay")
    assert curve.runs == (4,) * 6
    assert list(curve.at) == sorted(curve.at)
    assert (curve.low < curve.mean).all()


def test_effects_of_chance_alone(base, tmp_path):
    sweep = Sweep.begin(tmp_path / "s", base, Design("morris", ONE, 4), measures=MEASURES)
    sweep.run(1)
    found = sweep.effects("reported_monitor", resamples=20)
    assert found.inputs == ("fear.decay", "chance")
    assert found.effects.size.value[0] == 0 < found.effects.size.value[1]


def test_a_failed_run_takes_its_base_point_with_it(base, tmp_path, monkeypatch):
    sweep = Sweep.begin(tmp_path / "s", base, Design("sobol", ONE, 6), measures=MEASURES)
    from groundswell.studies import scenario

    real, seed = scenario.simulated, next(sweep.design.runs())["seed"]

    def some(world, payload):
        if payload["seed"] == seed:
            raise InputError("is refused")
        return real(world, payload)

    monkeypatch.setattr(scenario, "simulated", some)
    assert sweep.run(1).failed == 2
    found = sweep.indices("reported_monitor", resamples=20)
    assert (found.used, found.lost) == (5, 1)
    assert "1 left out" in page(sweep)
    assert "is refused" in page(sweep)


def test_what_was_killed_between_its_notes_and_its_tasks_is_whole_again(base, tmp_path, monkeypatch):
    sweep = Sweep.begin(tmp_path / "s", base, Design("random", ONE, 4), measures=MEASURES)
    with monkeypatch.context() as patch:
        patch.setattr(Study, "extend", lambda *_, **__: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            sweep.extend(points=6)
    again = Sweep(tmp_path / "s")
    assert (again.design.points, len(again.study)) == (6, 4)
    with pytest.raises(InputError, match="run the sweep first"):
        again.values("reported_monitor")
    assert again.run(1).done == 6


def test_only_length_may_differ(base, tmp_path):
    Sweep.begin(tmp_path / "s", base, Design("random", ONE, 4), measures=MEASURES)
    with pytest.raises(InputError, match="differs in its axes"):
        Sweep.begin(tmp_path / "s", base, Design("random", AXES, 4), measures=MEASURES)
    with pytest.raises(InputError, match="differs in 'measures'"):
        Sweep.begin(tmp_path / "s", base, Design("random", ONE, 4), measures=MEASURES[:1])
    assert len(Sweep.begin(tmp_path / "s", base, Design("random", ONE, 2), measures=MEASURES).study) == 4
    assert len(Sweep.begin(tmp_path / "s", base, Design("random", ONE, 5, 2), measures=MEASURES).study) == 10


def test_other_studies_are_no_sweeps(base, tmp_path):
    from groundswell.studies import scenario

    scenario.study(tmp_path / "s", base, [{"seed": 1}], measures=MEASURES)
    with pytest.raises(InputError, match="no sweep"):
        Sweep(tmp_path / "s")
    Study(tmp_path / "s").note({"design": {"name": "sobol"}})
    with pytest.raises(StoreError, match="altered"):
        Sweep(tmp_path / "s")


@pytest.mark.parametrize("key", [*CELLS, "recruitment.rate"])
def test_how_cells_survive_is_asked_of_no_real_case(key):
    real = experiments.read("iran", experiments.settings_of({"scale": 1000, "start": "2022-09-01", "end": "2022-09-30"}))
    with pytest.raises(InputError, match="invented countries only"):
        check_scope(real, Design("grid", {key: Axis(0, 1)}, 2))


def test_the_commands(twin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    common = (twin, "--scale", 1, "--start", "2021-01-01", "--end", "2021-02-28", "--measure", MEASURES[0], "--workers", 1)
    over = ("--over", "fear.decay=0.1:0.4", "--over", "policing.fatigue=off,on")
    done = told("sweep", *common, *over, "--design", "sobol", "--points", 4, "--out", "s")
    assert "first" in done.output
    assert done.output.endswith("study.html\n")
    text = (tmp_path / "s" / "study.html").read_text(encoding="utf-8")
    assert "Sobol&#x27;s indices" in text
    assert "<script" not in text
    told("sweep", *common, *over, "--design", "sobol", "--points", 5, "--out", "s", "-q")
    assert Sweep(tmp_path / "s").design.points == 5
    assert "mu*" in told("sweep", *common, *over, "--points", 4, "--out", "m").output
    assert "of the variance" in told("sweep", *common, *over, "--design", "grid", "--points", 2, "--out", "g").output
    assert told("study", "g", "--curve", "policing.fatigue").output.count(" runs\n") == 2
    assert "64 of 64" not in told("ensemble", *common, "--members", 3, "--series", "mood", "--no-report", "-q").output
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("-ensemble")
    assert told("study", folder, "--points", 5, "--workers", 1).output.startswith("5 of 5 runs done")
    assert "By day" in (folder / "study.html").read_text(encoding="utf-8")
    told("study", folder, "--csv", "rows.csv", "--verify", "-q")
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sweep", "--over", "fear.decya=0:1"), "did you mean 'fear.decay'"),
        (("sweep", "--over", "fear.decay=0:2", "--design", "grid"), "outside 0 to 1"),
        (("sweep", "--over", "fear.decay=0:1", "--over", "fear.decay=0:1"), "twice"),
        (("sweep", "--over", "fear.decay=0:1", "--measure", "turnuot"), "did you mean 'turnout'"),
        (("sweep", "--over", "fear.decay=0:1", "--resume", "--out", "new"), "nothing to go on with"),
        (("ensemble", "--scheduler", "tcp://10.0.0.5:8786"), "TLS alone"),
        (("ensemble", "--scheduler", "tls://10.0.0.5:8786", "--local"), "leave --local"),
        (("ensemble", "--tls-ca", "x.pem"), "--scheduler"),
        (("ensemble", "--scheduler", "tls://10.0.0.5:8786", "--tls-ca", "x.pem"), "no such file"),
    ],
)
def test_mistakes_are_one_line(twin, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    result = told(words[0], twin, *words[1:], "--start", "2021-01-01", "--end", "2021-01-31", expect=2)
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("parts"))


def test_a_page_of_an_unfinished_sweep_tells_nothing_of_what_came_out(base, tmp_path):
    sweep = Sweep.begin(tmp_path / "s", base, Design("morris", ONE, 4), measures=MEASURES)
    text = page(sweep)
    assert "12 missing" in text
    assert "What came out" not in text
    sweep.run(1)
    assert "What came out" in page(sweep)
    assert page(sweep) == page(Sweep(tmp_path / "s"))
