"""Where a scenario comes from: a built-in case, a case's folder or a scenario file, and options over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from groundswell import cases
from groundswell.cases import Case
from groundswell.core.documents import Document, read_document, validated
from groundswell.core.errors import InputError, nearest
from groundswell.experiments.resolve import resolve
from groundswell.experiments.scenario import JOINED, Scenario

Options = Sequence[tuple[tuple[str, ...], Any, str]]
PLACES = {
    **dict.fromkeys(("scale", "provinces", "growth"), "population"),
    **dict.fromkeys(("start", "end", "seed", "threads", "checkpoint_every"), "run"),
    **dict.fromkeys(("inherit", "without", "shock_strength"), "scenario"),
}


def settings_of(settings: Mapping[str, Any]) -> Options:
    """Settings by short name ("scale", "start"), dotted parameter or switch, as options of `read`.

    Raises:
        InputError: a date that is none.
    """
    options: list[tuple[tuple[str, ...], Any, str]] = []
    for key, value in settings.items():
        table = PLACES.get(key, "parameters" if "." in key else "switches")
        options.append(((table, key), as_date(value, key) if key in ("start", "end") else value, f"setting {key}"))
    return options


def as_date(value: Any, option: str) -> Any:
    """A date from its ISO form; anything but text is left to the checks of the scenario.

    Raises:
        InputError: not a date.
    """
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise InputError(f"{value[:40]!r} is not a date such as 2022-01-31", key=option) from None


def read(target: str | Path, options: Options = ()) -> Scenario:
    """A scenario from a built-in case, a case's folder or a scenario file.

    Args:
        target: `iran`, a folder with a `case.toml`, or a TOML file.
        options: values that win over the file: path of the key, value, and what the user typed (see `settings_of`).

    Raises:
        InputError: anything that is wrong with it, with file, line, key and nearest valid key.
    """
    path = Path(target)
    for kept in ("run.json", "study.json"):
        if _is_folder(path) and _exists(path / kept) and not _exists(path / cases.FILE):
            raise InputError("this folder keeps results; give the case or the scenario file that they are of", file=path / kept)
    if str(target) in cases.names() or path.name == cases.FILE or _is_folder(path):
        case, layers = cases.load(target), []
    else:
        if path.suffix != ".toml" and not _exists(path):
            close = nearest(str(target), cases.names())
            raise InputError(f"there is no case and no scenario file {str(target)[:200]!r}", nearest=close)
        document = read_document(path, "scenario file")
        if "schema" not in document.data:  # the case's own would cover its absence
            raise document.error("is missing", ("schema",))
        case = case_of(document, path.parent)
        layers = [document]
    given = Document({})
    for key, value, option in options:
        if key in given.origins:
            raise InputError("is given twice", key=option)
        given = given.put(key, value, option)
    layers.append(given)
    fitted = [case.fitted.as_scenario()] if case.fitted is not None else []
    return resolve(case, [_inherited(case, layers), *fitted, *layers], inherited=True)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def case_of(document: Document, base: Path) -> Case:
    """The case that a scenario names."""
    table = document.data.get("scenario")
    name = table.get("case") if isinstance(table, dict) else None
    if not isinstance(name, str) or not name:
        from groundswell.experiments.schema import ScenarioFile

        validated(ScenarioFile, document)
    try:
        return cases.load(str(name), base)
    except InputError as error:
        if error.file is not None:
            raise
        raise document.error(error.problem, ("scenario", "case"), [error.nearest or ""], of=error.nearest) from None


def _inherited(case: Case, layers: Sequence[Document]) -> Document:
    """The case's defaults, without its shocks, policies and campaigns where the scenario declines them."""
    defaults = cases.as_scenario(case)
    tables = [layer.data.get("scenario") for layer in layers]
    said = [table["inherit"] for table in tables if isinstance(table, dict) and "inherit" in table]
    if said and said[-1] is False:
        data = {key: value for key, value in defaults.data.items() if key not in JOINED}
        return Document(data, {path: at for path, at in defaults.origins.items() if path[:1] not in {(key,) for key in JOINED}})
    return defaults
