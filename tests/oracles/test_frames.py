"""Rows 17 and 18 in spirit: Frames alone is the voter model, so a frame's chance to win is its initial share."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST, near, play, share_near, stub, world

from groundswell.mechanisms.frames import Frames
from groundswell.society import SEEN_DEFIANCE

NAMES = ("holders_0", "holders_1", "holders_2", "holders_3")
VOTER = {"frames.campaign": 0.0, "frames.share_1": 0.3, "frames.share_2": 0.2, "frames.share_3": 0.1}


def counted(engine) -> np.ndarray:
    """Holders of each frame by neighbourhood, checked against the frames themselves; shape (4, neighbourhoods)."""
    c, starts = engine.state.columns, engine.population.places.neighbourhood_start
    holders = np.array([c[n] for n in NAMES])
    assert (holders == [np.add.reduceat((c["frame"] == k).astype(np.int64), starts[:-1]) for k in range(4)]).all()
    return holders


def dealt(people, compiled: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Holders by neighbourhood and frames by row at the start, before anybody imitates."""
    done = play((Frames(),), people, values=VOTER | {"frames.imitation": 0.0}, compiled=compiled)
    return counted(done.engine), done.columns["frame"]


@pytest.mark.compiled
@pytest.mark.parametrize(("size", "imitation", "days"), [(6, 0.5, 120), (15, 1.0, 250)])
def test_voter_wins_with_its_initial_share(size, imitation, days) -> None:
    """In every neighbourhood one frame wins in the end, and each frame as often as its initial share there says."""
    history, people = [], world(hoods=2000, rows=size)
    play(
        (Frames(),), people, days, values=VOTER | {"frames.imitation": imitation}, compiled=True,
        observe=lambda engine, day: history.append(counted(engine)) if day == FIRST + days - 1 else None,
    )  # fmt: skip
    start, end = dealt(people)[0] / size, history[-1] / size
    assert ((end == 0) | (end == 1)).all()
    for k in range(4):
        p = start[k]
        near(end[k].sum(), p.sum(), math.sqrt((p * (1 - p)).sum()))


@pytest.mark.compiled
def test_voter_mean_share_is_a_martingale() -> None:
    """The expected share does not drift: at every time the mean over neighbourhoods is that of the start, within chance."""
    size, history, people = 20, [], world(hoods=1500, rows=20)
    play(
        (Frames(),), people, 60, values=VOTER | {"frames.imitation": 0.2}, compiled=True,
        observe=lambda engine, day: history.append(counted(engine) / size),
    )  # fmt: skip
    start = dealt(people)[0] / size
    for share in (history[0], history[5], history[20], history[59]):
        change = share - start
        for k in range(4):
            near(change[k].mean(), 0.0, change[k].std() / math.sqrt(1500))
    assert history[59][1].var() > 2 * start[1].var()  # while neighbourhoods drift apart


def test_frames_are_dealt_at_the_declared_shares() -> None:
    frame = play((Frames(),), world(hoods=20, rows=1000), 1, values=VOTER | {"frames.imitation": 0.0}).columns["frame"]
    for k, share in enumerate((0.4, 0.3, 0.2, 0.1)):
        share_near((frame == k).sum(), 20_000, share)


def test_every_frame_is_taken_over_alike() -> None:
    """One day on which all imitate: each frame keeps its share, and people change at the rate 1 - sum of squared shares."""
    people = world(hoods=60, rows=50)
    done = play((Frames(),), people, values=VOTER | {"frames.imitation": 1.0})
    holders, frame = dealt(people, compiled=False)
    before, after = holders / 50, counted(done.engine) / 50
    for k in range(4):
        near(after[k].sum(), before[k].sum(), math.sqrt((before[k] * (1 - before[k])).sum() / 50))
    p = 1 - (before**2).sum(axis=0)
    near((frame != done.columns["frame"]).sum(), 50 * p.sum(), math.sqrt(3000 * 0.25))


def test_campaign_adopts_the_first_frame_by_exposure() -> None:
    """With visible defiance v, a share campaign v of people takes up frame 1 in a day; where there is none nobody does."""
    seen = stub(
        "Seen", day=lambda now: now[SEEN_DEFIANCE].__setitem__(slice(None), np.repeat([0.0, 2.0, 50.0], 20)), writes=(SEEN_DEFIANCE,)
    )
    values = {"frames.imitation": 0.0, "frames.campaign": 0.1, "frames.share_1": 0.0, "frames.share_2": 1.0, "frames.share_3": 0.0}
    frame = play((seen, Frames()), world(hoods=60, rows=50), values=values).columns["frame"].reshape(3, -1)
    assert set(np.unique(frame)) == {1, 2}
    assert (frame[0] == 2).all()
    share_near((frame[1] == 1).sum(), 1000, 0.2)
    assert (frame[2] == 1).all()
