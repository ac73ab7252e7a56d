"""The streams of randomness of this package: 5300 to 5399. The numbers are part of every address and never change."""

from __future__ import annotations

from groundswell.core.draws import Stream

PERMUTED = Stream("claim_permuted", 5300, "the order of placebo weeks, by permutation and index")
RESAMPLED = Stream("claim_resampled", 5301, "which block a bootstrap takes, by resample and index")
SEED = Stream("claim_seed", 5302, "the seed of a pair of runs, by number of the draw")
ASSUMED = Stream("claim_assumed", 5303, "where in its prior a parameter lies, by number of the draw and parameter's key")
CHANCE = Stream("claim_chance", 5304, "what else an estimator draws, by its own numbers")
SHUFFLED = Stream("claim_shuffled", 5305, "the order in which draws are bootstrapped when an assumption is weighed")
TOY = Stream("claim_toy", 5306, "noise of the invented effects by which error rates are measured")
FITTED = Stream("claim_fitted", 5307, "which draw of a fit a pair takes, by number of the draw")
