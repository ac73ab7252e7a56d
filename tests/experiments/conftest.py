"""Every test here has the tiny model of the parent folder."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _tiny(tiny_model: None) -> None:
    """The model "tiny" is known."""
