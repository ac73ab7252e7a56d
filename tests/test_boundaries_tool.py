"""The tool that makes boundaries: on a country of four squares, worked out by hand."""

from __future__ import annotations

import csv
import importlib.util
import json
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# two by two squares of one degree; borders between neighbours are given once
ARCS = [
    [(0, 1), (0, 0), (1, 0)],  # 0: around the south-west
    [(1, 0), (2, 0), (2, 1)],  # 1: around the south-east
    [(2, 1), (2, 2), (1, 2)],  # 2: around the north-east
    [(1, 2), (0, 2), (0, 1)],  # 3: around the north-west
    [(1, 0), (1, 1)],  # 4: between south-west and south-east
    [(2, 1), (1, 1)],  # 5: between south-east and north-east
    [(1, 2), (1, 1)],  # 6: between north-east and north-west
    [(0, 1), (1, 1)],  # 7: between north-west and south-west
]
SQUARES = {"sw": [0, 4, ~7], "se": [1, 5, ~4], "ne": [2, 6, ~5], "nw": [3, 7, ~6]}
CITIES = {"A": (0.5, 0.5), "B": (1.5, 0.5)}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[1] / "tools" / "make_boundaries.py"
    spec = importlib.util.spec_from_file_location("make_boundaries", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path: Path) -> Path:
    def coded(arc: list[tuple[int, int]]) -> list[list[int]]:
        steps = [(0, 0), *arc]
        return [[(b[0] - a[0]) * 100, (b[1] - a[1]) * 100] for a, b in pairwise(steps)]

    folder = tmp_path / "package" / "src" / "js" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "package" / "package.json").write_text('{"name": "maps", "version": "1.2.3"}')
    (tmp_path / "package" / "LICENSE").write_text("The MIT License (MIT)\n")
    shapes = [{"type": "Polygon", "properties": {"name": name}, "arcs": [arcs]} for name, arcs in SQUARES.items()]
    topology = {
        "transform": {"scale": [0.01, 0.01], "translate": [0, 0]},
        "objects": {"x": {"geometries": shapes}},
        "arcs": [coded(arc) for arc in ARCS],
    }
    (folder / "x.topo.json").write_text(json.dumps(topology))
    return folder / "x.topo.json"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = tmp_path / "land"
    folder.mkdir()
    (folder / "provinces.csv").write_text("id,name,code,population\nA,West,1,10\nB,East,2,10\n")
    rows = [[k, f"Town {p}", p, lat, lon, 9] for k, (p, (lon, lat)) in enumerate(CITIES.items())]
    with (folder / "cities.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["key", "name", "province", "latitude", "longitude", "population"], *rows])
    return folder


def names(tmp_path: Path, **belongs: str) -> Path:
    path = tmp_path / "names.csv"
    path.write_text("name,province\n" + "".join(f"{name},{province}\n" for name, province in belongs.items()))
    return path


def test_regions_are_merged_and_their_inner_borders_go(tool: ModuleType, source: Path, case: Path, tmp_path: Path) -> None:
    tool.main(source, names(tmp_path, sw="A", nw="A", se="B", ne="B"), case)
    found: dict[str, Any] = {f["id"]: f["geometry"] for f in json.loads((case / "boundaries.json").read_text())["features"]}
    assert set(found) == {"A", "B"}
    ((ring,),) = found["A"]["coordinates"]
    assert tool.area([tuple(p) for p in ring]) == pytest.approx(2)  # two squares, anticlockwise
    assert [1.0, 1.0] in ring or {tuple(p) for p in ring} == {(0, 0), (1, 0), (1, 2), (0, 2)}
    licence = (case / "BOUNDARIES-LICENSE.txt").read_text()
    assert "maps 1.2.3" in licence
    assert "The MIT License" in licence


def test_it_refuses_what_does_not_fit(tool: ModuleType, source: Path, case: Path, tmp_path: Path) -> None:
    for belongs, problem in (
        ({"sw": "A", "nowhere": "B"}, "the file has no nowhere"),
        ({"sw": "A"}, "missing: \\['B'\\]"),
        ({"sw": "A", "se": "B", "ne": "C"}, "not in the case: \\['C'\\]"),
        ({"sw": "B", "se": "A"}, "is not in"),
    ):
        with pytest.raises(SystemExit, match=problem):
            tool.main(source, names(tmp_path, **belongs), case)
    assert not (case / "boundaries.json").exists()


def test_borders_are_simplified_within_the_tolerance_and_keep_their_ends(tool: ModuleType) -> None:
    line = [(0.0, 0.0), (1.0, 0.01), (2.0, 0.0), (3.0, 1.0), (4.0, 0.0)]
    assert tool.simplified(line) == [(0.0, 0.0), (2.0, 0.0), (3.0, 1.0), (4.0, 0.0)]
    island = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    assert tool.simplified(island) == island
