"""Retrospective forecasts: counts by week and province, one to four weeks ahead, on closed periods, scored against what then happened.

A forecaster has a `fit(history, calendar)` and what comes out of it a `predict(...)`, which gives draws. A history ends with its origin,
and a calendar holds what is known years ahead, so that nothing later can reach a forecast; `leaks` tests it by changing what came later.

There is no forecast of the future here: weeks after 2023 of a real case are scored only against a file that the user gives.
"""
