"""Rounds of simulations: the part of a prior from which later ones draw, and that it is drawn from as the prior is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.calibration.worlds import ATLANTIS, TRUTH, instead, record_of

from groundswell import cases
from groundswell.calibration.counts import observed
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import read_priors
from groundswell.calibration.reference import Table, payloads, persons_of
from groundswell.calibration.rounds import APART, NARROWEST, Part, Rounds, joined, part_of
from groundswell.calibration.summaries import summarise, windows_of
from groundswell.events.reading import read
from groundswell.studies import Study

CASE = cases.load(ATLANTIS)
PRIORS = read_priors(CASE)
PART = Part(PRIORS, np.array([0.0, 0.25, 0.5, 0.9]), np.array([1.0, 0.5, 0.75, 1.0]))


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch)


def test_a_part_is_drawn_from_as_the_prior_is_there() -> None:
    values = PART.draws(0, 4000, 1)
    whole = PRIORS.draws(0, 200_000, 2)
    inside = whole[PART.holds(whole)]
    assert PART.holds(values).all()
    assert len(inside) / len(whole) == pytest.approx(0.25 * 0.25 * 0.1, rel=0.1)
    for k in range(4):
        assert np.quantile(values[:, k], [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(inside[:, k], [0.1, 0.5, 0.9]), rel=0.08)
    assert (PART.draws(10, 5, 1) == values[10:15]).all()
    assert (PART.draws(0, 4000, 2) != values).any()


def test_its_scale_is_standard_normal_and_leads_back() -> None:
    values = PART.draws(0, 4000, 3)
    z = PART.to_normal(values)
    assert PART.from_normal(z) == pytest.approx(values, rel=1e-6)
    assert np.abs(z.mean(axis=0)).max() < 0.06
    assert z.std(axis=0) == pytest.approx(np.ones(4), abs=0.05)
    all_of_it = Part(PRIORS, np.zeros(4), np.ones(4))
    assert (all_of_it.draws(0, 50, 1) == PRIORS.draws(0, 50, 1)).all()
    assert all_of_it.to_normal(values) == pytest.approx(PRIORS.to_normal(values), abs=1e-9)
    low, high = PART.ends[PRIORS.keys[3]]
    assert PRIORS.entries[3].share(low) == pytest.approx(0.9)
    assert high == pytest.approx(float(PRIORS.entries[3].quantile(1.0)))


def test_the_part_of_a_posterior_by_hand() -> None:
    shares = np.column_stack([np.linspace(0.4, 0.6, 2001), np.linspace(0.9, 1.0, 2001), np.full(2001, 0.5), np.linspace(0, 1, 2001)])
    values = np.column_stack([one.quantile(shares[:, k]) for k, one in enumerate(PRIORS.entries)])
    part = part_of(Posterior("atlantis", PRIORS, values, np.full(2001, 1 / 2001)))
    assert part.low == pytest.approx([0.41 - 0.3 * 0.18, 0.905 - 0.3 * 0.09, 0.5 - NARROWEST, 0.0], abs=2e-4)
    assert part.high == pytest.approx([0.59 + 0.3 * 0.18, 1.0, 0.5 + NARROWEST, 1.0], abs=2e-4)


def test_a_later_part_lies_in_the_one_before() -> None:
    """Rows of the round before would fill what lies outside theirs with nothing."""
    values = PART.draws(0, 500, 4)
    posterior = Posterior("atlantis", PRIORS, values, np.full(500, 0.002))
    free, part = part_of(posterior), part_of(posterior, PART)
    assert free.low[1] < PART.low[1]
    assert free.high[2] > PART.high[2]
    assert (part.low >= PART.low).all()
    assert (part.high <= PART.high).all()


def test_rows_of_earlier_rounds_that_lie_in_the_part_are_used() -> None:
    values = np.vstack([PART.draws(0, 3, 1), PRIORS.draws(0, 20, 1)])
    inside = PART.holds(values)
    assert 3 <= inside.sum() < len(values)
    tables = [
        Table(PRIORS.to_normal(v), v, np.arange(float(len(v)))[:, None] + at, ("a",), 1) for v, at in ((values[3:], 100), (values[:3], 0))
    ]
    found = joined(tables, PART)
    assert (found.values == np.vstack([values[3:][inside[3:]], values[:3]])).all()
    assert found.summaries[-3:, 0].tolist() == [0, 1, 2]
    assert (found.z == PART.to_normal(found.values)).all()
    assert found.failed == 2


def test_no_draw_or_seed_of_a_later_round_is_one_of_the_first() -> None:
    first, later = payloads(PRIORS, 50, 3), payloads(Part(PRIORS, np.zeros(4), np.ones(4)), 50, 3, APART)
    assert not {one["seed"] for one in first} & {one["seed"] for one in later}
    assert not {one["occasions.rate"] for one in first} & {one["occasions.rate"] for one in later}


def test_a_second_round_lies_where_the_record_is(tmp_path: Path) -> None:
    record = observed(read(record_of(CASE, tmp_path / "weekly.csv")).events, CASE, PRIORS.start, PRIORS.end)
    told = summarise(record, persons_of(CASE), windows_of(CASE)).values
    how = Rounds(CASE, ATLANTIS, PRIORS, tmp_path / "reference", windows_of(CASE), 10, 1, 1, None)
    one, _, _, _ = how.fitted(told, 400, 1)
    two, _, before, _ = how.fitted(told, 800, 2)
    second = Study(next((tmp_path / "reference-2").iterdir()))
    assert not {*Study(tmp_path / "reference").frame()["seed"]} & {*second.frame()["seed"]}
    assert "part" not in one.diagnostics
    assert two.diagnostics["rounds"] == [400, 400]
    assert len(before.z) == 400
    ends = two.diagnostics["part"]
    assert two.diagnostics["simulations"] > 400  # and what of the first round lies there
    assert two.priors == PRIORS
    for k, key in enumerate(PRIORS.keys):
        assert ends[key][0] <= two.values[:, k].min() <= two.values[:, k].max() <= ends[key][1]
    k = PRIORS.keys.index("gathering.violent")
    assert ends["gathering.violent"][0] < TRUTH["gathering.violent"] < ends["gathering.violent"][1]
    wide = PRIORS.entries[k].share(np.array(ends["gathering.violent"]))
    assert wide[1] - wide[0] < 0.5
