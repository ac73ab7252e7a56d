"""The command `claims`: a case's claims judged by data and model, listed, explained, repeated."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell.core.errors import InputError, one_line
from groundswell.core.extras import check_extra

if TYPE_CHECKING:
    from groundswell.calibration.posterior import Posterior
    from groundswell.cases import Case
    from groundswell.claims.reading import Claim
    from groundswell.claims.running import Asked
    from groundswell.events.table import Events

WIDTH = 100
SEED = 1


def claims_command(target: str | None, ids: Sequence[str], given: dict[str, Any]) -> int:
    """List, judge, explain or repeat claims; the exit code."""
    from groundswell import cases
    from groundswell.claims.export import WHOLE
    from groundswell.claims.reading import read_claims
    from groundswell.claims.running import DRAWS

    if given["schema"]:
        from groundswell.claims.schema import ClaimFile

        click.echo(json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **ClaimFile.model_json_schema()}, indent=1))
        return 0
    if target is None:
        raise click.UsageError("Missing argument 'CASE'.")
    case = cases.load(target)
    scale = given["scale"] if given["scale"] is not None else _scale(case)
    claims = read_claims(case, ids, scale=scale)
    if given["listed"]:
        _list(claims)
        return 0
    check_extra("claims", "fit", "scipy")
    folder = given["out"] or Path("runs") / f"{case.id}-claims"
    place = folder if not ids else folder / "-".join(one.id for one in claims)
    kept = _kept(place if (place / WHOLE).is_file() else folder, case, needed=given["verify"])
    if given["verify"]:
        return _verify(case, claims, kept, folder, given)
    asked = _asked(case, folder, given, seed=SEED if given["seed"] is None else given["seed"], draws=given["draws"] or DRAWS)
    if given["why"] and all(_answers(kept.get(claim.id), claim, asked, given) for claim in claims):
        _explain([kept[claim.id] for claim in claims])
        return 0
    return _judge(target, case, claims, asked, place, given)


def _kept(folder: Path, case: Case, *, needed: bool) -> dict[str, dict[str, Any]]:
    """Verdicts that a folder keeps, by claim; those that cannot be read are judged anew, unless they are needed.

    Raises:
        InputError: they are on the claims of another case.
        StoreError: they are needed, and missing or altered.
    """
    from groundswell.claims import export
    from groundswell.core.errors import StoreError

    try:
        found = export.read(folder)
    except StoreError:
        if needed:
            raise
        return {}
    for one in found:
        if one["provenance"]["case"] != case.id:
            raise InputError(f"holds verdicts on the claims of {one['provenance']['case']}; name another folder", key="--out")
    return {one["id"]: one for one in found}


def _answers(kept: dict[str, Any] | None, claim: Claim, asked: Asked, given: dict[str, Any]) -> bool:
    """Whether a kept verdict is what is asked for: of this claim, and with the fit, records, seed and draws that are named, if any are."""
    from groundswell import __version__
    from groundswell.claims.paired import world_of

    about = kept["provenance"] if kept is not None else {}
    if about.get("claim") != claim.digest or about.get("groundswell") != __version__:
        return False
    if claim.contrast is not None and about.get("world") != world_of(claim)[0]:  # the country or the model's settings have changed
        return False
    named = {
        "posterior": asked.posterior.digest if asked.posterior is not None else None,
        "records": [one.digest for one in asked.records] or None,
        "seed": given["seed"],
        "draws": given["draws"],
        "scale": given["scale"],
    }
    return all(value is None or about.get(key) == value for key, value in named.items())


def _scale(case: Case) -> int | None:
    """The scale of a case's fit, which is the coarsest that passes; the case's own where it has no fit."""
    from groundswell.calibration.priors import FILE, read_priors

    return read_priors(case).scale if (case.folder / FILE).is_file() else None


def _list(claims: Sequence[Claim]) -> None:
    """One claim a line: who says it, by what it is tested, the sentence."""
    for one in claims:
        tested = [name for name, there in (("model", one.contrast is not None), ("data", bool(one.data))) if there]
        click.echo(one_line(f"{one.id:5} {one.form.claim.by:10} {'+'.join(tested) or 'outside':11} {one.sentence}"))


def _asked(case: Case, folder: Path, given: dict[str, Any], *, seed: int, draws: int) -> Asked:
    from groundswell.claims.running import Asked

    return Asked(folder, draws, seed, given["workers"], _posterior(case, given["posterior"]), _records(given["events"]))


def _posterior(case: Case, asked: Path | None) -> Posterior | None:
    from groundswell.calibration.posterior import posterior_of

    return posterior_of(case, asked) if asked is not None else None


def _records(files: Sequence[Path]) -> tuple[Events, ...]:
    """Records as they are given.

    Raises:
        InputError: one cannot be read, or none of its rows is kept.
    """
    from groundswell.events.reading import read

    found = []
    for file in files:
        reading = read(file)
        if not reading.counts["kept"]:
            raise InputError("no row of it is kept: see groundswell data check", file=file)
        found.append(reading.events)
    return tuple(found)


def _judge(target: str, case: Case, claims: Sequence[Claim], asked: Asked, place: Path, given: dict[str, Any]) -> int:
    from groundswell.claims import export
    from groundswell.claims.running import WORLDS, run_claims
    from groundswell.cli.outputs import check_target
    from groundswell.cli.progress import Ticker
    from groundswell.report.claims import PAGE, write_claims
    from groundswell.studies import Stopped

    check_target(place / PAGE, list(given["events"]))
    with Ticker(quiet=given["quiet"]) as tick:
        try:
            verdicts = run_claims(claims, asked, _in_per_cent(tick))
        except (Stopped, KeyboardInterrupt):
            again = shlex.join(["groundswell", *sys.argv[1:]])
            click.echo(f"stopped; what is done is kept in {asked.folder}. To go on: {again}", err=True)
            return 130
    if given["why"]:
        _explain([export.as_document(one) for one in verdicts])
        return 0
    export.write(place, verdicts, asked.folder / WORLDS)
    write_claims(verdicts, case, place / PAGE, _command(target, asked, given))
    if not given["quiet"]:
        for one in verdicts:
            click.echo(one_line(f"{one.claim.id:5} {one.word:18} {one.words}"))
    click.echo(str(place / PAGE))
    return 0


def _in_per_cent(tick: Any) -> Any:
    """Progress as the ticker knows it."""
    return lambda what, done, of: tick(what, round(100 * done / max(of, 1)), 100)


def _command(target: str, asked: Asked, given: dict[str, Any]) -> str:
    """What repeats a claim, with the options that matter."""
    words = ["groundswell", "claims", target, *(f"--events={file}" for file in given["events"])]
    words += [f"--posterior={given['posterior']}"] if given["posterior"] is not None else []
    words += [f"--scale={given['scale']}"] if given["scale"] is not None else []
    words += [f"--out={given['out']}"] if given["out"] is not None else []
    return shlex.join([*words, f"--seed={asked.seed}", f"--draws={asked.draws}"])


def _explain(found: Sequence[dict[str, Any]]) -> None:
    """Why each verdict is what it is, in plain words, from verdicts as they are kept."""
    from textwrap import fill

    for one in found:
        about, model = one["claim"]["claim"], one["posterior"] or one["prior"]
        texts = [
            f'{one["id"]}, {about["by"]}: "{about["sentence"]}"',
            f"Taken to mean: {about['operational']}",
            f"Verdict: {one['verdict']}: {one['because']}.",
        ]
        for told in one["data"]:
            more = " ".join(text for text in (told["words"], told["fallback"]) if text)
            texts.append(f"Data, {told['asks']}: {told['verdict']}: {told['because']}. {more}")
        texts += one["why"]["words"] if one["why"] else []
        texts += [model["drawn"]] if model else []
        texts.append(f"What would change it: {one['would_change']}")
        for k, text in enumerate(texts):
            click.echo(fill(text, WIDTH, initial_indent="" if k == 0 else "  ", subsequent_indent="  "))


def _check_same(asked: Asked, claim: Claim, about: dict[str, Any]) -> None:
    """Refuse to repeat a verdict without what it was judged by.

    Raises:
        InputError: the fit or the records are not those of the kept verdict.
    """
    fit, records = asked.posterior, [one.digest for one in asked.records]
    if about["posterior"] != (fit.digest if fit is not None else ""):
        was = f"with the fit {about['posterior']}" if about["posterior"] else "without a fit"
        raise InputError(f"{claim.id} was judged {was}: give the same", key="--posterior")
    if about["records"] != records:
        was = f"by {', '.join(about['records'])}" if about["records"] else "without any"
        raise InputError(f"{claim.id} was judged {was}: give the same records, in the same order", key="--events")


def _verify(case: Case, claims: Sequence[Claim], kept: dict[str, dict[str, Any]], place: Path, given: dict[str, Any]) -> int:
    """Judge claims again in an empty folder, with the seed and draws that were kept, and compare every number."""
    from groundswell.claims import export
    from groundswell.claims.running import run_claims
    from groundswell.cli.progress import Ticker

    same, again = True, _asked(case, place, given, seed=SEED, draws=0)
    for claim in claims:
        if claim.id not in kept:
            raise InputError(f"{place} keeps no verdict on it", key=claim.id)
        _check_same(again, claim, kept[claim.id]["provenance"])
    for claim in claims:
        about = kept[claim.id]["provenance"]
        with tempfile.TemporaryDirectory() as scratch, Ticker(quiet=given["quiet"]) as tick:
            asked = dataclasses.replace(again, folder=Path(scratch), seed=about["seed"], draws=about["draws"])
            found = run_claims([claim], asked, _in_per_cent(tick))
        told = export.differences(kept[claim.id], json.loads(json.dumps(export.as_document(found[0]))))
        for line in told:
            click.echo(one_line(f"{claim.id}: {line}"))
        if not told and not given["quiet"]:
            click.echo(f"{claim.id}: the same, bit by bit")
        same = same and not told
    click.echo("verified: the verdicts repeat" if same else "the verdicts do not repeat")
    return 0 if same else 1
