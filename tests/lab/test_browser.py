"""The laboratory's page and its form in a real Chromium, on a desk, on a phone and in the dark.

Every test also holds that the page logs no error, breaks no rule of its own policy and asks nobody but its own server.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from tests.lab.asking import Lab
from tests.lab.browsing import CHROMIUM, DESK, PATIENCE, PHONE, expect, field, find, is_whole, settings, to

pytest.importorskip("starlette", reason="the laboratory needs the extra [lab]")

STATIC = Path(str(resources.files("groundswell.lab") / "static"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")]


# ---- the page as such


def test_vendored_files_are_those_that_the_readme_names() -> None:
    told = (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")
    code = (STATIC / "vendor" / "echarts.esm.min.js").read_bytes()
    assert hashlib.sha256(code).hexdigest() in told
    assert {path.name for path in (STATIC / "vendor").iterdir()} >= {"LICENSE", "NOTICE", "LICENSE-d3", "LICENSE-zrender", "README.md"}
    version = re.search(r'="(\d+\.\d+\.\d+)"', code.decode()[-20_000:] + code.decode())
    assert version is not None
    assert "6.1.0" in told


def test_colours_are_those_of_the_reports() -> None:
    from groundswell.lab.pages import read

    assert read()["colours.css"].content == resources.files("groundswell.report").joinpath("colours.css").read_bytes()
    assert not (STATIC / "colours.css").exists()


def test_modules_are_all_fetched_by_somebody() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir() if path.suffix in (".js", ".html", ".css")}
    for name in texts:
        if name != "index.html":
            assert any(name in text for other, text in texts.items() if other != name), name


def test_the_first_paint_takes_less_than_a_second_and_needs_no_charts(window: Callable[..., Any]) -> None:
    page = window()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    times = []
    for _ in range(5):
        page.reload()
        expect(page.locator("#form form")).to_be_attached()
        times.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    assert min(times) < 1000, times
    assert not any("echarts" in url for url in asked)


def test_names_are_never_read_as_html(window: Callable[..., Any]) -> None:
    page = window()
    to(page, "", case="hostile")
    expect(page.locator("select[name=case] option:checked")).to_have_text("<img src=x onerror=document.title=1> (invented)")
    assert page.locator("img").count() == 0
    assert "groundswell" in page.title()


def test_what_always_must_be_said_is_in_sight(window: Callable[..., Any]) -> None:
    for viewport in (DESK, PHONE):
        page = window(viewport=viewport)
        for view in ("", "run/real", "comparison/pairs", "claims/iran"):
            to(page, view, case="iran")
            page.mouse.wheel(0, 2000)
            line = page.locator("#scope")
            expect(line).to_be_in_viewport(ratio=1)
            expect(line).to_contain_text("All people are synthetic.")
            expect(line).to_contain_text(re.compile(r"\d+ of \d+ values are assumed"))
            expect(line).to_contain_text("by province and week only")


# ---- the form


def test_every_value_has_label_unit_range_default_meaning_and_source(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "", case="atlantis")
    page.evaluate("document.querySelectorAll('#form details').forEach((one) => { one.open = true; })")
    groups = lab.get("/api/schema/atlantis")["groups"]
    fields = [one for group in groups for one in group["fields"]]
    expect(page.locator("#form .field[data-key]")).to_have_count(len(fields))
    texts = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.field[data-key]')].map((e) => [e.dataset.key, e.textContent]))"
    )
    for one in fields:
        text = texts[one["key"]]
        assert one["title"].lower() in text.lower()
        assert one["doc"].lower() in text.lower()
        assert one["unit"] in text
        assert one["source"] in text
        if one["kind"] == "number":
            assert f"default {one['default']}".replace("-", "−").removesuffix(".0") in text
            assert "range" not in one or one["range"] is None or "from" in text or "least" in text or "most" in text
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input, select, button, summary, progress, [role=region]")]
        .filter((one) => !(one.labels?.length || one.ariaLabel || one.getAttribute("aria-labelledby") || one.textContent.trim()))
        .map((one) => one.outerHTML)"""
    )
    assert unnamed == []


def test_a_wrong_value_stands_at_its_field_and_nothing_runs(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "", case="lyonesse")
    before = len(lab.get("/api/jobs"))
    entry = find(page, "fear.decay")
    for value, words in (("99", "outside"), ("much", "number")):
        entry.fill(value)
        error = field(page, "fear.decay").locator(".error").first
        expect(error).to_contain_text(words)
        expect(error).to_be_visible()
        expect(entry).to_have_attribute("aria-invalid", "true")
        assert error.get_attribute("id") in (entry.get_attribute("aria-describedby") or "")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(entry).to_be_focused()
    entry.fill("0.1")
    expect(field(page, "fear.decay").locator(".error").first).to_be_hidden()
    expect(entry).not_to_have_attribute("aria-invalid", "true")
    assert len(lab.get("/api/jobs")) == before
    page.get_by_label("Seeds").fill("0")
    expect(page.get_by_label("Seeds")).to_have_attribute("aria-invalid", "true")


def test_only_what_was_changed_is_sent_and_each_change_can_be_undone(window: Callable[..., Any]) -> None:
    page = window()
    to(page, "", case="lyonesse")
    expect(page.locator(".chip")).to_have_count(0)
    sent = settings(page)
    find(page, "fear.decay").fill("0.1")
    find(page, "mourning.rule").select_option("off")
    page.get_by_label("Find").fill("")
    page.get_by_label("Seed", exact=True).fill("7")
    expect(page.locator(".chip")).to_have_count(3)
    expect(page.locator('.chip[data-key="fear.decay"]')).to_contain_text("0.1")
    expect(page.locator(".size")).to_be_visible()
    page.wait_for_timeout(800)
    assert sent[-1]["scenario"] == {"case": "lyonesse", "settings": {"fear.decay": 0.1, "mourning.rule": "off", "seed": 7}}
    page.get_by_role("button", name="Undo fear.decay").click()
    expect(page.locator(".chip")).to_have_count(2)
    page.get_by_role("button", name="seed 1 → 7").click()
    expect(page.get_by_label("Seed", exact=True)).to_be_focused()
    page.get_by_role("button", name="Undo all").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.get_by_label("Seed", exact=True)).to_have_value("1")
    page.wait_for_timeout(800)
    assert sent[-1]["scenario"]["settings"] == {}


def test_the_address_holds_the_form(window: Callable[..., Any]) -> None:
    page = window()
    to(page, "", case="lyonesse")
    find(page, "fear.decay").fill("0.1")
    page.reload()
    expect(page.locator('.chip[data-key="fear.decay"]')).to_contain_text("0.1")
    expect(find(page, "fear.decay")).to_have_value("0.1")
    other = window(context=page.context)  # a second tab has a form of its own
    expect(other.locator("#form form")).to_be_visible()
    expect(other.locator(".chip")).to_have_count(0)
    find(other, "fear.decay").fill("0.3")
    expect(page.locator('.chip[data-key="fear.decay"]')).to_contain_text("0.1")
    page.goto(page.url.replace("decay=0.1", "decay=0.2"))  # another address in the same tab
    expect(page.locator('.chip[data-key="fear.decay"]')).to_contain_text("0.2")
    expect(field(page, "fear.decay").locator("input").first).to_have_value("0.2")


# ---- on a phone, in the dark, at the end


@pytest.mark.parametrize("view", ["", "run/two", "run/real", "comparison/pairs", "claims/iran"])
def test_a_phone_needs_no_scrolling_sideways(window: Callable[..., Any], view: str) -> None:
    page = window(viewport=PHONE, has_touch=True, is_mobile=True)
    to(page, view, case="iran", **{"a.fear.decay": "30"})
    if view:
        expect(page.locator(".plot[data-drawn] svg, article.card").first).to_be_visible()
        expect(page.locator("#form")).to_be_hidden()  # folded away
        page.get_by_role("button", name="Scenario").click()
    expect(page.locator("#form .status .error")).to_be_visible()
    page.get_by_label("two policies, compared").check()
    page.evaluate("document.querySelectorAll('#form details').forEach((one) => { one.open = true; })")
    page.wait_for_timeout(500)
    is_whole(page)


def test_the_dark_has_its_own_colours(window: Callable[..., Any]) -> None:
    page = window(color_scheme="dark")
    to(page, "run/one", case="atlantis")
    plot = page.locator(".plot[data-drawn]").first
    curve = plot.locator('path[fill="none"][stroke-width="1.8"]')
    expect(curve).to_have_attribute("stroke", re.compile("#56b4e9", re.I))
    page.emulate_media(color_scheme="light")
    expect(curve).to_have_attribute("stroke", re.compile("#0072b2", re.I))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_laboratory_that_ended_is_told(browser: Any, labs: Callable[[Path], Lab], folder: Path) -> None:
    one = labs(folder)
    page = browser.new_context().new_page()
    page.goto(f"http://{one.host}/?token={one.token}")
    expect(page.locator("#form form")).to_be_visible(timeout=PATIENCE)
    one.stop()
    expect(page.locator(".trouble").filter(has_text="does not answer")).to_be_visible(timeout=PATIENCE)
    page.context.close()
