"""Rows 17 and 18 in spirit: Frames alone is the voter model, so a frame's chance to win is its initial share."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.oracles.stage import FIRST, by_place, near, play, share_near, stub, world

from groundswell.mechanisms.frames import Frames, gap, stays, two_of_three
from groundswell.society import SEEN_FRAMES

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


STILL = {"frames.imitation": 0.0, "frames.share_1": 0.0, "frames.share_2": 0.0, "frames.share_3": 0.0}


def exposed(*by_frame):
    """A stub that shows each neighbourhood so much of frames 1, 2 and 3."""

    def day(now) -> None:
        for column, values in zip(SEEN_FRAMES, by_frame, strict=True):
            now[column][:] = values

    return stub("Exposed", day=day, writes=SEEN_FRAMES)


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.compiled)])
def test_campaign_adopts_the_frame_that_acts_carry(compiled) -> None:
    """With a visible number v of acts that carry a frame a share campaign v takes it up in a day; where there is none nobody does."""
    low, much = np.repeat([0.0, 2.0, 50.0], 20), np.repeat([0.0, 1.0, 0.0], 20)
    values = STILL | {"frames.campaign": 0.1, "frames.share_2": 1.0}
    done = play((exposed(low, 0.0, much), Frames()), world(hoods=60, rows=50), values=values, compiled=compiled)
    counted(done.engine)
    frame = done.columns["frame"].reshape(3, -1)
    assert (frame[0] == 2).all()
    share_near((frame[1] == 1).sum(), 1000, 0.2)
    share_near((frame[1] == 3).sum(), 1000, 0.1)
    assert (frame[2] == 1).all()


def test_broadcasts_push_each_frame_by_place_and_day() -> None:
    """A daily chance of its own for each frame; pushes that exceed 1 together share in proportion."""
    people = world(4, hoods=20, rows=100)
    changes = [*by_place("frames.push_1", [0.3, 0.0, 0.0, 1.0]), *by_place("frames.push_2", [0.0, 0.2, 0.0, 1.0]),
               *by_place("frames.push_3", [0.0, 0.1, 0.0, 0.0])]  # fmt: skip
    frame = play((Frames(),), people, values=STILL, changes=changes).columns["frame"].reshape(4, -1)
    for place, shares in enumerate([(0.7, 0.3, 0, 0), (0.7, 0, 0.2, 0.1), (1, 0, 0, 0), (0, 0.5, 0.5, 0)]):
        for k, share in enumerate(shares):
            share_near((frame[place] == k).sum(), 2000, share)


@pytest.mark.compiled
@pytest.mark.parametrize("conformity", [0.0, 0.5, 1.0])
def test_conformity_is_boyd_and_richersons(conformity) -> None:
    """If everyone imitates, the share p of one of two frames goes to p + D p (1 - p) (2 p - 1)."""
    people = world(hoods=150, rows=40)
    values = {"frames.imitation": 1.0, "frames.conformity": conformity, "frames.share_1": 0.3, "frames.share_2": 0.7, "frames.share_3": 0.0}
    start = play((Frames(),), people, values=values | {"frames.imitation": 0.0}, compiled=True)
    p = counted(start.engine)[1] / 40
    after = counted(play((Frames(),), people, values=values, compiled=True).engine)[1] / 40
    expected = p + conformity * p * (1 - p) * (2 * p - 1)
    near(after.sum(), expected.sum(), math.sqrt((expected * (1 - expected)).sum() / 40))


def test_conformity_of_many_frames() -> None:
    """Two of three decide; where all three differ, the first does."""
    for one, other, third in itertools.product(range(4), repeat=3):
        counts = np.bincount([one, other, third], minlength=4)
        assert two_of_three(one, other, third) == (counts.argmax() if counts.max() > 1 else one)


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_min=True), st.integers(0, 2000))
def test_jumps_pass_as_many_as_coins_would(u, p, n) -> None:
    """gap(u, p, stays(p)) is at least n where 1 - u is at most (1 - p)^n: a geometric number by inversion."""
    bound = math.exp(n * math.log1p(-p)) if p < 1 else float(n == 0)
    if abs((1 - u) - bound) > 1e-9:
        assert (gap(u, p, stays(p) if p < 1 else 0.0) >= n) == (1 - u <= bound)


@pytest.mark.compiled
@pytest.mark.parametrize("rate", [0.001, 0.05, 0.7])
def test_every_person_changes_at_the_declared_rate(rate) -> None:
    """Jumping from one to the next, each position of a neighbourhood is hit alike, also where hits are rare."""
    days, size = 40, 50
    people, hits = world(hoods=30, rows=size), np.zeros(size)
    for seed in range(days):
        done = play((Frames(),), people, seed=seed, values=STILL | {"frames.push_1": rate}, compiled=True)
        hits += done.columns["frame"].reshape(30, size).sum(axis=0)
    share_near(hits.sum(), days * 30 * size, rate)
    expected = days * 30 * rate
    assert ((hits - expected) ** 2 / (expected * (1 - rate))).sum() < size + 5 * math.sqrt(2 * size)


def test_a_neighbourhood_of_one_mind_stays_so() -> None:
    """Without a push nobody can take up what nobody holds."""
    values = STILL | {"frames.imitation": 1.0, "frames.conformity": 0.5, "frames.share_2": 1.0}
    assert (play((Frames(),), world(hoods=5), 5, values=values).columns["frame"] == 2).all()
