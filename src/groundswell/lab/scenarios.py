"""Scenarios that a page sends: a case of the folder or a built-in one, and settings over its defaults."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import GroundswellError, InputError, nearest
from groundswell.lab import places

if TYPE_CHECKING:
    from groundswell.experiments.scenario import Scenario

CASE = "case.toml"
OPTIONS = ("start", "end", "seed", "scale")  # that the command line has under their own names
TABLES = {"provinces": "population", "growth": "population", "without": "scenario", "inherit": "scenario"}  # that only a file has
MOST = 400  # settings


@dataclass(frozen=True)
class Sent:
    """A scenario as it was sent: not checked but for its form.

    Args:
        case: the name of a built-in case, or of a folder.
        settings: values by short name ("scale"), dotted parameter or switch.
    """

    case: str
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, data: Any, key: str = "scenario") -> Sent:
        """From JSON.

        Raises:
            InputError: it has another form.
        """
        if not isinstance(data, dict) or not isinstance(data.get("case"), str):
            raise InputError('should be {"case": NAME, "settings": {...}}', key=key)
        unknown = next((name for name in data if name not in ("case", "settings")), None)
        if unknown is not None:
            raise InputError("there is no such key", key=f"{key}.{unknown[:80]}", nearest=nearest(unknown, ("case", "settings")))
        settings = data.get("settings", {})
        if not isinstance(settings, dict) or len(settings) > MOST:
            raise InputError(f"should be at most {MOST} values by key", key=f"{key}.settings")
        for name, value in settings.items():
            plain = isinstance(value, (bool, int, float, str)) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
            if not plain:
                raise InputError("should be a number, a word, true, false or a list of words", key=name[:200])
        return cls(data["case"], settings)

    def as_json(self) -> dict[str, Any]:
        """As it was sent."""
        return {"case": self.case, "settings": dict(self.settings)}


def case_target(root: Path, name: str) -> str | Path:
    """What `read` takes for a case by name.

    Raises:
        InputError: there is no such case, neither built in nor in the folder.
    """
    from groundswell import cases

    if name in cases.names():
        return name
    try:
        path = places.opened(root, name)
    except InputError as error:
        if "link" in error.problem:
            raise InputError(error.problem, key="case") from None
        path = None
    if path is None or not (path / CASE).is_file():
        raise InputError(f"there is no case {name[:80]!r}", key="case", nearest=nearest(name, case_names(root)))
    return path


def case_names(root: Path) -> list[str]:
    """The built-in cases and those of the folder."""
    from groundswell import cases

    mine = [name for name in places.names(root) if (root / name / CASE).is_file() and name not in cases.names()]
    return [*mine, *cases.names()]


def read(root: Path, sent: Sent) -> Scenario:
    """The scenario, checked as the command line checks it.

    Raises:
        InputError: anything that is wrong with it; the key is that of a setting.
    """
    from groundswell import experiments

    target = case_target(root, sent.case)
    try:
        return experiments.read(target, experiments.settings_of(dict(sent.settings)))
    except InputError as error:
        key = (error.key or "").removeprefix("setting ") or None
        raise InputError(error.problem, key=key, nearest=error.nearest, file=error.file, line=error.line) from None


def settings_of_kept(root: Path, document: Mapping[str, Any], folder: Path) -> Sent | None:
    """The settings that lead to a kept scenario again; None where they do not, as where it came from a file with policies of its own.

    Args:
        document: the scenario as `run.json` has it.
        folder: of the run.
    """
    from groundswell.experiments.directory import differences
    from groundswell.experiments.plain import as_document

    named = str(document["scenario"]["case"])
    case = Path(named).name
    try:
        target = case_target(root, case)
        if isinstance(target, Path) and (folder / named).resolve() != target:
            return None
        own = as_document(read(root, Sent(case, {})), folder)
        settings = _differing(own, document)
        again = as_document(read(root, Sent(case, settings)), folder)
    except (GroundswellError, KeyError, TypeError):
        return None
    return Sent(case, settings) if not differences(document, again) else None


def _differing(own: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a scenario differs from a case's own, as settings."""
    found = {name: document["run"][name] for name in ("start", "end", "seed") if document["run"][name] != own["run"][name]}
    for name in ("scale", "provinces", "growth"):
        if document["population"][name] != own["population"][name]:
            found[name] = document["population"][name]
    values = own["parameters"]
    return found | {key: value for key, value in document["parameters"].items() if values.get(key) != value}


def as_words(sent: Sent) -> list[str] | None:
    """The settings as options of the command line; None where only a scenario file can say them."""
    if any(key in TABLES for key in sent.settings):
        return None
    words = []
    for key, value in sent.settings.items():
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        words += [f"--{key}", text] if key in OPTIONS else ["--set", f"{key}={text}"]
    return words


def as_toml(sent: Sent, name: str, case: str) -> str:
    """The same as a scenario file.

    Args:
        name: what the scenario is called, as the case has it, so that it is the same one.
        case: as the file names it.
    """
    tables: dict[str, dict[str, Any]] = {"scenario": {"name": name, "case": case}, "population": {}, "run": {}, "parameters": {}}
    tables["switches"] = {}
    for key, value in sent.settings.items():
        table = "run" if key in ("start", "end", "seed", "threads", "checkpoint_every") else "population" if key == "scale" else None
        table = table or TABLES.get(key) or ("parameters" if "." in key else "switches")
        tables[table][key] = value
    lines = ["schema = 1"]
    for table, values in tables.items():
        if values:
            lines += ["", f"[{table}]", *(f"{_key(key)} = {_value(key, value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def _value(key: str, value: Any) -> str:
    """A value as TOML writes it; dates stand there bare."""
    if key in ("start", "end"):
        return str(value)
    return json.dumps(value, ensure_ascii=True)


def command(root: Path, called: Path, name: str, sent: Sent, replicates: int | None) -> str:
    """What does the same on the command line.

    Args:
        root, called: the folder, and how the user wrote it.
        name: of the run.
        sent: the scenario.
        replicates: how many runs; None for one.
    """
    words = as_words(sent)
    words = [str(called / f"{name}.toml")] if words is None else [_case_word(root, called, sent.case), *words]
    many = ["--replicates", str(replicates)] if replicates is not None else []
    return shlex.join(["groundswell", "run", *words, *many, "--out", str(called / name)])


def _case_word(root: Path, called: Path, case: str) -> str:
    return str(called / case) if isinstance(case_target(root, case), Path) else case


def comparing(root: Path, called: Path, name: str, base: Sent, other: Sent, replicates: int) -> str:
    """What compares the same on the command line; from two scenario files where options cannot say it."""
    end = ["--replicates", str(replicates), "--out", str(called / name)]
    common = Sent(base.case, {key: value for key, value in other.settings.items() if key in OPTIONS})
    more = {key: value for key, value in base.settings.items() if key not in OPTIONS}
    same = {key: value for key, value in base.settings.items() if key in OPTIONS} == common.settings
    words = as_words(Sent(base.case, {**common.settings, **more}))
    if words is not None and same and more and set(other.settings) <= set(OPTIONS) and base.case == other.case:
        return shlex.join(["groundswell", "compare", _case_word(root, called, base.case), *words, *end])
    return shlex.join(["groundswell", "compare", str(called / f"{name}.a.toml"), str(called / f"{name}.b.toml"), *end])
