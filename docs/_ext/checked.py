"""After the build: every link within the site leads to a file and a place that are there, and no page loads anything from elsewhere."""

from __future__ import annotations

from pathlib import Path

from links import broken
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def check(app: Sphinx, exception: Exception | None) -> None:
    """Warn of each link that leads nowhere; under -W the build fails."""
    if exception is None and app.builder.format == "html":
        for problem in broken(Path(app.outdir)):
            logger.warning(problem, type="checked")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
