"""Published models beside our own: what was printed, what we get, and the paper's main figure.

A module whose name does not stand in `PARTS` is one model, and holds `REPRODUCTION`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from groundswell.core.errors import InputError, nearest
from groundswell.reproductions.published import Comparison, Outcome, Reproduction

__all__ = ["Comparison", "Outcome", "Reproduction", "load", "names"]

PARTS = frozenset({"drawing", "pages", "published", "telling"})


def names() -> list[str]:
    """The models that can be reproduced."""
    return sorted(module.name for module in iter_modules(__path__) if module.name not in PARTS)


def load(name: str) -> Reproduction:
    """The reproduction of one model.

    Raises:
        InputError: there is none of this name; the nearest one is named.
    """
    if name not in names():
        raise InputError(f"there is no reproduction {name!r}", nearest=nearest(name, names()))
    found: Reproduction = import_module(f"{__name__}.{name}").REPRODUCTION
    return found
