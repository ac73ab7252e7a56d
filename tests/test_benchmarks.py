"""The benchmarks that compare with other systems: our part of them runs the rule, and what cannot be had is told."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
RULE = {"size": 1000, "join": 0.25, "leave": 0.0625}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Imports a script of the benchmarks, as a process that runs it would."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(FOLDER / "peers")
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FOLDER)):
            del sys.modules[name]


@pytest.fixture
def command(load: object) -> ModuleType:
    """`benchmarks/peers.py`; its name is also that of the folder with the scripts."""
    spec = importlib.util.spec_from_file_location("peers_command", FOLDER / "peers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["peers_command"] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_every_script_parses_and_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_one_step_of_contagion_is_exact(load) -> None:
    ours, rule = load("contagion_ours"), load("contagion")
    first, threshold = rule.active_at_first(3000, 1000), rule.thresholds(3000, 1000)
    assert first.sum() == 300
    assert threshold.min() > 0
    assert threshold.max() < 1
    run = ours.play(3000, 1, 1, 1000, 1.0, 0.0, keep=(ours.ACTIVE,), compiled=False)
    np.testing.assert_array_equal(run.final["active"], first | (threshold <= np.float32(0.1)))
    assert ours.play(3000, 1, 1, 1000, 0.0, 1.0, compiled=False).total("total")[-1] == 0


@pytest.mark.compiled
def test_contagion_agrees_with_numpy_and_not_with_another_rule(load, command: ModuleType) -> None:
    ours, plain = load("contagion_ours"), load("contagion_in_numpy")
    agents, steps = 200_000, 40

    def ours_under(seed: int, **rule: float) -> np.ndarray:
        return (ours.play(agents, steps, seed, **rule).total("total") / agents)[None, :]

    step, count = plain.build(agents, seed=3, **RULE)
    theirs = np.array([[(step(), count())[1] / agents for _ in range(steps)]])
    assert command.apart(theirs, ours_under(1, **RULE), agents) < command.BOUND
    assert command.apart(theirs, ours_under(2, **command.CONTROL), agents) > command.BOUND


@pytest.mark.compiled
def test_contagion_has_the_same_bits_uncompiled(load) -> None:
    ours = load("contagion_ours")
    one, other = (ours.play(2000, 5, 1, compiled=compiled, **RULE) for compiled in (True, False))
    assert one.state_hash == other.state_hash


def test_what_cannot_be_had_is_a_line_of_the_table(command: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = command.Peers(Path("/nowhere/python"))
    done = command.table([c for c in command.ALIKE if c.key == "laser"], [100_000, 1_000_000], 1, nowhere, lambda _: "")
    assert done == []
    assert "LASER" in (told := capsys.readouterr().out)
    assert told.count("needs Python 3.12 or newer") == 1
