"""The rows of a case's dated and documentary tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

Day = date  # where a field is called `date`
NTH = ("first", "second", "third")  # organisations, as the keys of their parameters begin


@dataclass(frozen=True)
class Names:
    """What reports call the numbered frames, organisations and sources.

    Args:
        frames: of frames 1, 2, 3.
        organisations: of organisations 1, 2, 3.
        sources: of the reporting sources, in the order monitor, state media, channel.
    """

    frames: tuple[str, ...] = ("frame 1", "frame 2", "frame 3")
    organisations: tuple[str, ...] = ("first organisation", "second organisation", "third organisation")
    sources: tuple[str, ...] = ("independent monitor", "state media", "movement's channel")


@dataclass(frozen=True)
class Event:
    """What happened, or was decided, on a date: it drives one parameter, or only tests.

    Args:
        id, name: for errors and reports; rows of one name belong together.
        role: `drives` or `tests`.
        start: first day; it lasts `days` days.
        parameter, operation, value: what it changes; empty where it only tests.
        places: ids of provinces; empty means all.
        claimed_by, source, doc: who says so, where it is from, what it stands for.
    """

    id: str
    name: str
    role: str
    start: date
    days: int
    parameter: str
    operation: str
    value: str
    places: tuple[str, ...]
    claimed_by: str
    source: str
    doc: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Commemoration:
    """A day of the year on which coordination is cheaper: a yearly push, from a year on."""

    id: str
    name: str
    month: int
    day: int
    from_year: int
    days: int
    push: float
    places: tuple[str, ...]
    claimed_by: str
    source: str
    doc: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Campaign:
    """A national campaign of an organisation.

    Args:
        organisation: its number, 1 to 3.
        printed: the date as its source prints it.
        start, end: as corrected, both days included.
        tactic: one of the model's tactics, `all` of them, or `boycott`.
        frame: number of the frame it pushes; 0 for none.
        call: assumed strength of its call. The claimed count never drives anything.
        claimed_count, unit: what is claimed of it; None where nothing is.
    """

    id: str
    name: str
    organisation: int
    printed: str
    start: date
    end: date
    tactic: str
    frame: int
    places: tuple[str, ...]
    call: float
    claimed_count: int | None
    unit: str
    claimed_by: str
    source: str
    doc: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Election:
    """A vote of the nation. That it is held drives the model; its turnouts (shares of the eligible, None: not known) only test.

    `called` is the day from which it was known that it would be held, where that was not the regular calendar.
    """

    date: date
    name: str
    kind: str
    official_turnout: float | None
    capital_turnout: float | None
    source: str
    claimed_by: str
    called: Day | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Uprising:
    """A window for maps and checks; it drives nothing."""

    id: str
    name: str
    start: date
    end: date
    source: str
    doc: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Figure:
    """A real or contested figure to compare with; it drives nothing.

    Args:
        key: what it measures, dotted.
        place: a province's id; empty for the nation.
        start, end: the time it is about, both days included.
        value, low, high: the figure, or a range, or both; None where not given.
        unit: "1" for a pure number or a share.
        claimed_by: who says so.
    """

    key: str
    place: str
    start: date
    end: date
    value: float | None
    low: float | None
    high: float | None
    unit: str
    claimed_by: str
    source: str
    doc: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Assertion:
    """A statement of the document that describes the system, and where it is built and tested.

    Args:
        id, part: its own name, and the part of the system (S1, S2, ...).
        as_printed, as_corrected: paraphrased; the correction is empty where none is needed.
        contested: who says what else.
        claim: claims that test it (C1, C2, ...), empty for none.
        built: modules (`mechanisms.fear`) and parameters (`fear.relief`) that build it.
        test: ablation tests as `path::name`.
        output, direction: the output that moves when it is switched off, and which way.
    """

    id: str
    part: str
    as_printed: str
    as_corrected: str
    contested: str
    claim: tuple[str, ...]
    built: tuple[str, ...]
    test: tuple[str, ...]
    output: str
    direction: str
    line: int = field(default=0, compare=False)
