"""Files of a run are written block by block: the same bytes as at once, whatever the blocks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.engine import busy

from groundswell import experiments
from groundswell.core import rows
from groundswell.core.errors import InputError
from groundswell.experiments import tables
from groundswell.experiments.running import checkpoint_folder, within_scope

ROOT = Path(__file__).resolve().parents[2]
REAL = ('real = false\nlevel = "city"\ninterval = "day"', "real = true")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "run.json"}


@pytest.mark.parametrize("real", [False, True])
def test_the_same_bytes_in_pieces_and_from_files(twin: Path, tmp_path: Path, real: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if real:
        (twin / "case.toml").write_text((twin / "case.toml").read_text().replace(*REAL))
    at_once = experiments.run(twin, out=tmp_path / "a", compiled=False)
    for module, name, value in ((rows, "PART", 700), (tables, "BLOCK", 20), (tables, "ROWS", 1 << 18)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(rows.pieces, "__defaults__", (7,))
    again = experiments.run(twin, out=tmp_path / "b", compiled=False, settings={"checkpoint_every": 10})
    assert content(tmp_path / "a") == content(tmp_path / "b")
    for name, fields in at_once.journals.items():
        for field, values in fields.items():
            other = again.journals[name][field]
            assert isinstance(other.base, np.memmap), field
            assert other.dtype == values.dtype
            np.testing.assert_array_equal(other, values)
    assert experiments.verify(tmp_path / "b", compiled=False).same
    assert not list(tmp_path.glob(".*"))


def test_blocks_make_the_table_of_all_of_them(tmp_path: Path) -> None:
    n = 600_000
    frame = pl.DataFrame({"a": np.arange(n), "b": [f"word {k % 999}" for k in range(n)], "c": [None, "x"] * (n // 2)})
    tables.write_parquet(frame, tmp_path / "once")
    for size in (n, 65_536, 7_777):
        tables.write_blocks((frame[k : k + size] for k in range(0, n, size)), tmp_path / "blocks")
        assert (tmp_path / "blocks").read_bytes() == (tmp_path / "once").read_bytes()
    tables.write_parquet(frame[:0], tmp_path / "once")
    tables.write_blocks(iter([frame[:0]]), tmp_path / "blocks")
    assert (tmp_path / "blocks").read_bytes() == (tmp_path / "once").read_bytes()


def test_what_fails_in_a_later_block_is_told_as_it_is(tmp_path: Path) -> None:
    def blocks() -> object:
        yield pl.DataFrame({"a": [1]})
        raise InputError("no such city", key="city")

    with pytest.raises(InputError, match="no such city"):
        tables.write_blocks(blocks(), tmp_path / "x")
    with pytest.raises(OSError, match="x"):
        tables.write_blocks(iter([pl.DataFrame({"a": [1]})]), tmp_path / "none" / "x")


@pytest.mark.parametrize("order", ["by day", "mixed"])
def test_weeks_come_in_order_and_whole(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK", 40)
    rng = np.random.default_rng(3)
    days = np.sort(rng.integers(-30, 400, 1000))
    fields = {"day": days if order == "by day" else rng.permutation(days), "number": np.arange(1000), "mine": rng.integers(0, 3, 1000)}
    monkeypatch.setattr(rows.pieces, "__defaults__", (64,))
    week = fields["day"] // 7
    for mine in (None, lambda piece: piece["mine"] == 1, lambda piece: piece["mine"] == 9):
        blocks = list(tables.by_week(fields, lambda piece: piece["day"] // 7, mine))
        chosen = np.ones(1000, bool) if mine is None else mine(fields)
        expected = np.flatnonzero(chosen)[np.argsort(week[chosen], kind="stable")]
        together = np.concatenate([b["number"][np.argsort(b["day"] // 7, kind="stable")] for b in blocks])
        assert together.tolist() == expected.tolist()
        assert len(blocks) == 1 if not chosen.any() else all(len(b["day"]) for b in blocks)
        if chosen.any():
            assert len(blocks) > 5
            assert all(len(b["day"]) <= 40 or len(set((b["day"] // 7).tolist())) == 1 for b in blocks)
            assert all(a["day"].max() // 7 < b["day"].min() // 7 for a, b in pairwise(blocks))


def test_what_may_be_told_is_the_same_from_files(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (twin / "case.toml").write_text((twin / "case.toml").read_text().replace(*REAL))
    scenario = experiments.read(twin)
    done = busy.run(20)
    plain = within_scope(done, scenario.case)
    monkeypatch.setattr(rows, "PART", 1 << 15)
    monkeypatch.setattr(rows.pieces, "__defaults__", (1000,))
    filed = within_scope(done, scenario.case, tmp_path / "beside")
    assert not list(tmp_path.glob(".*"))
    for name in plain.journals:
        for field, values in plain.journals[name].items():
            np.testing.assert_array_equal(filed.journals[name][field], values)
    assert isinstance(filed.journals["record"]["city"].base, np.memmap)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.conftest import tiny
import groundswell.models as models
from groundswell import experiments
from groundswell.core import rows
models.MODELS["tiny"] = tiny
rows.PART = 700
def progress(what, done, of):
    if what == "days" and done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
if int(sys.argv[3]) == 100:
    from groundswell.experiments import nation
    nation.nation_frame = lambda run: os.kill(os.getpid(), signal.SIGKILL)
if int(sys.argv[3]) > 100:
    rename = os.rename
    def dying(source, target):
        if Path(target) == Path(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target)
    os.rename = dying
experiments.run(Path(sys.argv[1]), out=Path(sys.argv[2]), resume=True, compiled=False, progress=progress, settings={"checkpoint_every": 7})
"""


def test_a_killed_run_ends_with_the_same_folder(twin: Path, tmp_path: Path) -> None:
    experiments.run(twin, out=tmp_path / "whole", compiled=False)
    out = tmp_path / "cut"
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    for day in (5, 20, 48, 90, 100, 101, -1, 102, -1):  # the last ones: while files are written, moved in, and replaced
        done = subprocess.run([sys.executable, "-c", KILLED, str(twin), str(out), str(day)], cwd=ROOT, env=env, check=False)
        assert done.returncode == (0 if day < 0 else -signal.SIGKILL)
        assert checkpoint_folder(out).exists() is (day > 7)
        assert len(list(tmp_path.glob(".*"))) == 0 if day < 0 else len(list(tmp_path.glob(".*"))) >= (day > 90) + (day > 101)
    assert content(tmp_path / "whole") == content(out)
    assert not list(tmp_path.glob(".*"))
