"""Where a scenario comes from: a built-in case, a case's folder or a scenario file, and options over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundswell import cases
from groundswell.cases import Case
from groundswell.core.documents import Document, read_document, validated
from groundswell.core.errors import InputError, nearest
from groundswell.experiments.resolve import resolve
from groundswell.experiments.scenario import JOINED, Scenario


def read(target: str | Path, options: Sequence[tuple[tuple[str, ...], Any, str]] = ()) -> Scenario:
    """A scenario from a built-in case, a case's folder or a scenario file.

    Args:
        target: `iran`, a folder with a `case.toml`, or a TOML file.
        options: values that win over the file: path of the key, value, and what the user typed.

    Raises:
        InputError: anything that is wrong with it, with file, line, key and nearest valid key.
    """
    path = Path(target)
    if str(target) in cases.names() or path.name == cases.FILE or _is_folder(path):
        case = cases.load(target)
        layers = [cases.as_scenario(case)]
    else:
        if path.suffix != ".toml" and not _exists(path):
            close = nearest(str(target), cases.names())
            raise InputError(f"there is no case and no scenario file {str(target)[:200]!r}", nearest=close)
        document = read_document(path, "scenario file")
        if "schema" not in document.data:  # the case's own would cover its absence
            raise document.error("is missing", ("schema",))
        case = case_of(document, path.parent)
        layers = [_inherited(case, document), document]
    for key, value, option in options:
        layers.append(Document({}).put(key, value, option))
    return resolve(case, layers, inherited=True)


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


def _inherited(case: Case, document: Document) -> Document:
    """The case's defaults, without its shocks and policies where the scenario declines them."""
    defaults = cases.as_scenario(case)
    table = document.data.get("scenario")
    if isinstance(table, dict) and table.get("inherit") is False:
        data = {key: value for key, value in defaults.data.items() if key not in JOINED}
        return Document(data, {path: at for path, at in defaults.origins.items() if path[:1] not in {(key,) for key in JOINED}})
    return defaults
