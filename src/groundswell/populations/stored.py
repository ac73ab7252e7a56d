"""A population as a folder of raw arrays: digest, description, opening by memory map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import GroundswellError, StoreError
from groundswell.core.places import City, Places, Population, Province
from groundswell.core.store import read_arrays, write_arrays

KIND = "population"
COLUMNS: dict[str, type[np.generic]] = {
    "age": np.uint8,
    "profile": np.uint8,
    "household": np.uint8,
    "workplace": np.uint32,
    "hardship": np.uint16,
    "risk_aversion": np.uint16,
}
STARTS = ("neighbourhood_start", "city_start", "province_start")
PIECE = 1 << 24  # bytes hashed at a time


def province_digest(places: Places, columns: Mapping[str, npt.NDArray[Any]], province: int) -> str:
    """BLAKE2b over a province: its description, where its people live, and every column, by name.

    Numbers are little-endian and count from the province's own first row, so the hash does not depend on what is stored
    beside it or before it.
    """
    hasher = hashlib.blake2b(digest_size=16)
    about = places.provinces[province]
    first, last = int(places.province_start[province]), int(places.province_start[province + 1])
    cities = [[c.key, c.name, c.latitude, c.longitude, c.rural] for c in places.cities[first:last]]
    groups = {name: int(start[province + 1] - start[province]) for name, start in sorted(places.groups.items())}
    head = [about.id, about.name, about.code, about.population, places.scale, cities, groups]
    hasher.update(json.dumps(head, ensure_ascii=False).encode())
    low, high = places.neighbourhood_range(province)
    start, end = places.row_range(province)
    hasher.update(np.asarray(places.city_start[first : last + 1] - places.city_start[first], "<i8").tobytes())
    hasher.update(np.asarray(places.neighbourhood_start[low : high + 1] - places.neighbourhood_start[low], "<i8").tobytes())
    for name in sorted(columns):
        own = np.asarray(columns[name][start:end])
        hasher.update(f"{name} {own.dtype.str[1:]} {len(own)}".encode())
        step = max(PIECE // own.itemsize, 1)
        for at in range(0, len(own), step):
            piece = np.ascontiguousarray(own[at : at + step])
            hasher.update(piece.astype(piece.dtype.newbyteorder("<"), copy=False).data)
    return hasher.hexdigest()


def population_digest(places: Places, digests: list[str]) -> str:
    """BLAKE2b over the digests of the provinces in the order of their codes: the order of storage cannot matter."""
    ordered = [digests[i] for i in np.argsort(places.codes)]
    return hashlib.blake2b(" ".join(ordered).encode(), digest_size=16).hexdigest()


def described(places: Places, provenance: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """What the manifest of a stored population says about it."""
    return {
        "scale": places.scale,
        "provinces": [[p.id, p.name, p.code, p.population] for p in places.provinces],
        "cities": [[c.key, c.name, c.province, c.latitude, c.longitude, c.rural] for c in places.cities],
        "groups": sorted(places.groups),
        "columns": sorted(COLUMNS),
        "provenance": dict(provenance),
        "digest": digest,
    }


def place_arrays(places: Places) -> dict[str, npt.NDArray[np.int64]]:
    """The starts of places and groups by file name."""
    starts = {name: np.asarray(getattr(places, name), np.int64) for name in STARTS}
    return starts | {f"groups_{name}": np.asarray(start, np.int64) for name, start in places.groups.items()}


def save_population(population: Population, target: Path) -> None:
    """Store a population as a folder, whole or not at all; given networks are not stored."""
    about = described(population.places, population.provenance, population.digest)
    write_arrays(target, KIND, about, {**place_arrays(population.places), **population.columns})


def open_population(path: Path | str, *, check: bool = False) -> Population:
    """Open a stored population by memory map.

    Args:
        path: its folder.
        check: compare every byte with the manifest, and the digest with the content; else only sizes.

    Raises:
        StoreError: missing, truncated, altered, or not a population.
    """
    folder = Path(path)
    about, arrays = read_arrays(folder, KIND, check=check)
    try:
        places = Places(
            provinces=tuple(Province(*p) for p in about["provinces"]),
            cities=tuple(City(*c) for c in about["cities"]),
            scale=about["scale"],
            groups={name: arrays[f"groups_{name}"] for name in about["groups"]},
            **{name: arrays[name] for name in STARTS},
        )
        columns = {name: arrays[name] for name in about["columns"]}
        digest, provenance = str(about["digest"]), dict(about["provenance"])
    except (KeyError, TypeError, ValueError, IndexError, GroundswellError) as error:
        raise StoreError(f"{folder}: the manifest does not describe a population ({type(error).__name__}: {error})") from error
    lengths = {"province_start": len(places.provinces), "city_start": len(places.cities)}
    for name, expected in (lengths | {f"groups_{name}": len(places.provinces) for name in places.groups}).items():
        if arrays[name].shape != (expected + 1,):
            raise StoreError(f"{folder / name}.npy: {arrays[name].shape} starts where {expected} places are described")
    for name, column in columns.items():
        if column.shape != (places.rows,) or column.dtype != COLUMNS.get(name):
            raise StoreError(f"{folder / name}.npy: {column.dtype} of shape {column.shape} where {places.rows} rows are")
    if check and population_digest(places, [province_digest(places, columns, p) for p in range(len(places.provinces))]) != digest:
        raise StoreError(f"{folder}: the digest does not match the content")
    return Population(places=places, columns=columns, provenance=provenance, digest=digest)
