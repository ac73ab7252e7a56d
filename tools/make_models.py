"""Write the pages of the published models: docs/models/NAME.md, NAME.svg and README.md, from what comes out now.

python tools/make_models.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from groundswell import reproductions
from groundswell.core.store import whole_file
from groundswell.reproductions import telling
from groundswell.reproductions.pages import files
from groundswell.reproductions.published import silent

TARGET = Path(__file__).parents[1] / "docs" / "models"


def main() -> int:
    """Compute all, and write the folder; 1 where a line is not as declared."""
    done = []
    for name in reproductions.names():
        reproduction = reproductions.load(name)
        done.append((reproduction, reproduction.compute(silent)))
        print(f"{name}: {telling.summed(done[-1][1].table)}", flush=True)
    found = files(done)
    for name, text in found.items():
        with whole_file(TARGET / name) as path:
            path.write_text(text, encoding="utf-8")
    for old in TARGET.iterdir():
        if old.name not in found:
            old.unlink()
    return int(any(telling.counts(outcome.table)[2] for _, outcome in done))


if __name__ == "__main__":
    sys.exit(main())
