"""A record made by the simulator is a file: the readers read it back to the same table, whichever file it is in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from tests.observation.common import DAY, WRONG, events, source
from tests.oracles.stage import world

from groundswell import experiments
from groundswell.core.draws import day_date
from groundswell.events.acled import ACT_CODE, GATHERING, chief_cities, chief_province, from_acled, of_source, to_acled, week_start
from groundswell.events.reading import Reading, read
from groundswell.events.table import KINDS, PLACE_PRECISIONS
from groundswell.events.weekly import DEMONSTRATIONS, weekly_table
from groundswell.experiments.tables import record_frame
from groundswell.observation import ACT, observe
from groundswell.society import RECORD, SOURCES

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
STAGE = world(3, cities=4, rows=30, scale=1000).places
PLACES = replace(STAGE, cities=tuple(replace(c, latitude=30.5 + k, longitude=50.25) for k, c in enumerate(STAGE.cities)))
HELD = ("source", "event_day", "province", "city", "kind", "sub_event", "reported_day", "size_reported", "fatalities_reported")
LATENT = ("stream", "tactic", "arrests_reported", "invented")
CODED = (*DEMONSTRATIONS, "other")  # kinds of the Events table in the order of the record's codes
PARTS = st.integers(0, 10**6)


def record_of(seed: int, n: int) -> dict[str, np.ndarray]:
    """What three sources report that err in everything."""
    things = events(PLACES, n, seed=seed, days=20)
    told = []
    for number in range(3):
        of = source(number, (0, 2, ACT)[number], **WRONG)
        told.append(observe(things, of, seed, places=PLACES, first=DAY, last=DAY + 19, compiled=False))
    return {f.name: np.concatenate([part[f.name] for part in told]) for f in RECORD.fields}


def exported(record: dict[str, np.ndarray], level: str, interval: str) -> pl.DataFrame:
    parts = [
        to_acled(of_source(record, k), PLACES, "Atlantis", 900, name, level=level, interval=interval)  # type: ignore[arg-type]
        for k, name in enumerate(SOURCES)
    ]
    return pl.concat(parts)


def coarsened(record: dict[str, np.ndarray], level: str, interval: str) -> dict[str, np.ndarray]:
    """What the columns of ACLED hold of a record, at most this fine."""
    fields = {name: values.astype(np.int64) for name, values in record.items()}
    fields["size_reported"] = np.where(fields["kind"] == GATHERING, fields["size_reported"], 0)  # an act's is not told
    if interval == "week":
        fields["event_day"], fields["reported_day"] = week_start(fields["event_day"]), week_start(fields["reported_day"])
    if level == "province":
        chief = np.array([PLACES.cities[c].key for c in chief_cities(PLACES)])
        where = np.where(fields["kind"] == GATHERING, PLACES.position_of_code[fields["province"]], chief_province(PLACES))
        fields["province"], fields["city"] = PLACES.codes[where], chief[where]
    return fields


def sorted_rows(record: dict[str, np.ndarray]) -> list[tuple[int, ...]]:
    return sorted(zip(*(record[name].tolist() for name in HELD), strict=True))


def same_events(one: Reading, other: Reading, *, but: tuple[str, ...] = ()) -> None:
    assert one.counts == other.counts
    assert one.counts["set_aside"] == one.counts["noted"] == 0
    assert one.counts["kept"] == one.counts["rows"]
    assert one.events.frame.drop(but).equals(other.events.frame.drop(but))


@pytest.mark.parametrize("level", ["city", "province"])
@pytest.mark.parametrize("interval", ["day", "week"])
@settings(max_examples=10)
@given(seed=PARTS, n=st.integers(0, 40))
def test_a_record_comes_back_from_acleds_columns(level, interval, seed, n) -> None:
    """Everything that the columns hold, of three sources that err in everything, as fine as may be told."""
    record = record_of(seed, n)
    frame = exported(record, level, interval)
    again = from_acled(frame, PLACES, SOURCES)
    assert sorted_rows(again) == sorted_rows(coarsened(record, level, interval))
    assert not any(again[name].any() for name in LATENT)
    twice = exported(again, level, interval)
    told = [column for column in frame.columns if column != "event_id_cnty"]  # ids also keep streams and acts' sizes apart
    assert twice.select(told).sort(told).equals(frame.select(told).sort(told))


@pytest.mark.parametrize("level", ["city", "province"])
@pytest.mark.parametrize("interval", ["day", "week"])
def test_parquet_and_csv_are_read_to_the_same_events(level, interval, tmp_path: Path) -> None:
    """As a record of ours, and as if it were ACLED's; every column says what the record says."""
    record = record_of(3, 60)
    frame = exported(record, level, interval)
    frame.write_parquet(tmp_path / "record.parquet")
    frame.write_csv(tmp_path / "record.csv")
    ours, text, acled = (read(tmp_path / name, format=form) for name, form in
                         (("record.parquet", None), ("record.csv", None), ("record.csv", "acled")))  # fmt: skip
    assert ours.format.name == text.format.name == "record"
    assert acled.format.name == "acled"
    same_events(ours, text)
    same_events(ours, acled, but=("reporter",))
    assert acled.events.frame["reporter"].null_count() == len(frame)
    table, back = ours.events.frame, from_acled(frame, PLACES, SOURCES)
    assert table["kind"].to_list() == [CODED[code] for code in back["sub_event"].tolist()]
    assert table["first"].to_list() == [day_date(day) for day in back["event_day"].tolist()]
    assert ((table["last"] - table["first"]).dt.total_days() == (6 if interval == "week" else 0)).all()
    assert set(table["precision"]) == {interval}
    assert table["reporter"].to_list() == [SOURCES[k] for k in back["source"].tolist()]
    assert table["size_low"].fill_null(0).to_list() == table["size_high"].fill_null(0).to_list() == back["size_reported"].tolist()
    assert table["deaths"].to_list() == back["fatalities_reported"].tolist()
    names = {p.code: p.name for p in PLACES.provinces}
    inside = back["kind"] == GATHERING
    regions = [names[code] if told or level == "city" else "Atlantis" for code, told in zip(back["province"].tolist(), inside, strict=True)]
    assert table["region"].to_list() == regions
    assert set(table["place_precision"]) == {"town" if level == "city" else "region"} <= set(PLACE_PRECISIONS)
    assert (table["count"] == 1).all()
    assert set(table["kind"]) <= set(KINDS)


def test_weeks_counted_from_the_file_are_those_counted_from_the_record(tmp_path: Path) -> None:
    """The counts that a likelihood is of: the same from the journal, from the file, and from what the file is read to."""
    record = record_of(5, 300)
    frame = exported(record, "city", "day")
    frame.write_csv(tmp_path / "record.csv")
    table = read(tmp_path / "record.csv").events.frame
    for number, name in enumerate(SOURCES):
        counts, start = weekly_table(of_source(record, number), PLACES)
        again, same_start = weekly_table(of_source(from_acled(frame, PLACES, SOURCES), number), PLACES)
        assert np.array_equal(counts, again)
        assert start == same_start
        found = np.zeros_like(counts)
        mine = table.filter(pl.col("reporter") == name)
        where = [[p.name for p in PLACES.provinces].index(region) for region in mine["region"]]
        week = (mine["first"] - day_date(start)).dt.total_days().to_numpy() // 7
        kind = np.array([CODED.index(k) for k in mine["kind"]])
        np.add.at(found, (week, where, kind), mine["count"].to_numpy())
        np.add.at(found, (week, where, 5), np.where(kind == ACT_CODE, 0, mine["deaths"].to_numpy()))
        assert np.array_equal(counts, found)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("case", "given"),
    [(ATLANTIS, {}), ("iran", {"scale": 1000, "start": "2022-09-10", "end": "2022-10-21"})],
    ids=["an invented country, by city and day", "a real one, by province and week"],
)
def test_the_folder_of_a_run_holds_a_record_that_reads_back(case, given, tmp_path: Path) -> None:
    scenario = experiments.read(str(case), experiments.settings_of(given))
    run = experiments.run(scenario, out=tmp_path / "run")
    kept = read(tmp_path / "run" / "record.parquet")
    export = pl.read_parquet(tmp_path / "run" / "record.parquet")
    assert len(export) > 20
    export.write_csv(tmp_path / "record.csv")
    same_events(kept, read(tmp_path / "record.csv"))
    same_events(kept, read(tmp_path / "record.csv", format="acled"), but=("reporter",))
    assert kept.events.frame["id"].to_list() == export["event_id_cnty"].to_list()
    assert set(kept.events.frame["reporter"]) <= set(scenario.sources)
    if not scenario.case.real:
        told = record_frame(run, scenario.case, scenario.sources)
        assert told is not None
        assert told.equals(export)
        record = run.journals["record"]
        untold = {"size_reported": np.where(record["kind"] == GATHERING, record["size_reported"], 0)}
        assert sorted_rows(from_acled(export, run.places, scenario.sources)) == sorted_rows({**record, **untold})
