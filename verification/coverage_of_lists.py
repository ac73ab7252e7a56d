"""Whether intervals of capture-recapture cover the truth as often as they say, and how they fail where lists depend on each other.

python verification/coverage_of_lists.py [TRUTHS [OUT.json]]

Truths are simulated: N events, each of which every list records or misses by a chance of its own. With independent lists a nominal
90 % must cover 88 to 92 %, wherever twelve matches or more between any two lists and five events or more on none are to be expected:
exactly for two lists, by a sum over all counts that can come about, and in simulated truths for more. The exit code is 1 where it does not.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, inf, lgamma, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.draws import Draws, Stream
from groundswell.events.capture_recapture import chapman
from groundswell.events.lists import chao, loglinear

HELD = Stream("listed", 901, "whether a list has an event, by event and truth; the list is the day")
SIZE = Stream("size", 902, "how large an event is, by event and truth")
SEED = 23
LEVEL, LEAST, MOST = 0.9, 0.88, 0.92
EXACT = 200  # events up to which all that can come about is summed
FEW = 12  # matches: with fewer, two lists cover more than they say
FEW_UNSEEN = 5  # events on no list: with fewer, so they do


@dataclass(frozen=True)
class World:
    """How lists come about.

    Attributes:
        name: what it shows.
        events: N.
        chances: of each list.
        follows: what the log-odds of the second list rise by where the first has the event.
        size: what the log-odds of all lists rise by for each unit of an event's size (standard logistic).
        sound: whether what the estimator assumes holds, so that the interval has to cover.
    """

    name: str
    events: int
    chances: tuple[float, ...]
    follows: float = 0.0
    size: float = 0.0
    sound: bool = True

    @property
    def matches(self) -> float:
        """Matches between the two poorest lists that are to be expected."""
        low, next_low = sorted(self.chances)[:2]
        return self.events * low * next_low

    @property
    def unseen(self) -> float:
        """Events on no list that are to be expected."""
        return self.events * float(np.prod([1 - chance for chance in self.chances]))


def odds(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


def truths(world: World, number: int, seed: int = SEED) -> np.ndarray:
    """Which lists have which events; shape (truths, events, lists)."""
    event, truth = np.arange(world.events), np.arange(number)[:, None]
    u = Draws(seed).uniform(SIZE, 0, event, truth)
    large = np.log(u / (1 - u)) if world.size else np.zeros((number, world.events))
    held: list[np.ndarray] = []
    for k, chance in enumerate(world.chances):
        log_odds = odds(chance) + world.size * large
        if k == 1:
            log_odds = log_odds + world.follows * held[0]
        held.append(Draws(seed).uniform(HELD, k + 1, event, truth) < 1 / (1 + np.exp(-log_odds)))
    return np.stack(held, axis=-1)


def histories(held: np.ndarray) -> dict[str, int]:
    """Counts by capture history of one truth; shape (events, lists)."""
    words, counts = np.unique(held[held.any(axis=1)], axis=0, return_counts=True)
    return {"".join("01"[int(on)] for on in word): int(count) for word, count in zip(words, counts, strict=True)}


def two(counts: Mapping[str, int]) -> tuple[float, float, float]:
    """Chapman's estimate of the first two lists."""
    seen = {"10": 0, "01": 0, "11": 0}
    for history, count in counts.items():
        if history[:2] != "00":
            seen[history[:2]] += count
    found = chapman(seen["10"] + seen["11"], seen["01"] + seen["11"], seen["11"], level=LEVEL)
    return found.total, found.low, found.high


def many(counts: Mapping[str, int]) -> tuple[float, float, float]:
    """The log-linear models' estimate."""
    found = loglinear(counts, level=LEVEL)
    return found.total, found.low, found.high


def independent(counts: Mapping[str, int]) -> tuple[float, float, float]:
    """The log-linear model in which lists are independent."""
    found = loglinear(counts, level=LEVEL, pairs=())
    return found.total, found.low, found.high


def alone(counts: Mapping[str, int]) -> tuple[float, float, float]:
    """The chosen model with its own interval, as if it had not been chosen."""
    found = loglinear(counts, level=LEVEL)
    again = loglinear(counts, level=LEVEL, pairs=found.chosen.pairs)
    return again.total, again.low, again.high


def bound(counts: Mapping[str, int]) -> tuple[float, float, float]:
    """Chao's lower bound: it covers where its lower end is not above the truth."""
    found = chao(counts, level=LEVEL)
    return found.total, found.low, inf


def coverage(world: World, estimator: Callable[[Mapping[str, int]], tuple[float, float, float]], number: int) -> dict[str, Any]:
    """How often the interval covers, and where it lies; truths in which a list is empty are left out and counted."""
    held = truths(world, number, SEED + world.events + round(1000 * sum(world.chances)))
    usable = held.any(axis=1).all(axis=1)
    found = np.array([estimator(histories(one)) for one in held[usable]])
    total, low, high = found.T
    return {
        "world": world.name,
        "estimator": estimator.__name__,
        "events": world.events,
        "chances": list(world.chances),
        "truths": int(usable.sum()),
        "empty": int((~usable).sum()),
        "covered": float(((low <= world.events) & (world.events <= high)).mean()),
        "below": float((high < world.events).mean()),
        "above": float((low > world.events).mean()),
        "median": float(np.median(total) / world.events),
        "unbounded": float(np.isinf(high).mean()),
        "sound": world.sound and estimator in (two, many),
        "matches": world.matches,
        "unseen": world.unseen,
        "exactly": exact(world) if estimator is two and world.sound and world.events <= EXACT else None,
    }


TWO = (
    *(World("two independent lists", n, p) for n in (50, 100, 200, 500, 1000) for p in ((0.2, 0.2), (0.3, 0.4), (0.5, 0.5), (0.7, 0.3))),
    World("two independent lists", 100, (0.9, 0.9)),
)
THREE = tuple(
    World("three independent lists", n, p) for n in (100, 200, 500, 1000) for p in ((0.2, 0.2, 0.2), (0.3, 0.4, 0.3), (0.5, 0.4, 0.3))
)
FOUR = (World("four independent lists", 500, (0.3, 0.2, 0.4, 0.2)),)
DEPENDENT = tuple(
    World(f"the second list follows the first, log-odds {follows:+g}", 500, (0.3, 0.3, 0.3), follows=follows, sound=False)
    for follows in (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0)
)
SIZES = tuple(
    World(f"large events are recorded more easily, log-odds {size:g} a unit", 500, (0.3, 0.3, 0.3), size=size, sound=False)
    for size in (0.0, 0.25, 0.5, 1.0)
)


def exact(world: World) -> float:
    """The coverage of Chapman's interval for two independent lists, by summing over all counts that can come about."""
    n, (p, q) = world.events, world.chances
    found = covered = 0.0
    for both in likely(n, p * q):
        for first_only in likely(n - both, p * (1 - q) / (1 - p * q)):
            for second_only in likely(n - both - first_only, q):
                if both + first_only == 0 or both + second_only == 0:
                    continue
                share = (
                    binomial(n, both, p * q)
                    * binomial(n - both, first_only, p * (1 - q) / (1 - p * q))
                    * binomial(n - both - first_only, second_only, q)
                )
                interval = chapman(both + first_only, both + second_only, both, level=LEVEL)
                found += share
                covered += share * (interval.low <= n <= interval.high)
    return covered / found


@cache
def binomial(n: int, k: int, p: float) -> float:
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))


def likely(n: int, p: float) -> range:
    """Where a binomial number lies but for one in a million."""
    middle, reach = n * p, 5 * sqrt(n * p * (1 - p)) + 5
    return range(max(0, int(middle - reach)), min(n, int(middle + reach)) + 1)


def told(row: Mapping[str, Any]) -> str:
    where = f"N {row['events']}, p {' '.join(f'{p:g}' for p in row['chances'])}"
    exactly = "" if row["exactly"] is None else f", exactly {row['exactly']:.3f}"
    return (
        f"{row['estimator']:<11} {row['world']:<58} {where:<28} {row['truths']} truths: covered {row['covered']:.3f}{exactly} "
        f"(too low {row['below']:.3f}, too high {row['above']:.3f}); estimate / truth {row['median']:.2f}; {row['matches']:.0f} matches; "
        f"{row['verdict']}"
    )


def judged(row: dict[str, Any]) -> dict[str, Any]:
    """What the row is held to."""
    if not row["sound"]:
        return row | {"verdict": "shown"}
    if row["matches"] < FEW:
        return row | {"verdict": f"shown: fewer than {FEW} matches"}
    if row["unseen"] < FEW_UNSEEN:
        return row | {"verdict": f"shown: fewer than {FEW_UNSEEN} events on no list"}
    covered = row["covered"] if row["exactly"] is None else row["exactly"]
    return row | {"verdict": "as it says" if LEAST <= covered <= MOST else "OUTSIDE 88 to 92 %"}


def main(arguments: Sequence[str]) -> int:
    number = int(arguments[0]) if arguments else 1000
    plan = [(world, two, 4 * number) for world in TWO] + [(world, many, number) for world in (*THREE, *FOUR)]
    plan += [(world, alone, number) for world in THREE[3:5]]
    plan += [(world, estimator, max(number // 4, 1)) for world in (*DEPENDENT, *SIZES) for estimator in (two, independent, many, bound)]
    rows, began = [], time.monotonic()
    for world, estimator, truths_of_it in plan:
        rows.append(judged(coverage(world, estimator, truths_of_it)))
        print(told(rows[-1]), flush=True)
    wrong = [row for row in rows if row["verdict"].startswith("OUTSIDE")]
    print(f"{len(rows)} rows in {time.monotonic() - began:.0f} s; {len(wrong)} outside")
    if len(arguments) > 1:
        Path(arguments[1]).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
