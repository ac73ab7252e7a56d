"""The form of a claim file, version 1. Imported late, for it needs pydantic.

schema = 1

[claim]
id = "C3"                                   # a letter or more, and a number; the name of the file
sentence = "Constant small visible acts prevent fear from taking hold."      # 25 words at most
by = "movement"                             # the side that says it: movement, regime, or another word
who = "the network's article"
source = "Atalayar, opinion"                # where it was printed or said
date = 2025-01-19
operational = "Fear in the 90 days after a killing is lower by 0.05, and contested gatherings 10 % more."
decides = "weeks after first deaths, by province, in the record"
# outside = "why"                           # instead of [model] and [[data]]: it cannot be tested

[model]                                     # what runs of the model are asked
contrast = "with visible acts against without"
start = 2018-01-01
end = 2019-12-31
# case = "lyonesse"                         # another case than that of the folder: built in, or a folder beside this file
# scale = 1000; provinces = [...]; judge = "draws" or "mean"; prior = "fitted" or "listed"
[model.a]                                   # parts of a scenario: parameters, switches, without, inherit, policies, shocks
[model.b]
parameters = {"fear.relief" = 0.0}
[[model.quantities]]                        # all of them must be beyond
measure = "fear_after_killing"
compare = "difference"                      # difference a - b, ratio a / b, or a (against a number)
direction = "below"
smallest = -0.05
[model.switches]                            # disputed rules: the verdict is given for each setting
"fear.form" = ["habituation", "none"]
[[model.parameters]]                        # as in fit.toml: what is uncertain beside what is fitted
key = "fear.decay"
prior = "log-uniform"
low = 0.02
high = 0.2
why = "days to weeks"

[[data]]                                    # what records and figures are asked
estimator = "..."
asks = "contested events in the week after a first death, against placebo weeks"
direction = "above"
smallest = 1.10                             # the threshold, in the unit of the estimator
with = {weeks = 4}
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from groundswell.cases.schema import STRICT, Version

MOST_WORDS = 25  # of a sentence
Direction = Literal["above", "below"]


ID, SIDE = r"[A-Z]{1,4}[0-9]{1,3}", r"[a-z][a-z -]{0,39}"


def _shaped(pattern: str, words: str) -> Callable[[str], str]:
    """A check of a text whose refusal is in words, not in signs."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text[:60]!r} is not {words}")
        return text

    return check


Identifier = Annotated[
    str,
    AfterValidator(_shaped(ID, "one to four capital letters and a number, such as C3")),
    WithJsonSchema({"type": "string", "pattern": f"^{ID}$"}),
]
Side = Annotated[
    str,
    AfterValidator(_shaped(SIDE, "a side in lower case, such as movement or regime")),
    WithJsonSchema({"type": "string", "pattern": f"^{SIDE}$"}),
]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class ClaimTable(BaseModel):
    """`[claim]`: the sentence, who says it, and what it is taken to mean."""

    model_config = STRICT
    id: Identifier = Field(description="short name; the file is called by it")
    sentence: Text = Field(description="what is claimed, in 25 words at most")
    by: Side = Field(description="the side that says it: movement, regime, or another word")
    who: Text = Field(description="the person, organisation or article that says it")
    source: Text = Field(description="where it was printed or said")
    date: datetime.date = Field(description="when")
    url: str = Field(default="", max_length=500, description="where it can be read")
    checked: bool = Field(default=False, description="whether the source was read by whoever wrote this file, or is cited from another")
    operational: Text = Field(
        description="the quantity, the contrast or threshold, the period and the places that the sentence is taken to mean"
    )
    decides: Text = Field(description="data that could decide it, whether or not they are at hand")
    doc: str = Field(default="", max_length=4000, description="what else a reader should know")
    outside: str | None = Field(default=None, min_length=1, max_length=2000, description="why neither the model nor data can test it")


class ArmTable(BaseModel):
    """`[model.both]`, `[model.a]`, `[model.b]`: parts of a scenario, checked as one."""

    model_config = STRICT
    parameters: dict[str, Any] = Field(default={}, description="parameters by dotted key")
    switches: dict[str, Any] = Field(default={}, description="disputed rules by name")
    without: list[str] = Field(default=[], max_length=1000, description="policies, shocks and campaigns of the case to leave out")
    inherit: bool | None = Field(default=None, description="whether the case's own dated shocks and policies apply")
    policies: list[dict[str, Any]] = Field(default=[], max_length=100, description="as in a scenario file")
    shocks: list[dict[str, Any]] = Field(default=[], max_length=100, description="as in a scenario file")


class QuantityTable(BaseModel):
    """`[[model.quantities]]`: a number of a run, how two runs are compared in it, and what matters."""

    model_config = STRICT
    measure: str = Field(min_length=1, max_length=60, description="a measure of groundswell.claims.measures")
    with_: dict[str, Any] = Field(default={}, alias="with", description="options of the measure")
    compare: Literal["difference", "ratio", "a"] = Field(default="difference", description="a - b, a / b, or a alone against a number")
    direction: Direction = Field(description="on which side of `smallest` the claim is right")
    smallest: float = Field(description="the smallest effect that matters, in the unit of the comparison")
    start: datetime.date | None = Field(default=None, description="first day that counts; by default the first of the run")
    end: datetime.date | None = Field(default=None, description="last day that counts; by default the last of the run")


class AssumedTable(BaseModel):
    """`[[model.parameters]]`: one that is uncertain, and what is believed of it; as in fit.toml."""

    model_config = STRICT
    key: str = Field(min_length=1, max_length=100, description="dotted key of the model")
    prior: Literal["uniform", "log-uniform", "normal", "log-normal", "logit-normal"] = Field(description="its form")
    low: float = Field(description="least value")
    high: float = Field(description="highest value")
    median: float | None = Field(default=None, description="of the normal forms, before they are cut to low and high")
    spread: float | None = Field(default=None, gt=0, description="standard deviation of the normal forms, on their own scale")
    why: str = Field(default="assumed", min_length=1, max_length=2000, description="why over this range")
    source: str = Field(default="assumed", min_length=1, max_length=1000, description="where the range is from; 'assumed' is honest")


class ModelTable(BaseModel):
    """`[model]`: two arms that share people and draws, and what must differ between them."""

    model_config = STRICT
    contrast: Text = Field(description="what is compared with what, in a few words")
    case: str | None = Field(
        default=None, min_length=1, max_length=1000, description="another case: built in, or a folder beside this file"
    )
    start: datetime.date = Field(description="first day of the runs")
    end: datetime.date = Field(description="last day of the runs, included")
    scale: int | None = Field(default=None, ge=1, le=1000, description="real persons a row stands for; by default as the command says")
    provinces: list[str] = Field(default=[], max_length=1000, description="ids or names; empty means all")
    judge: Literal["draws", "mean"] = Field(
        default="draws",
        description="draws: the share of draws in which the effect is beyond; mean: the mean effect (of what happens or not)",
    )
    prior: Literal["fitted", "listed"] = Field(
        default="fitted", description="fitted: the case's fit.toml and what is listed here; listed: only what is listed here"
    )
    both: ArmTable = ArmTable()
    a: ArmTable = ArmTable()
    b: ArmTable | None = None
    quantities: list[QuantityTable] = Field(min_length=1, max_length=6)
    switches: dict[str, list[str | bool | float]] = Field(default={}, max_length=6, description="settings over which the verdict must hold")
    parameters: list[AssumedTable] = Field(default=[], max_length=20)
    doc: str = Field(default="", max_length=4000, description="what the contrast leaves out")


class DataTable(BaseModel):
    """`[[data]]`: an estimator, and the threshold that its finding is compared with."""

    model_config = STRICT
    estimator: str = Field(min_length=1, max_length=60, description="an estimator of groundswell.claims.data")
    asks: Text = Field(description="what it is asked, in a few words")
    direction: Direction = Field(description="on which side of `smallest` the claim is right")
    smallest: float = Field(description="the threshold, in the unit of the estimator")
    with_: dict[str, Any] = Field(default={}, alias="with", description="options of the estimator")
    whole: bool = Field(default=True, description="whether it bears on the whole claim; false: on a part of it, which is said")
    part: str = Field(default="", max_length=500, description="which part of the claim it bears on")


class ClaimFile(BaseModel):
    """A whole claim file."""

    model_config = STRICT
    schema_version: Version = Field(alias="schema", description="version of this form")
    claim: ClaimTable
    model: ModelTable | None = None
    data: list[DataTable] = Field(default=[], max_length=6)
