"""A fitted case: weighted draws, the priors they came from, what was checked, and everything needed to repeat it, as a folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.checking import Calibration, contraction, quantiles
from groundswell.calibration.priors import Priors, from_document
from groundswell.calibration.streams import CHOSEN
from groundswell.core.draws import Draws
from groundswell.core.errors import InputError, StoreError
from groundswell.core.store import digest, whole_folder

if TYPE_CHECKING:
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]

FILE, TABLE = "posterior.json", "draws.parquet"
FOLDER = "posterior"  # of a fit, and of a case that ships one
SHIPPED = "shipped"  # stands for the posterior in the case's own folder
SCHEMA = 1
AT = (0.05, 0.25, 0.5, 0.75, 0.95)
INFORMED = 0.2  # contraction below which a parameter stays what was believed before
WEIGHT = "weight"


@dataclass(frozen=True)
class Marginal:
    """What is known of one parameter, or of a product of several.

    Attributes:
        name: key of the parameter, or name of the product.
        quantiles: at 5, 25, 50, 75 and 95 %.
        prior: the same of the prior.
        contraction: 1 - posterior variance over prior variance, on the scale on which the prior is uniform (a product: on its logarithm).
        unit: of the parameter.
    """

    name: str
    quantiles: tuple[float, ...]
    prior: tuple[float, ...]
    contraction: float
    unit: str = "1"

    @property
    def informed(self) -> bool:
        """Whether the data say something of it."""
        return self.contraction >= INFORMED


@dataclass(frozen=True)
class Misfit:
    """One summary of the record beside the simulations.

    Attributes:
        name: of the summary.
        observed: its value.
        low, high: 5 and 95 % of the simulations that the posterior keeps.
        prior_tail, tail: chance of as extreme a value under the prior, and under the kept simulations (two-sided).
        used: whether the inference used it: not where no simulation comes near it.
    """

    name: str
    observed: float
    low: float
    high: float
    prior_tail: float
    tail: float
    used: bool


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted draws of the fitted parameters, and what is known about them.

    Attributes:
        case: id of the case.
        priors: from which they were drawn.
        values: draws; shape (draws, parameters), columns as `priors.keys`.
        weights: add up to 1.
        provenance: versions, hashes of the record, of the case and of the study, seed, simulations, settings.
        diagnostics: effective size, how unusual the record is, simulations that failed.
        calibration: simulation-based calibration, one a parameter.
        misfits: every summary of the record beside the simulations.
    """

    case: str
    priors: Priors
    values: Floats
    weights: Floats
    provenance: Mapping[str, Any] = field(default_factory=dict)
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    calibration: tuple[Calibration, ...] = ()
    misfits: tuple[Misfit, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The fitted parameters."""
        return self.priors.keys

    @property
    def effective(self) -> float:
        """How many equally weighted simulations they are worth."""
        return float(self.diagnostics.get("effective", 1.0 / (self.weights**2).sum()))

    @property
    def digest(self) -> str:
        """Hash of the draws and their weights."""
        return digest(json.dumps([self.keys, self.values.tolist(), self.weights.tolist()]).encode())

    def draws(self, n: int, seed: int = 1) -> list[dict[str, float]]:
        """Equally weighted draws, by systematic resampling in a random order: what trajectories are simulated from.

        Args:
            n: how many.
            seed: of the choice.

        Returns:
            Values by key, `shocks.strength` among them where it was fitted.

        Raises:
            InputError: n is below 1.
        """
        if n < 1:
            raise InputError(f"{n} draws are none", key="draws")
        draws = Draws(seed)
        at = (np.arange(n) + float(draws.uniform(CHOSEN, 0, np.array([0]))[0])) / n
        rows = np.minimum(np.searchsorted(np.cumsum(self.weights), at, side="right"), len(self.weights) - 1)
        order = np.argsort(draws.uniform(CHOSEN, 1, np.arange(n)), kind="stable")
        return [dict(zip(self.keys, self.values[row].tolist(), strict=True)) for row in rows[order]]

    def within(self, values: Floats) -> npt.NDArray[np.bool_]:
        """Of which rows, shape (rows, parameters), every value lies within its middle 90 %."""
        low, high = quantiles(self.values, self.weights, (AT[0], AT[-1]))
        return np.asarray(((values >= low) & (values <= high)).all(axis=1))

    def marginals(self) -> tuple[Marginal, ...]:
        """What is known of each parameter, then of each product."""
        narrowed = contraction(self.priors.to_normal(self.values), self.weights)
        told = quantiles(self.values, self.weights, AT)
        found = []
        for k, one in enumerate(self.priors.entries):
            before = tuple(one.quantile(np.array(AT)).tolist())
            found.append(Marginal(one.key, tuple(told[:, k].tolist()), before, float(narrowed[k]), one.unit))
        return (*found, *self._products())

    def _products(self) -> list[Marginal]:
        if not self.priors.products:
            return []
        prior = self.priors.draws(0, 4000, 0)
        even = np.full(len(prior), 1 / len(prior))
        found = []
        for product in self.priors.products:
            mine, before = (
                np.log(product.value(dict(zip(self.keys, table.T, strict=True)))) for table in (self.values, prior)
            )  # fmt: skip
            spread = float(self.weights @ (mine - self.weights @ mine) ** 2)
            ends = [np.exp(quantiles(x[:, None], w, AT)[:, 0]).tolist() for x, w in ((mine, self.weights), (before, even))]
            found.append(Marginal(product.name, tuple(ends[0]), tuple(ends[1]), 1.0 - spread / float(before.var())))
        return found

    def as_document(self) -> dict[str, Any]:
        """Everything but the draws, as JSON."""
        return {
            "schema": SCHEMA,
            "case": self.case,
            "priors": self.priors.as_document(),
            "marginals": [dataclasses.asdict(one) for one in self.marginals()],
            "effective": self.effective,
            "provenance": dict(self.provenance),
            "diagnostics": dict(self.diagnostics),
            "calibration": [dataclasses.asdict(one) for one in self.calibration],
            "misfits": [dataclasses.asdict(one) for one in self.misfits],
        }

    def write(self, folder: Path) -> None:
        """Keep it as a folder, whole or not at all: draws as Parquet, the rest as JSON with a seal over both."""
        import polars as pl

        with whole_folder(folder) as scratch:
            columns = {key: self.values[:, k] for k, key in enumerate(self.keys)}
            pl.DataFrame({**columns, WEIGHT: self.weights}).write_parquet(scratch / TABLE, compression="zstd")
            text = json.dumps(self.as_document(), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
            sealed = {"seal": digest(text.encode()), "draws": digest((scratch / TABLE).read_bytes()), "body": json.loads(text)}
            (scratch / FILE).write_text(json.dumps(sealed, sort_keys=True, ensure_ascii=False, indent=1), encoding="utf-8")


def read_posterior(folder: str | Path) -> Posterior:
    """A kept posterior.

    Args:
        folder: that holds `posterior.json`, or has it in a folder `posterior`.

    Raises:
        StoreError: there is none, it was altered, or another version wrote it.
    """
    import polars as pl

    place = Path(folder)
    if not (place / FILE).is_file() and (place / FOLDER / FILE).is_file():
        place = place / FOLDER
    if not (place / FILE).is_file():
        raise StoreError(f"{place}: not a posterior (it has no {FILE})")
    try:
        sealed = json.loads((place / FILE).read_bytes())
        body = sealed["body"]
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
        table = (place / TABLE).read_bytes()
        if digest(text.encode()) != sealed["seal"] or digest(table) != sealed["draws"]:
            raise StoreError(f"{place}: the posterior was altered since it was written")
        if body["schema"] != SCHEMA:
            raise StoreError(f"{place}: form {body['schema']!r}; this version reads {SCHEMA}")
        priors = from_document(body["priors"])
        frame = pl.read_parquet(place / TABLE)
        return Posterior(
            case=body["case"],
            priors=priors,
            values=frame.select(priors.keys).to_numpy(),
            weights=frame[WEIGHT].to_numpy(),
            provenance=body["provenance"],
            diagnostics=body["diagnostics"],
            calibration=tuple(Calibration(**one) for one in body["calibration"]),
            misfits=tuple(Misfit(**one) for one in body["misfits"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{place}: the posterior cannot be read") from error


def posterior_of(case: Case, asked: str | Path) -> Posterior:
    """A kept posterior: `shipped` is the one in the case's own folder, anything else the folder of a fit.

    Raises:
        InputError: none ships with the case.
        StoreError: it cannot be read, as in `read_posterior`.
    """
    if str(asked) != SHIPPED:
        return read_posterior(asked)
    if not (case.folder / FOLDER).is_dir():
        raise InputError(f"no fit ships with the case {case.id!r}: name the folder of one (groundswell fit)", key="posterior")
    return read_posterior(case.folder)
