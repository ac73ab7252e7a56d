"""A damaged Parquet file ends one process that decodes, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from groundswell.core import parquet
from groundswell.core.errors import GroundswellError, InputError
from groundswell.core.parquet import ParquetFile, one_decoder, open_parquet
from groundswell.events.fixtures import paths

COUNT = b",\x15\x0a\x15\x10\x15\x06\x15\x06"  # in the header of a page: it has five values
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals")


def aborting(folder: Path) -> Path:
    """A file that ends the process which decodes it: a page that says it has minus six values."""
    whole = paths()["record-table"].read_bytes()
    assert COUNT in whole
    path = folder / "aborting.parquet"
    path.write_bytes(whole.replace(COUNT, COUNT.replace(b"\x0a", b"\x0b", 1), 1))
    return path


def rows(path: Path) -> list[pl.DataFrame]:
    table = open_parquet(path)
    try:
        return list(table.pages())
    finally:
        table.close()


def process_of(table: ParquetFile) -> subprocess.Popen[bytes]:
    return table._decoder.process


@POSIX
def test_this_damage_still_ends_a_process_without_a_guard(tmp_path: Path) -> None:
    """Where it no longer does, polars has mended it: find another, or take the guard away."""
    code = "import polars, sys; polars.read_parquet(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, str(aborting(tmp_path))], check=False, capture_output=True)
    assert done.returncode == -signal.SIGABRT


def test_a_file_that_ends_its_decoder_is_one_error_and_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = aborting(tmp_path)
    with pytest.raises(InputError, match="is damaged, or needs more than 4 GiB") as caught:
        rows(path)
    assert str(caught.value.file) == str(path)
    assert capfd.readouterr() == ("", "")


def test_rows_come_as_text_in_order(tmp_path: Path) -> None:
    path = tmp_path / "two.parquet"
    n = 2 * parquet.STEP + 7
    pl.DataFrame({"a": range(n), "b": ["x", None] * (n // 2) + ["x"]}).write_parquet(path)
    table = open_parquet(path)
    assert (list(table.types), table.odd, table.rows) == (["a", "b"], [], n)
    pages = list(table.pages())
    assert [page.height for page in pages] == [parquet.STEP, parquet.STEP, 7]
    assert pl.concat(pages)["c0"].to_list() == [str(k) for k in range(n)]
    assert process_of(table).poll() is not None


def test_long_rows_come_a_few_at_a_time_and_one_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.parquet"
    pl.DataFrame({"a": ["x" * 40, "y" * 40, "z" * 40, "w" * 101]}).write_parquet(path)
    monkeypatch.setattr(parquet, "LONGEST", 100)
    assert pl.read_ipc_stream(parquet._rows(path, 0)).height == 2
    assert pl.read_ipc_stream(parquet._rows(path, 2)).height == 1
    with pytest.raises(ValueError, match="row 4 is longer"):
        parquet._rows(path, 3)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "changing.parquet"
    pl.DataFrame({"a": [1], "b": [2]}).write_parquet(path)
    table = open_parquet(path)
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(InputError, match="changed while it was read"):
        list(table.pages())


def test_what_is_no_parquet_or_has_no_plain_columns(tmp_path: Path) -> None:
    path = tmp_path / "no.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(InputError, match="cannot be read"):
        open_parquet(path)
    pl.DataFrame({"a": [[1]], "b": [b"x"], "c": [1]}).write_parquet(path)
    table = open_parquet(path)
    table.close()
    assert table.odd == ["a", "b"]


def test_one_decoder_serves_many_files_and_is_replaced_where_it_dies(tmp_path: Path) -> None:
    good, bad = paths()["record-table"], aborting(tmp_path)
    with one_decoder():
        first = open_parquet(good)
        first.close()
        second = open_parquet(good)
        list(second.pages())
        assert process_of(second) is process_of(first)
        with pytest.raises(InputError):
            rows(bad)
        third = open_parquet(good)
        assert process_of(third) is not process_of(first)
        assert sum(page.height for page in third.pages()) == third.rows
        third.close()
        assert process_of(third).poll() is None
    assert process_of(third).poll() is not None


@POSIX
def test_a_decoder_that_is_stuck_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    table = open_parquet(paths()["record-table"])
    monkeypatch.setattr(parquet, "PATIENCE", 0.2)
    process_of(table).send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(InputError, match="the process that decoded it ended"):
        list(table.pages())
    assert time.monotonic() - began < 30


def test_a_decoder_that_does_not_start_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "PROGRAM", "raise SystemExit('polars is not there')")
    with pytest.raises(GroundswellError, match="polars is not there") as caught:
        open_parquet(paths()["record-table"])
    assert not isinstance(caught.value, InputError)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems limit no addresses")
def test_memory_and_processor_time_are_limited(tmp_path: Path) -> None:
    code = (
        "import resource; from pathlib import Path; from groundswell.core import parquet; parquet._limit(Path(__import__('sys').argv[1])); "
        "print(resource.getrlimit(resource.RLIMIT_AS)[0] - parquet.MEMORY, resource.getrlimit(resource.RLIMIT_CPU)[0] >= parquet.SECONDS)"
    )
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["10", "True"]
