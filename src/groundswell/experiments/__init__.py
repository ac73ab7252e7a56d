"""Scenarios, and runs of them that are kept as folders.

>>> from groundswell import experiments
>>> run = experiments.run("iran", out="runs/mine")
>>> again = experiments.load("runs/mine")
>>> sixteen = experiments.replicates("iran", 16)
>>> effect = experiments.compare("iran", without="units", replicates=8)
"""

from __future__ import annotations

from groundswell.experiments.compare import Pairs, compare
from groundswell.experiments.directory import load
from groundswell.experiments.people import people
from groundswell.experiments.read import read, settings_of
from groundswell.experiments.replicates import Replicates, replicates
from groundswell.experiments.running import Interrupted, run
from groundswell.experiments.scenario import Effect, Scenario
from groundswell.experiments.verify import Comparison, Verification, verify

__all__ = [
    "Comparison",
    "Effect",
    "Interrupted",
    "Pairs",
    "Replicates",
    "Scenario",
    "Verification",
    "compare",
    "load",
    "people",
    "read",
    "replicates",
    "run",
    "settings_of",
    "verify",
]
