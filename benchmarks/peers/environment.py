"""An environment of its own for a system that groundswell is compared with; it is never a dependency of groundswell."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

REPORT = "import sys, json, ensurepip, venv; print(json.dumps(list(sys.version_info[:3])))"


def candidates(given: Path | None) -> list[str]:
    """Interpreters that may be new enough, the likeliest first."""
    if given is not None:
        return [str(given)]
    named = [shutil.which(f"python3.{minor}") or "" for minor in (13, 12, 14)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = [str(path) for minor in (13, 12) for path in sorted(pyenv.glob(f"3.{minor}.*/bin/python"))]
    return [sys.executable, *filter(None, named), *kept]


def interpreter(oldest: tuple[int, int], given: Path | None = None) -> str:
    """An interpreter of at least a version that can make environments."""
    for path in candidates(given):
        try:
            answer = subprocess.run([path, "-c", REPORT], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            continue
        if tuple(json.loads(answer.stdout)) >= oldest:
            return path
    sys.exit(f"no Python {oldest[0]}.{oldest[1]} or newer was found here, which the peer needs: name one with --peer-python")


def environment(name: str, packages: list[str], oldest: tuple[int, int], given: Path | None = None) -> str:
    """The interpreter of an environment with these packages, made the first time and kept in the user's cache folder."""
    base = interpreter(oldest, given)
    mark = hashlib.sha256(json.dumps([base, packages]).encode()).hexdigest()[:12]
    folder = user_cache_path("groundswell") / "peers" / f"{name}-{mark}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        print(f"making an environment for {name} in {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([base, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        (folder / "complete").touch()
    return str(python)
