"""Claims run: pairs of runs in rounds, until each setting has said what it can, all in one study that survives kills.

A round asks for the next draws of every setting that is still open; all claims together, so that workers are busy. What a pair returns
depends on its payload alone and the rule looks at draws in their order, so that workers, kills and the choice of other claims beside
change no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.claims import judging
from groundswell.claims.finding import Given
from groundswell.claims.paired import pair, write_world
from groundswell.claims.prior_draws import POSTERIOR, PRIOR, Uncertain, applies, drawn
from groundswell.claims.reading import Claim, Values, located
from groundswell.claims.registry import find
from groundswell.claims.streams import SEED
from groundswell.core.draws import Draws
from groundswell.core.errors import InputError
from groundswell.studies.study import Study

if TYPE_CHECKING:
    import polars as pl

    from groundswell.calibration.posterior import Posterior
    from groundswell.events.table import Events

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]
PAIRS, WORLDS = "pairs", "worlds"
BATCH = 12  # draws of a setting a round: few, for those beyond the one that decides say no more
MOST_FAILED = 0.1  # share of the pairs of a setting that may fail
DRAWS = 192  # of a setting, at most


@dataclass(frozen=True)
class Asked:
    """How claims are run.

    Args:
        folder: where pairs of runs are kept.
        draws: of a setting, at most.
        seed: of draws and runs.
        workers: processes; None: as many as fit.
        posterior: a fit; None for priors alone.
        records: given by the user.
        compiled: whether steps are compiled; the bits are the same.
    """

    folder: Path
    draws: int = DRAWS
    seed: int = 1
    workers: int | None = None
    posterior: Posterior | None = None
    records: tuple[Events, ...] = ()
    compiled: bool = True


@dataclass
class _Side:
    """A claim under one kind of draws, while it is being run."""

    claim: Claim
    world: str
    uncertain: Uncertain
    drawn: list[int] = field(default_factory=list)  # of each setting
    done: list[judging.Setting | None] = field(default_factory=list)


def run_claims(claims: Sequence[Claim], asked: Asked, progress: Progress | None = None) -> list[judging.Verdict]:
    """Judge claims by data and model.

    Args:
        claims: checked.
        asked: how.
        progress: called with what is being done, how many tasks are done and how many there are.

    Raises:
        InputError: a record does not fit a claim, or a folder holds something else.
        Stopped: after Ctrl-C; what was run is kept.
    """
    data = {claim.id: tuple(_data(claim, asked, progress)) for claim in claims}
    sides = list(_sides(claims, asked))
    if sides:
        _rounds(sides, asked, progress)
    return [_verdict(claim, data[claim.id], sides, asked) for claim in claims]


def _data(claim: Claim, asked: Asked, progress: Progress | None) -> Iterator[judging.DataVerdict]:
    """What records and figures say."""
    given = Given(claim.case, asked.records, asked.seed, claim.id)
    for k, table in enumerate(claim.data):
        if progress is not None:
            progress(f"records: {claim.id}", k, len(claim.data))
        try:
            finding = find(table.estimator)(given, **table.with_)
        except InputError as error:
            if error.file is not None:
                raise
            raise located(claim.document, error, ("data", k, "with", *([error.key] if error.key else []))) from None
        yield judging.of_finding(table, finding)


def _sides(claims: Iterable[Claim], asked: Asked) -> Iterator[_Side]:
    for claim in claims:
        if claim.contrast is None:
            continue
        world = write_world(asked.folder / WORLDS, claim)
        kinds: list[Posterior | None] = [None]
        if applies(claim, asked.posterior):
            kinds.append(asked.posterior)
        for posterior in kinds:
            count = len(claim.contrast.settings)
            yield _Side(claim, world, drawn(claim, asked.draws, asked.seed, posterior), [0] * count, [None] * count)


def seed_of(seed: int, draw: int) -> int:
    """The seed of a pair of runs, the same for all claims."""
    return int(float(Draws(seed).uniform(SEED, 0, np.array([draw]))[0]) * 2**53)


def payload(side_world: str, uncertain: Uncertain, setting: Values, draw: int, seed: int) -> dict[str, Any]:
    """The payload of a pair."""
    return {"world": side_world, "seed": seed_of(seed, draw), "values": {**uncertain.row(draw), **setting}}


def _rounds(sides: list[_Side], asked: Asked, progress: Progress | None) -> None:
    """Draw after draw until every setting is decided or has all its draws."""
    paths = {"worlds": str((asked.folder / WORLDS).absolute()), "compiled": "yes" if asked.compiled else "no"}
    study = Study(
        asked.folder / PAIRS, pair, [] if not (asked.folder / PAIRS / "study.json").is_file() else None, common={"form": 1}, paths=paths
    )
    number = 0
    while any(one is None for side in sides for one in side.done):
        number += 1
        study.extend((one for side in sides for one in _next(side, asked)), once=True)
        if study.missing():
            study.run(asked.workers, progress=_told(progress, number, sides))
        rows = study.frame()
        for side in sides:
            _take(side, study, rows, asked)


def _told(progress: Progress | None, number: int, sides: list[_Side]) -> Progress | None:
    if progress is None:
        return None
    left = dict.fromkeys(side.claim.id for side in sides if any(one is None for one in side.done))
    names = ", ".join(left) if len(left) <= 6 else f"{len(left)} claims"
    return lambda _, done, of: progress(f"round {number} ({names})", done, of)


def _next(side: _Side, asked: Asked) -> Iterator[dict[str, Any]]:
    """The payloads of the next draws of the settings that are open."""
    assert side.claim.contrast is not None
    for k, setting in enumerate(side.claim.contrast.settings):
        if side.done[k] is None:
            side.drawn[k] = min(side.drawn[k] + BATCH, asked.draws)
            for draw in range(side.drawn[k]):
                yield payload(side.world, side.uncertain, setting, draw, asked.seed)


def _take(side: _Side, study: Study, rows: pl.DataFrame, asked: Asked) -> None:
    """Look at each open setting's draws; pairs that failed hold nothing."""
    contrast = side.claim.contrast
    assert contrast is not None
    for k, setting in enumerate(contrast.settings):
        if side.done[k] is not None:
            continue
        mine = [payload(side.world, side.uncertain, setting, draw, asked.seed) for draw in range(side.drawn[k])]
        found = rows[study.numbers(mine)]
        _check_failed(side.claim, found["problem"].to_list())
        a, b = (_measured(found, arm, len(contrast.quantities)) for arm in "ab")
        effects = judging.effects_of(contrast, a, b)
        outcome = judging.outcome_of(side.claim, effects)
        if outcome.decision != "undecided" or side.drawn[k] >= asked.draws:
            side.done[k] = judging.Setting(setting, a, b, effects, outcome)


def _measured(found: pl.DataFrame, arm: str, quantities: int) -> Floats:
    """What an arm measured; shape (draws, quantities); nan where it is not defined."""
    return np.column_stack([found[f"{arm}{k}"].cast(float).fill_null(np.nan).to_numpy() for k in range(quantities)])


def _check_failed(claim: Claim, problems: Sequence[str | None]) -> None:
    """A few runs may fail (their effect is not defined); many mean that the claim asks for what cannot be run.

    Raises:
        InputError: with what the first one said.
    """
    failed = [problem for problem in problems if problem]
    if len(failed) > MOST_FAILED * len(problems):
        raise InputError(f"{len(failed)} of {len(problems)} pairs of runs failed, such as: {failed[0]}", file=claim.file, key="model")


def _verdict(claim: Claim, data: tuple[judging.DataVerdict, ...], sides: list[_Side], asked: Asked) -> judging.Verdict:
    """All of it together."""
    from groundswell.claims.provenance import provenance
    from groundswell.claims.why import explain

    mine = {side.uncertain.basis: side for side in sides if side.claim is claim}
    prior = posterior = None
    if PRIOR in mine:
        prior = judging.over_settings(claim, _settings(mine[PRIOR]), mine[PRIOR].uncertain)
    if POSTERIOR in mine:
        posterior = judging.over_settings(claim, _settings(mine[POSTERIOR]), mine[POSTERIOR].uncertain, prior)
    model = posterior or prior
    word, words = judging.together(claim, model, data)
    why = explain(claim, model, asked.seed) if model is not None else None
    return judging.Verdict(
        claim, word, words, prior, posterior, data, judging.of_data(data), _no_posterior(claim, asked), why,
        _change(claim, model, data, why), provenance(claim, asked, model),
    )  # fmt: skip


def _settings(side: _Side) -> list[judging.Setting]:
    return [one for one in side.done if one is not None]


def _no_posterior(claim: Claim, asked: Asked) -> str:
    """Why there is no verdict with the fit."""
    contrast = claim.contrast
    if contrast is None:
        return "the model is not asked"
    if asked.posterior is None:
        return "no fit was given: priors alone"
    if contrast.case.id != asked.posterior.case:
        return f"the runs are of {contrast.case.name}, and the fit is not"
    return "" if applies(claim, asked.posterior) else "the claim's runs vary nothing that was fitted"


def _change(claim: Claim, model: judging.ModelVerdict | None, data: Sequence[judging.DataVerdict], why: Any) -> str:
    """What would change our mind."""
    from groundswell.claims.why import evidence

    found = []
    for one in data:
        if one.finding.needs:
            found.append(f"Give {one.finding.needs}.")
        elif one.word in (judging.SUPPORTED, judging.CONTRADICTED):
            side = "below" if (one.table.direction == "above") == (one.word == judging.SUPPORTED) else "above"
            found.append(f"A count of '{one.table.asks}' that lies {side} {one.table.smallest:g}, bounds and all.")
        else:
            found.append(f"More of the record: the bounds of '{one.table.asks}' hold {one.table.smallest:g}.")
    if model is not None and why is not None:
        if why.switch:
            found.append(f"Evidence on the disputed rule. {why.switch}")
        told = evidence(why.weights)
        if told:
            found.append(told)
        elif not why.switch:
            found.append("Within the model, no single assumption that was varied; another mechanism, or another statement of the claim.")
    found.append(f"Data that could decide it: {claim.form.claim.decides}")
    return " ".join(found)
