"""Read damaged files and see that nothing but our own error ever comes out, and that no row is lost in silence.

    python verification/fuzz_readers.py [--inputs 1000000] [--seed 1] [--folder DIR] [--only NAME]

Each input is one of the fixtures with one to eight damages: bits and bytes changed, parts cut, doubled, moved or replaced by what
breaks readers (quotes, new lines, zero bytes, wrong UTF-8, huge numbers, odd dates, formulas), cells exchanged, sometimes packed with
gzip or zip, sometimes damaged after packing. An input passes if reading it ends in a `Reading` whose counts add up or in an
`InputError`, within ten seconds. The input that is being read lies in the folder, so that it is still there if the process dies.

Inputs follow from seed and number alone: `--first N --inputs 1` repeats one. The exit code is 1 where any failed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

from groundswell.core.errors import InputError
from groundswell.events.fixtures import paths
from groundswell.events.reading import Reading, read
from groundswell.events.table import schema

SLOW = 10.0  # seconds
TODAY = date(2026, 1, 1)
MAP = {"first": "Date", "region": "Province", "place": "City", "count": "Number"}
TOKENS = (
    b'"', b'""', b'"""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\n\n\n", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"=1+1", b"@SUM(A1)", b"-", b"+", b"-1", b"1e999", b"NaN", b"inf", b"-inf", b"99999999999999999999", b"0x10", b"1_000",
    b"9223372036854775807", b"-9223372036854775808", b"1.5", b"12.0", b"0000-00-00", b"9999-12-31", b"99999-01-01", b"-0001-01-01",
    b"2021-02-30", b"29 February 2021", b"31 December 9999", b"24:00", b"null", b"NA", b".", b"\xe2\x80\xae",
    b"\xf0\x9f\x94\xa5", b"{", b"[",
    b"]}", b"<html>", b"</html>", b"SIM1", b"x" * 300, b"9" * 400, b"\x1b[31m", b"'", b"crowd size=", b"crowd size=99999999999999999s",
    b"100-999", b"-99", b"1,2,3", b"\xa0", "٣".encode(), "²".encode(),
)  # fmt: skip
SEPARATORS = (b",", b";", b"\t", b"|")


def damaged(data: bytes, draw: random.Random) -> bytes:
    """The bytes with one damage."""
    if not data:
        return draw.choice(TOKENS)
    a, b = sorted((draw.randrange(len(data) + 1), draw.randrange(len(data) + 1)))
    b = min(b, a + draw.choice((1, 4, 30, 400, 4000)))
    kind = draw.randrange(11)
    if kind == 0:
        at = draw.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        at = draw.randrange(len(data))
        return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return data[:a] + data[b:]
    if kind == 3:
        return data[:b] + data[a:b] + data[b:]
    if kind == 4:
        return data[:a] + draw.choice(TOKENS) + data[a:]
    if kind == 5:
        return data[:a] + draw.choice(TOKENS) + data[b:]
    if kind == 6:
        return data[: draw.randrange(len(data))]
    if kind == 7:
        return data.replace(draw.choice(SEPARATORS), draw.choice(SEPARATORS))
    lines = data.split(b"\n")
    at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
    if kind == 8:
        lines[at], lines[to] = lines[to], lines[at]
    elif kind == 9:
        lines[at:at] = [lines[to]] * draw.choice((1, 2, 40))
    else:
        mark = draw.choice((b",", b",", b"\t", b";", b":"))
        cells = lines[at].split(mark)
        cells[draw.randrange(len(cells))] = draw.choice(TOKENS) if draw.random() < 0.7 else draw.choice(lines[to].split(mark))
        lines[at] = mark.join(cells)
    return b"\n".join(lines)


def packed(data: bytes, draw: random.Random) -> bytes:
    """The bytes as they are, or in an archive that may be damaged too."""
    kind = draw.random()
    if kind < 0.9:
        return data
    if kind < 0.95:
        data = gzip.compress(data, 1)
    else:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("table.csv", data)
        data = target.getvalue()
    return damaged(data, draw) if draw.random() < 0.5 else data


def make(number: int, seed: int, bases: dict[str, bytes]) -> tuple[str, bytes, random.Random]:
    """An input by its number: the fixture it comes from, its bytes, and the draws that are left."""
    draw = random.Random(seed * 1_000_003 + number)
    name = draw.choice(sorted(bases))
    data = bases[name]
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        data = damaged(data, draw)
    return name, packed(data, draw), draw


def fault(reading: Reading) -> str | None:
    """What is wrong with a reading, or None."""
    counts, frame = reading.counts, reading.events.frame
    if dict(frame.schema) != schema():
        return "the table has other columns or types"
    if counts["rows"] != counts["kept"] + counts["set_aside"] or sum(reading.reasons.values()) != counts["set_aside"]:
        return f"rows do not add up: {dict(counts)} {dict(reading.reasons)}"
    if len(reading.set_aside) != counts["set_aside"] or reading.set_aside["row"].n_unique() != counts["set_aside"]:
        return "a row that is set aside is not told, or told twice"
    if frame["row"].n_unique() != counts["kept"] or set(frame["row"]) & set(reading.set_aside["row"]):
        return "a row is in the table and set aside, or in neither"
    needed = ("row", "id", "first", "last", "precision", "place_precision", "kind", "count")
    if any(frame[name].null_count() for name in needed) or (frame["count"] < 0).any() or (frame["last"] < frame["first"]).any():
        return "a value that must be there is missing, or is impossible"
    shown = [*reading.set_aside["value"].drop_nulls(), *reading.noted["value"].drop_nulls()]
    if any(len(value) > 41 or (not value.isprintable() and any(ord(c) < 32 for c in value)) for value in shown):
        return "a value is told that is long or not harmless"
    return None


def attempt(path: Path, name: str, draw: random.Random) -> tuple[str, str | None]:
    """How reading an input ends, and what is wrong with that."""
    how = {"columns": MAP} if name == "plain" else {}
    if draw.random() < 0.1:
        how["encoding"] = draw.choice(("cp1252", "utf-16", "latin-1"))
    if draw.random() < 0.1:
        how["country"] = "Atlantis"
    if draw.random() < 0.1:
        how["regions"] = ["North", "South"]
    began = time.perf_counter()
    try:
        outcome, wrong = "read", fault(read(path, today=TODAY, **how))
    except InputError as error:
        outcome, wrong = "refused", None if str(error) else "an error without words"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome, wrong = "failed", f"{type(error).__name__}: {str(error)[:300]}"
    if time.perf_counter() - began > SLOW:
        wrong = wrong or f"took {time.perf_counter() - began:.0f} s"
    return outcome, wrong


def fuzz(first: int, inputs: int, seed: int, folder: Path, only: str | None = None) -> tuple[Counter[str], list[str]]:
    """Outcomes by kind, and what failed."""
    bases = {name: path.read_bytes() for name, path in paths().items() if only in (None, name)}
    outcomes: Counter[str] = Counter()
    failures = []
    path = folder / "input"
    for number in range(first, first + inputs):
        name, data, draw = make(number, seed, bases)
        path.write_bytes(data)
        outcome, wrong = attempt(path, name, draw)
        outcomes[outcome] += 1
        if wrong:
            failures.append(f"input {number} of seed {seed} ({name}): {wrong}")
            (folder / f"failed-{number}").write_bytes(data)
    return outcomes, failures


def main() -> int:
    options = argparse.ArgumentParser(description="Read damaged files.")
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", help="damage this fixture only")
    options.add_argument("--folder", type=Path, help="where failing inputs are kept [a temporary folder]")
    given = options.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="fuzz-readers-"))
    folder.mkdir(parents=True, exist_ok=True)
    began, total, failed = time.monotonic(), Counter[str](), 0
    for start in range(given.first, given.first + given.inputs, 1000):
        n = min(1000, given.first + given.inputs - start)
        outcomes, failures = fuzz(start, n, given.seed, folder, given.only)
        total += outcomes
        failed += len(failures)
        for line in failures[:20]:
            print(line, flush=True)
        took = time.monotonic() - began
        done = sum(total.values())
        if (start // 1000) % 10 == 0 or done == given.inputs:
            print(f"{done:,} inputs: {dict(total)}, {failed} wrong, {took:.0f} s, {done / took:.0f} a second", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"peak resident memory {peak:.0f} MiB; {'failing inputs in ' + str(folder) if failed else 'nothing failed'}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
