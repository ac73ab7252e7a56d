"""A study of many tasks holds keys and numbers, never texts or outcomes; and it is the same study, however it was got."""

from __future__ import annotations

import random
import tracemalloc
import weakref

import numpy as np
import polars as pl
import pytest
import toy_kinds
from hypothesis import given, strategies as st

from groundswell.core.errors import InputError, StoreError
from groundswell.core.store import file_digest
from groundswell.studies import Axis, Design, Study, design as designing, kept, ledger, merging, payloads, sharing, tasks as tasks_of
from groundswell.studies.digests import Digests, words_of
from groundswell.studies.ledger import Ledger


def tasks(n, first=0):
    return ({"n": k, "how": f"a text that takes more than fifty bytes where it is held: {k}"} for k in range(first, n))


@pytest.fixture
def small_windows(monkeypatch):
    """Windows of sixteen tasks, so that a few hundred are many."""
    for module in (tasks_of, payloads, merging, kept):
        monkeypatch.setattr(module, "WINDOW", 16)
    monkeypatch.setattr(sharing, "LARGEST", 50)
    monkeypatch.setattr(payloads, "IN_MEMORY", 1000)


# memory


def step_begin(folder, n):
    Study(folder, toy_kinds.toy, tasks(n), common={"faulty": [3]})


def step_run(folder, n):
    assert Study(folder).run(1, batch=50).done == n - 1


def step_merge(folder, n):
    (folder / "results.parquet").unlink()
    assert Study(folder).run(1).failed == 1


def step_extend(folder, n):
    assert Study(folder).extend(tasks(n + 1)) == 1


def step_verify(folder, n):
    Study(folder).verify()


STEPS = (step_begin, step_run, step_merge, step_extend, step_verify)


@pytest.mark.usefixtures("small_windows")
def test_the_memory_of_a_driver_is_all_but_flat_in_the_number_of_tasks(tmp_path):
    """Keys (16 bytes), their table (6.4), parts and failures (5), what is to be done (4), and what that takes while it is made."""
    few, many = 400, 2400
    peaks = {}
    for n in (20, few, many):  # the first time modules are imported
        for step in STEPS:
            tracemalloc.start()
            step(tmp_path / str(n), n)
            peaks[n, step.__name__] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    more = {step.__name__: (peaks[many, step.__name__] - peaks[few, step.__name__]) / (many - few) for step in STEPS}
    assert max(more.values()) < 60, more


def test_a_table_is_never_held_whole(reference, monkeypatch):
    """What polars holds is not traced: blocks of the table are counted while it is written."""
    held, most, made = [], [], merging._block

    def block(*given):
        found = made(*given)
        held.append(weakref.ref(found))
        most.append(sum(one() is not None for one in held))
        return found

    monkeypatch.setattr(merging, "_block", block)
    (reference.folder / "results.parquet").unlink()
    Study(reference.folder).run(1)
    assert len(held) == 19
    assert max(most) <= 3


# hashes


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_hashes_are_found_where_they_stand_first(held, asked):
    """Also where most of them want the same place of the table."""
    digests = Digests(np.array(held, np.uint64).reshape(-1, 2) << np.uint64(62))
    first = {one: held.index(one) for one in held}
    assert digests.repeated.tolist() == [k for k, one in enumerate(held) if first[one] != k]
    found = digests.numbers(np.array(asked, np.uint64).reshape(-1, 2) << np.uint64(62))
    assert found.tolist() == [first.get(one, -1) for one in asked]


def test_many_hashes_are_found():
    words = words_of(random.Random(1).randbytes(16 * 100_000))
    digests, order = Digests(words), np.random.default_rng(1).permutation(100_000)
    assert (digests.numbers(words[order]) == order).all()
    assert (digests.numbers(words[order] ^ np.uint64(1)) == -1).all()
    assert not len(digests.repeated)
    twice = Digests(np.concatenate([words, words[70_000:], words[:10]]))
    assert twice.repeated.tolist() == list(range(100_000, 130_010))


def test_hashes_are_a_sequence_of_texts():
    digests = Digests(words_of(bytes(range(48))))
    assert list(digests) == [bytes(range(k, k + 16)).hex() for k in (0, 16, 32)]
    assert digests[-1] == digests[2] == digests[1:][1]
    assert digests[::-1] == [digests[2], digests[1], digests[0]]
    assert digests == Digests(words_of(bytes(range(48)))) != Digests(words_of(bytes(range(32))))
    with pytest.raises(ValueError, match="buffer"):
        words_of(b"123")


# the same study


@pytest.fixture
def reference(tmp_path, small_windows):
    study = Study(tmp_path / "reference", toy_kinds.toy, tasks(300), common={"refused": [4, 17], "faulty": [250]})
    study.run(1, batch=7)
    return study


def test_many_windows_are_one_table(reference):
    frame = reference.frame()
    assert frame["task"].to_list() == list(range(300))
    assert frame["key"].to_list() == list(reference.tasks.keys)
    assert frame["n"].to_list() == list(range(300))
    assert frame["name"].to_list() == [None if k in (4, 17, 250) else f"task {k}" for k in range(300)]
    assert [k for k, status in enumerate(frame["status"]) if status == "failed"] == [4, 17, 250]
    assert frame["problem"][250] == "ZeroDivisionError: of course"
    rows = reference.arrays("row")
    assert (rows[:, 0, 0] == [0 if k in (4, 17, 250) else k for k in range(300)]).all()
    assert np.isnan(reference.arrays("wave")[[4, 17, 250]]).all()
    assert not np.isnan(reference.arrays("wave")[[3, 5, 299]]).any()
    assert reference.failed().keys() == {4, 17, 250}


def test_parts_that_hold_tasks_from_everywhere_are_put_together_alike(reference, tmp_path, files):
    mixed = list(tasks(300))
    random.Random(2).shuffle(mixed)
    other = Study(tmp_path / "mixed", toy_kinds.toy, mixed, common={"refused": [4, 17], "faulty": [250]})
    other.run(1, batch=11)
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(300), common={"refused": [4, 17], "faulty": [250]})
    for path in (other.folder / "parts").iterdir():
        (study.folder / "parts" / path.name).write_bytes(path.read_bytes())
    parts = sorted((study.folder / "parts").iterdir())
    assert study.run(1).missing == 0
    assert sorted((study.folder / "parts").iterdir()) == parts  # nothing was done anew
    assert files(study.folder) == files(reference.folder)


def test_a_study_as_it_was_kept_before_is_opened_and_goes_on(reference, tmp_path, files):
    """All tasks in one row group, written at once."""
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(300), common={"refused": [4, 17], "faulty": [250]})
    path, about = study.folder / "tasks.parquet", (study.folder / "study.json").read_text()
    before = file_digest(path)
    frame = pl.read_parquet(path)
    assert frame.columns == ["key", "payload"]
    frame.rechunk().write_parquet(path, compression="zstd", compression_level=3, statistics=True, row_group_size=1 << 18)
    assert file_digest(path) != before
    (study.folder / "study.json").write_text(about.replace(before, file_digest(path)))
    again = Study(study.folder)
    assert again.run(1, batch=20).failed == 3
    assert files(again.folder) == files(reference.folder)
    assert again.extend(tasks(310)) == 10
    assert [task.payload["n"] for task in again.tasks] == list(range(310))
    again.verify()


@pytest.mark.usefixtures("small_windows")
def test_extended_in_pieces_it_is_one_study(tmp_path, files):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(5))
    for n, more in ((5, 0), (40, 35), (41, 1), (100, 59)):
        assert study.extend(tasks(n)) == more
        assert len(study) == n
        study.run(1, batch=9)
    whole = Study(tmp_path / "whole", toy_kinds.toy, tasks(100))
    whole.run(2)
    assert files(study.folder) == files(whole.folder)
    assert list(study.tasks.texts) == list(whole.tasks.texts)


@pytest.mark.usefixtures("small_windows")
def test_tasks_given_twice_are_refused_or_taken_once(tmp_path):
    double = [{"n": k // 2} for k in range(100)]
    with pytest.raises(InputError, match=r'tasks\.1: is given twice: {"n":0}'):
        Study(tmp_path / "s", toy_kinds.toy, double)
    assert not (tmp_path / "s").exists()
    study = Study(tmp_path / "s", toy_kinds.toy, double, once=True)
    assert [task.payload["n"] for task in study.tasks] == list(range(50))
    study.verify()
    with pytest.raises(InputError, match=r'tasks\.41: is given twice: {"n":0}'):  # one that is there already
        study.extend([*({"n": k} for k in range(40)), {"n": 90}, {"n": 0}])
    with pytest.raises(InputError, match=r'tasks\.52: is given twice: {"n":70}'):
        study.extend([*({"n": k} for k in range(50)), {"n": 70}, {"n": 71}, {"n": 70}])
    assert len(Study(tmp_path / "s")) == 50
    assert study.extend([{"n": k % 60} for k in range(200)], once=True) == 10
    assert [task.payload["n"] for task in Study(tmp_path / "s").tasks] == list(range(60))
    assert study.numbers([{"n": 59}, {"n": 60}, {"n": 0}]).tolist() == [59, -1, 0]
    assert study.run(1).done == 60


@pytest.mark.usefixtures("small_windows")
def test_what_is_wrong_with_a_late_payload_leaves_no_folder(tmp_path):
    def some():
        yield from tasks(50)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Study(tmp_path / "s", toy_kinds.toy, some())
    for wrong, message in (
        (float("nan"), r"tasks\.50\.n: needs a finite"),
        ("\ud800", r"tasks\.50: holds half of a character"),
    ):
        with pytest.raises(InputError, match=message):
            Study(tmp_path / "s", toy_kinds.toy, [*tasks(50), {"n": wrong}])
    assert list(tmp_path.iterdir()) == []


def test_texts_hold_any_character(tmp_path):
    odd = ["\n", "\r\n", "\u2028", "é😀", "\x00", '"\\']
    study = Study(tmp_path / "s", toy_kinds.toy, [{"n": k, "text": text} for k, text in enumerate(odd)])
    assert [task.payload["text"] for task in Study(study.folder).tasks] == odd


def test_a_file_of_tasks_that_is_another_one_is_not_read(tmp_path):
    longer = Study(tmp_path / "s", toy_kinds.toy, tasks(300))
    other = Study(longer.folder)
    assert longer.extend(tasks(301)) == 1
    with pytest.raises(StoreError, match="open it again"):
        other.tasks[200]
    with pytest.raises(InputError, match="another process has added tasks"):
        other.extend(tasks(310))
    assert len(other.frame()) == 301  # it looks anew
    assert other.tasks[300].payload["n"] == 300
    assert other.run(1).done == 301


def test_a_payload_that_is_not_that_of_its_key_is_told(reference):
    path = reference.folder / "tasks.parquet"
    frame = pl.read_parquet(path)
    texts = frame["payload"].to_list()
    texts[200] = texts[200].replace("200", "201", 1)
    frame.with_columns(payload=pl.Series(texts)).write_parquet(path)
    with pytest.raises(StoreError, match=f"task {reference.tasks.keys[200]} was altered"):
        Study(reference.folder)
    frame[:-1].vstack(frame[:1]).write_parquet(path)
    with pytest.raises(StoreError, match="is in it twice"):
        Study(reference.folder)


@pytest.mark.parametrize("begun", [False, True])
def test_killed_between_the_tasks_and_what_the_study_is(tmp_path, monkeypatch, files, begun):
    def die(*_):
        raise MemoryError

    if begun:
        Study(tmp_path / "s", toy_kinds.toy, tasks(20)).run(1)
    with monkeypatch.context() as patch:
        patch.setattr(Study, "_say", die)
        with pytest.raises(MemoryError):
            Study(tmp_path / "s", toy_kinds.toy, tasks(40))
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(40))
    assert study.run(1).done == 40
    whole = Study(tmp_path / "whole", toy_kinds.toy, tasks(40))
    whole.run(1)
    assert files(study.folder) == files(whole.folder)


def test_parts_are_told_apart_from_other_files(reference, tmp_path):
    other = reference.folder / "parts" / "abc.npz"
    other.write_bytes(b"nothing")
    with pytest.raises(StoreError, match=r"abc\.npz"):
        reference.count()
    again = Study(reference.folder)
    assert again.run(1).failed == 3
    assert again.aside == ["abc.npz"]


def test_a_part_that_cannot_be_read_does_not_confuse_those_that_can(reference):
    """The ledger is asked again after one that was halfway read."""
    parts = sorted((reference.folder / "parts").glob("*.npz"))
    content = parts[5].read_bytes()
    parts[5].write_bytes(content[:-1])
    kept_since = Ledger(reference.folder / "parts", reference.tasks.keys)
    with pytest.raises(StoreError):
        kept_since.read()
    parts[5].write_bytes(content)
    parts[0].unlink()  # it was read before the other one
    kept_since.read()
    fresh = Ledger(reference.folder / "parts", reference.tasks.keys)
    fresh.read()
    assert kept_since.count() == fresh.count() != (297, 3)
    assert kept_since.problems() == fresh.problems()
    assert [found.numbers.tolist() for found in kept_since.parts()] == [found.numbers.tolist() for found in fresh.parts()]


def test_progress_of_what_takes_long(reference, monkeypatch):
    monkeypatch.setattr(merging, "LONG", -1.0)
    (reference.folder / "results.parquet").unlink()
    told = []
    Study(reference.folder).run(1, progress=lambda *words: told.append(words))
    shares = [done for what, done, of in told if what == "putting together" and of == 100]
    assert shares == sorted(shares)
    assert len(set(shares)) > 10


@pytest.mark.parametrize("name", ["random", "sequence", "ensemble"])
def test_points_in_pieces_are_the_same_points(monkeypatch, name):
    design = Design(name, {"a": Axis(0, 1), "b": Axis(1, 10, log=True)}, 100, 2 if name != "ensemble" else 1)
    whole = list(design.runs())
    monkeypatch.setattr(designing, "PIECE", 7)
    assert list(design.runs()) == whole
    assert len(whole) == design.runs_of_points


def test_a_line_gives_back_what_came_back_first():
    line = sharing.Line(np.arange(10))
    assert (line.take(4), len(line)) == ([0, 1, 2, 3], 6)
    line.put_back([1, 3])
    assert len(line) == 8
    assert line.take(3) == [1, 3, 4]
    assert line.take(100) == [5, 6, 7, 8, 9]
    assert (line.take(1), bool(len(line))) == ([], False)
    assert ledger.NAME.fullmatch("0" * 32 + ".npz")
