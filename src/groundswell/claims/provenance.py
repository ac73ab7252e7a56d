"""What a verdict is repeated from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundswell import __version__

if TYPE_CHECKING:
    from groundswell.claims.judging import ModelVerdict
    from groundswell.claims.reading import Claim
    from groundswell.claims.running import Asked


def provenance(claim: Claim, asked: Asked, model: ModelVerdict | None) -> dict[str, Any]:
    """Versions, hashes, seed and settings of a verdict."""
    from groundswell.claims.paired import world_of
    from groundswell.claims.running import BATCH
    from groundswell.claims.sequential import ERROR, SURE

    contrast = claim.contrast
    found: dict[str, Any] = {
        "groundswell": __version__,
        "claim": claim.digest,
        "case": claim.case.id,
        "seed": asked.seed,
        "draws": asked.draws,
        "batch": BATCH,
        "sure": SURE,
        "error": ERROR,
        "records": [one.digest for one in asked.records],
        "posterior": asked.posterior.digest if asked.posterior is not None else "",
    }
    if contrast is not None:
        found |= {
            "world": world_of(claim)[0],
            "runs_of": contrast.case.id,
            "scale": contrast.scale,
            "start": contrast.a.start.isoformat(),
            "end": contrast.a.end.isoformat(),
            "pairs": sum(one.outcome.draws for one in model.settings) if model is not None else 0,
        }
    return found
