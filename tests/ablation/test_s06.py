"""S6: campaigns unify the slogans, rivals divide them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ablation.paired import differences, goes

pytestmark = pytest.mark.compiled


def effective(run) -> float:
    """The effective number of frames among those who hold one on the last day: inverse Simpson."""
    shares = np.array([run.series[f"frame_{k}"][-1].mean() for k in (1, 2, 3)])
    return float(shares.sum() ** 2 / (shares**2).sum())


def test_acts_spread_the_frame_that_they_carry() -> None:
    goes("up", differences("frame_1", {}, {"frames.campaign": 0.0}))
    second = {"first_organisation.frame": 2}
    goes("up", differences("frame_2", second, {"frames.campaign": 0.0} | second))


def test_a_campaign_for_the_leading_frame_unifies() -> None:
    """Where all three start alike, one that is pushed leaves fewer effective frames."""
    alike = {"frames.share_1": 0.2, "frames.share_2": 0.2, "frames.share_3": 0.2, "frames.campaign": 0.2}
    goes("down", differences(effective, {}, {"frames.campaign": 0.0}, common=alike))


@pytest.mark.parametrize("rival", [2, 3])
def test_broadcasts_of_a_rival_win_people_over(rival) -> None:
    goes("up", differences(f"frame_{rival}", {f"frames.push_{rival}": 0.02}))
    goes("down", differences("frame_1", {f"frames.push_{rival}": 0.02}))


def test_conformity_helps_the_majority() -> None:
    common = {"frames.share_1": 0.6, "frames.share_2": 0.4, "frames.share_3": 0.0, "frames.campaign": 0.0, "frames.imitation": 0.2}
    goes("down", differences(effective, {"frames.conformity": 1.0}, common=common, days=40))


def test_frames_that_divide_keep_people_at_home() -> None:
    """Contacts who hold another frame count for less."""
    goes("down", differences("turnout", {"participation.compatibility": 0.0}, {"participation.compatibility": 1.0}))
