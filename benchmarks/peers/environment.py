"""An environment of its own for a system that groundswell is compared with; it is never a dependency of groundswell."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

REPORT = "import sys, json, ensurepip, venv; print(json.dumps(list(sys.version_info[:3])))"


class PeerError(Exception):
    """A system cannot be had or does not run here; the message says why."""


@dataclass(frozen=True)
class Peer:
    """What a system needs.

    Args:
        name: of its environment.
        packages: as for pip.
        oldest, newest: versions of Python that will do, the newest excluded.
    """

    name: str
    packages: tuple[str, ...]
    oldest: tuple[int, int] = (3, 12)
    newest: tuple[int, int] = (3, 14)


MESA = Peer("mesa-3.5.1", ("mesa==3.5.1", "networkx==3.7", "numpy==2.5.5", "pandas==3.1.1", "scipy==1.18.1", "tqdm==4.70.1"))
MESA_FRAMES = Peer("mesa-frames-0.1.0a0", ("mesa-frames==0.1.0a0", "polars==2.1.0", "pandas==3.0.6", "numpy==1.26.4"), newest=(3, 13))
LASER = Peer("laser-generic-1.1.0", ("laser-generic==1.1.0", "laser-core==1.0.5", "numba==0.68.1", "numpy==2.5.5", "geopandas==1.2.0"))
STARSIM = Peer("starsim-3.7.2", ("starsim==3.7.2", "sciris==3.6.1", "numba==0.68.1", "numpy==2.5.5", "pandas==3.1.1", "scipy==1.18.1"))
EPIWORLD = Peer("epiworldpy-0.17.0.post2", ("epiworldpy==0.17.0.post2", "numpy==2.5.5"))
COVASIM = Peer("covasim-4.0.1", ("covasim==4.0.1",), newest=(3, 13))


def candidates(given: Path | None) -> list[str]:
    """Interpreters that may do, the likeliest first."""
    if given is not None:
        return [str(given)]
    named = [shutil.which(f"python3.{minor}") or "" for minor in (13, 12, 14)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = [str(path) for minor in (13, 12) for path in sorted(pyenv.glob(f"3.{minor}.*/bin/python"))]
    return [sys.executable, *filter(None, named), *kept]


def interpreter(peer: Peer, given: Path | None = None) -> str:
    """An interpreter of a version that will do and that can make environments.

    Raises:
        PeerError: there is none.
    """
    for path in candidates(given):
        try:
            answer = subprocess.run([path, "-c", REPORT], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            continue
        if peer.oldest <= tuple(json.loads(answer.stdout)[:2]) < peer.newest:
            return path
    low, high = (".".join(map(str, version)) for version in (peer.oldest, peer.newest))
    raise PeerError(f"needs Python {low} or newer, older than {high}, and none was found here: name one with --peer-python")


def environment(peer: Peer, given: Path | None = None) -> str:
    """The interpreter of an environment with a system, made the first time and kept in the user's cache folder.

    Raises:
        PeerError: it cannot be made.
    """
    base = interpreter(peer, given)
    mark = hashlib.sha256(json.dumps([base, peer.packages]).encode()).hexdigest()[:12]
    folder = user_cache_path("groundswell") / "peers" / f"{peer.name}-{mark}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        print(f"making an environment for {peer.name} in {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            [base, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.packages],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise PeerError(f"cannot be installed: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}")
        (folder / "complete").touch()
    return str(python)
