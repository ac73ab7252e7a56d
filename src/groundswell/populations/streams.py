"""The purposes for which a population draws; their numbers (1000-1999) are part of every address and never change.

An address is (province code, number within the province, lane): a household's number, a row's index, or the number of
a group within its city with the city's key as the lane. So a province's people depend on nothing outside it.
"""

from __future__ import annotations

from groundswell.core.draws import Stream

HEADS = Stream("population_heads", 1000, "the order of households")
SPOUSES = Stream("population_spouses", 1001, "the age of a head's spouse")
COUPLE_SIZES = Stream("population_couple_sizes", 1002, "the size of a couple's household")
SINGLE_SIZES = Stream("population_single_sizes", 1003, "the size of a household whose head has no spouse")
SLOTS = Stream("population_slots", 1004, "who else lives in a household: a parent, other kin")
CHILDREN = Stream("population_children", 1005, "the age of a child")
PARENTS = Stream("population_parents", 1006, "the age of a head's parent")
OTHERS = Stream("population_others", 1007, "the order of other relatives and of the unrelated")
SEXES = Stream("population_sexes", 1008, "the sex of a child, a parent or another")
OCCUPATIONS = Stream("population_occupations", 1009, "what a person does")
TRAITS = Stream("population_traits", 1010, "hardship and risk aversion")
NEIGHBOURHOODS = Stream("population_neighbourhoods", 1011, "the size of a neighbourhood")
GROUP_SIZES = Stream("population_group_sizes", 1012, "sizes of schools, campuses, workplaces, barracks (1012 to 1015)")
GROUP_ORDER = Stream("population_group_order", 1016, "who works with whom in a town")

ALL = (
    HEADS, SPOUSES, COUPLE_SIZES, SINGLE_SIZES, SLOTS, CHILDREN, PARENTS, OTHERS, SEXES,
    OCCUPATIONS, TRAITS, NEIGHBOURHOODS, GROUP_SIZES, GROUP_ORDER,
)  # fmt: skip
