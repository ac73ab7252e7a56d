"""What a record looks like, on records whose look is known; and on the weekly record that the model's figures were counted from."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from groundswell.core.errors import InputError
from groundswell.events.by_week import WHOLE
from groundswell.events.echoes import LAGS, blocks, echo
from groundswell.events.exploring import WEEKS, Weekly, as_json, bursts, explore, moments, weekdays
from groundswell.events.table import Events, schema
from groundswell.events.weekly import moments_of

RECORD = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder")) / "iran_demonstrations_weekly_2016_2023.csv"
SATURDAY = date(2001, 1, 6)


def events(rows: list[dict[str, Any]], source: str = "events") -> Events:
    """A table of rows that differ from a peaceful protest of one day in Alba."""
    usual = {
        "first": SATURDAY, "precision": "day", "country": "Arcadia", "region": "Alba", "place_precision": "region",
        "kind": "peaceful_protest", "count": 1,
    }  # fmt: skip
    full = [dict.fromkeys(schema()) | usual | row | {"row": k, "id": str(k)} for k, row in enumerate(rows, 1)]
    for row in full:
        row["last"] = row["last"] or row["first"] + timedelta(days=6 if row["precision"] == "week" else 0)
    return Events(pl.DataFrame(full, schema=schema(), orient="row"), source, "made-up.csv", "0" * 32)


def each_week(counts: np.ndarray, **more: Any) -> Events:
    """A record by week: counts of shape (weeks, regions)."""
    rows = [
        {"first": SATURDAY + timedelta(days=7 * int(k)), "precision": "week", "region": f"R{r}", "count": int(counts[k, r]), **more}
        for k, r in zip(*np.nonzero(counts), strict=True)
    ]
    return events(rows)


@pytest.fixture
def table() -> np.ndarray:
    rng = np.random.default_rng(4)
    heat = np.exp(np.cumsum(rng.normal(0, 0.3, 120)) * 0.3)
    return rng.poisson(heat[:, None] * [4.0, 2.0, 0.4]).astype(float)


def test_a_table_comes_back_as_it_was(table: np.ndarray) -> None:
    table[0] = table[-1] = 1
    found = explore(each_week(table))
    np.testing.assert_array_equal(found.weekly.total, table)
    assert found.weekly.regions == ("R0", "R1", "R2")
    assert found.weekly.nation["total"].tolist() == table.sum(axis=1).tolist()
    assert sum(year.events for year in found.years) == table.sum()
    assert found.weekdays is None
    assert "the record tells weeks and no days: no profile of weekdays" in found.notes


def test_values_are_those_by_which_a_fit_is_judged(table: np.ndarray) -> None:
    found, expected = moments(table, table.sum(axis=1)), moments_of(table)
    for name, one in found.items():
        assert one.value == pytest.approx(getattr(expected, name))
        assert one.low <= one.high
    assert set(found) == {
        "mean", "variance_to_mean", "empty", "autocorrelation_1", "autocorrelation_2", "autocorrelation_4", "province_correlation", "fano",
    }  # fmt: skip


def test_weights_of_one_give_the_value_itself(table: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The formulas of the replicates are those of the moments: a bootstrap that draws every week once returns them."""
    monkeypatch.setattr("groundswell.events.exploring.blocks", lambda weeks, *_: np.ones((3, weeks)))
    for name, one in moments(table, table.sum(axis=1)).items():
        assert one.low == pytest.approx(one.value, abs=1e-9), name
        assert one.high == pytest.approx(one.value, abs=1e-9), name


def test_blocks_hold_weeks_on_end() -> None:
    drawn = blocks(40, 8, 50, WEEKS)
    assert drawn.shape == (50, 40)
    assert (drawn.sum(axis=1) == 40).all()
    np.testing.assert_allclose(blocks(40, 8, 4000, WEEKS).mean(axis=0), 1, atol=0.1)


def test_intervals_of_the_mean_cover() -> None:
    rng, inside = np.random.default_rng(2), 0
    for _ in range(100):
        counts = rng.poisson(5.0, (160, 1)).astype(float)
        found = moments(counts, counts[:, 0])["mean"]
        inside += found.low <= 5 <= found.high
    assert 82 <= inside <= 97


def test_weekdays_that_are_alike_are_told_from_those_that_are_not() -> None:
    rng = np.random.default_rng(3)
    flat = [weekdays(rng.poisson(3.0, (150, 7)).astype(float), 5) for _ in range(40)]
    assert 0 <= sum(one.p <= 0.05 for one in flat if one) <= 6
    uneven = weekdays(rng.poisson([3, 3, 3, 3, 3, 3, 1], (150, 7)).astype(float), 5)
    assert uneven is not None
    assert uneven.p < 0.01
    assert uneven.shares[6].high < 1
    assert uneven.deviation.value > uneven.chance
    assert np.mean([share.value for share in uneven.shares]) == pytest.approx(1)


def test_one_great_day_is_no_pattern() -> None:
    days = np.zeros((60, 7))
    days[:, :] = 1
    days[30, 2] = 300
    found = weekdays(days, 5)
    assert found is not None
    assert found.p > 0.5


def test_days_count_from_the_first_day_of_the_week() -> None:
    rows = [{"first": SATURDAY + timedelta(days=k)} for k in range(70)] + [
        {"first": SATURDAY + timedelta(days=7 * k + 2)} for k in range(10)
    ]
    found = explore(events(rows)).weekdays
    assert found is not None
    assert found.first == SATURDAY.weekday()
    assert [share.value for share in found.shares] == pytest.approx([7 / 8] * 2 + [14 / 8] + [7 / 8] * 4)


def of(nation: list[float]) -> Weekly:
    counts = np.array(nation, float)
    zero = np.zeros_like(counts)
    sums = {"total": counts, "contested": zero, "deaths": zero}
    return Weekly(37000 + 5, ("all",), counts[:, None], zero[:, None], zero[:, None], sums, None)


def test_bursts_are_weeks_on_end_above_twice_the_usual() -> None:
    found = bursts(of([10.0] * 20 + [50, 80, 60] + [10] * 20 + [19] + [10] * 5 + [40] + [10] * 10))
    assert [(one.weeks, one.events, one.peak, one.usual) for one in found] == [(3, 190, 80, 10.0), (1, 40, 40, 10.0)]
    assert bursts(of([0.0] * 30 + [3] + [0] * 30)) == ()
    assert bursts(of([100.0] * 30 + [190] + [100] * 30)) == ()
    assert [one.events for one in bursts(of([0.0] * 30 + [4] + [0] * 30))] == [4]


def lagged(mourning: float, seed: int = 1, weeks: int = 420, places: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Counts that wander, deaths that follow them, and so many events more on the fortieth day."""
    rng = np.random.default_rng(seed)
    counts, deaths, more = np.zeros((weeks, places)), np.zeros((weeks, places)), np.zeros((weeks + 10, places))
    level = np.zeros(places)
    for week in range(weeks):
        level = 0.7 * level + rng.normal(0, 0.4, places)
        counts[week] = rng.poisson(4 * np.exp(level)) + rng.poisson(more[week])
        deaths[week] = rng.random(places) < np.minimum(0.005 * counts[week], 0.5)
        early = rng.random(places) < 2 / 7
        more[week + 5] += mourning * deaths[week] * early
        more[week + 6] += mourning * deaths[week] * ~early
    return counts, deaths


def test_the_fortieth_day_is_found_where_it_is() -> None:
    found, _ = echo(*lagged(6.0))
    assert found is not None
    assert found.echo_low > 0
    assert found.bump_low > 0
    assert found.echo == pytest.approx(6 * 29 / 49, abs=1.5)  # the two weeks are told apart by chance only
    difference = np.array(found.after) - np.array(found.matched)
    assert LAGS[int(np.argmax(difference))] == 6


def test_no_echo_is_seldom_called_one() -> None:
    results = [echo(*lagged(0.0, seed, places=4))[0] for seed in range(12)]
    outside = [one.bump_low > 0 or one.bump_high < 0 for one in results if one is not None]
    assert len(outside) >= 10
    assert sum(outside) <= 4


def test_too_little_says_why() -> None:
    counts, deaths = lagged(0.0)
    assert echo(counts[:20], deaths[:20]) == (None, "20 whole weeks are too few")
    assert echo(counts, 0 * deaths) == (None, "the record tells of no deaths")
    few = 0 * deaths
    few[50, 0] = 1
    found, why = echo(counts, few)
    assert found is None
    assert why.startswith("only ")


def test_empty_cells_by_year() -> None:
    counts = np.ones((104, 2))
    counts[52:, 1] = 0
    counts[103, 1] = 1
    found = {year.year: year for year in explore(each_week(counts)).years}
    assert found[2001].empty == 0
    assert found[2002].empty == pytest.approx(51 / 104, abs=0.02)
    assert found[2002].empty_contested == 1


def test_nothing_is_left_out_in_silence() -> None:
    week = timedelta(days=7)
    rows = [{"first": SATURDAY + k * week} for k in range(20)]
    rows += [{"first": SATURDAY, "precision": "month"}, {"first": SATURDAY, "region": None}, {"first": SATURDAY, "kind": "armed_violence"}]
    rows += [{"first": SATURDAY, "last": SATURDAY + week}, {"first": SATURDAY + week, "precision": "week"}]
    rows += [{"first": SATURDAY + 19 * week + timedelta(days=6)}, {"first": SATURDAY - timedelta(days=2)}, {"first": SATURDAY + 60 * week}]
    found = explore(events(rows), closed=date(2001, 12, 31))
    assert [note.partition(" ")[0] for note in found.notes if note[0].isdigit()] == ["1"] * 7
    said = " ".join(found.notes)
    for word in (
        "closed years",
        "other kinds",
        "several days",
        "only a month",
        "weeks that the period cuts",
        "no region",
        "not among the weekdays",
    ):
        assert word in said, word
    assert found.weekly.nation["total"].sum() == 24
    assert found.weekly.total.sum() == 23


def test_a_record_without_regions_has_one_column() -> None:
    found = explore(events([{"first": SATURDAY + timedelta(days=k), "region": None} for k in range(70)]))
    assert found.weekly.regions == (WHOLE,)
    assert "province_correlation" not in found.moments["total"]
    assert set(found.echoes) == set()


def test_years_alone_are_counted_by_year() -> None:
    rows = [{"first": date(year, 1, 1), "last": date(year, 12, 31), "precision": "year", "kind": "campaign"} for year in (1980, 1980, 1983)]
    found = explore(events(rows))
    assert [(year.year, year.events) for year in found.years] == [(1980, 2), (1981, 0), (1982, 0), (1983, 1)]
    assert found.counted == ("campaign",)
    assert found.moments == {"total": {}, "contested": {}}
    assert as_json(found)["first_week"] is None


def test_weeks_may_begin_on_any_day() -> None:
    rows = [{"first": SATURDAY + timedelta(days=2 + 7 * k), "precision": "week", "count": k + 1} for k in range(10)]
    found = explore(events(rows))
    assert found.weekly.nation["total"].tolist() == list(range(1, 11))


def test_refusals() -> None:
    two = events([{}, {"country": "Utopia"}])
    many = events([{"first": SATURDAY + timedelta(days=k % 70), "region": f"town {k}"} for k in range(300)])
    old = events([{"first": date(3, 1, 1)}, {}])
    for record, words in ((two, "--country"), (many, "first-level"), (old, "more than 100 years"), (events([{"count": 0}]), "no event")):
        with pytest.raises(InputError, match=words):
            explore(record)
    with pytest.raises(InputError, match="before it begins"):
        explore(events([{}]), first=date(2001, 2, 1), last=date(2001, 1, 1))
    with pytest.raises(InputError, match="no event lies within"):
        explore(events([{}]), closed=date(2000, 12, 31))


def test_numbers_for_programs_are_plain(table: np.ndarray) -> None:
    import json

    content = as_json(explore(each_week(table)))
    again = json.loads(json.dumps(content, allow_nan=False))
    assert again["moments"]["total"]["mean"]["value"] == pytest.approx(sum(again["nation"]["total"]) / again["weeks"])


@pytest.mark.skipif(not RECORD.is_file(), reason="GROUNDSWELL_RECORDS does not name a folder with the weekly records")
def test_the_figures_that_the_model_starts_from() -> None:
    from groundswell.events.reading import read

    found = explore(read(RECORD).events, last=date(2021, 12, 31))
    assert found.weekly.total.shape == (314, 31)
    total, contested = found.moments["total"], found.moments["contested"]
    printed = {
        "mean": (49.1, 0.05), "variance_to_mean": (25.4, 0.05), "autocorrelation_1": (0.33, 0.005), "autocorrelation_2": (0.23, 0.005),
        "autocorrelation_4": (0.18, 0.005), "empty": (0.51, 0.005), "province_correlation": (0.28, 0.005), "fano": (2.54, 0.005),
    }  # fmt: skip
    for name, (value, room) in printed.items():
        assert total[name].value == pytest.approx(value, abs=room), name
        assert total[name].low < value < total[name].high, name
    for name, value, room in (("mean", 2.7, 0.05), ("variance_to_mean", 34, 0.5), ("empty", 0.95, 0.005)):
        assert contested[name].value == pytest.approx(value, abs=room), name
    assert [year.events for year in found.years[1:]] == [1635, 2510, 2910, 2405, 1983, 3982]
    assert explore(read(RECORD).events).years[-1].empty == pytest.approx(0.27, abs=0.005)
    assert found.years[1].empty == pytest.approx(0.61, abs=0.005)
