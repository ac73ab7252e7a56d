"""Outlines of provinces from GeoJSON: checked when a case is read, so that a bad map is not found after hours of simulation."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from groundswell.core.documents import read_text
from groundswell.core.errors import InputError, nearest

Rings = list[list[tuple[float, float]]]
LARGEST = 4 << 20  # bytes of a file of boundaries
FEWEST = 4  # points of a ring: a triangle and its first corner again


def read_boundaries(path: Path) -> dict[str, Rings]:
    """The outer and inner rings of each province from GeoJSON, by the id of its feature; longitude and latitude in degrees.

    Raises:
        InputError: it cannot be read, or is not a collection of polygons with ids of their own; it names the feature.
    """
    text = read_text(path, "file of boundaries", LARGEST)
    try:
        features = json.loads(text, parse_constant=_no_number)["features"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        wrong = "it has no list of features" if isinstance(error, (KeyError, TypeError)) else _worded(error)
        raise InputError(f"cannot be read as boundaries: {wrong}", file=path, line=line) from None
    if not isinstance(features, list):
        raise InputError("cannot be read as boundaries: its features are not a list", file=path, key="features")
    found: dict[str, Rings] = {}
    for number, feature in enumerate(features):
        key = f"features[{number}]"
        place = feature.get("id") if isinstance(feature, dict) else None
        if not isinstance(place, str) or not place:
            raise InputError("has no id, by which boundaries are found; it is the id of a province", file=path, key=key)
        if place in found:
            raise InputError(f"there are two boundaries of {place!r}", file=path, key=key)
        try:
            found[place] = _rings(feature["geometry"])
        except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
            wrong = str(error) if type(error) is ValueError else "its geometry is not as in GeoJSON"
            raise InputError(f"cannot be read as boundaries of {place!r}: {wrong}", file=path, key=key) from None
    return found


def check_boundaries(path: Path, provinces: Iterable[str]) -> None:
    """Whether a file has the outline of every province and of nothing else, for a map with a hole misleads.

    Raises:
        InputError: it has not, or it cannot be read.
    """
    found, known = read_boundaries(path), dict.fromkeys(provinces)
    for place in found:
        if place not in known:
            near = nearest(place, [p for p in known if p not in found] or list(known))
            raise InputError(f"there is no province {place!r}", file=path, key="id", nearest=near)
    for place in known:
        if place not in found:
            raise InputError(f"province {place!r} has no boundaries", file=path, key="id")


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no coordinate")


def _worded(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON ({error.msg})"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:100]


def _rings(shape: Any) -> Rings:
    """The rings of a polygon or of several."""
    if shape["type"] not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"it is a {str(shape['type'])[:40]}, not a Polygon or a MultiPolygon")
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    rings = [[_point(point) for point in ring] for polygon in polygons for ring in polygon]
    if not rings:
        raise ValueError("it has no ring")
    for ring in rings:
        if len(ring) < FEWEST or ring[0] != ring[-1]:
            raise ValueError(f"a ring has {FEWEST} points at least, and its last is its first")
    return rings


def _point(point: Any) -> tuple[float, float]:
    if not isinstance(point, list) or len(point) < 2:
        raise TypeError
    east, north = point[:2]
    if type(east) not in (int, float) or type(north) not in (int, float):
        raise TypeError
    if not (math.isfinite(east) and abs(east) <= 180 and abs(north) <= 90):
        raise ValueError(f"{east}, {north} are no degrees of longitude and latitude")
    return float(east), float(north)
