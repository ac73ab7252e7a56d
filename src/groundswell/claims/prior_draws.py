"""Draws of what is uncertain: from a fit where there is one, else from what was believed before; and which of the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from groundswell.calibration.posterior import Posterior
    from groundswell.calibration.priors import Prior
    from groundswell.claims.reading import Claim

Floats = npt.NDArray[np.float64]
PRIOR, POSTERIOR = "prior", "posterior"
UNUSUAL = 0.05  # share of simulated records that are as unlike the others, below which a fit is told with care


@dataclass(frozen=True, eq=False)
class Uncertain:
    """What varies between the draws of a claim.

    Args:
        basis: "prior" or "posterior".
        keys: parameters.
        values: shape (draws, keys).
        priors: of each key.
        words: in a sentence, for every output.
    """

    basis: str
    keys: tuple[str, ...]
    values: Floats
    priors: tuple[Prior, ...]
    words: str

    def row(self, draw: int) -> dict[str, float]:
        """Values of a draw by key."""
        return dict(zip(self.keys, self.values[draw].tolist(), strict=True))

    def normal(self) -> Floats:
        """The draws on the scale on which every prior is standard normal; shape (draws, keys)."""
        columns = [one.to_normal(self.values[:, k]) for k, one in enumerate(self.priors)]
        return np.column_stack(columns) if columns else np.zeros((len(self.values), 0))


def drawn(claim: Claim, count: int, seed: int, posterior: Posterior | None = None) -> Uncertain:
    """The draws of a claim.

    Args:
        claim: with a contrast.
        count: how many; the first ones are the same for any count.
        seed: of the draws.
        posterior: a fit of the claim's country; None for what was believed before.

    Raises:
        InputError: the case's list of priors is wrong.
    """
    contrast = claim.contrast
    assert contrast is not None
    assert claim.form.model is not None
    fitted = _fitted(claim) if claim.form.model.prior == "fitted" else ()
    listed = tuple(one.key for one in contrast.assumed)
    in_both = {*contrast.own_a} & {*contrast.own_b}  # what one arm alone sets is drawn for the other
    set_here = {*in_both, *listed, *(key for one in contrast.settings for key in one)}
    before = tuple(one for one in fitted if one.key not in set_here)
    chosen = (*before, *contrast.assumed)
    values = _from_priors(chosen, count, seed)
    if posterior is None:
        return Uncertain(PRIOR, tuple(one.key for one in chosen), values, chosen, _said(before, contrast.assumed, None))
    known = [one.key for one in before if one.key in posterior.keys]
    rows = _from_fit(posterior, count, seed)
    for k, one in enumerate(chosen):
        if one.key in known:
            values[:, k] = posterior.values[rows, posterior.keys.index(one.key)]
    words = _said(before, contrast.assumed, posterior)
    return Uncertain(POSTERIOR, tuple(one.key for one in chosen), values, chosen, words)


def applies(claim: Claim, posterior: Posterior | None) -> bool:
    """Whether a fit says something about a claim's runs."""
    contrast = claim.contrast
    if posterior is None or contrast is None or claim.form.model is None or claim.form.model.prior != "fitted":
        return False
    return contrast.case.id == posterior.case and bool({one.key for one in _fitted(claim)} & set(posterior.keys))


def _fitted(claim: Claim) -> tuple[Prior, ...]:
    """The priors of the case's list; none where it has no list."""
    from groundswell.calibration.priors import FILE, read_priors

    assert claim.contrast is not None
    case = claim.contrast.case
    return read_priors(case).entries if (case.folder / FILE).is_file() else ()


def _from_fit(posterior: Posterior, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Rows of a fit, one a draw, each chosen by itself: more draws begin with the same, which a test at every look needs, too."""
    from groundswell.claims.streams import FITTED
    from groundswell.core.draws import Draws

    at = Draws(seed).uniform(FITTED, 0, np.arange(count))
    return np.minimum(np.searchsorted(np.cumsum(posterior.weights), at, side="right"), len(posterior.weights) - 1)


def _from_priors(chosen: tuple[Prior, ...], count: int, seed: int) -> Floats:
    """Draws addressed by index and key; shape (count, parameters)."""
    from groundswell.claims.streams import ASSUMED
    from groundswell.core.draws import Draws
    from groundswell.core.store import digest

    draws, at = Draws(seed), np.arange(count)
    columns = [one.quantile(draws.uniform(ASSUMED, 0, at, int(digest(one.key.encode())[:7], 16))) for one in chosen]
    return np.column_stack(columns) if columns else np.zeros((count, 0))


def _said(fitted: tuple[Prior, ...], listed: tuple[Prior, ...], posterior: Posterior | None) -> str:
    """What varies, in a sentence."""
    parts = []
    if posterior is not None:
        parts.append(f"{len(fitted)} parameters from the fit")
    elif fitted:
        parts.append(f"{len(fitted)} parameters from the priors of the fit")
    if listed:
        parts.append(f"{len(listed)} from priors of the claim")
    if not parts:
        return "Nothing varies but chance: the parameters are as the case has them."
    alone = "" if posterior is not None else ", priors alone: no fit"
    unusual = float(posterior.diagnostics.get("unusual", 1.0)) if posterior is not None else 1.0
    care = f" The record is unlike what the model makes (chance of one as unusual: {100 * unusual:.2g} % at most): take the fit with care."
    return f"Drawn: {' and '.join(parts)}{alone}.{care if unusual < UNUSUAL else ''}"
