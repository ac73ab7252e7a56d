"""The laboratory's page in a real Chromium: whole sessions by mouse and by keyboard, on a desk and on a phone.

Every test also holds that the page logs no error, breaks no rule of its own policy and asks nobody but its own server.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from tests.lab.asking import ATLANTIS, Lab
from tests.lab.browsing import expect, field, find, is_whole, settings, sync_api, to

pytest.importorskip("starlette", reason="the laboratory needs the extra [lab]")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
STATIC = Path(str(resources.files("groundswell.lab") / "static"))
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 90_000  # ms, on a machine that does much else
LONG = {"case": "lyonesse", "a.start": "2020-01-01", "a.end": "2022-06-30"}  # some seconds
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.sample}`));
"""
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")]


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
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def window(browser: Any, lab: Lab) -> Iterator[Callable[..., Any]]:
    """Opens windows of a browser that has been at the printed address; all that goes wrong in them fails the test."""
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


# ---- by keyboard alone, on a phone, in the dark


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
