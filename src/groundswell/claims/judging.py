"""Verdicts: what a setting's draws, a model and records say of a claim, and what follows from them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from groundswell.claims.finding import Finding
from groundswell.claims.sequential import Outcome, by_mean, by_share

if TYPE_CHECKING:
    from groundswell.claims.prior_draws import Uncertain
    from groundswell.claims.reading import Claim, Contrast, Values
    from groundswell.claims.schema import DataTable, QuantityTable
    from groundswell.claims.why import Why

Floats = npt.NDArray[np.float64]
Word = Literal["supported", "contradicted", "depends", "not decidable", "outside the model"]
SUPPORTED, CONTRADICTED, DEPENDS, OPEN, OUTSIDE = "supported", "contradicted", "depends", "not decidable", "outside the model"
WORDS = (SUPPORTED, CONTRADICTED, DEPENDS, OPEN, OUTSIDE)
FACTOR = 3.0  # by which data must move the odds


@dataclass(frozen=True, eq=False)
class Setting:
    """One setting of the switches.

    Args:
        values: the switches, by full key.
        a, b: what the arms measured; shape (draws, quantities); b is nan where there is one arm.
        effects: shape (draws, quantities).
        outcome: what they say.
    """

    values: Values
    a: Floats
    b: Floats
    effects: Floats
    outcome: Outcome

    @property
    def name(self) -> str:
        """In words."""
        return ", ".join(f"{key} = {value}" for key, value in self.values.items()) or "as it is"


@dataclass(frozen=True, eq=False)
class ModelVerdict:
    """What the model says under one kind of draws.

    Args:
        basis: "prior" or "posterior".
        word: the verdict.
        words: why, in a sentence.
        drawn: what varied.
        settings: one by one.
        uncertain: the draws.
        share, low, high: share of all settings' draws beyond (or mean effect), and the widest bounds of a setting.
        factor: by which the odds moved from prior to posterior; nan where there is none.
    """

    basis: str
    word: str
    words: str
    drawn: str
    settings: tuple[Setting, ...]
    uncertain: Uncertain
    share: float
    low: float
    high: float
    factor: float = float("nan")


@dataclass(frozen=True)
class DataVerdict:
    """What one `[[data]]` table says."""

    table: DataTable
    finding: Finding
    word: str
    words: str


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is said of a claim.

    Args:
        claim: it.
        word: the verdict of all together.
        words: from what it follows.
        prior, posterior: of the model; None where it was not asked, or no fit applies.
        data: of records and figures, table by table.
        data_word: of all tables that bear on the whole claim; None where none does.
        no_posterior: why there is none, where there is none.
        why: which assumption matters most; None where no draws are at hand.
        change: what would change our mind.
        provenance: everything needed to repeat it.
    """

    claim: Claim
    word: str
    words: str
    prior: ModelVerdict | None = None
    posterior: ModelVerdict | None = None
    data: tuple[DataVerdict, ...] = ()
    data_word: str | None = None
    no_posterior: str = ""
    why: Why | None = None
    change: str = ""
    provenance: Mapping[str, object] = field(default_factory=dict)

    @property
    def model(self) -> ModelVerdict | None:
        """What the model says with all that is known: the posterior where there is one."""
        return self.posterior or self.prior


def effects_of(contrast: Contrast, a: Floats, b: Floats) -> Floats:
    """Effects from what the arms measured; shape (draws, quantities); nan where one is not defined."""
    found = np.full(a.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        for k, quantity in enumerate(contrast.quantities):
            if quantity.form.compare == "a":
                found[:, k] = a[:, k]
            elif quantity.form.compare == "difference":
                found[:, k] = a[:, k] - b[:, k]
            else:
                found[:, k] = a[:, k] / b[:, k]
    return found


def beyond(form: QuantityTable, effects: Floats) -> npt.NDArray[np.bool_]:
    """Whether effects are on the claimed side of the smallest that matters."""
    with np.errstate(invalid="ignore"):
        return np.asarray(effects >= form.smallest if form.direction == "above" else effects <= form.smallest)


def outcome_of(claim: Claim, effects: Floats) -> Outcome:
    """What the draws of one setting say: of all quantities together."""
    contrast, model = claim.contrast, claim.form.model
    assert contrast is not None
    assert model is not None
    forms = [quantity.form for quantity in contrast.quantities]
    if model.judge == "draws":
        each = np.column_stack([beyond(form, effects[:, k]) for k, form in enumerate(forms)])
        known = ~np.isnan(effects)
        short = (known & ~each).any(axis=1)  # one that is short decides, whatever the others are
        return by_share(each.all(axis=1), known.all(axis=1) | short)
    found = [_mean_outcome(quantity, effects[:, k], len(forms)) for k, quantity in enumerate(contrast.quantities)]
    return found[0] if len(found) == 1 else _all_of(found)


def _mean_outcome(quantity: object, effects: Floats, of: int) -> Outcome:
    """The mean effect of a quantity; refuting any of several takes so many times the evidence."""
    from groundswell.claims.reading import Quantity
    from groundswell.claims.sequential import ERROR

    assert isinstance(quantity, Quantity)
    low, high = quantity.measure.low, quantity.measure.high
    least, most = (low, high) if quantity.form.compare == "a" else (low - high, high - low)
    above = quantity.form.direction == "above"
    plain = by_mean(effects, least, most, quantity.form.smallest, above)
    if plain.decision != "contradicted" or of == 1:
        return plain
    strict = by_mean(effects, least, most, quantity.form.smallest, above, error=ERROR / of)
    return strict if strict.decision == "contradicted" else Outcome("undecided", len(effects), *_rest(plain))


def _rest(one: Outcome) -> tuple[int, int, int, float, float, float]:
    return one.draws, one.beyond, one.short, one.share, one.low, one.high


def _all_of(found: Sequence[Outcome]) -> Outcome:
    """All quantities must be supported; one that is contradicted contradicts. The numbers are those of the weakest."""
    refuted = [one for one in found if one.decision == "contradicted"]
    if refuted:
        return min(refuted, key=lambda one: one.at)
    if all(one.decision == "supported" for one in found):
        return max(found, key=lambda one: one.at)
    weakest = next(one for one in found if one.decision != "supported")
    return Outcome("undecided", weakest.draws, *_rest(weakest))


def over_settings(claim: Claim, settings: Sequence[Setting], uncertain: Uncertain, prior: ModelVerdict | None = None) -> ModelVerdict:
    """The model's verdict from those of the settings.

    Args:
        claim: it.
        settings: every setting.
        uncertain: what varied.
        prior: the verdict before the data, where this is the one after.
    """
    model = claim.form.model
    assert model is not None
    draws = sum(one.outcome.draws for one in settings)
    hits = sum(one.outcome.beyond for one in settings)
    factor = _factor(hits, draws, prior) if prior is not None else float("nan")
    word, words = _settled(settings, factor, prior is not None)
    shares = [one.outcome.share for one in settings]
    low, high = min(one.outcome.low for one in settings), max(one.outcome.high for one in settings)
    return ModelVerdict(
        uncertain.basis, word, words, uncertain.words, tuple(settings), uncertain, float(np.mean(shares)), low, high, factor
    )  # fmt: skip


def _factor(hits: int, draws: int, prior: ModelVerdict) -> float:
    """By how much the data moved the odds that the effect is beyond, up or down; half a draw is added on either side."""
    before_hits = sum(one.outcome.beyond for one in prior.settings)
    before = sum(one.outcome.draws for one in prior.settings)
    odds = ((hits + 0.5) / (draws - hits + 0.5), (before_hits + 0.5) / (before - before_hits + 0.5))
    return max(odds) / min(odds)


def _settled(settings: Sequence[Setting], factor: float, fitted: bool) -> tuple[str, str]:
    decided = {one.outcome.decision for one in settings}
    each = f"in {'each of the ' + str(len(settings)) + ' settings' if len(settings) > 1 else 'the one setting'}"
    moved = f"; the data moved the odds by a factor of {factor:.2g}" if fitted else ""
    firm = {"supported": (SUPPORTED, "is beyond"), "contradicted": (CONTRADICTED, "falls short of")}
    for decision, (word, how) in firm.items():
        if decided == {decision}:
            effect = f"the effect {how} the smallest that matters {each}"
            if not fitted:
                return word, f"{effect}, by the assumptions alone"
            if factor >= FACTOR:
                return word, f"{effect}{moved}"
            return OPEN, f"{effect}{moved} only: it was built into the assumptions, and the record does not test them"
    if not any(one.outcome.beyond + one.outcome.short for one in settings):
        return OPEN, "what is compared is not defined in any draw"
    known = decided - {"undecided"}
    if len(known) > 1:
        return DEPENDS, f"settings differ: {_differing(settings)}{moved}"
    if "undecided" in decided:
        left = [one for one in settings if one.outcome.decision == "undecided"]
        return OPEN, f"after {left[0].outcome.draws} draws it is not settled in {len(left)} of {len(settings)} settings"
    if fitted and factor >= FACTOR:
        return DEPENDS, f"it turns on what the fit leaves open{moved}"
    return OPEN, f"some draws are beyond and some short {each}" + (moved if fitted else ", and no data have moved the odds")


def _differing(settings: Sequence[Setting]) -> str:
    """Which settings say what."""
    groups: dict[str, list[str]] = {}
    for one in settings:
        groups.setdefault(one.outcome.decision, []).append(one.name)
    return "; ".join(f"{word} with {' or '.join(names)}" for word, names in sorted(groups.items()))


def of_finding(table: DataTable, finding: Finding) -> DataVerdict:
    """What records say, from a finding's bounds and the claim's threshold."""
    unit = "" if finding.unit == "1" else f" {finding.unit}"
    if finding.estimate is None:
        return DataVerdict(table, finding, OPEN, f"not given: {finding.needs}")
    s, above = table.smallest, table.direction == "above"
    bounds = f"{finding.estimate:.3g}{unit} ({finding.low:.3g} to {finding.high:.3g}), against {s:g}"
    if finding.low >= s if above else finding.high <= s:
        return DataVerdict(table, finding, SUPPORTED, bounds)
    if finding.high < s if above else finding.low > s:
        return DataVerdict(table, finding, CONTRADICTED, bounds)
    return DataVerdict(table, finding, OPEN, f"{bounds}: the bounds hold both")


def of_data(found: Sequence[DataVerdict]) -> str | None:
    """All tables that bear on the whole claim together."""
    whole = [one.word for one in found if one.table.whole]
    if not whole:
        return None
    if CONTRADICTED in whole:
        return CONTRADICTED
    return SUPPORTED if all(word == SUPPORTED for word in whole) else OPEN


def together(claim: Claim, model: ModelVerdict | None, data: Sequence[DataVerdict]) -> tuple[str, str]:
    """The verdict of model and data, and from what it follows. Who makes the claim plays no part."""
    if claim.form.claim.outside is not None:
        return OUTSIDE, claim.form.claim.outside.removesuffix(".")
    told = of_data(data)
    parts = [one for one in data if not one.table.whole and one.word in (SUPPORTED, CONTRADICTED)]
    tail = "".join(f"; in part, data: {one.table.part} {one.word}" for one in parts)
    firm = model is not None and model.word in (SUPPORTED, CONTRADICTED)
    if told in (SUPPORTED, CONTRADICTED):
        if firm and model is not None and model.word != told:
            return DEPENDS, f"data and model differ: {told} by data, {model.word} in the model{tail}"
        beside = f", and so says the model ({model.basis})" if firm and model is not None else ""
        return told, f"by data{beside}{tail}"
    if model is None:
        return OPEN, f"the data at hand do not decide it{tail}"
    source = "model with the fit" if model.basis == "posterior" else "model with priors alone"
    return model.word, f"by the {source}: {model.words}{tail}"
