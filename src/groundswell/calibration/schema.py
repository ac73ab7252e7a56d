"""The form of a `fit.toml`: what is fitted, from which priors, to which weeks. Imported late, for it needs pydantic."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import BaseModel, Field

from groundswell.cases.schema import STRICT, Version


class FitTable(BaseModel):
    """`[fit]`: which weeks are fitted, which are kept to validate, and how coarse the public is."""

    model_config = STRICT
    doc: str = Field(default="", max_length=4000, description="what is fitted, and what is not")
    start: datetime.date = Field(description="first day of the training weeks")
    end: datetime.date = Field(description="last day of the training weeks")
    validate_end: datetime.date | None = Field(default=None, description="last day of the weeks after them by which the fit is judged")
    scale: int = Field(default=1000, ge=1, le=1000, description="real persons a row stands for")
    simulations: int = Field(default=2000, ge=50, le=1_000_000, description="draws from the prior")
    shocks: str = Field(min_length=32, max_length=32, description="hash of the case's list of dated events, which is frozen")


class ParameterTable(BaseModel):
    """`[[parameters]]`: one that is fitted, and what was believed of it before."""

    model_config = STRICT
    key: str = Field(min_length=1, max_length=100, description="dotted key of the model, or shocks.strength")
    prior: Literal["uniform", "log-uniform", "normal", "log-normal", "logit-normal"] = Field(description="its form")
    low: float = Field(description="least value")
    high: float = Field(description="highest value")
    median: float | None = Field(default=None, description="of the normal forms, before they are cut to low and high")
    spread: float | None = Field(default=None, gt=0, description="standard deviation of the normal forms, on their own scale")
    why: str = Field(min_length=1, max_length=2000, description="why it is fitted, and why over this range")
    source: str = Field(min_length=1, max_length=1000, description="where the prior is from; 'assumed' is honest")


class ProductTable(BaseModel):
    """`[[products]]`: what the data tell of several parameters together and not of each."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=100, description="what reports call it")
    of: list[str] = Field(min_length=2, max_length=10, description="keys of fitted parameters")
    powers: list[float] = Field(min_length=2, max_length=10, description="to which each is raised before they are multiplied")
    why: str = Field(min_length=1, max_length=2000, description="why only together")


class AblationTable(BaseModel):
    """`[[ablations]]`: something that is taken out of the fitted model, or moved, to see what it does for the fit. Not frozen."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=60, description="what reports call it")
    doc: str = Field(default="", max_length=1000, description="what is taken out")
    values: dict[str, float] = Field(default={}, description="parameters by dotted key that are set after every draw")
    shift: int = Field(default=0, ge=-730, le=730, description="days by which dated shocks are moved, for placebo dates")


class FitFile(BaseModel):
    """A whole `fit.toml`."""

    model_config = STRICT
    schema_version: Version = Field(alias="schema", description="version of this form")
    fit: FitTable
    parameters: list[ParameterTable] = Field(min_length=1, max_length=40)
    products: list[ProductTable] = Field(default=[], max_length=20)
    ablations: list[AblationTable] = Field(default=[], max_length=20)
