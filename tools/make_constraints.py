"""Write constraints.txt: one exact version of everything that any extra brings, on every supported Python.

    python tools/make_constraints.py                        # what is there keeps its version; new needs are added, old ones go
    python tools/make_constraints.py --renew numba polars   # these as new as pyproject.toml lets them be
    python tools/make_constraints.py --renew                # all of them

Needs an interpreter of every supported Python (on PATH, or pyenv's) and a package index. pip resolves for the oldest Python first, and a
later Python takes the versions of an earlier one wherever they suit it, so that one set serves all. What only some Pythons need, or need
in another version, gets a marker. It is resolved on the machine that runs this: packages that only another system needs are not in it.
Hashes are not in it either: pip then refuses to install the checkout itself, which has none.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
PYTHONS = ("3.11", "3.12", "3.13")  # oldest first
HEAD = "# The exact versions that start.py installs, by tools/make_constraints.py. To change one: CONTRIBUTING.md, 'Dependencies'.\n"

Report = dict[str, Any]  # pip's installation report: `install`, a list of packages with their metadata, and `environment`


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def extras() -> list[str]:
    """The extras that there are."""
    return sorted(project()["project"]["optional-dependencies"])


def pins(text: str) -> list[Requirement]:
    """The lines of a constraints file.

    Raises:
        ValueError: a line names no exact version.
    """
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line]
    for one in found:
        if not re.fullmatch(r"==[^,*]+", str(one.specifier)):
            raise ValueError(f"constraints.txt: {one} is no exact version")
    return found


def version_of(pin: Requirement) -> str:
    """The one version that a pin allows."""
    return next(iter(pin.specifier)).version


def find_python(minor: str) -> Path | None:
    """An interpreter of a minor version that can make environments, on PATH or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{minor}"), *sorted(pyenv.glob(f"{minor}.*/bin/python"), reverse=True), pyenv / minor / "bin/python"]
    test = f"import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '{minor}')"
    for candidate in candidates:
        if candidate and subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode == 0:
            return Path(candidate)
    return None


def every_python() -> dict[str, Path]:
    """An interpreter of each supported version; ends the program where one is missing."""
    found = {minor: find_python(minor) for minor in PYTHONS}
    missing = [minor for minor, path in found.items() if path is None]
    if missing:
        raise SystemExit(f"needs Python {' and '.join(missing)} as well: on PATH as python{missing[0]}, or among pyenv's")
    return {minor: path for minor, path in found.items() if path is not None}


@contextmanager
def own_pip() -> Iterator[tuple[Path, Path]]:
    """A new pip in an environment of its own, which is gone afterwards, and an empty folder.

    Old ones leave licences out of their report.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "pip"], check=True)
        pip = folder / "pip/bin/python"
        subprocess.run([pip, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "pip>=26"], check=True)
        yield pip, folder


class NoSolutionError(Exception):
    """pip finds no set of versions; its text is what pip said."""


def resolve(python: Path, pip: Path, folder: Path, known: Sequence[str]) -> Report:
    """What pip would install of groundswell with every extra, and what builds it, under given constraints.

    Args:
        python: the interpreter to install for.
        pip: the interpreter of the environment that has pip.
        folder: where to put files meanwhile.
        known: lines of a constraints file.

    Raises:
        NoSolutionError: there is no such set.
    """
    constraint, target = folder / "known.txt", folder / "report.json"
    constraint.write_text("\n".join(known) + "\n", encoding="utf-8")
    target.unlink(missing_ok=True)
    wanted = [f"{ROOT}[{','.join(extras())}]", *project()["build-system"]["requires"]]
    command = [pip, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet", "--dry-run", "--ignore-installed",
               "--report", target, "--constraint", constraint, *wanted]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoSolutionError("\n".join(line for line in done.stderr.splitlines() if not line.startswith("WARNING: Location")))
    report: Report = json.loads(target.read_text(encoding="utf-8"))
    return report


def versions(report: Report) -> dict[str, str]:
    """Name, as the package writes it, and version of everything but groundswell."""
    found = {one["metadata"]["name"]: one["metadata"]["version"] for one in report["install"]}
    found.pop("groundswell", None)
    return found


def marker(having: Sequence[str]) -> str:
    """The marker of some of the supported Pythons, without gaps between them; empty for all."""
    first, last = PYTHONS.index(having[0]), PYTHONS.index(having[-1])
    if list(having) != list(PYTHONS[first : last + 1]):
        return " or ".join(f'python_version == "{minor}"' for minor in having)
    parts = [f'python_version >= "{having[0]}"'] * (first > 0) + [
        f'python_version < "{PYTHONS[last + 1]}"' for _ in [0] if last + 1 < len(PYTHONS)
    ]
    return " and ".join(parts)


def merged(found: Mapping[str, Mapping[str, str]]) -> str:
    """The text of constraints.txt, from the versions by Python."""
    names: dict[NormalizedName, str] = {}
    having: dict[tuple[NormalizedName, str], list[str]] = {}
    for minor in PYTHONS:
        for name, version in found[minor].items():
            key = canonicalize_name(name)
            names.setdefault(key, name)
            having.setdefault((key, version), []).append(minor)
    lines = []
    for (key, version), minors in sorted(having.items()):
        mark = marker(minors)
        lines.append(f"{names[key]}=={version}" + (f" ; {mark}" if mark else ""))
    return HEAD + "\n".join(lines) + "\n"


def every_version(kept: Sequence[str], pythons: Mapping[str, Path], pip: Path, folder: Path) -> dict[str, dict[str, str]]:
    """The versions by Python, oldest first, each held to those before it where that is possible."""
    found: dict[str, dict[str, str]] = {}
    settled: dict[str, str] = {}
    for minor in PYTHONS:
        print(f"Python {minor} ...", flush=True)
        before = [f"{name}=={version}" for name, version in settled.items()]
        try:
            got = versions(resolve(pythons[minor], pip, folder, [*kept, *before]))
        except NoSolutionError as error:
            if not before:
                raise
            print(f"no versions of an earlier Python suit {minor}, so it gets its own:\n{error}", flush=True)
            got = versions(resolve(pythons[minor], pip, folder, kept))
        found[minor] = got
        settled = {**got, **settled}
    return found


def kept(text: str, renew: Sequence[str] | None) -> list[str]:
    """The lines of the present file that still hold; `renew` names what does not, and an empty list stands for all."""
    if renew is None:
        return [str(pin) for pin in pins(text)]
    gone = {canonicalize_name(name) for name in renew}
    here = {canonicalize_name(pin.name) for pin in pins(text)}
    if gone - here:
        raise SystemExit(f"not in constraints.txt: {', '.join(sorted(gone - here))}")
    return [str(pin) for pin in pins(text) if gone and canonicalize_name(pin.name) not in gone]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; 1 where there is no solution."""
    parser = argparse.ArgumentParser(description="Write constraints.txt.")
    parser.add_argument("--renew", nargs="*", metavar="NAME", help="packages to take anew; without a name all")
    renew = parser.parse_args(arguments).renew
    before = CONSTRAINTS.read_text(encoding="utf-8")
    pythons = every_python()
    with own_pip() as (pip, folder):
        try:
            text = merged(every_version(kept(before, renew), pythons, pip, folder))
        except NoSolutionError as error:
            print(
                f"{error}\nconstraints.txt is left as it was. Where one of its own lines stands in the way: --renew NAME", file=sys.stderr
            )
            return 1
    new = CONSTRAINTS.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(CONSTRAINTS)
    old, now = set(before.splitlines()[1:]), set(text.splitlines()[1:])
    print("\n".join([*(f"- {line}" for line in sorted(old - now)), *(f"+ {line}" for line in sorted(now - old))]) or "nothing changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
