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
