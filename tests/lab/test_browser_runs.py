"""Whole sessions with the laboratory in a real Chromium: runs, curves, maps, comparisons and claims, by mouse and by keyboard.

Every test also holds what `test_browser` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.lab.asking import Lab
from tests.lab.browsing import CHROMIUM, expect, field, find, settings, to

pytest.importorskip("starlette", reason="the laboratory needs the extra [lab]")

LONG = {"case": "lyonesse", "a.start": "2020-01-01", "a.end": "2022-06-30"}  # some seconds
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")]


# ---- runs


@pytest.mark.compiled
def test_run_cancel_resume_reload_and_two_tabs(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "", **LONG)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url(re.compile("#/run/"))
    name = page.url.split("#/run/")[1].split("?")[0]
    state = page.locator(".view .state")
    expect(state).to_have_text(re.compile("running"))
    expect(page.locator("#live")).to_have_attribute("aria-live", "polite")
    page.reload()  # in the middle
    expect(state).to_have_text("running")
    other = window(context=page.context)
    row = other.locator(".job").filter(has_text=name)
    expect(row.locator(".state")).to_have_text("running")
    row.get_by_role("button", name="Cancel").click()
    for each in (row.locator(".state"), state):
        expect(each).to_have_text("stopped")
    expect(page.get_by_role("button", name=f"Resume {name}")).to_be_visible()
    page.get_by_role("button", name=f"Resume {name}").click()
    expect(state).to_have_text(re.compile("running|waiting"))
    page.context.close()  # a browser that is gone does no harm
    last = window()
    to(last, f"run/{name}", case="lyonesse")
    expect(last.locator(".tile").first).to_be_visible()
    expect(last.locator(".plot[data-drawn] svg").first).to_be_visible()
    assert lab.get(f"/api/jobs/{name}")["status"] == "done"


def test_a_run_shows_numbers_curves_and_how_to_repeat_it(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "run/one", case="atlantis")
    about = lab.get("/api/runs/one")
    expect(page.locator(".tile")).to_have_count(len(about["summary"]))
    expect(page.locator(".tile").nth(1)).to_contain_text(about["summary"][1]["text"])
    plots = page.locator(".section-nation .plot[data-drawn]")
    expect(plots).to_have_count(6)
    for k in range(6):
        expect(plots.nth(k).locator("svg path").first).to_be_attached()
        assert "day" in plots.nth(k).inner_text()  # the axis across is named
    repeat = page.locator(".section-repeat")
    expect(repeat).to_contain_text(about["hash"])
    repeat.get_by_role("button", name="Copy the command line").click()
    assert page.evaluate("navigator.clipboard.readText()") == about["command"]
    expect(page.locator("#live")).to_have_text("Copied the command line.")
    repeat.get_by_role("button", name="Put these settings into the form").click()
    expect(page.locator('.chip[data-key="fear.decay"]')).to_contain_text("0.2")


def test_curves_are_read_by_keyboard_and_have_bands(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "run/two", case="lyonesse")
    plot = page.locator(".section-nation .plot[data-drawn]").first
    expect(plot).to_be_visible()
    told = lab.get("/api/runs/two/series")
    turnout = next(one for one in told["series"] if one["name"] == "turnout")
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    readout = page.locator(".section-nation .readout").first
    expect(readout).to_contain_text(told["days"][1])
    assert turnout["unit"] in readout.inner_text()
    expect(page.locator(".tip").first).to_contain_text(told["days"][1])
    page.keyboard.press("End")
    expect(readout).to_contain_text(told["days"][-1])
    page.keyboard.press("Escape")
    expect(readout).to_be_empty()
    assert plot.locator("path[fill-opacity]").count() > 0  # the band
    page.get_by_text("Choose curves").click()
    page.locator(".choose-groups").get_by_label("Mean fear", exact=False).first.uncheck()
    expect(page.locator(".section-nation .plot")).to_have_count(5)
    page.reload()
    expect(page.locator(".section-nation .plot")).to_have_count(5)
    page.locator(".section-nation .numbers summary").first.click()
    expect(page.locator(".section-nation .numbers tbody tr")).to_have_count(len(told["days"]))


def test_the_map_moves_by_keyboard(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "run/real", case="iran", step="2022-09-03")
    told = lab.get("/api/runs/real/map")
    assert told["step"] == "week"
    expect(page.locator(".map path.place")).to_have_count(2)
    slider = page.get_by_role("slider", name="Week")
    when = page.locator(".when")
    expect(when).to_contain_text(told["steps"][0])
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(when).to_contain_text(told["steps"][1])
    expect(slider).to_have_attribute("aria-valuetext", re.compile(told["steps"][1]))
    assert f"step={told['steps'][1]}" in page.url
    page.keyboard.press("End")
    expect(when).to_contain_text(told["steps"][-1])
    page.keyboard.press("Home")
    page.get_by_role("button", name="Play").press("Enter")
    expect(when).to_contain_text(told["steps"][-1])
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # and not "Pause", for it is at its end
    gathered = next(one for one in told["series"] if one["name"] == "gathered")
    page.get_by_label("as counted").check()
    first = page.locator(".map-list tbody tr").first
    assert float(first.locator("td").inner_text()) == pytest.approx(max(gathered["values"][-1]), rel=0.01)
    first.get_by_role("button").click()
    expect(page.locator(".one-province .plot[data-drawn] svg")).to_be_visible()
    assert "place=IR-" in page.url


def test_a_country_without_boundaries_has_tiles(window: Callable[..., Any]) -> None:
    page = window()
    to(page, "run/two", case="lyonesse")
    expect(page.locator(".tile-place")).to_have_count(4)
    expect(page.get_by_role("slider", name="Day")).to_be_visible()


def test_truth_stands_beside_each_record(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "run/real", case="iran")
    told = lab.get("/api/runs/real/record")
    legend = page.locator(".section-record .legend li")
    expect(legend).to_have_text(["as it happened", *(one["title"] for one in told["sources"])])
    rows = page.locator(".section-record tbody tr")
    expect(rows.first.locator("td").first).to_have_text(f"{sum(told['truth']):,.0f}")


# ---- comparisons and claims


@pytest.mark.compiled
def test_two_policies_are_compared(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "", case="lyonesse")
    page.get_by_label("Seeds").fill("2")
    page.get_by_label("two policies, compared").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".status .error")).to_contain_text("do not differ")
    page.get_by_label("End").fill("2022-02-28")
    find(page, "fear.decay")
    field(page, "fear.decay").get_by_label("policy B").fill("0.4")
    expect(page.locator(".chip-list").nth(2)).to_contain_text("0.4")
    sent = settings(page)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(re.compile("#/comparison/"))
    order = next(body for body in sent if "base" in body)
    assert order["base"]["settings"] == {"end": "2022-02-28"}
    assert order["other"]["settings"] == {"end": "2022-02-28", "fear.decay": 0.4}
    name = page.url.split("#/comparison/")[1].split("?")[0]
    expect(page.locator(".section-effects tbody tr").first).to_be_visible()
    about = lab.get(f"/api/comparisons/{name}")
    expect(page.locator(".section-effects tbody tr")).to_have_count(len(about["rows"]))
    fear = next(row for row in about["rows"] if row["quantity"] == "mean fear")
    row = page.locator(".section-effects tr").filter(has=page.get_by_role("rowheader", name="Mean fear", exact=True))
    expect(row).to_contain_text("A higher" if fear["low"] > 0 else "B higher" if fear["high"] < 0 else "not told apart")
    expect(page.locator(".policies")).to_contain_text("fear.decay = 0.4")


def test_both_policies_stand_on_the_same_axes(window: Callable[..., Any]) -> None:
    page = window()
    to(page, "comparison/pairs", case="atlantis")
    first = page.locator(".pair-of-charts").first
    expect(first.locator(".plot[data-drawn]")).to_have_count(2)  # both over each other, and the difference
    expect(first.locator(".legend li")).to_have_count(2)
    page.get_by_label("side by side").check()
    expect(first.locator(".plot[data-drawn]")).to_have_count(3)
    labels = [first.locator(".above .plot").nth(k).locator("text").all_inner_texts() for k in (0, 1)]
    assert labels[0] == labels[1]
    assert labels[0]


def test_claims_of_both_sides_are_shown_alike(window: Callable[..., Any], lab: Lab) -> None:
    page = window()
    to(page, "", case="iran")
    page.get_by_role("link", name="Claims and verdicts").click()
    claims = lab.get("/api/claims/iran")["claims"]
    expect(page.locator("article.card")).to_have_count(len(claims))
    expect(page.get_by_text("Naming who says it is not accepting it")).to_be_visible()
    assert {one["by"] for one in claims} >= {"movement", "regime"}
    parts = page.evaluate("[...document.querySelectorAll('article.card')].map((one) => [...one.children].map((c) => c.localName).join())")
    assert len(set(parts)) == 1
    page.get_by_role("button", name="C16", exact=True).click()
    expect(page.locator("article.card h2").filter(has_text="C16")).to_be_focused()


# ---- by keyboard alone


@pytest.mark.compiled
def test_a_session_by_keyboard_alone(window: Callable[..., Any]) -> None:
    page = window()
    to(page, "", case="lyonesse", **{"a.end": "2022-01-31"})
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()

    def tab_to(locator: Any, most: int = 60) -> None:
        for _ in range(most):
            if locator.evaluate("(one) => one === document.activeElement"):
                ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert ring != "none"
                return
            page.keyboard.press("Tab")
        raise AssertionError("not reached")

    tab_to(page.get_by_label("Find"))
    page.keyboard.type("fear.decay")
    expect(field(page, "fear.decay")).to_be_visible()
    tab_to(field(page, "fear.decay").locator("input").first)
    page.keyboard.press("Control+a")
    page.keyboard.type("0.1")
    expect(page.locator('.chip[data-key="fear.decay"]')).to_be_visible()
    tab_to(page.get_by_role("button", name="Run", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#/run/"))
    expect(page.locator("main")).to_be_focused()
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.get_by_role("slider", name="Day")).to_be_visible()
    expect(page.locator(".section-nation .plot[data-drawn]")).to_have_count(6)
    tab_to(page.locator(".section-nation .plot").first)
    page.keyboard.press("Home")
    expect(page.locator(".readout").first).to_contain_text("2022-01-01")
    tab_to(page.get_by_role("slider", name="Day"))
    page.keyboard.press("Home")
    expect(page.locator(".when")).to_have_text("2022-01-01")
    tab_to(page.get_by_role("button", name="Copy the command line"))
    page.keyboard.press("Enter")
    assert "fear.decay=0.1" in page.evaluate("navigator.clipboard.readText()")
