"""Every stream of random numbers of the forecasts; the numbers are parts of addresses and never change."""

from __future__ import annotations

from groundswell.core.draws import Stream

RECENT = Stream("forecast_recent", 5700, "which of the last weeks a draw takes, by draw")
SEASON = Stream("forecast_season", 5701, "which week of the season a draw takes, by draw")
ERRORS = Stream("forecast_errors", 5702, "which past error a draw takes, by draw")
ROUNDED = Stream("forecast_rounded", 5703, "whether a scaled count is rounded up, by draw and province")
SHARED = Stream("forecast_shared", 5704, "what all provinces of a week share, by draw")
SPREAD = Stream("forecast_spread", 5705, "a province's own rate of a week, by draw and province")
COUNT = Stream("forecast_count", 5706, "the count at that rate, by draw and province")
EXCESS = Stream("forecast_excess", 5707, "whether a province's week is one without reports, by draw and province")
WINDOW = Stream("forecast_window", 5708, "which past window a draw takes its ranks from, by draw")
WITHIN = Stream("forecast_within", 5709, "where in the step of a count a rank lies, by draw and province")
PAIRS = Stream("forecast_pairs", 5710, "which simulated histories and weeks a regression learns from, by number")
ANALOGUE = Stream("forecast_analogue", 5711, "which simulated window a draw follows, by draw")
BLOCKS = Stream("forecast_blocks", 5712, "which week a block of a bootstrap begins with, by number and replicate")

ALL = (RECENT, SEASON, ERRORS, ROUNDED, SHARED, SPREAD, COUNT, EXCESS, WINDOW, WITHIN, PAIRS, ANALOGUE, BLOCKS)
