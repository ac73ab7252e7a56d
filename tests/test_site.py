"""The pieces of the documentation site that need no Sphinx: links, diagrams, pages from the code. `start.py docs` builds the whole."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from groundswell.cli import main
from groundswell.models import find

DOCS = Path(__file__).parents[1] / "docs"
EXTENSION = DOCS / "_ext"


@pytest.fixture(scope="module")
def ext() -> Iterator[dict[str, ModuleType]]:
    """The modules of the extension, which are no package."""
    sys.path.insert(0, str(EXTENSION))
    names = ("docstrings", "links", "mermaid", "reference")
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(EXTENSION))
        for name in names:
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("text", "file", "page", "becomes"),
    [
        ("[a](../src/x.py)", "docs/claims.md", "claims", "[a](repo:src/x.py)"),
        ("[a](../../CONTRIBUTING.md#layers)", "docs/models/README.md", "models/README", "[a](../contributing.md#layers)"),
        ("[a](docs/scope.md)", "README.md", "index", "[a](scope.md)"),
        ("![p](docs/picture.svg)", "README.md", "index", "![p](picture.svg)"),
        ("[a](cells-small.toml)", "docs/cells.md", "cells", "[a](repo:docs/cells-small.toml)"),
        ("[a](https://x.org/y.md) [b](#here)", "docs/cells.md", "cells", "[a](https://x.org/y.md) [b](#here)"),
        ("```\n[a](../src/x.py)\n```\n", "docs/cells.md", "cells", "```\n[a](../src/x.py)\n```\n"),
    ],
)
def test_links_lead_on_from_a_page(ext: dict[str, ModuleType], text: str, file: str, page: str, becomes: str) -> None:
    assert ext["links"].rewritten(text, file, page) == becomes


def test_a_link_that_leads_nowhere_is_told(ext: dict[str, ModuleType], tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#here"></a><a href="#top"></a><h1 id="top"></h1><img src="data:x">')
    (tmp_path / "b.html").write_text('<a id="here" href="https://elsewhere.org"></a><a href="a.html"></a>')
    assert not [*ext["links"].broken(tmp_path)]
    (tmp_path / "b.html").write_text('<a href="c.html"></a><script src="https://cdn.org/x.js"></script>')
    assert [*ext["links"].broken(tmp_path)] == [
        "a.html: there is no such place as b.html#here",
        "b.html: there is no c.html",
        "b.html loads https://cdn.org/x.js",
    ]


def test_every_diagram_is_told_as_a_list(ext: dict[str, ModuleType]) -> None:
    text = (DOCS.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert "```mermaid" in text
    listed = ext["mermaid"].listed(text)
    assert "mermaid" not in listed
    assert "-->" not in listed
    assert "<br/>" not in listed
    assert listed.count("→") >= text.count("-->") > 10


def test_the_reference_has_every_parameter_and_command_once(ext: dict[str, ModuleType]) -> None:
    page = ext["reference"].parameters()
    assert sorted(re.findall(r'^\| <span id="([\w.]+)">', page, flags=re.M)) == sorted(find("resistance").parameters)
    commands = re.findall(r"^## groundswell (\S+)", ext["reference"].commands(), flags=re.M)
    assert set(commands) == set(main.commands)  # type: ignore[attr-defined]


def test_docstrings_become_lists(ext: dict[str, ModuleType]) -> None:
    doc = "Do it.\n\n>>> do()\n\nArgs:\n    one, two: what\n        it is.\n\nRaises:\n    InputError: a * b.\n"
    assert ext["docstrings"].as_markdown(doc) == [
        "Do it.", "", "```pycon", ">>> do()", "```", "",
        "*Arguments:*", "", "* `one`, `two`: what it is.", "",
        "*Errors:*", "", "* `InputError`: a \\* b.", "",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("name", ["tutorial.svg", "concepts/randomness.svg", "concepts/record.svg", "concepts/verdicts.svg"])
def test_a_figure_is_what_its_tool_draws(name: str) -> None:
    spec = importlib.util.spec_from_file_location("make_concepts", DOCS.parent / "tools" / "make_concepts.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert name in tool.FIGURES
    assert (DOCS / name).read_text(encoding="utf-8") == tool.FIGURES[name](), "run python tools/make_concepts.py"


def test_every_page_that_is_filled_names_what_there_is() -> None:
    """A misspelt word would end the build; this says so without Sphinx."""
    known = set(re.findall(r'^    "(\w+)": ', (EXTENSION / "filled.py").read_text(encoding="utf-8"), flags=re.M))
    assert known
    found = [mark for page in DOCS.rglob("*.md") for mark in re.findall(r"^<!-- site: (\w+)", page.read_text(encoding="utf-8"), flags=re.M)]
    assert set(found) == known
