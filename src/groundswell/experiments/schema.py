"""The form of a scenario file, version 1. Imported late, for it needs pydantic."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from groundswell.cases.schema import Version

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
VALUE: dict[str, Any] = {"type": ["number", "string", "boolean"]}


class ScenarioTable(BaseModel):
    """`[scenario]`: what it is called and which country it runs in."""

    model_config = STRICT
    name: str = Field(min_length=1, max_length=200, description="what reports call it")
    case: str = Field(min_length=1, max_length=1000, description="a built-in case, or a folder, relative to this file")
    doc: str = Field(default="", max_length=2000, description="what it is for")
    inherit: bool = Field(default=True, description="whether the case's own dated shocks and policies apply")
    without: list[str] = Field(default=[], max_length=1000, description="policies, shocks and campaigns to leave out, by name or id")
    shock_strength: float = Field(
        default=1.0,
        ge=0,
        le=3,
        description="of the case's own dated shocks: a push is multiplied by it, a factor raised to its power; 0: none",
    )


class PopulationTable(BaseModel):
    """`[population]`: who lives there."""

    model_config = STRICT
    tables: dict[str, str] = Field(default={}, max_length=40, description="CSV tables by role instead of the case's, inside its folder")
    scale: int = Field(default=1000, ge=1, le=1000, description="real persons a row stands for")
    provinces: list[str] = Field(default=[], max_length=1000, description="ids or names; empty means all")
    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="seed of the synthetic people")
    growth: float = Field(default=1.0, ge=0.1, le=10, description="factor on the census's persons")


class ModelTable(BaseModel):
    """`[model]`: which rules they follow."""

    model_config = STRICT
    name: str = Field(default="resistance", min_length=1, max_length=100, description="a model of groundswell.models")


class EffectTable(BaseModel):
    """What policies and shocks have in common: a dated change of one parameter, and who says so."""

    model_config = STRICT
    id: str = Field(default="", max_length=60, description="a short name by which it can be left out, too")
    name: str = Field(min_length=1, max_length=200, description="what reports call it")
    value: Any = Field(default=None, description="the number (or a switch's option) set, added or multiplied by", json_schema_extra=VALUE)
    operation: Literal["set", "add", "multiply"] = Field(default="set", description="what is done with the value")
    places: list[str] = Field(default=[], max_length=1000, description="provinces by id or name; empty means all")
    doc: str = Field(default="", max_length=2000, description="what it stands for")
    source: str = Field(default="assumed", max_length=1000, description="where it is from; 'assumed' is honest")
    claimed_by: str = Field(default="", max_length=500, description="who says that it happened so")


class PolicyTable(EffectTable):
    """`[[policies]]`: what a side decides to do for some time."""

    side: Literal["regime", "movement", "outside"] = Field(description="who acts")
    parameter: str = Field(min_length=1, max_length=200, description="dotted key of the parameter it changes")
    start: datetime.date | None = Field(default=None, description="first day; the first of the run where it is missing")
    end: datetime.date | None = Field(default=None, description="last day, included; the last of the run where it is missing")


class ShockTable(EffectTable):
    """`[[shocks]]`: what happens on a date. Only those that drive change a parameter; the others are there to compare with."""

    date: datetime.date = Field(description="first day")
    days: int = Field(default=1, ge=1, le=36600, description="how many days it lasts")
    parameter: str | None = Field(default=None, min_length=1, max_length=200, description="dotted key of the parameter it changes")
    role: Literal["drives", "tests"] = Field(description="whether it drives the model or only tests it")


class SourceTable(BaseModel):
    """`[[sources]]`: one who reports events: an independent monitor, the state's media, the movement's own channel."""

    model_config = STRICT
    of: Literal["monitor", "state_media", "channel"] = Field(default="monitor", description="which of the three it is")
    name: str = Field(min_length=1, max_length=200, description="what reports call it")
    parameters: dict[str, Any] = Field(default={}, description="its parameters of observation, by their last part or by dotted key")


class RunTable(BaseModel):
    """`[run]`: when and how."""

    model_config = STRICT
    start: datetime.date = Field(description="first day")
    end: datetime.date = Field(description="last day, included")
    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="seed of all draws of the run")
    threads: int = Field(default=1, ge=1, le=1024, description="threads; the result is the same for any number")
    checkpoint_every: int | None = Field(default=None, ge=1, le=36600, description="days between two checkpoints")


class ScenarioFile(BaseModel):
    """A whole scenario file."""

    model_config = STRICT
    version: Version = Field(alias="schema", description="version of this form")
    scenario: ScenarioTable
    population: PopulationTable = PopulationTable()
    model: ModelTable = ModelTable()
    switches: dict[str, Any] = Field(default={}, description="disputed rules by name: one of their options")
    parameters: dict[str, Any] = Field(default={}, description="parameters by dotted key")
    policies: list[PolicyTable] = Field(default=[], max_length=1000)
    shocks: list[ShockTable] = Field(default=[], max_length=1000)
    sources: list[SourceTable] = Field(default=[], max_length=3)
    run: RunTable
