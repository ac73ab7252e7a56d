"""A pair's runs do what is asked and no more, and tell what the whole runs would."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell import cases
from groundswell.claims.measures import MEASURES
from groundswell.claims.paired import Arm, Wanted, Worlds, pair, run_arm, write_world
from groundswell.claims.reading import read_claims

CASE = cases.load(Path(__file__).parents[1] / "data" / "atlantis")
ONE, TWO, _ = read_claims(CASE)


def opened(tmp_path: Path) -> tuple[Worlds, str, Arm]:
    worlds, name = Worlds(tmp_path, compiled=False), write_world(tmp_path, ONE)
    return worlds, name, worlds.world(name)["arms"]["a"]


def ask(measure: str, first: int, last: int, **options: Any) -> Wanted:
    one = MEASURES[measure]
    return Wanted(one, one.checked(options), first, last)


def test_pairs_tell_what_the_whole_model_s_runs_tell(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path, compiled=False)
    for claim in (ONE, TWO):
        name = write_world(tmp_path, claim)
        world = worlds.world(name)
        found = pair(worlds, {"world": name, "seed": 7, "values": {}})
        for letter, arm in world["arms"].items():
            assert len(arm.part.mechanisms) < len(arm.world.model.mechanisms)
            run = run_arm(dataclasses.replace(arm, part=arm.world.model), {}, 7, world["wanted"], compiled=False)
            told = [one.measured(run) for one in world["wanted"]]
            assert [found[f"{letter}{k}"] for k in range(len(told))] == told
            assert found[f"hash_{letter}"] != run.state_hash  # it holds less


def test_a_run_ends_with_the_last_day_that_counts(tmp_path: Path) -> None:
    _, _, arm = opened(tmp_path)
    asked = ask("turnout", 2, 9), ask("arrests", 5, 19)
    short = run_arm(arm, {}, 3, asked, compiled=False)
    assert len(short.days) == 20
    longer = run_arm(arm, {}, 3, (*asked, ask("arrests", 0, 30)), compiled=False)
    assert [one.measured(short) for one in asked] == [one.measured(longer) for one in asked]


@pytest.mark.parametrize(("silence", "days"), [(30, 13), (42, 1), (1, 42)])
def test_a_movement_that_cannot_end_in_time_is_not_waited_for(tmp_path: Path, silence: int, days: int) -> None:
    """Where units live on the thirteenth of 42 days, no thirty days in a row without one are left."""
    _, _, arm = opened(tmp_path)
    asked = (ask("movement_ended", 0, 41),)
    run = run_arm(arm, {"first_organisation.initial": 500.0, "ending.silence": float(silence)}, 3, asked, compiled=False)
    assert np.asarray(run.series["units_live"]).sum(axis=1).all()
    assert len(run.days) == days
    assert asked[0].measured(run) == 0.0


def test_what_has_happened_for_good_is_not_waited_for(tmp_path: Path) -> None:
    _, _, arm = opened(tmp_path)
    refusing = {"ending.share": 1.0, "ending.days": 3.0, "loyalty.rule": "threshold"}
    fall = (ask("fallen", 0, 41),)
    whole = run_arm(arm, refusing, 3, (ask("fallen", 41, 41),), compiled=False)
    short = run_arm(arm, refusing, 3, fall, compiled=False)
    assert fall[0].measured(short) == ask("fallen", 0, 41).measured(whole)
    fell = np.flatnonzero(np.asarray(whole.series["fallen"])[:, 0])
    assert len(short.days) == (fell[0] + 1 if len(fell) else 42)


def test_series_asked_for_by_name_are_needed_by_name(tmp_path: Path) -> None:
    assert MEASURES["series"].asks({"name": "voted", "how": "sum"}) == ("voted",)
    assert MEASURES["frame_share"].asks({"frame": 1}) == ("frame_1", "frame_2", "frame_3")
    assert all(one.asks({"name": "x"}) for one in MEASURES.values())


def test_words_that_say_why_are_no_part_of_what_is_run(tmp_path: Path) -> None:
    """A doc, a source or a name put better costs no pair; a value does."""
    contrast = ONE.contrast
    assert contrast is not None
    assert contrast.a.effects
    name = write_world(tmp_path, ONE)

    def other(**changes: Any) -> str:
        effect = dataclasses.replace(contrast.a.effects[0], **changes)
        arm = dataclasses.replace(contrast.a, doc="put better", effects=(effect, *contrast.a.effects[1:]))
        return write_world(tmp_path, dataclasses.replace(ONE, contrast=dataclasses.replace(contrast, a=arm)))

    assert other(doc="put better", source="another") == name
    assert other(value=contrast.a.effects[0].value * 1.5) != name
    pair(Worlds(tmp_path, compiled=False), {"world": name, "seed": 1, "values": {}})
