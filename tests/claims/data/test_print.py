"""Numbers in print: shares, ratios, campaigns; and what is said where they are missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from groundswell import cases
from groundswell.claims.data import acts, lists, shares, years
from groundswell.claims.finding import Given
from groundswell.core.errors import InputError
from groundswell.events.table import Events, schema

IRAN = cases.load("iran")
VOTE = date(2024, 3, 1)


def given(*records: Events) -> Given:
    return Given(IRAN, records)


def listed(rows: Sequence[tuple[date, str]], kind: str = "other", source: str = "plain") -> Events:
    """A list of acts: day and province."""
    import polars as pl

    count = len(rows)
    days = [day for day, _ in rows]
    frame = pl.DataFrame(
        {"row": range(count), "id": [str(k) for k in range(count)], "first": days, "last": days, "precision": ["day"] * count,
         "region": [place for _, place in rows], "kind": [kind] * count, "count": [1] * count},
    )  # fmt: skip
    types = schema()
    whole = frame.with_columns(pl.lit(None).alias(name) for name in types if name not in frame.columns)
    return Events(whole.select(pl.col(name).cast(kind) for name, kind in types.items()), source, "made up", f"digest {kind} {count}")


def test_a_printed_share_has_the_range_of_all_prints_as_bounds() -> None:
    told = shares.printed_share(
        given(), figure="turnout.official", day=VOTE, place="IR-23", others=["turnout.capital"], away=True, claimed=0.9
    )
    assert (told.estimate, told.low, told.high) == pytest.approx((0.66, 0.66, 1 - 0.2019))
    assert told.numbers["factor"] == pytest.approx(3.4)
    assert told.basis == "figures"
    plain = shares.printed_share(given(), figure="turnout.official", day=VOTE)
    assert (plain.estimate, plain.low, plain.high) == pytest.approx((0.4064,) * 3)
    assert shares.printed_share(given(), figure="turnout.official", day=date(1999, 1, 1)).estimate is None
    with pytest.raises(InputError, match=r"no figure 'turnout.oficial'") as wrong:
        shares.printed_share(given(), figure="turnout.oficial", day=VOTE)
    assert wrong.value.nearest == "turnout.official"
    with pytest.raises(InputError, match="no share"):
        shares.printed_share(given(), figure="quiet.after_2009", day=date(2010, 1, 1))


def test_valid_ballots_are_the_turnout_less_those_that_do_not_count() -> None:
    told = shares.valid_share(given(), day=VOTE)
    assert (told.low, told.estimate, told.high) == pytest.approx((0.4064 * 0.87, 0.4064 * 0.95, 0.4064))
    assert shares.valid_share(given(), day=date(1999, 1, 1)).estimate is None


def test_so_many_of_so_many() -> None:
    told = shares.share_of(given(), hits=0, of=2, what="falls")
    assert (told.low, told.high) == pytest.approx((0, 1 - 0.05**0.5))
    for hits, of in ((3, 2), (-1, 2), (0, 0)):
        with pytest.raises(InputError):
            shares.share_of(given(), hits=hits, of=of, what="nothing")


def test_a_published_number_keeps_its_bounds() -> None:
    told = shares.printed_number(given(), value=2, low=1, high=3, what="a book")
    assert (told.estimate, told.low, told.high, told.words) == (2, 1, 3, "a book")
    with pytest.raises(InputError):
        shares.printed_number(given(), value=4.0, low=1.0, high=3.0, what="a book")


def test_yearly_counts() -> None:
    told = years.yearly_rate_ratio(given(), figure="mass_mobilization.year", first=[2010, 2016], second=[2005, 2008])
    assert told.estimate == pytest.approx((3 + 5 + 1 + 2 + 4 + 4 + 4) / 7 / 4)
    assert told.low < 1 < told.high
    assert len(told.figures) == 11
    assert "1990" in years.yearly_rate_ratio(given(), figure="mass_mobilization.year", first=[1990, 1991], second=[2005, 2008]).needs
    with pytest.raises(InputError, match="no first and last year"):
        years.yearly_rate_ratio(given(), figure="mass_mobilization.year", first=[2016, 2010], second=[2005, 2008])


@pytest.mark.parametrize(("printed", "low", "high"), [(10000, 9500, 15000), (3000, 2500, 3500), (116, 116, 116), (100, 95, 150)])
def test_rounding(printed: float, low: float, high: float) -> None:
    assert lists.rounded(printed) == (low, high)


def test_the_ratio_of_two_prints() -> None:
    told = lists.ratio_of_prints(given(), figure="messages.claimed", later=date(2024, 6, 1), earlier=date(2023, 6, 1))
    assert told.estimate == 2
    assert (told.low, told.high) == pytest.approx((15000 / 15000, 25000 / 9500))
    assert lists.ratio_of_prints(given(), figure="messages.claimed", later=date(2024, 6, 1), earlier=date(2020, 6, 1)).estimate is None


def test_campaigns_that_one_number_of_units_solves_have_no_misfit() -> None:
    told = acts.misfit_of_campaigns(given(), days=[3.0, 10.0, 0.1])
    assert told.estimate == pytest.approx(1)
    assert told.low == 1
    iran = acts.misfit_of_campaigns(given(), days=[31.0, 30.0, 3.0], at_most=[31.0, 30.0, 30.0])
    assert iran.estimate == pytest.approx(math.sqrt(10))
    assert iran.low == pytest.approx(math.sqrt((9500 / 30) / (150 / 3)))
    assert iran.high == pytest.approx(math.sqrt((15000 / 30) / (95 / 30)))
    assert set(iran.numbers) == {"order_low", "order_high"}  # orders of magnitude and nothing finer
    assert all(float(x).is_integer() for x in iran.numbers.values())
    with pytest.raises(InputError, match="2 lengths for 3 campaigns"):
        acts.misfit_of_campaigns(given(), days=[1.0, 2.0])


def test_the_least_base_is_groups_times_persons_and_has_no_upper_bound() -> None:
    told = acts.smallest_base(given(), persons=4)
    assert (told.estimate, told.low, told.high) == (464, 464, math.inf)


def test_lists_of_acts_are_compared_only_where_two_are_given() -> None:
    one = listed([(date(2022, 5, 1), "IR-00"), (date(2024, 5, 1), "IR-01"), (date(2024, 6, 1), "Tehran")])
    two = listed([(date(2022, 5, 1), "IR-01"), (date(2024, 5, 1), "IR-23"), (date(2024, 5, 2), "IR-23"), (date(2024, 5, 2), "IR-02")])
    assert lists.provinces_in_both_lists(given(one)).estimate is None
    assert lists.growth_in_lists(given(one), first=2022, last=2024).estimate is None
    both = lists.provinces_in_both_lists(given(one, two))
    assert (both.estimate, both.low, both.high) == (2, 2, 31)
    assert "IR-" not in both.words  # how many, never which
    grown = lists.growth_in_lists(given(one, two), first=2022, last=2024)
    assert grown.estimate == pytest.approx(math.sqrt(2) - 1)
    assert grown.low < 0 < grown.high
    demonstrations = listed([(date(2022, 5, 1), "IR-00")] * 3, kind="peaceful_protest")
    assert lists.provinces_in_both_lists(given(one, demonstrations)).estimate is None


def test_the_ratio_of_two_lists() -> None:
    days = [date(2022, 1, 1 + k) for k in range(30)] + [date(2022, 2, 1 + k) for k in range(28)]
    one = listed([(day, "IR-00") for day in days], kind="peaceful_protest")
    two = listed([(day, "IR-00") for day in days for _ in range(3)], kind="peaceful_protest")
    told = lists.ratio_of_lists(given(one, two))
    assert (told.estimate, told.low, told.high) == (3, 3, 3)
    assert lists.ratio_of_lists(given(one)).estimate is None


def test_slogans_need_a_coding(tmp_path: Path) -> None:
    assert "coding of slogans" in shares.leading_frame(given(), day=date(2025, 12, 28)).needs
    import shutil

    folder = tmp_path / "iran"
    shutil.copytree(IRAN.folder, folder)
    rows = "".join(
        f"slogans.{key},,2025-12-28,2026-01-06,{value},,,slogans,somebody,a coding,\n"
        for key, value in (("anti_ruler", 300), ("rival", 200), ("coded", 1000))
    )
    with (folder / "figures.csv").open("a", encoding="utf-8") as table:
        table.write(rows)
    told = shares.leading_frame(Given(cases.load(folder)), day=date(2025, 12, 28))
    assert told.estimate == pytest.approx(0.1)
    assert told.high - told.low == pytest.approx(2 * 1.6449 * math.sqrt((0.5 - 0.01) / 1000))
