"""Whether the posteriors of a fit are right: simulation-based calibration of a reduced case, and faults that it must see.

python verification/coverage_of_fit.py [SIMULATIONS [TRUTHS [FOLDER]]]

The case is Atlantis (a year of weekly counts of four provinces, four parameters, the model and the inference of a real fit). Rows of the
reference table stand for records whose parameters are known. A 90 % interval must cover 85 to 95 %, and the distribution of the share of
the posterior below the truth must stay within a band that right posteriors leave with a chance of 5 %, here shared among the parameters.
Then faults are planted: contested counts entered doubly, a year of reports lost, posteriors that are too narrow or those of the next
record. Each must be seen. The exit code is 1 where anything is not so. About 1.5 s of processor time a simulation; a study: what is
stopped goes on.
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
from groundswell.calibration.priors import read_priors
from groundswell.calibration.reference import ARRAYS, counts_at, persons_of, reference, tabulate
from groundswell.calibration.summaries import summarise, windows_of

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


def main(simulations: int, count: int, folder: Path) -> int:
    began = time.perf_counter()
    case = cases.load(ATLANTIS)
    priors, windows = read_priors(case), windows_of(case)
    study = reference(case, ATLANTIS, priors, folder, simulations=simulations, scale=priors.scale)
    table = tabulate(study, case, priors, windows)
    print(f"{simulations} simulations, {table.summaries.shape[1]} summaries: {time.perf_counter() - began:.0f} s")
    inference = amortise(table.summaries, table.z)
    level = 1 - (1 - LEVEL) / len(priors.keys)
    found = calibrate(priors.keys, inference, min(count, len(table.z)))
    for one in found.each:
        print(f"{one.key:24} contraction {one.contraction:.2f}, error {one.error:.2f} of the prior's spread, bias {one.bias:+.2f}")
    fine = told("as it is", found.shares, priors.keys, level)
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
    numbers = [int(word) for word in words[:2]] + [600, 300][len(words[:2]) :]
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(numbers[0], numbers[1], Path(words[2] if len(words) > 2 else scratch)))
