"""One way to break each mechanism, and the named test that must notice.

A mutation replaces a piece of source of one method or helper by another and puts it back afterwards. Mutated runs are
uncompiled (`stage.compile_allowed`), because compiled steps are cached by the function and its source on disk.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.oracles import stage

from groundswell.core.mechanism import Mechanism
from groundswell.models.resistance import PHASES

KINDS: dict[str, type[Mechanism]] = {kind.__name__: kind for _, kinds in PHASES for kind in kinds}


@dataclass(frozen=True)
class Mutation:
    """A broken mechanism.

    Args:
        mechanism: class name.
        what: what is wrong with it, in words.
        where: the method, or the helper of its module, that changes.
        old, new: the source that is replaced, which stands there once, and what replaces it.
        breaks: file and function of the test that must fail.
        given: arguments of that test.
    """

    mechanism: str
    what: str
    where: str
    old: str
    new: str
    breaks: str
    given: tuple[Any, ...] = ()


def mutated(function: types.FunctionType, old: str, new: str) -> types.FunctionType:
    """The function with a piece of its source replaced, in the same module."""
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(old) != 1:
        raise ValueError(f"{function.__qualname__} holds {old!r} {source.count(old)} times; the mutation needs an update")
    module = compile(source.replace(old, new), inspect.getfile(function), "exec", dont_inherit=False)
    code = next(c for c in module.co_consts if isinstance(c, types.CodeType) and c.co_name == function.__name__)
    return types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__)


@contextmanager
def uncompiled() -> Iterator[None]:
    """Every run of the stage is uncompiled."""
    before, stage.compile_allowed = stage.compile_allowed, False
    try:
        yield
    finally:
        stage.compile_allowed = before


@contextmanager
def applied(mutation: Mutation) -> Iterator[None]:
    """The mechanism is broken inside, and whole again afterwards."""
    kind = KINDS[mutation.mechanism]
    owner: Any = kind if mutation.where in vars(kind) else sys.modules[kind.__module__]
    whole = vars(owner)[mutation.where]
    setattr(owner, mutation.where, mutated(whole, mutation.old, mutation.new))
    try:
        with uncompiled():
            yield
    finally:
        setattr(owner, mutation.where, whole)


MUTATIONS = (
    Mutation("Calendar", "leaves the alternative out", "day", "(now.p.focal + now.p.alternative)", "now.p.focal",
             "test_perception.test_calendar_sets_drivers_by_place"),
    Mutation("Calendar", "one legitimacy for all", "day", "= now.p.legitimacy", "= now.p.legitimacy[0]",
             "test_perception.test_calendar_sets_drivers_by_place"),
    Mutation("Occasions", "half as often", "day", "/ 1e6)", "/ 2e6)", "test_perception.test_occasions_come_at_the_declared_rate"),
    Mutation("Occasions", "another tail", "day", "-logs(1.0 - u) * now", "-logs(1.0 - u) / now",
             "test_perception.test_occasions_have_a_pareto_tail"),
    Mutation("Acting", "units of two act", "day", "size >= LEAST_UNIT", "size >= 2", "test_units.test_small_units_do_nothing"),
    Mutation("Acting", "fear encourages", "day", "(1.0 - p.restraint", "(1.0 + p.restraint",
             "test_units.test_acting_rate", (2.5, 0.0, 0.4)),
    Mutation("Meeting", "does not forget", "day", "now[FRIENDS_ACTIVE].fill(0)", "pass",
             "test_perception.test_meeting_forgets_the_day_before", (1.0,)),
    Mutation("Meeting", "misses friends", "_friends", "weight = count[owner]", "weight = 0 * count[owner]",
             "test_perception.test_meeting_counts_friends_as_contacts_do"),
    Mutation("Perception", "counts oneself in the family", "add_households", "F32(total - I64(took_part[j]))", "F32(total)",
             "test_perception.test_household_push_by_hand"),
    Mutation("Perception", "friends weigh double", "step", "tie * F32(f[i])", "tie * F32(2 * f[i])",
             "test_perception.test_push_of_every_layer_by_hand"),
    Mutation("Fear", "grows where it should fade", "step", "exp(-(fall + alarmed))", "exp(fall - alarmed)",
             "test_fear.test_fear_moves_as_declared"),
    Mutation("Fear", "fades where it should grow", "step", "F64(1) - exp(-alarmed)", "exp(-alarmed) - F64(1)",
             "test_fear.test_row_28_fixed_point_of_fear", (0.3, 0.2)),
    Mutation("Participation", "ignores the threshold", "step", "- F64(threshold)", "- F64(0.0)",
             "test_participation.test_participation_by_hand", ("threshold",)),
    Mutation("Participation", "people who are away take part", "step", "turn_out(scale - I64(away[i]), ", "turn_out(scale, ",
             "test_participation.test_those_who_stay_out"),
    Mutation("Participation", "fear does not matter", "reason", "(F64(1.0) - F64(floor)) * F64(fear)", "F64(0.0)",
             "test_participation.test_participation_by_hand", ("logit",)),
    Mutation("Policing", "ignores capacity", "_answer", "and used <= now[FORCES][province[i]]", "",
             "test_response.test_forces_answer_within_their_capacity"),
    Mutation("Policing", "rounds down", "arrest_probability", "np.floor(r + 0.5)", "np.floor(r)",
             "test_participation.test_row_11_the_three_arrest_ratios", ("round", 15, 2.0)),
    Mutation("Policing", "takes a person twice", "choose", "pool[at] = pool[k]", "pool[at] = pool[at]",
             "test_response.test_the_detained_are_not_arrested_again"),
    Mutation("Detection", "adds probabilities", "day",
             "1.0 - (1.0 - patrol) * (1.0 - camera) * (1.0 - p.informant[province] * informed)",
             "patrol + camera + p.informant[province] * informed",
             "test_detention.test_detection_combines_three_ways", (1.0, True)),
    Mutation("Detection", "patrols see less", "day", "patrol = p.patrol[province]", "patrol = 0.9 * p.patrol[province]",
             "test_detention.test_row_27_days_to_the_first_detection", (3, 0.2)),
    Mutation("Interrogation", "stops after the first captives", "day", "named), named", "named), named[:0]",
             "test_detention.test_row_26_roll_up_on_a_tree", (3, 5, 0.1)),
    Mutation("Interrogation", "coins belong to the one who is named, whoever names", "_comembers", "captives[owner], other) &",
             "other, other) &",
             "test_detention.test_roll_up_is_percolation_whatever_the_order"),
    Mutation("Emigration", "kills those who leave", "day", "fate=ABROAD", "fate=ABROAD - 1",
             "test_detention.test_emigration_rate_and_nobody_is_lost"),
    Mutation("Emigration", "forgets fractions of persons", "day",
             "np.floor(expected + now.draws.uniform(EMIGRATE, now.day, codes))", "np.floor(expected)",
             "test_detention.test_emigration_rate_and_nobody_is_lost"),
    Mutation("Witnessing", "swaps what is seen", "day", "np.repeat(repression * per, count)", "np.repeat(defiance * per, count)",
             "test_perception.test_witnessing_per_1000"),
    Mutation("Loyalty", "waits for one more", "day", "p.followers <= int", "p.followers < int", "test_loyalty.test_row_1_granovetter"),
    Mutation("Loyalty", "pay takes loyalty away", "day", "+ p.pay", "- p.pay", "test_loyalty.test_loyalty_by_hand"),
    Mutation("Custody", "never releases", "_release", '(custody["until"] <= now.day)', '(custody["until"] < 0)',
             "test_detention.test_row_14_detained_on_average"),
    Mutation("Custody", "loses those who leave", "day", "now.places.row_of(person), np.uint16(1)",
             "now.places.row_of(person[fate != ABROAD]), np.uint16(1)",
             "test_detention.test_emigration_rate_and_nobody_is_lost"),
    Mutation("Founding", "ten times as fast", "day", "/ 365.25", "/ 36.525", "test_units.test_founding_rate"),
    Mutation("Founding", "sleeping units multiply", "_multiply", ">= LEAST_UNIT", ">= 0", "test_units.test_small_units_do_nothing"),
    Mutation("Recruitment", "ignores fear", "_join", "* (1.0 - now[FEAR][rows].astype(np.float64))", "",
             "test_units.test_recruitment_rate"),
    Mutation("Units", "never split", "_split", "for one in splitting:", "for one in splitting[:0]:",
             "test_units.test_units_split_at_their_upper_size"),
    Mutation("Units", "are lost twice as fast", "_lose", "now.p.loss[province", "2 * now.p.loss[province",
             "test_units.test_row_25_birth_and_death_of_units"),
    Mutation("Units", "keep those who were taken", "day", "free_members(now.table(MEMBERS), now.table(CUSTODY))", "now.table(MEMBERS)",
             "test_units.test_those_who_are_taken_leave_their_unit"),
    Mutation("Frames", "only the first is taken over", "step", "new = frame_all[base + other]", "new = U8(1)",
             "test_frames.test_every_frame_is_taken_over_alike"),
    Mutation("Frames", "loses count", "step", "holders_2[b] += I64(new == 2) - I64(old == 2)", "holders_2[b] += I64(new == 2)",
             "test_frames.test_every_frame_is_taken_over_alike"),
    Mutation("Reporting", "passes inventions off as true", "_invent", "invented=1", "invented=0",
             "test_record.test_only_a_source_that_is_set_to_invents"),
    Mutation("Reporting", "invents unasked", "_invent", "if not now.p.invention.any():",
             "if False:\n        pass\n    now.p.invention = now.p.invention + 99.0\n    if False:",
             "test_record.test_only_a_source_that_is_set_to_invents"),
    Mutation("Reporting", "reports large and small alike", "day", 'now.p.reach[where] * met["size"] /', "now.p.reach[where] * 60 /",
             "test_record.test_reports_have_the_declared_probability", (3,)),
    Mutation("Census", "counts those inside twice", "day", "-= now[column]", "-= 2 * now[column]", "test_record.test_census_counts"),
)  # fmt: skip
