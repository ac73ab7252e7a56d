"""Models: schedules of mechanisms, by name."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.core.mechanism import Model
from groundswell.models.resistance import resistance

MODELS: dict[str, Callable[[], Model]] = {"resistance": resistance}
