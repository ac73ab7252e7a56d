"""Which inference a fit uses, and why: methods compared on one small world whose posterior is known exactly.

python verification/compare_inference.py [ROWS [TRUTHS [OUT.json]]] [--sbi]

The world (`tests/calibration/toy.py`) has four parameters, four provinces and two years of weekly counts; its exact posterior is a sum over
a grid. Every method sees the same table of ROWS simulations and the same summaries (ABC-SMC: the same number of simulations for each
truth), and answers for the same TRUTHS. Told for each: how far posterior means lie from the exact ones, in exact standard deviations; how
wide posteriors are, as a ratio to the exact ones (1 is all that can be known); how often 90 % intervals hold the truth; the log density at
the truth of a normal with the posterior's mean and spread, averaged; seconds for the table and for a truth; whether a stopped fit can go
on, and what must be installed.

The exit code is 1 where the chosen method's 90 % intervals cover less than 85 or more than 95 %.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the world, which tests share
from tests.calibration import toy

from groundswell.calibration.checking import share_below
from groundswell.calibration.inference import Amortised, Weighted, amortise
from groundswell.calibration.learning import Learned, Ridge, Scaling
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.rounds import APART, part_of

SEED, INNER = 3, 1.5  # truths lie within 1.5 of the prior's middle: the exact grid has ends
ROUNDS = 4  # of ABC-SMC
TWO = "learned (ridge), regression, 15 %, two rounds"


@dataclass
class Outcome:
    """What a method did."""

    method: str
    error: float
    width: float
    coverage: float
    density: float
    table_seconds: float
    truth_seconds: float
    simulations: str
    resume: str
    needs: str


class Networks:
    """Small neural networks (scikit-learn) that learn what the ridge leaves over; stopped early on rows kept aside."""

    def fit(self, s: np.ndarray, z: np.ndarray) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor

        self.ridge = Ridge()
        self.ridge.fit(s, z)
        how = {"hidden_layer_sizes": (64, 64), "activation": "tanh", "alpha": 0.1, "early_stopping": True, "max_iter": 200}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.parts = [MLPRegressor(**how, n_iter_no_change=12, random_state=k).fit(s, z - self.ridge.guess(s)) for k in range(2)]

    def guess(self, s: np.ndarray) -> np.ndarray:
        return self.ridge.guess(s) + np.mean([part.predict(s) for part in self.parts], axis=0)


def raw(s: np.ndarray, z: np.ndarray, keep: float, adjust: bool) -> Amortised:
    """ABC on the summaries themselves, as many as there are: distances in standard deviations, no learning."""
    scaling = Scaling.of(s)
    standard = scaling(s)
    learned = Learned(scaling, (), standard, np.zeros(z.shape[1]))

    class OnSummaries(Amortised):
        def _metric(self) -> np.ndarray:
            return np.eye(standard.shape[1])

    return OnSummaries(z, learned, keep, adjust)


def smc(s: np.ndarray, z: np.ndarray, row: int, budget: int) -> Weighted:
    """ABC-SMC on learned summaries (guesses): populations of shrinking tolerance, moved by twice their variance (Beaumont et al. 2009)."""
    random = np.random.default_rng(row)
    inference = guesses_of(s, z)
    scale = np.sqrt((inference.z - inference.learned.guesses).var(axis=0))
    target, each = inference.learned.guesses[row], budget // ROUNDS
    fold = row % len(inference.learned.models)

    def distance(values: np.ndarray, seed: int) -> np.ndarray:
        total, contested = toy.simulate(toy.PRIORS.from_normal(values), seed)
        found = [toy.summarise(toy.counts_of(t, c), 1e6 * toy.MASS).values for t, c in zip(total, contested, strict=True)]
        guess = inference.learned.models[fold].guess(inference.learned.scaling(np.array(found)))
        return np.sqrt((((guess - target) / scale) ** 2).sum(axis=1))

    points = random.standard_normal((each, z.shape[1]))
    weights, far = np.full(each, 1 / each), distance(points, 10 * row + 1)
    for number in range(1, ROUNDS):
        keep = np.argsort(far)[: each // 2]
        points, far, weights = points[keep], far[keep], weights[keep] / weights[keep].sum()
        edge = far.max()
        spread = 2 * np.cov(points.T, aweights=weights) + 1e-6 * np.eye(z.shape[1])
        chosen = random.choice(len(points), each, p=weights)
        moved = points[chosen] + random.multivariate_normal(np.zeros(z.shape[1]), spread, each)
        inverse = np.linalg.inv(spread)
        away = moved[:, None] - points[None]
        kernel = np.exp(-0.5 * np.einsum("ijk,kl,ijl->ij", away, inverse, away)) @ weights
        heavy = np.exp(-0.5 * (moved**2).sum(axis=1)) / kernel
        new = distance(moved, 10 * row + 1 + number)
        near = new <= edge
        points, far = np.vstack([points, moved[near]]), np.concatenate([far, new[near]])
        # those kept stand for the earlier proposal; both are weighted by prior over proposal
        weights = np.concatenate([weights * len(keep), heavy[near] / heavy[near].mean()])
        weights /= weights.sum()
    return Weighted(points, weights, np.arange(len(points)), float(far.max()))


def rounds_of(s: np.ndarray, z: np.ndarray, row: int, budget: int) -> Weighted:
    """What a fit does: half of the simulations from the prior, half from the part where the posterior of the first half lies."""
    half = budget // 2
    first = guesses_of(s[:half], z[:half])
    found = first.left_out(row) if row < half else first.posterior(s[row])
    part = part_of(Posterior("toy", toy.PRIORS, toy.PRIORS.from_normal(found.z), found.weights))
    values = part.draws(APART + row * half, half, SEED)
    counts = zip(*toy.simulate(values, 1000 + row), strict=True)
    told = np.array([toy.summarise(toy.counts_of(t, c), 1e6 * toy.MASS).values for t, c in counts])
    before = toy.PRIORS.from_normal(z[:half])
    inside = part.holds(before) & (np.arange(half) != row)
    second = amortise(np.vstack([s[:half][inside], told]), part.to_normal(np.vstack([before[inside], values])))
    after = second.posterior(s[row])
    return Weighted(toy.PRIORS.to_normal(part.from_normal(after.z)), after.weights, after.rows, after.distance)


_GUESSES: dict[int, Amortised] = {}


def guesses_of(s: np.ndarray, z: np.ndarray) -> Amortised:
    if len(z) not in _GUESSES:
        _GUESSES[len(z)] = amortise(s, z)
    return _GUESSES[len(z)]


def neural(s: np.ndarray, z: np.ndarray, truths: list[int]) -> Callable[[int], Weighted]:
    """sbi's neural posterior estimation, with its defaults; trained without the rows that are asked for."""
    import torch
    from sbi.inference import NPE
    from torch.distributions import MultivariateNormal

    torch.manual_seed(1)
    standard = Scaling.of(s)(s)
    rest = np.setdiff1d(np.arange(len(z)), truths)
    prior = MultivariateNormal(torch.zeros(z.shape[1]), torch.eye(z.shape[1]))
    npe = NPE(prior=prior, density_estimator="maf", show_progress_bars=False)
    npe.append_simulations(torch.tensor(z[rest], dtype=torch.float32), torch.tensor(standard[rest], dtype=torch.float32)).train()
    posterior = npe.build_posterior()

    def answer(row: int) -> Weighted:
        drawn = posterior.sample((1000,), x=torch.tensor(standard[row], dtype=torch.float32), show_progress_bars=False).numpy()
        return Weighted(drawn.astype(np.float64), np.full(1000, 1e-3), np.arange(1000), 0.0)

    return answer


def judged(
    method: str, make: Callable[[], Callable[[int], Weighted]], truths: list[int], z: np.ndarray, exact: list, simulations: str,
    resume: str, needs: str,
) -> Outcome:  # fmt: skip
    began = time.perf_counter()
    answer = make()
    ready = time.perf_counter()
    found = [answer(row) for row in truths]
    done = time.perf_counter()
    means, spreads = np.array([f.mean for f in found]), np.sqrt(np.array([f.variance for f in found]))
    exact_means, exact_spreads = (np.array([e[k] for e in exact]) for k in (0, 1))
    shares = np.array([share_below(f, z[row]) for f, row in zip(found, truths, strict=True)])
    truth = z[truths]
    return Outcome(
        method=method,
        error=float(np.sqrt((((means - exact_means) / exact_spreads) ** 2).mean())),
        width=float(np.exp(np.log(spreads / exact_spreads).mean())),
        coverage=float((np.abs(shares - 0.5) <= 0.45).mean()),
        density=float((-0.5 * ((truth - means) / spreads) ** 2 - np.log(spreads) - 0.5 * np.log(2 * np.pi)).mean()),
        table_seconds=ready - began,
        truth_seconds=(done - ready) / len(truths),
        simulations=simulations,
        resume=resume,
        needs=needs,
    )


def main(rows: int, count: int, out: Path | None, with_sbi: bool) -> int:
    z, s, total, contested, _ = toy.table(rows, SEED)
    inner = np.flatnonzero((np.abs(z) < INNER).all(axis=1))
    truths = inner[(np.arange(count) * len(inner)) // count].tolist()
    exact = [toy.exact(total[row], contested[row], 32) for row in truths]
    found: list[Outcome] = []

    def add(
        method: str, make: Callable[[], Callable[[int], Weighted]], simulations: str, resume: str, needs: str, of: int = count
    ) -> None:  # fmt: skip
        found.append(judged(method, make, truths[:of], z, exact[:of], simulations, resume, needs))
        one = found[-1]
        print(
            f"{one.method:44} {one.error:6.2f} {one.width:6.2f} {100 * one.coverage:6.1f} {one.density:7.2f} {one.table_seconds:8.1f} "
            f"{one.truth_seconds:8.3f}  {one.simulations}; {one.resume}; {one.needs}",
            flush=True,
        )

    print(f"{rows} simulations, {count} truths, {s.shape[1]} summaries, {z.shape[1]} parameters")
    print(f"{'':44} {'error':>6} {'width':>6} {'90 %':>6} {'density':>7} {'table, s':>8} {'truth, s':>8}")
    add("exact", lambda: lambda row: exact_draws(exact[truths.index(row)]), "none", "", "a likelihood")
    table, study = f"one table of {rows}", "a study: any stop, any workers"
    add("rejection on all summaries, nearest 15 %", lambda: raw(s, z, 0.15, False).left_out, table, study, "NumPy")
    add("the same with local regression, nearest 40 %", lambda: raw(s, z, 0.4, True).left_out, table, study, "NumPy")
    for keep in (0.15, 0.5):  # of 2,000 rows at least 14 % are kept whatever is asked for: 70 for each parameter
        name = f"learned (ridge), local regression, {100 * keep:.0f} %"
        add(name, lambda keep=keep: amortise(s, z, keep=keep).left_out, table, study, "SciPy")
    add("learned (ridge), nearest 15 %, no regression", lambda: plain(s, z).left_out, table, study, "SciPy")
    add(
        "learned (networks), local regression, 15 %",
        lambda: amortise(s, z, learner=Networks, keep=0.15).left_out,
        table,
        study,
        "scikit-learn",
    )
    half = f"{rows // 2}, and {rows // 2} for each truth"
    add(TWO, lambda: lambda row: rounds_of(s, z, row, rows), half, study, "SciPy")
    few = max(count // 5, 5)  # it costs a whole table for each truth
    each = f"{rows} for each truth, the first {few}"
    add("ABC-SMC on learned summaries", lambda: lambda row: smc(s, z, row, rows), each, "a round at a time", "NumPy", few)
    if with_sbi:
        add("sbi: neural posterior (MAF)", lambda: neural(s, z, truths), table, study, "PyTorch")
    chosen = next(one for one in found if one.method == TWO)
    if out is not None:
        out.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")
    return int(not 0.85 <= chosen.coverage <= 0.95)


def plain(s: np.ndarray, z: np.ndarray) -> Amortised:
    made = amortise(s, z, keep=0.15)
    return Amortised(made.z, made.learned, 0.15, adjust=False)


def exact_draws(exact: tuple[np.ndarray, np.ndarray]) -> Weighted:
    """The exact posterior's mean and spread as normal draws, so that it is judged like the others."""
    normal = np.random.default_rng(1).standard_normal((2000, len(exact[0])))
    return Weighted(exact[0] + exact[1] * normal, np.full(2000, 1 / 2000), np.arange(2000), 0.0)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    given = [int(word) for word in words[:2]] + [2000, 100][len(words[:2]) :]
    sys.exit(main(given[0], given[1], Path(words[2]) if len(words) > 2 else None, "--sbi" in sys.argv))
