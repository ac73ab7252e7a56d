"""Models: schedules of mechanisms, by name.

Each module is one model, and holds a function of its own name that returns it. `resistance` is the flagship, which runs on the
people of a country; the others are classics of the literature, each with a `world` of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from groundswell.core.errors import InputError, nearest
from groundswell.core.mechanism import Model
from groundswell.models.resistance import resistance

MODELS: dict[str, Callable[[], Model]] = {"resistance": resistance}  # those that scenario files can name


def names() -> list[str]:
    """Every model."""
    return sorted(module.name for module in iter_modules(__path__))


def find(name: str) -> Model:
    """A model by name, as it stands.

    Raises:
        InputError: there is none, and the nearest name is given; or nothing happens in it in time, so that it is functions alone.
    """
    if name not in names():
        raise InputError(f"there is no model {name!r}", nearest=nearest(name, names()))
    make: Callable[[], Model] | None = getattr(import_module(f"{__name__}.{name}"), name, None)
    if make is None:
        raise InputError(f"{name!r} has no schedule to run; call the functions of groundswell.models.{name}")
    return make()
