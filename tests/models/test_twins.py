"""Each deterministic model against its twin: a second entry, in plain Python, from the paper alone (`tests/twins`).

The two were written without sight of one another. They get the same thresholds, networks and seeds, and must agree step by step.
"""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell import Draws, networks, simulate, uniform
from groundswell.core.grid import euclidean, moore, von_neumann
from groundswell.core.sequential import Ranks
from groundswell.models import (
    centola_macy_2007,
    chwe_1999,
    deffuant_2000,
    epstein_2002_model_1,
    granovetter_1978,
    kuran_1991,
    lindelauf_2009,
    siegel_2009,
    watts_2002,
)
from groundswell.reproductions import hawkes_1971, kermack_mckendrick_1927, voter


def twin(name: str) -> ModuleType:
    """A twin, loaded from its file."""
    path = Path(__file__).parents[1] / "twins" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"twin_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def course(module: Any, population: Any, series: str, **options: Any) -> list[int]:
    """A model's series from its first step to the last that changed something, as the twins tell it."""
    model = getattr(module, module.__name__.rpartition(".")[2])()
    run = simulate(model, population, steps=200, seed=1, until=module.SETTLED, compiled=False, **options)
    values = run.series[series][:, 0].tolist()
    return values[: max(values.index(values[-1]) + 1, 1)]


@st.composite
def graphs(draw: st.DrawFn, most: int = 12) -> tuple[Any, list[list[int]]]:
    """A random simple network, as ours and as a list of neighbours."""
    n = draw(st.integers(2, most))
    pairs = [(i, j) for i in range(n) for j in range(i)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
    network = networks.from_edges(n, np.array(edges, np.int64).reshape(-1, 2))
    return network, [sorted(network.neighbours(i).tolist()) for i in range(n)]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=25))
def test_granovetter(thresholds: list[int]) -> None:
    ours = course(granovetter_1978, granovetter_1978.world(thresholds), "all_rioters")
    assert ours == twin("granovetter_1978").riot(thresholds)


def test_granovetter_on_the_crowds_of_the_paper() -> None:
    for thresholds in (list(range(100)), [0, 2, *range(2, 100)]):
        ours = course(granovetter_1978, granovetter_1978.world(thresholds), "all_rioters")
        assert ours == twin("granovetter_1978").riot(thresholds)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=15))
def test_kuran(thresholds: list[int]) -> None:
    assert course(kuran_1991, kuran_1991.world(thresholds), "all_opposition") == twin("kuran_1991").opposition(thresholds)


@pytest.mark.parametrize("name", sorted(kuran_1991.SEQUENCES))
def test_kuran_on_the_sequences_of_the_paper(name: str) -> None:
    given_ = list(kuran_1991.SEQUENCES[name])
    assert course(kuran_1991, kuran_1991.world(given_), "all_opposition") == twin("kuran_1991").opposition(given_)


@settings(max_examples=60)
@given(graphs(), st.fractions(Fraction(1, 10), 1, max_denominator=10), st.integers(1, 3))
def test_watts(graph: Any, phi: Fraction, seeds: int) -> None:
    network, neighbours = graph
    model = watts_2002.watts_2002()
    options: dict[str, Any] = {"values": {"joining.updating": "together", "joining.seeds": min(seeds, network.nodes)}}
    population = watts_2002.world(network, float(phi))
    run = simulate(model, population, steps=50, seed=1, until=watts_2002.SETTLED, keep=(watts_2002.SEED,), compiled=False, **options)
    chosen = np.flatnonzero(run.final["seed"]).tolist()
    values = run.series["all_active"][:, 0].tolist()
    assert values[: values.index(values[-1]) + 1] == twin("watts_2002").cascade(neighbours, phi, chosen)


@settings(max_examples=60)
@given(graphs(), st.integers(1, 4), st.data())
def test_centola_macy(graph: Any, threshold: int, data: st.DataObject) -> None:
    network, neighbours = graph
    seeds = data.draw(st.lists(st.integers(0, network.nodes - 1), unique=True, max_size=5))
    ours = course(centola_macy_2007, centola_macy_2007.world(threshold, network, np.array(seeds, np.int64)), "total")
    assert ours == twin("centola_macy_2007").spread(neighbours, threshold, seeds)


@settings(max_examples=60)
@given(graphs(), st.sampled_from([0.0, 0.25, 0.5, 0.9]), st.data())
def test_siegel(graph: Any, inertia: float, data: st.DataObject) -> None:
    """The paper's net motivation b + c with c from -1 is ours with b against c from 1: the same numbers but for the sign."""
    network, neighbours = graph
    b = data.draw(st.lists(st.floats(-0.5, 2.0, width=32), min_size=network.nodes, max_size=network.nodes))
    population = siegel_2009.world(np.array(b), network)
    run = simulate(siegel_2009.siegel_2009(), population, steps=20, seed=1, values={"deciding.inertia": inertia}, compiled=False)
    assert run.series["turnout"][:, 0].tolist() == twin("siegel_2009").participate(neighbours, b, inertia, 21)[1:]


@settings(max_examples=40)
@given(graphs(5), st.data())
def test_chwe(graph: Any, data: st.DataObject) -> None:
    network, neighbours = graph
    n = network.nodes
    thresholds = data.draw(st.lists(st.integers(1, n + 1), min_size=n, max_size=n))
    population = chwe_1999.world(thresholds, network)
    run = simulate(chwe_1999.chwe_1999(), population, steps=40, seed=1, until=chwe_1999.SETTLED, keep=(chwe_1999.REVOLTS,), compiled=False)
    assert set(np.flatnonzero(run.final["revolts"]).tolist()) == twin("chwe_1999").revolters(neighbours, thresholds)


@settings(max_examples=60)
@given(graphs(7), st.fractions(0, 1, max_denominator=20))
def test_lindelauf(graph: Any, p: Fraction) -> None:
    network, neighbours = graph
    other = twin("lindelauf_2009")
    try:
        expected = other.information(neighbours)
    except ValueError:
        return  # not connected: refused by both
    assert lindelauf_2009.information(network) == expected
    assert lindelauf_2009.secrecy(network, p) == other.secrecy(neighbours, p)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=8), st.sampled_from([0.2, 0.5, 1.0]), st.sampled_from([0.1, 0.5]))
def test_deffuant(opinions: list[float], bound: float, pull: float) -> None:
    """The same meetings in the same order; ours in whole parts of 2**-40, so a meeting may round down by one."""
    people, days = deffuant_2000.world(len(opinions), opinions=opinions), 5
    values = {"meeting.bound": bound, "meeting.pull": pull}
    run = simulate(deffuant_2000.deffuant_2000(), people, steps=days, seed=1, keep=(deffuant_2000.OPINION,), values=values, compiled=False)
    draws, ranks, pairs = Draws(1), Ranks(people.places), list[tuple[int, int]]()
    for day in range(days):
        for turn, one in enumerate(ranks.order(draws, deffuant_2000.Meeting(), day).tolist()):
            u = float(uniform(*draws.keys, 1, turn, day, deffuant_2000.OTHER.number, 0))
            other = int(u * (len(opinions) - 1))
            pairs.append((one, other + (other >= one)))
    expected = twin("deffuant_2000").run(opinions, pairs, bound, pull)[-1]
    assert np.abs(run.final["opinion"] / deffuant_2000.UNIT - expected).max() < 1e-9


@pytest.mark.parametrize(("ours", "theirs"), [(0, "none"), (1, "floor"), (2, "half_up"), (3, "half_even")])
def test_epsteins_arrest_probability(ours: int, theirs: str) -> None:
    known = np.full(1024, -1.0)
    for cops in range(40):
        for actives in range(1, 40):
            expected = twin("epstein_2002").arrest_probability(cops, actives, 2.3, theirs)
            for _ in range(2):  # counted, and looked up
                assert abs(epstein_2002_model_1.arrest_probability(cops, actives, 2.3, ours, known) - expected) < 1e-10


def test_closed_forms() -> None:
    borel = twin("hawkes_1971").borel(8, 0.5)
    assert np.allclose(borel, [hawkes_1971.borel(0.5, n) for n in range(1, 9)], atol=1e-12)
    for r0 in (1.5, 2.0, 3.0):
        assert abs(kermack_mckendrick_1927.final_share(r0) - twin("kermack_mckendrick_1927").final_size(r0)) < 1e-9
    for n in (4, 10, 20):
        different, half = twin("voter").mean_updates(n)
        assert different == (n - 1) ** 2
        assert abs(voter.expected_updates(n, n // 2) - float(half)) < 1e-9


@pytest.mark.parametrize(
    ("radius", "shape", "cells"),
    [(7, "euclid", euclidean), (1.7, "euclid", euclidean), (7, "von_neumann", von_neumann), (7, "moore", moore)],
)
def test_epsteins_views(radius: float, shape: str, cells: Any) -> None:
    assert len(cells(radius)[0]) == twin("epstein_2002").cells_in_view(radius, shape)
