"""The law of observation: what a source reports of what happened. Simulation and inference share it.

A source is anything that has the parameters of `mechanisms.reporting.Source` as attributes, its `number`, and the topic that it
`invents`. Given what happened, sources report independently of one another and of what they reported before; what makes two of them
see the same is that both see large and contested gatherings. Three uses of one law:

* `reports` (which takes `settings_of` the source) and `inventions` are a source's day, and the mechanism calls them;
* `observe` applies a source to a table of events outside a simulation: with the run's seed, the same bits as in the run;
* `probability`, `expected_reports` and `expected_counts` say what is to be expected of it, for a likelihood, without a draw; `dating`,
  `placing`, `confusion` and `copies` how reports spread over days, cities and streams, and how many there are of one event.

A topic is one of the three streams (0 to 2, as in `society.STREAMS`) or `ACT`, an act of a unit. Everything is plain Python over
arrays; `tell` and what it calls are compiled where a run is.
"""

from __future__ import annotations

from groundswell.observation.day import inventions, reports, settings_of
from groundswell.observation.law import (
    ACT,
    CODES,
    FROM,
    OTHER,
    PARAMETERS,
    YEAR,
    confusion,
    copies,
    dating,
    expected_reports,
    placing,
    probability,
)  # fmt: skip
from groundswell.observation.tables import FIELDS, expected_counts, happenings, observe

__all__ = [
    "ACT", "CODES", "FIELDS", "FROM", "OTHER", "PARAMETERS", "YEAR", "confusion", "copies", "dating", "expected_counts", "expected_reports",
    "happenings", "inventions", "observe", "placing", "probability", "reports", "settings_of",
]  # fmt: skip
