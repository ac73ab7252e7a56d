"""Fitting a case to a record of events: priors, summaries, inference by simulation, and checks of it.

>>> from groundswell import calibration, cases
>>> from groundswell.events.reading import read
>>> iran = cases.load("iran")
>>> fit = calibration.fit(iran, "iran", read("record.csv").events, calibration.read_priors(iran), Path("runs/fit"))
>>> posterior = calibration.read_posterior("runs/fit")
>>> posterior = calibration.posterior_of(iran, "shipped")  # the one that comes with the case
>>> posterior.draws(100)  # values of parameters by key, for simulations
"""

from __future__ import annotations

from groundswell.calibration.ahead import predict
from groundswell.calibration.counts import Counts, observed, simulated_counts, weekly_counts
from groundswell.calibration.fitting import Fit, fit
from groundswell.calibration.posterior import Posterior, posterior_of, read_posterior
from groundswell.calibration.priors import Prior, Priors, Product, read_priors
from groundswell.calibration.summaries import Summaries, summarise

__all__ = [
    "Counts", "Fit", "Posterior", "Prior", "Priors", "Product", "Summaries", "fit", "observed", "posterior_of", "predict", "read_posterior",
    "read_priors", "simulated_counts", "summarise", "weekly_counts",
]  # fmt: skip
