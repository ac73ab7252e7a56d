"""Whatever is done to a stored checkpoint, it is refused with a StoreError that names the file, and nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.common import country, run
from tests.engine.toys import toy

from groundswell.core import store
from groundswell.core.errors import StoreError
from groundswell.core.mechanism import Model
from groundswell.core.run import Run
from groundswell.core.store import read_arrays, write_arrays

WORLD = country((12, 8), hood=6)


def stored_run(folder: Path, **options: Any) -> Run:
    options = {"values": {}, "days": 5, "model": toy(), "population": WORLD} | options
    return run(checkpoint=folder, **options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    stored_run(tmp_path / "checkpoint", checkpoint_every=2)
    return tmp_path / "checkpoint"


def files(folder: Path) -> Iterator[Path]:
    assert len(list(folder.iterdir())) > 5
    yield from sorted(folder.iterdir())


def refused(folder: Path, name: str) -> None:
    with pytest.raises(StoreError, match=name):
        read_arrays(folder, "checkpoint")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_untouched_is_accepted(folder: Path) -> None:
    assert stored_run(folder, resume=True).state_hash == run(WORLD, 5, toy(), values={}).state_hash


def test_a_bit_in_every_byte(folder: Path) -> None:
    tried = 0
    for path in files(folder):
        whole = path.read_bytes()
        for at in range(len(whole)):
            for bit in {0, 5, at % 8} if path.suffix == ".json" else {at % 8}:
                changed = bytearray(whole)
                changed[at] ^= 1 << bit
                path.write_bytes(changed)
                refused(folder, path.name)
                tried += 1
        path.write_bytes(whole)
    assert tried > 5_000
    read_arrays(folder, "checkpoint")


def test_a_bit_in_every_byte_of_a_header_where_the_content_is_not_checked(folder: Path) -> None:
    """A population of gigabytes is opened so."""
    path = folder / "series.total.npy"
    whole = path.read_bytes()
    for at in range(128):
        for bit in range(8):
            changed = bytearray(whole)
            changed[at] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(StoreError, match=path.name):
                read_arrays(folder, "checkpoint", check=False)


def test_truncated_at_every_length(folder: Path) -> None:
    for path in files(folder):
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            refused(folder, path.name)
        path.write_bytes(whole + b"\0")
        refused(folder, path.name)
        path.write_bytes(whole)


def test_each_file_removed_or_replaced(folder: Path, tmp_path: Path) -> None:
    for path in files(folder):
        aside = tmp_path / "aside"
        path.rename(aside)
        refused(folder, path.name)
        path.mkdir()
        refused(folder, path.name)
        path.rmdir()
        path.symlink_to(tmp_path / "nowhere")
        refused(folder, path.name)
        path.unlink()
        aside.rename(path)


def test_swapped_files(folder: Path) -> None:
    paths = list(files(folder))
    for i, one in enumerate(paths):
        for other in paths[:i]:
            a, b = one.read_bytes(), other.read_bytes()
            if a != b:
                one.write_bytes(b)
                other.write_bytes(a)
                refused(folder, f"{one.name}|{other.name}")
                one.write_bytes(a)
                other.write_bytes(b)


def test_something_added(folder: Path) -> None:
    for name in ("extra.npy", "column.mood.npy.bak", "notes.txt"):
        (folder / name).write_bytes(b"x")
        refused(folder, name)
        (folder / name).unlink()
    (folder / "more").mkdir()
    refused(folder, "more")
    (folder / "more").rmdir()
    (folder / ".DS_Store").write_bytes(b"what file managers leave")
    read_arrays(folder, "checkpoint")


MANIFESTS = (
    *("", "null", "[]", "{}", '{"seal": 1, "body": 2}', '{"seal": "x", "body": "{}"}', "[" * 100_000, '"\\ud800"'),
    '{"seal": "\\ud800", "body": "\\ud800"}',
    '{"seal": "cae66941d9efbd404e4d88758ea67670", "body": ""}',
)


@pytest.mark.parametrize("text", MANIFESTS, ids=range(len(MANIFESTS)))
def test_other_manifests(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    refused(folder, "manifest.json")


def test_sealed_but_nonsense(folder: Path) -> None:
    import json

    for path in list(files(folder)):
        if path.name != "column.mood.npy":
            path.unlink()
    head = '{"format": 1, "kind": "checkpoint", "about": '
    rest = ('{}, "files": 3}', '3, "files": {}}', '{}, "files": {"column.mood.npy": 3}}', '{}, "files": {"column.mood.npy": {}}}')
    for body in ("[]", "1", "{}", *(head + r for r in rest)):
        (folder / "manifest.json").write_text(json.dumps({"seal": store.digest(body.encode()), "body": body}))
        refused(folder, "manifest.json|column|not part of")


def test_wrong_kind_and_format(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="holds a checkpoint, not a population"):
        read_arrays(folder, "population")
    monkeypatch.setattr(store, "FORMAT", 2)
    refused(folder, "manifest.json: format 1")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"seed": 12}, "seed"),
    ({"days": 6}, "end"),
    ({"values": {"shaking.rate": 0.3}}, "parameters"),
    ({"model": Model("other", toy().schedule)}, "model"),
    ({"model": Model("toy", toy().schedule[:1])}, "schedule"),
    ({"population": country((14, 8), hood=6)}, "rows"),
    ({"population": country((12, 8), hood=3)}, "population_digest"),
    ({"population": country((8, 12), (2, 1), hood=6)}, "population_digest"),
    ({"population": country((12, 8), scale=2, hood=6)}, "scale"),
]


@pytest.mark.parametrize(("options", "what"), WRONG, ids=[what + str(i) for i, (_, what) in enumerate(WRONG)])
def test_of_another_run(folder: Path, options: dict[str, Any], what: str) -> None:
    population = replace(options.pop("population", WORLD), digest="")
    shutil.rmtree(folder)
    stored_run(folder, checkpoint_every=2, population=replace(WORLD, digest=""))
    before = snapshot(folder.parent)
    with pytest.raises(StoreError, match=rf"checkpoint: .*differs in .*{what}"):
        stored_run(folder, resume=True, checkpoint_every=1, population=population, **options)
    assert snapshot(folder.parent) == before


def test_other_people_in_the_same_places(folder: Path) -> None:
    shutil.rmtree(folder)
    stored_run(folder, checkpoint_every=2, population=replace(WORLD, digest=""))
    age = WORLD.columns["age"].copy()
    age[0] += 1
    with pytest.raises(StoreError, match="population_digest"):
        stored_run(folder, resume=True, population=replace(WORLD, digest="", columns={**WORLD.columns, "age": age}))


def test_nothing_is_written_or_simulated_where_a_checkpoint_is_refused(folder: Path) -> None:
    path = folder / "column.mood.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x77")
    before, seen = snapshot(folder.parent), []
    with pytest.raises(StoreError, match=path.name):
        stored_run(folder, resume=True, checkpoint_every=1, observe=lambda engine, day: seen.append(day))
    assert snapshot(folder.parent) == before
    assert not seen


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("hello")
    with pytest.raises(StoreError, match="not a stored checkpoint"):
        stored_run(tmp_path / "checkpoint", resume=True)
    assert (tmp_path / "checkpoint").read_text() == "hello"


def test_well_sealed_but_not_of_this_model(folder: Path) -> None:
    about, mapped = read_arrays(folder, "checkpoint")
    arrays = {name: np.array(a) for name, a in mapped.items()}
    for name in list(arrays):
        for changed in (
            None,
            arrays[name][:-1] if arrays[name].size else np.zeros(3, arrays[name].dtype),
            arrays[name].astype(np.complex64),
        ):
            other = {k: v for k, v in arrays.items() if k != name} | ({} if changed is None else {name: changed})
            write_arrays(folder, "checkpoint", about, other)
            with pytest.raises(StoreError, match=r"does not fit"):
                stored_run(folder, resume=True)
    for day in (about["day"] + 1, "tomorrow", None):
        write_arrays(folder, "checkpoint", about | {"day": day}, arrays)
        with pytest.raises(StoreError, match=r"does not fit"):
            stored_run(folder, resume=True)
    write_arrays(folder, "checkpoint", about, arrays | {"column.more": np.zeros(20)})
    with pytest.raises(StoreError, match=r"does not fit"):
        stored_run(folder, resume=True)
