"""Breaking a mechanism makes its oracle fail: each mutation of tests/mutation.py against the test that it names."""

from __future__ import annotations

import importlib

import pytest
from tests.mutation import KINDS, MUTATIONS, Mutation, applied, uncompiled


def the_test(mutation: Mutation):
    """The named test function."""
    file, _, name = mutation.breaks.partition(".")
    return getattr(importlib.import_module(f"tests.oracles.{file}"), name)


def test_every_mechanism_of_the_flagship_is_broken_once() -> None:
    assert {m.mechanism for m in MUTATIONS} == set(KINDS)
    assert len({(m.mechanism, m.what) for m in MUTATIONS}) == len(MUTATIONS)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.mechanism}: {m.what}")
def test_a_broken_mechanism_is_noticed(mutation) -> None:
    with applied(mutation), pytest.raises(AssertionError):
        the_test(mutation)(*mutation.given)


@pytest.mark.parametrize(("breaks", "given"), sorted({(m.breaks, m.given) for m in MUTATIONS}, key=str))
def test_a_whole_mechanism_passes(breaks, given) -> None:
    """The same tests in the same kind of run, unbroken: what a mutation shows is the mutation."""
    mutation = next(m for m in MUTATIONS if (m.breaks, m.given) == (breaks, given))
    with uncompiled():
        the_test(mutation)(*given)


def test_a_mutation_is_undone() -> None:
    mutation = next(m for m in MUTATIONS if m.mechanism == "Fear")
    kind, before = KINDS["Fear"], vars(KINDS["Fear"])["step"]
    with applied(mutation):
        assert vars(kind)["step"] is not before
    assert vars(kind)["step"] is before
