"""The kind `scenario` says of a run what the run itself says."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell import experiments
from groundswell.core.errors import InputError
from groundswell.studies import Study, designs, scenario

SETTINGS = {"scale": 1, "start": "2021-01-01", "end": "2021-04-30", "seed": 5}
MEASURES = ("reported_monitor", "variance_to_mean")


@pytest.fixture(autouse=True)
def _tiny(tiny_model: None) -> None:
    """The model "tiny" is known, in this process."""


@pytest.fixture
def base(twin):
    return experiments.read(twin, experiments.settings_of(SETTINGS))


def test_it_is_the_run(base, twin, tmp_path):
    points = [{"fear.decay": 0.2, "seed": 11}, {"fear.decay": 0.4, "seed": 12}]
    study = scenario.study(tmp_path / "s", base, points, measures=MEASURES, series=("worry", "mood"))
    assert study.run(1).done == 2
    frame, worry, mood = study.frame(), study.arrays("worry"), study.arrays("mood")
    assert worry.shape == (2, 120)
    for k, point in enumerate(points):
        target = experiments.read(twin, experiments.settings_of({**SETTINGS, **point}))
        run = experiments.run(target)
        assert frame["state_hash"][k] == run.state_hash
        np.testing.assert_array_equal(worry[k], run.national("worry"))
        np.testing.assert_array_equal(mood[k], run.national("mood"))
        kept = experiments.replicates(target, 1)
        for name in MEASURES:
            (measure,) = (m for m in kept.measures if m.key == name)
            assert frame[name][k] == measure.values[0]
    assert frame["fear.decay"].to_list() == [0.2, 0.4]


def test_a_study_moves_with_its_case(base, twin, tmp_path):
    points = designs.replicated([{"fear.decay": 0.2}], 2)
    study = scenario.study(tmp_path / "s", base, points, series=("mood",))
    twin.rename(tmp_path / "moved")
    with pytest.raises(InputError, match="twin"):
        Study(study.folder).run(1)
    moved = Study(study.folder, paths={"case": str(tmp_path / "moved")})
    assert moved.run(1).done == 2
    (tmp_path / "moved" / "cities.csv").write_text((tmp_path / "moved" / "cities.csv").read_text().replace("Northport", "Nordport"))
    with pytest.raises(InputError, match="another table of cities"):
        Study(study.folder, paths={"case": str(tmp_path / "moved")}).run(1)


def test_values_that_a_run_refuses_fail(base, tmp_path):
    study = scenario.study(tmp_path / "s", base, [{"seed": 1}, {"seed": -1}], series=("mood",))
    assert study.run(1).failed == 1
    assert "seed" in study.failed()[1]


def test_mistakes_are_named(base, tmp_path):
    for points, more, message in (
        ([{"fear.decai": 0.1}], {}, "did you mean 'fear.decay'"),
        ([{"fear.decay": 2}], {}, "outside 0 to 1"),
        ([{"seed": 1}], {"measures": ["turnuot"]}, "did you mean 'turnout'"),
        ([{"seed": 1}], {"series": ["mod"]}, "did you mean 'mood'"),
        ([{"seed": 1}], {"series": ["mood", "mood"]}, "twice"),
    ):
        with pytest.raises(InputError, match=message):
            scenario.study(tmp_path / "s", base, points, **more)
    study = scenario.study(tmp_path / "t", base, [{"seed": 1}], measures=("turnout",))
    assert study.run(1).failed == 1
    assert "no such number" in study.failed()[0]


@pytest.mark.slow
@pytest.mark.compiled
def test_workers_give_the_same_bytes(tmp_path, files):
    from pathlib import Path

    atlantis = Path(__file__).parents[1] / "data" / "atlantis"
    base = experiments.read(atlantis, experiments.settings_of({"scale": 10, "start": "2020-01-01", "end": "2020-02-29"}))
    points = designs.replicated(designs.grid({"fear.decay": [0.02, 0.2]}), 2)
    for name, workers in (("one", 1), ("two", 2)):
        scenario.study(tmp_path / name, base, points, measures=("arrests", "turnout"), series=("fear_mean",)).run(workers)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert Study(tmp_path / "one").count().done == 4
