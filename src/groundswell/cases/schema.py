"""The form of a `case.toml`: what a real or invented country consists of. Imported late, for it needs pydantic."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _whole(value: Any) -> Any:
    """Python takes `true` and `1.0` for 1; a version is neither."""
    return value if type(value) is int else repr(value)


Version = Annotated[Literal[1], BeforeValidator(_whole)]


class CaseTable(BaseModel):
    """`[case]`: what the case is and what may be reported of it."""

    model_config = STRICT
    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="short name; names output folders")
    name: str = Field(min_length=1, max_length=100, description="as printed in reports")
    iso: int = Field(default=0, ge=0, le=999, description="numeric country code of ISO 3166-1; 0 for an invented country")
    real: bool = Field(description="whether it describes a real country")
    summary: str = Field("", max_length=2000, description="one or two sentences for a reader")
    level: Literal["province", "city"] = Field("province", description="the finest places that reports may show")
    interval: Literal["week", "day"] = Field("week", description="the finest time that reports may show")


class PeriodTable(BaseModel):
    """`[period]`: the closed period, both days included."""

    model_config = STRICT
    start: date = Field(description="first day of the case")
    end: date = Field(description="last day of the case")


class CitationTable(BaseModel):
    """`[[citations]]`: a source of the case's figures, and what it is cited for."""

    model_config = STRICT
    key: str = Field(min_length=1, max_length=80, description="by which shocks and policies name it")
    text: str = Field(min_length=1, max_length=1000, description="author, title, year, page or table")
    url: str = Field("", max_length=500, description="where it can be read")
    reason: str = Field("", max_length=500, description="what it is cited for")


Three = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=3, max_length=3)]


class NamesTable(BaseModel):
    """`[names]`: what reports call the numbered frames, organisations and sources."""

    model_config = STRICT
    frames: Three | None = Field(default=None, description="names of frames 1, 2, 3")
    organisations: Three | None = Field(default=None, description="names of organisations 1, 2, 3")
    sources: Three | None = Field(default=None, description="names of the independent monitor, the state media, the movement's channel")


class MapTable(BaseModel):
    """`[map]`: the outlines of the provinces."""

    model_config = STRICT
    boundaries: str = Field(min_length=1, max_length=500, description="GeoJSON inside the case's folder, features by province id")
    licence: str = Field(min_length=1, max_length=500, description="under which terms they may be used")


class FittedTable(BaseModel):
    """`[fitted]` of a `fitted.toml`: to what the case was fitted, and how."""

    model_config = STRICT
    doc: str = Field(min_length=1, max_length=2000, description="which record, which years, what is not fitted")
    record: str = Field(min_length=8, max_length=64, description="hash of the record, of which no row is here")
    priors: str = Field(min_length=8, max_length=64, description="hash of the frozen priors")
    posterior: str = Field(min_length=8, max_length=64, description="hash of the posterior's draws")
    start: date = Field(description="first day of the fitted weeks")
    end: date = Field(description="last day of the fitted weeks")
    simulations: int = Field(ge=1, description="draws from the prior")
    distance: float = Field(
        ge=0, description="from simulations with these values to the record, in robust standard deviations of the prior"
    )
    distance_prior: float = Field(ge=0, description="the same of simulations from the prior, in the median")
    made_with: str = Field(min_length=1, max_length=40, description="version of groundswell")


class FittedParameterTable(BaseModel):
    """`[[parameters]]` of a `fitted.toml`: a value that takes the place of the case's default."""

    model_config = STRICT
    key: str = Field(min_length=1, max_length=100, description="dotted key of the model, or shocks.strength")
    value: float = Field(description="of the draw of the posterior that stands for it")
    low: float = Field(description="5 % of the posterior")
    high: float = Field(description="95 % of the posterior")
    contraction: float = Field(le=1, description="1 less posterior over prior variance: 0 where the record says nothing of it")


class FittedFile(BaseModel):
    """A whole `fitted.toml`, as `groundswell fit --fitted` writes it."""

    model_config = STRICT
    version: Version = Field(alias="schema", description="version of this form")
    fitted: FittedTable
    parameters: list[FittedParameterTable] = Field(min_length=1, max_length=40)


class CaseFile(BaseModel):
    """A whole `case.toml`. `defaults` has the form of a scenario and is checked as one."""

    model_config = STRICT
    version: Version = Field(alias="schema", description="version of this form")
    case: CaseTable
    period: PeriodTable
    tables: dict[str, str] = Field(min_length=1, max_length=40, description="CSV tables by role, as paths inside the case's folder")
    citations: list[CitationTable] = Field(default=[], max_length=1000)
    names: NamesTable = NamesTable()
    map: MapTable | None = None
    defaults: dict[str, Any] = Field(default={}, description="the scenario that runs where nothing else is said")
    parameter_sources: dict[str, Any] = Field(default={}, description="where the values in `defaults.parameters` are from, by full key")
