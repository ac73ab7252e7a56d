from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell.core.errors import StoreError
from groundswell.core.places import Population
from groundswell.core.store import digest
from groundswell.populations import build
from groundswell.populations.build import build_population
from groundswell.populations.stored import open_population, save_population
from groundswell.populations.tables import CensusTables

pytestmark = pytest.mark.compiled


def same(one: Population, other: Population) -> bool:
    arrays = ("neighbourhood_start", "city_start", "province_start")
    assert all((getattr(one.places, name) == getattr(other.places, name)).all() for name in arrays)
    assert one.places.groups.keys() == other.places.groups.keys()
    assert all((one.places.groups[name] == other.places.groups[name]).all() for name in one.places.groups)
    assert (one.places.provinces, one.places.cities, one.places.scale) == (other.places.provinces, other.places.cities, other.places.scale)
    assert one.columns.keys() == other.columns.keys()
    assert all((one.columns[name] == other.columns[name]).all() for name in one.columns)
    assert all(one.columns[name].dtype == other.columns[name].dtype for name in one.columns)
    return one.digest == other.digest and dict(one.provenance) == dict(other.provenance)


@pytest.mark.parametrize("streamed", [True, False])
def test_round_trip(atlantis: CensusTables, population: Population, tmp_path: Path, streamed: bool) -> None:
    folder = tmp_path / "deep" / "people"
    if streamed:
        opened = build_population(atlantis, scale=1, seed=11, out=folder)
    else:
        save_population(population, folder)
        opened = open_population(folder)
    assert same(opened, population)
    assert same(open_population(folder, check=True), population)
    assert isinstance(opened.columns["workplace"].base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.columns["age"][0] = 1
    assert [p.name for p in folder.parent.iterdir()] == ["people"]  # nothing temporary is left


def test_both_ways_store_the_same_bytes(atlantis: CensusTables, population: Population, tmp_path: Path) -> None:
    save_population(population, tmp_path / "one")
    build_population(atlantis, scale=1, seed=11, out=tmp_path / "other", threads=1)
    names = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "other").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_replaces_what_was_there(atlantis: CensusTables, tmp_path: Path) -> None:
    build_population(atlantis, scale=10, seed=1, out=tmp_path / "people")
    second = build_population(atlantis, scale=20, seed=2, out=tmp_path / "people")
    assert open_population(tmp_path / "people", check=True).digest == second.digest


def test_a_failed_build_leaves_nothing(atlantis: CensusTables, tmp_path: Path) -> None:
    old = build_population(atlantis, scale=10, seed=1, out=tmp_path / "people")

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_population(atlantis, scale=1, seed=2, out=tmp_path / "people", progress=stop)
    with pytest.raises(KeyboardInterrupt):
        build_population(atlantis, scale=1, seed=2, out=tmp_path / "new", progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["people"]
    assert open_population(tmp_path / "people", check=True).digest == old.digest


def test_an_error_in_one_province_is_raised(atlantis: CensusTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def fails(*_: Any) -> None:
        begun.append(1)
        time.sleep(0.2)
        raise MemoryError("no room")

    monkeypatch.setattr(build, "age_table", fails)
    with pytest.raises(MemoryError, match="no room"):
        build_population(atlantis, scale=10, seed=1, out=tmp_path / "people", threads=1)
    assert list(tmp_path.iterdir()) == []
    assert len(begun) <= 2  # the others are not built for nothing


def edited(folder: Path, change: Any) -> None:
    """Write another manifest, properly sealed."""
    outer = json.loads((folder / "manifest.json").read_text())
    body = json.loads(outer["body"])
    change(body["about"])
    text = json.dumps(body)
    (folder / "manifest.json").write_text(json.dumps({"seal": digest(text.encode()), "body": text}))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda f: (f / "age.npy").unlink(), "age.npy: missing"),
        (lambda f: (f / "age.npy").write_bytes((f / "age.npy").read_bytes()[:-1]), "truncated or altered"),
        (lambda f: (f / "manifest.json").unlink(), "not a stored population"),
        (lambda f: edited(f, lambda a: a.pop("scale")), "does not describe a population"),
        (lambda f: edited(f, lambda a: a["provinces"].pop()), "province_start.npy: .* starts where 3 places are described"),
        (lambda f: edited(f, lambda a: a.update(columns=["age", "weight"])), "does not describe a population"),
        (lambda f: edited(f, lambda a: a.update(columns=["age", "city_start"])), "city_start.npy: int64"),
    ],
    ids=["no file", "short file", "no manifest", "no scale", "a province less", "unknown column", "wrong width"],
)
def test_damage_is_noticed_on_opening(atlantis: CensusTables, tmp_path: Path, damage: Any, error: str) -> None:
    folder = tmp_path / "people"
    build_population(atlantis, scale=10, seed=1, out=folder)
    damage(folder)
    with pytest.raises(StoreError, match=error):
        open_population(folder)


def test_changed_bytes_are_noticed_when_checked(atlantis: CensusTables, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    build_population(atlantis, scale=10, seed=1, out=folder)
    data = bytearray((folder / "hardship.npy").read_bytes())
    data[-1] ^= 1
    (folder / "hardship.npy").write_bytes(bytes(data))
    open_population(folder)
    with pytest.raises(StoreError, match=r"hardship\.npy: the content was altered"):
        open_population(folder, check=True)


def test_a_digest_of_other_people_is_noticed_when_checked(atlantis: CensusTables, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    build_population(atlantis, scale=10, seed=1, out=folder)
    edited(folder, lambda about: about.update(digest="0" * 32))
    with pytest.raises(StoreError, match="the digest does not match the content"):
        open_population(folder, check=True)
