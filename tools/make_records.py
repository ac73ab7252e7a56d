"""Makes the figures of docs/records.md: `python tools/make_records.py` writes docs/records/ from a record that is made up here.

The country is invented, and what is in the record is known: fewer events on Fridays, reporting that grows, four uprisings with deaths,
and mourning forty days after each death. Nothing of a real record is in the documents.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, Stream
from groundswell.events.exploring import explore
from groundswell.events.reading import read
from groundswell.report.canvas import alone
from groundswell.report.exploring import drawings

FOLDER = Path(__file__).parents[1] / "docs" / "records"
FIRST, LAST = date(2001, 1, 1), date(2008, 12, 31)
REGIONS = ("Alba", "Brena", "Corvo", "Dalmo", "Ermin", "Fosse", "Garda", "Holm", "Isca", "Jura", "Karst", "Lorne")
SIZES = np.array([2.6, 1.7, 1.3, 1.0, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2])
WEEK = np.array([1.1, 1.1, 1.1, 1.1, 0.5, 1.05, 1.05])  # from Monday; the free day is Friday
UPRISINGS = ((date(2002, 5, 4), 5.0, 20), (date(2004, 2, 14), 9.0, 35), (date(2005, 9, 3), 4.0, 12), (date(2007, 6, 2), 12.0, 45))
MOURNING = 4.0  # events on the fortieth day after a death, in its region
DRIFT = 0.15  # of reporting, a year
CONTESTED = ("protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration")
COLUMNS = ("id", "first", "last", "precision", "country", "region", "place_precision", "kind", "count", "deaths")
EVENTS, HARD, DEAD, AFTER = (
    Stream(f"made_up_{name}", 3900 + k, "a made-up record") for k, name in enumerate(("events", "hard", "dead", "after"))
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def poisson(mean: Floats, uniform: Floats) -> Ints:
    """Poisson counts by inversion."""
    term, found = np.exp(-mean), np.zeros(mean.shape, np.int64)
    reached = term.copy()
    for k in range(1, 200):
        found += uniform >= reached
        term = term * mean / k
        reached = reached + term
    return found


def made_up(seed: int = 1, *, mourning: float = MOURNING) -> list[tuple[str, ...]]:
    """Rows of a record in the columns of the Events table."""
    days = [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]
    heat = np.ones(len(days))
    for start, height, length in UPRISINGS:
        since = np.array([(day - start).days for day in days])
        heat += np.where(since >= 0, height * np.exp(-np.maximum(since, 0) / length), 0.0)
    years = np.array([(day - FIRST).days / 365.25 for day in days])
    usual = 0.14 * (1 + DRIFT * years) * WEEK[[day.weekday() for day in days]] * (1 + 0.3 * np.sin(2 * np.pi * years))
    mean = (usual * heat)[:, None] * SIZES
    draws, day, region = Draws(seed), np.arange(len(days))[:, None], np.arange(len(REGIONS))
    events = poisson(mean, draws.uniform(EVENTS, 0, day, region))
    deaths = poisson((0.005 + 0.004 * (heat[:, None] - 1)) * events, draws.uniform(DEAD, 0, day, region))
    later = np.zeros_like(mean)
    later[40:] = mourning * np.minimum(deaths[:-40], 3)
    events = events + poisson(later, draws.uniform(AFTER, 0, day, region))
    hard = draws.uniform(HARD, 0, day, region)
    rows = []
    for k, r in zip(*np.nonzero(events), strict=True):
        n = int(events[k, r])
        part = n * (0.05 + 0.03 * min(heat[k] - 1, 8))
        n_hard = min(int(part) + int(hard[k, r] < part % 1), n) if deaths[k, r] == 0 else max(int(part), 1)
        when = str(days[k])
        for kind, some, dead in ((CONTESTED[(k + r) % 3], n_hard, int(deaths[k, r])), ("peaceful_protest", n - n_hard, 0)):
            if some > 0:
                rows.append((f"{when}-{r}-{kind}", when, when, "day", "Arcadia", REGIONS[r], "region", kind, str(some), str(dead)))
    return rows


def write(target: Path, rows: list[tuple[str, ...]]) -> None:
    """The record as CSV."""
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


def figures() -> dict[str, str]:
    """The text of each file of docs/records."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arcadia.csv"
        write(path, made_up())
        found = explore(read(path).events)
    return {f"{one.key}.svg": alone(one.content) + "\n" for one in drawings(found)}


def main() -> int:
    """Write the figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in figures().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
        print(FOLDER / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
