"""The audit of dependencies: what is skipped is never taken for sound. A server on loopback, no other network."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType
from typing import Any

import pytest
from tests.pinned import pins, tool


@pytest.fixture(scope="module")
def audit() -> Iterator[ModuleType]:
    yield from tool("audit")


Pages = dict[str, Any]


def pages(audit: ModuleType, **changed: Any) -> tuple[Pages, Callable[[str], Any]]:
    """A database with nothing against any package, and what is changed of it: an exception, None for no page, or a page."""
    at = "https://index.example"
    canary = {"info": {"name": audit.CANARY, "version": "9"}, "vulnerabilities": [{"id": "PYSEC-1"}]}
    held: Pages = {f"{at}/{audit.CANARY}/json": canary}
    for name, version, line in pins():
        held[f"{at}/{line.name}/{version}/json"] = {"info": {"name": name, "version": version}, "vulnerabilities": []}
    for key, page in changed.items():
        held[f"{at}/{key}"] = page

    def fetch(address: str) -> Any:
        if isinstance(page := held.get(address), Exception):
            raise page
        return page

    return held, fetch


def asked(audit: ModuleType, fetch: Callable[[str], Any], capsys: Any) -> tuple[int, str]:
    return audit.main(["--index", "https://index.example/"], fetch), capsys.readouterr().out


def of_numpy() -> tuple[str, str]:
    version = next(version for name, version, _ in pins() if name == "numpy")
    return version, f"numpy/{version}/json"


def numpy(*known: Any, version: str = "", name: str = "NumPy") -> Any:
    return {"info": {"name": name, "version": version or of_numpy()[0]}, "vulnerabilities": list(known)}


WEAKNESS = {"id": "PYSEC-7", "aliases": ["CVE-1", "PYSEC-7"], "fixed_in": ["9.1", "8.2"]}


def test_nothing_known_of_any_package(audit: ModuleType, capsys: Any) -> None:
    count = len(pins())
    assert asked(audit, pages(audit)[1], capsys) == (0, f"{count} packages: {count} asked, 0 with known weaknesses, 0 skipped\n")


def test_a_known_weakness_is_told_with_what_mends_it(audit: ModuleType, capsys: Any) -> None:
    version, key = of_numpy()
    status, said = asked(audit, pages(audit, **{key: numpy(WEAKNESS, {"id": "GHSA-2"})})[1], capsys)
    assert status == 1
    assert f"WEAK    numpy {version}: PYSEC-7 CVE-1 (mended in 9.1, 8.2)\n" in said
    assert f"WEAK    numpy {version}: GHSA-2 (not mended)\n" in said
    assert ", 1 with known weaknesses, 0 skipped" in said


def test_a_withdrawn_one_is_none(audit: ModuleType, capsys: Any) -> None:
    assert asked(audit, pages(audit, **{of_numpy()[1]: numpy({**WEAKNESS, "withdrawn": "2026-01-01"})})[1], capsys)[0] == 0


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (None, "the index has no page for it"),
        ("no such name", "no answer: timed out"),
        ({"info": {"name": "other", "version": "1"}, "vulnerabilities": []}, "about another package"),
        ({"vulnerabilities": []}, "about another package"),
        ([], "about another package"),
        ("without", "says nothing of weaknesses"),
        ("null", "says nothing of weaknesses"),
        ("another version", "speaks of 0.0.1 only"),
    ],
)
def test_a_skipped_package_fails_the_audit(audit: ModuleType, capsys: Any, page: Any, why: str) -> None:
    version, key = of_numpy()
    without = {"info": {"name": "numpy", "version": version}}
    made = {
        "no such name": audit.UnansweredError("no answer: timed out"),
        "without": without,
        "null": {**without, "vulnerabilities": None},
        "another version": numpy(version="0.0.1"),
    }
    changed = made[page] if isinstance(page, str) else page
    weak = next(line for name, _, line in pins() if name == "polars")
    also = {
        f"polars/{str(weak.specifier)[2:]}/json": {
            "info": {"name": "polars", "version": str(weak.specifier)[2:]},
            "vulnerabilities": [WEAKNESS],
        }
    }
    for more, found in (({}, 0), (also, 1)):  # a weakness elsewhere hides no skipped package
        status, said = asked(audit, pages(audit, **{key: changed, **more})[1], capsys)
        assert status == 2
        assert re.search(f"^SKIPPED numpy {version}: .*{why}", said, flags=re.M)
        assert f"{found} with known weaknesses, 1 skipped" in said
        assert said.endswith("FAILED: not everything could be asked, so this says nothing of what was skipped.\n")


def test_the_page_of_the_project_stands_for_its_newest_version_only(audit: ModuleType, capsys: Any) -> None:
    key = of_numpy()[1]
    assert asked(audit, pages(audit, **{key: None, "numpy/json": numpy()})[1], capsys)[0] == 0
    assert asked(audit, pages(audit, **{key: None, "numpy/json": numpy(WEAKNESS)})[1], capsys)[0] == 1
    status, said = asked(audit, pages(audit, **{key: None, "numpy/json": numpy(version="999")})[1], capsys)
    assert status == 2
    assert "no page for this version, and that of the project speaks of 999 only" in said


@pytest.mark.parametrize("canary", ["empty", None, "error"])
def test_a_database_that_knows_nothing_of_a_weak_package_is_not_believed(audit: ModuleType, capsys: Any, canary: Any) -> None:
    key = f"{audit.CANARY}/json"
    empty = {"info": {"name": audit.CANARY, "version": "9"}, "vulnerabilities": []}
    changed = {"empty": empty, "error": audit.UnansweredError("refused")}.get(canary) if canary else None
    status, said = asked(audit, pages(audit, **{key: changed})[1], capsys)
    assert status == 2
    assert f"SKIPPED the check of the database itself, by {audit.CANARY}: " in said


def test_no_packages_is_no_success(audit: ModuleType) -> None:
    assert audit.report([], "")[1] == 2


class Answers(BaseHTTPRequestHandler):
    """Answers by the last part of the path."""

    def do_GET(self) -> None:
        status, body = {"good": (200, b'{"a": 1}'), "gone": (404, b""), "ill": (500, b""), "words": (200, b"<html>")}[self.path.strip("/")]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def test_what_a_server_answers(audit: ModuleType) -> None:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        try:
            assert audit.fetch(f"{address}/good") == {"a": 1}
            assert audit.fetch(f"{address}/gone") is None
            for path, why in (("ill", "500"), ("words", "words")):
                with pytest.raises(audit.UnansweredError, match=why):
                    audit.fetch(f"{address}/{path}")
        finally:
            server.shutdown()
            thread.join()
    with pytest.raises(audit.UnansweredError, match="refused"):
        audit.fetch(f"{address}/good")
