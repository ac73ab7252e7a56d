"""A posterior as a case's defaults: `fitted.toml`, figures only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundswell.core.store import write_text

if TYPE_CHECKING:
    from groundswell.calibration.nearest import Nearest
    from groundswell.calibration.posterior import Posterior

HEAD = """# Written by `groundswell fit --fitted`; no row of the record is here. These values take the place of those of case.toml.
# They are one draw of the posterior: of the draws within low to high, 5 and 95 % of all draws, that whose simulated records lie nearest to
# the record. The values belong together: one alone means little. Where the contraction is small the record says next to nothing of it.
"""
PLACES = 4  # digits of a figure


def fitted_toml(posterior: Posterior, chosen: Nearest) -> str:
    """The text of a `fitted.toml`: provenance, and of every parameter value, interval and contraction."""
    about, priors = posterior.provenance, posterior.priors
    lines = [
        HEAD, "schema = 1\n", "[fitted]", f"doc = {_text(priors.doc)}", f"record = {_text(about['record'])}",
        f"priors = {_text(priors.digest)}", f"posterior = {_text(posterior.digest)}", f"start = {priors.start}", f"end = {priors.end}",
        f"simulations = {about['simulations']}", f"distance = {_number(chosen.distance)}", f"distance_prior = {_number(chosen.prior)}",
        f"made_with = {_text(about['groundswell'])}",
    ]  # fmt: skip
    for one in posterior.marginals()[: len(posterior.keys)]:
        figures = {"value": chosen.values[one.name], "low": one.quantiles[0], "high": one.quantiles[4], "contraction": one.contraction}
        lines += ["", "[[parameters]]", f"key = {_text(one.name)}", *(f"{name} = {_number(x)}" for name, x in figures.items())]
    return "\n".join(lines) + "\n"


def write_fitted(posterior: Posterior, chosen: Nearest, file: Path) -> None:
    """Write it, whole or not at all."""
    write_text(file, fitted_toml(posterior, chosen))


def _number(x: float) -> str:
    """A figure as TOML has it, with a point."""
    text = f"{x:.{PLACES}g}"
    return text if any(c in text for c in ".en") else f"{text}.0"


def _text(text: str) -> str:
    import json

    return json.dumps(str(text), ensure_ascii=False)  # TOML's basic strings are JSON's
