"""What tests of the page do over and over: go somewhere, find a field, listen to what is sent, look for what sticks out."""

from __future__ import annotations

import json
import shutil
from typing import Any
from urllib.parse import urlencode

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright for Python")
expect = sync_api.expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 90_000  # ms, on a machine that does much else
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.sample}`));
"""


def to(page: Any, view: str, **state: str) -> None:
    """Goes to a view by its address, as a kept one would be opened, and waits until the form stands."""
    host = page.url.split("#")[0]
    page.goto(f"{host}#/{view}?{urlencode(state)}")
    page.reload()
    expect(page.locator("#form form")).to_be_attached()


def field(page: Any, key: str) -> Any:
    return page.locator(f'.field[data-key="{key}"]')


def find(page: Any, key: str) -> Any:
    """The entry of a parameter, found by the search."""
    page.get_by_label("Find").fill(key)
    entry = field(page, key)
    expect(entry).to_be_visible()
    return entry.locator("input, select").first


def settings(page: Any) -> list[dict[str, Any]]:
    """Bodies that the page sends from now on."""
    sent: list[dict[str, Any]] = []
    page.on(
        "request", lambda request: sent.append(json.loads(request.post_data)) if request.method == "POST" and request.post_data else None
    )
    return sent


def is_whole(page: Any) -> None:
    """Nothing lies beyond the window's edge, but in boxes that scroll."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    beyond = page.evaluate(
        """() => [...document.querySelectorAll("main *, aside *, header *, footer *")].filter((one) => {
          if (one.closest(".scroll, .unseen, svg, pre, .boxes") || !one.checkVisibility()) return false;
          const box = one.getBoundingClientRect();
          return box.width > 0 && box.right > window.innerWidth + 1 && !one.closest(".scroll");
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert beyond == []
