"""The summary: its numbers, its table, and what it does without some series."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from groundswell.core.run import Run
from groundswell.report.summary import summary, summary_table


def test_numbers(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=90)
    lines = {line.label: line for line in summary(run)}
    assert lines["arrests"].value == run.series["arrests"].sum()
    assert lines["dead, last day"].value == run.series["dead_now"][-1].sum()
    assert lines["anti-regime gatherings a week"].value == pytest.approx(run.series["gathered"].sum() / 90 * 7)
    assert lines["units, last day"].unit == "units"
    assert lines["effective number of frames, last day"].value == pytest.approx(0.25 / (0.09 + 0.0225 + 0.0025))
    assert lines["took part, highest day"].note.startswith("2021-")
    assert len({line.label for line in summary(run)}) == len(summary(run))


def test_what_was_not_recorded_is_left_out(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=90, record=False, without=("arrests", "rolled_up", "frame_1", "frame_2", "frame_3"))
    labels = {line.label for line in summary(run)}
    assert not {label for label in labels if "report" in label or "arrest" in label or "frames" in label}
    assert {"days", "acts of units", "detained, last day"} <= labels


def test_short_runs_have_no_moments(fake_run: Callable[..., Run]) -> None:
    assert not any("variance" in line.label for line in summary(fake_run(days=20)))
    assert len(summary(fake_run(days=1))) > 8


def test_table_for_a_terminal(fake_run: Callable[..., Run]) -> None:
    out = io.StringIO()
    run = fake_run(days=30)
    Console(file=out, width=160).print(summary_table(run))
    assert run.state_hash in out.getvalue()
    assert f"{run.series['arrests'].sum():,}" in out.getvalue()
