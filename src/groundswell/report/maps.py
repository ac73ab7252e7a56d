"""Provinces on a map: one outline drawn once, coloured anew in each small multiple, all at one scale and by one legend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

import numpy as np
import numpy.typing as npt

from groundswell.cases.boundaries import Rings
from groundswell.report import svg
from groundswell.report.axes import tick_labels
from groundswell.report.figures import SHADES, class_of, classes, shade_legend, spread
from groundswell.report.numbers import shown

Floats = npt.NDArray[np.float64]

WIDTH = 200.0  # units of a multiple
DIVERGING = SHADES // 2
UNKNOWN = {False: "not known", True: "not told apart from zero"}
HATCH = (
    '<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="4" height="4" class="m0"/><path d="M0 0V4" class="hatch"/></pattern>'
)


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
        shapes: the path of each province, by id.
        height: of a map that is `WIDTH` wide.
    """

    shapes: Mapping[str, str]
    height: float

    def definitions(self) -> str:
        """An element that draws nothing and holds each outline once, for `row` to refer to."""
        paths = "".join(f'<path id="place-{escape(key, quote=True)}" d="{data}"/>' for key, data in sorted(self.shapes.items()))
        return f'<svg class="hidden" width="0" height="0" aria-hidden="true"><defs>{HATCH}{paths}</defs></svg>'


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

    def place(ring: list[tuple[float, float]]) -> str:
        x = np.array([(lon - west) * shorter * unit + 2 for lon, _ in ring[:-1]])
        y = np.array([(north - lat) * unit + 2 for _, lat in ring[:-1]])
        return svg.trace(x, y) + "z"

    return Atlas({key: "".join(place(ring) for ring in shape) for key, shape in rings.items()}, float((north - south) * unit + 4))


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
    return f'<div class="maps">{maps}</div>{_legend(ends, unit, differences=differences, unknown=unknown)}'


def _map(chart: Atlas, provinces: Sequence[Land], one: Multiple, ends: list[float], unit: str, *, differences: bool) -> str:
    kinds = [_kind(value, ends, differences=differences) for value in one.values.tolist()]
    parts = []
    for province, kind, value in zip(provinces, kinds, one.values.tolist(), strict=True):
        said = f"{province.name}: {shown(value)} {unit}" if math.isfinite(value) else f"{province.name}: {UNKNOWN[differences]}"
        parts.append(f'<use href="#place-{escape(province.id, quote=True)}" class="{kind}"><title>{escape(said)}</title></use>')
    order = np.argsort(-np.nan_to_num(np.abs(one.values)), kind="stable")[:3]
    most = ", ".join(f"{provinces[k].name} {shown(one.values[k])}" for k in order)
    alt = f"Map: {one.title}. {one.note} {unit}; most: {most}."
    drawn = svg.whole(WIDTH, chart.height, "".join(parts), alt, "map")
    return f'<div><h4>{escape(one.title)}</h4>{drawn}<p class="soft">{escape(one.note)}</p></div>'


def _kind(value: float, ends: list[float], *, differences: bool) -> str:
    """The style of a value's class."""
    if not math.isfinite(value):
        return "none"
    k = int(class_of(np.array([abs(value)]), ends)[0])
    many = len(ends) - 1
    if not differences or k == 0:
        return f"m{spread(k, many)}"
    return f"{'d' if value < 0 else 'u'}{spread(k, many, DIVERGING)}"


def _legend(ends: list[float], unit: str, *, differences: bool, unknown: bool) -> str:
    """Classes with the numbers that part them; of differences fewer and outer ones only, for they are long."""
    width, left, parts = 300.0, 4.0, []
    if differences:
        many = len(ends) - 1
        step = (width - 2 * left) / (2 * many + 1)
        parts += [svg.box(left + many * step, 2, step, 9, "m0"), svg.text(left + (many + 0.5) * step, 21, "0", "t", "m")]
        for k, label in enumerate(tick_labels(ends[1:]), 1):
            shade = spread(k, many, DIVERGING)
            low, high = left + (many - k) * step, left + (many + k) * step
            parts += [svg.box(low, 2, step, 9, f"d{shade}"), svg.box(high, 2, step, 9, f"u{shade}")]
            if k % 2 == many % 2:
                parts.append(svg.text(low, 21, f"\u2212{label}", "t", "" if k == many else "m"))
                parts.append(svg.text(high + step, 21, f"+{label}", "t", "e" if k == many else "m"))
    else:
        parts.append(shade_legend(ends, left, 2, width - 2 * left))
    height = 26.0
    if unknown:
        parts.append(svg.box(left, 30, 12, 9, "none") + svg.text(left + 16, 38, UNKNOWN[differences]))
        height = 42.0
    said = svg.whole(width, height, "".join(parts), f"Legend: {unit}")
    return f'<div class="map-legend"><p class="soft">{escape(unit)}</p>{said}</div>'


def per_million(values: Floats, provinces: Sequence[Land]) -> Floats:
    """Values by province over its inhabitants in millions; shape (..., provinces)."""
    persons = np.array([p.population for p in provinces], np.float64)
    return np.asarray(values / np.maximum(persons, 1.0) * 1e6)
