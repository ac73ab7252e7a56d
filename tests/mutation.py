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
from groundswell.observation import day, law

KINDS: dict[str, type[Mechanism]] = {kind.__name__: kind for _, kinds in PHASES for kind in kinds}


@dataclass(frozen=True)
class Mutation:
    """A broken mechanism.

    Args:
        mechanism: class name.
        what: what is wrong with it, in words.
        where: the method, or the helper of its module or of the law of observation, that changes.
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
    made = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


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
    homes: list[Any] = [k for k in kind.__mro__ if mutation.where in vars(k)][:1]
    homes = homes or [m for m in (sys.modules[kind.__module__], day, law) if mutation.where in vars(m)]
    whole = vars(homes[0])[mutation.where]
    broken = mutated(whole, mutation.old, mutation.new)
    for home in homes:
        setattr(home, mutation.where, broken)
    try:
        with uncompiled():
            yield
    finally:
        for home in homes:
            setattr(home, mutation.where, whole)


MUTATIONS = (
    Mutation("Calendar", "leaves the alternative out", "_push", "p.focal + p.alternative", "p.focal",
             "test_perception.test_calendar_sets_drivers_by_place"),
    Mutation("Calendar", "one legitimacy for all", "_drivers", "(1.0 - p.legitimacy)", "(1.0 - p.legitimacy[0])",
             "test_perception.test_calendar_sets_drivers_by_place"),
    Mutation("Calendar", "propaganda works twice", "_drivers", "(1.0 - p.propaganda)", "(1.0 - p.propaganda) ** 2",
             "test_perception.test_legitimacy_that_propaganda_and_concessions_leave"),
    Mutation("Calendar", "every blackout pushes", "_push", 'if p.blackout_effect == "pushes_to_street":', "if True:",
             "test_perception.test_what_a_blackout_does_to_the_street", ("cuts", (0, 0, 0))),
    Mutation("Calendar", "a fallen regime keeps its forces", "_set", "if now[FALLEN][0]:", "if False:",
             "test_perception.test_forces_of_a_fallen_regime_stand_nowhere"),
    Mutation("Occasions", "ignores the economy", "occur", "rate[p] * economy[p]", "rate[p]",
             "test_perception.test_occasions_come_more_often_in_a_bad_economy"),
    Mutation("Mourning", "a day too early", "day", "now.day - days)", "now.day - days + 1)",
             "test_drivers.test_mourning_pushes_on_the_fortieth_day_and_a_year_after", ("40_day", (40,))),
    Mutation("Mourning", "mourns the living", "day", "== DEAD", "< 9",
             "test_drivers.test_mourning_pushes_on_the_fortieth_day_and_a_year_after", ("both", (40, 365))),
    Mutation("Voting", "coerces nobody", "day", '(1.0 - p["coercion"])', "1.0",
             "test_drivers.test_votes_are_what_hardship_legitimacy_and_the_boycott_let_expect"),
    Mutation("Voting", "rounds down", "day", "int(float(draw) * 1e6)", "0", "test_drivers.test_votes_are_rounded_without_a_bias"),
    Mutation("Voting", "those who are away vote", "_who_may", "now.scale - now[AWAY]", "now.scale - 0 * now[AWAY]",
             "test_drivers.test_votes_are_what_hardship_legitimacy_and_the_boycott_let_expect"),
    Mutation("Attention", "a blackout hides nothing", "day", '1.0 - p["hiding"]', '1.0 - 0.0 * p["hiding"]',
             "test_drivers.test_attention_settles_where_it_should"),
    Mutation("Attention", "never fades", "_quiet", 'exp(-p["decay"])', "1.0", "test_drivers.test_attention_fades_where_nothing_happens"),
    Mutation("Ending", "counts days, but not in a row", "day", "< share else 0", "< share else weak[0]",
             "test_drivers.test_the_regime_falls_after_so_many_days_in_a_row"),
    Mutation("Ending", "counts provinces, not officers", "_obeying", "now[DEPLOYED].astype(np.float64)", "np.ones(len(now[DEPLOYED]))",
             "test_drivers.test_the_regime_falls_after_so_many_days_in_a_row"),
    Mutation("Ending", "a movement that never was ends", "day", "silent[0] >= 0", "True",
             "test_drivers.test_the_movement_ends_after_so_many_days_without_a_unit", (3,)),
    Mutation("Occasions", "half as often", "occur", "F64(1e6)", "F64(2e6)", "test_perception.test_occasions_come_at_the_declared_rate"),
    Mutation("Occasions", "another tail", "occur", "* spread[p]", "/ spread[p]",
             "test_perception.test_occasions_have_a_pareto_tail"),
    Mutation("Acting", "sleeping units act", "count_acts", "if since[k] == 0 and (", "if (",
             "test_units.test_small_units_do_nothing"),
    Mutation("Acting", "everybody heard the call", "hear", "heard[at] = strength[j]", "heard[:] = strength[j]",
             "test_units.test_a_call_raises_the_rate_of_those_who_heard_it_only"),
    Mutation("Acting", "all push one frame", "choose", "frames[organisation[k] - 1][p]", "frames[0][p]",
             "test_units.test_acts_carry_the_frame_of_their_organisation_and_place"),
    Mutation("Acting", "fear encourages", "count_acts", "(F64(1.0) - restraint[p]", "(F64(1.0) + restraint[p]",
             "test_units.test_acting_rate", (2.5, 0.0, 0.4)),
    Mutation("Meeting", "does not forget", "_clear", "now[FRIENDS_ACTIVE].fill(0)", "pass",
             "test_perception.test_meeting_forgets_the_day_before", (1.0,)),
    Mutation("Meeting", "misses friends", "represent", "weight[n] = count //", "weight[n] = 0 * count //",
             "test_perception.test_meeting_counts_friends_as_contacts_do"),
    Mutation("Perception", "counts oneself in the family", "of_household", "F32(total - I64(took_part[i]))", "F32(total)",
             "test_perception.test_household_push_by_hand"),
    Mutation("Perception", "friends weigh double", "step", "tie * F32(friends_active[i])", "tie * F32(2 * friends_active[i])",
             "test_perception.test_push_of_every_layer_by_hand"),
    Mutation("Perception", "contact does not matter to friends", "step", "friends * contact", "friends * F32(1.0)",
             "test_perception.test_contact_weighs_who_is_met_in_person"),
    Mutation("Meeting", "a blackout hides nothing", "day", "(1.0 - now[BLACKOUT])", "1.0",
             "test_perception.test_a_blackout_cuts_what_is_seen_of_the_nation"),
    Mutation("Fear", "grows where it should fade", "step", "exp(-(fall + alarmed))", "exp(fall - alarmed)",
             "test_fear.test_fear_moves_as_declared"),
    Mutation("Fear", "fades where it should grow", "step", "F64(1.0) - exp(-alarmed)", "exp(-alarmed) - F64(1.0)",
             "test_fear.test_row_28_fixed_point_of_fear", (0.3, 0.2)),
    Mutation("Participation", "ignores the threshold", "step", "- F64(threshold)", "- F64(0.0)",
             "test_participation.test_participation_by_hand", ("threshold",)),
    Mutation("Participation", "people who are away take part", "step", "turn_out(scale - I64(away[i]), ", "turn_out(scale, ",
             "test_participation.test_those_who_stay_out"),
    Mutation("Participation", "fear does not matter", "reason", "(F64(1.0) - F64(floor)) * F64(fear)", "F64(0.0)",
             "test_participation.test_participation_by_hand", ("logit",)),
    Mutation("Policing", "ignores capacity", "_reach", "and used <= forces[home[i]]", "",
             "test_response.test_forces_answer_within_their_capacity"),
    Mutation("Policing", "takes nobody at livelihood protest", "_take",
             "for i in np.flatnonzero((answer >= ARRESTED) & ~tracked)",
             "for i in np.flatnonzero((answer > SHOT) & ~tracked)",
             "test_response.test_where_participants_are_counted_residents_of_the_city_are_taken"),
    Mutation("Policing", "breaks up rallies", "intend", "== LIVELIHOOD else F64(0.0)", "== LIVELIHOOD else F64(1.0)",
             "test_response.test_livelihood_protest_is_answered_less_often_and_rallies_never"),
    Mutation("Policing", "rounds down", "arrest_probability", "I64(r + F64(0.5))", "I64(r)",
             "test_participation.test_row_11_the_three_arrest_ratios", ("round", 15, 2.0)),
    Mutation("Policing", "takes a person twice", "choose", "pool[seats[k]] = pool[k]", "pool[seats[k]] = pool[seats[k]]",
             "test_response.test_the_detained_are_not_arrested_again"),
    Mutation("Detection", "adds probabilities", "detect",
             "F64(1.0) - (F64(1.0) - by_patrol) * (F64(1.0) - by_camera) * (F64(1.0) - by_informant)",
             "by_patrol + by_camera + by_informant",
             "test_detention.test_detection_combines_three_ways", (1.0, True)),
    Mutation("Detection", "patrols see less", "detect", "min(patrol[p]", "min(0.9 * patrol[p]",
             "test_detention.test_row_27_days_to_the_first_detection", (3, 0.2)),
    Mutation("Detection", "every tactic is as risky", "detect", "risks[tactic[i], p]", "F64(1.0)",
             "test_detention.test_the_risk_of_a_tactic_multiplies_what_patrols_and_cameras_see", ("writing",)),
    Mutation("Interrogation", "stops after the first captives", "day", "named), named", "named), named[:0]",
             "test_detention.test_row_26_roll_up_on_a_tree", (3, 5, 0.1)),
    Mutation("Interrogation", "coins belong to the one who is named, whoever names", "_comembers", "captives[owner], other) &",
             "other, other) &",
             "test_detention.test_roll_up_is_percolation_whatever_the_order"),
    Mutation("Emigration", "kills those who leave", "day", "fate=ABROAD", "fate=ABROAD - 1",
             "test_detention.test_emigration_rate_and_nobody_is_lost"),
    Mutation("Emigration", "fear keeps people home", "day", "now.p.fear * now[FEAR_MEAN]", "0.0 * now[FEAR_MEAN]",
             "test_drivers.test_fear_drives_people_out"),
    Mutation("Emigration", "forgets fractions of persons", "day",
             "np.floor(expected + now.draws.uniform(EMIGRATE, now.day, codes))", "np.floor(expected)",
             "test_detention.test_emigration_rate_and_nobody_is_lost"),
    Mutation("Witnessing", "shows what was detected", "see_defiance", "detected[i] == 0", "detected[i] < 2",
             "test_witnessing.test_witnessing_per_1000"),
    Mutation("Witnessing", "a blackout hides no deaths", "see_repression", "F32(1.0) - blackout[p]", "F32(1.0) + 0 * blackout[p]",
             "test_witnessing.test_the_nation_hears_of_deaths_as_far_as_there_is_no_blackout", (6, 1.0)),
    Mutation("Witnessing", "counts arrests in the street twice", "see_repression", "held[c] - street[c]", "held[c]",
             "test_witnessing.test_arrests_by_detection_and_roll_up_are_seen_too"),
    Mutation("Witnessing", "every act carries the first frame", "see_defiance", "near[hood[i], frame[i]]", "near[hood[i], 1]",
             "test_witnessing.test_frames_are_seen_as_they_are_carried"),
    Mutation("Witnessing", "videos are seen next door only", "see_defiance", "tactic[i] == VIDEO", "tactic[i] == 99",
             "test_witnessing.test_each_tactic_is_as_visible_as_declared", ("video",)),
    Mutation("Loyalty", "waits for one more", "step_loyalty", "rates[p, 7] <=", "rates[p, 7] <", "test_loyalty.test_row_1_granovetter"),
    Mutation("Loyalty", "pay takes loyalty away", "step_loyalty", "rise = rates", "rise = -rates", "test_loyalty.test_loyalty_by_hand"),
    Mutation("Loyalty", "strength weakens", "step_loyalty", "+ rates[p, 1]", "- rates[p, 1]",
             "test_loyalty.test_loyalty_follows_strength_the_alternative_and_defection_elsewhere"),
    Mutation("Loyalty", "one's own defection counts", "step_loyalty", "(gone - mine)", "(gone - 0 * mine)",
             "test_loyalty.test_loyalty_follows_strength_the_alternative_and_defection_elsewhere"),
    Mutation("Custody", "never releases", "pass_day", "until[i] <= day", "until[i] < 0",
             "test_detention.test_row_14_detained_on_average"),
    Mutation("Custody", "loses those who leave", "settle", "away[row] += U16(1)", "away[row] += U16(fate[j] != ABROAD)",
             "test_detention.test_emigration_rate_and_nobody_is_lost"),
    Mutation("FirstOrganisation", "ten times as fast", "_does", "/ 365.25", "/ 36.525", "test_units.test_founding_rate"),
    Mutation("FirstOrganisation", "sleeping units multiply", "_multiply", "live_units(units) &", "",
             "test_units.test_small_units_do_nothing"),
    Mutation("SecondOrganisation", "founds for the first", "_gather", "organisation=self.number", "organisation=1",
             "test_organisations.test_each_organisation_founds_its_own_units_at_its_own_rate"),
    Mutation("SecondOrganisation", "shares founders between units", "_gather", "if person not in taken", "",
             "test_organisations.test_a_unit_is_founded_by_so_many", (12,)),
    Mutation("SecondOrganisation", "joins none", "day", "if joins:", "if False:", "test_organisations.test_a_dated_merger"),
    Mutation("ThirdOrganisation", "founds for itself for ever", "day", "into=int(p.into.max())", "into=self.number",
             "test_organisations.test_a_dated_merger_of_the_third"),
    Mutation("Calling", "a blackout cuts nothing", "_direct", "* blackout[province]", "* 0.0",
             "test_organisations.test_reach_of_a_call", (0.8, 0.5, 0.4)),
    Mutation("Calling", "reaches everybody's units", "_direct", '& (units["organisation"] == survivor(merged, number))', "",
             "test_organisations.test_reach_of_a_call", (0.8, 0.5, 0.0)),
    Mutation("Calling", "reaches those whom an organisation had before it merged", "_direct", "survivor(merged, number)", "number",
             "test_organisations.test_merged_organisations_are_reached_by_the_calls_of_both_and_heed_the_stronger"),
    Mutation("Calling", "each unit passes on once, however many ties", "_relayed", "range(int(ties.max(initial=0)))", "range(1)",
             "test_organisations.test_a_call_is_passed_on_over_each_tie_with_the_declared_chance", (3,)),
    Mutation("Brokerage", "takes friends within a unit for ties", "_count_ties", "one[one != other], other[one != other]", "one, other",
             "test_organisations.test_ties_between_units_by_hand"),
    Mutation("Brokerage", "counts within an organisation", "_between", "np.fill_diagonal(counts, 0)", "pass",
             "test_organisations.test_ties_between_units_by_hand"),
    Mutation("Brokerage", "units stay with the organisation that ended", "_unite", 'units["organisation"] == one, other,',
             'units["organisation"] == one, one,', "test_organisations.test_a_dated_merger"),
    Mutation("Brokerage", "ties weigh double", "_brokered", "-rate * float", "-2.0 * rate * float",
             "test_organisations.test_ties_bring_organisations_together", (3,)),
    Mutation("Recruitment", "ignores fear", "win_over", " * (F64(1.0) - fear_at(row, fear, fear_kept, fear_added, starts))", "",
             "test_units.test_recruitment_rate"),
    Mutation("Recruitment", "former prisoners are as anybody", "win_over", "former[p] * chance", "chance",
             "test_units.test_former_prisoners_join_more_readily"),
    Mutation("Units", "never split", "_split", "units, members = ", "return\n    units, members = ",
             "test_units.test_units_split_at_their_upper_size"),
    Mutation("Units", "sleepers join any organisation", "_merge",
             '(units["organisation"][target] == units["organisation"][source])', "True",
             "test_organisations.test_sleeping_units_stay_apart_without_a_friend_of_their_organisation", ((1, 2, 1), True)),
    Mutation("Units", "sleepers look twice as often", "look_over", "< merge[p]", "< 2 * merge[p]",
             "test_organisations.test_sleeping_units_go_over_to_a_friend_at_the_declared_rate"),
    Mutation("Units", "anybody's live unit of the city will do", "_place", '& (units["organisation"] == units["organisation"][one])', "",
             "test_organisations.test_an_organisation_puts_sleepers_in_touch_with_its_live_units_of_their_city", (0.6,)),
    Mutation("Units", "who is taken founds all the same", "_join", "~not_free(custody, person)", "person > 0",
             "test_units.test_those_who_were_taken_today_found_and_join_nothing"),
    Mutation("Units", "are lost twice as fast", "_lose", "now.p.loss[province", "2 * now.p.loss[province",
             "test_units.test_row_25_birth_and_death_of_units"),
    Mutation("Units", "keep those who were taken", "day",
             "free_members(now.table(MEMBERS), now.table(CUSTODY), now.day)", "now.table(MEMBERS)",
             "test_units.test_those_who_are_taken_leave_their_unit"),
    Mutation("Frames", "conformity takes the odd one out", "two_of_three", "third if other == third else one",
             "one if other == third else third", "test_frames.test_conformity_is_boyd_and_richersons", (0.5,)),
    Mutation("Frames", "jumps one too far", "step", "i += 1 + gap", "i += 2 + gap",
             "test_frames.test_broadcasts_push_each_frame_by_place_and_day"),
    Mutation("Frames", "acts push the first frame only", "step", "F64(campaign) * F64(seen_frame_3[b])", "F64(0.0)",
             "test_frames.test_campaign_adopts_the_frame_that_acts_carry", (False,)),
    Mutation("Frames", "only the first is taken over", "step", "new = two_of_three(new", "new = two_of_three(U8(1)",
             "test_frames.test_conformity_is_boyd_and_richersons", (1.0,)),
    Mutation("Frames", "nobody is imitated but the first", "step",
             "new = here[min(I64((v - push) / (p - push) * F64(size)), size - 1)] & U8(HELD)", "new = U8(1)",
             "test_frames.test_every_frame_is_taken_over_alike"),
    Mutation("Frames", "loses count", "step", "holders_2[b] += I64(new == 2) - I64(old == 2)", "holders_2[b] += I64(new == 2)",
             "test_frames.test_every_frame_is_taken_over_alike"),
    Mutation("Livelihoods", "calls do not matter", "dispute", "* (F64(1.0) + call[p])", "",
             "test_streams.test_a_call_multiplies_new_disputes"),
    Mutation("Livelihoods", "the economy does not matter", "dispute", "rate[p] * economy[p]", "rate[p]",
             "test_streams.test_disputes_begin_at_the_declared_rate"),
    Mutation("Livelihoods", "one dispute a city and day", "poisson", "and k < MOST", "and k < 1",
             "test_streams.test_disputes_begin_at_the_declared_rate"),
    Mutation("Livelihoods", "disputes end at once", "dispute", "< lasting[p]", "< 0 * lasting[p]",
             "test_streams.test_disputes_go_on_with_the_declared_probability"),
    Mutation("Rallies", "answers every protest", "day", "protest >= p.alarm", "protest >= 0",
             "test_streams.test_the_state_answers_much_anti_regime_protest", (50, 1, 0.0)),
    Mutation("Gathering", "never splits", "count_of", "I64(grown + u)", "I64(0 * grown)",
             "test_streams.test_large_turnouts_split_by_the_declared_law"),
    Mutation("Gathering", "loses persons", "parts_of", "size - parts.sum()", "0",
             "test_streams.test_large_turnouts_split_by_the_declared_law"),
    Mutation("Chronicle", "sees no force where nobody died", "write", "deaths[i] > 0 or response[i] == SHOT", "deaths[i] > 0",
             "test_record.test_the_chronicle_codes_as_acled_would"),
    Mutation("Monitor", "passes inventions off as true", "inventions", '"invented": 1', '"invented": 0',
             "test_record.test_only_a_source_that_is_set_to_invents"),
    Mutation("Monitor", "invents unasked", "day", "if np.count_nonzero(p.invention):",
             "p.invention = p.invention + 99.0\n    if True:",
             "test_record.test_only_a_source_that_is_set_to_invents"),
    Mutation("Monitor", "reports large and small alike", "tell", "F64(size[i])", "F64(60.0)",
             "test_record.test_reports_have_the_declared_probability", (3,)),
    Mutation("Monitor", "confuses a stream with one other only", "confuse", "+ I64(F64(2.0) * u >= share)", "",
             "test_record.test_streams_are_confused_alike"),
    Mutation("Monitor", "confuses acts too", "tell", "topic != ACT and confused[p] > 0.0", "confused[p] > 0.0",
             "test_record.test_acts_are_confused_with_nothing"),
    Mutation("Monitor", "moves reports to another province", "tell", "province_start[p], province_start[p + 1]",
             "province_start[1 - p], province_start[2 - p]",
             "test_record.test_misplaced_reports_stay_in_their_province"),
    Mutation("StateMedia", "inflates whatever it reports", "tell", "topic != ACT and favours[topic] else", "topic != ACT else",
             "test_record.test_interest_by_stream", ("state_media",)),
    Mutation("Channel", "draws as the monitor does", "reports", "number << 40", "0",
             "test_record.test_sources_report_independently_of_one_another"),
    Mutation("Census", "takes every gathering for an anti-regime one", "count_gatherings", "stream[i] == LIVELIHOOD", "stream[i] == 99",
             "test_record.test_census_counts"),
    Mutation("Census", "counts those inside twice", "count_custody", "people[p] - detained[p]", "people[p] - 2 * detained[p]",
             "test_record.test_census_counts"),
)  # fmt: skip
