"""Forecasts from rolling origins: kept, resumed, the same on any number of workers; and what is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.forecasts import worlds

from groundswell.core.errors import InputError
from groundswell.forecasts import scores
from groundswell.forecasts.evaluating import ALL, EQUAL_WITHOUT, TELLING, WITHOUT, Evaluation, evaluate, gain, table
from groundswell.forecasts.leaks import CHANGES, changed
from groundswell.forecasts.rolling import opened, read_record, rolling, write_record
from groundswell.forecasts.scoring import came, cell_scores
from groundswell.forecasts.weeks import NAMES, with_nation

RECORD = worlds.counts_of(worlds.autoregression(230, 4, seed=3, shared=0.2))
CHEAP = ("last value", "seasonal mean", "last 13 weeks", "last 52 weeks")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evaluation]:
    folder = tmp_path_factory.mktemp("forecasts")
    return folder, evaluate(folder, RECORD, worlds.CALENDAR, "total", 190, names=CHEAP, draws=60, workers=1)


def test_a_record_is_kept_as_it_is(tmp_path: Path) -> None:
    write_record(tmp_path / "record", RECORD, worlds.CALENDAR)
    counts, calendar = read_record(tmp_path / "record")
    assert np.array_equal(counts.total, RECORD.total)
    assert (counts.first, counts.provinces, calendar) == (RECORD.first, RECORD.provinces, worlds.CALENDAR)


def test_an_origin_does_not_depend_on_the_others_or_on_the_workers(tmp_path: Path) -> None:
    names, some = rolling(tmp_path / "a", RECORD, worlds.CALENDAR, "total", [150, 171, 172], names=CHEAP, draws=30, workers=1)
    _, shared = rolling(tmp_path / "b", RECORD, worlds.CALENDAR, "total", [150, 171, 172], names=CHEAP, draws=30, workers=2)
    _, one = rolling(tmp_path / "c", RECORD, worlds.CALENDAR, "total", [172], names=CHEAP, draws=30, workers=1)
    assert names == CHEAP
    assert some.shape == (3, 4, 30, 4, 4)
    assert np.array_equal(some, shared)
    assert np.array_equal(some[2], one[0])


def test_what_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    how = {"names": CHEAP, "draws": 20, "workers": 1}
    rolling(tmp_path, RECORD, worlds.CALENDAR, "total", [150, 160], **how)
    done = []
    from groundswell.forecasts.rolling import World

    before = World.at
    monkeypatch.setattr(World, "at", lambda self, weeks: (done.append(weeks), before(self, weeks))[1])
    _, again = rolling(tmp_path, RECORD, worlds.CALENDAR, "total", [150, 160, 170], **how)
    assert done == [170]
    assert len(again) == 3


def test_another_record_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    how = {"names": CHEAP[:1], "draws": 20, "workers": 1}
    rolling(tmp_path, RECORD, worlds.CALENDAR, "total", [150], **how)
    other = worlds.counts_of(RECORD.total + 1)
    with pytest.raises(InputError, match="another study"):
        rolling(tmp_path, other, worlds.CALENDAR, "total", [150], **how)


@pytest.mark.parametrize(("origins", "problem"), [([50], "from 104"), ([231], "from 104")])
def test_origins_that_are_too_early_or_late_are_refused(tmp_path: Path, origins: list[int], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        rolling(tmp_path, RECORD, worlds.CALENDAR, "total", origins, names=CHEAP)


def test_misspelt_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'last 13 weeks'"):
        rolling(tmp_path, RECORD, worlds.CALENDAR, "total", [150], names=("last 13 week",))
    with pytest.raises(InputError, match="did you mean 'total'"):
        rolling(tmp_path, RECORD, worlds.CALENDAR, "totel", [150])


def test_a_fit_is_never_from_after_its_origin(tmp_path: Path) -> None:
    write_record(tmp_path / "record", RECORD, worlds.CALENDAR)
    common = {"record": str(tmp_path / "record"), "target": "total", "draws": 20, "horizons": 4, "seed": 1, "forecasters": list(CHEAP)}
    world = opened(common)
    for weeks in range(104, 150):
        world.at(weeks)
        assert all(104 <= then <= weeks for then, _ in world.fitted.values())


def test_scores_are_those_of_the_draws(kept: tuple[Path, Evaluation]) -> None:
    folder, found = kept
    _, drawn = rolling(folder, RECORD, worlds.CALENDAR, "total", [*range(104, 187), *range(190, 230)], names=CHEAP, draws=60, workers=1)
    row, name = 7, "last 52 weeks"
    draws = with_nation(drawn[-40 + row, CHEAP.index(name)].astype(float))
    y = with_nation(RECORD.total[197:201].astype(float))
    assert found.scores.of(name, "crps")[row, :, 0] == pytest.approx(scores.crps(draws, y)[:, :-1].mean(axis=1))
    assert found.scores.of(name, "log_score")[row, :, 1] == pytest.approx(scores.log_score(draws, y)[:, -1])
    above = scores.crps(np.maximum(draws, found.rules.onset), np.maximum(y, found.rules.onset))
    assert found.scores.of(name, "crps_above")[row, :, 1] == pytest.approx(above[:, -1])
    waits = (with_nation(RECORD.total[193:197]) < found.rules.onset).all(axis=0)
    exact = scores.brier((draws >= found.rules.onset).mean(axis=0), y >= found.rules.onset)
    assert found.scores.of(name, "onset")[row, :, 0] == pytest.approx(exact[:, :-1][:, waits[:-1]].mean(axis=1))


def test_weeks_beyond_the_record_are_not_scored(kept: tuple[Path, Evaluation]) -> None:
    values = kept[1].scores.of("last value", "crps")
    assert np.isfinite(values[:-3]).all()
    assert np.isnan(values[-1, 1:]).all()
    assert np.isfinite(values[-1, 0]).all()
    assert np.isnan(came(RECORD, "total", 229, 4, 230)[1:]).all()


def test_the_classes_share_the_weeks(kept: tuple[Path, Evaluation]) -> None:
    found = kept[1]
    assert sum(found.weeks_of(kind) for kind in NAMES) == found.weeks_of(ALL) == 40
    counted = sum(np.isfinite(found.cells("last value", "crps", "nation", 1, kind)).sum() for kind in NAMES)
    assert counted == 40
    for kind in (ALL, *NAMES):
        assert np.isfinite(found.cells("last value", "crps", "nation", 4, kind)).sum() == found.weeks_of(kind, 4)
    assert found.weeks_of(ALL, 4) == 37, "the first three weeks are not forecast from four weeks before"


def test_shares_and_rules_are_set_before_the_scored_weeks(kept: tuple[Path, Evaluation], tmp_path: Path) -> None:
    other = evaluate(tmp_path, changed(RECORD, 190, CHANGES[1]), worlds.CALENDAR, "total", 190, names=CHEAP, draws=60, workers=1)
    assert other.shares == kept[1].shares
    assert (other.rules.uprising, other.rules.onset.tolist()) == (kept[1].rules.uprising, kept[1].rules.onset.tolist())
    earlier = evaluate(tmp_path / "b", changed(RECORD, 160, CHANGES[1]), worlds.CALENDAR, "total", 190, names=CHEAP, draws=60, workers=1)
    assert earlier.shares != other.shares


def test_the_table_tells_everything_once(kept: tuple[Path, Evaluation]) -> None:
    found = kept[1]
    made = table(found)
    assert made.height == 2 * 5 * 4 * (len(CHEAP) + 2)
    main = made.filter(level="nation", ahead=0, **{"class": ALL})
    best = main.filter(forecaster=found.best("nation"))
    assert best["skill"].item() == 0
    assert main.filter(main["forecaster"].is_in(CHEAP))["crps"].min() == best["crps"].item()
    assert (main["crps_low"] <= main["crps"]).all()
    assert (main["crps"] <= main["crps_high"]).all()
    told = made.filter(pl.col("weeks") >= TELLING)["crps_low"]
    few = made.filter(pl.col("weeks") < TELLING)
    assert np.isfinite(told.to_numpy()).all()
    assert len(few), "this record has classes of few weeks"
    assert np.isnan(few["crps_low"].to_numpy()).all()
    assert np.isnan(few["skill_high"].to_numpy()).all()
    assert gain(found, "nation") is None


def test_a_pool_is_about_as_good_as_its_best_member(kept: tuple[Path, Evaluation]) -> None:
    found = kept[1]
    pool = np.nanmean(found.cells(WITHOUT, "crps", "province"))
    assert pool < 1.05 * np.nanmean(found.cells(found.best("province"), "crps", "province"))
    assert sum(found.shares[WITHOUT]["province"].values()) == pytest.approx(1.0)
    assert found.shares[EQUAL_WITHOUT]["nation"] == dict.fromkeys(CHEAP, 1 / len(CHEAP))
    assert not np.array_equal(found.cells(WITHOUT, "crps", "nation"), found.cells(EQUAL_WITHOUT, "crps", "nation"), equal_nan=True)


def test_too_few_training_weeks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="are needed"):
        evaluate(tmp_path, RECORD, worlds.CALENDAR, "total", 100, names=CHEAP)


def test_a_place_that_is_in_it_already_is_not_asked_for_an_onset() -> None:
    draws, observed = np.zeros((10, 1, 2)), np.zeros((1, 2))
    values, _ = cell_scores(draws, observed, np.array([2.0, 2.0]), np.array([False, True]))
    assert np.isnan(values["onset"][0, 0])
    assert values["onset"][0, 1] == 0
