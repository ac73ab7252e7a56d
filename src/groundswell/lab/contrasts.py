"""Two scenarios of the laboratory as a comparison, and what to call them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from groundswell.core.errors import InputError
from groundswell.lab.scenarios import Sent

if TYPE_CHECKING:
    from groundswell.experiments.compare import Contrast
    from groundswell.experiments.scenario import Scenario

LONGEST = 80  # characters of what an arm is called
PLAIN = "as it stands"


def contrast_of(sent: Mapping[str, Sent], scenarios: Mapping[str, Scenario]) -> Contrast:
    """Two scenarios that may be compared.

    Raises:
        InputError: they share no draws, or do not differ.
    """
    from groundswell.experiments.compare import Contrast, check_shared
    from groundswell.experiments.directory import differences
    from groundswell.experiments.plain import as_document

    a = scenarios["a"]
    b = dataclasses.replace(scenarios["b"], seed=a.seed)  # pairs have the seeds of the first
    one, other = called(sent["a"], sent["b"])
    found = Contrast(one, a, other, b)
    if a.case.folder != b.case.folder:
        raise InputError("the two are of different cases and so share no draws", key="case")
    check_shared(found)
    if not differences(as_document(a, Path()), as_document(b, Path())):
        raise InputError("the two do not differ; there is nothing to compare", key="other")
    return found


def called(a: Sent, b: Sent) -> tuple[str, str]:
    """Names of the two: what each sets that the other does not."""

    def own(one: Sent, other: Sent) -> str:
        told = [f"{key} = {_text(value)}" for key, value in sorted(one.settings.items()) if other.settings.get(key, []) != value]
        text = ", ".join(told)
        return (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…") or PLAIN

    return own(a, b), own(b, a)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
