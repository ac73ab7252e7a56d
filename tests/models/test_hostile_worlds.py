"""Worlds of abstract models from wrong arguments: our own error with the argument's name, never another, and never a crash."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from groundswell import InputError, Network, networks
from groundswell.core.store import read_arrays, write_arrays

# Models on a board are made from parameters of another kind; theirs are tested with them.
MODELS = (
    "centola_macy_2007", "chwe_1999", "deffuant_2000", "eckles_2024", "granovetter_1978", "hawkes_1971", "kermack_mckendrick_1927",
    "kuran_1991", "siegel_2009", "voter", "watts_2002",
)  # fmt: skip
WRONG: dict[str, Any] = {
    "unequal": [[1, 2], [3]],
    "not a number": float("nan"),
    "with not a number": [1, float("nan"), 2],
    "infinite": [1, float("inf")],
    "text": "abc",
    "texts": ["a", "b"],
    "truths": [True, False],
    "negatives": [-1, 2],
    "fraction": 2.5,
    "huge": 10**30,
    "huge ones": [10**30, 1],
    "complex": [1j, 2],
    "objects": [object()],
    "deep": np.full((2, 2, 2, 2), -1),
    "table": {"a": 1},
    "days": np.array(["2020-01-01"], "M8[D]"),
    "holes": np.ma.masked_array([1, 2, 3], mask=[False, True, False]),
    "numbers": [1, 2],
}


def arguments() -> list[tuple[str, str]]:
    found = []
    for name in MODELS:
        world = import_module(f"groundswell.models.{name}").world
        found += [(name, argument) for argument in inspect.signature(world).parameters]
    return found


def problem(world: Callable[..., Any], options: dict[str, Any]) -> str | None:
    """What our own error says, or None where there is none."""
    try:
        world(**options)
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "argument"), arguments())
def test_a_wrong_argument_is_refused_by_its_name(name: str, argument: str) -> None:
    world = import_module(f"groundswell.models.{name}").world
    refused = 0
    for what, value in WRONG.items():
        said = problem(world, {argument: value})
        if said is None:
            assert what in ("numbers", "holes"), what
            assert argument in ("thresholds", "seeds"), what
        else:
            refused += 1
            assert "\n" not in said, what
            assert len(said) < 300, what
    assert refused >= len(WRONG) - 2


@pytest.mark.parametrize(("name", "argument"), [pair for pair in arguments() if pair[1] in ("ties", "short")])
def test_a_network_without_people_is_refused(name: str, argument: str) -> None:
    world = import_module(f"groundswell.models.{name}").world
    with pytest.raises(InputError):
        world(**{argument: Network(np.zeros(1, np.int64), np.empty(0, np.int32))})


@pytest.mark.parametrize("people", [10**9, 10**12])
def test_more_people_than_fit_are_refused(people: int) -> None:
    for name in ("deffuant_2000", "kermack_mckendrick_1927"):
        world = import_module(f"groundswell.models.{name}").world
        for options in ({"people": people}, {"groups": people}, {"people": 90_000, "groups": 90_000}):
            with pytest.raises(InputError):
                world(**options)


@pytest.mark.parametrize(
    ("indptr", "indices", "key"),
    [
        ([0, 1, 2], [5, 0], "indices"),
        ([0, 1, 2], [1, -1], "indices"),
        ([0, 5], [0], "indptr"),
        ([1, 1], [0], "indptr"),
        ([0, 2, 1, 2], [1, 0], "indptr"),
        ([], [], "indptr"),
    ],
)
def test_a_network_whose_ties_lead_nowhere_is_refused(indptr: list[int], indices: list[int], key: str) -> None:
    """Compiled code follows them without looking: it would read and write what is not its own."""
    with pytest.raises(InputError) as caught:
        Network(np.array(indptr, np.int64), np.array(indices, np.int32))
    assert caught.value.key == key


def test_a_network_of_other_types_is_refused(tmp_path: Any) -> None:
    with pytest.raises(InputError, match="indptr: needs an array of int64"):
        Network([0, 1, 2], [1, 0])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="indices: needs an array of int32"):
        Network(np.array([0, 1, 2]), np.array([1, 0]))  # type: ignore[arg-type]
    ring = networks.ring(5000, 1)
    write_arrays(tmp_path / "ring", "network", {}, {"indptr": ring.indptr, "indices": ring.indices})
    stored = read_arrays(tmp_path / "ring", "network")[1]
    assert Network(stored["indptr"], stored["indices"]).ties == ring.ties


@pytest.mark.parametrize(
    ("nodes", "edges", "key"),
    [
        (2, [(0.5, 1)], "edges"),
        (2, [(float("nan"), 1)], "edges"),
        (3, [(0, 1, 2)], "edges"),
        (3, np.zeros((3, 4), np.int64), "edges"),
        (3, [(0, 1), (2,)], "edges"),
        (2, [("a", "b")], "edges"),
        (2.5, [(0, 1)], "nodes"),
        ("2", [(0, 1)], "nodes"),
    ],
)
def test_pairs_that_are_none_are_refused(nodes: Any, edges: Any, key: str) -> None:
    with pytest.raises(InputError) as caught:
        networks.from_edges(nodes, edges)
    assert caught.value.key == key
    assert networks.from_edges(3, []).ties == 0
    assert networks.from_edges(2, [(0.0, 1.0)]).ties == 1
