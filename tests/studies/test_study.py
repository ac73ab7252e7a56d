"""A study keeps every outcome once, whoever computes it, in the order of its tasks."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import toy_kinds

from groundswell.core.errors import InputError, ModelError, StoreError
from groundswell.studies import Output, Study, Task, kind
from groundswell.studies.tasks import MOST, Keys, canonical, plain


def tasks(n, first=0):
    return [{"n": k} for k in range(first, n)]


@pytest.fixture
def done(tmp_path):
    study = Study(tmp_path / "done", toy_kinds.toy, tasks(12), common={"refused": [4], "faulty": [7]})
    study.run(1)
    return study


def test_values_come_back_in_the_order_of_the_tasks(done):
    frame = done.frame()
    assert frame["task"].to_list() == list(range(12))
    assert frame["n"].to_list() == list(range(12))
    assert frame["double"].to_list() == [None if k in (4, 7) else 2 * k for k in range(12)]
    assert frame["half"].to_list() == [None if k in (4, 7) else k / 2 for k in range(12)]
    assert frame["even"].to_list() == [None if k in (4, 7) else k % 2 == 0 for k in range(12)]
    assert frame["name"].to_list() == [None if k in (4, 7) else f"task {k}" for k in range(12)]
    rows, waves = done.arrays("row"), done.arrays("wave")
    assert rows.dtype == np.uint16
    assert rows.shape == (12, 3, 2)
    for k in range(12):
        if k in (4, 7):
            assert not rows[k].any()
            assert np.isnan(waves[k]).all()
        else:
            np.testing.assert_array_equal(rows[k], np.arange(6).reshape(3, 2) + k)
            np.testing.assert_array_equal(waves[k], np.sin(np.arange(4) * k))
    assert done.arrays("double").tolist() == [0 if k in (4, 7) else 2 * k for k in range(12)]
    assert np.isnan(done.arrays("half")[4])
    assert not rows.flags.writeable
    done.verify()


def test_failures_are_told_and_counted(done):
    count = done.count()
    assert (count.tasks, count.done, count.failed, count.missing) == (12, 10, 2, 0)
    assert done.failed() == {4: "task 4: is refused", 7: "ZeroDivisionError: of course"}
    assert done.missing() == []
    frame = done.frame()
    assert frame["status"].to_list() == ["failed" if k in (4, 7) else "done" for k in range(12)]
    assert frame["problem"].to_list()[4] == "task 4: is refused"


def test_bytes_depend_on_neither_workers_nor_batches(done, tmp_path, files):
    reference = files(done.folder)
    assert len(reference) == 3
    for name, workers, batch in (("ones", 1, 1), ("fives", 1, 5), ("shared", 2, None), ("shared in ones", 3, 1)):
        study = Study(tmp_path / name, toy_kinds.toy, tasks(12), common={"refused": [4], "faulty": [7]})
        assert study.run(workers, batch=batch).failed == 2
        assert files(study.folder) == reference, name


def test_a_study_taken_up_again_does_nothing_twice(done, files):
    before, parts = files(done.folder), sorted((done.folder / "parts").iterdir())
    again = Study(done.folder, toy_kinds.toy, tasks(12), common={"refused": [4], "faulty": [7]})
    assert again.run(2).done == 10
    assert sorted((done.folder / "parts").iterdir()) == parts
    assert files(done.folder) == before


def test_an_extended_study_is_one_that_had_all_tasks(done, tmp_path, files):
    assert done.extend(tasks(12) + tasks(20, 12)) == 8
    assert done.extend(tasks(20)) == 0
    assert len(done) == 20
    assert done.missing() == list(range(12, 20))
    with pytest.raises(InputError, match="8 of 20 tasks are still to be done"):
        done.arrays("row")
    done.run(1)
    whole = Study(tmp_path / "whole", toy_kinds.toy, tasks(20), common={"refused": [4], "faulty": [7]})
    whole.run(1)
    assert files(done.folder) == files(whole.folder)
    longer = Study(tmp_path / "done", toy_kinds.toy, tasks(21), common={"refused": [4], "faulty": [7]})  # by its constructor
    assert longer.missing() == [20]


def test_an_unfinished_study_tells_what_it_has(tmp_path, monkeypatch):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(4))
    assert study.frame()["status"].to_list() == ["missing"] * 4
    study.run(1)
    study.extend(tasks(6))
    frame = study.frame()
    assert frame["status"].to_list() == ["done"] * 4 + ["missing"] * 2
    assert frame["double"].to_list() == [0, 2, 4, 6, None, None]


def test_failed_tasks_are_done_again_on_demand(tmp_path, monkeypatch):
    refuse = {2}

    def do(common, payload):
        if payload["n"] in refuse:
            raise InputError("is refused")
        return toy_kinds._outcome(payload["n"])

    do.__module__, do.__qualname__ = "toy_kinds", "changing"
    changing = kind(outputs=toy_kinds.OUTPUTS)(do)
    monkeypatch.setattr(toy_kinds, "changing", changing, raising=False)
    study = Study(tmp_path / "s", changing, tasks(4))
    assert study.run(1).failed == 1
    refuse.clear()
    assert study.run(1).failed == 1
    count = study.run(1, again=True)
    assert (count.done, count.failed) == (4, 0)
    assert study.arrays("row")[2, 0, 0] == 2
    study.verify()


def test_preparing_is_done_once_a_process(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.opened_once, tasks(6), common={"start": 100})
    study.run(1, batch=2)
    assert sorted(study.arrays("opened").tolist()) == [101, 102, 103, 104, 105, 106]
    shared = Study(tmp_path / "t", toy_kinds.opened_once, tasks(6), common={"start": 100})
    shared.run(2, batch=1)
    assert len(set(shared.arrays("pid").tolist())) <= 2
    assert not set(shared.arrays("pid")) & set(study.arrays("pid"))


def test_shapes_may_depend_on_the_common_part(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.wide, tasks(3), common={"wide": 5})
    study.run(1)
    assert study.arrays("row").shape == (3, 5)
    with pytest.raises(InputError, match="differs in 'wide'"):
        Study(tmp_path / "s", toy_kinds.wide, tasks(3), common={"wide": 6})


def test_paths_are_no_part_of_a_key(tmp_path):
    one = Study(tmp_path / "s", toy_kinds.wide, tasks(3), common={"wide": 5}, paths={"case": "here"})
    other = Study(tmp_path / "t", toy_kinds.wide, tasks(3), common={"wide": 5}, paths={"case": "there"})
    assert one.tasks.keys == other.tasks.keys
    assert Study(tmp_path / "s").common == {"wide": 5, "case": "here"}
    assert Study(tmp_path / "s", paths={"case": "elsewhere"}).common["case"] == "elsewhere"
    with pytest.raises(InputError, match="among the paths"):
        Study(tmp_path / "u", toy_kinds.wide, tasks(3), common={"wide": 5}, paths={"wide": "here"})


def test_keys_tell_tasks_apart():
    def key(of, payload, **common):
        return Keys(of, 1, "0", common).of(canonical(plain(payload, "payload")).encode())

    different = [key("a:b", {"n": 1}), key("a:c", {"n": 1}), key("a:b", {"n": 2}), key("a:b", {"n": 1}, x=1), key("a:b", {"n": 1.0})]
    assert len(set(different)) == 5
    assert key("a:b", {"n": 1, "m": 2}) == key("a:b", {"m": np.int64(2), "n": 1})


def test_tasks_are_a_sequence(done):
    assert len(done.tasks) == 12
    first = done.tasks[0]
    assert isinstance(first, Task)
    assert first.payload == {"n": 0}
    assert [task.payload["n"] for task in done.tasks[3:5]] == [3, 4]
    assert [task.payload["n"] for task in done.tasks[-1:0:-4]] == [11, 7, 3]
    assert done.tasks[-2].payload == {"n": 10}
    assert [task.key for task in done.tasks] == list(done.tasks.keys) == pl.read_parquet(done.folder / "tasks.parquet")["key"].to_list()
    with pytest.raises(IndexError):
        done.tasks[12]


def test_columns_of_mixed_payloads(tmp_path):
    payloads = [{"n": 1, "x": 1, "how": "a", "many": [1, 2]}, {"n": 2, "x": 2.5, "on": True}, {"n": 3, "mixed": 1}, {"n": 4, "mixed": "b"}]
    frame = Study(tmp_path / "s", toy_kinds.toy, payloads).frame()
    assert frame["x"].to_list() == [1.0, 2.5, None, None]
    assert frame["how"].to_list() == ["a", None, None, None]
    assert frame["many"].to_list() == ["[1,2]", None, None, None]
    assert frame["on"].to_list() == [None, True, None, None]
    assert frame["mixed"].to_list() == [None, None, "1", '"b"']


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_returns_must_be_what_its_kind_declares(tmp_path, workers):
    cases = ["good", "too large", "negative", "broken", "shape", "missing", "more", "text", "infinite", "nothing"]
    study = Study(tmp_path / "s", toy_kinds.wrong, [{"case": case} for case in cases])
    assert study.run(workers).done == 1
    told = {cases[number]: problem for number, problem in study.failed().items()}
    assert set(told) == set(cases[1:])
    assert "do not fit the declared type u1" in told["too large"]
    assert "shape (3,), and (2,) was declared" in told["shape"]
    assert "'y' is missing" in told["missing"]
    assert "'z' is not declared" in told["more"]


def test_numbers_are_kept_as_they_are_or_refused():
    for dtype, good in (("u8", (1 << 64) - 1), ("i8", -(1 << 63)), ("u1", 255), ("f4", 0.5), ("?", True)):
        assert Output(dtype).checked("x", np.array(good)) == good
    for dtype, bad in (("u8", -1), ("i8", np.uint64((1 << 64) - 1)), ("i1", 128), ("?", 2), ("u2", np.nan), ("i4", 1e10)):
        with pytest.raises(InputError, match="do not fit"):
            Output(dtype).checked("x", np.array(bad))
    assert np.isnan(Output("f4").checked("x", np.nan))
    for wrong in (lambda: Output("f2"), lambda: Output("text", (2,)), lambda: Output("f8", (-1,))):
        with pytest.raises(ModelError):
            wrong()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_prepared_is_told_at_once(tmp_path, workers):
    study = Study(tmp_path / "s", toy_kinds.never_ready, tasks(3))
    with pytest.raises(InputError, match=r"here\.csv:3: case: cannot be opened"):
        study.run(workers)
    assert study.missing() == [0, 1, 2]


def test_a_study_of_nothing(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.toy, [])
    assert study.run(1).tasks == 0
    assert study.arrays("row").shape == (0, 3, 2)
    assert len(study.frame()) == 0


def test_progress_ends_with_all(tmp_path):
    told = []
    Study(tmp_path / "s", toy_kinds.toy, tasks(5)).run(1, batch=2, progress=lambda *words: told.append(words))
    assert told[0] == ("tasks", 0, 5)
    assert told[-1] == ("tasks", 5, 5)


def test_mistakes_are_named(tmp_path, done):
    for payloads, message in (
        ([{"n": float("nan")}], "tasks.0.n: needs a finite number"),
        ([{"n": 1}, {"n": 1}], "tasks.1: is given twice"),
        ([{"n": 1 << 63}], "does not fit 64 bits"),
        ([{"n": object()}], "is not plain JSON"),
        ([{1: 2}], "a key that is no text"),
        ([3], "is no payload"),
        ([{"double": 1}], "double: a payload cannot have an entry"),
        ([{"status": 1}], "status: a payload cannot have an entry"),
    ):
        with pytest.raises(InputError, match=message):
            Study(tmp_path / "x", toy_kinds.toy, payloads)
    with pytest.raises(InputError, match="holds no study"):
        Study(tmp_path / "y")
    with pytest.raises(InputError, match="did you mean 'toy'"):
        Study(tmp_path / "y", "toy_kinds:tov", tasks(1))
    with pytest.raises(InputError, match="cannot be imported"):
        Study(tmp_path / "y", "toy_kind:toy", tasks(1))
    with pytest.raises(InputError, match="not of toy_kinds:wide"):
        Study(done.folder, toy_kinds.wide)
    with pytest.raises(InputError, match="task 11 is not the one given"):
        Study(done.folder, toy_kinds.toy, tasks(11))
    with pytest.raises(InputError, match="did you mean 'row'"):
        done.arrays("rows")
    with pytest.raises(InputError, match="batch"):
        done.run(1, batch=0)
    with pytest.raises(InputError, match="workers"):
        done.run(0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    with pytest.raises(InputError, match=r"holds 'letter.txt' and no study"):
        Study(tmp_path / "full", toy_kinds.toy, tasks(1))
    assert MOST > 1e6


def test_a_kind_in_a_script_is_refused(tmp_path):
    def do(common, payload):
        return {}

    do.__module__ = "__main__"
    with pytest.raises(InputError, match="put it into a module"):
        Study(tmp_path / "s", kind(outputs=toy_kinds.OUTPUTS)(do), tasks(1))


def test_another_version_reads_and_does_not_mix(done, monkeypatch):
    monkeypatch.setattr("groundswell.studies.study.__version__", "9.9")
    kept = Study(done.folder)
    assert len(kept.frame()) == 12
    assert kept.arrays("row").shape == (12, 3, 2)
    with pytest.raises(InputError, match="are not mixed"):
        kept.run(1)
    with pytest.raises(InputError, match="are not mixed"):
        kept.extend(tasks(14))
    with pytest.raises(InputError, match="are not mixed"):
        Study(done.folder, toy_kinds.toy, tasks(14))


@pytest.mark.parametrize("name", ["results.parquet", "arrays/row.npy", "parts", "tasks.parquet", "study.json"])
def test_an_altered_file_is_found(done, name):
    path = done.folder / name
    path = next(path.iterdir()) if path.is_dir() else path
    content = path.read_bytes()
    if name == "study.json":
        content = content.replace(b'"kind_version": 1', b'"kind_version": 2')
        path.write_bytes(content)
    else:
        path.write_bytes(content[:-20] + bytes(b ^ 1 for b in content[-20:]))
    with pytest.raises(StoreError):
        Study(done.folder).verify()


def test_altered_results_are_not_decoded(done):
    """Damage to a Parquet file can end the process that decodes it."""
    path = done.folder / "results.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    with pytest.raises(StoreError, match="altered"):
        Study(done.folder).frame()


def test_tasks_whose_hash_is_not_known_are_decoded_apart(done, monkeypatch):
    """So they are in a study of an earlier version, and where a process was killed between the tasks and their hash."""
    path = done.folder / "study.json"
    about = json.loads(path.read_text())
    assert about.pop("tasks")
    keys = pl.read_parquet(done.folder / "tasks.parquet")["key"].to_list()
    path.write_text(json.dumps(about))
    monkeypatch.setattr(pl, "read_parquet", None)
    assert list(Study(done.folder).tasks.keys) == keys
    (done.folder / "tasks.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(StoreError, match="cannot be read"):
        Study(done.folder)


def test_a_foreign_part_is_refused(done, tmp_path):
    other = Study(tmp_path / "other", toy_kinds.toy, tasks(3), common={"refused": [99]})
    other.run(1)
    for path in (other.folder / "parts").iterdir():
        (done.folder / "parts" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(StoreError, match="another study"):
        Study(done.folder).count()


def test_a_study_of_another_format_or_kind_is_refused(done):
    path = done.folder / "study.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({**about, "format": 2}))
    with pytest.raises(StoreError, match="format 2"):
        Study(done.folder)
    path.write_text(json.dumps({**about, "what": "groundswell replicates"}))
    with pytest.raises(InputError, match="no study of tasks"):
        Study(done.folder)
    path.write_text(json.dumps({**about, "outputs": {"x": ["f9", []]}}))
    with pytest.raises(StoreError, match="altered"):
        Study(done.folder)


def test_results_that_were_taken_away_are_put_together_again(done, files):
    before = files(done.folder)
    (done.folder / "results.parquet").unlink()
    study = Study(done.folder)
    assert study.frame()["double"].to_list()[:3] == [0, 2, 4]
    study.run(1)
    assert files(done.folder) == before


def test_parts_that_were_taken_away_are_done_again(done, files):
    before = files(done.folder)
    for path in (done.folder / "parts").iterdir():
        path.unlink()
    study = Study(done.folder)
    assert study.count().missing == 12
    study.run(1)
    assert files(done.folder) == before
