"""What a page may ask for: forms from parameter tables, and requests whose mistakes are told by key."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.lab.asking import Lab, refused

from groundswell import cases, experiments
from groundswell.cli import main
from groundswell.cli.running import options_of
from groundswell.core.errors import InputError, StoreError
from groundswell.experiments.directory import differences
from groundswell.experiments.plain import as_document
from groundswell.lab import about_cases, checking, comparisons, forms, kept as ordered, scenarios
from groundswell.lab.answers import number
from groundswell.lab.contrasts import called, contrast_of
from groundswell.lab.scenarios import Sent


@pytest.fixture(scope="module")
def lab(kept: Path) -> Iterator[Lab]:
    one = Lab(kept)
    yield one
    assert one.stop() == 0


# --- cases and forms --------------------------------------------------------------------------------------------------


def test_cases_are_the_built_in_ones_and_those_of_the_folder(lab: Lab) -> None:
    found = {case["name"]: case for case in lab.get("/api/cases")}
    assert set(found) == {"atlantis", *cases.names()}
    iran, atlantis = found["iran"], found["atlantis"]
    assert (iran["real"], iran["step"], len(iran["provinces"])) == (True, "week", 31)
    assert (atlantis["real"], atlantis["step"]) == (False, "day")
    assert found["lyonesse"]["boundaries"] is None
    drawn = lab.get(iran["boundaries"])
    assert {feature["id"] for feature in drawn["features"]} == {province["code"] for province in iran["provinces"]}
    assert all(feature["properties"]["name"] for feature in drawn["features"])
    assert refused(lab, "/api/boundaries/lyonesse", status=404)["message"] == "this case has no map"


def test_a_case_that_cannot_be_read_is_told_with_the_reason(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "case.toml").write_text("schema = 1\n")
    found = next(case for case in about_cases.listed(tmp_path) if case["name"] == "broken")
    assert found["broken"]
    assert "is missing" in found["summary"]


@pytest.mark.parametrize("name", ["atlantis", "iran"])
def test_the_form_has_every_parameter_with_the_value_of_the_case(kept: Path, name: str) -> None:
    fields = {field["key"]: field for group in forms.form(kept, name)["groups"] for field in group["fields"]}
    own = experiments.read(scenarios.case_target(kept, name))
    document = as_document(own, kept)
    assert set(document["parameters"]) | {"start", "end", "scale", "seed", "provinces", "without"} == set(fields)
    for key, value in document["parameters"].items():
        field = fields[key]
        assert field["default"] == ((value == "on") if field["kind"] == "flag" else value), key
        assert field["doc"], key
        assert field["source"], key
        assert (field["kind"] == "choice") == (field["choices"] is not None), key
    assert fields["start"]["default"] == own.start.isoformat()
    assert fields["end"]["range"] == [own.case.start.isoformat(), own.case.end.isoformat()]
    assert [one["value"] for one in fields["provinces"]["choices"]] == [row.id for row in own.case.census().provinces]
    json.dumps(list(fields.values()), allow_nan=False)


def test_the_defaults_of_the_form_change_nothing(kept: Path) -> None:
    sent = {field["key"]: field["default"] for group in forms.form(kept, "atlantis")["groups"] for field in group["fields"]}
    again = scenarios.read(kept, Sent("atlantis", sent))
    assert not differences(as_document(experiments.read(kept / "atlantis"), kept), as_document(again, kept))


def test_all_that_may_be_left_out_can_be(kept: Path) -> None:
    fields = {field["key"]: field for group in forms.form(kept, "atlantis")["groups"] for field in group["fields"]}
    names = [one["value"] for one in fields["without"]["choices"]]
    assert len(names) > 3
    found = scenarios.read(kept, Sent("atlantis", {"without": names}))
    assert not [effect for effect in found.effects if effect.role == "drives"]


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_a_check_tells_the_scenario_and_its_command(lab: Lab) -> None:
    sent = {"case": "atlantis", "settings": {"fear.decay": 0.25, "end": "2022-01-28", "recruitment.rule": "nobody"}}
    assert refused(lab, "/api/check", {"scenario": sent})["key"] == "recruitment.rule"
    del sent["settings"]["recruitment.rule"]  # type: ignore[attr-defined]
    found = lab.post("/api/check", {"scenario": sent, "name": "mine", "replicates": 4})
    assert found["scenario"]["values"]["fear.decay"] == 0.25
    assert (found["days"], found["rows"]) == (28, 4000)
    assert [(one["key"], one["value"]) for one in found["scenario"]["changed"]] == [("fear.decay", 0.25)]
    folder = lab.folder
    words = shlex.split(found["command"])
    assert words[:2] == ["groundswell", "run"]
    assert words[2:] == [
        str(folder / "atlantis"), "--set", "fear.decay=0.25", "--end", "2022-01-28", "--replicates", "4", "--out", str(folder / "mine"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "key", "nearest"),
    [
        ({"case": "atlantis", "settings": {"fear.decai": 0.1}}, "fear.decai", "fear.decay"),
        ({"case": "atlantis", "settings": {"fear.decay": -7}}, "fear.decay", None),
        ({"case": "atlantis", "settings": {"fear.decay": "much"}}, "fear.decay", None),
        ({"case": "atlantis", "settings": {"start": "2019-12-31"}}, "start", None),
        ({"case": "atlantis", "settings": {"start": "soon"}}, "start", None),
        ({"case": "atlantis", "settings": {"scale": 0}}, "scale", None),
        ({"case": "atlantis", "settings": {"provinces": ["AT-1"]}}, "provinces", None),
        ({"case": "atlantis", "settings": {"without": ["light in the windows"]}}, "without", None),
        ({"case": "atlantis", "settings": {"tables": "x"}}, "tables", None),
        ({"case": "atlantis", "settings": {"fear.decay": {"a": 1}}}, "fear.decay", None),
        ({"case": "atlantiss"}, "case", "atlantis"),
        ({"case": "../atlantis"}, "case", None),
        ({"case": "/etc"}, "case", None),
        ({"case": "one"}, "case", None),
        ({"case": 3}, "scenario", None),
        ({"case": "atlantis", "setings": {}}, "scenario.setings", "settings"),
        ([], "scenario", None),
    ],
)
def test_a_mistake_is_told_by_its_key(lab: Lab, sent: Any, key: str, nearest: str | None) -> None:
    for path in ("/api/check", "/api/runs"):
        told = refused(lab, path, {"scenario": sent})
        assert told["key"].startswith(key), told
        assert nearest is None or told["nearest"] == nearest
    assert len(lab.get("/api/jobs")) == 4


@pytest.mark.parametrize("body", ['{"scenario":', "[]", '{"scenario": NaN}', '"x"', "[" * 20_000, "", "\ufffe", '{"a": 1e999}'])
def test_what_is_no_table_of_json_is_refused(lab: Lab, body: str) -> None:
    assert lab.ask("/api/check", "POST", body.encode("utf-8", "surrogatepass")).status == 400


def test_a_number_that_json_does_not_have_is_refused(lab: Lab) -> None:
    text = '{"scenario": {"case": "atlantis", "settings": {"fear.decay": Infinity}}}'
    assert lab.ask("/api/check", "POST", text).problem == "what was sent is not JSON"


def test_a_key_that_nobody_reads_is_refused(lab: Lab) -> None:
    for path in ("/api/check", "/api/runs"):
        told = refused(lab, path, {"scenario": {"case": "atlantis"}, "replicate": 3})
        assert (told["key"], told["nearest"]) == ("replicate", "replicates")
    assert refused(lab, "/api/comparisons", {"bases": {}})["nearest"] == "base"


@pytest.mark.parametrize("name", ["..", "a/b", "A", "-x", "x" * 65, "a b", "a.b", "é", 7, ["x"], "con\n"])
def test_a_name_is_plain(lab: Lab, name: Any) -> None:
    told = refused(lab, "/api/runs", {"name": name, "scenario": {"case": "atlantis"}})
    assert told["key"] == "name"


def test_a_name_that_is_taken_is_refused(lab: Lab) -> None:
    for name in ("one", "two", "atlantis"):
        assert refused(lab, "/api/runs", {"name": name, "scenario": {"case": "atlantis"}})["message"].startswith("this name is taken")


@pytest.mark.parametrize("count", [0, -1, 1.5, "8", True, 1001])
def test_replicates_are_a_number_that_can_be_meant(lab: Lab, count: Any) -> None:
    assert refused(lab, "/api/runs", {"scenario": {"case": "atlantis"}, "replicates": count})["key"] == "replicates"


def test_a_comparison_needs_two_that_share_draws_and_differ(lab: Lab) -> None:
    plain = {"case": "atlantis", "settings": {}}
    shifted = {"case": "atlantis", "settings": {"start": "2022-01-02"}}
    seeded = {"case": "atlantis", "settings": {"seed": 4}}
    for base, other, why in (
        (plain, plain, "do not differ"),
        (plain, seeded, "do not differ"),
        (plain, shifted, "share no draws"),
        (plain, {"case": "lyonesse"}, "share no draws"),
    ):
        assert why in refused(lab, "/api/comparisons", {"base": base, "other": other})["message"]
    assert refused(lab, "/api/comparisons", {"base": plain})["key"] == "other"


def test_what_is_not_there_is_404(lab: Lab) -> None:
    for path in ("/api/runs/nothing", "/api/runs/one/nothing", "/api/jobs/nothing", "/api/comparisons/one", "/api/runs/pairs/series",
                 "/api/schema/nothing", "/api/claims/nothing", "/api/nothing", "/api/jobs/nothing/progress"):  # fmt: skip
        refused(lab, path, status=404)
    assert lab.ask("/api/jobs", "POST", {}).status == 405


# --- the command line says the same -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"fear.decay": 0.2, "start": "2022-02-01", "seed": 7, "scale": 100},
        {"provinces": ["AT-02"], "without": ["lights in the windows"], "inherit": True, "growth": 1.5, "mourning.rule": "both"},
        {"end": "2022-02-28", "provinces": ["AT-01", "AT-03"], "fear.decay": 1e-7},
    ],
)
def test_the_command_is_of_the_same_scenario(kept: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    sent = Sent("atlantis", settings)
    scenario = scenarios.read(kept, sent)
    words = shlex.split(scenarios.command(kept, kept, "new", sent, None))
    target, options = words[2], words[3 : words.index("--out")]
    if target.endswith(".toml"):
        file = tmp_path / "scenario.toml"
        file.write_text(scenarios.as_toml(sent, scenario.name, str(kept / "atlantis")))
        again = experiments.read(file)
        assert not options
    else:
        given = {word[2:]: value for word, value in zip(options[::2], options[1::2], strict=True) if word != "--set"}
        given |= {key: int(value) for key, value in given.items() if key in ("seed", "scale")}
        settings_of = [value for word, value in zip(options[::2], options[1::2], strict=True) if word == "--set"]
        again = experiments.read(target, options_of({**given, "settings": settings_of}))
    assert not differences(as_document(scenario, kept), as_document(again, kept))
    assert again.name == scenario.name


def test_a_run_of_the_command_line_tells_its_command(lab: Lab, kept: Path) -> None:
    found = lab.get("/api/runs/one")
    assert found["scenario"] == {"case": "atlantis", "settings": {"end": "2022-01-28", "scale": 100, "fear.decay": 0.2}}
    words = shlex.split(found["command"])
    result = CliRunner().invoke(main, [*words[1 : words.index("--out")], "--out", str(kept / "one"), "--resume", "--scale", "50"])
    assert result.exit_code == 2
    assert "keeps another run, which differs in population.scale" in result.stderr
    assert lab.get("/api/runs/real")["scenario"]["settings"]["provinces"] == ["IR-05", "IR-20"]
    assert lab.get("/api/runs/real")["command"].endswith("real.toml --out " + shlex.quote(str(kept / "real")))


def test_both_sides_of_a_comparison_are_named_by_what_differs() -> None:
    a, b = Sent("x", {"fear.decay": 0.1, "seed": 2, "end": "2022-02-01"}), Sent("x", {"fear.decay": 0.2, "end": "2022-02-01"})
    assert called(a, b) == ("fear.decay = 0.1, seed = 2", "fear.decay = 0.2")
    assert called(Sent("x", {}), b)[0] == "as it stands"


def test_a_comparison_is_one_option_where_that_is_all(kept: Path) -> None:
    common = {"end": "2022-01-28", "scale": 100}
    one = scenarios.comparing(kept, Path("runs"), "c", Sent("lyonesse", {**common, "fear.decay": 0.1}), Sent("lyonesse", common), 4)
    assert one == "groundswell compare lyonesse --end 2022-01-28 --scale 100 --set fear.decay=0.1 --replicates 4 --out runs/c"
    two = scenarios.comparing(kept, Path("runs"), "c", Sent("lyonesse", common), Sent("lyonesse", {**common, "fear.decay": 0.1}), 4)
    assert two == "groundswell compare runs/c.a.toml runs/c.b.toml --replicates 4 --out runs/c"


# --- small things -----------------------------------------------------------------------------------------------------


def test_numbers_are_what_json_has() -> None:
    assert [number(v) for v in (1.0, 1.23456789, float("nan"), float("inf"), None, 3, 1e300)] == [1, 1.23457, None, None, None, 3, 1e300]
    assert isinstance(number(2.0), int)


def test_an_order_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    order = ordered.Order(
        "x", "comparison", {"a": Sent("atlantis", {"end": "2022-02-01"}), "b": Sent("atlantis", {})}, 4, "T", ordered.now()
    )
    ordered.write_order(tmp_path, order)
    assert ordered.read_order(tmp_path, "x") == order
    path = ordered.order_file(tmp_path, "x")
    for text in ("", "{}", "[]", "[" * 10_000, path.read_text().replace('"format": 1', '"format": 2')):
        path.write_text(text)
        with pytest.raises(StoreError, match="not an order"):
            ordered.read_order(tmp_path, "x")


def test_one_process_at_a_time_works_on_an_order(tmp_path: Path) -> None:
    ordered.write_order(tmp_path, ordered.Order("x", "run", {"runs": Sent("atlantis", {})}, None, "T", ordered.now()))
    assert not ordered.is_worked_on(tmp_path, "x")
    with ordered.at_work(tmp_path, "x"):
        assert ordered.is_worked_on(tmp_path, "x")
        with pytest.raises(InputError, match="another process"), ordered.at_work(tmp_path, "x"):
            pass
    assert not ordered.is_worked_on(tmp_path, "x")


def test_long_work_is_said_before_it_is_begun() -> None:
    whole = experiments.read("iran", experiments.settings_of({"scale": 1}))
    assert any("minutes" in text for text in checking.warnings(whole, 8))
    assert not any("minutes" in text for text in checking.warnings(experiments.read("iran"), 1))


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setattr("groundswell.core.extras.find_spec", lambda name: None if name == "uvicorn" else object())
    result = CliRunner().invoke(main, ["lab", str(tmp_path / "runs"), "--no-browser"])
    assert result.exit_code == 2
    assert result.stderr == "error: lab: needs uvicorn: pip install 'groundswell[lab]'\n"
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    result = CliRunner().invoke(main, ["lab", str(tmp_path / "runs"), "--no-browser"])
    assert result.exit_code == 2
    assert "cannot be used for runs" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_arms_of_a_comparison_have_one_seed(kept: Path) -> None:
    sent = {"a": Sent("atlantis", {"seed": 5, "fear.decay": 0.3}), "b": Sent("atlantis", {"seed": 9})}
    found = contrast_of(sent, {arm: scenarios.read(kept, one) for arm, one in sent.items()})
    assert found.a.seed == found.b.seed == 5
    assert comparisons.KINDS == ("comparison",)


def test_help_imports_neither_a_server_nor_numpy() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "groundswell", "lab", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"starlette", "uvicorn", "numpy", "polars", "pydantic", "groundswell.lab", "groundswell.experiments"}
    assert "FOLDER" in done.stdout
