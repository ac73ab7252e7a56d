"""Replicates: their numbers, their folder, and that a killed study ends with the bytes of one that nobody killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from groundswell import experiments
from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.experiments.parallel import perform_all, workers_for
from groundswell.experiments.study import alone
from groundswell.experiments.tables import write_parquet
from groundswell.experiments.worker import Job

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
ALONE = {"workers": 1, "compiled": False}


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_replicates_are_runs_under_seeds_of_their_own(twin: Path) -> None:
    runs = experiments.replicates(twin, 3, settings={"seed": 5}, **ALONE)
    single = [experiments.run(twin, settings={"seed": seed}, compiled=False) for seed in (5, 6, 7)]
    assert runs.seeds == (5, 6, 7)
    assert runs.hashes == tuple(run.state_hash for run in single)
    assert runs.first is not None
    assert runs.first.state_hash == single[0].state_hash
    np.testing.assert_allclose(runs.national("mood"), [run.total("mood") for run in single])
    weights = np.array([500, 300]) / 800
    np.testing.assert_allclose(runs.national("worry"), [run.series["worry"] @ weights for run in single])
    np.testing.assert_allclose(runs.series["worry"], [run.series["worry"] for run in single])
    reported = {m.key: m.values for m in runs.measures}["reported_monitor"]
    weeks = [run.journals["record"]["event_day"] for run in single]
    first, last = int(single[0].days[0]) + 1, int(single[0].days[-1]) - 5  # 2 January is a Saturday, 26 March the last Friday
    np.testing.assert_allclose(reported, [((day >= first) & (day <= last)).sum() / 12 for day in weeks])
    assert "<td" in runs._repr_html_()
    assert len(runs.runs()) == 3
    with pytest.raises(InputError, match="did you mean 'mood'"):
        runs.national("modd")


def test_names_of_others_are_escaped(twin: Path) -> None:
    text, named = (twin / "case.toml").read_text(), '[defaults.scenario]\nname = "<script>x"\ncase = "twin"\n'
    (twin / "case.toml").write_text(text.replace("[defaults.model]", f"{named}[defaults.model]"))
    assert "<script>" not in experiments.replicates(twin, 2, **ALONE)._repr_html_()


def test_a_study_is_kept_and_a_finished_run_is_used_again(twin: Path, tmp_path: Path) -> None:
    out, told = tmp_path / "out", []
    two = experiments.replicates(twin, 2, out=out, **ALONE)
    kept = content(out)
    assert {"study.json", "numbers.parquet", "nation.parquet", "provinces.parquet", "runs/seed-1/run.json"} <= set(kept)
    again = experiments.replicates(twin, 2, out=out, reused=lambda *n: told.append(n), **ALONE)
    assert told == [(2, 2)]
    assert content(out) == kept
    assert again.hashes == two.hashes
    before = (out / "runs" / "seed-1" / "run.json").stat().st_mtime_ns
    three = experiments.replicates(twin, 3, out=out, reused=lambda *n: told.append(n), **ALONE)
    assert told[1:] == [(2, 3)]
    assert three.hashes[:2] == two.hashes
    assert (out / "runs" / "seed-1" / "run.json").stat().st_mtime_ns == before
    bands = pl.read_parquet(out / "nation.parquet").filter(pl.col("series") == "mood")
    np.testing.assert_allclose(bands["high"], three.band("mood").high)
    assert experiments.verify(out / "runs" / "seed-2", compiled=False).same
    with pytest.raises(InputError, match="study of 3 seeds"):
        experiments.replicates(twin, 2, out=out, **ALONE)
    with pytest.raises(InputError, match=r"differs in fear\.decay"):
        experiments.replicates(twin, 3, out=out, settings={"fear.decay": 0.3}, **ALONE)
    experiments.replicates(twin, 2, out=out, replace=True, **ALONE)
    assert content(out) == kept


def test_an_altered_run_is_run_again(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.replicates(twin, 2, out=out, **ALONE)
    kept = content(out)
    (out / "runs" / "seed-2" / "series.parquet").write_bytes(b"")
    experiments.replicates(twin, 2, out=out, **ALONE)
    assert content(out) == kept


def test_other_folders_are_left_alone(twin: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("ten years")
    for replace in (False, True):
        with pytest.raises(InputError, match="no study"):
            experiments.replicates(twin, 2, out=tmp_path / "thesis", replace=replace, **ALONE)
    experiments.run(twin, out=tmp_path / "run", compiled=False)
    with pytest.raises(InputError, match="no study"):
        experiments.replicates(twin, 2, out=tmp_path / "run", **ALONE)
    experiments.replicates(twin, 2, out=tmp_path / "study", **ALONE)
    with pytest.raises(InputError, match="not a groundswell run"):
        experiments.run(twin, out=tmp_path / "study", compiled=False)
    (tmp_path / "study" / "notes.txt").write_text("mine")
    for replace in (False, True):
        with pytest.raises(InputError, match=r"also holds 'notes\.txt'"):
            experiments.replicates(twin, 2, out=tmp_path / "study", replace=replace, **ALONE)


@pytest.mark.parametrize("count", [0, -1, 10**6, True, "4"])
def test_numbers_that_are_none(twin: Path, count: object) -> None:
    with pytest.raises(InputError, match="replicates"):
        experiments.replicates(twin, count, **ALONE)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="workers"):
        experiments.replicates(twin, 2, workers=0)


def test_a_real_case_tells_provinces_by_week_and_units_for_the_nation_only(tmp_path: Path) -> None:
    settings = {"provinces": ["IR-05", "IR-20"], "start": "2022-07-02", "end": "2022-07-22", "first_organisation.initial": 500}
    runs = experiments.replicates("iran", 2, out=tmp_path / "out", workers=1, settings=settings)
    covert = {"acted", "members_now", "rolled_up", "units_live", "units_asleep"}
    places = pl.read_parquet(tmp_path / "out" / "provinces.parquet")
    assert not covert & set(places["series"])
    assert set(places["days"]) == {7}
    assert covert <= set(pl.read_parquet(tmp_path / "out" / "nation.parquet")["series"])
    assert covert <= set(runs.nation)
    assert all(runs.series[name].shape[2] == 1 for name in covert)


def test_a_stop_is_passed_on_and_the_study_goes_on_where_it_was(twin: Path, tmp_path: Path) -> None:
    def stop(what: str, done: int, of: int) -> None:
        if done == 130:  # within the second of three runs of 90 days
            os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "out"
    with pytest.raises(experiments.Interrupted):
        experiments.replicates(twin, 3, out=out, progress=stop, **ALONE)
    assert (out / "runs" / "seed-1" / "run.json").exists()
    assert (out / "runs" / "seed-2.checkpoint").exists()
    seen: list[int] = []
    experiments.replicates(twin, 3, out=out, progress=lambda _, done, of: seen.append(done), **ALONE)
    assert min(day for day in seen if day) == 41  # the second run's first forty days were kept
    experiments.replicates(twin, 3, out=tmp_path / "whole", **ALONE)
    assert content(out) == content(tmp_path / "whole")


PROGRAM = """
import sys
from groundswell import experiments
experiments.replicates(sys.argv[1], 4, out=sys.argv[2], workers=2, settings={"scale": 100, "end": "2022-02-15"})
"""


SHORT = {"scale": 100, "end": "2022-02-15"}


@pytest.mark.compiled
class TestProcesses:
    def test_worker_processes_give_the_same_bytes(self, tmp_path: Path) -> None:
        alone = experiments.replicates(ATLANTIS, 3, out=tmp_path / "alone", workers=1, settings=SHORT)
        shared = experiments.replicates(ATLANTIS, 3, out=tmp_path / "shared", workers=3, settings=SHORT)
        assert alone.hashes == shared.hashes
        assert content(tmp_path / "alone") == content(tmp_path / "shared")

    def test_a_killed_study_ends_with_the_same_bytes(self, tmp_path: Path) -> None:
        out = tmp_path / "cut"
        with subprocess.Popen([sys.executable, "-c", PROGRAM, str(ATLANTIS), str(out)]) as process:
            for _ in range(3000):
                if list(out.glob("runs/seed-*/run.json")) or process.poll() is not None:
                    break
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        assert not json.loads((out / "study.json").read_text()).get("state_hashes")  # it was killed before the end
        done = {path.parent.name: path.stat().st_mtime_ns for path in out.glob("runs/seed-*/run.json")}
        assert 1 <= len(done) < 4
        time.sleep(0.5)  # its worker finds itself alone
        done |= {path.parent.name: path.stat().st_mtime_ns for path in out.glob("runs/seed-*/run.json")}
        (out / ".numbers.parquet.left.parquet").write_bytes(b"half")
        experiments.replicates(ATLANTIS, 4, out=out, settings=SHORT)
        assert {name: (out / "runs" / name / "run.json").stat().st_mtime_ns for name in done} == done  # finished runs were used again
        experiments.replicates(ATLANTIS, 4, out=tmp_path / "whole", workers=1, settings=SHORT)
        assert content(out) == content(tmp_path / "whole")

    def test_a_mistake_in_a_worker_is_the_callers_and_stops_all(self, tmp_path: Path) -> None:
        scenario = experiments.read(ATLANTIS, experiments.settings_of(SHORT))
        (tmp_path / "taken").mkdir()
        (tmp_path / "taken" / "mine.txt").write_text("x")
        with pytest.raises(InputError, match="not a groundswell run"):
            perform_all([Job(scenario, tmp_path / "good"), Job(scenario, tmp_path / "taken")], workers=2)
        with pytest.raises(InputError, match="not a groundswell run"):
            perform_all([Job(scenario, tmp_path / "taken"), Job(scenario, tmp_path / "fine")], workers=2)

    def test_a_worker_that_dies_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("groundswell.experiments.parallel.PROGRAM", "import os; os._exit(7)")
        scenario = experiments.read(ATLANTIS, experiments.settings_of(SHORT))
        with pytest.raises(GroundswellError, match=r"exit code 7"):
            perform_all([Job(scenario, tmp_path / name) for name in ("a", "b")], workers=2)


def test_as_many_workers_as_jobs_and_memory_allow(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job(experiments.read(twin), tmp_path / name) for name in "abc"]
    assert workers_for(jobs, None) <= 3
    assert workers_for(jobs, 2) == 2
    assert workers_for(jobs, 50) == 3
    monkeypatch.setattr("groundswell.experiments.parallel.memory_bytes", lambda: 2 * 800 * 32)
    assert workers_for(jobs, None) == 1


def test_people_are_kept_and_opened(twin: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cache = tmp_path / "populations"
    cache.mkdir()
    monkeypatch.setattr(sys.modules["groundswell.experiments.people"], "_cache", lambda: cache)
    scenario = experiments.read(twin, experiments.settings_of({"growth": 10}))
    built = experiments.people(scenario)
    kept = list(cache.iterdir())
    assert len(kept) == 1
    told: list[int] = []
    opened = experiments.people(scenario, lambda done, of: told.append(done))
    assert not told  # nothing was built
    assert opened.digest == built.digest
    assert all((opened.columns[name] == built.columns[name]).all() for name in built.columns)
    with (kept[0] / "hardship.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    again = experiments.people(scenario, lambda done, of: told.append(done))
    assert told  # an altered one is built anew
    assert again.digest == built.digest
    other = experiments.people(experiments.read(twin, experiments.settings_of({"growth": 2})))
    assert other.digest != built.digest
    assert len(list(cache.iterdir())) == 2


def test_broken_runs_are_run_again(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.replicates(twin, 2, out=out, **ALONE)
    kept = content(out)
    (out / "runs" / "seed-1" / "run.json").unlink()
    (out / "runs" / "seed-2" / "run.json").write_text("{")
    (out / ".x.groundswell-new-y").write_text("half")
    (out / ".study.json.y.json").write_text("half")
    experiments.replicates(twin, 2, out=out, **ALONE)
    assert content(out) == kept


def test_a_study_that_was_killed_before_its_first_word_begins_anew(twin: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".study.json.abc.json").write_text("")
    experiments.replicates(twin, 2, out=tmp_path / "out", **ALONE)
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize(
    "where", ["mine", "runs/mine", "runs/seed-2/mine", "runs/seed-2", "runs/seed-3.checkpoint", "runs", "numbers.parquet/mine"]
)
def test_nothing_of_others_is_lost_and_it_is_found_before_any_work(twin: Path, tmp_path: Path, where: str) -> None:
    out = tmp_path / "out"
    experiments.replicates(twin, 2, out=out, **ALONE)
    path = out / where
    if path.is_dir():
        shutil.rmtree(path)
    if path.parent.is_file():
        path.parent.unlink()
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before, told = content(out), []
    for replace in (False,) if where.endswith("checkpoint") else (False, True):
        with pytest.raises(InputError, match=r"also holds|checkpoint of this run belongs"):
            experiments.replicates(twin, 3, out=out, replace=replace, progress=lambda *now: told.append(now), **ALONE)
    assert content(out) == before
    assert not told


ALTERED = (
    '{"arms": {"runs": 5}}',
    '{"arms": {"runs": {}, "mine": {}}}',
    '{"seeds": ["a"]}',
    '{"kind": "x"}',
    '{"arms": []}',
    '{"format": 2}',
)


@pytest.mark.parametrize("change", ALTERED)
def test_a_study_whose_description_was_altered(twin: Path, tmp_path: Path, change: str) -> None:
    out = tmp_path / "out"
    experiments.replicates(twin, 1, out=out, **ALONE)
    about = json.loads((out / "study.json").read_text())
    (out / "study.json").write_text(json.dumps({**about, **json.loads(change)}))
    before = content(out)
    for replace in (False, True):
        with pytest.raises(StoreError, match=r"study\.json"):
            experiments.replicates(twin, 1, out=out, replace=replace, **ALONE)
    assert content(out) == before


def test_other_tables_are_another_study(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.replicates(twin, 2, out=out, **ALONE)
    before = content(out)
    (twin / "households.csv").write_text("size,share\n1,0.5\n4,0.5\n")
    with pytest.raises(InputError, match="another table of households"):
        experiments.replicates(twin, 2, out=out, **ALONE)
    assert content(out) == before
    experiments.replicates(twin, 2, out=out, replace=True, **ALONE)


def test_two_processes_do_not_work_on_one_study(twin: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    experiments.replicates(twin, 1, out=out, **ALONE)
    with alone(out), pytest.raises(InputError, match="another process"):
        experiments.replicates(twin, 2, out=out, **ALONE)
    experiments.replicates(twin, 2, out=out, **ALONE)


def test_seeds_end_at_63_bits(twin: Path) -> None:
    with pytest.raises(InputError, match="no room for 2 seeds"):
        experiments.replicates(twin, 2, settings={"seed": (1 << 63) - 1}, **ALONE)


def test_a_table_that_does_not_fit_the_disk_is_an_error_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        write_parquet(pl.DataFrame({"a": [1]}), tmp_path / "a.parquet")


def test_as_many_processes_as_the_system_starts(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("groundswell.core.children.subprocess.Popen", none)
    with pytest.raises(InputError, match="2 processes cannot be started"):
        experiments.replicates(twin, 2, workers=2, compiled=False)
