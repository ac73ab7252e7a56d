"""A run as a folder: `run.json` says how to repeat it, Parquet files hold what came out, a report shows it.

* `run.json`: scenario, hashes of its tables, provenance, versions, hash of the state and of the other files
* `places.json`: provinces and cities
* `series.parquet`: recorded series by place and day (by week where the case says so)
* `nation.parquet`: the nation by day: recorded series, acts by tactic, what each source reported
* `weekly.parquet`: what each source reported, by whole week and province
* `events.parquet`: what truly happened
* `record.parquet`: what each source reported, in ACLED's columns; the column `source` names it
* `report.html`: one page for a reader
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.documents import printable, read_text
from groundswell.core.errors import InputError, StoreError
from groundswell.core.store import file_digest, whole_folder
from groundswell.experiments.plain import as_document, from_document
from groundswell.experiments.scenario import Scenario
from groundswell.society import SOURCES

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.core.places import Places
    from groundswell.core.run import Run

FORMAT = 1
KIND = "groundswell run"
ABOUT = "run.json"
COMPARED = ("series.parquet", "nation.parquet", "weekly.parquet", "events.parquet", "record.parquet", "places.json")
FILES = (ABOUT, *COMPARED, "report.html")
PACKAGES = ("numpy", "numba", "llvmlite", "polars")
LARGEST = 64 << 20  # bytes of run.json or places.json

Report = Callable[["Run", Path, "Case"], object]


def default_folder(scenario: Scenario) -> Path:
    """`runs/<case>-<first day>-s<seed>-1to<scale>`."""
    return Path("runs") / f"{scenario.case.id}-{scenario.start.isoformat()}-s{scenario.seed}-1to{scenario.scale}"


def check_target(folder: Path) -> None:
    """Refuse to write a run where something else is.

    Raises:
        InputError: the path is a file, or a folder that holds anything but an earlier run.
    """
    names = check_output(folder)
    if not names:
        return
    if ABOUT not in names:
        raise InputError("this folder is not a groundswell run and is not overwritten; choose another output", file=folder)
    read_about(folder)
    foreign = sorted(names - set(FILES))
    if foreign:
        raise InputError(f"this run's folder also holds {foreign[0]!r} and is not overwritten; choose another output", file=folder)


def check_output(folder: Path) -> set[str]:
    """The names in a folder that is to be written; none where it is not there yet.

    Raises:
        InputError: it is no folder, or nothing can be written there.
    """
    try:
        for i, part in enumerate(folder.parts):
            if part == ".." and not _exists(Path(*folder.parts[:i])):  # once it were made, the path would lead to another place
                raise InputError("there is no such folder to go up from; choose another output", file=Path(*folder.parts[:i]))
        if not _exists(folder):
            above = next(path for path in (*folder.absolute().parents,) if _exists(path))
            if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
                raise InputError("nothing can be written here; choose another output", file=above)
            return set()
        if folder.is_symlink() or not folder.is_dir():
            raise InputError("this is not a folder; choose another output", file=folder)
        return {path.name for path in folder.iterdir()}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be used for output: {reason}", file=printable(folder)) from None


def _exists(path: Path) -> bool:
    """Whether anything is there, a broken link included; other errors than absence are errors."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def check_same(folder: Path, scenario: Scenario) -> None:
    """A kept run is replaced by a repetition of itself only.

    Raises:
        InputError: the folder keeps a run of another scenario; it says in what the two differ.
    """
    if not (folder / ABOUT).is_file():
        return
    differs = differences(read_about(folder)["scenario"], as_document(scenario, folder))
    if differs:
        what = ", ".join(key.removeprefix("parameters.") for key in differs[:3])
        raise InputError(f"keeps another run, which differs in {what}; choose another output or add --replace", file=folder)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The keys in which two scenarios as documents lead to different results."""
    one, other = _leaves(old), _leaves(json.loads(json_text(new)))
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key) and key not in ("run.threads", "run.checkpoint_every"))


def _leaves(document: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a document's tables by dotted key; whatever is no table as it is."""
    found: dict[str, Any] = {}
    for name, content in document.items():
        found |= {f"{name}.{key}": value for key, value in content.items()} if isinstance(content, Mapping) else {name: content}
    return found


def write_counts(run: Run, case: Case, folder: Path) -> None:
    """Write the tables from which numbers, bands and differences are computed."""
    from groundswell.experiments import nation, tables

    tables.write_parquet(tables.series_frame(run, case.interval, real=case.real), folder / "series.parquet")
    tables.write_parquet(nation.nation_frame(run), folder / "nation.parquet")
    told = nation.weekly_frame(run, real=case.real)
    if told is not None:
        tables.write_parquet(told, folder / "weekly.parquet")


def write_tables(run: Run, case: Case, sources: Sequence[str], folder: Path) -> None:
    """Write the files that a repetition is compared by."""
    from groundswell.experiments import tables

    write_counts(run, case, folder)
    for name, frames in (("events", tables.events_frames(run, case)), ("record", tables.record_frames(run, case, sources))):
        if name in run.journals:
            tables.write_blocks(frames, folder / f"{name}.parquet")
    (folder / "places.json").write_text(json_text(_places(run.places)), encoding="utf-8")


def write(run: Run, scenario: Scenario, folder: Path, report: Report | None = None, *, counts_only: bool = False) -> None:
    """Keep a run as a folder, whole or not at all; an earlier run there is replaced.

    Args:
        report: writes `report.html`; called with the run, the path and the case.
        counts_only: leave out the lists of events and the places.

    Raises:
        InputError: something else is there, or the folder cannot be written.
    """
    check_target(folder)
    try:
        with whole_folder(folder) as scratch:
            if counts_only:
                write_counts(run, scenario.case, scratch)
            else:
                write_tables(run, scenario.case, scenario.sources, scratch)
            if report is not None:
                report(run, scratch / "report.html", scenario.case)
            (scratch / ABOUT).write_text(json_text(_about(run, scenario, scratch, folder)), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=folder) from None


def json_text(value: Any) -> str:
    """JSON as it is kept: sorted, for the same content the same bytes."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _about(run: Run, scenario: Scenario, folder: Path, target: Path) -> dict[str, Any]:
    """The content of `run.json`: of the files in a folder that will stand at the target."""
    made_with = {**run.provenance.get("made_with", {}), **{name: metadata.version(name) for name in PACKAGES}}
    provenance = {key: value for key, value in run.provenance.items() if key != "made_with"}
    return {
        "format": FORMAT,
        "kind": KIND,
        "scenario": as_document(scenario, target),
        "inputs": input_hashes(scenario),
        "provenance": provenance,
        "made_with": made_with,
        "state_hash": run.state_hash,
        "files": {path.name: file_digest(path) for path in sorted(folder.iterdir())},
    }


def input_hashes(scenario: Scenario) -> dict[str, str]:
    """BLAKE2b of the case's tables by role."""
    return {role: file_digest(path) for role, path in sorted(scenario.tables.items())}


def _places(places: Places) -> dict[str, Any]:
    """Provinces and cities, with the rows that live in each city."""
    rows = places.neighbourhood_start[places.city_start[1:]] - places.neighbourhood_start[places.city_start[:-1]]
    return {
        "scale": places.scale,
        "provinces": [[p.id, p.name, p.code, p.population] for p in places.provinces],
        "cities": [
            [c.key, c.name, c.province, c.latitude, c.longitude, c.rural, n] for c, n in zip(places.cities, rows.tolist(), strict=True)
        ],
    }


def _places_from(data: Mapping[str, Any]) -> Places:
    """Places whose cities are one neighbourhood each: all that a report needs."""
    import numpy as np

    from groundswell.core.places import City, Places, Province

    cities = [City(*entry[:6]) for entry in data["cities"]]
    provinces = tuple(Province(*entry) for entry in data["provinces"])
    counts = np.bincount([c.province for c in cities], minlength=len(provinces))
    return Places(
        provinces=provinces,
        cities=tuple(cities),
        neighbourhood_start=np.append(0, np.cumsum([entry[6] for entry in data["cities"]])).astype(np.int64),
        city_start=np.arange(len(cities) + 1, dtype=np.int64),
        province_start=np.append(0, np.cumsum(counts)).astype(np.int64),
        scale=data["scale"],
    )


def read_about(folder: Path) -> dict[str, Any]:
    """The content of a run's `run.json`.

    Raises:
        InputError: there is no such folder, or it is not a run.
        StoreError: it cannot be read, or is of another version.
    """
    path = folder / ABOUT
    text = read_text(path, "run (a folder with a run.json)", LARGEST)
    try:
        about = json.loads(text)
    except (ValueError, RecursionError):
        raise StoreError(f"{path}: not valid JSON") from None
    if not isinstance(about, dict) or about.get("kind") != KIND:
        raise InputError("this is not a groundswell run", file=path)
    if about.get("format") != FORMAT:
        raise StoreError(f"{path}: format {about.get('format')!r}; this version reads {FORMAT}")
    for key in ("scenario", "inputs", "files", "made_with", "provenance", "state_hash"):
        if not isinstance(about.get(key), str if key == "state_hash" else dict):
            raise StoreError(f"{path}: {key} is missing or was altered")
    return about


@dataclass(frozen=True)
class Kept:
    """A run that was kept as a folder.

    Attributes:
        folder: where it is.
        about: the content of `run.json`.
        altered: files whose bytes are no longer those that were written.
    """

    folder: Path
    about: Mapping[str, Any]
    altered: tuple[str, ...]

    def scenario(self, case: str | Path | None = None) -> Scenario:
        """The scenario to repeat it from; `case` is the case's folder where that has moved."""
        return from_document(self.about["scenario"], self.folder / ABOUT, case)


def kept(folder: Path) -> Kept:
    """Open a run's folder and compare its files with their hashes."""
    about = read_about(folder)
    altered = []
    for name, written in sorted(about["files"].items()):
        path = folder / name
        if name not in FILES or not path.is_file() or file_digest(path) != written:
            altered.append(name)
    return Kept(folder, about, tuple(altered))


def load(folder: str | Path) -> Run:
    """A run from its folder: series, events, reports, places and provenance, at the interval and level at which it was kept.

    Reports come back as far as ACLED's columns hold them: streams, tactics and arrests are latent, and where only weeks and
    provinces are told, an event stands on the first day of its week in the province's chief city.

    Raises:
        InputError: not a run.
        StoreError: a file is missing or was altered.
    """
    from groundswell.core.run import Run
    from groundswell.experiments import tables
    from groundswell.experiments.resolve import model_of

    found = kept(Path(folder))
    broken = [name for name in found.altered if name in COMPARED]
    if broken:
        raise StoreError(f"{found.folder / broken[0]}: missing, or altered since it was written")
    try:
        places = _places_from(json.loads((found.folder / "places.json").read_text(encoding="utf-8")))
        days, series = tables.read_series(found.folder / "series.parquet", len(places.provinces))
        events = tables.read_events(found.folder / "events.parquet", places)
        names = {entry["of"]: entry["name"] for entry in found.about["scenario"]["sources"]}
        record = tables.read_record(found.folder / "record.parquet", places, [names[of] for of in SOURCES])
        model = model_of(str(found.about["scenario"]["model"]["name"]))
    except (KeyError, TypeError, ValueError, IndexError, OSError) as error:
        raise StoreError(f"{found.folder}: does not hold a run ({type(error).__name__}: {error})") from error
    provenance = {**found.about["provenance"], "made_with": found.about["made_with"]}
    journals = {name: journal for name, journal in (("events", events), ("record", record)) if journal}
    return Run(days, series, journals, found.about["state_hash"], provenance, places, model)
