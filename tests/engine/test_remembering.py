"""What a mechanism may remember from day to day: by the identity of what it follows from, and never across a resume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.common import LIVELY, START, country, run, same_run

from groundswell.core.columns import PROVINCE, Column, Field, TableType
from groundswell.core.draws import day_number
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import Change, parameter
from groundswell.core.simulate import Engine
from groundswell.mechanisms import meeting
from groundswell.society import MEMBERS, UNITS

SUM = Column("sum", np.int64, PROVINCE, "1", "what was found", recorded=True)
KEPT = TableType("kept", ("day",), (Field("day", np.int64),))
FOUND: list[int] = []  # the days on which something was found anew
SEEN: list[object] = []  # the parameters of each day
DAYS = 12


@dataclass(frozen=True)
class Keeper(Mechanism):
    """A row is added to the table every third day; what follows from the table is remembered in between."""

    factor: float = parameter(2, unit="1", range=(0, 9), doc="x", source="assumed")
    writes = (SUM, KEPT)

    def day(self, now: Now) -> None:
        """Remember."""
        table = now.table(KEPT)
        if now.day % 3 == 0:
            now.store(table.plus(day=[now.day]))
        table = now.table(KEPT)
        now[SUM][:] = now.remember("sum", (now.p, table), lambda: self._find(now))

    def _find(self, now: Now) -> Any:
        FOUND.append(now.day)
        SEEN.append(now.p)
        return now.table(KEPT)["day"].sum() * int(now.p.factor[0])


@dataclass(frozen=True)
class Bystander(Mechanism):
    """Has a parameter that changes when Keeper's does not."""

    other: float = parameter(1, unit="1", range=(0, 9), doc="x", source="assumed")

    def day(self, now: Now) -> None:
        """Look at it."""
        SEEN.append(now.p)


def keeping(**options: Any) -> Any:
    FOUND.clear()
    model = Model("keeping", (Phase("keeping", Keeper()), Phase("other", Bystander())))
    return run(country((12, 8), hood=6), DAYS, model, values={}, **options)


def test_found_again_only_when_something_changes() -> None:
    done = keeping()
    first = day_number(START)
    assert [first] * (first % 3 > 0) + [d for d in range(first, first + DAYS) if d % 3 == 0] == FOUND
    sums = [2 * sum(d for d in range(first, day + 1) if d % 3 == 0) for day in range(first, first + DAYS)]
    assert done.series["sum"][:, 0].tolist() == sums


def test_parameters_are_one_object_until_one_of_them_changes() -> None:
    SEEN.clear()
    keeping(changes=[Change("bystander.other", 3, day_number(START) + 5, day_number(START) + 7)])
    mine, other = [p for p in SEEN if hasattr(p, "factor")], [p for p in SEEN if hasattr(p, "other")]
    assert len({id(p) for p in mine}) == 1
    assert [float(p.other[0]) for p in other] == [1] * 5 + [3] * 3 + [1] * 4  # type: ignore[attr-defined]
    assert all(other[k] is other[k + 1] for k in range(DAYS - 1) if k not in (4, 7))
    changed = keeping(changes=[Change("keeper.factor", 5, day_number(START) + 4, day_number(START) + 9)])
    plain = keeping()
    assert (changed.series["sum"][4:10] * 2 == plain.series["sum"][4:10] * 5).all()
    assert (changed.series["sum"][10:] == plain.series["sum"][10:]).all()


def test_nothing_is_remembered_across_a_resume(tmp_path: Path) -> None:
    plain = keeping()

    def stop(engine: Engine, day: int) -> None:
        if day == day_number(START) + 6:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        keeping(checkpoint=tmp_path / "c", checkpoint_every=2, observe=stop)
    same_run(plain, keeping(checkpoint=tmp_path / "c", resume=True))


def test_another_state_forgets() -> None:
    engines: list[Engine] = []
    keeping(observe=lambda engine, day: engines.append(engine))
    engine = engines[0]
    window = next(w for w in engine._windows if w is not None)
    mark = object()
    assert window.remember("mark", (mark,), lambda: 1) == 1
    assert window.remember("mark", (mark,), lambda: 2) == 1
    assert window.remember("mark", (object(),), lambda: 3) == 3
    assert window.remember("mark", (), lambda: 4) == 4
    assert window.remember("mark", (), lambda: 5) == 4
    engine.state = type(engine.state)(engine.state.columns, engine.state.tables)
    assert window.on(window.day, 0).remember("mark", (), lambda: 6) == 6


def test_taking_back_what_was_pushed_clears_as_clearing_everybody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for rows in (0, 1 << 40, 1):
        monkeypatch.setattr(meeting, "WORTH_ROWS", rows)
        runs.append(run(days=6))
    assert runs[0].total("turnout").min() > 0
    for other in runs[1:]:
        same_run(runs[0], other)


def test_members_are_told_where_their_units_stand() -> None:
    told = 0

    def look(engine: Engine, _: int) -> None:
        nonlocal told
        units, members = engine.state.tables[UNITS.name], engine.state.tables[MEMBERS.name]
        keys, at = members._found.get(("unit", UNITS.name), (None, None))
        if keys is units["unit"]:
            told += 1
            assert at.tolist() == units.find(members["unit"]).tolist()

    busy = {"units.loss": 0.03, "units.split_size": 6, "units.split_rate": 0.5, "units.merge": 0.5, "units.placement": 0.3}
    done = run(days=60, values=LIVELY | busy | {"recruitment.approach": 0.3, "recruitment.willing": 1}, observe=look)
    assert all(done.total(name).sum() > 0 for name in ("units_founded", "units_split", "units_dissolved", "units_merged"))
    assert told > 20
