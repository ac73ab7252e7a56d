"""Draw the README's picture: docs/picture.svg, from eight runs of the Iran case over 2022 to 2024.

python tools/make_picture.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from groundswell import experiments
from groundswell.core.store import whole_file
from groundswell.experiments.replicates import with_first
from groundswell.report.canvas import alone
from groundswell.report.figures import draw
from groundswell.report.pictures import pictures
from groundswell.report.reading import Readings

TARGET = Path(__file__).parents[1] / "docs" / "picture.svg"
TITLE = "A synthetic Iran, 2022 to 2024"
NOTE = "Lines: medians of 8 runs that differ in their seeds; bands: the middle 90 % of them. Calibrated in part."
WIDE, MARGIN = 640, 12  # pixels; units


def main() -> None:
    """Simulate, choose panels, and draw them as a file that stands alone, light or dark as the reader's page is."""
    runs = with_first(experiments.replicates("iran", 8, settings={"start": "2022-01-01", "end": "2024-12-31"}))
    every = runs.runs()
    case = runs.scenario.case
    by_key = {picture.key: picture for _, picture in pictures(Readings(every[0], every, runs.weekly), case)[0]}
    crowds, record, acts = by_key["crowds"], by_key["record"], by_key["acts"]
    panels = (crowds.panels[0], replace(record.panels[0], shades=crowds.panels[0].shades, shaded=""), acts.panels[0])
    drawn = draw(replace(crowds, panels=panels, title=TITLE, note=NOTE), above=TITLE, below=NOTE)
    with whole_file(TARGET) as path:
        path.write_text(alone(drawn, wide=WIDE, margin=MARGIN) + "\n", encoding="utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
