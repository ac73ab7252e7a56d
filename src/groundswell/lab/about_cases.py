"""What the laboratory says of cases: their provinces, outlines, and claims with the verdicts that the folder keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import GroundswellError, InputError
from groundswell.lab import places
from groundswell.lab.scenarios import case_names, case_target

if TYPE_CHECKING:
    from groundswell.cases import Case

BELOW = ("verdict", "because", "data", "prior", "posterior", "would_change")  # of a claim that was judged


def load(root: Path, name: str) -> Case:
    """A case by the name that the laboratory gives it.

    Raises:
        InputError: there is none, or it contradicts itself.
    """
    from groundswell import cases

    return cases.load(case_target(root, name))


def listed(root: Path) -> list[dict[str, Any]]:
    """All cases; one that cannot be read is told with the reason instead of its provinces."""
    found = []
    for name in case_names(root):
        try:
            found.append(_about(name, load(root, name)))
        except GroundswellError as error:
            found.append({"name": name, "title": name, "summary": str(error), "broken": True})
    return found


def _about(name: str, case: Case) -> dict[str, Any]:
    from groundswell.claims.reading import names

    provinces = [{"code": row.id, "name": row.name, "population": row.population} for row in case.census().provinces]
    return {
        "name": name,
        "title": case.name,
        "summary": case.summary,
        "start": case.start.isoformat(),
        "end": case.end.isoformat(),
        "real": case.real,
        "step": case.interval,
        "provinces": provinces,
        "boundaries": f"/api/boundaries/{name}" if case.boundaries is not None else None,
        "licence": case.licence,
        "claims": bool(names(case)),
        "broken": False,
    }


def boundaries(root: Path, name: str) -> dict[str, Any]:
    """The outlines of a case's provinces as GeoJSON, with the ids and names of provinces.

    Raises:
        InputError: the case has no map.
    """
    case = load(root, name)
    if case.boundaries is None:
        raise InputError("this case has no map", key="case")
    named = {row.id: row.name for row in case.census().provinces}
    features = [
        {"type": "Feature", "id": one["id"], "properties": {"name": named[one["id"]]}, "geometry": one["geometry"]}
        for one in json.loads(case.boundaries.read_text(encoding="utf-8"))["features"]  # checked when the case was read
    ]
    return {"type": "FeatureCollection", "features": features}


def claims(root: Path, name: str) -> dict[str, Any]:
    """The claims of a case, with the newest verdicts on each that the folder keeps. Only the files are read, no scenario of theirs.

    Raises:
        InputError: a claim file is wrong.
    """
    from groundswell.claims.reading import digest_of, folder_of, names, read_form

    case = load(root, name)
    where, verdicts = _verdicts(root, case.id)
    found = []
    for form, _ in (read_form(folder_of(case) / f"{one}.toml") for one in names(case)):
        about, judged = form.claim, verdicts.get(form.claim.id)
        entry = {key: getattr(about, key) for key in ("id", "sentence", "by", "who", "source", "operational", "outside")}
        tested = [word for word, there in (("model", form.model is not None), ("data", bool(form.data))) if there]
        # A verdict on another wording is no verdict on this one.
        same = judged is not None and judged["provenance"].get("claim") == digest_of(form)
        found.append({**entry, "date": about.date.isoformat(), "tested": tested, **_verdict(judged if same else None)})
    return {"judged": bool(verdicts), "found": where, "claims": found}


def _verdict(judged: Mapping[str, Any] | None) -> dict[str, Any]:
    """What follows a claim: a verdict in a few words, and what it rests on."""
    if judged is None:
        return dict.fromkeys(BELOW)
    sides = {}
    for basis in ("prior", "posterior"):
        side = judged[basis]
        keys = ("verdict", "because", "probability", "low", "high")
        sides[basis] = {key: side[key] for key in keys} if side else None
    told = ("asks", "verdict", "because", "estimate", "low", "high", "unit", "words")
    data = [{key: one[key] for key in told} for one in judged["data"]]
    return {"verdict": judged["verdict"], "because": judged["because"], "data": data, **sides, "would_change": judged["would_change"]}


def _verdicts(root: Path, case: str) -> tuple[str | None, dict[str, Any]]:
    """The newest kept verdicts of a case by claim, and the folder of the newest of them."""
    from groundswell.claims.export import WHOLE, read

    dated = []
    for name in places.names(root):
        path = root / name / WHOLE
        if path.is_file() and not path.is_symlink():
            dated.append((path.stat().st_mtime, name))
    found: dict[str, Any] = {}
    newest = None
    for _, name in sorted(dated):
        try:
            kept = [one for one in read(root / name) if one["provenance"].get("case") == case]
        except (GroundswellError, KeyError, TypeError, AttributeError):
            continue
        found |= {one["id"]: one for one in kept}
        newest = name if kept else newest
    return newest, found
