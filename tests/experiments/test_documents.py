import os
import threading
import time
from pathlib import Path

import pytest

from groundswell.core.documents import LARGEST, Document, Origin, read_document
from groundswell.core.errors import InputError


def refused(path: Path) -> InputError:
    """The one error that reading a file gives, within a second."""
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_document(path, "scenario file")
    assert time.perf_counter() - started < 1
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return caught.value


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("a = ", "not valid TOML", 1),
        ("a = 1\nb = = 2\n", "not valid TOML", 2),
        ("a = 1\nb = 2\n\na = 3\n", "given twice", 4),
        ("[a]\nx = 1\n[a]\n", "given twice", 3),
        ("[a]\nx = 1\n\n[[a]]\n", "given twice", 4),
        ('a = "unclosed', "not valid TOML", 1),
        ("x = 1\na = [1,\n2", "not valid TOML", 3),
        ("a = 1\nb = 99999999999999999999\n", "64 bits", 2),
        ("a = 1\nb = " + "9" * 5000, "64 bits", 2),
        ("a = 1\nb = 0x" + "f" * 5000, "64 bits", 2),
        ("a = 1\nb = nan\n", "finite", 2),
        ("a = 1\n[t]\nb = [1.0, -inf]\n", "finite", 3),
        ('a = 1\nb = "\\u0000"\n', "control", 2),
        ("a = 1\nb = 2022-02-30\n", "not valid TOML", 2),
        ("x = 1\na = " + "[" * 20 + "]" * 20, "deeper than 16", 2),
        ("x = 1\na = " + "[" * 5000 + "]" * 5000, "deeper than 16", 2),
        ("x = 1\na = " + "[" * 400000, "deeper than 16", 2),
        ("x = 1\na = " + "{a=" * 100000, "deeper than 16", 2),
        ("x = 1\n" + ".".join("a" * 20) + " = 1", "deeper than 16", 2),
        ("x = 1\n" + ".".join("a" * 200000) + " = 1", "more than 32 parts", 2),
        ("x = 1\n[" + " . ".join(["'a'"] * 60000) + "]", "more than 32 parts", 2),
        ("x = {" + ".".join("a" * 100000) + " = 1}", "more than 32 parts", 1),
        ("x = 1\ny = " + "1." * 200000, "more than 32 parts", 2),
        ("x = 1\n" + "y" * 450000, "not valid TOML", None),
        ("x = 1\n" + "'" * 450000, "not valid TOML", None),
        ('x = 1\n"' + "\\" * 450000, "not valid TOML", None),
    ],
)
def test_what_cannot_be_read_is_one_error_with_its_line(tmp_path: Path, text: str, says: str, line: int | None) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    error = refused(path)
    assert says in str(error)
    assert error.file == path
    if line is not None:
        assert error.line == line


@pytest.mark.parametrize(
    ("raw", "says", "line"),
    [
        (b"a = 1\nb = '\xff'\n", "UTF-8", 2),
        ("a = 1\n".encode("utf-16"), "UTF-8", 1),
        (b"a = 1\n\x00\n", "NUL", 2),
        (b"#" * (LARGEST + 1), "larger than 512 KiB", None),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, raw: bytes, says: str, line: int | None) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(raw)
    error = refused(path)
    assert says in str(error)
    assert error.line == line


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_document(path, "scenario file").data == {"a": 1}


def test_folders_devices_pipes_and_missing_files(tmp_path: Path) -> None:
    assert "no such scenario file" in str(refused(tmp_path / "none.toml"))
    assert "folder" in str(refused(tmp_path))
    assert "device or a pipe" in str(refused(Path("/dev/zero")))
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    assert "device or a pipe" in str(refused(pipe))
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    assert "cannot be read" in str(refused(loop))
    assert "cannot be read" in str(refused(tmp_path / ("n" * 300)))
    assert "cannot be read" in str(refused(tmp_path / "a\0b"))


def test_a_file_that_becomes_a_pipe_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    monkeypatch.setattr("groundswell.core.documents.regular_file", lambda path, what: path)
    done = threading.Event()

    thread = threading.Thread(target=lambda: (read_document(pipe, "scenario file"), done.set()), daemon=True)
    thread.start()
    assert done.wait(2)


def test_layers_keep_the_places_of_their_keys() -> None:
    low = Document(
        {"a": {"x": 1, "y": 2}, "list": [{"n": 1}], "plain": [1, 2]},
        {("a",): Origin(line=1), ("a", "x"): Origin(line=2), ("list", 0, "n"): Origin(line=5), ("plain", 1): Origin(line=6)},
    )
    high = Document(
        {"a": {"y": 3}, "list": [{"n": 2}], "plain": [3]},
        {("a", "y"): Origin(line=11), ("list", 0, "n"): Origin(line=12), ("plain",): Origin(line=13)},
    )
    whole = high.over(low, join=("list",))
    assert whole.data == {"a": {"x": 1, "y": 3}, "list": [{"n": 1}, {"n": 2}], "plain": [3]}
    assert whole.origin(("a", "x")).line == 2
    assert whole.origin(("a", "y")).line == 11
    assert whole.origin(("list", 0, "n")).line == 5
    assert whole.origin(("list", 1, "n")).line == 12
    assert whole.origin(("plain", 1)).line == 13
    assert low.data["a"] == {"x": 1, "y": 2}


def test_an_option_is_named_as_typed() -> None:
    whole = Document({"run": {"seed": 1}}, {("run", "seed"): Origin(Path("s.toml"), 3)}).put(("run", "seed"), 2, "--seed")
    assert whole.data == {"run": {"seed": 2}}
    assert str(whole.error("is wrong", ("run", "seed"))) == "--seed: is wrong"


def test_what_would_have_to_be_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.toml"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        monkeypatch.setattr("groundswell.core.documents.regular_file", lambda path, what: path)  # /proc/kmsg says it is one
        assert "nothing is in it yet" in str(refused(path))
    finally:
        os.close(writer)
