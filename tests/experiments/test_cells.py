"""The example of docs/cells.md: how cells are built is asked of an invented country."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell import experiments

DOCS = Path(__file__).parents[2] / "docs"


def test_it_is_an_invented_country() -> None:
    for size in ("small", "large"):
        case = experiments.read(DOCS / f"cells-{size}.toml").case
        assert (case.id, case.real) == ("atlantis", False)


def test_cells_differ_in_their_size_only() -> None:
    """Equal members at the start, equal everything else."""
    small, large = (experiments.read(DOCS / f"cells-{size}.toml") for size in ("small", "large"))
    differ = {key for key in small.values if small.values[key] != large.values[key]}
    assert differ == {"first_organisation.founders", "first_organisation.initial", "units.split_size"}
    started = [float(s.values["first_organisation.founders"]) * float(s.values["first_organisation.initial"]) for s in (small, large)]
    assert started[0] == started[1]
    assert small.effects == large.effects


def test_small_cells_give_fewer_away() -> None:
    """C6: in units of thirty a captive names more than one other on average, in units of three fewer."""
    settings = {"end": "2020-02-28", "detection.patrol": 0.3, "occasions.rate": 0.0}
    share = []
    for size in ("small", "large"):
        run = experiments.run(DOCS / f"cells-{size}.toml", settings=settings, compiled=False)
        assert run.series["arrests"].sum() > 30
        assert run.total("members_now")[0] == pytest.approx(600, rel=0.05)  # thirty can be brought together, too
        share.append(run.series["rolled_up"].sum() / run.series["arrests"].sum())
    assert share[0] < share[1] - 0.2
