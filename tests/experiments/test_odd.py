"""The ODD description holds everything that a model declares, once, and follows the code."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from groundswell import cases, experiments, models, reproductions
from groundswell.cli import main
from groundswell.core.columns import Column, Quantity
from groundswell.core.errors import InputError
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.parameters import parameter
from groundswell.experiments.odd import odd, odd_of
from groundswell.experiments.odd.concepts import CONCEPTS, FURTHER, _table
from groundswell.experiments.resolve import model_of

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
PARTS = (
    "1 Purpose and patterns",
    "2 Entities, state variables, and scales",
    "3 Process overview and scheduling",
    "4 Design concepts",
    "5 Initialization",
    "6 Input data",
    "7 Submodels",
)
SCHEDULED = [name for name in models.names() if name != "lindelauf_2009"]


def parts_of(text: str) -> dict[str, str]:
    """The text of each of the seven elements."""
    pieces = re.split(r"^## (.+)$", text, flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def first_cells(text: str) -> Counter[str]:
    """Names that a row of a table is about."""
    return Counter(re.findall(r"^\| `([^`]+)` \|", text, flags=re.M))


@pytest.mark.parametrize("name", SCHEDULED)
def test_everything_that_a_model_declares_stands_there_once(name: str) -> None:
    model, parts = models.find(name), parts_of(odd_of(name))
    assert tuple(parts) == PARTS
    entities = re.split(r"^### (?=List )", parts[PARTS[1]], flags=re.M)
    assert first_cells(entities[0]) == {d.name: 1 for d in model.declared.values() if isinstance(d, (Column, Quantity))}
    lists = {d.name: d for d in model.declared.values() if not isinstance(d, (Column, Quantity))}
    assert Counter(re.findall(r"^List `(\w+)`", "\n".join(entities), flags=re.M)) == dict.fromkeys(lists, 1)
    for text in entities[1:]:
        fields = lists[text.split("`")[1]].fields
        assert first_cells(text) == {f.name: 1 for f in fields}
    heads = Counter(re.findall(r"^### `(\w+)`$", parts[PARTS[6]], flags=re.M))
    assert heads == {m.key: 1 for m in model.mechanisms}
    assert first_cells(parts[PARTS[6]]) == dict.fromkeys(model.parameters, 1)
    assert Counter(re.findall(r"^\| \d+ \| .+? \| `(\w+)` \|", parts[PARTS[2]], flags=re.M)) == {m.key: 1 for m in model.mechanisms}
    assert re.findall(r"^### (.+)$", parts[PARTS[3]], flags=re.M) == list(CONCEPTS.values())


def test_a_parameter_is_told_as_it_is_explained() -> None:
    row = next(line for line in odd_of("resistance").splitlines() if line.startswith("| `fear.decay` |"))
    about = model_of("resistance").parameters["fear.decay"]
    low, high = about.range
    cells = ("`fear.decay`", about.doc, about.unit, f"{low:g} to {high:g}", f"{about.default:g}", f"{about.default:g}", about.source)
    assert row == f"| {' | '.join(cells)} |"


@dataclasses.dataclass(frozen=True)
class Murmur(Mechanism):
    """Rises by `pace`, as 2 ** x does; **Rule A** and a [bracket] | bar."""

    pace: float = parameter(0.25, unit="1/day", range=(0, 1), doc="How fast | it rises, `a | b`.", source="assumed")

    def day(self, now: object) -> None:
        """Nothing."""


def test_a_changed_default_changes_the_description() -> None:
    def described(default: float) -> str:
        kind = dataclasses.make_dataclass(
            "Murmur",
            [("pace", float, parameter(default, unit="1/day", range=(0, 1), doc="How fast.", source="assumed"))],
            bases=(Murmur,),
            namespace={"__doc__": "Rises."},
            frozen=True,
        )
        return odd(Model("murmur", (Phase("murmur", kind()),), "A murmur."))

    before, after = described(0.25), described(0.5)
    assert before != after
    assert before.replace("0.25 | 0.25", "0.5 | 0.5") == after


def test_a_model_of_ones_own_and_text_that_is_no_markup() -> None:
    text = odd(Model("murmur", (Phase("murmur", Murmur(pace=0.5)),), "A murmur."), concepts={"emergence": "None."})
    assert "Rises by `pace`, as 2 \\*\\* x does; **Rule A** and a \\[bracket\\] \\| bar." in text
    assert "| `murmur.pace` | How fast \\| it rises, `a \\| b`. | 1/day | 0 to 1 | 0.25 | **0.5** | assumed |" in text
    assert "### Emergence\n\nNone.\n" in text
    assert "The model's author has not said" in text  # of adaptation
    with pytest.raises(InputError, match="did you mean 'emergence'"):
        odd(Model("murmur", (Phase("murmur", Murmur()),)), concepts={"emergense": "None."})


def test_a_scenario_tells_its_values_changes_and_tables() -> None:
    text = odd_of(ATLANTIS / "crackdown.toml")
    scenario = experiments.read(ATLANTIS / "crackdown.toml")
    parts = parts_of(text)
    changed = {key for key, value in scenario.values.items() if value != model_of("resistance").parameters[key].default}
    assert changed
    shown = re.findall(r"^\| [^|]+ \| [^|]+ \| ([a-z_.]+[0-9]*) \|", parts[PARTS[4]], flags=re.M)
    assert changed <= set(shown)
    for key in changed:
        row = next(line for line in parts[PARTS[6]].splitlines() if line.startswith(f"| `{key}` |"))
        assert "**" in row, row
    driving = [e for e in scenario.effects if e.role == "drives"]
    rows = [line for line in parts[PARTS[5]].splitlines() if re.search(r"\| \d{4}-\d\d-\d\d \| \d{4}-\d\d-\d\d \|", line)]
    assert len(rows) == len(driving) > 0
    for role, path in scenario.case.tables.items():
        where = parts[PARTS[4]] if role in scenario.tables else parts[PARTS[5]]
        assert f"| `{path.name}` | {role} |" in where


@pytest.mark.parametrize("name", cases.names())
def test_the_description_of_a_case_is_the_same_bytes_again(name: str) -> None:
    assert odd_of(name) == odd_of(name)
    assert str(Path.home()) not in odd_of(name)


def test_a_real_case_tells_no_place_of_units() -> None:
    """Its columns of units are described; where they are is no input, but one rate per million people everywhere."""
    scenario = experiments.read("iran")
    assert not [
        e
        for e in scenario.effects
        if e.role == "drives" and e.places and e.parameter.endswith((".initial", ".rate")) and "organisation" in e.parameter
    ]


def test_what_code_cannot_say_names_what_there_is() -> None:
    table = _table()
    assert set(table) == {"every", *SCHEDULED}
    for name, said in table.items():
        assert set(said) <= {*CONCEPTS, *FURTHER}, name
        if name == "every":
            continue
        model = models.find(name)
        known = {*model.parameters, *model.declared, *(m.key for m in model.mechanisms)}
        for key, text in said.items():
            assert set(re.findall(r"`([^`]+)`", text)) <= known, (name, key)
        assert "has not said" not in odd_of(name), name


def test_models_of_the_literature_are_held_against_what_is_printed() -> None:
    assert {*models.names()} - {"resistance"} <= {*reproductions.names()}
    assert "`groundswell reproduce voter`" in odd_of("voter")


def test_the_command(tmp_path: Path) -> None:
    runner = CliRunner()
    printed = runner.invoke(main, ["odd", "voter"])
    assert printed.exit_code == 0
    assert printed.output == odd_of("voter")
    kept = runner.invoke(main, ["odd", "voter", "--out", str(tmp_path / "voter.md")])
    assert kept.exit_code == 0
    assert (tmp_path / "voter.md").read_text(encoding="utf-8") == odd_of("voter")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("lyonese", "did you mean 'lyonesse'"),
        ("votr", "did you mean 'voter'"),
        ("lindelauf_2009", "has no schedule"),
        ("a\0b", "there is no case"),
    ],
)
def test_what_cannot_be_described(name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        odd_of(name)


def test_the_output_never_replaces_the_scenario(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('schema = 1\n[scenario]\nname = "Mine"\ncase = "lyonesse"\n', encoding="utf-8")
    assert CliRunner().invoke(main, ["odd", str(mine), "--out", str(mine)]).exit_code != 0
    assert mine.read_text(encoding="utf-8").startswith("schema = 1")
