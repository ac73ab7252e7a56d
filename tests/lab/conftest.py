"""Folders for the laboratory, and laboratories on them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.asking import ATLANTIS, SMALL, Lab


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of runs with an invented country in it."""
    place = tmp_path / "runs"
    place.mkdir()
    shutil.copytree(ATLANTIS, place / "atlantis")
    return place


@pytest.fixture
def labs() -> Iterator[Callable[[Path], Lab]]:
    """Opens laboratories, and ends those that are still there."""
    opened: list[Lab] = []

    def start(place: Path) -> Lab:
        opened.append(Lab(place))
        return opened[-1]

    yield start
    for one in opened:
        one.stop()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and replicates of invented countries, a comparison, and a run of two provinces of a real country."""
    from groundswell import experiments

    place = tmp_path_factory.mktemp("made") / "runs"
    place.mkdir()
    atlantis = shutil.copytree(ATLANTIS, place / "atlantis")
    how: dict[str, Any] = {"compiled": False}
    experiments.run(atlantis, out=place / "one", settings={**SMALL, "fear.decay": 0.2}, **how)
    experiments.replicates("lyonesse", 2, out=place / "two", settings=SMALL, workers=1, **how)
    experiments.compare(atlantis, settings={"fear.decay": 0.3}, common=SMALL, replicates=2, out=place / "pairs", workers=1, **how)
    real = {"start": "2022-09-01", "end": "2022-09-28", "scale": 1000, "provinces": ["IR-05", "IR-20"]}
    experiments.run("iran", out=place / "real", settings=real, **how)
    return place


@pytest.fixture(scope="module")
def kept(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module's own folder with all that."""
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("kept") / "runs"))


@pytest.fixture(scope="module")
def lab(kept: Path) -> Iterator[Lab]:
    """A laboratory on a folder that keeps a run, replicates, a comparison, and a run of a real country."""
    hostile = shutil.copytree(ATLANTIS, kept / "hostile")
    about = (hostile / "case.toml").read_text(encoding="utf-8")
    named = re.sub(r'(?m)^name = "Atlantis"', 'name = "<img src=x onerror=document.title=1>"', about, count=1)
    assert named != about
    (hostile / "case.toml").write_text(named, encoding="utf-8")
    one = Lab(kept)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium."""
    from tests.lab.browsing import CHROMIUM, sync_api

    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def window(browser: Any, lab: Lab) -> Iterator[Callable[..., Any]]:
    """Opens windows of a browser that has been at the printed address; all that goes wrong in them fails the test."""
    from tests.lab.browsing import DESK, PATIENCE, WATCH, expect

    contexts: list[Any] = []
    wrong: list[str] = []
    pages: list[Any] = []

    def refused(message: Any) -> bool:
        """Chromium logs each 400 as an error; here it is the answer to a wrong value."""
        return message.text.startswith("Failed to load resource") and message.location["url"].endswith(("/api/check", "/api/comparisons"))

    def said(message: Any) -> None:
        if message.type in ("error", "warning") and not refused(message):
            wrong.append(f"{message.type}: {message.text}")

    def asked(request: Any) -> None:
        if not request.url.startswith((f"http://{lab.host}/", "data:")):
            wrong.append(f"asked {request.url}")

    def open_window(*, viewport: Any = DESK, context: Any = None, **more: Any) -> Any:
        if context is None:
            context = browser.new_context(viewport=viewport, permissions=["clipboard-read", "clipboard-write"], locale="en-GB", **more)
            context.set_default_timeout(PATIENCE)
            context.add_init_script(WATCH)
            contexts.append(context)
        page = context.new_page()
        page.on("console", said)
        page.on("pageerror", lambda error: wrong.append(f"threw {error}"))
        page.on("request", asked)
        page.goto(f"http://{lab.host}/?token={lab.token}")
        assert page.url == f"http://{lab.host}/" or page.url.startswith(f"http://{lab.host}/#")
        pages.append(page)
        return page

    expect.set_options(timeout=PATIENCE)
    yield open_window
    for page in pages:
        if not page.is_closed():
            wrong += page.evaluate("window.violations")
    for context in contexts:
        context.close()
    assert not wrong
