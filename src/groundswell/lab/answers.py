"""Numbers as JSON has them, and the tables of a kept run or study, read anew for every answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.lab import about_cases, kept, places
from groundswell.lab.labels import Label, label

if TYPE_CHECKING:
    import polars as pl

    from groundswell.cases import Case
    from groundswell.core.mechanism import Model

DIGITS = 6  # significant, of what is drawn


def plain(values: Iterable[Any]) -> list[float | int | None]:
    """Numbers as JSON: six significant digits, null where not known."""
    return [number(value) for value in values]


def number(value: Any) -> float | int | None:
    """One of them; whole numbers stay whole."""
    value = float(value) if value is not None else math.nan
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else float(f"{value:.{DIGITS}g}")


def days(column: pl.Series) -> list[str]:
    """Dates as text."""
    return [day.isoformat() for day in column.to_list()]


def table(path: Path) -> pl.DataFrame:
    """A table of a run's folder.

    Raises:
        InputError: it is not there.
        StoreError: it cannot be read.
    """
    import polars as pl

    if path.is_symlink() or not path.is_file():
        raise InputError(f"this run keeps no {path.name}", key="id")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise StoreError(f"{path}: cannot be read ({type(error).__name__})") from None


@dataclass(frozen=True)
class Opened:
    """A run or a study of the folder.

    Args:
        root: the folder.
        name: of the run.
        folder: where it is.
        kind: run, replicates or comparison.
    """

    root: Path
    name: str
    folder: Path
    kind: str

    @classmethod
    def of(cls, root: Path, name: str, kinds: tuple[str, ...]) -> Opened:
        """Open one.

        Raises:
            InputError: there is none of that name and kind, or it is not done.
            StoreError: it was altered since it was written.
        """
        folder = places.opened(root, name)
        found = kept.found(folder)
        if found is None or found.kind not in kinds:
            raise InputError(f"there is no {' or '.join(kinds)} {name!r}", key="id")
        if not found.whole:
            raise InputError("is not done yet", key="id")
        one = cls(root, name, folder, found.kind)
        one.check()
        return one

    def check(self) -> None:
        """Whether a run's files are those that were written; of a study, whether all of its runs are there.

        Raises:
            StoreError: they are not.
        """
        if self.kind == "run":
            from groundswell.experiments.directory import COMPARED, kept as opened

            altered = [name for name in opened(self.folder).altered if name in COMPARED]
            if altered:
                raise StoreError(f"{self.name}/{altered[0]}: missing, or altered since it was written")

    @cached_property
    def about(self) -> dict[str, Any]:
        """The content of `run.json` or `study.json`."""
        from groundswell.experiments.directory import read_about
        from groundswell.experiments.study import read_study

        return read_about(self.folder) if self.kind == "run" else read_study(self.folder)

    @property
    def document(self) -> Mapping[str, Any]:
        """Its scenario, as it is kept; of a comparison that of the first arm."""
        found: Mapping[str, Any] = self.about["scenario"] if self.kind == "run" else next(iter(self.about["arms"].values()))
        return found

    def runs(self, arm: str = "runs") -> list[Path]:
        """The folders of its runs."""
        return [self.folder] if self.kind == "run" else [self.folder / arm / f"seed-{seed}" for seed in self.about["seeds"]]

    @cached_property
    def case(self) -> Case | None:
        """The case that it is of; None where the laboratory has none of that name at that place, or it cannot be read."""
        named = str(self.document["scenario"]["case"])
        try:
            found = about_cases.load(self.root, Path(named).name)
        except GroundswellError:
            return None
        built_in = found.folder.parent != self.root
        return found if built_in == (named == found.folder.name) and (built_in or self._place(named) == found.folder) else None

    def _place(self, named: str) -> Path:
        return (self.folder / named).resolve()

    @property
    def invented(self) -> bool:
        """Whether it is surely of an invented country."""
        return self.case is not None and not self.case.real

    @cached_property
    def model(self) -> Model:
        """The model that ran."""
        from groundswell.experiments.resolve import model_of

        return model_of(str(self.document["model"]["name"]))

    @cached_property
    def sources(self) -> dict[str, str]:
        """What it calls its sources, by key."""
        return {entry["of"]: entry["name"] for entry in self.document["sources"]}

    def label(self, name: str) -> Label:
        """What a series is called."""
        return label(name, self.model, self.sources, self.case.names.frames if self.case is not None else ())
