"""Scenarios, and runs of them that are kept as folders.

>>> from groundswell import experiments
>>> run = experiments.run("iran", out="runs/mine")
>>> again = experiments.load("runs/mine")
"""

from __future__ import annotations

from groundswell.experiments.directory import load
from groundswell.experiments.people import people
from groundswell.experiments.read import read, settings_of
from groundswell.experiments.running import Interrupted, run
from groundswell.experiments.scenario import Effect, Scenario
from groundswell.experiments.verify import Comparison, Verification, verify

__all__ = ["Comparison", "Effect", "Interrupted", "Scenario", "Verification", "load", "people", "read", "run", "settings_of", "verify"]
