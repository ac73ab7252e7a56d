import datetime
import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from groundswell.core.errors import InputError
from groundswell.experiments import read, settings_of
from groundswell.experiments.plain import as_document, from_document

Write = Callable[..., Path]

POLICY = '[[policies]]\nname = "p"\nside = "regime"\nparameter = "fear.decay"\nvalue = 0.2\n'
SHOCK = '[[shocks]]\nname = "s"\nrole = "drives"\ndate = 2021-02-01\nparameter = "fear.decay"\nvalue = 0.2\n'


def refused(path: Path, options: Any = ()) -> InputError:
    """The one error of a scenario, in one line and under a second, with nothing written."""
    read(path.parent / "twin")  # imports are not what is timed
    before = sorted(path.parent.rglob("*"))
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read(path, options)
    assert time.perf_counter() - started < 1
    assert "\n" not in str(caught.value)
    assert sorted(path.parent.rglob("*")) == before
    return caught.value


def test_a_case_runs_with_its_defaults(twin: Path) -> None:
    scenario = read(twin)
    assert (scenario.name, scenario.start, scenario.end) == ("twin", date(2021, 1, 1), date(2021, 3, 31))
    assert scenario.values == {"fear.decay": 0.1}
    assert (scenario.scale, scenario.seed, scenario.days) == (1, 1, 90)
    assert [(e.name, e.start, e.end) for e in scenario.effects] == [("curfew", date(2021, 1, 1), date(2021, 1, 15))]
    assert read(twin / "case.toml").values == scenario.values


def test_a_file_wins_over_the_case_and_options_win_over_the_file(write: Write) -> None:
    path = write('[parameters]\nfear.decay = 0.2\nfear.witnesses = 5\n[switches]\nrule = "adaptive"\npolicing.fatigue = true\n')
    scenario = read(path)
    assert scenario.values == {"fear.decay": 0.2, "fear.witnesses": 5, "policing.rule": "adaptive", "policing.fatigue": "on"}
    options = [(("parameters", "fear.decay"), 0.3, "--set fear.decay=0.3"), (("run", "seed"), 9, "--seed")]
    over = read(path, options)
    assert over.values["fear.decay"] == 0.3
    assert over.seed == 9


@pytest.mark.parametrize("form", ['"fear.decay" = 0.2', "fear.decay = 0.2", "fear = { decay = 0.2 }", "[parameters.fear]\ndecay = 0.2"])
def test_parameters_may_be_written_in_any_of_tomls_ways(write: Write, form: str) -> None:
    assert read(write(f"[parameters]\n{form}\n")).values == {"fear.decay": 0.2}


@pytest.mark.parametrize("form", ["rule = 'adaptive'", "policing.rule = 'adaptive'", "'policing.rule' = 'adaptive'"])
def test_a_switch_may_be_named_in_short(write: Write, form: str) -> None:
    assert read(write(f"[switches]\n{form}\n")).values["policing.rule"] == "adaptive"


def test_a_short_name_that_means_two_switches_is_refused(write: Write) -> None:
    assert "policing.fatigue, policing.rule" in str(refused(write("[switches]\npolicing = 'adaptive'\n")))
    flagship = '[model]\nname = "resistance"\n[switches]\nparticipation = "threshold"\n'
    head = 'schema = 1\n[scenario]\nname = "x"\ncase = "iran"\n'
    assert read(write(flagship, head=head)).values["participation.rule"] == "threshold"


def test_policies_and_shocks_become_the_engines_changes(write: Write) -> None:
    scenario = read(
        write(POLICY + 'places = ["South"]\nstart = 2021-02-01\n' + SHOCK.replace("0.2", "0.1") + 'operation = "add"\ndays = 3\n')
    )
    from groundswell.experiments.resolve import model_of

    changes = scenario.changes(model_of("tiny").parameters, ["AT-1", "AT-2"])
    assert [(c.name, c.places, c.operation, c.end - c.start) for c in changes] == [
        ("curfew", (), "multiply", 14),
        ("p", (1,), "set", 149),
        ("s", (), "add", 2),
    ]


def test_what_only_tests_changes_nothing(write: Write) -> None:
    scenario = read(write('[[shocks]]\nname = "seen"\nrole = "tests"\ndate = 2021-02-01\nclaimed_by = "a movement"\n'))
    from groundswell.experiments.resolve import model_of

    assert [e.role for e in scenario.effects] == ["drives", "tests"]
    assert len(scenario.changes(model_of("tiny").parameters, ["AT-1", "AT-2"])) == 1


def test_the_cases_own_changes_can_be_declined(write: Write) -> None:
    assert read(write(head='schema = 1\n[scenario]\nname = "x"\ncase = "twin"\ninherit = false\n')).effects == ()


def test_the_cases_own_changes_outside_the_run_or_the_places_do_not_apply(write: Write, twin: Path) -> None:
    assert read(write(run="[run]\nstart = 2021-02-01\nend = 2021-02-28\n")).effects == ()
    text = (twin / "case.toml").read_text()
    (twin / "case.toml").write_text(text + 'places = ["North"]\n')
    assert read(write('[population]\nprovinces = ["AT-2"]\n')).effects == ()
    assert read(write('[population]\nprovinces = ["North"]\n')).effects[0].places == ("AT-1",)


def test_sources_carry_their_parameters(write: Write) -> None:
    scenario = read(write('[[sources]]\nname = "wire"\n[sources.parameters]\nfear.witnesses = 7\n'))
    assert (scenario.sources[0], scenario.values["fear.witnesses"]) == ("wire", 7)


def test_three_sources_by_their_names_and_the_last_parts_of_their_parameters(write: Write, tmp_path: Path) -> None:
    body = '[[sources]]\nof = "channel"\nname = "Bugle"\n[sources.parameters]\nacts = 0.25\n'
    body += '[[sources]]\nof = "state_media"\nname = "Gazette"\n'
    scenario = read(write('[model]\nname = "resistance"\n' + body))
    assert scenario.sources == ("independent monitor", "Gazette", "Bugle")
    assert scenario.values["channel.acts"] == 0.25
    again = from_document(as_document(scenario, tmp_path), tmp_path / "run.json")
    assert again.sources == scenario.sources
    assert again.values["channel.acts"] == 0.25


def test_a_scenario_survives_the_way_through_json(write: Write, tmp_path: Path) -> None:
    import json

    body = POLICY + 'places = ["South"]\n' + SHOCK + "days = 3\n" + '[[shocks]]\nname = "seen"\nrole = "tests"\ndate = 2021-02-01\n'
    body += '[switches]\nrule = "adaptive"\n[population]\ngrowth = 1.5\nprovinces = ["South"]\nseed = 4\n'
    scenario = read(write(body, run="[run]\nstart = 2021-01-05\nend = 2021-06-30\nseed = 9007199254740993\ncheckpoint_every = 7\n"))
    stored = json.loads(json.dumps(as_document(scenario, tmp_path)))
    again = from_document(stored, tmp_path / "run.json")
    assert as_document(again, tmp_path) == stored == as_document(scenario, tmp_path)
    assert stored["scenario"]["case"] == "./twin"
    assert again.effects == scenario.effects
    assert again.seed == scenario.seed
    assert again.values == {"fear.decay": 0.1, "fear.witnesses": 3, "policing.rule": "adaptive", "policing.fatigue": "off"}


WRONG = [
    ("[parameters]\nfear.dcay = 1\n", 9, "fear.dcay", "no such parameter (did you mean 'fear.decay'?)"),
    ("[parameters]\nfear.decay = -0.1\n", 9, "fear.decay", "outside 0 to 1 1/day"),
    ("[parameters]\nfear.decay = nan\n", 9, "fear.decay", "finite"),
    ("[parameters]\nfear.decay = inf\n", 9, "fear.decay", "finite"),
    ('[parameters]\nfear.decay = "a lot"\n', 9, "fear.decay", "needs a number"),
    ("[parameters]\nfear.decay = true\n", 9, "fear.decay", "needs a number"),
    ("[parameters]\nfear.decay = [0.1]\n", 9, "fear.decay", "needs a number"),
    ("[parameters]\nfear.witnesses = 1.5\n", 9, "fear.witnesses", "whole number"),
    ("[parameters]\nfear.decay = 0.1\n'fear.decay' = 0.2\n", 10, "fear.decay", "given twice"),
    ("[parameters]\nfear.decay = 0.1\nfear.decay = 0.2\n", 10, "fear.decay", "given twice"),
    ("parameters = 3\n", 8, "run.parameters", "no such key"),
    ('[switches]\nrule = "adaptve"\n', 9, "switches.rule", "did you mean 'adaptive'?"),
    ("[switches]\nrul = 'fixed'\n", 9, "switches.rul", "no such switch (did you mean 'rule'?)"),
    ("[switches]\n'fear.decay' = 0.1\n", 9, "fear.decay", "no such switch"),
    ("[swiches]\nrule = 'fixed'\n", 8, "swiches", "no such key (did you mean 'switches'?)"),
    ("[population]\nscale = 0\n", 9, "population.scale", "greater than or equal to 1"),
    ("[population]\nscale = 10.0\n", 9, "population.scale", "integer"),
    ("[population]\nscale = true\n", 9, "population.scale", "integer"),
    ("[population]\nscale = 700\n", 9, "population.scale", "AT-2 has 300 persons, too few for one row of 700"),
    ("[population]\nscal = 10\n", 9, "population.scal", "did you mean 'scale'?"),
    ("[population]\nseed = -1\n", 9, "population.seed", "greater"),
    ("[population]\ngrowth = 1e9\n", 9, "population.growth", "less than or equal to 10"),
    ("[population]\nprovinces = [\n 'North',\n 'Suoth']\n", 11, "population.provinces[1]", "did you mean 'South'?"),
    ("[population]\nprovinces = ['North', 'AT-1']\n", 9, "population.provinces[1]", "named twice"),
    ("[population]\ntables = { census = '../secret.csv' }\n", 9, "population.tables.census", "leaves the case's folder"),
    ("[population]\ntables = { census = '/etc/passwd' }\n", 9, "population.tables.census", "leaves the case's folder"),
    ("[population]\ntables = { census = 'link.csv' }\n", 9, "population.tables.census", "leaves the case's folder"),
    ("[population]\ntables = { census = 'loop.csv' }\n", 9, "population.tables.census", "loop.csv"),
    ("[population]\ntables = { census = 'none.csv' }\n", 9, "population.tables.census", "no such table"),
    ("[population]\ntables = { censsu = 'census.csv' }\n", 9, "population.tables.censsu", "did you mean 'census'?"),
    ("[model]\nname = 'tinny'\n", 9, "model.name", "did you mean 'tiny'?"),
    (POLICY.replace("fear.decay", "fear.decy"), 11, "policies[1].parameter", "did you mean 'fear.decay'?"),
    (POLICY.replace("0.2", "2.0"), 12, "policies[1].value", "outside 0 to 1"),
    (POLICY.replace("value = 0.2\n", ""), 8, "policies[1].value", "is missing"),
    (POLICY.replace("regime", "police"), 10, "policies[1].side", "'regime', 'movement' or 'outside'"),
    (POLICY.replace("regime", "police").replace("side", "sid"), 10, "policies[1].sid", "did you mean 'side'?"),
    (POLICY + "start = 2021-03-01\nend = 2021-02-01\n", 14, "policies[1].end", "before the first"),
    (POLICY + "start = 2020-12-31\n", 13, "policies[1].start", "outside the run"),
    (POLICY + "end = 2021-07-01\n", 13, "policies[1].end", "outside the run"),
    (POLICY + "start = 2021-02-01T00:00:00\n", 13, "policies[1].start", "date"),
    (POLICY + "start = '2021-02-01'\n", 13, "policies[1].start", "date"),
    (POLICY + "places = ['Nroth']\n", 13, "policies[1].places[0]", "did you mean 'North'?"),
    (POLICY + "operation = 'divide'\n", 13, "policies[1].operation", "'set', 'add' or 'multiply'"),
    (
        POLICY.replace("0.2", "0.6") + "operation = 'add'\n" + POLICY.replace('"p"', '"q"').replace("0.2", "0.6") + "operation = 'add'\n",
        18,
        "policies[2].value",
        "outside 0 to 1",
    ),
    (POLICY + POLICY, 13, "policies[2]", "'p' overlaps another of the same name on 2021-01-01 to 2021-06-30 (the other is in line 8)"),
    (POLICY + "end = 2021-02-01\n" + POLICY + "start = 2021-02-01\n", 14, "policies[2]", "on 2021-02-01 to 2021-02-01"),
    (
        POLICY.replace("fear.decay", "policing.rule").replace("0.2", "'adaptive'") + "places = ['North']\n",
        13,
        "policies[1].places",
        "all places alike",
    ),
    (POLICY.replace("fear.decay", "policing.rule") + "operation = 'add'\n", 13, "policies[1].operation", "can only be set"),
    (SHOCK + "days = 0\n", 14, "shocks[0].days", "greater"),
    (SHOCK + "days = 300\n", 14, "shocks[0].days", "outside the run"),
    (SHOCK.replace("drives", "tests"), 12, "shocks[0].parameter", "only tests"),
    (SHOCK.replace("2021-02-01", "9999-12-31"), 11, "shocks[0].date", "outside the run"),
    (SHOCK.replace("date = 2021-02-01\n", ""), 8, "shocks[0].date", "is missing"),
    ("[[sources]]\nname = 'a'\n[[sources]]\nname = 'b'\n", 10, "sources[1].of", "stands twice"),
    ("threads = 0\n", 8, "run.threads", "greater"),
    ("threads = 10000000\n", 8, "run.threads", "less"),
    ("checkpoint_every = 0\n", 8, "run.checkpoint_every", "greater"),
    ("sed = 0\n", 8, "run.sed", "did you mean 'seed'?"),
]


@pytest.mark.parametrize(("body", "line", "key", "says"), WRONG, ids=[f"{key}-{i}" for i, (_, _, key, _) in enumerate(WRONG)])
def test_each_mistake_is_one_error_with_its_line(write: Write, twin: Path, body: str, line: int, key: str, says: str) -> None:
    (twin.parent / "secret.csv").write_text("x")
    (twin / "link.csv").symlink_to(twin.parent / "secret.csv")
    (twin / "loop.csv").symlink_to(twin / "loop.csv")
    path = write(body)
    error = refused(path)
    assert says in str(error)
    assert key in str(error.key)
    assert (error.file, error.line) == (path, line), str(error)


@pytest.mark.parametrize(
    ("run", "line", "key", "says"),
    [
        ("[run]\nstart = 2019-12-31\nend = 2021-01-01\n", 6, "run.start", "closed period, 2020-01-01 to 2022-12-31"),
        ("[run]\nstart = 2021-12-31\nend = 2023-01-01\n", 7, "run.end", "closed period"),
        ("[run]\nstart = 2021-12-31\nend = 2021-01-01\n", 7, "run.end", "before the first"),
        ("[run]\nstart = 2021-13-31\nend = 2021-01-01\n", 6, None, "not valid TOML"),
        ("[run]\nstart = 2021-01-01 12:00:00\nend = 2021-02-01\n", 6, "run.start", "date"),
    ],
)
def test_the_period_of_the_run(write: Write, run: str, line: int, key: str | None, says: str) -> None:
    error = refused(write(run=run))
    assert says in str(error)
    assert (error.line, error.key) == (line, key)


@pytest.mark.parametrize(
    ("head", "line", "key", "says"),
    [
        ("", None, "schema", "is missing"),
        ("schema = 2\n[scenario]\nname = 'x'\ncase = 'twin'\n", 1, "schema", "1"),
        ("schema = 1.0\n[scenario]\nname = 'x'\ncase = 'twin'\n", 1, "schema", "should be 1"),
        ("schema = true\n[scenario]\nname = 'x'\ncase = 'twin'\n", 1, "schema", "should be 1"),
        ("[scenario]\nname = 'x'\ncase = 'twin'\n", None, "schema", "is missing"),
        ("schema = 1\nscenario = 5\n", 2, "scenario", "valid"),
        ("schema = 1\n[scenario]\nname = 'x'\ncase = 'irna'\n", 4, "scenario.case", "did you mean 'iran'?"),
        ("schema = 1\n[scenario]\nname = 'x'\ncase = 'a\\u0009b'\n", 4, "scenario.case", "no case"),
        ("schema = 1\n[scenario]\nname = 'x'\n", 2, "scenario.case", "is missing"),
        ("schema = 1\n[scenario]\nname = ''\ncase = 'twin'\n", 3, "scenario.name", "at least 1 character"),
        ("schema = 1\n[scenario]\nname = 'x'\ncase = 'twin'\nnmae = 1\n", 5, "scenario.nmae", "did you mean 'name'?"),
    ],
)
def test_the_head_of_a_scenario(write: Write, head: str, line: int | None, key: str, says: str) -> None:
    error = refused(write(head=head, run="[run]\nstart = 2021-01-01\nend = 2021-06-30\n" if head else ""))
    assert says in str(error)
    assert (error.line, error.key) == (line, key), str(error)


def test_the_first_of_several_mistakes_is_reported(write: Write) -> None:
    assert refused(write("[population]\nscal = 1\n[modle]\n")).line == 9


def test_overlaps_need_a_day_and_a_place_in_common(write: Write) -> None:
    north, south = POLICY + "places = ['North']\n", POLICY + "places = ['South']\n"
    assert len(read(write(north + south)).effects) == 3
    assert len(read(write(POLICY + "end = 2021-02-01\n" + POLICY + "start = 2021-02-02\n")).effects) == 3


def test_tables_that_describe_more_people_than_there_are(write: Write, twin: Path) -> None:
    for name in ("provinces", "census"):
        text = (twin / f"{name}.csv").read_text()
        (twin / f"{name}.csv").write_text(text.replace("1,500", "1,999999999999").replace("AT-1,18+,200,200", "AT-1,18+,200,999999999699"))
    with pytest.raises(InputError, match="persons; at most"):
        read(write())


def test_people_that_do_not_fit_this_machine(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundswell.experiments.resolve.memory_bytes", lambda: 1000.0)
    with pytest.raises(InputError, match="choose a larger scale"):
        read(write("[population]\nscale = 1\n"))


def test_options_are_named_as_typed(write: Write) -> None:
    path = write()
    error = refused(path, [(("parameters", "fear.dcay"), 1, "--set fear.dcay=1")])
    assert str(error).startswith("--set fear.dcay=1: ")
    assert "did you mean 'fear.decay'" in str(error)
    assert str(refused(path, [(("run", "end"), datetime.date(2030, 1, 1), "--end")])).startswith("--end: 2030-01-01 is outside")


@pytest.mark.parametrize(("body", "says"), [("fear.decay = {}", "needs a number"), ("faer = {}", "no such parameter")])
def test_an_empty_table_is_no_value(write: Write, body: str, says: str) -> None:
    assert says in str(refused(write(f"[parameters]\n{body}\n")))
    assert read(write("[parameters.fear]\n# decay = 0.1\n[switches]\n")).values == read(write()).values


def test_an_option_is_given_once(write: Write) -> None:
    path = write()
    for first, second in (("fear.decay", "fear.decay"), ("rule", "policing.rule")):
        table, values = ("parameters", (0.1, 0.2)) if first == second else ("switches", ("fixed", "adaptive"))
        options = [((table, key), value, f"--set {key}") for key, value in zip((first, second), values, strict=True)]
        assert "given twice" in str(refused(path, options))


@pytest.mark.parametrize(
    "target", ["irann", "no/such/folder", "nul\0", "x" * 5000, "", "none.toml", "/dev/null", "/dev/zero", "/etc/hostname"]
)
def test_targets_that_are_no_scenario(target: str) -> None:
    with pytest.raises(InputError):
        read(target)


def test_a_case_may_not_be_a_file_of_another_kind(twin: Path) -> None:
    (twin / "case.toml").write_text("a = 1\n")
    with pytest.raises(InputError, match=r"case\.toml:1: a: no such key"):
        read(twin)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("real = false", "real = true", "province and week"),
        ("end = 2022-12-31", "end = 2012-12-31", "before the first"),
        ('"census.csv"', '"../../census.csv"', "leaves the case's folder"),
        ('"census.csv"', '"gone.csv"', "no such table"),
        ('census = "census.csv"\n', "", "tables.census: is missing"),
        ('id = "twin"', 'id = "Twin Peaks/../"', "case.id"),
        ("fear.decay = 0.1", "fear.decay = 9", "outside 0 to 1"),
        ("schema = 1", "schema = true", "schema: should be 1, not 'True'"),
        ('parameter = "fear.decay"', 'parameter = "fear.dekay"', "did you mean 'fear.decay'?"),
        ("end = 2021-01-15", 'end = 2020-12-15\nplaces = ["Nroth"]', "did you mean 'North'?"),
        ("end = 2021-01-15\n", 'end = 2020-12-15\n[[defaults.shocks]]\nname = "s"\nrole = "drives"\ndate = 2020-05-01\n', "is missing"),
        ("[defaults.model]", '[defaults.scenario]\ncase = "iran"\n[defaults.model]', "did you mean 'twin'?"),
    ],
)
def test_mistakes_in_a_case(twin: Path, old: str, new: str, says: str) -> None:
    text = (twin / "case.toml").read_text()
    (twin / "case.toml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=r"case\.toml") as caught:
        read(twin)
    assert says in str(caught.value)


PIECES = [
    "",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "=",
    "\n",
    ".",
    "-",
    "1e400",
    "nan",
    "\0",
    "\u2028",
    "[[policies]]\n",
    "schema = 1\n",
    "[a.b]\n",
]
HEAD = 'schema = 1\n[scenario]\nname = "x"\ncase = "twin"\n[run]\nstart = 2021-01-01\nend = 2021-06-30\n'


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), st.sampled_from(PIECES)), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_to_a_file_is_more_than_one_error(twin: Path, cuts: list[tuple[int, int, str]]) -> None:
    text = (
        HEAD + POLICY + "places = ['South']\nstart = 2021-02-01\n" + SHOCK + "[parameters]\nfear.decay = 0.2\n[switches]\nrule = 'fixed'\n"
    )
    for at, length, piece in cuts:
        text = text[:at] + piece + text[at + length :]
    path = twin.parent / "damaged.toml"
    path.write_text(text, encoding="utf-8")
    try:
        read(path)
    except InputError as error:
        problem = str(error)
    else:
        problem = ""
    assert "\n" not in problem


def test_shares_of_one_whole_are_refused_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    head = 'schema = 1\n[scenario]\nname = "x"\ncase = "iran"\n[run]\nstart = 2022-01-01\nend = 2022-03-01\n'
    path.write_text(f"{head}[parameters]\npolicing.arrest = 0.95\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"s\.toml:9: .*policing\.arrest.*shares of one whole"):
        read(path)


def test_the_strength_of_dated_shocks_is_kept_with_their_sizes() -> None:
    """A factor to the power, others as they are; repeated from what is kept, nothing is weakened twice."""
    atlantis = Path(__file__).parents[1] / "data" / "atlantis"
    wide = {"start": "2022-01-01", "end": "2022-12-31"}
    whole, half = (read(atlantis, settings_of({**wide, "shock_strength": strength})) for strength in (1.0, 0.5))
    sizes = [{(e.id, e.start, e.parameter): e.value for e in s.effects if e.role == "drives"} for s in (whole, half)]
    changed = {key[0] for key in sizes[0] if sizes[0][key] != sizes[1][key]}
    assert changed == {"bread-price", "ferry"}
    again = from_document(json.loads(json.dumps(as_document(half, Path()))), Path("run.json"))
    assert again.effects == half.effects
    assert again.shock_strength == 0.5
    assert "shock_strength" not in as_document(whole, Path())["scenario"]
    with pytest.raises(InputError, match="shock_strength"):
        read(atlantis, settings_of({"shock_strength": -1.0}))
