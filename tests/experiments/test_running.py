import dataclasses
import json
import os
import shutil
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from groundswell import experiments
from groundswell.core.errors import InputError, StoreError
from groundswell.experiments.directory import check_target, write
from groundswell.experiments.people import grown
from groundswell.experiments.running import checkpoint_folder

Write = Callable[..., Path]
TABLES = ("series.parquet", "nation.parquet", "weekly.parquet", "events.parquet", "record.parquet", "places.json")


def same_bytes(one: Path, other: Path) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in TABLES)


def test_a_run_in_three_lines(twin: Path, tmp_path: Path) -> None:
    run = experiments.run(twin, out=tmp_path / "out", compiled=False)
    again = experiments.load(tmp_path / "out")
    assert (again.state_hash, again.dates) == (run.state_hash, run.dates)
    assert set(again.series) == {"worry", "mood"}
    for name in run.series:
        np.testing.assert_array_equal(again.series[name], run.series[name])
    for name, values in run.journals["events"].items():
        np.testing.assert_array_equal(again.journals["events"][name], values)
    told, back = run.journals["record"], again.journals["record"]
    order = np.lexsort([told[name] for name in ("size_reported", "city", "province", "event_day", "source")])
    again_order = np.lexsort([back[name] for name in ("size_reported", "city", "province", "event_day", "source")])
    assert len(told["event_day"]) > 50
    for name, values in told.items():
        np.testing.assert_array_equal(back[name][again_order], values[order])
    assert [p.name for p in again.places.provinces] == ["North", "South"]
    assert again.places.rows == run.places.rows


def test_a_run_without_a_folder_writes_nothing(twin: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    experiments.run(twin, compiled=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_folder_says_how_to_repeat_the_run(twin: Path, tmp_path: Path) -> None:
    run = experiments.run(twin, out=tmp_path / "out", compiled=False, settings={"seed": 7})
    about = json.loads((tmp_path / "out" / "run.json").read_text())
    assert about["state_hash"] == run.state_hash
    assert about["scenario"]["run"]["seed"] == 7
    assert set(about["inputs"]) == {"provinces", "census", "households", "cities"}
    assert {"groundswell", "python", "numpy", "numba"} <= set(about["made_with"])
    assert set(about["files"]) == set(TABLES)
    assert not list(tmp_path.glob(".*"))
    assert not checkpoint_folder(tmp_path / "out").exists()
    outcome = experiments.verify(tmp_path / "out", compiled=False)
    assert outcome.same
    assert not outcome.versions


def test_the_same_scenario_gives_the_same_bytes(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundswell.core.simulate.WORTH", 1)  # so few people are worth one thread
    for name, threads in (("a", 1), ("b", 2)):
        experiments.run(twin, out=tmp_path / name, compiled=False, settings={"threads": threads})
    assert same_bytes(tmp_path / "a", tmp_path / "b")
    experiments.run(twin, out=tmp_path / "c", compiled=False, settings={"seed": 2})
    assert not same_bytes(tmp_path / "a", tmp_path / "c")


def test_a_real_case_keeps_weeks_and_provinces_only(twin: Path, tmp_path: Path) -> None:
    text = (twin / "case.toml").read_text()
    (twin / "case.toml").write_text(text.replace('real = false\nlevel = "city"\ninterval = "day"', "real = true"))
    run = experiments.run(twin, out=tmp_path / "out", compiled=False)
    series = pl.read_parquet(tmp_path / "out" / "series.parquet").filter(pl.col("place") == "AT-2")
    assert series["days"].sum() == 90
    assert series["date"][0] == date(2021, 1, 2)  # the run begins on the Friday before, which is told with this week
    assert series["days"].min() >= 7
    assert set(series["date"][1:].dt.weekday()) == {6}
    assert (series["worry"] * series["days"]).sum() == pytest.approx(run.series["worry"][:, 1].sum())
    events = pl.read_parquet(tmp_path / "out" / "events.parquet")
    assert "city" not in events.columns
    assert set(events["date"].dt.weekday()) == {6}
    assert len(events) == len(run.journals["events"]["day"])
    record = pl.read_parquet(tmp_path / "out" / "record.parquet")
    assert set(record["time_precision"]) == {2}
    again = experiments.load(tmp_path / "out")
    assert len(again.days) == len(series)
    assert experiments.verify(tmp_path / "out", compiled=False).same


def test_types_do_not_depend_on_whether_anything_happened(twin: Path, tmp_path: Path) -> None:
    scenario = experiments.read(twin)
    run = experiments.run(scenario, compiled=False)
    nothing = {name: {field: values[:0] for field, values in fields.items()} for name, fields in run.journals.items()}
    for name, journals in (("some", run.journals), ("none", nothing), ("silent", {})):
        write(dataclasses.replace(run, journals=journals), scenario, tmp_path / name)
        assert experiments.load(tmp_path / name).state_hash == run.state_hash
    for file in ("events.parquet", "record.parquet"):
        assert len(pl.read_parquet(tmp_path / "some" / file)) > 0
        assert pl.read_parquet(tmp_path / "some" / file).schema == pl.read_parquet(tmp_path / "none" / file).schema
        assert not (tmp_path / "silent" / file).exists()


def test_what_verify_finds(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.run(twin, out=out, compiled=False)
    about = json.loads((out / "run.json").read_text())

    about["state_hash"] = "0" * 32
    (out / "run.json").write_text(json.dumps(about))
    assert [c.name for c in experiments.verify(out, compiled=False).comparisons if not c.same] == ["state"]

    about["made_with"]["numpy"] = "0.1"
    about["scenario"]["run"]["seed"] = 5
    (out / "run.json").write_text(json.dumps(about))
    outcome = experiments.verify(out, compiled=False)
    assert {c.name for c in outcome.comparisons if not c.same} == {"state", *TABLES} - {"places.json"}
    assert [v.name for v in outcome.versions] == ["numpy"]

    experiments.run(twin, out=out, replace=True, compiled=False)
    with (out / "series.parquet").open("ab") as file:
        file.write(b"x")
    assert [c.name for c in experiments.verify(out, compiled=False).comparisons if not c.same] == ["series.parquet (as kept)"]
    with pytest.raises(StoreError, match="altered"):
        experiments.load(out)


def test_verify_notices_a_changed_table_and_a_case_that_moved(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.run(twin, out=out, compiled=False)
    moved = tmp_path / "elsewhere"
    shutil.move(twin, moved)
    with pytest.raises(InputError, match="no case"):
        experiments.verify(out, compiled=False)
    assert experiments.verify(out, case=moved, compiled=False).same
    cities = (moved / "cities.csv").read_text()
    (moved / "cities.csv").write_text(cities.replace("300", "250"))
    differs = {c.name for c in experiments.verify(out, case=moved, compiled=False).comparisons if not c.same}
    assert {"table cities", "places.json"} <= differs


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"kind": "groundswell run", "format": 99}', '{"kind": "groundswell run", "format": 1}', "[" * 100000]
)
def test_a_damaged_run_is_one_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    for use in (experiments.load, experiments.verify):
        with pytest.raises((InputError, StoreError)) as caught:
            use(tmp_path)
        assert "\n" not in str(caught.value)


def test_a_run_json_with_nonsense_in_its_scenario_is_one_error(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.run(twin, out=out, compiled=False)
    about = json.loads((out / "run.json").read_text())
    for path, value in ((("run", "seed"), 10**40), (("run", "start"), "yesterday"), (("scenario", "case"), 5), (("parameters",), [1])):
        broken = json.loads(json.dumps(about))
        table = broken["scenario"]
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value
        (out / "run.json").write_text(json.dumps(broken))
        with pytest.raises(InputError):
            experiments.verify(out, compiled=False)


class TestTargets:
    def test_another_folder_is_never_overwritten(self, twin: Path, tmp_path: Path) -> None:
        other = tmp_path / "thesis"
        other.mkdir()
        (other / "chapter.txt").write_text("ten years")
        with pytest.raises(InputError, match="not a groundswell run"):
            experiments.run(twin, out=other, compiled=False)
        assert [p.name for p in other.iterdir()] == ["chapter.txt"]

    def test_a_run_is_replaced_whole_but_not_with_foreign_files(self, twin: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        experiments.run(twin, out=out, compiled=False)
        experiments.run(twin, out=out, compiled=False, settings={"threads": 2})  # the same run, whatever it is made with
        with pytest.raises(InputError, match=r"keeps another run, which differs in run\.seed; .* --replace"):
            experiments.run(twin, out=out, compiled=False, settings={"seed": 2})
        experiments.run(twin, out=out, replace=True, compiled=False, settings={"seed": 2})
        assert json.loads((out / "run.json").read_text())["scenario"]["run"]["seed"] == 2
        (out / "notes.txt").write_text("mine")
        with pytest.raises(InputError, match="also holds"):
            experiments.run(twin, out=out, compiled=False)
        assert (out / "notes.txt").exists()

    def test_files_links_and_impossible_paths(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("x")
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "nowhere")
        for path in (file, link, tmp_path / ("n" * 300), tmp_path / "a\0b"):
            with pytest.raises(InputError):
                check_target(path)
        (tmp_path / "empty").mkdir()
        check_target(tmp_path / "empty")

    @pytest.mark.parametrize("name", [".", "..", "/"])
    def test_a_folder_without_a_name(self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        (tmp_path / "a" / "b").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "a" / "b")
        with pytest.raises(InputError):
            experiments.run(twin, out=name, compiled=False)

    def test_a_folder_below_a_file(self, twin: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(InputError):
            experiments.run(twin, out=tmp_path / "file" / "out", compiled=False)

    def test_a_failing_report_leaves_nothing(self, twin: Path, tmp_path: Path) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            experiments.run(twin, out=tmp_path / "out", compiled=False, report=fail)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["twin"]

    def test_what_stands_where_the_checkpoint_belongs_is_left_alone(self, twin: Path, tmp_path: Path) -> None:
        place = checkpoint_folder(tmp_path / "out")
        place.mkdir()
        (place / "mine.txt").write_text("x")
        with pytest.raises(InputError, match="checkpoint"):
            experiments.run(twin, out=tmp_path / "out", compiled=False)
        assert (place / "mine.txt").exists()


class TestInterruption:
    @staticmethod
    def stop_on(day: int) -> Callable[[str, int, int], None]:
        def progress(what: str, done: int, of: int) -> None:
            if what == "days" and done == day:
                os.kill(os.getpid(), signal.SIGINT)

        return progress

    @pytest.mark.parametrize("day", [1, 40, 89])
    def test_a_stopped_run_goes_on_to_the_same_bytes(self, twin: Path, tmp_path: Path, day: int) -> None:
        experiments.run(twin, out=tmp_path / "whole", compiled=False)
        out = tmp_path / "cut"
        with pytest.raises(experiments.Interrupted) as caught:
            experiments.run(twin, out=out, compiled=False, progress=self.stop_on(day))
        assert caught.value.day == date.fromordinal(date(2021, 1, 1).toordinal() + day - 1)
        assert caught.value.checkpoint == checkpoint_folder(out)
        assert not out.exists()
        seen: list[int] = []
        experiments.run(out=out, target=twin, resume=True, compiled=False, progress=lambda w, d, n: seen.append(d) if w == "days" else None)
        assert [d for d in seen if d] == list(range(day + 1, 91))
        assert same_bytes(tmp_path / "whole", out)
        assert not checkpoint_folder(out).exists()

    def test_a_stop_on_the_last_day_is_too_late(self, twin: Path, tmp_path: Path) -> None:
        experiments.run(twin, out=tmp_path / "out", compiled=False, progress=self.stop_on(90))
        assert (tmp_path / "out" / "run.json").exists()

    def test_checkpoints_are_kept_on_the_way(self, twin: Path, tmp_path: Path) -> None:
        def die(what: str, done: int, of: int) -> None:
            if what == "days" and done == 50:
                raise RuntimeError("the power fails")

        every = {"checkpoint_every": 20}
        with pytest.raises(RuntimeError):
            experiments.run(twin, out=tmp_path / "out", compiled=False, progress=die, settings=every)
        seen: list[int] = []
        experiments.run(
            twin,
            out=tmp_path / "out",
            resume=True,
            compiled=False,
            settings=every,
            progress=lambda w, d, n: seen.append(d) if w == "days" else None,
        )
        assert next(d for d in seen if d) == 41
        experiments.run(twin, out=tmp_path / "whole", compiled=False)
        assert same_bytes(tmp_path / "whole", tmp_path / "out")

    def test_a_checkpoint_of_another_run_is_refused(self, twin: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        with pytest.raises(experiments.Interrupted):
            experiments.run(twin, out=out, compiled=False, progress=self.stop_on(5))
        with pytest.raises(StoreError, match="another run"):
            experiments.run(twin, out=out, resume=True, compiled=False, settings={"seed": 2})

    def test_the_signals_are_given_back(self, twin: Path) -> None:
        before = signal.getsignal(signal.SIGINT)
        experiments.run(twin, compiled=False)
        assert signal.getsignal(signal.SIGINT) is before


def test_growth_keeps_the_tables_consistent(twin: Path) -> None:
    from groundswell import cases

    tables = cases.load(twin).census()
    for factor in (0.1, 0.333, 1.017, 9.99):
        more = grown(tables, factor)
        for row, was in zip(more.provinces, tables.provinces, strict=True):
            assert row.population == pytest.approx(was.population * factor, abs=4)
    assert grown(tables, 1.0) is tables


def test_growth_reaches_the_people(twin: Path) -> None:
    run = experiments.run(twin, compiled=False, settings={"growth": 2, "scale": 1})
    assert run.provenance["persons"] == 1600


def test_the_flagship_runs_on_an_invented_country(twin: Path, tmp_path: Path) -> None:
    text = (twin / "case.toml").read_text()
    (twin / "case.toml").write_text(text[: text.index("[defaults.parameters]")].replace('name = "tiny"', 'name = "resistance"'))
    run = experiments.run(twin, out=tmp_path / "out", compiled=False, settings={"end": date(2021, 1, 10)})
    assert experiments.verify(tmp_path / "out", compiled=False).same
    again = experiments.load(tmp_path / "out")
    np.testing.assert_array_equal(again.series["fear_mean"], run.series["fear_mean"])


def test_the_example_of_atlantis_runs(tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "data" / "atlantis"
    scenario = experiments.read(folder / "crackdown.toml")
    assert [(e.name, e.role) for e in scenario.effects] == [
        ("crackdown", "drives"),
        ("a death in custody", "drives"),
        ("a general strike", "tests"),
    ]
    run = experiments.run(folder / "crackdown.toml", compiled=False, settings={"scale": 100})
    assert len(run.provenance["changes"]) == 2


def test_the_built_in_case_is_sound() -> None:
    scenario = experiments.read("iran")
    assert (scenario.case.real, scenario.case.level, scenario.case.interval) == (True, "province", "week")
    assert len(scenario.case.census().provinces) == 31


def test_of_a_real_case_nothing_says_where_units_are(tmp_path: Path) -> None:
    settings = {"provinces": ["IR-05", "IR-20"], "start": "2022-07-01", "end": "2022-07-20", "first_organisation.initial": 500}
    run = experiments.run("iran", out=tmp_path / "out", settings={**settings, "acting.rate": 1.0, "livelihoods.rate": 1.0})
    kept = pl.read_parquet(tmp_path / "out" / "series.parquet")
    events = pl.read_parquet(tmp_path / "out" / "events.parquet")
    for name in ("acted", "members_now", "rolled_up", "units_asleep", "units_live"):  # by name: an emptied list must fail here
        assert run.series[name].shape == (20, 1)
        assert kept.filter(pl.col("place") != "nation")[name].null_count() == len(kept.filter(pl.col("place") != "nation"))
    acts = run.journals["events"]["kind"] == 1
    assert acts.sum() > 100
    assert not run.journals["events"]["province"][acts].any()
    assert not run.journals["events"]["city"][acts].any()
    assert set(events.filter(pl.col("kind") == "act")["province"]) == {"nation"}


def test_the_nation_is_told_by_day_and_the_record_by_whole_week(tmp_path: Path) -> None:
    settings = {"provinces": ["IR-05", "IR-20"], "start": "2022-07-01", "end": "2022-07-20", "first_organisation.initial": 500}
    run = experiments.run("iran", out=tmp_path / "out", settings={**settings, "acting.rate": 1.0, "livelihoods.rate": 1.0})
    nation = pl.read_parquet(tmp_path / "out" / "nation.parquet")
    weekly = pl.read_parquet(tmp_path / "out" / "weekly.parquet")
    assert len(nation) == 20
    np.testing.assert_array_equal(nation["acted"], run.total("acted"))
    assert nation.select(pl.sum_horizontal("^acts_.*$")).to_series().sum() == run.total("acted").sum()
    record = run.journals["record"]
    told = (record["kind"] == 1) & (record["source"] == 2) & (record["tactic"] == 3)
    told &= (record["event_day"] >= run.days[0]) & (record["event_day"] <= run.days[-1])
    assert nation["reported_channel_video"].sum() == told.sum() > 0
    assert set(weekly["week_starting"]) == {date(2022, 7, 2), date(2022, 7, 9)}  # the run begins on a Friday and ends on a Wednesday
    assert set(weekly["iso"]) <= {"IR-05", "IR-20"}
