"""Sizes of crowds as reporters write them: `about 1,000`, `between 50 and 100`, `hundreds`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

Range = tuple[int | None, int | None]

# What a vague word can mean, in persons. Assumed: twice the unit up to just under the next unit.
VAGUE = (
    ("hundreds of thousands", (200_000, 999_999)),
    ("tens of thousands", (20_000, 99_999)),
    ("thousands", (2_000, 9_999)),
    ("hundreds", (200, 999)),
    ("dozens", (24, 99)),
    ("scores", (40, 99)),
)
UNITS = {"thousand": 1_000, "hundred": 100, "million": 1_000_000, "dozen": 12}
_NUMBER = re.compile(r"(\d{1,3}(?:[, ]\d{3})+|\d{1,12})(?:\.(\d))?\s*(million|thousand|hundred|dozen|k\b)?")
_LEAST = re.compile(r"at least|more than|over|above|minimum|>|\+|upwards")
_MOST = re.compile(r"at most|up to|less than|fewer than|under|below|<|nearly|almost")
_PLURAL = re.compile(r"(\d+)s\b")  # 100s, 1000s


def size(text: str) -> Range:
    """The least and the greatest number that a text can mean; None where it sets no bound, both None where it tells nothing.

    `about 1,000` is 1,000 to 1,000: by how much an estimate is off is for a model of the source to say.
    """
    words = text.strip().lower()[:LONGEST]
    if plural := _PLURAL.search(words):
        unit = int(plural[1][:9])
        return (2 * unit, 10 * unit - 1) if unit else (None, None)
    found = [_value(*match) for match in _NUMBER.findall(words)]
    if found:
        if len(found) > 1 and re.search(r"between|to|-|–|and", words):
            return min(found[:2]), max(found[:2])
        if _LEAST.search(words):
            return found[0], None
        return (None, found[0]) if _MOST.search(words) else (found[0], found[0])
    for word, both in VAGUE:
        if word in words:
            return both
    return None, None


LONGEST = 100


def _value(digits: str, tenth: str, unit: str) -> int:
    number = int(re.sub(r"[, ]", "", digits))
    times = UNITS.get(unit, 1_000 if unit == "k" else 1)
    return number * times + (int(tenth) * times // 10 if tenth else 0)


def sizes(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Least and greatest numbers for a column of texts; each different text is read once."""
    import polars as pl

    if text.null_count() == len(text):
        none = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(text))
        return none, none
    read = {told: size(told) for told in text.unique().to_list() if told is not None}
    ends = [{told: both[end] for told, both in read.items()} for end in (0, 1)]
    low, high = (pl.col(text.name).replace_strict(end, default=None, return_dtype=pl.Int64) for end in ends)
    found = text.to_frame().select(low=low, high=high)
    return found["low"], found["high"]
