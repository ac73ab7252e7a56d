"""A result folder that a crash left half written: what is lost is done again, and the bytes are the same."""

from __future__ import annotations

import pytest
import toy_kinds

from groundswell.core.errors import InputError, StoreError
from groundswell.studies import Study


@pytest.fixture
def study(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.toy, [{"n": k} for k in range(12)])
    study.run(1, batch=3)
    return study


@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_half_a_part_is_set_aside_and_done_again(study, files, left):
    before, part = files(study.folder), sorted((study.folder / "parts").glob("*.npz"))[1]
    part.write_bytes(part.read_bytes()[:left])
    (study.folder / "results.parquet").unlink()
    with pytest.raises(StoreError, match="part"):
        Study(study.folder).count()
    again = Study(study.folder)
    assert again.run(1).done == 12
    assert again.aside == [part.name]
    assert part.with_name(f"{part.name}.damaged").is_file()
    assert files(study.folder) == before
    again.verify()


@pytest.mark.parametrize("name", ["results.parquet", "arrays/row.npy"])
def test_half_a_table_is_put_together_again(study, files, name):
    before = files(study.folder)
    (study.folder / name).write_bytes((study.folder / name).read_bytes()[:-7])
    again = Study(study.folder)
    assert again.run(1).done == 12
    assert files(study.folder) == before
    assert again.aside == []


def test_notes_are_kept_and_are_in_no_key(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.toy, [{"n": 1}], notes={"design": [1, 2.5]})
    other = Study(tmp_path / "t", toy_kinds.toy, [{"n": 1}])
    assert study.tasks.keys == other.tasks.keys
    assert Study(tmp_path / "s").notes == {"design": [1, 2.5]}
    study.run(1)
    study.note({"more": "x"})
    assert Study(tmp_path / "s").notes == {"more": "x"}
    assert Study(tmp_path / "s").arrays("row").shape == (1, 3, 2)
    with pytest.raises(InputError, match="plain JSON"):
        study.note({"x": object()})
