"""Figures of reproductions stand alone, in colours of the style sheet."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from tests.reproductions.made_up import made_up

from groundswell.report.canvas import MARK, alone, inline, light, sheet
from groundswell.reproductions import drawing
from groundswell.reproductions.published import silent


def test_an_svg_stands_alone_and_is_the_same_twice(tmp_path: Path) -> None:
    reproduction = made_up()
    data = reproduction.compute(silent).data
    text = drawing.as_svg(reproduction, data)
    assert text == drawing.as_svg(reproduction, data)
    root = ET.fromstring(text)
    assert root.get("aria-label") == reproduction.title
    assert "prefers-color-scheme: dark" in text
    assert MARK not in text
    assert "var(--curve-1)" in text
    assert "http" not in text.replace("http://www.w3.org", "")
    drawing.save(reproduction, data, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == text


def test_png_and_pdf_are_light(tmp_path: Path) -> None:
    reproduction = made_up()
    data = reproduction.compute(silent).data
    for name in ("x.png", "x.pdf", "y.png", "y.pdf"):
        drawing.save(reproduction, data, tmp_path / name)
    for form in ("png", "pdf"):
        assert (tmp_path / f"x.{form}").read_bytes() == (tmp_path / f"y.{form}").read_bytes()
    pixels = matplotlib.image.imread(tmp_path / "x.png")
    assert (pixels[0, 0, :3] == 1).all()
    flat = (pixels[..., :3].reshape(-1, 3) * 255).round().astype(int)
    assert (flat == (0, 0x72, 0xB2)).all(axis=1).any(), "the first curve"
    assert (flat == (0x1B, 0x1F, 0x24)).all(axis=1).any(), "ink"


def test_no_colour_of_a_variable_is_left_in_the_light() -> None:
    with sheet("x", 300, 200) as figure:
        ax = figure.subplots()
        drawing.curve(ax, [0, 1], [0, 1], "a")
        drawing.points(ax, [0, 1], [0, 1], "b", 1, [0.1, 0.1])
        drawing.cells(ax, np.arange(4).reshape(2, 2) % 2, {1: drawing.SHADES[3]}, ["one"])
        drawing.down(ax, 0.5, "here")
        light(figure)
        assert MARK not in alone(inline(figure, "x", "x"))
        assert "var(" not in inline(figure, "x", "x")


def test_cells_are_drawn_where_they_are() -> None:
    board = np.array([[1, 1, 0, 1], [0, 2, 2, 2]])
    with sheet("x", 300, 200) as figure:
        ax = figure.subplots()
        drawing.cells(ax, board, {1: drawing.INK, 2: drawing.BAR})
        ones, twos = (patch.get_path() for patch in ax.patches)
        assert [(part[:, 0].min(), part[:, 0].max(), part[:, 1].max()) for part in ones.to_polygons()] == [(0, 2, 1), (3, 4, 1)]
        assert twos.get_extents().bounds == (1, 1, 3, 1)
        assert (ax.get_xlim(), ax.get_ylim()) == ((0, 4), (2, 0))


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    reproduction = made_up()
    monkeypatch.setattr(drawing, "light", fail)
    with pytest.raises(KeyboardInterrupt):
        drawing.save(reproduction, reproduction.compute(silent).data, tmp_path / "x.png")
    assert not list(tmp_path.iterdir())
