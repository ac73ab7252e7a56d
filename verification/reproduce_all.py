"""Compute every published model again, and compare its lines with what is declared and its page and figure with docs/models.

python verification/reproduce_all.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from groundswell import reproductions
from groundswell.reproductions import telling
from groundswell.reproductions.pages import files
from groundswell.reproductions.published import silent

PAGES = Path(__file__).parents[1] / "docs" / "models"


def main() -> int:
    done = []
    for name in reproductions.names():
        began = time.monotonic()
        reproduction = reproductions.load(name)
        done.append((reproduction, reproduction.compute(silent)))
        print(f"{name}: {telling.summed(done[-1][1].table)} ({time.monotonic() - began:.1f} s)", flush=True)
    lines = [line for _, outcome in done for line in outcome.table]
    print(f"{len(done)} models, {len(lines)} lines: {telling.summed(lines)}")
    now = files(done)
    kept = {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()}
    stale = sorted(name for name in {*now, *kept} if now.get(name) != kept.get(name))
    for name in stale:
        print(f"docs/models/{name}: is not what comes out now; run python tools/make_models.py")
    return int(bool(stale) or telling.counts(lines)[2] > 0)


if __name__ == "__main__":
    sys.exit(main())
