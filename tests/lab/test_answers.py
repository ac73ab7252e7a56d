"""What the laboratory answers is what run folders say, no more than scope allows, and nothing from outside the folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from tests.lab.asking import SMALL, Lab, refused

from groundswell import experiments
from groundswell.cli import main
from groundswell.core.errors import InputError, StoreError
from groundswell.lab import about_cases, kept as ordered, places, runs, scenarios
from groundswell.lab.answers import Opened, number
from groundswell.lab.scenarios import Sent
from groundswell.society import COVERT


@pytest.fixture(scope="module")
def lab(kept: Path) -> Iterator[Lab]:
    one = Lab(kept)
    yield one
    assert one.stop() == 0


# --- what was kept ----------------------------------------------------------------------------------------------------


def test_all_that_is_kept_is_listed(lab: Lab) -> None:
    found = {job["id"]: job for job in lab.get("/api/jobs")}
    assert {name: job["kind"] for name, job in found.items()} == {
        "one": "run", "two": "replicates", "pairs": "comparison", "real": "run",
    }  # fmt: skip
    assert {job["status"] for job in found.values()} == {"done"}
    assert found["one"] == lab.get("/api/jobs/one")
    assert (found["two"]["replicates"], found["one"]["case"], found["real"]["case"]) == (2, "atlantis", "iran")


def test_the_summary_is_that_of_the_command_line(kept: Path, tmp_path: Path) -> None:
    from groundswell.report.numbers import shown
    from groundswell.report.summary import summary

    for name, target in (("one", kept / "atlantis"), ("real", "iran")):
        settings = Opened.of(kept, name, runs.KINDS)
        sent = scenarios.settings_of_kept(kept, settings.document, kept / name)
        assert sent is not None
        made = experiments.run(target, settings=dict(sent.settings), compiled=False)
        lines = [(line.label, shown(line.value), line.note) for line in summary(made)]
        assert [(row["label"], row["text"], row["note"]) for row in runs.summary(settings)] == lines


def test_series_are_the_nations_days(lab: Lab, kept: Path) -> None:
    found = lab.get("/api/runs/one/series")
    nation = pl.read_parquet(kept / "one" / "nation.parquet")
    assert found["days"] == [day.isoformat() for day in nation["date"].to_list()]
    assert {one["name"] for one in found["series"]} == set(nation.columns) - {"date"}
    for one in found["series"]:
        assert np.allclose(one["values"], nation[one["name"]].to_numpy(), rtol=1e-5), one["name"]
        assert one["title"]
        assert "low" not in one
    titles = {one["name"]: (one["title"], one["unit"], one["group"]) for one in found["series"]}
    assert titles["turnout"] == ("persons who took part today", "persons", "people")
    assert titles["reported_monitor"] == ("gatherings of the day that Atlantic Observatory reported", "events", "reports")
    assert titles["frame_1"][0] == "share that holds “bread and charter”"
    assert len({one["title"] for one in found["series"]}) == len(found["series"])


def test_replicates_have_bands(lab: Lab, kept: Path) -> None:
    one = next(one for one in lab.get("/api/runs/two/series")["series"] if one["name"] == "turnout")
    frame = pl.read_parquet(kept / "two" / "nation.parquet").filter(pl.col("series") == "turnout")
    for key, column in (("values", "mean"), ("low", "low"), ("high", "high")):
        assert np.allclose(one[key], frame[column].to_numpy(), rtol=1e-5)
    told = lab.get("/api/runs/two")
    assert (told["replicates"], told["verify"]) == (2, None)
    assert all(row["low"] <= row["value"] <= row["high"] for row in told["summary"] if row["low"] is not None)


def test_the_map_is_what_the_run_tells_by_province(lab: Lab, kept: Path) -> None:
    found = lab.get("/api/runs/one/map")
    frame = pl.read_parquet(kept / "one" / "series.parquet").filter(pl.col("place") != "nation")
    assert (found["step"], len(found["steps"]), found["provinces"]) == ("day", 28, ["AT-01", "AT-02", "AT-03", "AT-04"])
    for one in found["series"]:
        values = np.array(one["values"])
        assert values.shape == (28, 4)
        for k, place in enumerate(found["provinces"]):
            assert np.allclose(values[:, k], frame.filter(pl.col("place") == place)[one["name"]].to_numpy(), rtol=1e-5)
    assert {"turnout", "acted"} <= {one["name"] for one in found["series"]}
    wide = lab.get("/api/runs/two/map")
    mean = pl.read_parquet(kept / "two" / "provinces.parquet").filter(pl.col("series") == "turnout")["mean"].to_numpy()
    assert np.allclose(next(one for one in wide["series"] if one["name"] == "turnout")["values"], mean.reshape(28, 4), rtol=1e-5)


def test_of_a_map_of_many_numbers_what_is_asked_for_comes(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST", 100)
    found = {one["name"]: one["values"] for one in runs.by_place(Opened.of(kept, "one", runs.KINDS), ["turnout"])["series"]}
    assert found.pop("turnout") is not None
    assert found
    assert set(map(str, found.values())) == {"None"}


def test_truth_and_record_are_whole_weeks_of_the_nation(lab: Lab, kept: Path) -> None:
    for name in ("one", "real"):
        found = lab.get(f"/api/runs/{name}/record")
        weekly = pl.read_parquet(kept / name / "weekly.parquet")
        told = ("peaceful_protest", "protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration")
        for one in found["sources"]:
            mine = weekly.filter(pl.col("source") == one["name"]).select("week_starting", *told)
            by_week = {str(row["week_starting"]): sum(row[k] for k in told) for row in mine.group_by("week_starting").sum().to_dicts()}
            assert one["values"] == [by_week.get(week, 0) for week in found["weeks"]]
        nation = pl.read_parquet(kept / name / "nation.parquet").filter(pl.col("date") >= pl.lit(found["weeks"][0]).str.to_date())
        days = nation.select(runs.TRUTH).sum_horizontal().to_list()
        assert found["truth"] == [sum(days[7 * k : 7 * k + 7]) for k in range(len(found["weeks"]))]
        assert sum(found["truth"])
    many = lab.get("/api/runs/two/record")
    assert len(many["truth_low"]) == len(many["truth"]) == len(many["sources"][0]["high"])


def test_a_comparison_is_what_its_folder_says(lab: Lab, kept: Path) -> None:
    found = lab.get("/api/comparisons/pairs")
    numbers = pl.read_parquet(kept / "pairs" / "numbers.parquet")
    assert [(row["quantity"], row["difference"]) for row in found["rows"]] == [
        (label, number(value)) for label, value in zip(numbers["label"], numbers["difference"], strict=True)
    ]
    assert found["names"] == ["fear.decay = 0.3", "as it stands"]
    one = next(one for one in found["series"] if one["name"] == "fear_mean")
    sides = [np.mean([pl.read_parquet(kept / "pairs" / arm / f"seed-{k}" / "nation.parquet")["fear_mean"] for k in (1, 2)], axis=0)
             for arm in ("a", "b")]  # fmt: skip
    assert np.allclose(one["a"], sides[0], rtol=1e-5)
    assert np.allclose(one["b"], sides[1], rtol=1e-5)
    assert np.allclose(one["difference"], sides[0] - sides[1], rtol=1e-3, atol=1e-8)


def test_the_page_of_a_run_may_do_nothing(lab: Lab, kept: Path) -> None:
    (kept / "one" / "report.html").write_text("<script>alert(1)</script>")
    try:
        answer = lab.ask("/api/runs/one/report")
        assert answer.status == 200
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert lab.get("/api/runs/one")["report"] == "/api/runs/one/report"
    finally:
        (kept / "one" / "report.html").unlink()
    assert lab.ask("/api/runs/one/report").status == 404
    assert lab.get("/api/runs/one")["report"] is None


def test_a_table_that_was_altered_is_not_shown(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "one", tmp_path / "one")
    pl.read_parquet(tmp_path / "one" / "nation.parquet").head(3).write_parquet(tmp_path / "one" / "nation.parquet")
    with pytest.raises(StoreError, match="altered since it was written"):
        Opened.of(tmp_path, "one", runs.KINDS)


# --- claims -----------------------------------------------------------------------------------------------------------


def test_claims_come_with_the_verdicts_that_the_folder_keeps(kept: Path, tmp_path: Path) -> None:
    found = about_cases.claims(kept, "atlantis")
    assert not found["judged"]
    assert found["claims"]
    assert {one["verdict"] for one in found["claims"]} == {None}
    result = CliRunner().invoke(main, ["claims", "iran", "C9", "--out", str(tmp_path / "iran-claims"), "--draws", "24", "-q"])
    assert result.exit_code == 0, result.output
    (tmp_path / "iran-claims" / "C9").rename(tmp_path / "mine")
    judged = about_cases.claims(tmp_path, "iran")
    verdicts = {one["id"]: one for one in judged["claims"]}
    assert (judged["judged"], judged["found"]) == (True, "mine")
    assert verdicts["C9"]["verdict"]
    assert verdicts["C9"]["data"]
    assert verdicts["C1"]["verdict"] is None
    assert not about_cases.claims(kept, "iran")["judged"]
    assert about_cases.claims(kept, "lyonesse")["claims"] is not None


# --- nothing outside the folder ---------------------------------------------------------------------------------------


def test_links_are_not_followed(lab: Lab, kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "one", tmp_path / "outside")
    shutil.copytree(kept / "atlantis", tmp_path / "country")
    made = [kept / "linked", kept / "country", kept / "half"]
    made[0].symlink_to(tmp_path / "outside")
    made[1].symlink_to(tmp_path / "country")
    shutil.copytree(kept / "one", made[2])
    (made[2] / "nation.parquet").unlink()
    (made[2] / "nation.parquet").symlink_to(tmp_path / "outside" / "nation.parquet")
    order = kept / "linked2.job.json"
    order.symlink_to(tmp_path / "order.json")
    ordered.write_order(tmp_path, ordered.Order("order", "run", {"runs": Sent("atlantis", {})}, None, "T", ordered.now()))
    ordered.order_file(tmp_path, "order").rename(tmp_path / "order.json")
    try:
        assert {job["id"] for job in lab.get("/api/jobs")} & {"linked", "linked2"} == set()
        assert refused(lab, "/api/runs/linked/series", status=404)["message"] == "there is no 'linked' in this folder"
        assert "links are not followed" in refused(lab, "/api/runs/half/series", status=404)["message"]
        assert "country" not in {case["name"] for case in lab.get("/api/cases")}
        refused(lab, "/api/check", {"scenario": {"case": "country"}})
        assert refused(lab, "/api/runs", {"name": "linked2", "scenario": {"case": "atlantis"}})["key"] == "name"
    finally:
        order.unlink()
        made[0].unlink()
        made[1].unlink()
        shutil.rmtree(made[2])


def test_a_kept_run_leads_to_no_case_outside(kept: Path, tmp_path: Path) -> None:
    """A run of a country that lies elsewhere is shown, and that country is not read."""
    place = tmp_path / "runs"
    place.mkdir()
    experiments.run(kept / "atlantis", out=place / "one", settings=SMALL, compiled=False)
    shutil.copytree(kept / "atlantis", place / "atlantis")  # another of that name
    one = Opened.of(place, "one", runs.KINDS)
    assert one.case is None
    assert not one.invented
    assert scenarios.settings_of_kept(place, one.document, one.folder) is None
    assert runs.series(one)["days"]


def test_a_table_of_a_case_may_be_no_link(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "atlantis", tmp_path / "atlantis")
    (tmp_path / "atlantis" / "census.csv").unlink()
    (tmp_path / "atlantis" / "census.csv").symlink_to(kept / "atlantis" / "census.csv")
    with pytest.raises(InputError, match="links are not followed"):
        scenarios.case_target(tmp_path, "atlantis")


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("..", ".", "", "/", "a/..", "../a", "a\0", "ä", ".a", "-a"):
        with pytest.raises(InputError):
            places.opened(tmp_path, name)
    assert places.opened(tmp_path, "a") == tmp_path / "a"


# --- scope ------------------------------------------------------------------------------------------------------------


def test_a_real_case_is_told_as_its_folder_tells_it(lab: Lab) -> None:
    found = lab.get("/api/runs/real/map")
    assert found["step"] == "week"
    assert sum(found["days"]) == 28
    assert all(days >= 7 for days in found["days"])
    names = {one["name"] for one in found["series"]}
    assert "turnout" in names
    assert not names & set(COVERT)
    assert any("units" in note for note in lab.get("/api/runs/real")["notes"])
    assert any("no finding about Iran" in note for note in lab.get("/api/runs/real")["notes"])


def test_what_scope_hides_stays_hidden_whatever_a_folder_holds(kept: Path, tmp_path: Path) -> None:
    """As of a folder that other software wrote, with hashes that fit."""
    place = tmp_path / "runs"
    shutil.copytree(kept / "real", place / "real")
    path = place / "real" / "series.parquet"
    frame = pl.read_parquet(path)
    forged = frame.with_columns(pl.col("turnout").alias("acted"), pl.col("turnout").alias("arrests"))
    _forge(path, forged)
    names = {one["name"] for one in runs.by_place(Opened.of(place, "real", runs.KINDS))["series"]}
    assert "turnout" in names
    assert not names & set(COVERT)
    _forge(path, forged.with_columns(pl.lit(1, pl.Int64).alias("days")))
    with pytest.raises(InputError, match="by week"):
        runs.by_place(Opened.of(place, "real", runs.KINDS))


def _forge(path: Path, frame: pl.DataFrame) -> None:
    from groundswell.core.store import file_digest

    frame.write_parquet(path)
    about = json.loads((path.parent / "run.json").read_text())
    about["files"][path.name] = file_digest(path)
    (path.parent / "run.json").write_text(json.dumps(about))


def test_a_comparison_tells_nothing_by_province(lab: Lab) -> None:
    for path in ("/api/comparisons/pairs/map", "/api/runs/pairs/map", "/api/runs/a/map", "/api/runs/seed-1/map"):
        assert lab.ask(path).status == 404
