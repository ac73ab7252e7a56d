"""The eleven design concepts: what code cannot say, from `concepts.toml`, beside what can be counted in the model."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from groundswell.core.errors import InputError, nearest
from groundswell.experiments.odd import model as declared

if TYPE_CHECKING:
    from groundswell.core.mechanism import Model

CONCEPTS = {
    "basic_principles": "Basic principles",
    "emergence": "Emergence",
    "adaptation": "Adaptation",
    "objectives": "Objectives",
    "learning": "Learning",
    "prediction": "Prediction",
    "sensing": "Sensing",
    "interaction": "Interaction",
    "stochasticity": "Stochasticity",
    "collectives": "Collectives",
    "observation": "Observation",
}
FURTHER = ("purpose", "patterns")  # said in the first section
COUNTED: Mapping[str, Callable[[Model], list[str]]] = {
    "sensing": declared.sensing,
    "interaction": declared.interaction,
    "stochasticity": declared.stochasticity,
    "observation": declared.observation,
}
UNSAID = "The model's author has not said; the rules stand under Submodels."


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """What is said of each model; `every` holds for all, where a model does not say otherwise."""
    text = resources.files(__package__).joinpath("concepts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def said_of(name: str, own: Mapping[str, str]) -> dict[str, str]:
    """What is said of a model, by concept.

    Args:
        name: of the model.
        own: what wins over the table.

    Raises:
        InputError: a concept that there is not.
    """
    known = (*CONCEPTS, *FURTHER)
    for key in own:
        if key not in known:
            raise InputError("ODD has no such concept", key=key, nearest=nearest(key, known))
    return {**_table()["every"], **_table().get(name, {}), **own}


def design_concepts(model: Model, said: Mapping[str, str]) -> list[str]:
    """The section, with a heading for each concept."""
    lines = []
    for key, title in CONCEPTS.items():
        counted = COUNTED[key](model) if key in COUNTED else []
        text = " ".join(said.get(key, "" if counted else UNSAID).split())
        lines += [f"### {title}", "", *([text, ""] if text else []), *counted]
    return lines
