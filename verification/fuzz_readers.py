"""Read damaged files and see that nothing but our own error ever comes out, and that no row is lost in silence.

    python verification/fuzz_readers.py [--inputs 1000000] [--seed 1] [--processes 1] [--folder DIR] [--only NAME]

Each input is one of the fixtures with one to eight damages: bits and bytes changed, parts cut, doubled, moved or replaced by what
breaks readers (quotes, new lines, zero bytes, wrong UTF-8, huge numbers, odd dates, formulas), cells exchanged, sometimes packed with
gzip or zip, sometimes damaged after packing. An input passes if reading it ends in a `Reading` whose counts add up or in an
`InputError`, within ten seconds of processor time.

Inputs are read in processes of their own. Where one dies, or takes more than a minute of processor time and is ended, the input that it
was reading has failed, and another goes on. Parquet is decoded as always, in a process besides; here that one is kept for many files.

Inputs follow from seed and number alone: `--first N --inputs 1` repeats one, and `--first N --inputs REST` goes on with a run that was
ended when it had said `all below N`. Those that failed are kept in the folder. The exit code is 1 where any failed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter, deque
from datetime import date
from pathlib import Path

from groundswell.core.errors import InputError
from groundswell.core.parquet import one_decoder
from groundswell.events.fixtures import paths
from groundswell.events.reading import Reading, read
from groundswell.events.table import schema

SLOW = 10.0  # seconds of processor time
STUCK = 60.0  # the same, after which the process is ended
ROUND = 200  # inputs between two words of a process about what it has done
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
        data = gzip.compress(data, 1, mtime=0)
    else:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(zipfile.ZipInfo("table.csv"), data, zipfile.ZIP_DEFLATED)  # dated 1980
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
    shown = [value for told in (reading.set_aside, reading.noted) for value in told["value"].to_list() if value is not None]
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
    began = time.process_time()  # a clock would blame an input for what others do with the machine
    try:
        outcome, wrong = "read", fault(read(path, today=TODAY, **how))
    except InputError as error:
        outcome, wrong = "refused", None if str(error) else "an error without words"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome, wrong = "failed", f"{type(error).__name__}: {str(error)[:300]}"
    took = time.process_time() - began
    if took > SLOW:
        wrong = wrong or f"took {took:.0f} s"
    return outcome, wrong


def fuzz(first: int, inputs: int, seed: int, folder: Path, only: str | None = None, stuck: float = 0.0) -> tuple[Counter[str], list[str]]:
    """Outcomes by kind, and what failed; the input that is being read lies in the folder with its number.

    Args:
        stuck: seconds of processor time after which an input ends this process; 0 for never.
    """
    bases = {name: path.read_bytes() for name, path in paths().items() if only in (None, name)}
    outcomes: Counter[str] = Counter()
    failures = []
    path = folder / "input"
    with (folder / "number").open("w") as here:
        for number in range(first, first + inputs):
            signal.setitimer(signal.ITIMER_PROF, stuck)  # nothing handles its signal, for Python would not while polars is at work
            os.pwrite(here.fileno(), f"{number:20}".encode(), 0)
            name, data, draw = make(number, seed, bases)
            path.unlink(missing_ok=True)  # writing over it would wait for the disk
            path.write_bytes(data)
            outcome, wrong = attempt(path, name, draw)
            outcomes[outcome] += 1
            if wrong:
                failures.append(f"input {number} of seed {seed} ({name}): {wrong}")
                (folder / f"failed-{number}").write_bytes(data)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return outcomes, failures


def serve(seed: int, folder: Path, only: str | None) -> int:
    """Read inputs for the process that started this one: lines with the first number and how many, answered by lines of JSON."""
    with one_decoder():
        for line in sys.stdin:
            first, left = map(int, line.split())
            while left:
                n = min(ROUND, left)
                outcomes, failures = fuzz(first, n, seed, folder, only, STUCK)
                first, left = first + n, left - n
                print(json.dumps({"next": first, "outcomes": outcomes, "failures": failures, "peak": peak()}), flush=True)
    return 0


def peak() -> float:
    """MiB that this process took at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


class Work:
    """Ranges of numbers that are still to be read, and what came out so far; shared by threads, each with a process."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder = given, folder
        end = given.first + given.inputs
        self.ranges = deque((start, min(end, start + 10 * ROUND)) for start in range(given.first, end, 10 * ROUND))
        self.lock, self.total, self.failed, self.peak = threading.Lock(), Counter[str](), 0, 0.0
        self.began, self.told = time.monotonic(), 0
        self.busy: dict[int, int] = {}  # the number that is next, of each share that is being read

    def take(self, share: int) -> tuple[int, int] | None:
        with self.lock:
            self.busy.pop(share, None)
            if not self.ranges:
                return None
            taken = self.ranges.popleft()
            self.busy[share] = taken[0]
            return taken

    def add(self, share: int, first: int, outcomes: dict[str, int], failures: list[str], most: float = 0.0) -> None:
        """What came out of some inputs; the one that reads this share has `first` before it."""
        with self.lock:
            self.busy[share] = first
            self.total.update(outcomes)
            self.failed += len(failures)
            self.peak = max(self.peak, most)
            for line in failures[:20]:
                print(line, flush=True)
            done, took = self.total.total(), time.monotonic() - self.began
            if done - self.told >= 10_000 or done == self.given.inputs:
                self.told = done
                low = min([*self.busy.values(), *(start for start, _ in self.ranges)])
                told = f"{done:,} inputs (all below {low}): {dict(self.total)}, {self.failed} wrong"
                print(f"{told}, {took:.0f} s, {done / took:.0f} a second", flush=True)

    def died(self, share: int, own: Path, first: int, end: int, how: int) -> None:
        """A process died within a range: its input has failed, and the rest is to be read again."""
        said = (own / "number").read_text() if (own / "number").is_file() else ""
        number = int(said) if said.strip() else first
        if not first <= number < end:  # it died between two of them
            number = first
        if (own / "input").is_file():
            shutil.copy(own / "input", self.folder / f"failed-{number}")
        told = "took too long and was ended" if how == -signal.SIGPROF else f"the process that read it died ({how})"
        self.add(share, first, {"died": 1}, [f"input {number} of seed {self.given.seed}: {told}"])
        with self.lock:
            self.ranges.extend((a, b) for a, b in ((first, number), (number + 1, end)) if a < b)


def worker(work: Work, share: int) -> None:
    """Take ranges as long as there are any, each to a process that lives as long as it can."""
    own = work.folder / f"process-{share}"
    own.mkdir(exist_ok=True)
    options = ["--seed", str(work.given.seed), "--folder", str(own), *(["--only", work.given.only] if work.given.only else [])]
    process = None
    while (taken := work.take(share)) is not None:
        first, end = taken
        if process is None:
            (own / "number").unlink(missing_ok=True)
            command = [sys.executable, str(Path(__file__).resolve()), "--serve", *options]
            settings = {"POLARS_MAX_THREADS": "1", **os.environ}  # the files are small, and there are other processes
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings)
        with contextlib.suppress(BrokenPipeError):  # that it is dead shows below
            print(first, end - first, file=process.stdin, flush=True)
        while first < end and (line := process.stdout.readline()).endswith("\n"):
            word = json.loads(line)
            first = word["next"]
            for path in own.glob("failed-*"):
                path.rename(work.folder / path.name)
            work.add(share, first, word["outcomes"], word["failures"], word["peak"])
        if first < end:
            process.stdin.close()
            work.died(share, own, first, end, process.wait())
            process = None
    if process is not None:
        process.stdin.close()
        process.wait()


def main() -> int:
    options = argparse.ArgumentParser(description="Read damaged files.")
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=1, help="how many read at once")
    options.add_argument("--only", choices=sorted(paths()), help="damage this fixture only")
    options.add_argument("--folder", type=Path, help="where failing inputs are kept [a temporary folder]")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        return serve(given.seed, given.folder, given.only)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="fuzz-readers-"))
    folder.mkdir(parents=True, exist_ok=True)
    work = Work(given, folder)
    threads = [threading.Thread(target=worker, args=(work, share)) for share in range(given.processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = given.inputs - work.total.total()
    kept = f"inputs that failed are in {folder}" if work.failed else "nothing failed"
    print(f"peak resident memory of a process {work.peak:.0f} MiB; {kept}")
    if left:
        print(f"{left} inputs were not read")
    return int(work.failed > 0 or left > 0)


if __name__ == "__main__":
    sys.exit(main())
