"""Sequential activation in addressed order: the voter model against its exact answers.

On a complete graph of N all different opinions end after (N - 1)**2 updates on average; two opinions from half, after
254.133 for N = 20 (and a chance to win of the initial share). Many groups share one population: the order is drawn with
replacement over all rows, so that within each group it is the process of the textbook.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.common import country, run_and_state, same_arrays, same_run
from tests.engine.toys import HOLDERS, OPINION, UPDATES, OrderlyVoter, Voter

from groundswell.core.draws import Draws
from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Model, Phase
from groundswell.core.parameters import Change
from groundswell.core.places import Places, Population, single_place
from groundswell.core.run import Run
from groundswell.core.sequential import Ranks
from groundswell.core.simulate import Engine

VOTER = Model("voter", (Phase("vote", Voter()),))


def vote(n: int, groups: int, opinions: int, days: int, model: Model = VOTER, **options: object) -> tuple[Run, Engine]:
    population = Population(single_place(n * groups, neighbourhood=n))
    return run_and_state(population, days, model, values={f"{model.mechanisms[0].key}.opinions": opinions}, **options)


@pytest.mark.compiled
@pytest.mark.parametrize(("n", "opinions", "mean"), [(10, 10, 81.0), (20, 20, 361.0), (20, 2, 254.133), (10, 2, 0.0)])
def test_updates_to_consensus(n: int, opinions: int, mean: float) -> None:
    groups = 6_000
    done, engine = vote(n, groups, opinions, 200, compiled=True)
    assert done.series["groups_left"][-1, 0] == 0
    assert (np.diff(done.series["groups_left"][:, 0]) <= 0).all()
    updates = engine.state.columns[UPDATES.name]
    error = updates.std() / groups**0.5
    if mean:
        assert abs(updates.mean() - mean) < min(3 * error, 0.03 * mean), updates.mean()
    opinion = engine.state.columns[OPINION.name].reshape(groups, n)
    assert (opinion == opinion[:, :1]).all()
    assert (engine.state.columns[HOLDERS.name].reshape(groups, n).max(axis=1) == n).all()
    share = np.bincount(opinion[:, 0], minlength=opinions) / groups
    expected = np.bincount(np.arange(n) % opinions) / n
    assert (abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / groups)).all()


@pytest.mark.compiled
def test_each_once_is_another_process() -> None:
    model = Model("voter", (Phase("vote", OrderlyVoter()),))
    updates = vote(20, 2000, 2, 200, model, compiled=True)[1].state.columns[UPDATES.name]
    assert updates.min() >= 10
    assert 100 < updates.mean() < 200


@pytest.mark.compiled
@pytest.mark.parametrize("kind", [Voter, OrderlyVoter])
def test_same_bits(kind: type[Voter]) -> None:
    model = Model("voter", (Phase("vote", kind()),))
    plain, engine = vote(15, 20, 15, 8, model)
    for options in ({"compiled": True}, {"compiled": True, "threads": 4, "tile": 1}, {"threads": 2, "tile": 40}):
        done, other = vote(15, 20, 15, 8, model, **options)
        same_run(plain, done)
        same_arrays(engine.state.columns, other.state.columns)
    assert vote(15, 20, 15, 8, model, seed=12)[0].state_hash != plain.state_hash


def test_order_of_activation() -> None:
    places = country((240, 160)).places
    draws = Draws(3)
    once = [Ranks(places).order(draws, OrderlyVoter(), day) for day in (1, 2)]
    assert all((np.sort(order) == np.arange(places.rows)).all() for order in once)
    assert (once[0] != once[1]).mean() > 0.9
    drawn = np.concatenate([Ranks(places).order(draws, Voter(), day) for day in range(400)])
    counts = np.bincount(drawn, minlength=places.rows)
    assert len(counts) == places.rows
    assert abs(((counts - 400.0) ** 2 / 400.0).sum() - 399) < 4 * (2 * 399) ** 0.5  # chi-squared


@pytest.mark.parametrize("kind", [Voter, OrderlyVoter])
def test_order_does_not_depend_on_storage(kind: type[Voter]) -> None:
    def addresses(places: Places) -> list[int]:
        return places.address_of(Ranks(places).order(Draws(3), kind(), 7)).tolist()  # type: ignore[no-any-return]

    assert addresses(country((240, 160)).places) == addresses(country((160, 240), (2, 1)).places)


@pytest.mark.parametrize("codes", [(1, 2), (2, 1), (7, 3)])
def test_order_is_that_of_the_draws_of_addresses(codes: tuple[int, ...]) -> None:
    places, draws = country((160, 240), codes).places, Draws(3)
    addresses = np.sort(places.address_of(np.arange(places.rows)))
    drawn = draws.words(OrderlyVoter().draws[0], 7, addresses)[0]
    order = Ranks(places).order(draws, OrderlyVoter(), 7)
    assert places.address_of(order).tolist() == addresses[np.argsort(drawn, kind="stable")].tolist()


def test_one_order_takes_one_value() -> None:
    from dataclasses import dataclass
    from typing import Any

    from groundswell.core.parameters import parameter

    @dataclass(frozen=True)
    class Rated(OrderlyVoter):
        rate: float = parameter(1, unit="1", range=(0, 9), doc="x", source="assumed")

        def step(order: Any, opinion: Any, rate: Any) -> None:  # type: ignore[misc, override]
            for i in order:
                opinion[i] = rate

    model = Model("rated", (Phase("vote", Rated()),))
    assert (run_and_state(country(), 1, model, values={})[1].state.columns[OPINION.name] == 1).all()
    with pytest.raises(ModelError, match=r"rated\.rate cannot differ between places"):
        run_and_state(country(), 2, model, values={}, changes=(Change("rated.rate", 2, 0, 65535, places=(1,)),))
