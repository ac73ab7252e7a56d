"""Provinces on a map: small multiples by matplotlib, all at one scale and by one legend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from groundswell.cases.boundaries import Rings
from groundswell.report.canvas import area, colour, inline, sheet
from groundswell.report.figures import SHADES, class_of, classes, shade, shade_legend, spread
from groundswell.report.numbers import shown

Floats = npt.NDArray[np.float64]

WIDTH = 200.0  # units of a multiple
DIVERGING = SHADES // 2
UNTOLD = {False: "not known", True: "not told apart from zero"}
UNKNOWN: dict[str, Any] = {"facecolor": colour("paper"), "hatch": "/////", "hatchcolor": colour("soft")}
LEGEND = 300.0  # units of a legend


class Land(Protocol):
    """A province as a map needs it."""

    @property
    def id(self) -> str:
        """By which its outline is found."""
        ...

    @property
    def name(self) -> str:
        """As printed."""
        ...

    @property
    def population(self) -> int:
        """Inhabitants."""
        ...


@dataclass(frozen=True)
class Multiple:
    """One map of a row: its title, a line below it, and a value by province (nan: not known)."""

    title: str
    note: str
    values: Floats


@dataclass(frozen=True)
class Atlas:
    """Outlines of a country's provinces on a page.

    Args:
        shapes: the rings of each province by id, as corners in units from the upper left.
        height: of a map that is `WIDTH` wide.
    """

    shapes: Mapping[str, Sequence[Floats]]
    height: float


def atlas(boundaries: Mapping[str, Rings], provinces: Sequence[Land]) -> Atlas | None:
    """The provinces of a run, projected: degrees of longitude as long as they are in the middle of the country.

    None where a province has no outline, for a map with a hole misleads.
    """
    rings = {p.id: boundaries[p.id] for p in provinces if p.id in boundaries}
    points = np.array([point for shape in rings.values() for ring in shape for point in ring])
    if len(rings) < len(provinces) or not len(points):
        return None
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    shorter = math.cos(math.radians((north + south) / 2))
    unit = (WIDTH - 4) / max((east - west) * shorter, 1e-9)
    scale, corner = np.array([shorter * unit, -unit]), np.array([west, north])
    shapes = {key: [(np.array(ring) - corner) * scale + 2 for ring in shape] for key, shape in rings.items()}
    return Atlas(shapes, float((north - south) * unit + 4))


def row(chart: Atlas, provinces: Sequence[Land], multiples: Sequence[Multiple], unit: str, *, differences: bool = False) -> str:
    """Maps side by side, as many as fit, under one legend with the unit.

    Args:
        chart, provinces: the outlines, and which province is which.
        multiples: what each map shows.
        unit: of the values.
        differences: values lie on both sides of zero; one that is not known may be zero as well.
    """
    every = np.concatenate([m.values[np.isfinite(m.values)] for m in multiples])
    ends = classes(np.abs(every), most=DIVERGING if differences else SHADES, whole=False)
    maps = "".join(_map(chart, provinces, m, ends, unit, differences=differences) for m in multiples)
    unknown = any(not np.isfinite(m.values).all() for m in multiples)
    legend = _legend(ends, f"Legend: {unit}", _key(unit, *(m.title for m in multiples)), differences=differences, unknown=unknown)
    return f'<div class="maps">{maps}</div><div class="map-legend"><p class="soft">{escape(unit)}</p>{legend}</div>'


def _key(*words: str) -> str:
    """A word for ids: the same for the same texts."""
    return f"map-{blake2b(repr(words).encode(), digest_size=6).hexdigest()}"


def _map(chart: Atlas, provinces: Sequence[Land], one: Multiple, ends: list[float], unit: str, *, differences: bool) -> str:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    order = np.argsort(-np.nan_to_num(np.abs(one.values)), kind="stable")[:3]
    most = ", ".join(f"{provinces[k].name} {shown(one.values[k])}" for k in order)
    alt = f"Map: {one.title}. {one.note} {unit}; most: {most}."
    key = _key(alt)
    titles = {}
    with sheet(key, WIDTH, chart.height) as figure:
        ax = area(figure, 0, 0, WIDTH, chart.height)
        ax.set_axis_off()
        ax.set_xlim(0, WIDTH)
        ax.set_ylim(chart.height, 0)
        for k, (province, value) in enumerate(zip(provinces, one.values.tolist(), strict=True)):
            outline = Path.make_compound_path(*(Path(ring, closed=True) for ring in chart.shapes[province.id]))
            look = {"facecolor": _colour(value, ends, differences=differences)} if math.isfinite(value) else UNKNOWN
            border = {"edgecolor": colour("border"), "linewidth": 0.6, "joinstyle": "round", "clip_on": False}
            ax.add_patch(PathPatch(outline, gid=f"place-{k}", **border, **look))
            said = f"{shown(value)} {unit}" if math.isfinite(value) else UNTOLD[differences]
            titles[f"place-{k}"] = f"{province.name}: {said}"
        drawn = inline(figure, key, alt, titles=titles)
    return f'<div><h4>{escape(one.title)}</h4>{drawn}<p class="soft">{escape(one.note)}</p></div>'


def _colour(value: float, ends: list[float], *, differences: bool) -> str:
    """The colour of a value's class."""
    return _shade(int(math.copysign(class_of(np.array([abs(value)]), ends)[0], value)), len(ends) - 1, differences=differences)


def _shade(k: int, many: int, *, differences: bool) -> str:
    """The colour of class k of many, below zero of a value below it."""
    if not differences or k == 0:
        return shade(k, many)
    return colour(f"{'down' if k < 0 else 'up'}-{spread(abs(k), many, DIVERGING)}")


def _legend(ends: list[float], alt: str, key: str, *, differences: bool, unknown: bool) -> str:
    """Classes with the numbers that part them, and what is not known."""
    from matplotlib.patches import Patch

    many = len(ends) - 1
    every = range(-many if differences else 0, many + 1)
    with sheet(key, LEGEND, 42.0 if unknown else 26.0) as figure:
        ax = area(figure, 14, 2, LEGEND - 14, 11)
        shade_legend(ax, ends, [_shade(k, many, differences=differences) for k in every], zero=many if differences else 0)
        if unknown:
            sample = Patch(edgecolor=colour("border"), linewidth=0.6, **UNKNOWN)
            figure.legend([sample], [UNTOLD[differences]], loc="lower left", bbox_to_anchor=(14 / LEGEND, 0.04))
        return inline(figure, key, alt)


def per_million(values: Floats, provinces: Sequence[Land]) -> Floats:
    """Values by province over its inhabitants in millions; shape (..., provinces)."""
    persons = np.array([p.population for p in provinces], np.float64)
    return np.asarray(values / np.maximum(persons, 1.0) * 1e6)
