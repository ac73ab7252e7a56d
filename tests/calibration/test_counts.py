"""Counts of a record and of a simulation: the same weeks, places and kinds, sealed years, dated shocks moved or weakened."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from groundswell import cases
from groundswell.calibration.counts import (
    SHOCKS,
    case_digest,
    common_of,
    observed,
    outputs_of,
    scenario_of,
    simulated_counts,
    weekly_counts,
    whole_weeks,
)  # fmt: skip
from groundswell.cases import Case
from groundswell.core.draws import day_date
from groundswell.core.errors import InputError
from groundswell.events.reading import read
from groundswell.events.weekly import DEMONSTRATIONS
from groundswell.experiments.scenario import is_shock

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"


@pytest.fixture(scope="module")
def case() -> Case:
    return cases.load(ATLANTIS)


def common(case: Case, start: date = date(2022, 1, 1), end: date = date(2022, 3, 31)) -> dict[str, Any]:
    shared, paths = common_of(case, ATLANTIS, start=start, end=end, scale=10)
    return {**shared, **paths}


def test_whole_weeks_begin_on_saturday() -> None:
    first, weeks = whole_weeks(date(2016, 1, 1), date(2021, 12, 31))
    assert day_date(first) == date(2016, 1, 2)
    assert weeks == 313
    assert whole_weeks(date(2016, 1, 2), date(2016, 1, 8)) == (first, 1)
    with pytest.raises(InputError, match="no whole week"):
        whole_weeks(date(2016, 1, 3), date(2016, 1, 12))


def record(tmp_path: Path, rows: list[str]) -> Any:
    path = tmp_path / "record.csv"
    head = ",".join(("week_starting", "iso", *DEMONSTRATIONS, "mob_violence", "fatalities"))
    path.write_text("\n".join([head, *rows]))
    return read(path).events


def test_a_record_is_counted_by_hand(case: Case, tmp_path: Path) -> None:
    rows = ["2022-01-01,AT-02,3,1,0,2,9,0", "2022-01-15,AT-01,1,0,1,0,0,4", "2022-04-02,AT-01,8,0,0,0,0,0"]
    found = observed(record(tmp_path, rows), case, date(2022, 1, 1), date(2022, 3, 31))
    assert found.provinces == ("AT-01", "AT-02", "AT-03", "AT-04")
    assert found.total.shape == (12, 4)
    assert found.total[0].tolist() == [0, 6, 0, 0]
    assert found.contested[0].tolist() == [0, 3, 0, 0]
    assert found.total[2].tolist() == [2, 0, 0, 0]
    assert found.deaths[2].tolist() == [4, 0, 0, 0]
    assert found.kinds[0].tolist() == [3, 1, 0, 2]
    assert found.total.sum() == 8
    assert found.between(date(2022, 1, 8), date(2022, 1, 20)).total.sum() == 2
    assert found.weeks[1] == date(2022, 1, 8)


def test_an_unknown_region_is_named(case: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no province 'AT-09'"):
        observed(record(tmp_path, ["2022-01-01,AT-09,3,1,0,2,0,0"]), case, date(2022, 1, 1), date(2022, 3, 31))


def test_sealed_years_of_a_real_case_are_refused(tmp_path: Path) -> None:
    iran = cases.load("iran")
    events = record(tmp_path, ["2023-12-30,IR-07,3,1,0,2,0,0", "2024-01-06,IR-07,3,1,0,2,0,0"])
    with pytest.raises(InputError, match="kept for a score"):
        observed(events, iran, date(2023, 1, 1), date(2024, 1, 12))
    assert observed(events, iran, date(2023, 12, 30), date(2024, 1, 12), sealed=None).total.sum() == 12


def test_an_unknown_key_of_a_task_is_refused(case: Case) -> None:
    with pytest.raises(InputError, match=r"did you mean 'occasions\.rate'"):
        scenario_of(common(case), {"seed": 1, "occasions.rat": 3.0})


def test_shocks_are_weakened_moved_and_taken_away(case: Case) -> None:
    shared = common(case)
    plain = {e.id: e for e in scenario_of(shared, {"seed": 1}).effects if is_shock(e, case)}
    assert set(plain) == {"bread-price", "ferry"}
    half = {e.id: e for e in scenario_of(shared, {"seed": 1, SHOCKS: 0.5}).effects if is_shock(e, case)}
    assert half["bread-price"].value == pytest.approx(2**0.5)
    none = {e.id: e for e in scenario_of(shared, {"seed": 1, SHOCKS: 0.0}).effects if is_shock(e, case)}
    assert none["bread-price"].value == none["ferry"].value == 1
    moved = scenario_of(shared, {"seed": 1, "shift": 60}).effects
    found = {e.id: e for e in moved if is_shock(e, case)}
    assert found["bread-price"].start == date(2022, 3, 16)
    assert found["bread-price"].end == date(2022, 3, 31)  # cut by the end of the run
    assert "ferry" not in found or found["ferry"].start <= date(2022, 3, 31)
    others = [e for e in moved if not is_shock(e, case)]
    assert others == [e for e in scenario_of(shared, {"seed": 1}).effects if not is_shock(e, case)]


def test_outputs_have_the_declared_shapes(case: Case) -> None:
    shapes = {name: one.shape for name, one in outputs_of(common(case)).items()}
    assert shapes == {"total": (12, 4), "contested": (12, 4), "deaths": (12, 4), "kinds": (12, 4)}


@pytest.mark.compiled
def test_a_simulated_record_is_counted_as_a_real_one(case: Case, tmp_path: Path) -> None:
    """The counts of a task are those of the run's own weekly table, read back as a record."""
    from groundswell import experiments
    from groundswell.events.acled import of_source
    from groundswell.events.weekly import weekly

    shared, payload = common(case), {"seed": 4, "livelihoods.rate": 60.0, SHOCKS: 1.0}
    found = simulated_counts(shared, payload)
    arrays = weekly_counts(shared, payload)
    assert (arrays["total"] == found.total).all()
    assert arrays["total"].dtype == np.uint16
    run = experiments.run(scenario_of(shared, payload))
    table = weekly(of_source(run.journals["record"], 0), run.places)
    table.with_columns(pl.col("week_starting").cast(pl.String)).write_csv(tmp_path / "weekly.csv")
    again = observed(read(tmp_path / "weekly.csv").events, case, date(2022, 1, 1), date(2022, 3, 31))
    assert found.total.sum() > 50
    for name in ("total", "contested", "deaths", "kinds"):
        assert (getattr(found, name) == getattr(again, name)).all(), name


@pytest.mark.compiled
def test_a_parameter_and_the_strength_of_shocks_reach_the_counts(case: Case) -> None:
    shared = common(case)
    few, many = (simulated_counts(shared, {"seed": 4, "livelihoods.rate": rate}).total.sum() for rate in (10.0, 80.0))
    assert many > 3 * few
    weak, strong = (simulated_counts(shared, {"seed": 4, SHOCKS: s}).total.sum() for s in (0.0, 3.0))
    assert strong > weak


def test_a_case_s_hash_follows_what_drives_it(tmp_path: Path) -> None:
    folder = tmp_path / "country"
    shutil.copytree(ATLANTIS, folder)
    before = case_digest(cases.load(folder))
    for name, other in (("figures.csv", False), ("uprisings.csv", False), ("fit.toml", False), ("events.csv", True), ("cities.csv", True)):
        text = (folder / name).read_bytes()
        (folder / name).write_bytes(text.rstrip(b"\n"))
        assert (case_digest(cases.load(folder)) != before) == other, name
        (folder / name).write_bytes(text)
