"""What was believed before the data: the frozen list of fitted parameters in a case's `fit.toml`, and draws from it.

Inference works on the scale z on which every prior is standard normal: z = Phi^-1(F(value)). There a bound is infinitely far away, a
regression cannot leave the prior's range.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.counts import SHOCKS, shocks_digest
from groundswell.calibration.streams import PRIOR
from groundswell.core.documents import read_document, validated
from groundswell.core.draws import Draws
from groundswell.core.errors import InputError, nearest
from groundswell.core.store import digest

if TYPE_CHECKING:
    from groundswell.calibration.schema import FitFile, ParameterTable
    from groundswell.cases import Case
    from groundswell.core.documents import Document
    from groundswell.core.parameters import Parameter
    from groundswell.core.toml_lines import KeyPath

Floats = npt.NDArray[np.float64]

FILE = "fit.toml"
FURTHEST = 6.0  # |z| of a value at the very end of its prior
SHOCKS_RANGE = (0.0, 3.0)


@dataclass(frozen=True)
class Prior:
    """What was believed of one parameter.

    Args:
        key: dotted key of the model, or `shocks.strength`.
        form: uniform, log-uniform, normal, log-normal or logit-normal; the last three are cut to the range.
        low, high: least and highest value.
        median, spread: of the normal forms, before the cut; the spread is on the scale of the form (value, log or logit).
        why, source: why it is fitted over this range, and where that is from.
        unit: of the parameter.
        default: what the case has without a fit.
    """

    key: str
    form: str
    low: float
    high: float
    median: float = 0.0
    spread: float = 1.0
    why: str = ""
    source: str = "assumed"
    unit: str = "1"
    default: float = float("nan")

    def _inner(self, value: Any) -> Floats:
        """A value on the scale of the form."""
        x = np.asarray(value, np.float64)
        if self.form in ("log-uniform", "log-normal"):
            return np.asarray(np.log(x))
        if self.form == "logit-normal":
            return np.asarray(np.log(x - self.low) - np.log(self.high - x))
        return x

    def _outer(self, inner: Floats) -> Floats:
        if self.form in ("log-uniform", "log-normal"):
            return np.asarray(np.exp(inner))
        if self.form == "logit-normal":
            return np.asarray(self.low + (self.high - self.low) / (1.0 + np.exp(-inner)))
        return inner

    def quantile(self, u: Any) -> Floats:
        """The value below which the share u of the prior lies."""
        from scipy.special import ndtr, ndtri

        share = np.asarray(u, np.float64)
        if self.form in ("uniform", "log-uniform"):
            low, high = self._inner(self.low), self._inner(self.high)
            found = self._outer(low + share * (high - low))
        elif self.form == "logit-normal":
            found = self._outer(self._inner(self.median) + self.spread * ndtri(share))
        else:
            a, b = (ndtr((self._inner(end) - self._inner(self.median)) / self.spread) for end in (self.low, self.high))
            found = self._outer(self._inner(self.median) + self.spread * ndtri(a + share * (b - a)))
        return np.clip(found, self.low, self.high)

    def share(self, value: Any) -> Floats:
        """The share of the prior below a value: the inverse of `quantile`."""
        from scipy.special import ndtr

        x = np.clip(np.asarray(value, np.float64), self.low, self.high)
        with np.errstate(divide="ignore"):
            inner = self._inner(x)
            if self.form in ("uniform", "log-uniform"):
                low, high = self._inner(self.low), self._inner(self.high)
                return np.asarray((inner - low) / (high - low))
            at = ndtr((inner - self._inner(self.median)) / self.spread)
            if self.form == "logit-normal":
                return np.asarray(at)
            a, b = (ndtr((self._inner(end) - self._inner(self.median)) / self.spread) for end in (self.low, self.high))
        return np.asarray((at - a) / (b - a))

    def to_normal(self, value: Any) -> Floats:
        """A value on the scale on which the prior is standard normal, at most `FURTHEST` from 0."""
        from scipy.special import ndtri

        return np.asarray(np.clip(ndtri(self.share(value)), -FURTHEST, FURTHEST))

    def from_normal(self, z: Any) -> Floats:
        """The inverse of `to_normal`."""
        from scipy.special import ndtr

        return self.quantile(ndtr(np.asarray(z, np.float64)))


@dataclass(frozen=True)
class Product:
    """What the data tell of several parameters together: the product of their powers.

    Args:
        name: what reports call it.
        of, powers: keys of fitted parameters, and to which power each is raised.
        why: why only together.
    """

    name: str
    of: tuple[str, ...]
    powers: tuple[float, ...]
    why: str = ""

    def value(self, values: dict[str, Floats]) -> Floats:
        """The product, from values by key."""
        found: Floats = np.prod([values[key] ** power for key, power in zip(self.of, self.powers, strict=True)], axis=0)
        return found


@dataclass(frozen=True)
class Ablation:
    """Something that is taken out of a fitted model, or moved, to see what it does for the fit.

    Args:
        name, doc: what reports call it, and what it is.
        values: parameters that are set after every draw, `shocks.strength` among them.
        shift: days by which dated shocks are moved: placebo dates.
    """

    name: str
    doc: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    shift: int = 0


@dataclass(frozen=True)
class Priors:
    """A case's `fit.toml`, checked.

    Args:
        entries: the fitted parameters.
        start, end: the training weeks, both days included.
        validate_end: last day of the weeks after them; None where there are none.
        scale, simulations: defaults of a fit.
        shocks: hash of the case's list of dated events.
        products: what is only known together.
        doc: what is fitted.
        ablations: what is taken out of the fitted model by `groundswell ablate`; neither frozen nor kept with a posterior.
    """

    entries: tuple[Prior, ...]
    start: date
    end: date
    validate_end: date | None = None
    scale: int = 1000
    simulations: int = 2000
    shocks: str = ""
    products: tuple[Product, ...] = ()
    doc: str = ""
    ablations: tuple[Ablation, ...] = field(default=(), compare=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The fitted parameters' keys."""
        return tuple(one.key for one in self.entries)

    @property
    def digest(self) -> str:
        """Hash of everything that decides a draw."""
        told = [[e.key, e.form, e.low, e.high, e.median, e.spread] for e in self.entries]
        return digest(json.dumps([told, self.start.isoformat(), self.end.isoformat(), self.shocks]).encode())

    @property
    def last_week(self) -> date:
        """The day on which a training week begins at the latest: its last day is the period's."""
        return self.end - timedelta(days=6)

    def only(self, keys: Sequence[str]) -> Priors:
        """The same for some of the parameters; the others stay as the case has them.

        Raises:
            InputError: one is not fitted, or none is named.
        """
        import dataclasses

        if not keys:
            raise InputError("names no parameter", key="parameters")
        for key in keys:
            if key not in self.keys:
                raise InputError("is not among the parameters of the fit", key=key, nearest=nearest(key, self.keys))
        entries = tuple(one for one in self.entries if one.key in keys)
        products = tuple(one for one in self.products if set(one.of) <= set(keys))
        return dataclasses.replace(self, entries=entries, products=products)

    def shares(self, first: int, count: int, seed: int) -> Floats:
        """Uniform draws, each addressed by its index and its parameter's key; shape (count, parameters)."""
        at = np.arange(first, first + count)
        lanes = [int(digest(key.encode())[:7], 16) for key in self.keys]
        draws = Draws(seed)
        return np.column_stack([draws.uniform(PRIOR, 0, at, lane) for lane in lanes])

    def draws(self, first: int, count: int, seed: int) -> Floats:
        """Draws from the prior; shape (count, parameters). More of them, later, are the same and further ones."""
        shares = self.shares(first, count, seed)
        return np.column_stack([one.quantile(shares[:, k]) for k, one in enumerate(self.entries)])

    def to_normal(self, values: Floats) -> Floats:
        """Values on the scale on which every prior is standard normal; shape (draws, parameters)."""
        return np.column_stack([one.to_normal(values[:, k]) for k, one in enumerate(self.entries)])

    def from_normal(self, z: Floats) -> Floats:
        """The inverse of `to_normal`."""
        return np.column_stack([one.from_normal(z[:, k]) for k, one in enumerate(self.entries)])

    def as_document(self) -> dict[str, Any]:
        """As JSON, for provenance."""
        import dataclasses

        entries = [{k: v for k, v in dataclasses.asdict(one).items() if not (k == "default" and np.isnan(v))} for one in self.entries]
        return {
            "parameters": entries,
            "products": [dataclasses.asdict(one) for one in self.products],
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "validate_end": self.validate_end.isoformat() if self.validate_end else None,
            "scale": self.scale,
            "simulations": self.simulations,
            "shocks": self.shocks,
            "doc": self.doc,
            "digest": self.digest,
        }


def from_document(data: dict[str, Any]) -> Priors:
    """The inverse of `Priors.as_document`."""
    entries = tuple(Prior(**one) for one in data["parameters"])
    products = tuple(Product(p["name"], tuple(p["of"]), tuple(p["powers"]), p["why"]) for p in data["products"])
    until = data["validate_end"]
    return Priors(
        entries, date.fromisoformat(data["start"]), date.fromisoformat(data["end"]), date.fromisoformat(until) if until else None,
        int(data["scale"]), int(data["simulations"]), data["shocks"], products, data["doc"],
    )  # fmt: skip


def read_priors(case: Case, file: Path | None = None) -> Priors:
    """The frozen list of a case.

    Args:
        case: whose model and period it must fit.
        file: instead of the `fit.toml` in the case's folder.

    Raises:
        InputError: there is none, or something in it is wrong, with file, line and key; or the case's list of dated events is not
            the one that was frozen.
    """
    from groundswell.calibration.schema import FitFile

    path = file or case.folder / FILE
    if file is None and not path.is_file():
        raise InputError(f"the case {case.id!r} has no {FILE}: nothing says which parameters are fitted, and from which priors", file=path)
    document = read_document(path, "list of priors")
    form = validated(FitFile, document)
    entries, seen = [], set()
    about, values = _parameters(case)
    for i, table in enumerate(form.parameters):
        if table.key in seen:
            raise document.error("stands twice", ("parameters", i, "key"))
        seen.add(table.key)
        entries.append(_prior(table, about, values, document, i))
    products = _products(form, seen, document)
    _check_period(form, case, document)
    now = shocks_digest(case)
    if form.fit.shocks != now:
        problem = f"the case's dated events are not those that were frozen: their hash is {now}"
        raise document.error(problem, ("fit", "shocks"))
    fit = form.fit
    return Priors(
        tuple(entries), fit.start, fit.end, fit.validate_end, fit.scale, fit.simulations, fit.shocks, products, fit.doc,
        _ablations(form, about, document),
    )  # fmt: skip


def _parameters(case: Case) -> tuple[dict[str, Parameter], dict[str, float]]:
    """The parameters of the case's model, and the values that the case has."""
    from groundswell.experiments.read import read
    from groundswell.experiments.resolve import model_of

    scenario = read(case.folder)
    model = model_of(scenario.model)
    base = {**model.base_values(), **{k: model.parameters[k].check(v) for k, v in scenario.values.items()}}
    return dict(model.parameters), base


def _prior(
    table: ParameterTable, about: dict[str, Parameter], values: dict[str, float], document: Document, i: int, above: KeyPath = ()
) -> Prior:
    """One entry, checked against its parameter; `above` is where the list stands."""

    def wrong(problem: str, key: str) -> InputError:
        return document.error(problem, (*above, "parameters", i, key))

    if table.key == SHOCKS:
        (least, most), unit, default = SHOCKS_RANGE, "1", 1.0
    elif table.key not in about:
        raise document.error("the model has no such parameter", (*above, "parameters", i, "key"), [*about, SHOCKS], of=table.key)
    else:
        parameter = about[table.key]
        if parameter.options or parameter.whole:
            raise wrong("a switch or a whole number is not fitted: give it in the case, and compare", "key")
        (least, most), unit, default = parameter.range, parameter.unit, values[table.key]
    if not least <= table.low <= most:
        raise wrong(f"{table.low:g} is outside {least:g} to {most:g}, what the parameter admits", "low")
    if not table.low < table.high <= most:
        raise wrong(f"{table.high:g} is not between {table.low:g} and {most:g}", "high")
    if table.prior.startswith("log-") and table.low <= 0:
        raise wrong("a prior on logarithms begins above 0", "low")
    normal = table.prior in ("normal", "log-normal", "logit-normal")
    for key in ("median", "spread"):
        if normal and getattr(table, key) is None:
            raise wrong(f"is missing, and a {table.prior} prior needs it", key)
        if not normal and getattr(table, key) is not None:
            raise wrong(f"a {table.prior} prior has no {key}", key)
    if table.median is not None and not table.low < table.median < table.high:
        raise wrong(f"{table.median:g} is not between {table.low:g} and {table.high:g}", "median")
    more = {"why": table.why, "source": table.source, "unit": unit, "default": default}
    if table.median is None or table.spread is None:
        return Prior(table.key, table.prior, table.low, table.high, **more)  # type: ignore[arg-type]
    return Prior(table.key, table.prior, table.low, table.high, table.median, table.spread, **more)  # type: ignore[arg-type]


def _products(form: FitFile, keys: set[str], document: Document) -> tuple[Product, ...]:
    for i, table in enumerate(form.products):
        if len(table.of) != len(table.powers):
            raise document.error(f"{len(table.powers)} powers for {len(table.of)} parameters", ("products", i, "powers"))
        for k, key in enumerate(table.of):
            if key not in keys:
                raise document.error("is not fitted", ("products", i, "of", k), keys, of=key)
    return tuple(Product(p.name, tuple(p.of), tuple(p.powers), p.why) for p in form.products)


def _ablations(form: FitFile, about: dict[str, Parameter], document: Document) -> tuple[Ablation, ...]:
    for i, table in enumerate(form.ablations):
        for key, value in table.values.items():
            if key != SHOCKS and key not in about:
                raise document.error("the model has no such parameter", ("ablations", i, "values", key), [*about, SHOCKS], of=key)
            least, most = SHOCKS_RANGE if key == SHOCKS else about[key].range
            if not least <= value <= most:
                problem = f"{value:g} is outside {least:g} to {most:g}, what the parameter admits"
                raise document.error(problem, ("ablations", i, "values", key))
        if not table.values and not table.shift:
            raise document.error("takes nothing out and moves nothing: it needs values or a shift", ("ablations", i, "name"))
        if table.name in {one.name for one in form.ablations[:i]}:
            raise document.error("stands twice", ("ablations", i, "name"))
    return tuple(Ablation(one.name, one.doc, one.values, one.shift) for one in form.ablations)


def _check_period(form: FitFile, case: Case, document: Document) -> None:
    fit = form.fit
    if not case.start <= fit.start < fit.end <= case.end:
        raise document.error(f"{fit.start} to {fit.end} is not within the case's {case.start} to {case.end}", ("fit", "end"))
    if fit.validate_end is not None and not fit.end < fit.validate_end <= case.end:
        raise document.error(f"{fit.validate_end} is not after {fit.end} and within the case", ("fit", "validate_end"))
