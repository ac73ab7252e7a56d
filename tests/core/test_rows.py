"""Arrays that grow, and tables that remember what was found from a column."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.core.columns import Field, Table, TableType
from groundswell.core.errors import ModelError
from groundswell.core.rows import LEAST, Rows

KIND = TableType("kept", ("key",), (Field("key", np.int64), Field("value", np.int32)))


def test_rows_grow_and_keep_what_they_hold() -> None:
    rows = Rows({"a": ((), np.int32), "b": ((3,), np.float32)})
    expected: list[int] = []
    for count in (1, 0, 5, LEAST, 3 * LEAST, 1):
        new = np.arange(len(expected), len(expected) + count)
        rows.add((new, np.repeat(new[:, None], 3, axis=1)), count)
        expected += new.tolist()
        assert len(rows) == len(expected)
    rows.add((7, 8.0))  # type: ignore[arg-type]
    arrays = rows.arrays()
    assert arrays["a"].tolist() == [*expected, 7]
    assert arrays["b"][-2:].tolist() == [[expected[-1]] * 3, [8.0] * 3]
    assert (arrays["a"].dtype, arrays["b"].dtype) == (np.int32, np.float32)
    arrays["a"][:] = 0
    assert rows.arrays()["a"][-1] == 7


@pytest.mark.parametrize("count", [0, 1, 3, 16, 100])
def test_further_rows_stand_in_order_behind_those_of_the_same_key(count: int) -> None:
    rng = np.random.default_rng(count)
    old, new = rng.integers(0, 50, 40), rng.integers(0, 50, count)
    table = Table(KIND, {"key": old, "value": np.arange(40)}).plus(key=new, value=100 + np.arange(count))
    order = np.argsort(np.concatenate([old, new]), kind="stable")
    assert table["key"].tolist() == np.concatenate([old, new])[order].tolist()
    assert table["value"].tolist() == np.concatenate([np.arange(40), 100 + np.arange(count)])[order].tolist()
    with pytest.raises(ModelError, match="different lengths"):
        table.plus(key=np.arange(3), value=np.arange(2))


def test_a_table_remembers_as_long_as_the_columns_are_the_same() -> None:
    units = Table(KIND, {"key": [10, 20, 30], "value": [0, 0, 0]})
    members = Table(KIND, {"key": [1, 2, 3, 4], "value": [30, 10, 40, 10]})
    asked: list[int] = []

    def half(values: np.ndarray) -> np.ndarray:
        asked.append(len(values))
        return values // 2

    assert members.among("value", units).tolist() == [2, 0, -1, 0]
    assert members.among("value", units) is members.among("value", units.replace(value=5))
    assert members.among("value", units.where(np.array([True, False, True]))).tolist() == [1, 0, -1, 0]
    assert members.replace(value=20).among("value", units).tolist() == [1, 1, 1, 1]
    for _ in range(2):
        assert members.derived("key", "half", half).tolist() == [0, 1, 1, 2]
    assert members.replace(value=[1, 2, 3, 4]).derived("key", "half", half).tolist() == [0, 1, 1, 2]
    assert asked == [4]
    assert members.where(np.array([False, True, True, True])).derived("key", "half", half).tolist() == [1, 1, 2]
    assert asked == [4, 3]


def test_what_a_table_was_told_and_what_is_left_of_it_is_what_a_search_finds() -> None:
    units = Table(KIND, {"key": [10, 20, 30], "value": [0, 0, 0]})
    members = Table(KIND, {"key": [1, 2, 3, 4], "value": [30, 10, 40, 10]})
    kept = members.told("value", units, units.find(members["value"])).where(np.array([True, False, True, True]))
    assert kept._found["value", units.kind.name][1].tolist() == units.find(kept["value"]).tolist() == [2, -1, 0]
    assert kept.counts("value", units).tolist() == [1, 0, 1]
    more = units.plus(key=15, value=0)
    assert kept.among("value", more).tolist() == [3, -1, 0]


def test_one_row_in_one_piece_is_the_row_field_by_field() -> None:
    about = {"a": ((3,), np.uint8), "b": ((2,), np.float64), "c": ((), np.int32)}
    pieces, fields = Rows(about), Rows(about)
    row = np.zeros((), pieces.kind)
    for k in range(3 * LEAST):
        row["a"][:], row["b"][:], row["c"] = k % 256, k / 7, -k
        pieces.add_one(row)
        fields.add([row["a"], row["b"], row["c"]])
    assert len(pieces) == 3 * LEAST
    for name, array in pieces.arrays().items():
        assert array.tobytes() == fields.arrays()[name].tobytes()
        assert row[name].flags.aligned
