"""docs/licences.md lists what is pinned, and no licence is taken unseen. No network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from tests.pinned import DECLARED, EXTRAS, PLAIN, ROOT, pins, tool


@pytest.fixture(scope="module")
def licences() -> Iterator[ModuleType]:
    yield from tool("make_licences")


def listed() -> dict[tuple[str, str], list[str]]:
    """The cells of the page's table of packages, by name and version."""
    text = (ROOT / "docs/licences.md").read_text(encoding="utf-8").partition("## Exceptions")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    return {(canonicalize_name(row[0]), row[1]): row for row in rows if row[0] not in ("package", "---")}


def test_every_pin_is_on_the_page_and_nothing_else() -> None:
    assert set(listed()) == {(name, version) for name, version, _ in pins()}, "run tools/make_licences.py"


def test_every_licence_is_permissive_or_excepted_with_a_reason(licences: ModuleType) -> None:
    wrong = [row for (name, _), row in listed().items() if not licences.accepted(name, row[2])]
    assert wrong == []
    needed = {name for (name, _), row in listed().items() if not licences.is_permissive(row[2])}
    assert set(licences.EXCEPTIONS) == needed
    assert all(reason for _, reason in licences.EXCEPTIONS.values())


def test_the_page_says_what_the_installed_packages_say(licences: ModuleType) -> None:
    compared = 0
    for (name, version), row in listed().items():
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        if about["Version"] == version:
            said = {"name": name, "license": about.get("License"), "license_expression": about.get("License-Expression")}
            assert licences.licence_of({**said, "classifier": about.get_all("Classifier") or []}) == row[2]
            compared += 1
    assert compared > 30


def test_who_asks_for_it_and_for_which_job(licences: ModuleType) -> None:
    ours = {canonicalize_name(one.name) for one in DECLARED}
    plain = {canonicalize_name(one.name) for one in PLAIN}
    for (name, _), row in listed().items():
        assert ("**us**" in row[4]) == (name in ours), row
        assert row[3]
        for extra, some in EXTRAS.items():
            if name in {canonicalize_name(one.name) for one in some} - plain:
                assert extra in row[3].split(", "), row
        if name in plain:
            assert row[3] == "always"


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"license_expression": "MIT-0", "license": "something else"}, "MIT-0"),
        ({"license": "Apache 2.0"}, "Apache-2.0"),
        ({"license": "BSD 2-Clause License"}, "BSD-2-Clause"),
        ({"license": "Copyright\nRedistribution and use in source and binary forms ... Neither the name ..."}, "BSD-3-Clause"),
        ({"classifier": ["Topic :: X", "License :: OSI Approved :: MIT License"]}, "MIT"),
        ({"license": "BSD"}, "unknown (nothing said)"),
        ({"license": "MIT or GPL"}, "unknown (nothing said)"),
        ({"classifier": ["License :: OSI Approved :: BSD License"]}, "unknown (License :: OSI Approved :: BSD License)"),
        ({}, "unknown (nothing said)"),
    ],
)
def test_a_licence_is_read_from_metadata_and_never_guessed(licences: ModuleType, said: dict[str, Any], licence: str) -> None:
    assert licences.licence_of({"name": "x", **said}) == licence


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("MIT", True),
        ("BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT AND LGPL-2.1-only", False),
        ("MPL-2.0", False),
        ("GPL-3.0-only AND (ISC OR MIT OR Zlib)", False),
        ("unknown (nothing said)", False),
        ("", False),
    ],
)
def test_what_counts_as_permissive(licences: ModuleType, expression: str, fine: bool) -> None:
    assert licences.is_permissive(expression) is fine


def test_an_exception_is_for_one_package_and_one_licence(licences: ModuleType) -> None:
    assert licences.accepted("Hypothesis", "MPL-2.0")
    assert not licences.accepted("hypothesis", "GPL-3.0-only")
    assert not licences.accepted("numpy", "MPL-2.0")


def test_what_brings_what(licences: ModuleType, monkeypatch: Any) -> None:
    def package(name: str, *needs: str) -> Any:
        return {"metadata": {"name": name, "version": "1", "license_expression": "MIT", "requires_dist": list(needs)}}

    monkeypatch.setattr(licences, "extras", lambda: ["fit", "lab"])
    monkeypatch.setattr(licences, "project", lambda: {"build-system": {"requires": ["flit_core>=4"]}})
    needs = ["numpy>=2", 'SciPy>=1; extra == "fit"', 'web[fast]; extra == "lab"', 'numpy>=2; extra == "lab"', 'old; python_version < "3"']
    more = [package("numpy"), package("SciPy", "numpy", 'doc-only; extra == "doc"'), package("loop"), package("flit_core")]
    web = package("Web", 'loop; extra == "fast"', 'slow; extra == "slow"')
    report = {"environment": {"python_version": "3.11"}, "install": [package("groundswell", *needs), *more, web]}
    assert [(one.name, one.ours, one.parents, one.jobs) for one in licences.packages([report])] == [
        ("flit_core", True, (), ("build",)),
        ("loop", False, ("Web",), ("lab",)),
        ("numpy", True, ("SciPy",), ("always",)),
        ("SciPy", True, (), ("fit",)),
        ("Web", True, (), ("lab",)),
    ]


def test_files_of_others_in_this_repository_are_listed(licences: ModuleType, tmp_path: Path, monkeypatch: Any) -> None:
    assert licences.unlisted(ROOT) == []
    monkeypatch.setattr(licences, "INCLUDED", {"src/a/vendor/chart.js": ("a chart", "MIT", "LICENSE"), "src/gone.csv": ("", "", "")})
    for name in ("src/a/vendor/chart.js", "src/a/vendor/LICENSE-chart", "src/a/vendor/other.js", "src/b/copying.txt", "src/b/licence.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert licences.unlisted(tmp_path) == ["src/a/vendor/other.js", "src/b/copying.txt", "src/gone.csv"]


def test_the_page_lists_them_in_the_versions_that_are_here(licences: ModuleType) -> None:
    text = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    for path, (what, licence, _) in licences.INCLUDED.items():
        assert f"| `{path}` | {what} | {licence} |" in text
        if number := re.search(r"ECharts (\d+\.\d+\.\d+)", what):
            assert f'"{number[1]}"' in (ROOT / path).read_text(encoding="utf-8")
