"""What a run writes waits in files: memory does not grow, a killed run loses nothing, and damaged files are refused."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine import busy
from tests.engine.common import same_run

from groundswell.core import rows, store
from groundswell.core.errors import StoreError
from groundswell.core.run import Run

ROOT = Path(__file__).resolve().parents[2]
DAYS = 12
MIB = 1 << 20


def child(*words: Any) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-m", "tests.engine.busy", *(str(word) for word in words)]
    return subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part nearly every day."""
    monkeypatch.setattr(rows, "PART", 1 << 18)


def short(folder: Path, **options: Any) -> Run:
    return busy.run(DAYS, **{"checkpoint": folder / "checkpoint", "checkpoint_every": 5} | options)


def names(folder: Path, start: str = "") -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(start))


def peak(*words: Any) -> int:
    done = child(*words)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_memory_does_not_grow_with_the_days(tmp_path: Path) -> None:
    peaks = []
    for days in (100, 2000):
        (tmp_path / str(days)).mkdir()
        peaks.append(peak("run", days, tmp_path / str(days)))
    assert peaks[1] - peaks[0] < 24 * MIB  # the rows of 1,900 days are 680 MB


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_memory_of_files_and_reports_does_not_grow(tmp_path: Path) -> None:
    peaks = []
    for days in (300, 1200):
        (tmp_path / str(days)).mkdir()
        peaks.append(peak("whole", days, tmp_path / str(days)))
    assert peaks[1] - peaks[0] < 120 * MIB  # the tables of 900 days are 3 GB in memory


@pytest.mark.usefixtures("often")
def test_the_same_in_files_as_in_memory(tmp_path: Path) -> None:
    plain = busy.run(DAYS)
    for number, options in enumerate(
        ({"checkpoint": tmp_path / "a"}, {"checkpoint": tmp_path / "b", "checkpoint_every": 1}, {"shelf": tmp_path / "c"})
    ):
        filed = busy.run(DAYS, **options)
        same_run(plain, filed)
        assert names(tmp_path) == (["b"] if number else [])  # the rows' files have no name any more
        for values in (*filed.series.values(), *(a for j in filed.journals.values() for a in j.values())):
            assert not values.flags.writeable
            assert type(values) is np.ndarray
        assert isinstance(filed.journals["events"]["size"].base, np.memmap)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("links", [True, False])
def test_a_checkpoint_takes_parts_over_without_writing_them_again(tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:

        def no(*_: Any) -> None:
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(store.os, "link", no)
    seen: list[dict[str, int]] = []
    read: list[str] = []
    hashes, sync, synced = store._file_hashes, store.sync, []
    for module in (store, rows):
        monkeypatch.setattr(module, "sync", lambda path: synced.append(path.name) or sync(path))
    monkeypatch.setattr(store, "_file_hashes", lambda path: read.append(path.name) or hashes(path))
    folder = tmp_path / "checkpoint"

    def look(engine: Any, day: int) -> None:
        if folder.exists():
            seen.append({p.name: p.stat().st_ino for p in folder.glob("part.*")})

    same_run(busy.run(DAYS), short(tmp_path, checkpoint_every=1, observe=look))
    first, last = seen[3], seen[-1]
    assert 2 < len(first) < len(last) > 10
    assert all((last[name] == number) is links for name, number in first.items())
    parts = [name for name in read if name.startswith("part.")]
    assert len(parts) == len(set(parts))  # each one when it was put aside
    parts = [name for name in synced if name.startswith("part.")]
    assert set(parts) >= set(last)
    assert (len(parts) == len(set(parts))) is links
    same_run(busy.run(DAYS), short(tmp_path, resume=True))


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    days, chance, kills = 120, random.Random(7), 0
    whole = child("killed", days, tmp_path / "whole", 0)
    assert len(whole.stdout) == 33, whole.stderr
    while True:
        done = child("killed", days, tmp_path / "cut", chance.uniform(0.02, 0.5) if kills < 12 else 0)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
    assert kills >= 8
    assert done.stdout == whole.stdout
    assert names(tmp_path / "cut") == ["checkpoint"]


MOMENTS = ("np.save of a part", "np.save of a part, half", "sealing", "os.link", "os.rename", "shutil.rmtree", "a map")


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_each_step(tmp_path: Path, moment: str) -> None:
    code = f"""
import os, signal, sys
from pathlib import Path
import numpy as np
from groundswell.core import rows, store
from tests.engine import busy
rows.PART = 1 << 18
moment, calls = {moment!r}, []
def dying(function, after, when=lambda *a: True, first=lambda *a: None):
    def call(*a, **k):
        if when(*a):
            calls.append(a)
            if len(calls) > after:
                first(*a)
                os.kill(os.getpid(), signal.SIGKILL)
        return function(*a, **k)
    return call
is_part = lambda path, *_: "part." in str(path)
if moment == "np.save of a part": np.save = dying(np.save, 9, is_part)
half = lambda path, array: Path(path).write_bytes(array.tobytes()[:5000])
if moment == "np.save of a part, half": np.save = dying(np.save, 9, is_part, half)
if moment == "sealing": rows.sealed = dying(rows.sealed, 9)
if moment == "os.link": os.link = dying(os.link, 8)
if moment == "os.rename": os.rename = dying(os.rename, 2)
if moment == "shutil.rmtree": store.shutil.rmtree = dying(store.shutil.rmtree, 0, lambda path, *_: store.OLD in str(path))
if moment == "a map": rows._map = dying(rows._map, 5)
busy.run({DAYS}, checkpoint=Path({str(tmp_path)!r}) / "checkpoint", checkpoint_every=5, resume=True)
"""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) > 1
    seen: list[int] = []
    same_run(busy.run(DAYS), short(tmp_path, resume=True, observe=lambda engine, day: seen.append(day)))
    assert len(seen) in (2, 7)
    assert names(tmp_path) == ["checkpoint"]


@pytest.fixture
def stored(tmp_path: Path, often: None) -> Path:
    short(tmp_path)
    assert len(names(tmp_path / "checkpoint", "part.")) > 5
    return tmp_path / "checkpoint"


def refused(folder: Path, what: str) -> None:
    before = {name: (folder / name).read_bytes() for name in names(folder) if (folder / name).is_file()}
    with pytest.raises(StoreError, match=what) as caught:
        short(folder.parent, resume=True, observe=lambda engine, day: pytest.fail("it was simulated"))
    assert "\n" not in str(caught.value)
    assert before == {name: (folder / name).read_bytes() for name in names(folder) if (folder / name).is_file()}
    assert names(folder.parent) == ["checkpoint"]


def test_damaged_missing_surplus_and_exchanged_parts_are_refused(stored: Path, tmp_path: Path) -> None:
    for name in names(stored, "part."):
        path = stored / name
        content = path.read_bytes()
        for damaged in (content[:-1], b"", content + b"\0", content[:-9] + bytes([content[-9] ^ 4]) + content[-8:]):
            path.unlink()  # not through the other name that another folder may have for it
            path.write_bytes(damaged)
            refused(stored, name)
        path.unlink()
        refused(stored, f"{name}: missing")
        path.write_bytes(content)
    one, other = (stored / f"part.journal.events.0000{k}.npy" for k in (0, 1))
    one.rename(stored / "aside")
    other.rename(one)
    (stored / "aside").rename(other)
    refused(stored, "part.journal.events.0000")
    other.rename(stored / "aside")
    one.rename(other)
    (stored / "aside").rename(one)
    more = stored / "part.journal.events.00099.npy"
    more.write_bytes(one.read_bytes())
    refused(stored, f"{more.name}: not part of")
    more.unlink()
    same_run(busy.run(DAYS), short(tmp_path, resume=True))


def test_well_sealed_parts_that_do_not_fit_are_refused(stored: Path) -> None:
    about, arrays = store.read_arrays(stored, "checkpoint")
    arrays = {name: np.array(a) for name, a in arrays.items()}
    name, last = "part.journal.events.00001", max(n for n in arrays if n.startswith("part.journal.events."))
    wrong = (
        {name: None},
        {last: None},
        {name: arrays[name][:-1]},
        {name: arrays["part.journal.record.00001"]},
        {name: arrays[name]["day"]},
        {name: arrays[name].reshape(1, -1)},
        {"part.journal.events.00099": arrays[name]},
        {"part.journal.nothing.00000": arrays[name]},
        {"series.loud": arrays["series.loud"][:-1]},
    )
    for change in wrong:
        store.write_arrays(stored, "checkpoint", about, {k: v for k, v in (arrays | change).items() if v is not None})
        refused(stored, "does not fit")
    for counts in (None, 3, {}, about["rows"] | {"journal.events": about["rows"]["journal.events"] + 1}):
        store.write_arrays(stored, "checkpoint", about | {"rows": counts}, arrays)
        refused(stored, "does not fit")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("full", ["part", "checkpoint", "map"])
def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, full: str, monkeypatch: pytest.MonkeyPatch) -> None:
    save, open_, count = np.save, Path.open, [0]

    def failing(path: Any, *more: Any, **options: Any) -> None:
        count[0] += ("part." in str(path)) == (full == "part")
        if count[0] > {"part": 9, "checkpoint": 70}[full]:
            raise OSError(28, "No space left on device")
        save(path, *more, **options)

    def no_room(path: Path, mode: str = "r", **options: Any) -> Any:
        if mode == "xb":
            raise OSError(28, "No space left on device")
        return open_(path, mode, **options)

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", failing) if full != "map" else patch.setattr(Path, "open", no_room)
        with pytest.raises(OSError, match="No space"):
            short(tmp_path, checkpoint_every=2)
    assert names(tmp_path) == ["checkpoint"]
    same_run(busy.run(DAYS), short(tmp_path, resume=True))


@pytest.mark.usefixtures("often")
def test_a_living_run_is_not_swept_away(tmp_path: Path) -> None:
    def other(engine: Any, day: int) -> None:
        store.recover(tmp_path / "checkpoint")  # as a second process would that is started on the same folder

    same_run(busy.run(DAYS), short(tmp_path, observe=other))
    assert names(tmp_path) == ["checkpoint"]


@pytest.mark.usefixtures("often")
def test_the_rows_of_another_run_are_not_taken(stored: Path, tmp_path: Path) -> None:
    """A run that begins anew beside a checkpoint replaces it, parts and all."""
    before = set(names(stored, "part."))
    short(tmp_path, values={"happening.events": 1000})
    assert 0 < len(names(stored, "part.")) < len(before)
    with pytest.raises(StoreError, match="differs in parameters"):
        short(tmp_path, resume=True)


def test_one_day_may_have_more_than_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PART", 1 << 12)
    same_run(busy.run(DAYS), short(tmp_path))


@pytest.mark.parametrize("shape", [(), (3,), (0,)])
def test_rows_put_aside_come_back(tmp_path: Path, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PART", 640)
    shelf = rows.Shelf(tmp_path / "x")
    kept = rows.Rows({"a": ((), np.int32), "b": (shape, np.float32)}, "some", shelf)
    expected: list[int] = []
    for count in (1, 0, 5, 64, 300, 2, 1, 1000, 1, 63):
        new = np.arange(len(expected), len(expected) + count)
        kept.add((new, np.broadcast_to(new.reshape(-1, *[1] * len(shape)), (count, *shape))), count)
        expected += new.tolist()
        assert len(kept) == len(expected)
    assert len(kept.parts) > 3
    arrays = kept.arrays()
    shelf.close()
    assert not names(tmp_path)
    assert arrays["a"].tolist() == expected
    assert (arrays["b"].shape, arrays["b"].dtype) == ((len(expected), *shape), np.float32)
    assert (arrays["b"] == np.reshape(expected, (-1, *[1] * len(shape)))).all()


def test_rows_without_fields_and_no_rows(tmp_path: Path) -> None:
    shelf = rows.Shelf(tmp_path / "x")
    nothing = rows.Rows({}, "none", shelf)
    for _ in range(200):
        nothing.add([])
    assert (len(nothing), nothing.arrays(), nothing.parts) == (200, {}, [])
    assert rows.Rows({"a": ((), np.int8)}, "none", shelf).arrays()["a"].shape == (0,)
    assert not names(tmp_path)


def test_pieces_hold_every_row_once() -> None:
    fields = {"a": np.arange(10), "b": np.arange(10) * 2}
    for most in (1, 3, 10, 11):
        found = list(rows.pieces(fields, most))
        assert max(len(piece["a"]) for piece in found) <= most
        assert np.concatenate([piece["b"] for piece in found]).tolist() == fields["b"].tolist()
    assert [len(piece["a"]) for piece in rows.pieces({"a": np.arange(0)})] == [0]
