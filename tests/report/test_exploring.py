"""The page about a record and its figures: whole, safe, the same each time, and drawn from the numbers."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from groundswell.core.errors import InputError
from groundswell.events.exploring import Exploration, explore
from groundswell.events.reading import Reading, read
from groundswell.report.exploring import INVENTED, MOST_REGIONS, RECORDED, drawings, moment_rows, page, write

HOSTILE = '<script>alert("x")</script>&'


def record(folder: Path, *, weeks: int = 80, regions: int = 3, deaths: bool = True) -> Path:
    """A small plain CSV; the name of a region is hostile on purpose."""
    lines = ["first,region,kind,deaths"]
    for k in range(7 * weeks):
        for r in range(regions):
            if (k * (r + 3)) % 5 < 2 or 200 < k < 230:
                name = HOSTILE.replace('"', '""') if r == 0 else f"Region {r}"
                dead = int(deaths and (k + r) % 23 == 0)
                kind = "excessive_force_against_protesters" if dead else "peaceful_protest"
                row = f'{date(2001, 1, 6) + timedelta(days=k)},"{name}",{kind},{dead}'
                lines += [row] * (4 if 200 < k < 230 else 1)
    path = folder / "made-up.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def described(path: Path) -> tuple[Exploration, Reading]:
    columns = {name: name for name in ("first", "region", "kind", "deaths")}
    reading = read(path, columns=columns, country="Arcadia")
    return explore(reading.events), reading


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exploration, Reading]:
    return described(record(tmp_path_factory.mktemp("record")))


def test_every_figure_is_there_and_well_formed(small: tuple[Exploration, Reading]) -> None:
    made = {one.key: one for one in drawings(small[0])}
    assert set(made) >= {"weeks", "regions", "weekdays", "bursts", "echo-nation", "echo-regions", "years"} - (
        {f"echo-{name}" for name in ("nation", "regions") if name not in small[0].echoes}
    )
    for one in made.values():
        root = ET.fromstring(one.content.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 20
        assert "#0a0b" not in one.content


def test_the_page_is_whole_and_safe(small: tuple[Exploration, Reading]) -> None:
    text = page(*small, drawings(small[0]))
    assert "<script" not in text
    assert "&lt;script" in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert RECORDED in text
    assert text == page(*small, drawings(small[0]))
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for _, named in re.findall(r"(url\(#|href=\"#)([\w.-]+)", text):
        assert named in ids


def test_a_simulated_record_says_so(small: tuple[Exploration, Reading]) -> None:
    from groundswell.events.formats.acled import SIMULATED

    found, reading = small
    assert INVENTED in page(found, replace(reading, format=SIMULATED), drawings(found))


def test_notes_of_reader_and_description_are_on_the_page(small: tuple[Exploration, Reading]) -> None:
    text = page(*small, drawings(small[0]))
    assert small[0].notes or small[1].notes
    for note in (*small[0].notes, *small[1].notes):
        assert note.split(":")[0] in text.replace("&#x27;", "'")


def test_notes_are_texts(small: tuple[Exploration, Reading]) -> None:
    text = page(replace(small[0], notes=(HOSTILE,), country=HOSTILE, kinds={HOSTILE: 1}), small[1], drawings(small[0]))
    assert "<script" not in text


def test_moments_are_told_with_their_intervals(small: tuple[Exploration, Reading]) -> None:
    rows = {row.short: row.texts for row in moment_rows(small[0])}
    mean = small[0].moments["total"]["mean"]
    assert rows["mean a week"][0] == (f"{mean.value:,.1f}", f"{mean.low:,.1f} to {mean.high:,.1f}")
    assert len(rows["mean a week"]) == 2


def test_many_regions_share_the_last_row(tmp_path: Path) -> None:
    found, _ = described(record(tmp_path, weeks=20, regions=MOST_REGIONS + 5, deaths=False))
    regions = next(one for one in drawings(found) if one.key == "regions")
    assert "6 others" in regions.content
    assert "adds up 6 regions" in regions.note


def test_little_gives_little(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("first\n2001-01-06\n2001-03-01\n", encoding="utf-8")
    reading = read(path, columns={"first": "first"})
    found = explore(reading.events)
    assert [one.key for one in drawings(found)] == ["weeks", "years"]
    assert "few.csv" in page(found, reading, drawings(found))


def test_figures_of_the_documents_are_those_of_the_tool() -> None:
    root = Path(__file__).parents[2]
    spec = importlib.util.spec_from_file_location("make_records", root / "tools" / "make_records.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    kept = {path.name: path.read_text(encoding="utf-8") for path in (root / "docs" / "records").iterdir()}
    made = tool.figures()
    assert sorted(kept) == sorted(made), "run python tools/make_records.py"
    assert all(kept[name] == text for name, text in made.items()), "run python tools/make_records.py"
    page = (root / "docs" / "records.md").read_text(encoding="utf-8")
    assert all(f"records/{name}" in page for name in made)


def test_files_are_written_or_refused(small: tuple[Exploration, Reading], tmp_path: Path) -> None:
    written = write(*small, tmp_path / "deep" / "out")
    assert written[0].name == "record.html"
    assert {path.suffix for path in written[1:]} == {".svg"}
    for path in written[1:]:
        ET.parse(path)
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write(*small, blocked)
