"""Repeating a kept run from its provenance and comparing what comes out, byte by byte."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell import __version__
from groundswell.core.errors import InputError
from groundswell.core.store import file_digest
from groundswell.experiments.directory import COMPARED, PACKAGES, input_hashes, kept, write_tables
from groundswell.experiments.running import Progress, simulated
from groundswell.experiments.scenario import Scenario

if TYPE_CHECKING:
    from groundswell.core.run import Run


@dataclass(frozen=True)
class Comparison:
    """What a repetition was compared by.

    Attributes:
        name: the state hash, a file or a table.
        same: whether it is the same.
        was, now: hashes, or words.
    """

    name: str
    same: bool
    was: str
    now: str


@dataclass(frozen=True)
class Verification:
    """The outcome: every comparison, and versions that differ and may explain a difference."""

    comparisons: tuple[Comparison, ...]
    versions: tuple[Comparison, ...]

    @property
    def same(self) -> bool:
        """Whether everything that was compared is the same."""
        return all(c.same for c in self.comparisons)


def verify(
    folder: str | Path,
    *,
    case: str | Path | None = None,
    threads: int | None = None,
    compiled: bool = True,
    progress: Progress | None = None,
) -> Verification:
    """Repeat a kept run and compare the hash of the state and the bytes of its tables.

    Args:
        folder: the run.
        case: the case's folder, where it has moved.
        threads: how many to repeat it on; as many as it ran on where None.
        compiled: whether to repeat it compiled.
        progress: as in `run`.

    Raises:
        InputError: not a run, or its scenario no longer holds (a table is gone).
        StoreError: `run.json` was altered so that it cannot be read.
    """
    import dataclasses

    found = kept(Path(folder))
    scenario = found.scenario(case)
    if threads is not None:
        scenario = dataclasses.replace(scenario, threads=threads)
    results = [Comparison(f"{name} (as kept)", False, found.about["files"][name], "altered or missing") for name in found.altered]
    inputs = input_hashes(scenario)
    for role in sorted({*inputs, *found.about["inputs"]}):
        was, now = str(found.about["inputs"].get(role, "none")), inputs.get(role, "none")
        results.append(Comparison(f"table {role}", was == now, was, now))
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Path(scratch) / "rows"
        try:
            again = simulated(scenario, checkpoint=None, resume=False, compiled=compiled, progress=progress, shelf=shelf)
            files = _written(again, scenario, Path(scratch) / "files")
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror or error}", file=scratch) from None
    results.append(Comparison("state", again.state_hash == found.about["state_hash"], found.about["state_hash"], again.state_hash))
    kept_files = found.about["files"]
    for name in (name for name in COMPARED if name in files or name in kept_files):
        before, after = str(kept_files.get(name, "none")), files.get(name, "none")
        results.append(Comparison(name, before == after, before, after))
    return Verification(tuple(results), _versions(found.about["made_with"]))


def _written(run: Run, scenario: Scenario, folder: Path) -> dict[str, str]:
    """The hashes of a run's files."""
    folder.mkdir()
    write_tables(run, scenario.case, scenario.sources, folder)
    return {path.name: file_digest(path) for path in folder.iterdir()}


def _versions(made_with: dict[str, Any]) -> tuple[Comparison, ...]:
    import platform
    from importlib import metadata

    now = {"groundswell": __version__, "python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}
    changed = {name: version for name, version in now.items() if made_with.get(name) != version}
    return tuple(Comparison(name, False, str(made_with.get(name, "none")), version) for name, version in changed.items())
