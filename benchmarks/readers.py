"""Seconds and memory of reading a million rows in ACLED's columns, beside a bare polars.read_csv of the same file.

    python benchmarks/readers.py [--rows 1000000] [--keep FILE]

The rows are invented: 31 columns, with notes of 230 characters in quotes. Each reading is a process of its own, and so is what writes
the file; processor seconds say more than seconds where other programs run.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEAK = 1 << 20 if sys.platform == "darwin" else 1 << 10
SUB_EVENTS = ["Peaceful protest"] * 8 + ["Protest with intervention", "Violent demonstration", "Mob violence", "Attack"]
NOTE = 'On a day that never was, about so many persons, said "the invented source", gathered in a town that does not exist. ' * 2


def write(path: Path, rows: int) -> None:
    """An invented table in ACLED's columns."""
    import polars as pl

    from groundswell.events.acled import COLUMNS

    i = pl.int_range(rows, eager=True)
    mixed = (i * 2654435761) % 1_000_003

    def pick(words: list[str]) -> pl.Series:
        return pl.Series(words).gather(mixed % len(words))

    made = {
        "event_id_cnty": "ATL" + i.cast(pl.String),
        "event_date": pl.select(pl.date(2010, 1, 1) + pl.duration(days=i % 4000)).to_series().dt.to_string(),
        "time_precision": 1,
        "disorder_type": "Demonstrations",
        "event_type": "Protests",
        "sub_event_type": pick(SUB_EVENTS),
        "actor1": "Protesters (Atlantis)",
        "country": "Atlantis",
        "admin1": pick([f"Province {k}" for k in range(31)]),
        "admin2": pick([f"District {k}" for k in range(311)]),
        "location": pick([f"Town {k}" for k in range(997)]),
        "latitude": 20 + (i % 1000) / 500,
        "longitude": 40 + (i % 997) / 400,
        "geo_precision": 1,
        "source": "Invented Agency; Invented Daily",
        "notes": NOTE,
        "fatalities": i % 50 // 49,
        "tags": pick(["crowd size=no report"] * 3 + [f"crowd size=about {k}" for k in (50, 100, 1000)]),
        "timestamp": 1_600_000_000 + i,
    }
    frame = pl.DataFrame({"row": i}).with_columns(**{name: pl.lit(value) for name, value in made.items()})
    frame.select(pl.col(c.name) if c.name in made else pl.lit("").alias(c.name) for c in COLUMNS).write_csv(path)


def measured(how: str, path: Path) -> dict[str, float]:
    """Seconds, processor seconds and peak memory of one reading, in a process of its own."""
    text = subprocess.run([sys.executable, __file__, "--one", how, str(path)], check=True, capture_output=True, text=True).stdout
    return dict(json.loads(text))


def one(how: str, path: Path) -> None:
    import polars as pl

    from groundswell.events.reading import read

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    rows = pl.read_csv(path).height if how == "bare" else read(path).counts["kept"]
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = {"peak": after.ru_maxrss / PEAK, "import": before.ru_maxrss / PEAK}
    print(json.dumps({"rows": rows, "seconds": took, "work": work, **memory}))


def main() -> None:
    options = argparse.ArgumentParser(description="Seconds and memory of reading a record of events.")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--keep", type=Path, metavar="FILE", help="write the table here and leave it")
    options.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]))
        return
    if given.write:
        write(Path(given.write[0]), int(given.write[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "acled.csv"
        subprocess.run([sys.executable, __file__, "--write", str(path), str(given.rows)], check=True)
        print(f"{given.rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB")
        for how, title in (
            ("bare", "polars.read_csv, nothing checked"),
            ("read", "groundswell.events.reading.read"),
            ("bare", "polars again"),
        ):
            found = measured(how, path)
            print(
                f"{title}: {found['seconds']:.1f} s, {found['work']:.1f} processor seconds, "
                f"peak {found['peak']:.0f} MiB ({found['import']:.0f} before reading)"
            )


if __name__ == "__main__":
    main()
