"""What a person who writes a mechanism is told when it is not right yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from groundswell.core.columns import PERSON, Column
from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Mechanism, Model, Phase

X = Column("x", np.float32, PERSON, "1", "a number")
OTHER_X = Column("x", np.float64, PERSON, "1", "another number")


def test_a_comma_that_is_missing() -> None:
    @dataclass(frozen=True)
    class Careless(Mechanism):
        reads = X

        def day(self, now): ...

    with pytest.raises(ModelError, match=r"careless: reads needs a tuple, not Column; one element is written \(X,\)"):
        Phase("a", Careless())


def test_a_step_with_self() -> None:
    @dataclass(frozen=True)
    class Method(Mechanism):
        writes = (X,)

        def step(self, x): ...

    with pytest.raises(ModelError, match="method: a step is a function over columns and takes no self"):
        Model("m", (Phase("a", Method()),))


def test_what_is_forgotten_and_what_is_called_twice() -> None:
    @dataclass(frozen=True)
    class Forgetful(Mechanism):
        def step(x): ...

    @dataclass(frozen=True)
    class One(Mechanism):
        writes = (X,)

        def step(x): ...

    @dataclass(frozen=True)
    class Two(Mechanism):
        reads = (OTHER_X,)

        def step(x): ...

    with pytest.raises(ModelError, match="add it to reads, writes, adds or draws"):
        Model("m", (Phase("a", Forgetful()),))
    with pytest.raises(ModelError, match="two different things are called x, in one and in two"):
        Model("m", (Phase("a", One()), Phase("b", Two())))
