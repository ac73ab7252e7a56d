"""The dated and documentary tables of a case: what they mean, and what is refused before anything runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from groundswell import cases
from groundswell.core.errors import InputError
from groundswell.experiments import read, settings_of
from groundswell.experiments.plain import as_document, from_document
from groundswell.experiments.scenario import Scenario

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
HEADS = {
    "events": "id,name,role,date,days,parameter,operation,value,places,claimed_by,source,doc",
    "commemorations": "id,name,month,day,from_year,days,push,places,claimed_by,source,doc",
    "campaigns": "id,name,organisation,printed,start,end,tactic,frame,places,call,claimed_count,unit,claimed_by,source,doc",
    "elections": "date,name,kind,official_turnout,capital_turnout,source,claimed_by,called",
    "uprisings": "id,name,start,end,source,doc",
    "figures": "key,place,start,end,value,low,high,unit,claimed_by,source,doc",
    "assertions": "id,part,as_printed,as_corrected,contested,claim,parameter_or_module,test,output,direction",
}
GOOD = {
    "events": "dearth,a bad harvest,drives,2022-01-10,20,calendar.economy,multiply,1.5,Kalliste;AT-01,everyone,assumed,",
    "commemorations": "bells,day of the bells,2,1,2021,2,0.5,,,assumed,",
    "campaigns": "lamps,lamps in windows,1,early 2022,2022-02-10,2022-02-12,all,1,,2,300,acts,a movement,assumed,",
    "elections": "2022-03-06,council,council,0.4,0.3,assumed,the palace,",
    "uprisings": "u,an uprising,2022-01-01,2022-02-01,assumed,",
    "figures": "deaths.february,AT-02,2022-02-01,2022-02-28,12,10,20,persons,a paper,invented,",
    "assertions": "s1,S1,Members are of all kinds.,,,C1,recruitment.former,,members_now,up",
}


@pytest.fixture
def country(tmp_path: Path) -> Path:
    """A copy of Atlantis with one good row in each table."""
    folder = tmp_path / "atlantis"
    shutil.copytree(ATLANTIS, folder)
    text = (folder / "case.toml").read_text(encoding="utf-8")
    (folder / "case.toml").write_text(text.replace("[tables]\n", '[tables]\nassertions = "assertions.csv"\n'), encoding="utf-8")
    for role, head in HEADS.items():
        (folder / f"{role}.csv").write_text(f"{head}\n{GOOD[role]}\n", encoding="utf-8")
    return folder


def add(folder: Path, role: str, *rows: str) -> None:
    with (folder / f"{role}.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)


def effects(scenario: Scenario) -> list[tuple[Any, ...]]:
    return [(e.id, e.parameter, e.operation, e.value, e.start, e.end, e.places) for e in scenario.effects]


def test_every_row_that_drives_becomes_a_dated_change_of_one_parameter(country: Path) -> None:
    call = ("lamps", "first_organisation.call", "add", 2.0, date(2022, 2, 10), date(2022, 2, 12), ())
    frame = ("lamps", "first_organisation.frame", "set", 1.0, date(2022, 2, 10), date(2022, 2, 12), ())
    north, other = cases.load(country).events[0].places
    dearth = ("dearth", "calendar.economy", "multiply", 1.5, date(2022, 1, 10), date(2022, 1, 29), (north, other))
    bells = ("bells", "calendar.focal", "add", 0.5, date(2022, 2, 1), date(2022, 2, 2), ())
    vote = ("", "voting.held", "set", 1.0, date(2022, 3, 6), date(2022, 3, 6), ())
    assert effects(read(country)) == [call, frame, dearth, bells, vote]


def test_a_commemoration_returns_every_year_of_the_case(country: Path) -> None:
    scenario = read(country, settings_of({"start": "2020-01-01", "end": "2023-12-31"}))
    assert [e.start for e in scenario.effects if e.id == "bells"] == [date(year, 2, 1) for year in (2021, 2022, 2023)]


def test_a_boycott_weighs_on_the_vote_and_not_on_acts(country: Path) -> None:
    add(country, "campaigns", "stay,stay at home,1,2022,2022-03-01,2022-03-06,boycott,,,3,90,per cent,a movement,assumed,")
    stay = [e for e in effects(read(country)) if e[0] == "stay"]
    assert [(e[1], e[3]) for e in stay] == [("voting.boycott", 3.0)]


def test_no_claimed_count_turnout_or_figure_drives(country: Path) -> None:
    before = effects(read(country))
    for role, old, new in (("campaigns", ",300,", ",30000,"), ("elections", "0.4,0.3", "0.9,0.8"), ("figures", "12,10,20", "99,10,200")):
        text = (country / f"{role}.csv").read_text(encoding="utf-8")
        assert old in text
        (country / f"{role}.csv").write_text(text.replace(old, new), encoding="utf-8")
    assert effects(read(country)) == before


def test_what_only_tests_is_kept_and_changes_nothing(country: Path) -> None:
    add(country, "events", "seen,what was seen,tests,2022-01-15,3,,,,,a paper,assumed,")
    seen = [e for e in read(country).effects if e.id == "seen"]
    assert [(e.role, e.parameter, e.claimed_by) for e in seen] == [("tests", "", "a paper")]


def test_changes_are_cut_to_the_run_and_the_provinces(country: Path) -> None:
    scenario = read(country, settings_of({"start": "2022-01-20", "end": "2022-02-11", "provinces": ["AT-02"]}))
    found = {e.id: (e.start, e.end, e.places) for e in scenario.effects}
    assert found["dearth"] == (date(2022, 1, 20), date(2022, 1, 29), ("AT-02",))
    assert found["lamps"] == (date(2022, 2, 10), date(2022, 2, 11), ())
    assert "" not in found


def test_provenance_holds_them_and_a_repetition_has_the_same(country: Path, tmp_path: Path) -> None:
    scenario = read(country)
    stored = as_document(scenario, tmp_path)
    assert stored["scenario"]["inherit"] is False
    again = from_document(stored, tmp_path / "run.json", country)
    assert again.effects == scenario.effects


def test_they_are_declined_together_or_one_by_one(country: Path) -> None:
    assert read(country, settings_of({"inherit": False})).effects == ()
    assert {e.id for e in read(country, settings_of({"without": ["lamps"]})).effects} == {"dearth", "bells", ""}
    by_name = settings_of({"without": ["a bad harvest", "council", "day of the bells"]})
    assert {e.id for e in read(country, by_name).effects} == {"lamps"}
    file = country.parent / "scenario.toml"
    head = 'schema = 1\n[scenario]\nname = "x"\ncase = "atlantis"\n'
    file.write_text(head + "inherit = false\n", encoding="utf-8")
    assert read(file).effects == ()
    file.write_text(head + 'without = ["lamps"]\n', encoding="utf-8")
    assert {e.id for e in read(file, settings_of({"without": ["council"]})).effects} == {"dearth", "bells"}


def test_what_is_left_out_must_be_there(country: Path) -> None:
    with pytest.raises(InputError, match=r"no policy, shock or campaign 'lampes'.*did you mean 'lamps'"):
        read(country, settings_of({"without": ["lampes"]}))


def test_figures_by_key_and_beginning(country: Path) -> None:
    add(country, "figures", "deaths.february,,2023-02-01,,,5,9,persons,another paper,invented,")
    case = cases.load(country)
    assert case.figure("deaths.february").value == 12
    assert (case.figure("deaths.february", date(2023, 2, 1)).low, case.figures_of("deaths.february")[0].place) == (5, "AT-02")
    assert case.figure("deaths.march") is None


def test_text_is_text_whatever_it_looks_like(country: Path) -> None:
    add(country, "uprisings", 'odd,"=HYPERLINK(""http://x"",""y"")",2022-01-01,2022-01-02,+1|<b>,@SUM(A1)')
    odd = cases.load(country).uprisings[1]
    assert (odd.name, odd.source, odd.doc) == ('=HYPERLINK("http://x","y")', "+1|<b>", "@SUM(A1)")


WRONG: Sequence[tuple[str, int, str, str, str]] = (
    # table, column by position, what stands there instead, column named, what the error says
    ("events", 8, "Kaliste", "places", "there is no province 'Kaliste' (did you mean 'Kalliste'?)"),
    ("events", 8, "AT-02;AT-02", "places", "named twice"),
    ("events", 3, "2022-02-30", "date", "is not a date"),
    ("events", 3, "10.1.2022", "date", "is not a date"),
    ("events", 3, "2019-12-31", "date", "closed period"),
    ("events", 4, "9999", "days", "beyond the case's closed period"),
    ("events", 4, "0", "days", "outside 1 to"),
    ("events", 2, "drive", "role", "did you mean 'drives'?"),
    ("events", 2, "tests", "parameter", "only tests"),
    ("events", 5, "calendar.econmy", "parameter", "did you mean 'calendar.economy'?"),
    ("events", 5, "", "parameter", "is empty"),
    ("events", 6, "divide", "operation", "not one of set, add, multiply"),
    ("events", 7, "lots", "value", "needs a number"),
    ("events", 7, "1e9", "value", "outside 0 to 100"),
    ("events", 7, "nan", "value", "needs a number"),
    ("events", 10, "", "source", "is empty"),
    ("events", 0, "Dearth!", "id", "short name"),
    ("commemorations", 3, "30", "day", "outside 1 to 28"),
    ("commemorations", 2, "13", "month", "outside 1 to 12"),
    ("commemorations", 6, "much", "push", "finite decimal"),
    ("commemorations", 6, "25", "push", "outside 0 to 20"),
    ("campaigns", 2, "Tridnet", "organisation", "did you mean 'Trident'?"),
    ("campaigns", 2, "4", "organisation", "there is no organisation '4'"),
    ("campaigns", 6, "vidoe", "tactic", "did you mean 'video'?"),
    ("campaigns", 7, "bread", "frame", "there is no frame 'bread'"),
    ("campaigns", 5, "2024-01-01", "end", "outside the case's closed period, 2020-01-01 to 2023-12-31"),
    ("campaigns", 5, "2022-02-01", "end", "before the first"),
    ("campaigns", 9, "1000", "call", "outside 0 to 100"),
    ("campaigns", 10, "about 300", "claimed_count", "whole number"),
    ("campaigns", 11, "", "unit", "is empty"),
    ("elections", 3, "40", "official_turnout", "not a share"),
    ("elections", 0, "2030-01-01", "date", "closed period"),
    ("elections", 7, "2022-03-06", "called", "is not before the vote"),
    ("elections", 7, "soon", "called", "soon"),
    ("uprisings", 3, "2021-01-01", "end", "before the first"),
    ("figures", 0, "deaths", "key", "dotted key"),
    ("figures", 1, "AT-99", "place", "no province 'AT-99'"),
    ("figures", 3, "2024-01-01", "end", "after the case's closed period"),
    ("figures", 4, "25", "value", "outside its own range"),
    ("figures", 6, "5", "high", "below the lowest"),
    ("figures", 7, "", "unit", "is empty"),
    ("assertions", 1, "T1", "part", "not a part"),
    ("assertions", 5, "C1,C2", "claim", "not a list of claims"),
)


@pytest.mark.parametrize(("role", "at", "text", "column", "says"), WRONG, ids=[f"{r}-{c}-{i}" for i, (r, _, _, c, _) in enumerate(WRONG)])
def test_each_mistake_is_one_error_with_file_line_and_column(country: Path, role: str, at: int, text: str, column: str, says: str) -> None:
    fields = GOOD[role].split(",")
    fields[at] = f'"{text}"'
    (country / f"{role}.csv").write_text(f"{HEADS[role]}\n{','.join(fields)}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(country)
    error = caught.value
    assert (str(error.file), error.line, error.key) == (str(country / f"{role}.csv"), 2, column), str(error)
    assert says in str(error)
    assert "\n" not in str(error)


def refused(folder: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read(folder)
    return caught.value


def test_a_unit_of_two(country: Path) -> None:
    add(country, "events", "two,a unit of two,drives,2022-01-10,2,first_organisation.founders,set,2,,,assumed,")
    error = refused(country)
    assert (error.line, error.key) == (3, "value")
    assert "outside 3 to 100" in str(error)


def test_populations_that_do_not_add_up(country: Path) -> None:
    lines = (country / "provinces.csv").read_text(encoding="utf-8").splitlines()
    head, fields = lines[0].split(","), lines[2].split(",")
    fields[head.index("population")] = str(int(fields[head.index("population")]) + 1)
    lines[2] = ",".join(fields)
    (country / "provinces.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    error = refused(country)
    assert (Path(str(error.file)).name, error.key) == ("census.csv", "male, female")
    assert lines[2].split(",")[0] in str(error)


def test_a_missing_province(country: Path) -> None:
    text = (country / "census.csv").read_text(encoding="utf-8").splitlines()
    gone = text[-1].split(",")[0]
    (country / "census.csv").write_text("\n".join(line for line in text if not line.startswith(gone)) + "\n", encoding="utf-8")
    assert gone in str(refused(country))


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("more,more lamps,Trident,2022,2022-02-12,2022-02-20,all,,,1,,,,assumed,", "start", "overlaps 'lamps in windows'"),
        ("more,more lamps,1,2022,2022-02-12,2022-02-20,video,2,AT-02,1,,,,assumed,", "frame", "pushes another frame"),
        ("lamps,more lamps,1,2022,2022-02-13,2022-02-20,video,,,1,,,,assumed,", "id", "'lamps' stands there twice"),
        ("bells,more lamps,1,2022,2022-02-13,2022-02-20,video,,,1,,,,assumed,", "id", "the other is in commemorations.csv, line 2"),
        ("more,lamps in windows,1,2022,2022-02-13,2022-02-20,video,,,1,,,,assumed,", "name", "stands there twice"),
    ],
)
def test_campaigns_that_contradict_each_other(country: Path, row: str, column: str, says: str) -> None:
    add(country, "campaigns", row)
    error = refused(country)
    assert says in str(error)
    assert (Path(str(error.file)).name, error.line, error.key) == ("campaigns.csv", 3, column)


@pytest.mark.parametrize(
    "row",
    [
        "more,more lamps,2,2022,2022-02-12,2022-02-20,all,2,,1,,,,assumed,",
        "more,more lamps,1,2022,2022-02-13,2022-02-20,all,2,,1,,,,assumed,",
        "more,more lamps,1,2022,2022-02-12,2022-02-20,video,1,,1,,,,assumed,",
    ],
    ids=["another organisation", "another time", "another tactic"],
)
def test_campaigns_that_go_together(country: Path, row: str) -> None:
    add(country, "campaigns", row)
    assert "more" in {e.id for e in read(country).effects}


def test_policies_that_set_one_number_twice(country: Path) -> None:
    row = "{0},{0},drives,2022-01-{1},10,calendar.blackout,set,{2},{3},,assumed,"
    add(country, "events", row.format("cut", "01", "0.9", "AT-02"), row.format("half", "05", "0.5", ""))
    error = refused(country)
    assert (error.line, error.key) == (4, "name")
    assert "'half' sets calendar.blackout, and so does 'cut', otherwise, on 2022-01-05 to 2022-01-10 (the other is in line 3)" in str(error)


def test_a_scenarios_own_policy_may_set_what_the_case_sets(country: Path, tmp_path: Path) -> None:
    add(country, "events", "cut,cut,drives,2022-01-01,10,calendar.blackout,set,0.9,,,assumed,")
    file = tmp_path / "scenario.toml"
    policy = '[[policies]]\nname = "open"\nside = "regime"\nparameter = "calendar.blackout"\nvalue = 0\n'
    file.write_text(f'schema = 1\n[scenario]\nname = "x"\ncase = "atlantis"\n{policy}', encoding="utf-8")
    scenario = read(file)
    assert [e.id or e.name for e in scenario.effects if e.parameter == "calendar.blackout"] in (["open", "cut"], ["cut", "open"])
    assert from_document(as_document(scenario, tmp_path), tmp_path / "run.json", country).effects == scenario.effects


def test_figures_that_stand_there_twice(country: Path) -> None:
    add(country, "figures", GOOD["figures"].replace("12,10,20", "13,10,20"))
    assert "'deaths.february' stands there twice (the other is in line 2)" in str(refused(country))


@pytest.mark.parametrize(
    ("head", "key", "says"),
    [
        ("id,name,start,ende,source,doc", "ende", "no such column (did you mean 'end'?)"),
        ("id,name,start,source,doc", "end", "column is missing"),
        ("id,name,start,end,end,source,doc", "end", "twice"),
        ("id,name,start,end,source,doc,person", "person", "no such column"),
    ],
)
def test_columns(country: Path, head: str, key: str, says: str) -> None:
    (country / "uprisings.csv").write_text(head + "\n", encoding="utf-8")
    error = refused(country)
    assert (error.line, error.key) == (1, key)
    assert says in str(error)


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("[tables]\n", '[tables]\ncampaings = "campaigns.csv"\n', "tables.campaings", "did you mean 'campaigns'?"),
        ("[names]\n", '[names]\nframe = ["a", "b", "c"]\n', "names.frame", "did you mean 'frames'?"),
        ('frames = ["bread and charter", ', "frames = [", "names.frames", "at least 3"),
        ('boundaries = "boundaries.json"', 'boundaries = "../boundaries.json"', "map.boundaries", "leaves the case's folder"),
        ('boundaries = "boundaries.json"', 'boundaries = "bounds.json"', "map.boundaries", "no such table"),
        ('["Trident", "Lantern"', '["Trident", "Trident"', "names.organisations[1]", "stands there twice"),
        ('["Trident", "Lantern"', '["2", "Lantern"', "names.organisations[0]", "is a number"),
        ('"calm seas"]', '" calm seas"]', "names.frames[2]", "a space"),
        ('provinces = "provinces.csv"\n', "", "tables.provinces", "is missing"),
        ("end = 2023-12-31", "end = 9999-12-31", "period.end", "outside the years"),
        ("[defaults.scenario]", "[defaults]\nshocks = 5\n[defaults.scenario]", "defaults.shocks", "[[defaults.shocks]]"),
        ("[map]", "[parameter_sources]\nocasions.rate = 'a study'\n[map]", "parameter_sources", "did you mean 'occasions.rate'?"),
        ("[map]", "[parameter_sources]\n'occasions.rate' = 5\n[map]", "parameter_sources.occasions.rate", "a text"),
    ],
)
def test_the_case_file(country: Path, old: str, new: str, key: str, says: str) -> None:
    text = (country / "case.toml").read_text(encoding="utf-8")
    assert old in text
    (country / "case.toml").write_text(text.replace(old, new), encoding="utf-8")
    error = refused(country)
    assert says in str(error)
    assert str(error.key).startswith(key)
    assert error.line is not None


def test_sources_of_parameters_however_their_keys_are_written(country: Path) -> None:
    text = (country / "case.toml").read_text(encoding="utf-8")
    sources = '[parameter_sources]\noccasions.rate = "a study"\n"livelihoods.rate" = "b"\n'
    (country / "case.toml").write_text(text + sources, encoding="utf-8")
    assert cases.load(country).parameter_sources == {"occasions.rate": "a study", "livelihoods.rate": "b"}
    (country / "case.toml").write_text(text.replace("[defaults.parameters]", "[defaults.parametres]") + "[parameter_sources]\na.b = 'c'\n")
    assert "sets no such parameter" in str(refused(country))


@pytest.mark.parametrize(
    ("old", "new", "column", "says"),
    [
        ("AT-02,Kalliste", "AT-01,Kalliste", "id", "stands there twice"),
        ("AT-02,Kalliste", "AT-02,Poseidonis", "name", "stands there twice"),
        ("AT-02,Kalliste", "AT-02,Kalliste;Thera", "name", "parts provinces in lists"),
        ("Kalliste,12", "Kalliste,40000", "code", "outside 1 to 32767"),
        ("Kalliste", "K" * 3000, "name", "at most 2000"),
    ],
)
def test_provinces_that_cannot_be_told_apart(country: Path, old: str, new: str, column: str, says: str) -> None:
    for role in ("events", "figures"):
        (country / f"{role}.csv").write_text(HEADS[role] + "\n", encoding="utf-8")
    text = (country / "provinces.csv").read_text(encoding="utf-8")
    assert old in text
    (country / "provinces.csv").write_text(text.replace(old, new), encoding="utf-8")
    error = refused(country)
    assert says in str(error)
    assert (Path(str(error.file)).name, error.line, error.key) == ("provinces.csv", 3, column)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("\n" + HEADS["uprisings"] + "\n", 1, "the first line names the columns"),
        ("", None, "is empty"),
        (HEADS["uprisings"] + '\n"a\nb",x,2022-01-01,,a,\n', 2, "control characters"),
    ],
)
def test_lines_of_a_table(country: Path, content: str, line: int | None, says: str) -> None:
    (country / "uprisings.csv").write_text(content, encoding="utf-8")
    error = refused(country)
    assert says in str(error)
    assert error.line == line


@pytest.mark.parametrize(
    ("role", "row", "column", "says"),
    [
        ("events", "x,lamps,drives,2022-01-10,2,calendar.focal,add,1,,,assumed,", "name", "is the id of another row"),
        ("events", "units,x,drives,2022-01-10,2,calendar.focal,add,1,,,assumed,", "id", "stands for all organisations"),
        ("campaigns", "x,x,1,2023,2023-02-10,2023-02-12,video,1,,-4,,,,assumed,", "call", "is negative"),
        ("commemorations", "x,x,12,1,2020,1,-9,,,assumed,", "push", "is negative"),
        ("events", "x,council,drives,2023-03-06,1,voting.held,set,0,,,assumed,", "", ""),
    ],
)
def test_rows_that_do_not_go_together(country: Path, role: str, row: str, column: str, says: str) -> None:
    add(country, role, row)
    if not says:  # events and votes may share a name
        read(country)
        return
    error = refused(country)
    assert says in str(error)
    assert (Path(str(error.file)).name, error.line, error.key) == (f"{role}.csv", 3, column)


def test_contradictions_outside_the_run_are_found_too(country: Path) -> None:
    row = "{0},{0},drives,2023-01-{1},10,calendar.blackout,set,{2},,,assumed,"
    add(country, "events", row.format("cut", "01", "0.9"), row.format("half", "05", "0.5"))
    error = refused(country)
    assert error.line == 4
    assert "'half' sets calendar.blackout" in str(error)


def test_a_commemoration_that_began_in_the_year_before_the_case_lasts_into_it(country: Path) -> None:
    add(country, "commemorations", "feast,the feast,12,25,2015,20,1,,,assumed,")
    scenario = read(country, settings_of({"start": "2020-01-01", "end": "2020-01-31"}))
    assert [(e.start, e.end) for e in scenario.effects if e.id == "feast"] == [(date(2020, 1, 1), date(2020, 1, 13))]


def test_more_dated_changes_than_a_scenario_may_have(country: Path) -> None:
    row = "e{0},n{0},drives,2022-01-10,1,calendar.focal,add,0,,,assumed,"
    add(country, "events", *(row.format(i) for i in range(950)))
    error = refused(country)
    assert "more than 900 shocks" in str(error)
    assert error.line == 902


SQUARE = [[1, 1], [2, 1], [2, 2], [1, 1]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "AT-2"}, "there is no province 'AT-2' (did you mean 'AT-02'?)"),
        ({"id": "AT-01"}, "two boundaries of 'AT-01'"),
        ({"id": 5}, "features[1]: has no id"),
        ({"id": "<script>"}, "there is no province '<script>'"),
        ({"geometry": None}, "boundaries of 'AT-02'"),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "a Point, not a Polygon"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "no ring"),
        ({"geometry": {"type": "Polygon", "coordinates": "abc"}}, "not as in GeoJSON"),
        ({"geometry": {"type": "Polygon", "coordinates": [SQUARE[:3]]}}, "4 points at least"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[5e5, 4e6], *SQUARE]]}}, "no degrees"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[float("nan"), 1], *SQUARE]]}}, "NaN is no coordinate"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[True, 1], *SQUARE]]}}, "not as in GeoJSON"),
    ],
)
def test_boundaries_are_checked_before_anything_runs(country: Path, change: dict[str, Any], says: str) -> None:
    tree = json.loads((country / "boundaries.json").read_text(encoding="utf-8"))
    tree["features"][1] |= change
    (country / "boundaries.json").write_text(json.dumps(tree), encoding="utf-8")
    error = refused(country)
    assert says in str(error)
    assert error.file == country / "boundaries.json"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"features": 5}', "[" * 100_000, '{"features": []}', "x\0"])
def test_boundaries_that_are_no_map(country: Path, content: str) -> None:
    (country / "boundaries.json").write_text(content, encoding="utf-8")
    assert refused(country).file == country / "boundaries.json"
