"""Draw the README's picture: docs/picture.svg, from the default run of the Iran case.

python tools/make_picture.py
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from groundswell import experiments
from groundswell.core.store import whole_file
from groundswell.report.figures import COLOURS, WIDTH, svg
from groundswell.report.panels import pictures

TARGET = Path(__file__).parents[1] / "docs" / "picture.svg"


def main() -> None:
    """Simulate, choose panels, and draw them on white in fixed colours, as a file that stands alone."""
    run = experiments.run("iran", settings={"threads": 2})
    by_key = {picture.key: picture for picture in pictures(run)[0]}
    panels = (by_key["crowds"].panels[0], by_key["record"].panels[0], by_key["custody"].panels[1])
    text = svg(replace(by_key["crowds"], panels=panels, title="A synthetic Iran, second half of 2022"))
    for k, colour in enumerate(COLOURS):
        text = text.replace(f"var(--curve-{k + 1})", colour)
    text = text.replace("currentColor", "#222222")
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups()  # type: ignore[union-attr]
    size = f' width="{WIDTH * 144:.0f}" font-family="DejaVu Sans, Arial, sans-serif"'
    text = text.replace("<svg", f"<svg{size}", 1)
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    text = re.sub(r"(<svg[^>]*>)", rf"\1{ground}", text, count=1)
    with whole_file(TARGET) as path:
        path.write_text(text + "\n", encoding="utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
