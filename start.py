#!/usr/bin/env python3
"""Start groundswell from a checkout; needs nothing but Python.

    python3 start.py run iran          any command of groundswell: sets up ./.venv the first time, then runs it
    python3 start.py test [ARGS]       ruff, mypy, import-linter and the tests; ARGS go to pytest
    python3 start.py docs [FOLDER]     the documentation site, strictly, into FOLDER (build/site)
    python3 start.py --help            this text, and groundswell's own help once it is set up

The environments are private folders of this checkout, .venv, .venv-3.X-test and .venv-3.X-docs. They hold exact versions of everything
(constraints.txt), are made once, and are made anew when those versions, pyproject.toml's dependencies, the Python or
the place of the checkout have changed. Deleting them is always safe. GROUNDSWELL_SKIP_CHECKS=1 makes `test` run the
tests only.
"""

# Down to the version check, and in its syntax as a whole, this file stays readable for Python 3.6.
import os
import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "groundswell needs Python 3.11, 3.12 or 3.13, and this is Python {}.{}. "
        "Run the same command with one of those, for example: python3.12 start.py".format(*sys.version_info[:2])
    )
if os.name != "posix":
    sys.exit("start.py works on Linux and macOS. On Windows run it inside WSL: https://learn.microsoft.com/windows/wsl")

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import re
import shutil
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
STAMP = "groundswell-stamp"  # holds the fingerprint of a finished environment, and is written last
UNFINISHED = "unfinished\n"
SPACE = 1_500_000_000  # bytes: the environment itself and what pip unpacks meanwhile
BUILDER = "flit_core"
EXTRAS = ("fit", "lab")  # of the environment of every command: what the README names runs there at once
WAIT = 0.3  # seconds between two looks at a lock that others share


class SetupError(Exception):
    """Something that the user can mend; its text is what they are told."""


class Stopped(BaseException):
    """A signal to stop; like KeyboardInterrupt, nothing but main() catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True)
class Environment:
    """A virtual environment of this checkout: where it is, and which extras it has."""

    folder: Path
    extras: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The file that says what it was made from."""
        return self.folder / STAMP

    @property
    def log(self) -> Path:
        """What pip said while it was made."""
        return self.folder.with_name(self.folder.name + ".log")

    def is_ready(self, wanted: str) -> bool:
        """Whether it was finished, from what is wanted now, and its Python is still there."""
        try:
            return self.stamp.read_text(encoding="utf-8") == wanted and self.python.exists()
        except (FileNotFoundError, NotADirectoryError):
            return False

    def remove(self) -> None:
        """Remove it, half-made or outdated.

        Raises:
            SetupError: the folder is not one that start.py has made.
        """
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise SetupError(f"{self.folder} is not a folder of start.py's. Move it away and run the same command again.")
        if not self.folder.exists():
            return
        if not self.stamp.exists() and any(self.folder.iterdir()):
            raise SetupError(f"{self.folder} was not made by start.py, so it is left alone. Move it away and run the same command again.")
        entries = [entry for entry in self.folder.iterdir() if entry != self.stamp]
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self.stamp.unlink(missing_ok=True)  # last, so that a removal cut short is still known as ours
        self.folder.rmdir()


def say(text: str) -> None:
    """Tell the user how it goes, apart from what the command itself prints."""
    print(text, file=sys.stderr, flush=True)


def fingerprint(root: Path, extras: Sequence[str]) -> str:
    """What an environment is made from: dependencies, exact versions, this Python, this place."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {
        "build": project["build-system"],
        "project": project["project"],
        "constraints": (root / "constraints.txt").read_text(encoding="utf-8"),
        "python": [sys.version, os.path.realpath(sys.base_prefix)],
        "root": str(root),
        "extras": list(extras),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest() + "\n"


def check_venv() -> None:
    """Make sure that this Python can make an environment with pip in it.

    Raises:
        SetupError: Debian and Ubuntu ship that part in a package of its own; the message names it.
    """
    for name in ("venv", "ensurepip"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SetupError(
                f"Python {PYTHON} ({sys.executable}) comes without {name}. On Debian and Ubuntu install it with "
                f"'apt-get install python3-venv' (or python{PYTHON}-venv, if python3 is another version), as root or "
                "with sudo, and run the same command again."
            )


def check_space(folder: Path) -> None:
    """Make sure that the disk has room.

    Raises:
        SetupError: it has not.
    """
    free = shutil.disk_usage(folder).free
    if free < SPACE:
        raise SetupError(f"The disk of {folder} has {free / 1e6:.0f} MB left, and setting up needs about {SPACE / 1e6:.0f} MB.")


class Lock:
    """A lock file of an environment: shared by those who use it, held alone by the one who makes it anew.

    The system frees it when its holder ends, however it ends. It lives on through `become` in the program's process, so
    that no environment is removed under a program that runs in it.

    Args:
        path: the lock file; it stays there.
    """

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(self.descriptor, True)

    def share(self, busy: Callable[[], None]) -> None:
        """Wait until nobody holds it alone; `busy` is called once before a wait."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            busy()
            fcntl.flock(self.descriptor, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Hold it alone if nobody else has it, without waiting; otherwise it is given up."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def progress(line: str) -> str | None:
    """What to show of a line that pip printed, or None."""
    words = line.split()
    if line.startswith("Collecting "):
        return f"fetching {re.split('[^A-Za-z0-9._-]', words[1])[0]}"
    if line.startswith("Installing collected packages:"):
        return f"installing ({len(words) - 3} in all)"
    return None


def clean_environ() -> dict[str, str]:
    """The user's environment variables without those that would make pip install elsewhere."""
    elsewhere = {"PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PYTHONHOME", "__PYVENV_LAUNCHER__"}
    return {**{k: v for k, v in os.environ.items() if k not in elsewhere}, "PIP_USER": "0"}


def call(command: Sequence[str], log: Path, lock: int) -> None:
    """Run one command of the set-up, with its output in the log and a short line of progress on a terminal.

    Raises:
        SetupError: it failed; says why as far as that can be told.
    """
    terminal = sys.stderr.isatty()
    lines: list[str] = []
    with log.open("a", encoding="utf-8") as file:
        # A session of its own: stopping it then stops what it has started, and nothing writes on into a removed folder.
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environ(), text=True, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, pass_fds=[lock],
        )  # fmt: skip
        try:
            assert process.stdout is not None  # asked for above
            with process.stdout as printed:
                for line in printed:
                    lines.append(line)
                    file.write(line)
                    if terminal and progress(line):
                        print(f"\r\033[K  {progress(line)}", end="", file=sys.stderr, flush=True)
            process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            if terminal:
                print("\r\033[K", end="", file=sys.stderr, flush=True)
    if process.returncode != 0:
        raise SetupError(explain(lines, log))


def explain(lines: Sequence[str], log: Path) -> str:
    """Why a command of the set-up failed, from what it printed."""
    text = "".join(lines)
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return f"The disk is full. Setting up needs about {SPACE / 1e6:.0f} MB in {ROOT} and pip's cache."
    if "connection broken by" in text or "Max retries exceeded" in text:
        return (
            "pip cannot reach the package index. The first start needs the network; behind a proxy set HTTPS_PROXY, with a "
            f"mirror PIP_INDEX_URL, and with a folder of wheels PIP_NO_INDEX=1 and PIP_FIND_LINKS. What pip said: {log}"
        )
    errors = [line.strip() for line in lines if line.startswith("ERROR:")] or [line.strip() for line in lines if line.strip()][-1:]
    return "\n".join(["Setting up failed.", *(f"  {line}" for line in errors), f"All that was printed: {log}"])


def build(environment: Environment, wanted: str, lock: int) -> None:
    """Make the environment; whatever stops this, nothing half-made stays that would be taken for finished."""
    check_venv()
    check_space(ROOT)
    environment.remove()
    environment.log.unlink(missing_ok=True)
    extras = f"[{','.join(environment.extras)}]" if environment.extras else ""
    pip = [str(environment.python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2",
           "install", "--progress-bar", "off", "--constraint", "constraints.txt"]  # fmt: skip
    try:
        environment.folder.mkdir()
        environment.stamp.write_text(UNFINISHED, encoding="utf-8")
        call([sys.executable, "-I", "-m", "venv", str(environment.folder)], environment.log, lock)
        # The builder comes first and from the constraints too: pip would fetch its newest version otherwise.
        call([*pip, BUILDER], environment.log, lock)
        call([*pip, "--no-build-isolation", "--editable", f".{extras}"], environment.log, lock)
        new = environment.stamp.with_suffix(".new")
        new.write_text(wanted, encoding="utf-8")
        new.replace(environment.stamp)
    except BaseException:
        environment.remove()
        raise


def ensure(environment: Environment) -> None:
    """Make the environment unless it is there already; one process at a time, the others wait."""
    wanted = fingerprint(ROOT, environment.extras)
    name = environment.folder.name
    try:
        lock = Lock(ROOT / f"{name}.lock")
    except OSError:
        if environment.is_ready(wanted):
            return  # a checkout that cannot be written to can be used all the same
        raise
    told = False
    while True:
        lock.share(lambda: say(f"Another start.py is setting up {name}; waiting for it."))
        if environment.is_ready(wanted):
            return
        if lock.alone():
            if not environment.is_ready(wanted):  # another may have made it just now
                make(environment, wanted, lock)
            continue
        if not told:
            say(f"Another start.py is using or setting up {name}, which is out of date; waiting for it (Ctrl-C stops this).")
            told = True
        time.sleep(WAIT)


def make(environment: Environment, wanted: str, lock: Lock) -> None:
    """Build it, and tell the user."""
    name = environment.folder.name
    why = "anew, for it is unfinished or out of date" if environment.stamp.exists() else "once, about 1 GB"
    say(f"Setting up {name} with Python {PYTHON} ({why}) ...")
    build(environment, wanted, lock.descriptor)
    say(f"{name} is ready.")


def become(environment: Environment, program: str, *arguments: str) -> NoReturn:
    """Turn this process into a program of the environment, so that signals and the exit code are the program's own."""
    sys.stdout.flush()
    path = environment.folder / "bin" / program
    if not path.exists():
        raise SetupError(f"{path} is missing. Delete {environment.folder} and run the same command again.")
    os.execv(path, [str(path), *arguments])


def run(arguments: Sequence[str]) -> NoReturn:
    """Any command of groundswell."""
    environment = Environment(ROOT / ".venv", EXTRAS)
    ensure(environment)
    become(environment, "groundswell", *arguments)


def test(arguments: Sequence[str]) -> NoReturn:
    """The checks, and then the tests if the checks pass."""
    environment = Environment(ROOT / f".venv-{PYTHON}-test", ("test", "dev"))
    ensure(environment)
    os.chdir(ROOT)
    checks = [["ruff", "check", "."], ["mypy"], ["lint-imports", "--no-logo"]]
    failed = []
    for check in [] if os.environ.get("GROUNDSWELL_SKIP_CHECKS") == "1" else checks:
        say(f"== {' '.join(check)}")
        if subprocess.run([str(environment.folder / "bin" / check[0]), *check[1:]], check=False).returncode != 0:
            failed.append(check[0])
    if failed:
        say(f"{' and '.join(failed)} failed, see above; the tests have not been run.")
        sys.exit(1)
    say(f"== pytest, Python {PYTHON}")
    become(environment, "python", "-m", "pytest", "-n", "2", "--dist", "loadgroup", "--durations=10", *arguments)


def docs(arguments: Sequence[str]) -> NoReturn:
    """The site; a warning, a link that leads nowhere or a notebook that fails ends it with an error."""
    environment = Environment(ROOT / f".venv-{PYTHON}-docs", ("docs",))
    ensure(environment)
    target = str(Path(arguments[0]).absolute()) if arguments else str(ROOT / "build" / "site")
    os.chdir(ROOT)
    become(environment, "sphinx-build", "-W", "-n", "--keep-going", "-q", "-E", "-b", "html", "docs", target)


def usage() -> None:
    """This file's own help; groundswell's follows where that costs no set-up."""
    print(__doc__)
    environment = Environment(ROOT / ".venv", EXTRAS)
    if environment.is_ready(fingerprint(ROOT, environment.extras)):
        become(environment, "groundswell", "--help")


def stop(number: int, _frame: object) -> NoReturn:
    """Turn a signal into an exception, so that the set-up cleans up."""
    raise Stopped(number)


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; the exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        if not arguments or arguments[0] in ("-h", "--help") or (arguments[0] == "docs" and {"-h", "--help"} & {*arguments}):
            usage()
        elif arguments[0] == "test":
            test(arguments[1:])
        elif arguments[0] == "docs":
            docs(arguments[1:])
        else:
            run(arguments)
    except SetupError as error:
        say(f"start.py: {error}")
        return 1
    except OSError as error:
        say(f"start.py: {error.strerror or error}: {error.filename or ROOT}")
        return 1
    except KeyboardInterrupt:
        say("\nstart.py: stopped.")
        return 130
    except Stopped as stopped:
        say("start.py: stopped.")
        return 128 + stopped.number
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
