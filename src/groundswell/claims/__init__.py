"""What a movement and a regime say of themselves, put to the test.

A *claim* is a small TOML file in a case's folder `claims/` (`docs/claims.md` says how to write one). It is judged in up to three ways:

* by **records**: each `[[data]]` table names an *estimator*, a function that counts something in records or in printed figures;
* by the **model**: `[model]` names two arms (scenario settings) that share people and draws, and the quantities that must differ;
* not at all: `outside` says why neither can.

An estimator stands in a module of `groundswell.claims.data`, which is imported when estimators are looked up:

    from groundswell.claims.finding import Finding, Given, option
    from groundswell.claims.registry import estimator

    @estimator(
        "share_who_stayed_away",
        meaning="Share of the eligible who did not vote, from the printed turnout.",
        unit="1",
        options={"figure": option("turnout.official", "key of the printed turnout"), "place": option("", "province; empty: nation")},
    )
    def share_who_stayed_away(given: Given, figure: str, place: str) -> Finding:
        printed = given.case.figure(figure)
        if printed is None or printed.value is None:
            return Finding.missing("1", "the case prints no turnout")
        away = 1 - printed.value
        return Finding(away, away, away, unit="1", basis="figures", words="By the printed turnout.", figures=(printed,))

The interface, which stays as it is:

* `estimator(name, *, meaning, unit, options={}, formats=())`: a decorator. `options` says which keyword arguments a claim file may give
  in `with`: name -> `option(default, doc)`; the type of the default (text, number, whole number, truth value, list, date) is what is
  admitted, and `option(REQUIRED, doc, kind=str)` has no default. `formats`: the records it can use, by the names of
  `groundswell.events.formats`; empty where it needs figures alone.
* `Given(case, records, seed)`: what an estimator is handed. `given.case`: the case with its figures, elections, campaigns, uprisings.
  `given.record(*formats)`: the first record of one of these formats that the user gave, an `Events` table, or None. `given.weekly(...)`:
  counts (weeks, provinces), where a record can be counted so, of closed weeks within the case's period, or None. `given.draws()`:
  addressed
  draws for permutations and bootstraps (`groundswell.claims.streams`).
* `Finding(estimate, low, high, *, unit, basis, words, ...)`: what it returns. `low` and `high` bound the quantity with 90 % two-sided
  (each
  side errs at most one time in twenty), or are logical bounds. `basis`: "record", "figures", "both" or "none". `Finding.missing(unit,
  what)`:
  a record or a figure is needed and not given, and says which. The engine compares the bounds with the threshold in the claim file: the
  estimator itself judges nothing.

Several numbers (two horizons, two places) are several `[[data]]` tables with the same estimator and other options.
The form of a claim file is in `schema`; names of measures for `[[model.quantities]]` in `measures.MEASURES`. Verdict of a finding
against `smallest`, for direction "above": supported where low >= smallest, contradicted where high < smallest, else not decidable
("below" mirrors);
all `[[data]]` tables with `whole` true must be supported, and one that is contradicted contradicts the claim.

Modules: `schema`, `reading` (claim files), `measures` (quantities of a run), `prior_draws`, `paired` (tasks), `sequential` (when enough
has
been run), `judging` (verdicts), `why`, `audit`, `export`.
"""

from __future__ import annotations
