"""What a study is, as its folder says it: `study.json`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell.core.documents import read_text
from groundswell.core.errors import InputError, ModelError, StoreError
from groundswell.core.store import write_text
from groundswell.experiments.directory import json_text
from groundswell.studies.kinds import Output
from groundswell.studies.tasks import Keys

ABOUT = "study.json"
KIND = "groundswell study of tasks"
FORMAT = 1
LARGEST = 64 << 20  # bytes of study.json


@dataclass(frozen=True)
class About:
    """What a study is.

    Args:
        kind, kind_version: of its tasks.
        made_with: version of groundswell.
        common, paths: see `Study`.
        outputs: what a task returns, by name.
        merged: the number of tasks that were put together and the hashes of the files, once all are done.
        tasks: the hash of the file of tasks; empty before there is one.
        notes: whatever whoever began it wants to find again, such as the design of its points; plain JSON, in no key.
    """

    kind: str
    kind_version: int
    made_with: str
    common: dict[str, Any]
    paths: dict[str, str]
    outputs: dict[str, Output]
    merged: dict[str, Any] | None
    tasks: str = ""
    notes: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def keys(self) -> Keys:
        """Makes the keys of its tasks."""
        return Keys(self.kind, self.kind_version, self.made_with, self.common)

    def moved(self, paths: Mapping[str, str]) -> About:
        """The same, where things are somewhere else."""
        return dataclasses.replace(self, paths=dict(paths))

    def with_tasks(self, written: str) -> About:
        """The same with another hash of the file of tasks."""
        return dataclasses.replace(self, tasks=written)

    def with_notes(self, notes: Mapping[str, Any]) -> About:
        """The same with other notes."""
        return dataclasses.replace(self, notes=dict(notes))

    def with_merged(self, merged: Mapping[str, Any] | None) -> About:
        """The same with another account of what was put together."""
        return dataclasses.replace(self, merged=None if merged is None else dict(merged))


def write(folder: Path, about: About) -> None:
    """Write `study.json`."""
    outputs = {name: [one.dtype, list(one.shape)] for name, one in about.outputs.items()}
    body = {**dataclasses.asdict(about), "outputs": outputs, "what": KIND, "format": FORMAT}
    write_text(folder / ABOUT, json_text(body))


def read(folder: Path) -> About:
    """What a study is.

    Raises:
        InputError: the folder holds another kind of study.
        StoreError: it was altered, or is of another format.
    """
    path = folder / ABOUT
    try:
        body = json.loads(read_text(path, "study (a folder with a study.json)", LARGEST))
    except (ValueError, RecursionError):
        raise StoreError(f"{path}: not valid JSON") from None
    if not isinstance(body, dict) or body.get("what") != KIND:
        raise InputError("holds no study of tasks", file=path)
    if body.get("format") != FORMAT:
        raise StoreError(f"{path}: format {body.get('format')!r}; this version reads {FORMAT}")
    try:
        outputs = {str(name): Output(dtype, tuple(shape)) for name, (dtype, shape) in body["outputs"].items()}
        body.setdefault("tasks", "")  # studies begun before there was a hash
        body.setdefault("notes", {})
        own = {field.name: body[field.name] for field in dataclasses.fields(About)}
        about = About(**{**own, "outputs": outputs})
        _check(about)
    except (KeyError, TypeError, ValueError, AttributeError, ModelError) as error:
        raise StoreError(f"{path}: was altered ({error})") from None
    return about


def _check(about: About) -> None:
    """Whether the parts of a description are of their types."""
    merged = about.merged
    types = {"kind": str, "kind_version": int, "made_with": str, "common": dict, "paths": dict, "tasks": str, "notes": dict}
    wrong = [name for name, of in types.items() if type(getattr(about, name)) is not of]
    if merged is not None and not (isinstance(merged.get("tasks"), int) and isinstance(merged.get("files"), dict)):
        wrong.append("merged")
    if not all(isinstance(where, str) for where in about.paths.values()):
        wrong.append("paths")
    if wrong:
        raise ValueError(wrong[0])
