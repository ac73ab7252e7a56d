"""The Events table: what every record of events is read into, whatever project counted it.

One row is one event, or so many events of one kind in one place and time (`count`) where only counts are published. Columns that
name people or quote prose have no place here. A place is told as finely as the record tells it; what is reported of a real case stays
at province and week or coarser.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

PRECISIONS = ("day", "week", "month", "year")
PLACE_PRECISIONS = ("town", "district", "region", "country")
KINDS = (
    "peaceful_protest",
    "protest_with_intervention",
    "excessive_force_against_protesters",
    "violent_demonstration",
    "mob_violence",
    "armed_violence",
    "campaign",
    "other",
)
FORMULA = "=+-@\t\r"  # what a spreadsheet takes for the beginning of a formula

Kind = Literal["row", "text", "date", "whole", "real", "precision", "place_precision", "kind"]


@dataclass(frozen=True)
class EventColumn:
    """A column of the Events table.

    Args:
        name: as in the frame.
        kind: type of its values; `precision`, `place_precision` and `kind` are words of the lists above.
        doc: one sentence.
        unit: of numbers.
        optional: whether it may be null.
    """

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    optional: bool = False


COLUMNS = (
    EventColumn("row", "row", "Row of the file that it comes from: 1 is the first below the names of the columns.", "row"),
    EventColumn("id", "text", "Identifier: the record's own where it has one, else made from what tells rows apart."),
    EventColumn("first", "date", "First day on which it may have begun."),
    EventColumn("last", "date", "Last day; the same for an event of one day, later for one that lasted or whose day is not known."),
    EventColumn("precision", "precision", "How exactly the time is known."),
    EventColumn("country", "text", "The country, as the file names it.", optional=True),
    EventColumn("region", "text", "The first-level region, as the file names it.", optional=True),
    EventColumn("place", "text", "The town or other place, as the file names it.", optional=True),
    EventColumn("latitude", "real", "Degrees north.", "degree", optional=True),
    EventColumn("longitude", "real", "Degrees east.", "degree", optional=True),
    EventColumn("place_precision", "place_precision", "How exactly the place is known."),
    EventColumn("kind", "kind", "What happened, in the words of ACLED's sub-event types, the violent ones taken together."),
    EventColumn("count", "whole", "Events that the row stands for; 0 where a table of counts gives deaths or nothing at all.", "events"),
    EventColumn("size_low", "whole", "Least number of participants.", "persons", optional=True),
    EventColumn("size_high", "whole", "Greatest number of participants.", "persons", optional=True),
    EventColumn("deaths", "whole", "Deaths as reported.", "persons", optional=True),
    EventColumn("arrests", "whole", "Persons arrested, as reported.", "persons", optional=True),
    EventColumn("reporter", "text", "The organisation that reported it, where the format names one as such.", optional=True),
)
NAMES = tuple(column.name for column in COLUMNS)
COORDINATES = ("latitude", "longitude")


def schema() -> dict[str, Any]:
    """The polars type of each column, in order."""
    return dict(_schema())


@cache
def _schema() -> dict[str, Any]:
    import polars as pl

    types: dict[str, Any] = {
        "row": pl.UInt32,
        "text": pl.String,
        "date": pl.Date,
        "whole": pl.Int64,
        "real": pl.Float64,
        "precision": pl.Enum(PRECISIONS),
        "place_precision": pl.Enum(PLACE_PRECISIONS),
        "kind": pl.Enum(KINDS),
    }
    return {column.name: types[column.kind] for column in COLUMNS}


@dataclass(frozen=True, eq=False)
class Events:
    """A record of events that was read.

    Args:
        frame: rows in the order of the file, columns as `COLUMNS`.
        source: name of the format.
        file: path of the file.
        digest: BLAKE2b of its bytes (16 bytes, hex), by which others can tell that they read the same.
    """

    frame: pl.DataFrame
    source: str
    file: str
    digest: str

    def __len__(self) -> int:
        """Rows, not events: a row may stand for several."""
        return self.frame.height

    @property
    def total(self) -> int:
        """Events that the rows stand for."""
        return int(self.frame["count"].sum())

    def write_csv(self, target: Path) -> None:
        """Write the table as CSV, whole or not at all, with texts that no spreadsheet takes for a formula."""
        from groundswell.core.store import whole_file

        with whole_file(target) as scratch:
            harmless(self.frame).write_csv(scratch)

    def write_parquet(self, target: Path) -> None:
        """Write the table as Parquet, whole or not at all."""
        from groundswell.core.store import whole_file

        with whole_file(target) as scratch:
            self.frame.write_parquet(scratch)


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """A table that is safe to open in a spreadsheet: an apostrophe before texts that begin with = + - @, a tab or a return."""
    import polars as pl

    text = pl.col(pl.String)
    return frame.with_columns(pl.when(text.str.contains(r"^[=+\-@\t\r]")).then("'" + text).otherwise(text).name.keep())
