"""The part of a model that is needed for something gives it as the whole does, bit by bit; and a function may end a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.engine.common import LIVELY, START, country, flagship, run, same_arrays

from groundswell.core.draws import day_number
from groundswell.core.errors import InputError, ModelError
from groundswell.core.mechanism import Model, Phase
from groundswell.core.needed import needed, settings_for
from groundswell.core.parameters import Change
from groundswell.core.run import Run
from groundswell.core.simulate import Engine

BLIND = Change("channel.acts", 0.1, day_number(START) + 5, day_number(START) + 9)
ALL = {m.key for m in flagship().mechanisms}


def keys(model: Model) -> set[str]:
    return {m.key for m in model.mechanisms}


@cache
def whole() -> Run:
    return run(changes=(BLIND,))


def part_run(part: Model) -> Run:
    values, changes = settings_for(part, flagship(), LIVELY, (BLIND,))
    return run(model=part, values=values, changes=changes)


@pytest.mark.parametrize("wanted", ["turnout", "movement_over", "frame_1", "voted", "events", "monitor", "record", "rolled_up"])
def test_what_is_needed_for_something_gives_it_bit_by_bit(wanted: str) -> None:
    part = needed(flagship(), [wanted])
    short = part_run(part)
    named = {d.name for m in part.mechanisms for d in m.writes}
    assert short.series
    same_arrays(short.series, {name: whole().series[name] for name in short.series}, wanted)
    for name in short.journals.keys() & named:
        if name != "record" or keys(part) >= {"monitor", "state_media", "channel"}:
            same_arrays(short.journals[name], whole().journals[name], name)


def test_a_source_alone_reports_what_it_reports_among_others() -> None:
    part = needed(flagship(), ["monitor"])
    assert keys(part) & {"monitor", "state_media", "channel", "voting"} == {"monitor"}
    mine, all_of_them = part_run(part).journals["record"], whole().journals["record"]
    assert len(all_of_them["source"]) > len(mine["source"]) > 0
    same_arrays(mine, {name: a[all_of_them["source"] == 0] for name, a in all_of_them.items()})


def test_those_who_only_report_are_left_out_and_those_who_act_are_not() -> None:
    gone = ALL - keys(needed(flagship(), ["turnout"]))
    assert gone == {"voting", "attention", "chronicle", "monitor", "state_media", "channel"}
    assert ALL - keys(needed(flagship(), ["record"])) == {"voting"}
    assert keys(needed(flagship(), [*ALL])) == ALL


def test_phases_stay_in_their_order_and_empty_ones_go() -> None:
    part = needed(flagship(), ["turnout"])
    assert [m.key for m in part.mechanisms] == [m.key for m in flagship().mechanisms if m.key in keys(part)]
    assert all(phase.mechanisms for phase in part.schedule)
    assert isinstance(part.schedule[0], Phase)


def test_what_the_model_has_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"has no 'turnot' \(did you mean 'turnout'\?\)"):
        needed(flagship(), ["turnot"])


def test_a_key_that_no_model_has_is_still_refused() -> None:
    part = needed(flagship(), ["turnout"])
    values, _ = settings_for(part, flagship(), {"chanel.acts": 1.0, "monitor.acts": 0.5}, ())
    assert values == {"chanel.acts": 1.0}
    with pytest.raises(InputError, match=r"chanel\.acts"):
        run(model=part, values=values)


def test_a_function_ends_a_run_after_a_day(tmp_path: Path) -> None:
    seen: list[int] = []

    def twelfth(engine: Engine, day: int) -> bool:
        seen.append(int(engine.view(flagship().declared["silent_days"])[0]))  # type: ignore[arg-type]
        return day == day_number(START) + 11

    short, same = run(until=twelfth), run(days=12)
    assert len(seen) == len(short.days) == 12
    same_arrays(short.series, same.series)
    assert short.state_hash == same.state_hash
    assert short.provenance["until"] == "twelfth"
    with pytest.raises(ModelError, match="ends early at a column, not by a function"):
        run(until=twelfth, checkpoint=tmp_path / "kept")


def test_the_lowest_value_of_a_parameter_is_looked_up_over_places_and_time() -> None:
    first = day_number(START)
    changes = (
        Change("ending.silence", 5.0, first + 3, first + 8, places=(1,)), Change("ending.silence", 900.0, first + 5, first + 6),
    )  # fmt: skip
    found: list[float] = []
    run(country(), days=1, changes=changes, observe=lambda engine, day: found.append(engine.values.lowest("ending.silence")))
    assert found == [5.0]
    run(country(), days=1, observe=lambda engine, day: found.append(engine.values.lowest("ending.silence")))
    assert found[1] == 730.0
    assert np.isfinite(found).all()
