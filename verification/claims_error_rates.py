"""How often a verdict is wrong: claims that are false by construction, records from a rival world, and claims that are true.

python verification/claims_error_rates.py [CLAIMS [RECORDS [FOLDER]]]

1. The rule alone: effects drawn so that exactly .95 of them are beyond (the worst case of a false claim), over one to three settings; and
   effects of what happens or does not, whose mean is exactly the smallest that matters.
2. Contrasts of the reduced model (Atlantis, eleven weeks): pairs of runs are a pool, and the threshold lies where .95 are beyond.
3. A rival world: weekly counts from a seasonal Hawkes process, without units, fear or slogans. The flagship is fitted to each record (a
   year of Atlantis, four parameters), and claims about what that world lacks are judged with the fit. Estimators of the Iran claims are
   asked, too, of eight years in which deaths and dated events change nothing, at the very edge.
4. Power: the same contrasts with thresholds that all, or .99, of the pool are beyond.
5. What cannot act has an effect of exactly zero.
6. The two sides' labels swapped, and the two arms: the verdicts mirror.

"Supported" must come at most at the nominal rate of false claims (.05, and what chance adds to it over so many). The exit code is 1 where
it does not. A study: what is stopped goes on. About twenty minutes on two cores the first time.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom, poisson

from groundswell import cases
from groundswell.calibration.counts import Counts
from groundswell.calibration.inference import amortise
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import Priors, read_priors
from groundswell.calibration.reference import persons_of, reference, tabulate
from groundswell.calibration.summaries import summarise, windows_of
from groundswell.claims import judging
from groundswell.claims.finding import Given, Weekly
from groundswell.claims.paired import pair, write_world
from groundswell.claims.prior_draws import Uncertain
from groundswell.claims.reading import Claim, read_claim
from groundswell.claims.registry import find
from groundswell.claims.running import DRAWS
from groundswell.claims.schema import DataTable
from groundswell.claims.sequential import ERROR, SURE, by_mean, by_share
from groundswell.claims.streams import TOY
from groundswell.core.draws import Draws
from groundswell.studies import Study

ATLANTIS = Path(__file__).parents[1] / "tests" / "data" / "atlantis"
SEED = 20250119
SIMULATIONS, POOL = 400, 160
HEAD = """schema = 1
[claim]
id = "{id}"
sentence = "Invented for the measurement of error rates."
by = "{by}"
who = "nobody"
source = "invented"
date = 2022-01-01
operational = "As below."
decides = "Nothing."
[model]
contrast = "with against without"
start = 2022-01-01
end = 2022-03-19
scale = 10
"""
Settings = tuple[str, str, str, str, float]  # of arm b, measure, how it is compared, direction, smallest
NO_UNITS = ", ".join(f"{nth}_organisation.{key} = 0" for nth in ("first", "second", "third") for key in ("initial", "rate"))
CONTRASTS: dict[str, Settings] = {
    "units": (f"parameters = {{{NO_UNITS}}}", "turnout", "difference", "above", 1.0),
    "fear": ("parameters = {witnessing.death = 0, witnessing.raid = 0, witnessing.gathering = 0}", "turnout", "difference", "above", 1.0),
    "slogans": ("parameters = {frames.campaign = 0, frames.imitation = 0}", "frames_effective", "difference", "below", -0.1),
}
INERT: Settings = ("parameters = {channel.doubled = 0.5}", "turnout", "difference", "above", 1.0)


def claim_of(folder: Path, number: int, what: Settings, *, swapped: bool = False, by: str = "movement") -> Claim:
    """A claim file, written and read. Swapped: what arm b was is arm a."""
    settings, measure, compare, direction, smallest = what
    arms = f"[model.a]\n{settings}\n[model.b]\n" if swapped else f"[model.a]\n[model.b]\n{settings}\n"
    quantity = f'[[model.quantities]]\nmeasure = "{measure}"\ncompare = "{compare}"\ndirection = "{direction}"\nsmallest = {smallest}\n'
    path = folder / f"E{number}.toml"
    path.write_text(HEAD.format(id=f"E{number}", by=by) + arms + quantity, encoding="utf-8")
    return read_claim(path, cases.load(ATLANTIS))


def uniform(number: int, *shape: int) -> np.ndarray:
    """Draws for the made-up effects."""
    return Draws(SEED).uniform(TOY, number % 50_000, np.arange(int(np.prod(shape))), number // 50_000).reshape(shape)


def allowed(count: int) -> int:
    """How many of so many false claims may be supported by chance at the nominal rate."""
    return int(binom.ppf(0.99, count, ERROR))


def judged(name: str, hits: int, count: int) -> bool:
    """Print a line; whether it is within the nominal rate."""
    fine = hits <= allowed(count)
    print(f"{name:64} {hits:5} of {count} ({100 * hits / count:4.1f} %)  {'holds' if fine else 'TOO MANY'}", flush=True)
    return fine


def the_rule(count: int) -> bool:
    """False claims at the very edge, by made-up effects."""
    holds = True
    for settings in (1, 2, 3):
        draws = uniform(settings, count, settings, DRAWS)
        found = [[by_share(one < SURE, np.ones(DRAWS, bool)).decision for one in claim] for claim in draws]
        holds &= judged(f"rule, share exactly .95, {settings} settings: supported", sum(set(one) == {"supported"} for one in found), count)
        wrong = [[by_share(one >= SURE, np.ones(DRAWS, bool)).decision for one in claim] for claim in draws]
        holds &= judged(
            f"rule, share exactly .05, {settings} settings: contradicted", sum(set(one) == {"contradicted"} for one in wrong), count
        )
    u = uniform(9, count, DRAWS)
    for smallest in (0.05, 0.1):
        effects = np.where(u < 0.1, -1.0, np.where(u < 0.2 + smallest, 1.0, 0.0))
        decisions = [by_mean(one, -1.0, 1.0, smallest, True).decision for one in effects]
        holds &= judged(f"rule, mean effect exactly {smallest}: supported", decisions.count("supported"), count)
        holds &= judged(f"rule, mean effect exactly {smallest}: contradicted", decisions.count("contradicted"), count)
    return holds


def pools(claims: list[Claim], priors: Priors, folder: Path) -> dict[str, dict[str, Any]]:
    """Pairs of runs of every claim under the first draws of the reference table: arms and hashes by claim."""
    values = priors.draws(0, POOL, 1)
    worlds = {claim.id: write_world(folder / "worlds", claim) for claim in claims}
    payloads = [
        {"world": world, "seed": k + 1, "values": dict(zip(priors.keys, row, strict=True))}
        for world in dict.fromkeys(worlds.values())
        for k, row in enumerate(values.tolist())
    ]
    study = Study(folder / "pairs", pair, payloads, common={"form": 1}, paths={"worlds": str((folder / "worlds").absolute())})
    study.run()
    frame = study.frame()
    found = {}
    for name, world in worlds.items():
        mine = frame.filter(frame["world"] == world).sort("seed")
        found[name] = {key: mine[key].to_numpy() for key in ("a0", "b0")} | {
            "hash_a": mine["hash_a"].to_list(),
            "hash_b": mine["hash_b"].to_list(),
        }
    return found


def effects_of(claim: Claim, pool: dict[str, Any]) -> np.ndarray:
    """Effects of a pool; shape (draws, 1)."""
    assert claim.contrast is not None
    return judging.effects_of(claim.contrast, pool["a0"][:, None], pool["b0"][:, None])


def reduced(claims: list[Claim], found: dict[str, dict[str, Any]], count: int, share: float, sure: str) -> tuple[int, float]:
    """How many of so many claims, resampled from pools with a threshold that `share` of them are beyond, get the verdict `sure`."""
    hits, draws = 0, []
    for k in range(count):
        claim = claims[k % len(claims)]
        effects = effects_of(claim, found[claim.id])[:, 0]
        known = np.sort(effects[np.isfinite(effects)])
        least = known[len(known) - int(np.floor(share * len(known)))]  # at most the share lies at or above it
        while (known >= least).mean() > share:
            least = np.nextafter(least, np.inf)
        picked = known[(uniform(1000 + k, DRAWS) * len(known)).astype(int)]
        outcome = by_share(picked >= least, np.ones(DRAWS, bool))
        hits += outcome.decision == sure
        draws.append(outcome.at)
    return hits, float(np.mean(draws))


def hawkes(number: int, weeks: int, provinces: int) -> tuple[np.ndarray, np.ndarray]:
    """All and contested counts of a seasonal Hawkes process by week and province: no units, no fear, no slogans."""
    u = uniform(50_000 + number, 4 + 2 * weeks, provinces)
    level, branching, season, phase = 0.3 + 1.2 * u[0], 0.2 + 0.5 * u[1].mean(), 0.6 * u[2].mean(), 2 * np.pi * u[3].mean()
    total, contested = np.zeros((weeks, provinces), np.int64), np.zeros((weeks, provinces), np.int64)
    excited = np.zeros(provinces)
    for week in range(weeks):
        mean = level * (1 + season * np.sin(2 * np.pi * week / 52 + phase)) + branching * 0.4 / 0.6 * excited
        total[week] = poisson.ppf(u[4 + 2 * week], mean)
        contested[week] = binom.ppf(u[5 + 2 * week], total[week], 0.3)
        excited = 0.6 * (excited + total[week])
    return total, contested


def counts_of(number: int, weeks: int, provinces: int) -> Counts:
    """A record of the rival world as a fit takes it."""
    total, contested = hawkes(number, weeks, provinces)
    kinds = np.column_stack([(total - contested).sum(axis=1), contested.sum(axis=1), np.zeros(weeks), np.zeros(weeks)]).astype(np.int64)
    return Counts(_first(), tuple(f"AT-0{k + 1}" for k in range(provinces)), total, contested, np.zeros_like(total), kinds)


@dataclass(frozen=True, eq=False)
class Rival(Given):
    """What an estimator may look at in the rival world."""

    counted: Weekly | None = None

    def weekly(self, *_: Any, **__: Any) -> Weekly | None:
        """The record, whatever is asked."""
        return self.counted


def records_alone(records: int) -> bool:
    """Estimators on eight years of a rival world in which deaths and dated events fall by chance and change nothing: the truth is 1."""
    weeks, provinces = 417, 12
    asked = {
        "deaths, weeks 1-4": ("weeks_after_deaths", {"first": 1, "last": 4}),
        "deaths, weeks 5-26": ("weeks_after_deaths", {"first": 5, "last": 26}),
        "dates, weeks 1-4": ("weeks_after_dates", {"first": 1, "last": 4}),
    }
    said: dict[str, list[str]] = {name: [] for name in asked}
    ids, days = [f"P{k}" for k in range(provinces)], [date(2016, 1, 2) + timedelta(days=7 * k) for k in range(weeks)]
    for number in range(records):
        _, contested = hawkes(5000 + number, weeks, provinces)
        deaths = binom.ppf(uniform(90_000 + number, weeks, provinces), contested, 0.05)
        given = Rival(cases.load(ATLANTIS), (), SEED, f"R{number}", Weekly(contested.astype(float), deaths, days, ids, "", "rival"))
        cells = (uniform(95_000 + number, 12, 2) * (weeks - 60, provinces)).astype(int)
        dated = [f"{days[30 + week]} {ids[place]}" for week, place in np.unique(cells, axis=0)]
        for name, (estimator, options) in asked.items():
            finding = find(estimator)(given, **options, **({"events": dated} if estimator == "weeks_after_dates" else {}))
            for direction in ("above", "below"):
                table = DataTable(estimator=estimator, asks=name, direction=direction, smallest=1.0)
                said[name].append(judging.of_finding(table, finding).word)
    holds = True
    for name, words in said.items():
        holds &= judged(f"rival world, records alone, {name}, threshold 1: supported", words.count("supported"), len(words))
    return holds


def _first() -> int:
    from groundswell.calibration.counts import whole_weeks

    priors = read_priors(cases.load(ATLANTIS))
    return whole_weeks(priors.start, priors.end)[0]


def rival(claims: list[Claim], found: dict[str, dict[str, Any]], priors: Priors, records: int, folder: Path) -> bool:
    """Records of a world without what the claims are about: how often the fit supports them."""
    case = cases.load(ATLANTIS)
    windows, persons = windows_of(case), persons_of(case)
    study = reference(case, ATLANTIS, priors, folder / "reference", simulations=SIMULATIONS, scale=priors.scale)
    table = tabulate(study, case, priors, windows)
    weeks = study.arrays("total").shape[1]
    z = priors.to_normal(priors.draws(0, POOL, 1))
    words: dict[str, list[str]] = {claim.id: [] for claim in claims}
    loose = 0
    for number in range(records):
        record = counts_of(number, weeks, len(persons))
        told = summarise(record, persons, windows).values
        near_some = (told >= table.summaries.min(axis=0)) & (told <= table.summaries.max(axis=0))  # as a fit does
        weighted = amortise(table.summaries, table.z, use=near_some).posterior(told)
        posterior = Posterior("", priors, priors.from_normal(weighted.z), weighted.weights)
        rows = posterior.draws(DRAWS, SEED + number)
        at = priors.to_normal(np.array([[row[key] for key in priors.keys] for row in rows]))
        near = ((at[:, None, :] - z[None]) ** 2).sum(axis=2).argmin(axis=1)  # the pair whose parameters are closest
        for claim in claims:
            pool = effects_of(claim, found[claim.id])
            prior = verdict_of(claim, pool, priors, "prior", None)
            after = verdict_of(claim, pool[near], priors, "posterior", prior)
            words[claim.id].append(after.word)
            loose += after.settings[0].outcome.decision == "supported"
    for name, said in words.items():
        print(f"  rival world, {name}: " + ", ".join(f"{word} {said.count(word)}" for word in dict.fromkeys(said)))
    every = [word for said in words.values() for word in said]
    print(f"  beyond in .95 of the draws, whether or not the record moved anything: {loose} of {len(every)}")
    return judged("rival world: supported with the fit", every.count("supported"), len(every))


def verdict_of(claim: Claim, effects: np.ndarray, priors: Priors, basis: str, prior: judging.ModelVerdict | None) -> judging.ModelVerdict:
    """The model's verdict from effects that are at hand."""
    uncertain = Uncertain(basis, priors.keys, np.zeros((len(effects), len(priors.keys))), priors.entries, "")
    outcome = judging.outcome_of(claim, effects)
    nothing = np.full(effects.shape, np.nan)
    return judging.over_settings(claim, [judging.Setting({}, nothing, nothing, effects, outcome)], uncertain, prior)


def mirrored(folder: Path, found: dict[str, dict[str, Any]], claims: list[Claim]) -> bool:
    """Sides swapped in name change nothing; arms swapped and directions with them say the same, arms alone the opposite."""
    holds = True
    for number, what in enumerate(CONTRASTS.values()):
        settings, measure, _, _, _ = what
        for smallest in (0.5, 2.0):
            one = claim_of(folder, 70, (settings, measure, "difference", "above", smallest))
            label = claim_of(folder, 71, (settings, measure, "difference", "above", smallest), by="regime")
            other = claim_of(folder, 72, (settings, measure, "difference", "below", -smallest), swapped=True, by="regime")
            against = claim_of(folder, 73, (settings, measure, "difference", "above", smallest), swapped=True, by="regime")
            pool = found[claims[number].id]
            swapped = {"a0": pool["b0"], "b0": pool["a0"]}
            told = [judging.outcome_of(claim, effects_of(claim, p)) for claim, p in ((one, pool), (label, pool), (other, swapped))]
            opposite = judging.outcome_of(against, effects_of(against, swapped))
            holds &= told[0] == told[1] and dataclasses.replace(told[2], decision=told[0].decision) == told[0] == told[2]
            holds &= told[0].decision != "supported" or opposite.decision == "contradicted"
    print(f"labels and arms swapped, six contrasts: {'the verdicts mirror' if holds else 'THEY DO NOT MIRROR'}")
    return holds


def main(count: int, records: int, folder: Path) -> int:
    began = time.perf_counter()
    holds = the_rule(count) & records_alone(records)
    priors = read_priors(cases.load(ATLANTIS))
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch)
        claims = [claim_of(files, k + 1, what) for k, what in enumerate(CONTRASTS.values())]
        inert = claim_of(files, 9, INERT)
        found = pools([*claims, inert], priors, folder)
        print(f"{4 * POOL} pairs of runs: {time.perf_counter() - began:.0f} s")
        for claim, name in zip(claims, CONTRASTS, strict=True):
            effects = effects_of(claim, found[claim.id])[:, 0]
            print(
                f"  {claim.id} {name}: median effect {np.nanmedian(effects):.3g}, not defined in {int(np.isnan(effects).sum())} of {POOL}"
            )
        holds &= judged("reduced model, .95 of effects beyond: supported", reduced(claims, found, count, SURE, "supported")[0], count)
        for share in (1.0, 0.99, 0.98):
            hits, draws = reduced(claims, found, count, share, "supported")
            print(f"power, {share:.2f} of effects beyond: {100 * hits / count:.0f} % supported, after {draws:.0f} draws on average")
        zero = effects_of(inert, found[inert.id])
        same = bool((zero == 0).all())
        print(f"what cannot act: effects {'are all exactly zero' if same else 'ARE NOT ZERO'} ({POOL} pairs)")
        holds &= same and mirrored(files, found, claims)
        # thresholds in the middle of what was believed, so that a fit could move the odds; in the rival world all effects are zero
        middle = {one.id: float(np.nanmedian(effects_of(one, found[one.id]))) for one in claims}
        claims = [
            claim_of(files, k + 1, (*what[:3], "above" if middle[one.id] > 0 else "below", middle[one.id]))
            for k, (one, what) in enumerate(zip(claims, CONTRASTS.values(), strict=True))
        ]
        holds &= rival(claims, found, priors, records, folder)
    print(f"{time.perf_counter() - began:.0f} s: {'all holds' if holds else 'NOT ALL HOLDS'}")
    return 0 if holds else 1


if __name__ == "__main__":
    arguments = sys.argv[1:]
    count, records = (int(arguments[k]) if len(arguments) > k else default for k, default in enumerate((1000, 100)))
    if len(arguments) > 2:
        sys.exit(main(count, records, Path(arguments[2])))
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(count, records, Path(scratch)))
