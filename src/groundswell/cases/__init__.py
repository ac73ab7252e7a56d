"""Real and invented countries as data: a case is a folder with a `case.toml` and CSV tables, never code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.cases.fitted import Fitted, read_fitted
from groundswell.cases.records import Assertion, Campaign, Commemoration, Election, Event, Figure, Names, Uprising
from groundswell.core.documents import Document, Origin, read_document, regular_file, validated
from groundswell.core.errors import InputError, nearest
from groundswell.core.toml_lines import KeyPath

if TYPE_CHECKING:
    from groundswell.cases.schema import CaseFile
    from groundswell.populations.tables import CensusTables

FILE = "case.toml"
FIRST_YEAR, LAST_YEAR = 1900, 2079  # that days are numbered in; see `core.draws`
ROLES = ("provinces", "census", "households", "cities")


@dataclass(frozen=True)
class Citation:
    """A source, and what it is cited for."""

    key: str
    text: str
    url: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """A country and a closed period.

    Args:
        id, name, summary: short name, printed name, a sentence.
        iso: numeric country code of ISO 3166-1; 0 for an invented country.
        real: whether it is a real country.
        level, interval: the finest places and times that a report may show.
        start, end: the closed period, both days included.
        folder: where its files are.
        tables: CSV files by role, each inside the folder.
        citations: sources.
        document: the whole `case.toml`; its table `defaults` is a scenario.
        names: of frames, organisations and sources.
        parameter_sources: where the defaults' own values of parameters are from, by key.
        fitted: what a fit has left as defaults; None where the case is not fitted.
        boundaries, licence: GeoJSON of the provinces' outlines, and its terms; None where the case has no map.
        events, commemorations, campaigns, elections: what becomes dated changes of the defaults.
        uprisings, figures, assertions: what only documents and tests.
    """

    id: str
    name: str
    summary: str
    iso: int
    real: bool
    level: str
    interval: str
    start: date
    end: date
    folder: Path
    tables: Mapping[str, Path]
    citations: tuple[Citation, ...]
    document: Document
    names: Names = field(default_factory=Names)
    boundaries: Path | None = None
    licence: str = ""
    parameter_sources: Mapping[str, str] = field(default_factory=dict)
    fitted: Fitted | None = None
    events: tuple[Event, ...] = ()
    commemorations: tuple[Commemoration, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    elections: tuple[Election, ...] = ()
    uprisings: tuple[Uprising, ...] = ()
    figures: tuple[Figure, ...] = ()
    assertions: tuple[Assertion, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The case's own values of parameters and switches, as written; fitted ones where there are any."""
        own = dict(_leaves(self.document.data.get("defaults", {}).get("parameters", {})))
        return own if self.fitted is None else own | self.fitted.as_scenario().data["parameters"]

    def figure(self, key: str, start: date | None = None) -> Figure | None:
        """The first figure of a key (that begins on a date); None where there is none."""
        return next(iter(self.figures_of(key, start)), None)

    def figures_of(self, key: str, start: date | None = None) -> tuple[Figure, ...]:
        """All figures of a key (that begin on a date), in the order of the table: several may contradict each other."""
        return tuple(f for f in self.figures if f.key == key and (start is None or f.start == start))

    def census(self, tables: Mapping[str, Path] | None = None) -> CensusTables:
        """The tables that its people are built from, read and checked against each other.

        Args:
            tables: files by role instead of the case's own.

        Raises:
            InputError: a table is missing or cannot be right, with file, line and column.
        """
        from groundswell.populations.reading import read_tables

        chosen = tables or self.tables
        missing = next((role for role in ROLES if role not in chosen), None)
        if missing:
            raise self.document.error("is missing", ("tables", missing))
        return read_tables(self.folder, {**chosen})


def names() -> tuple[str, ...]:
    """The built-in cases."""
    here = Path(str(resources.files(__name__)))
    return tuple(sorted(folder.name for folder in here.iterdir() if (folder / FILE).is_file()))


def load(name: str | Path, base: Path | None = None) -> Case:
    """A case by the name of a built-in one, or from a folder.

    Args:
        name: `iran`, or the path of a folder that holds a `case.toml` (or of that file).
        base: the folder that a relative path starts from; the working folder where it is None.

    Raises:
        InputError: there is no such case, or its files contradict themselves.
    """
    if str(name) in names():
        return _read(Path(str(resources.files(__name__))) / str(name))
    if "\0" in str(name):
        raise InputError(f"there is no case {str(name)!r}", key="case")
    folder = (base or Path()) / name
    if folder.name == FILE:
        folder = folder.parent
    if not _is_folder(folder):
        problem = f"there is no case {str(name)[:200]!r}: neither built in ({', '.join(names())}) nor a folder"
        raise InputError(problem, key="case", nearest=nearest(str(name), names()))
    return _read(folder)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _read(folder: Path) -> Case:
    from groundswell.cases.schema import CaseFile

    document = read_document(folder / FILE, "case file")
    form = validated(CaseFile, document)
    if form.period.end < form.period.start:
        raise document.error("the last day is before the first", ("period", "end"))
    if form.case.real and (form.case.level, form.case.interval) != ("province", "week"):
        finer = "level" if form.case.level != "province" else "interval"
        raise document.error("a real case reports by province and week, or coarser", ("case", finer))
    if form.case.real and form.period.end >= date.today():
        raise document.error(f"a real case is of a closed period, and {form.period.end} has not passed", ("period", "end"))
    for key, day in (("start", form.period.start), ("end", form.period.end)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise document.error(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}", ("period", key))
    own = form.defaults.get("scenario")
    if isinstance(own, dict) and own.get("case", form.case.id) != form.case.id:
        raise document.error(
            "the defaults of a case run the case itself", ("defaults", "scenario", "case"), [form.case.id], of=form.case.id
        )
    from groundswell.cases.boundaries import check_boundaries
    from groundswell.cases.tables import RECORDS, Reading, read_provinces, read_records

    for role in form.tables:
        if role not in (*ROLES, *RECORDS):
            raise document.error("there is no such table", ("tables", role), (*ROLES, *RECORDS))
    tables = {role: inside(folder, text, document, ("tables", role)) for role, text in form.tables.items()}
    if "provinces" not in tables:
        raise document.error("is missing", ("tables", "provinces"))
    names, provinces = _names(form, document), read_provinces(tables["provinces"])
    records = read_records(tables, Reading(form.period.start, form.period.end, names, provinces))
    fitted = read_fitted(folder)
    boundaries = inside(folder, form.map.boundaries, document, ("map", "boundaries")) if form.map else None
    if boundaries is not None:
        check_boundaries(boundaries, provinces)
    return Case(
        id=form.case.id,
        name=form.case.name,
        summary=form.case.summary,
        iso=form.case.iso,
        real=form.case.real,
        level=form.case.level,
        interval=form.case.interval,
        start=form.period.start,
        end=form.period.end,
        folder=folder,
        tables=tables,
        citations=tuple(Citation(c.key, c.text, c.url, c.reason) for c in form.citations),
        document=document,
        names=names,
        boundaries=boundaries,
        licence=form.map.licence if form.map else "",
        parameter_sources=_sources(form, document) | (fitted.sources if fitted else {}),
        fitted=fitted,
        **records,
    )


def _names(form: CaseFile, document: Document) -> Names:
    """What the case calls its frames, organisations and sources: tables name them so, each by a name of its own."""
    found = {key: tuple(given) for key, given in form.names if given is not None}
    for key, given in found.items():
        for i, name in enumerate(given):
            path = ("names", key, i)
            if name != " ".join(name.split()):
                raise document.error(f"{name!r} begins or ends with a space, or has a line break or several spaces", path)
            if name.isdigit():
                raise document.error(f"{name!r} is a number, by which tables may name another", path)
            if name in given[:i]:
                raise document.error(f"{name!r} stands there twice", path)
    return Names(**found)


def _sources(form: CaseFile, document: Document) -> dict[str, str]:
    """Where the case's own values of parameters are from, each by the full key of a value that it has."""
    given = [key for key, _ in _leaves(form.defaults.get("parameters", {}))]
    found = dict(_leaves(form.parameter_sources))
    for key, source in found.items():
        path = ("parameter_sources", key) if key in form.parameter_sources else ("parameter_sources", *key.split("."))
        if not isinstance(source, str) or not source.strip():
            raise document.error("should be a text that says where the value is from", path)
        if key not in given:
            raise document.error("the case sets no such parameter", path, given, of=key)
    return found


def _leaves(table: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """What is no table, by dotted key, however the key was written."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield from _leaves(value, f"{above}.{key}" if above else key)
    elif above:
        yield above, table


def inside(folder: Path, text: str, document: Document, path: KeyPath) -> Path:
    """A table's path, if it stays inside the case's folder (through links too) and leads to an ordinary file.

    Args:
        folder: the case's folder.
        text: the path as written.
        document, path: where it is written, for the error.
    """
    try:
        target = (folder / text).resolve()
        stays = target.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise document.error(f"{text!r} is not a path that can be followed ({type(error).__name__})", path) from None
    if Path(text).is_absolute() or not stays:
        raise document.error(f"{text!r} leaves the case's folder", path)
    try:
        regular_file(target, "table")
    except InputError as error:
        raise document.error(f"{text!r}: {error.problem}", path) from None
    return folder / text


def as_scenario(case: Case) -> Document:
    """The case's defaults as a scenario document, with the places of its keys; what its tables date follows its own policies and shocks.

    Where the defaults do not say when to run, the whole period is run.
    """
    from groundswell.cases.effects import effects_of

    for key in ("policies", "shocks"):
        if not isinstance(case.document.data.get("defaults", {}).get(key, []), list):
            raise case.document.error(f"should be a list of tables: [[defaults.{key}]]", ("defaults", key))
    defaults = case.document.under("defaults")
    base: dict[str, Any] = {
        "schema": 1,
        "scenario": {"name": case.id, "case": case.id},
        "run": {"start": case.start, "end": case.end},
    }
    moved: dict[KeyPath, Origin] = {(): case.document.origin(())}
    inner = Document(defaults.data, {**moved, **defaults.origins})
    return effects_of(case).over(inner.over(Document(base, moved)), join=("policies", "shocks"))
