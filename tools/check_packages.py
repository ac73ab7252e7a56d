"""Build the wheel and the sdist, install each in clean environments, and run groundswell from there.

    python tools/check_packages.py                     # every extra on every supported Python that is here; minutes, needs the index
    python tools/check_packages.py --python 3.12       # on one of them
    python tools/check_packages.py --borrow FOLDER     # seconds, no index: the dependencies are those of that environment

Versions come from constraints.txt. Run it with a Python that has flit_core (start.py's environments have it). What is compared: the wheel
has every file of src and no other; the sdist has nothing that git does not know, and gives the same wheel; what is installed is what runs;
`groundswell --version` says the version, and a run of two days ends with the same state hash everywhere. With an extra, every
package that it names is imported, in the version of constraints.txt.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from make_constraints import CONSTRAINTS, PYTHONS, ROOT, extras, find_python, project

# Two days of the invented country, one row for a thousand people.
RUN = ("run", "lyonesse", "--start", "2022-01-01", "--end", "2022-01-02", "--scale", "1000", "--no-report")

BUILD = "import sys; from flit_core import buildapi; print(getattr(buildapi, sys.argv[1])(sys.argv[2]))"

# Runs in an environment: where groundswell is, and that what an extra names is there, in the pinned version, and can be imported.
LOOK = r"""
import importlib, pathlib, re, sys
from importlib import metadata
import groundswell
home, extra, constraints = sys.argv[1:]
assert pathlib.Path(groundswell.__file__).is_relative_to(home), f"runs {groundswell.__file__}"
pins = dict(re.findall(r"^([^=#\s]+)==([^\s;]+)", pathlib.Path(constraints).read_text(encoding="utf-8"), flags=re.M))
pinned = {re.sub("[-_.]+", "-", name).lower(): version for name, version in pins.items()}
tops = {}
for top, names in metadata.packages_distributions().items():
    for name in names:
        tops.setdefault(re.sub("[-_.]+", "-", name).lower(), []).append(top)
count = 0
for line in metadata.requires("groundswell"):
    name = re.sub("[-_.]+", "-", re.match("[A-Za-z0-9._-]+", line)[0]).lower()
    if "extra ==" not in line or extra and re.search(f"extra == .{extra}.", line):
        assert metadata.version(name) == pinned[name], f"{name} {metadata.version(name)}, not {pinned[name]}"
        for top in tops.get(name, []):
            if not top.startswith("_") and top.isidentifier():
                importlib.import_module(top)
        count += 1
print(f"{count} packages imported")
"""

Say = Callable[[str], None]


class WrongError(Exception):
    """Something that must not be released; its text says what."""


def call(*command: object, cwd: Path, **more: str) -> str:
    """What a command prints; nothing of this checkout is on its path.

    Raises:
        WrongError: it failed.
    """
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**environ, **more},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        shown = " ".join("..." if "\n" in str(word) else str(word) for word in command)
        raise WrongError(f"{shown}\nended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def pip(python: Path) -> tuple[object, ...]:
    """How to call an environment's pip."""
    return (python, "-I", "-m", "pip", "--disable-pip-version-check")


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a wheel or an sdist from a folder with a pyproject.toml."""
    target.mkdir(exist_ok=True)
    return target / call(sys.executable, "-c", BUILD, f"build_{kind}", target, cwd=source).split()[-1]


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def difference(what: str, wanted: set[str], found: set[str]) -> None:
    """Compare two sets of names.

    Raises:
        WrongError: they differ.
    """
    lines = [*(f"  - {name}" for name in sorted(wanted - found)), *(f"  + {name}" for name in sorted(found - wanted))]
    if lines:
        raise WrongError("\n".join([f"{what}: missing (-) or too many (+)", *lines[:40]]))


def check_wheel(wheel: Path) -> None:
    """A wheel has all files of src, no other, and the licence."""
    compiled = {".pyc", ".nbi", ".nbc"}
    src = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*") if path.is_file() and path.suffix not in compiled}
    names = set(contents(wheel))
    difference(wheel.name, src, {name for name in names if ".dist-info/" not in name})
    if not any(name.endswith("/licenses/LICENSE") for name in names):
        raise WrongError(f"{wheel.name} has no LICENSE")


def check_sdist(sdist: Path, wheel: Path, folder: Path) -> None:
    """An sdist has no file that git does not know, and what its own documents speak of; the wheel made from it is the same."""
    with tarfile.open(sdist) as file:
        file.extractall(folder / "unpacked", filter="data")
    (top,) = (folder / "unpacked").iterdir()
    names = {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()} - {"PKG-INFO"}
    if (ROOT / ".git").exists():
        known = call("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
        difference(f"{sdist.name}, of what git knows", names & set(known), names)
    again = contents(build("wheel", top, folder / "again"))
    first = contents(wheel)
    difference("the wheel made from the sdist", set(first), set(again))
    if changed := [name for name in first if first[name] != again[name]]:
        raise WrongError(f"the wheel made from the sdist differs in {', '.join(changed[:10])}")


def use(environment: Path, folder: Path, extra: str = "") -> str:
    """Run what is installed; the state hash of a tiny run, or with an extra how many packages were imported."""
    python, program = environment / "bin/python", environment / "bin/groundswell"
    imported = call(python, "-I", "-c", LOOK, environment, extra, CONSTRAINTS, cwd=folder).strip()
    said = call(program, "--version", cwd=folder)
    if project()["project"]["version"] not in said:
        raise WrongError(f"groundswell --version says {said.strip()}")
    if extra:
        return imported
    told = call(program, *RUN, "--out", folder / f"run-{environment.name}", cwd=folder)
    ended = re.search("state hash [0-9a-f]{32}", told)
    if ended is None:
        raise WrongError(f"the run says no state hash:\n{told[-2000:]}")
    return ended[0]


def borrowing(lender: Path, package: Path, folder: Path, *, run: bool) -> str:
    """Install a package without its dependencies beside those of another environment, and run it there."""
    environment = folder / package.name.replace(".", "-")
    python = lender / "bin/python"
    call(python, "-m", "venv", "--without-pip", environment, cwd=folder)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    lent, own = (Path(call(one / "bin/python", "-I", "-c", where, cwd=folder).strip()) for one in (lender, environment))
    (own / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")
    call(*pip(python), "--python", environment / "bin/python", "install", "--quiet", "--ignore-installed", "--no-deps", "--no-index",
         "--no-build-isolation", package, cwd=folder)  # fmt: skip
    if run:
        return use(environment, folder)
    return call(environment / "bin/groundswell", "--version", cwd=folder).strip()


def clean(python: Path, package: Path, extra: str, folder: Path) -> str:
    """Install a package and what it needs in an environment of its own, and run it there.

    Args:
        python: an interpreter with pip, of the version to try; it installs into the new environment, which has no pip.
        package: a wheel or an sdist.
        extra: an extra, or none.
        folder: where to put the environment.
    """
    environment = folder / f"{package.suffix[1:]}-{extra or 'plain'}"
    call(python, "-m", "venv", "--without-pip", environment, cwd=folder)
    wanted = f"{package}[{extra}]" if extra else str(package)
    into = (*pip(python), "--python", environment / "bin/python")
    pinned = {name: str(CONSTRAINTS) for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")}  # older pips and newer ones
    call(*into, "install", "--quiet", "--no-compile", wanted, cwd=folder, **pinned)
    call(*into, "check", cwd=folder)
    return use(environment, folder, extra)


def packages(folder: Path, say: Say) -> tuple[Path, Path]:
    """The wheel and the sdist, built and compared."""
    wheel, sdist = build("wheel", ROOT, folder / "dist"), build("sdist", ROOT, folder / "dist")
    check_wheel(wheel)
    check_sdist(sdist, wheel, folder)
    say(f"{wheel.name}, {wheel.stat().st_size // 1000} kB: every file of src; {sdist.name} gives the same")
    return wheel, sdist


def everywhere(minors: Sequence[str], wheel: Path, sdist: Path, folder: Path, say: Say) -> None:
    """Every extra of the wheel, and the sdist, on some Pythons."""
    seen: dict[str, str] = {}
    for minor in minors:
        python = find_python(minor)
        if python is None:
            raise WrongError(f"Python {minor} is not here; name those that are: --python")
        call(python, "-m", "venv", folder / minor, cwd=folder)  # for its pip
        for package, extra in [(wheel, ""), (sdist, ""), *((wheel, extra) for extra in extras())]:
            with tempfile.TemporaryDirectory(dir=folder) as name:
                told = clean(folder / minor / "bin/python", package, extra, Path(name))
            say(f"Python {minor}, {package.name}{f'[{extra}]' if extra else ''}: {told}")
            if not extra:
                seen[f"Python {minor}, {package.name}"] = told
    if len(set(seen.values())) > 1:
        raise WrongError("the same run ended differently: " + "; ".join(f"{where}: {told}" for where, told in seen.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, and say what was found; 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        description="Build the wheel and the sdist, install them in clean environments, and run groundswell there."
    )
    parser.add_argument("--python", nargs="+", choices=PYTHONS, help="on these only")
    parser.add_argument("--borrow", type=Path, metavar="FOLDER", help="an environment whose dependencies are used; none are installed")
    options = parser.parse_args(arguments)
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{text} ({time.monotonic() - started:.0f} s)", flush=True)

    try:
        with tempfile.TemporaryDirectory(prefix="groundswell-packages-") as name:
            folder = Path(name).resolve()
            wheel, sdist = packages(folder, say)
            if options.borrow:
                lender = options.borrow.resolve()
                say(f"{wheel.name} installed: {borrowing(lender, wheel, folder, run=True)}")
                say(f"{sdist.name} installed: {borrowing(lender, sdist, folder, run=False)}")
            else:
                everywhere(options.python or PYTHONS, wheel, sdist, folder, say)
    except WrongError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
