"""Whether the posteriors of a fit are right: simulation-based calibration of a reduced case, and faults that it must see.

python verification/coverage_of_fit.py [SIMULATIONS [TRUTHS [POOL [FOLDER]]]]

The case is Atlantis (a year of weekly counts of four provinces, four parameters, the model and the inference of a real fit). Rows of the
reference table stand for records whose parameters are known. A 90 % interval must cover 85 to 95 %, and the distribution of the share of
the posterior below the truth must stay within a band that right posteriors leave with a chance of 5 %, here shared among the parameters.

The same for fits in two rounds, each truth with the whole procedure: half of the simulations from the prior, the part of it where their
posterior lies, the other half from that part. A truth that lies outside its part is not covered. No simulation is made for one truth alone:
of a pool of draws from the prior, those that lie in a part are draws from the part. Where a part is so small that the pool has fewer than
the second half, there are fewer; a truth for whose part it has fewer than 50 is left out, and told.

Then faults are planted: contested counts entered doubly, a year of reports lost, posteriors that are too narrow or those of the next
record. Each must be seen. The exit code is 1 where anything is not so. About 1.5 s of processor time for each of the pool; a study: what
is stopped goes on.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from groundswell import cases
from groundswell.calibration.checking import ADMITTED, LEVEL, calibrate, outside, share_below
from groundswell.calibration.inference import Amortised, Weighted, amortise
from groundswell.calibration.priors import Priors, read_priors
from groundswell.calibration.reference import ARRAYS, Table, counts_at, persons_of, reference, tabulate
from groundswell.calibration.rounds import infer, joined, part_of
from groundswell.calibration.summaries import summarise, windows_of

FEWEST = 50  # simulations of a second round
ATLANTIS = Path(__file__).parents[1] / "tests" / "data" / "atlantis"


def told(name: str, shares: np.ndarray, keys: tuple[str, ...], level: float) -> bool:
    """Print a line for each parameter; whether all hold."""
    holds = True
    for k, key in enumerate(keys):
        covered, leaves = float((np.abs(shares[:, k] - 0.5) <= 0.45).mean()), outside(shares[:, k], level)
        fine = leaves == 0 and ADMITTED[0] <= covered <= ADMITTED[1]
        holds &= fine
        print(f"{name:34} {key:24} covers {100 * covered:5.1f} %  leaves its band by {leaves:.3f}  {'holds' if fine else 'does not hold'}")
    return holds


def planted(inference: Amortised, truths: np.ndarray) -> dict[str, np.ndarray]:
    """Shares of posteriors below the truth, for posteriors that are wrong."""

    def narrow(row: int) -> Weighted:
        found = inference.left_out(row)
        return dataclasses.replace(found, z=found.mean + 0.6 * (found.z - found.mean))

    def other(row: int) -> Weighted:
        return inference.left_out((row + 1) % len(inference.z))

    return {
        name: np.array([share_below(wrong(int(row)), inference.z[row]) for row in truths])
        for name, wrong in (("too narrow", narrow), ("of the next record", other))
    }


def rows_of(table: Table, rows: np.ndarray) -> Table:
    """Some rows of a table."""
    return Table(table.z[rows], table.values[rows], table.summaries[rows], table.names, 0)


def two_rounds(pool: Table, row: int, simulations: int, priors: Priors) -> tuple[np.ndarray, int, bool] | None:
    """A fit in two rounds to a row of a pool: shares of its posterior below the truth, new rows, whether the truth lies in the part."""
    each, others = simulations // 2, np.delete(np.arange(len(pool.z)), row)
    observed, truth = pool.summaries[row], pool.values[row]
    first, rest = rows_of(pool, others[:each]), others[each:]
    part = part_of(infer(first, observed, priors, truths=2)[0])
    rest = rest[part.holds(pool.values[rest])][:each]
    if len(rest) < FEWEST:
        return None
    table = joined([first, rows_of(pool, rest)], part)
    found = infer(table, observed, priors, part=part, truths=2)[0]
    return found.weights @ (found.values < truth), len(rest), bool(part.holds(truth[None])[0])


def rounds_hold(pool: Table, count: int, simulations: int, priors: Priors, level: float) -> bool:
    """Print what fits in two rounds cover; whether all parameters hold. The last rows of the pool are the truths."""
    every = [two_rounds(pool, row, simulations, priors) for row in range(len(pool.z) - count, len(pool.z))]
    found = [one for one in every if one is not None]
    more = [rows for _, rows, _ in found]
    print(
        f"two rounds: the second has {np.median(more):.0f} simulations in the median ({min(more)} to {max(more)} of {simulations // 2}); "
        f"{sum(kept for *_, kept in found)} of {len(found)} truths lie in their part; {count - len(found)} left out"
    )
    return told("in two rounds", np.array([shares for shares, *_ in found]), priors.keys, level)


def main(simulations: int, count: int, pool: int, folder: Path) -> int:
    began = time.perf_counter()
    case = cases.load(ATLANTIS)
    priors, windows = read_priors(case), windows_of(case)
    study = reference(case, ATLANTIS, priors, folder, simulations=pool, scale=priors.scale)
    every = tabulate(study, case, priors, windows)
    print(f"{pool} simulations, {every.summaries.shape[1]} summaries: {time.perf_counter() - began:.0f} s")
    table = rows_of(every, np.arange(simulations))
    inference = amortise(table.summaries, table.z)
    level = 1 - (1 - LEVEL) / len(priors.keys)
    found = calibrate(priors.keys, inference, min(count, len(table.z)))
    for one in found.each:
        print(f"{one.key:24} contraction {one.contraction:.2f}, error {one.error:.2f} of the prior's spread, bias {one.bias:+.2f}")
    fine = told("as it is", found.shares, priors.keys, level)
    fine &= rounds_hold(every, count, simulations, priors, level)
    seen = [not told(name, shares, priors.keys, level) for name, shares in planted(inference, found.rows).items()]
    arrays, persons = {name: np.asarray(study.arrays(name)) for name in ARRAYS}, persons_of(case)
    ids = tuple(sorted(row.id for row in case.census().provinces))
    for name in ("contested counts entered doubly", "the second half lost"):
        shares = []
        for row in found.rows.tolist():
            counts = counts_at(study, row, arrays, ids)
            if name.startswith("contested"):
                counts = dataclasses.replace(counts, total=counts.total + counts.contested, contested=2 * counts.contested)
            else:
                half = len(counts.total) // 2
                blank = {part: np.concatenate([getattr(counts, part)[:half], 0 * getattr(counts, part)[half:]]) for part in ARRAYS}
                counts = dataclasses.replace(counts, **blank)
            shares.append(share_below(inference.posterior(summarise(counts, persons, windows).values), table.z[row]))
        seen.append(not told(name, np.array(shares), priors.keys, level))
    print(f"{'right posteriors hold' if fine else 'POSTERIORS DO NOT HOLD'}; {sum(seen)} of {len(seen)} faults seen")
    return int(not fine or not all(seen))


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words[:3]] + [400, 300, 2600][len(words[:3]) :]
    if not numbers[1] <= numbers[0] <= numbers[2]:
        sys.exit("TRUTHS are rows of the SIMULATIONS, and these of the POOL")
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(*numbers, Path(words[3] if len(words) > 3 else scratch)))
