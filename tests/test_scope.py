"""What docs/scope.md says, held: nothing of a real case finer than province and week but the nation's day, nothing on where units are."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from groundswell import cases, experiments
from groundswell.core.errors import InputError
from groundswell.events.acled import COLUMNS, week_start
from groundswell.experiments import read
from groundswell.society import COVERT

ROOT = Path(__file__).parents[1]
REAL = [cases.load(name) for name in cases.names() if cases.load(name).real]
PLACES = ("IR-05", "IR-20")
# busy: many units, many acts, many gatherings
SETTINGS = {
    "provinces": list(PLACES), "start": "2022-09-10", "end": "2022-10-14", "first_organisation.initial": 200, "acting.rate": 0.5,
    "occasions.rate": 20, "scale": 1000,
}  # fmt: skip
UNITS = {  # by name: an emptied list must fail here
    "acted", "brokered", "called_units", "members_now", "rolled_up", "united", "units_1", "units_2", "units_3", "units_asleep",
    "units_dissolved", "units_founded", "units_live", "units_merged", "units_split", "former_members",
    # who is taken: less those of gatherings, members are left
    "abroad_now", "arrests", "dead_now", "detained_now", "executions", "free_now",
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kept run of the Iran case, with its report."""
    from groundswell.report.html import write_report

    folder = tmp_path_factory.mktemp("scope") / "run"
    experiments.run("iran", out=folder, settings=SETTINGS, report=lambda run, path, case: write_report(run, path, case=case))
    return folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kept comparison of the Iran case, with and without a shock, with its page."""
    from groundswell.report.comparison import write_comparison

    folder = tmp_path_factory.mktemp("scope") / "comparison"
    shock = "death in custody of 16 September 2022"
    experiments.compare("iran", without=shock, replicates=2, out=folder, common=SETTINGS, workers=1, report=write_comparison)
    return folder


def frames_of(folder: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    found = sorted(folder.rglob("*.parquet"))
    assert found
    for path in found:
        yield path.name, pl.read_parquet(path)


def place_column(frame: pl.DataFrame) -> str | None:
    """The column that tells places below the nation."""
    return next((name for name in ("place", "iso", "province", "admin1") if name in frame.columns and frame[name].dtype == pl.String), None)


def check_folder(folder: Path) -> None:
    first = date.fromisoformat(str(SETTINGS["start"]))
    weeks = {first + timedelta(days=7 * k) for k in range(5)}
    for name, frame in frames_of(folder):
        where = place_column(frame)
        regional = frame if where is None else frame.filter(~pl.col(where).is_in(["nation", "Iran"]))
        if where is None:
            assert not {"city", "city_key", "location", "latitude"} & set(frame.columns), name
            continue
        assert set(regional[where]) <= {*PLACES, "Kermanshah", "Semnan"}, name
        for column in frame.columns:
            if frame[column].dtype == pl.Date:
                assert set(regional[column]) <= weeks, (name, column)
        at_gatherings = {"arrests"} if "stream" in frame.columns else set()  # the journal of what happened counts these alone
        for column in UNITS & set(frame.columns) - at_gatherings:
            assert regional[column].null_count() == len(regional), (name, column)
        if "series" in frame.columns:  # one row a series
            assert not UNITS & set(regional["series"]), name
        assert not [c for c in frame.columns if c.startswith("acts_")], name
        assert not {"city", "city_key", "other", "neighbourhood", "unit"} & set(frame.columns), name


@pytest.mark.compiled
def test_the_files_of_a_run(kept: Path) -> None:
    check_folder(kept)
    names = {path.name for path in kept.iterdir()}
    assert {"series.parquet", "nation.parquet", "weekly.parquet", "events.parquet", "record.parquet", "report.html"} <= names


@pytest.mark.compiled
def test_acts_have_no_place(kept: Path) -> None:
    events = pl.read_parquet(kept / "events.parquet")
    assert set(events.filter(pl.col("kind") == "act")["province"]) == {"nation"}
    record = pl.read_parquet(kept / "record.parquet")
    acts = record.filter(pl.col("sub_event_type") == "Other")
    assert len(acts) > 100
    assert set(acts["admin1"]) == {"Iran"}
    assert acts.select("location", "latitude", "longitude").n_unique() == 1
    gatherings = record.filter(pl.col("sub_event_type") != "Other")
    assert gatherings.select("latitude", "longitude").n_unique() == gatherings["admin1"].n_unique()


@pytest.mark.compiled
def test_a_run_in_memory_says_as_little_of_units() -> None:
    run = experiments.run("iran", settings=SETTINGS)
    for name in UNITS & set(run.series):
        assert run.series[name].shape[1] == 1, name
    assert set(COVERT) <= UNITS
    for name, values in run.series.items():
        assert values.shape[1] == 1 or not np.diff(values.reshape(-1, 7, values.shape[1]), axis=1).any(), name  # weeks from Saturday
    assert (np.diff(run.total("turnout")) != 0).any()  # the nation by day
    events, record = run.journals["events"], run.journals["record"]
    for fields, day in ((events, "day"), (record, "event_day"), (record, "reported_day")):
        gathering = fields["kind"] == 0
        assert not (fields[day][gathering] % 7 != int(week_start(0)) % 7).any()
        assert len(set(zip(*(fields[f][gathering].tolist() for f in ("province", "city")), strict=True))) <= len(PLACES)
    acts, told = events["kind"] == 1, record["kind"] == 1
    assert acts.sum() > 100
    assert not events["province"][acts].any()
    assert not events["city"][acts].any()
    assert len({*zip(record["province"][told].tolist(), record["city"][told].tolist(), strict=True)}) == 1


@pytest.mark.compiled
def test_the_report_names_no_city_and_no_unit_by_place(kept: Path) -> None:
    check_page(kept / "report.html")


@pytest.mark.compiled
def test_the_page_of_a_comparison(compared: Path) -> None:
    check_page(compared / "comparison.html")


def check_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    census = cases.load("iran").census()
    cities = {c.name for c in census.cities} - {p.name for p in census.provinces}
    words = set(re.findall(r"[^\W\d_][\w' -]*", re.sub(r"<[^>]+>", "\n", text)))
    spoken = {"Khāsh"}  # the commemoration of Khash is named after a town
    assert not (cities & words) - spoken
    for table in re.findall(r"<table.*?</table>", text, flags=re.S):
        if any(f">{p.name}<" in table for p in census.provinces):
            assert not re.search(r"live units|members of units|units that|acts of units", table), table[:300]


@pytest.mark.compiled
def test_the_files_of_a_comparison(compared: Path) -> None:
    check_folder(compared)


# --- cases ---------------------------------------------------------------------------------------------------------------


def test_there_are_real_cases() -> None:
    assert {"iran", "france_1942"} <= {case.id for case in REAL}


@pytest.mark.parametrize("case", REAL, ids=lambda case: case.id)
def test_a_real_case_is_of_a_closed_period_by_province_and_week(case: cases.Case) -> None:
    assert (case.level, case.interval) == ("province", "week")
    assert case.end < date(2026, 2, 1)
    assert all(figure.end <= case.end for figure in case.figures)
    with pytest.raises(InputError, match="closed period"):
        read(case.id, experiments.settings_of({"end": (case.end + timedelta(days=1)).isoformat()}))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("end = 2023-12-31", "end = 2079-12-31", "a real case is of a closed period, and 2079-12-31 has not passed"),
        ('level = "province"', 'level = "city"', "by province and week, or coarser"),
        ('interval = "week"', 'interval = "day"', "by province and week, or coarser"),
    ],
)
def test_what_a_real_case_may_not_be(tmp_path: Path, old: str, new: str, says: str) -> None:
    folder = tmp_path / "country"
    shutil.copytree(ROOT / "tests" / "data" / "atlantis", folder)
    text = (folder / "case.toml").read_text(encoding="utf-8")
    as_real = (("real = false", "real = true"), ('level = "city"', 'level = "province"'), ('interval = "day"', 'interval = "week"'))
    for invented, real in as_real:
        assert invented in text
        text = text.replace(invented, real)
    (folder / "case.toml").write_text(text, encoding="utf-8")
    cases.load(folder)
    assert old in text
    (folder / "case.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        cases.load(folder)


# --- persons -------------------------------------------------------------------------------------------------------------

PERSONAL = re.compile(r"person(?!s)|people_?name|first_?name|last_?name|surname|victim|suspect|leader_?name|actor_?name|birth|phone")
# A title before a capitalised word names someone. Some titles are names of offices when they stand alone.
TITLED = re.compile(
    r"\b(?:President|Ayatollah|Imam|Sheikh|Mullah|Mawlavi|General|Colonel|Brigadier|Marshal|Marechal|Maréchal|Captain|Sergeant|Minister|"
    r"Premier|Chancellor|Senator|Deputy|Prince|Princess|King|Queen|Shah|Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lord|Lady|Judge|Abbé|Père|"
    r"Monsieur|Madame)\.? (?!Council|Assembly|Ministry|Court|of\b)[A-ZÀ-Ý][a-zà-ÿ]+"
)
PAIR = re.compile(r"\b[A-ZÀ-Ý][a-zà-ÿ'’]+(?: [A-ZÀ-Ý][a-zà-ÿ'’]+)+\b")
STARTS = {"The", "In", "At", "On", "It", "Of", "From", "To", "For", "By", "That", "This", "And", "Its", "If", "One", "No", "After", "Not"}


def texts_of(case: cases.Case) -> Iterator[tuple[str, str]]:
    """Every free text of a case's tables and citations, with where it stands."""
    people = set(cases.ROLES)
    for role, path in case.tables.items():
        if role in people:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                for column, text in row.items():
                    yield f"{path.name}:{number}: {column}", text
    for citation in case.citations:
        yield f"case.toml: citation {citation.key}", f"{citation.text}. {citation.reason}"
        yield f"case.toml: citation {citation.key}", citation.url
    for name in (*case.names.frames, *case.names.organisations, *case.names.sources, case.summary):
        yield "case.toml", name
    notes = case.folder / "SOURCES.md"
    if notes.is_file():
        yield from ((f"SOURCES.md:{n}", line) for n, line in enumerate(notes.read_text(encoding="utf-8").split("\n"), 1))


def admitted(case: cases.Case) -> set[str]:
    """Names that are not of persons: organisations, sources, places, feasts. A new one is added here by hand, after looking at it."""
    listed = (ROOT / "tests" / "data" / "names_of_no_person.txt").read_text(encoding="utf-8").split("\n")
    census = case.census()
    places = {place.name for place in (*census.provinces, *census.cities)}
    return places | {line for line in listed if line and not line.startswith("#")}


@pytest.mark.parametrize("case", REAL, ids=lambda case: case.id)
def test_no_column_is_for_persons(case: cases.Case) -> None:
    for path in case.tables.values():
        for column in path.read_text(encoding="utf-8-sig").split("\n")[0].split(","):
            assert not PERSONAL.search(column), (path.name, column)


@pytest.mark.parametrize("case", REAL, ids=lambda case: case.id)
def test_no_text_of_a_case_names_a_person(case: cases.Case) -> None:
    known = admitted(case)
    for where, text in texts_of(case):
        assert not TITLED.search(text), f"{where}: {TITLED.search(text)}"
        for found in PAIR.findall(text):
            words = found.split()
            while words and words[0] in STARTS:
                words = words[1:]
            rest = " ".join(words)
            for name in sorted(known, key=len, reverse=True):
                rest = rest.replace(name, " ")
            left = [word for word in rest.split() if len(rest.split()) > 1]
            assert not left, f"{where}: {found!r} looks like a person's name; if it is none, admit it in tests/data/names_of_no_person.txt"


def test_the_record_has_no_column_for_a_persons_name() -> None:
    assert not [column.name for column in COLUMNS if PERSONAL.search(column.name)]


def test_the_documents_say_what_is_held() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    scope = " ".join((ROOT / "docs" / "scope.md").read_text(encoding="utf-8").split())
    for sentence in (
        "groundswell studies populations, not persons. All people are synthetic.",
        "no live forecast, no estimate of where clandestine groups are, no search for better tactics, policing or evasion",
        "Acts of destruction are one abstract tactic without description.",
        "naming who makes a claim is not accepting it: a movement's claims and a regime's are tested in the same way",
        "Readers of outside data drop columns that name people.",
        "Recruitment by group is assumed, never fitted or ranked for a real case.",
        "How survival depends on cell size, night share or contact structure is shown for invented countries or in dimensionless limits",
        "(docs/scope.md)",
    ):
        assert sentence in readme, sentence
    whole = readme[readme.index("groundswell studies populations") : readme.index("dimensionless limits only.")]
    assert whole in scope
    for path in re.findall(r"`(tests/[^`]+)`", scope):
        assert (ROOT / path).is_file(), path


def test_no_scenario_of_the_documents_asks_a_real_case_how_cells_survive() -> None:
    """What decides how cells survive stands in scenario files of invented countries only."""
    asked = ("units.split_size", "first_organisation.founders", "acting.night", "detection.", "interrogation.", "recruitment.")
    found = [
        path
        for folder in ("docs", "tests", "src", "benchmarks")
        for path in (ROOT / folder).rglob("*.toml")
        if path.name not in ("case.toml", "fit.toml", "fitted.toml", "concepts.toml") and path.parent.name != "claims"  # forms of their own
    ]
    assert found
    for path in found:
        scenario = read(path)
        assert not scenario.case.real or not [key for key in scenario.values if key.startswith(asked)], path


def test_units_of_the_iran_case_are_founded_alike_everywhere() -> None:
    """No place has a rate of its own, and no policy or shock gives it one but a claimed campaign's call."""
    iran = read("iran", experiments.settings_of({"start": "2014-01-01", "end": "2026-01-31"}))
    placed = [effect for effect in iran.effects if effect.places and "organisation" in effect.parameter]
    assert {effect.parameter.split(".")[1] for effect in placed} <= {"call", "frame"}
    assert {effect.id for effect in placed} == {"khash-2024"}


def test_weeks_begin_on_saturday() -> None:
    assert date.fromisoformat(str(SETTINGS["start"])).weekday() == 5
    assert int(week_start(0)) <= 0
