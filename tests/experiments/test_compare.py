"""Paired comparisons: shared draws, differences by hand, what cannot be compared, and campaigns and verdicts that stand on them."""

import dataclasses
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from groundswell import cases, experiments
from groundswell.core.errors import InputError
from groundswell.experiments.campaigns import campaigns, span
from groundswell.experiments.compare import PUBLIC, about_units, contrast
from groundswell.experiments.intervals import interval
from groundswell.experiments.verdicts import boycott_of_2024, quiet_after_2009, verdicts
from groundswell.society import COVERT

ALONE = {"workers": 1, "compiled": False}
ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"


def test_the_same_scenario_twice_differs_in_nothing(twin: Path) -> None:
    scenario = experiments.read(twin)
    pairs = experiments.compare(scenario, scenario, replicates=2, **ALONE)
    assert pairs.a.hashes == pairs.b.hashes
    assert all((d.difference, d.low, d.high) == (0, 0, 0) for d in pairs.rows if np.isfinite(d.mean_a))


def test_pairs_share_their_draws(twin: Path) -> None:
    pairs = experiments.compare(twin, settings={"fear.decay": 0.3}, replicates=4, **ALONE)
    assert (pairs.name_a, pairs.name_b) == ("fear.decay = 0.3", "as it stands")
    # what the tiny model draws depends on its seed only, so the gatherings are the same in both runs of a pair
    for one, other in zip(pairs.a.weekly, pairs.b.weekly, strict=True):
        assert one.equals(other)
    assert not pairs.a.weekly[0].equals(pairs.a.weekly[1])
    found, differences = pairs.difference("mood"), pairs.a.national("mood") - pairs.b.national("mood")
    np.testing.assert_array_equal(found.mean, interval(differences).mean)
    # unpaired, the noise of both would add up; paired, it is the same worry that fades faster
    apart = interval(pairs.a.national("mood") - pairs.b.national("mood")[::-1])
    assert (found.high - found.low)[30:].mean() < (apart.high - apart.low)[30:].mean()
    assert "fear.decay = 0.3" in pairs._repr_html_()


def test_a_comparison_is_kept_and_goes_on(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pairs = experiments.compare(twin, without="curfew", replicates=2, out=out, **ALONE)
    assert (pairs.name_a, pairs.name_b) == ("with curfew", "without curfew")
    kept = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert {path.name for path in out.iterdir()} == {"a", "b", "study.json", "numbers.parquet", "nation.parquet", "provinces.parquet"}
    experiments.compare(twin, without="curfew", replicates=2, out=out, **ALONE)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == kept
    places = pl.read_parquet(out / "provinces.parquet").filter((pl.col("series") == "worry") & (pl.col("place") == "AT-2"))
    by_hand = [experiments.load(out / arm / f"seed-{seed}").series["worry"][:, 1] for arm in "ab" for seed in (1, 2)]
    np.testing.assert_allclose(places["mean"], (by_hand[0] + by_hand[1] - by_hand[2] - by_hand[3]) / 2, atol=1e-12)
    with pytest.raises(InputError, match="another kind of study"):
        experiments.replicates(twin, 2, out=out, **ALONE)


def test_what_cannot_be_compared(twin: Path, tmp_path: Path) -> None:
    for wrong in ({}, {"b": twin, "without": "curfew"}, {"without": "curfew", "settings": {"fear.decay": 0.3}}):
        with pytest.raises(InputError, match="give a second scenario, or one of"):
            experiments.compare(twin, **wrong, **ALONE)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="did you mean 'curfew'"):
        experiments.compare(twin, without="curfw", **ALONE)
    scenario = experiments.read(twin)
    for change in ({"scale": 2}, {"growth": 2.0}, {"population_seed": 9}, {"end": date(2021, 3, 30)}, {"provinces": ("AT-1",)}):
        with pytest.raises(InputError, match="share no draws"):
            experiments.compare(scenario, dataclasses.replace(scenario, **change), **ALONE)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="two scenarios, or"):
        experiments.compare(scenario, twin, **ALONE)


def test_differences_of_a_real_case_do_not_say_where_units_are(tmp_path: Path) -> None:
    settings = {"provinces": ["IR-05", "IR-20"], "start": "2022-07-02", "end": "2022-07-22", "first_organisation.initial": 500}
    experiments.compare("iran", without="units", replicates=2, out=tmp_path / "out", workers=1, common=settings)
    places = pl.read_parquet(tmp_path / "out" / "provinces.parquet")
    assert len(places) == 0  # on shared draws any difference in a province would come from a unit there
    assert {"date", "days", "place", "series", "mean", "low", "high"} == set(places.columns)
    assert {"arrests", "acted"} <= set(pl.read_parquet(tmp_path / "out" / "nation.parquet")["series"])
    shock = {"calendar.legitimacy": 0.3}
    experiments.compare("iran", settings=shock, replicates=2, out=tmp_path / "other", workers=1, common=settings)
    places = pl.read_parquet(tmp_path / "other" / "provinces.parquet")
    assert {"turnout", "gathered", "killed", "legitimacy"} <= set(places["series"]) <= set(PUBLIC)
    assert not [name for name in PUBLIC if name in COVERT or name.startswith(("fear", "frame", "unit", "arrest", "detain"))]
    assert set(places["days"]) == {7}


@pytest.mark.parametrize(
    "settings",
    [
        {"acting.rate": 0.0},
        {"first_organisation.call": 3.0},
        {"units.loss": 0.1},
        {"participation.defiance": 0.0},
        {"frames.campaign": 0.0},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_works_on_units_or_through_them_is_told_for_the_nation(settings) -> None:
    found = contrast("iran", changed=experiments.settings_of(settings))
    assert about_units(found.a, found.b)


def test_campaigns_work_on_units_and_shocks_of_the_public_do_not() -> None:
    for name, units in (
        ("acts of May 2024", True),
        ("fuel price of November 2019", False),
        ("death in custody of 16 September 2022", False),
    ):
        found = contrast("iran", without=name, common=experiments.settings_of({"start": "2019-01-01"}))
        assert about_units(found.a, found.b) is units, name


def test_without_units_nobody_organises() -> None:
    found = contrast("iran", without="units")
    assert {value for key, value in found.b.values.items() if key.endswith(("_organisation.initial", "_organisation.rate"))} == {0.0}
    assert found.a.effects == found.b.effects


@pytest.mark.compiled
def test_campaigns_three_ways() -> None:
    settings = {"provinces": ["IR-23"], "start": "2024-02-20", "end": "2024-06-30", "first_organisation.initial": 50}
    runs = experiments.replicates("iran", 2, workers=1, settings=settings)
    told = {one.campaign.id: one for one in campaigns(runs)}
    assert set(told) == {campaign.id for campaign in cases.load("iran").campaigns}
    may = told["may-2024"]
    days = [d for d, day in enumerate(runs.first.dates) if date(2024, 5, 1) <= day <= date(2024, 5, 31)]  # type: ignore[union-attr]
    assert may.claimed == 3000
    assert may.true is not None
    np.testing.assert_array_equal(may.true, runs.national("acted")[:, days].sum(axis=1))
    messages = told["messages-2024"].true
    assert messages is not None
    assert (messages < told["rally-2024"].true).all()  # one tactic of five
    assert told["boycott-2024"].true is None  # it began before the run
    assert told["hijab-2024"].true is None
    assert (told["boycott-2024"].official, told["boycott-2024"].place) == (pytest.approx(66), "IR-23")
    with_vote = experiments.replicates("iran", 1, workers=1, settings={**settings, "start": "2024-02-01", "end": "2024-03-08"})
    away = campaigns(with_vote)[0].true
    assert away is not None
    first = with_vote.first
    assert first is not None
    np.testing.assert_allclose(away, 100 * (1 - first.total("voted").sum() / first.total("eligible").sum()))


def test_the_span_of_campaigns() -> None:
    found = span(cases.load("iran"))
    assert found is not None
    assert found[0] == date(2024, 1, 1)
    assert found[1] >= date(2024, 12, 8)
    assert span(cases.load(ATLANTIS)) is None or cases.load(ATLANTIS).campaigns


class TestVerdicts:
    figures = cases.load("iran").figures

    def changed(self, key: str, start: date, **values: float | None) -> list[object]:
        return [dataclasses.replace(f, **values) if f.key == key and f.start == start else f for f in self.figures]  # type: ignore[arg-type]

    def test_of_the_case(self) -> None:
        assert [(v.claim, v.verdict) for v in verdicts(cases.load("iran"))] == [("C4", "contradicted"), ("C8", "contradicted")]

    def test_the_quiet_depends_on_the_figures(self) -> None:
        quiet = [f for f in self.figures if f.key not in ("demonstrations.year", "protests.february_2011")]
        assert quiet_after_2009(quiet).verdict == "supported"  # type: ignore[union-attr]
        one = [f for f in self.figures if f.key != "protests.february_2011"]
        assert quiet_after_2009(one).verdict == "not decidable"  # type: ignore[union-attr]
        loud = self.changed("mass_mobilization.year", date(2013, 1, 1), value=7.0)
        assert quiet_after_2009(loud).verdict == "contradicted"  # type: ignore[union-attr, arg-type]
        ends_in_uprising = [dataclasses.replace(f, value=700.0) if f.start.year == 2017 else f for f in quiet]
        assert quiet_after_2009(ends_in_uprising).verdict == "supported"  # type: ignore[union-attr]
        assert quiet_after_2009([]) is None

    @pytest.mark.parametrize(("official", "verdict"), [(0.34, "contradicted"), (0.15, "not decidable"), (0.10, "supported")])
    def test_the_boycott_depends_on_the_figures(self, official: float, verdict: str) -> None:
        place = next(f for f in self.figures if f.key == "turnout.claimed_abstention").place
        figures = [
            dataclasses.replace(f, value=official) if f.key == "turnout.official" and f.place == place and f.start.year == 2024 else f
            for f in self.figures
        ]
        found = boycott_of_2024(figures)
        assert found is not None
        assert found.verdict == verdict
        assert f"{official / 0.1:.1f}-fold" in found.numbers
        assert boycott_of_2024([]) is None


def test_a_comparison_of_a_scenario_with_itself_by_mistake(twin: Path) -> None:
    with pytest.raises(InputError, match=r"--set fear\.decay = 0\.1: changes nothing in this run"):
        experiments.compare(twin, settings={"fear.decay": 0.1}, **ALONE)
    with pytest.raises(InputError, match=r"--without curfew: changes nothing in this run, 2021-02-01 to 2021-02-20"):
        experiments.compare(twin, without="curfew", common={"start": "2021-02-01", "end": "2021-02-20"}, **ALONE)
    with pytest.raises(InputError, match="'tiny' has no organisations"):
        experiments.compare(twin, without="units", **ALONE)
