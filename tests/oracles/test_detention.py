"""Rows 14, 26 and 27: detention, roll-ups and detection, each through its own mechanism."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST, cells, near, play, share_near, stub, world

from groundswell.core.draws import Draws
from groundswell.core.network import Network
from groundswell.mechanisms.acting import Acting
from groundswell.mechanisms.custody import Custody
from groundswell.mechanisms.detection import Detection
from groundswell.mechanisms.emigration import Emigration
from groundswell.mechanisms.interrogation import Interrogation
from groundswell.society import DEFECTED, MEMBERS, NAMED, TACTICS, TAKEN


def arrests(by_day, fate: int = 1):
    """A stub that takes, on each day, the persons that `by_day(day)` lists."""
    return stub("Police", day=lambda now: now.ask(TAKEN, 1, person=by_day(now.day - FIRST), fate=fate, named=0), adds=(TAKEN,))


def test_row_14_detained_on_average() -> None:
    """Three arrests a day, terms uniform on 1 to 30 days: 46.5 detained."""
    provinces, rows = 40, 120
    people = world(provinces, rows=rows)
    codes = np.repeat(people.places.codes << 32, 3)

    def three(day: int):
        return codes | np.tile((3 * day + np.arange(3)) % rows, provinces)

    detained = []
    play(
        (arrests(three), Custody()), people, 150, values={"custody.longest": 30, "custody.execution": 0.0},
        observe=lambda engine, day: detained.append((engine.state.tables["custody"]["status"] == 1).sum() / provinces),
    )  # fmt: skip
    assert abs(np.mean(detained[30:]) / 46.5 - 1) < 0.02


def test_custody_by_hand() -> None:
    """Taken for a term of five days: inside on five evenings, free on the sixth; the dead and those abroad never return."""
    base = 1 << 32
    fates = {0: (base + 0, 1), 1: (base + 5, 2), 2: (base + 9, 3)}

    def day(now) -> None:
        person, fate = fates.get(now.day - FIRST, (base + 0, 1))
        if now.day - FIRST in (0, 1, 2, 3):  # on the fourth day the first is taken again while inside: nothing changes
            now.ask(TAKEN, 1, person=person, fate=fate, named=0)

    status, away, totals = [], [], []

    def observe(engine, _) -> None:
        table = engine.state.tables["custody"]
        status.append({int(p) - base: int(s) for p, s in zip(table["person"], table["status"], strict=True)})
        away.append(engine.state.columns["away"].tolist())
        totals.append(int(engine.state.columns["arrests"].sum()))

    values = {"custody.shortest": 5, "custody.longest": 5, "custody.execution": 0.0}
    done = play((stub("Police", day=day, adds=(TAKEN,)), Custody()), world(rows=5, scale=2), 8, values=values, observe=observe)
    assert [s.get(0) for s in status] == [1, 1, 1, 1, 1, 0, 0, 0]
    assert [s.get(5) for s in status] == [None, *[2] * 7]
    assert [s.get(9) for s in status] == [None, None, *[3] * 6]
    assert totals == [1, 0, 0, 0, 0, 0, 0, 0]
    assert away[4] == [1, 0, 1, 0, 1]
    assert away[5] == [0, 0, 1, 0, 1]
    assert done.tables["custody"]["times"].tolist() == [1, 0, 0]


def test_executions_at_the_declared_hazard() -> None:
    people = world(rows=3000)
    values = {"custody.execution": 4.0, "custody.shortest": 1000, "custody.longest": 1000}
    everyone = (1 << 32) + np.arange(3000)
    done = play((arrests(lambda day: everyone if day == 0 else everyone[:0]), Custody()), people, 31, values=values)
    assert done.run.series["executions"].sum() == (done.tables["custody"]["status"] == 2).sum()
    share_near((done.tables["custody"]["status"] == 2).sum(), 3000, 1 - math.exp(-4.0 * 30 / 365.25))
    assert done.columns["away"].sum() == 3000


def test_the_household_suffers_for_a_day() -> None:
    household = np.concatenate([[i | (n << 4) for i in range(n)] for n in (3, 1, 4)])
    seen = []
    play(
        (arrests(lambda day: np.array([(1 << 32) + 1] if day == 0 else [], np.int64)), Custody()),
        world(hoods=2, rows=4, household=household), 2,
        observe=lambda engine, day: seen.append((engine.state.columns["suffered"].tolist(), engine.state.columns["hurt"].tolist())),
    )  # fmt: skip
    assert seen == [([1, 1, 1, 0, 0, 0, 0, 0], [3, 0]), ([0] * 8, [0, 0])]


def test_nobody_suffers_twice_in_a_day() -> None:
    household = np.concatenate([[i | (n << 4) for i in range(n)] for n in (3, 1, 4)])
    taken = (1 << 32) + np.array([0, 1, 4])
    seen = []
    play(
        (arrests(lambda day: taken), Custody()), world(hoods=2, rows=4, household=household), 1,
        observe=lambda engine, _: seen.append(engine.state.columns["suffered"].tolist()),
    )  # fmt: skip
    assert seen == [[1, 1, 1, 0, 1, 1, 1, 1]]


def trees(count: int, children: int, depth: int) -> tuple[Network, np.ndarray]:
    """So many trees of contacts, ties both ways, and the row of each root."""
    size = (children ** (depth + 1) - 1) // (children - 1)
    child = np.arange(1, size)
    parent = (child - 1) // children
    base = np.repeat(np.arange(count) * size, size - 1)
    one, other = np.tile(parent, count) + base, np.tile(child, count) + base
    a, b = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.lexsort([b, a])
    indptr = np.append(0, np.cumsum(np.bincount(a, minlength=count * size)))
    return Network(indptr, b[order].astype(np.int32), "trees"), np.arange(count) * size


@pytest.mark.parametrize(("children", "depth", "q"), [(2, 9, 0.25), (3, 5, 0.1)])
def test_row_26_roll_up_on_a_tree(children, depth, q) -> None:
    """Each arrest gives away m < 1 others on average, so a seed brings 1 / (1 - m) arrests."""
    network, roots = trees(120, children, depth)
    rows = len(network.indptr) - 1
    people = world(rows=rows, networks={"friends": network})
    seed = (1 << 32) + roots
    members = stub(
        "Members",
        begin=lambda now: now.store(now.table(MEMBERS).plus(person=seed, unit=seed << 16, joined=0, informer=0, former=0)),
        writes=(MEMBERS,),
    )
    total = []
    stages = (members, arrests(lambda _: seed), Interrogation())
    play(
        stages, people, 120, values={"interrogation.contact": q, "interrogation.comember": 0.0},
        observe=lambda engine, day: total.append(len(engine.asked(TAKEN)["person"])),
    )  # fmt: skip
    m = children * q
    assert abs(np.mean(total) / len(roots) * (1 - m) - 1) < 0.02


def closure(seeds, neighbours, q: float, day: int) -> set[int]:
    """Everyone reached over ordered pairs whose coin falls, one by one from a stack: an order of its own."""
    draws, found, stack = Draws(1), set(seeds), list(seeds)
    while stack:
        captive = stack.pop()
        for other in neighbours(captive):
            if other not in found and draws.coin(NAMED, day, q, captive, other):
                found.add(other)
                stack.append(other)
    return found


def test_roll_up_is_percolation_whatever_the_order() -> None:
    """Through co-members, the same people as a search in another order finds."""
    sizes = [30] * 20
    base = 1 << 32
    seeds = base + np.arange(0, 600, 7)
    done = play(
        (cells(sizes), arrests(lambda _: seeds), Interrogation()),
        world(rows=600),
        values={"interrogation.comember": 0.02, "interrogation.contact": 0.0},
    )
    asked = done.engine.asked(TAKEN)

    def mates(one):
        first = base + (one - base) // 30 * 30
        return [p for p in range(first, first + 30) if p != one]

    want = closure(seeds.tolist(), mates, 0.02, FIRST)
    assert len(want) > len(seeds) + 20
    assert set(asked["person"].tolist()) == want
    assert asked["named"].sum() == len(want) - len(seeds)


def test_roll_up_follows_members_only_at_its_start_and_spares_those_inside() -> None:
    """An arrested passer-by names nobody; who is already detained is not named."""
    base = 1 << 32
    values = {"interrogation.comember": 1.0, "interrogation.contact": 0.0}
    alone = play((cells([3]), arrests(lambda _: np.array([base + 7])), Interrogation()), world(rows=10), values=values)
    assert alone.engine.asked(TAKEN)["person"].tolist() == [base + 7]
    days = [np.array([base + 7]), np.array([base + 1]), np.array([base + 2])]
    named = []
    play(
        (cells([3]), arrests(lambda day: days[day]), Interrogation(), Custody()), world(rows=10), 3,
        values=values | {"custody.shortest": 9},
        observe=lambda engine, day: named.append(int(engine.state.columns["rolled_up"].sum())),
    )  # fmt: skip
    assert named == [0, 2, 0]


def test_children_who_are_named_are_not_taken() -> None:
    """Circles of friends know no age; half of all people are ten years old here."""
    people = world(rows=2000, age=np.where(np.arange(2000) % 2, 10, 15))
    values = {"interrogation.comember": 0.0, "interrogation.contact": 0.5}
    taken = (1 << 32) + 6 * np.arange(100)
    asked = play((cells([3] * 100, spacing=6), arrests(lambda _: taken), Interrogation()), people, values=values).engine.asked(TAKEN)
    named = asked["person"][asked["named"] == 1]
    assert len(named) > 100
    assert (people.columns["age"][people.places.row_of(named)] == 15).all()


@pytest.mark.compiled
@pytest.mark.parametrize(("a", "p"), [(1, 0.3), (3, 0.2), (5, 0.02)])
def test_row_27_days_to_the_first_detection(a, p) -> None:
    """A unit that acts a times by day, each act seen with p, is first detected after 1 / (1 - (1 - p)**a) days."""
    n = 15_000 if a < 5 else 9_000
    q = 1 - (1 - p) ** a
    first: dict[int, int] = {}

    def observe(engine, day) -> None:
        acts = engine.state.tables["acts_today"]
        assert len(acts) == a * n
        for unit in np.unique(acts["unit"][acts["seen"] == 1]).tolist():
            first.setdefault(unit, day - FIRST + 1)

    values = {
        "acting.rate": float(a), "acting.restraint": 0.0, "acting.night": 0.0, "detection.patrol": p, "detection.camera": 0.0,
        "detection.informant": 0.0, "detection.caught": 0.0, "detection.video": 1.0, "detection.damage": 1.0,
    }  # fmt: skip
    days = math.ceil(math.log(0.002) / math.log(1 - q))
    play((cells([3] * n), Acting(), Detection()), world(rows=3 * n), days, values=values, observe=observe, compiled=True)
    waits = np.array(list(first.values()))
    truncated = waits.sum() + days * (n - len(waits))  # those not yet detected have waited so long
    assert abs(truncated / n * q / (1 - (1 - q) ** days) - 1) < 0.02


@pytest.mark.parametrize("night", [0.0, 1.0])
@pytest.mark.parametrize("informed", [False, True])
def test_detection_combines_three_ways(night, informed) -> None:
    """1 - (1 - patrol)(1 - camera)(1 - informant), less by night; where the forces refuse orders nothing is seen."""
    values = {
        "acting.rate": 10.0, "acting.restraint": 0.0, "acting.night": night, "detection.patrol": 0.4, "detection.camera": 0.3,
        "detection.informant": 0.5, "detection.caught": 0.25, "detection.night_patrol": 0.5, "detection.night_camera": 0.2,
        "detection.video": 1.0, "detection.damage": 1.0,
    }  # fmt: skip
    units = cells([3] * 1000, informers=range(1000) if informed else [])
    done = play((units, Acting(), Detection()), world(rows=3000), values=values)
    patrol, camera = (0.2, 0.06) if night else (0.4, 0.3)
    p = 1 - (1 - patrol) * (1 - camera) * (0.5 if informed else 1)
    share_near(done.tables["acts_today"]["seen"].sum(), 10_000, p)
    share_near(len(done.engine.asked(TAKEN)["person"]), 3000, 0.25 * (1 - (1 - p) ** 10))
    refuse = stub("Refuse", day=lambda now: now[DEFECTED].fill(1), writes=(DEFECTED,))
    none = play((units, refuse, Acting(), Detection()), world(rows=3000), values=values)
    assert none.tables["acts_today"]["seen"].sum() == 0
    assert len(none.tables["acts_today"]) == 10_000


RISKS = {"display": 1.0, "leaflets": 0.5, "writing": 1.5, "video": 0.0, "damage": 4.0}


@pytest.mark.parametrize("tactic", list(RISKS))
def test_the_risk_of_a_tactic_multiplies_what_patrols_and_cameras_see(tactic) -> None:
    """1 - (1 - min(1, patrol k)) (1 - min(1, camera k)) (1 - informant): an informer gives any act away alike."""
    values = {
        "acting.rate": 4.0, "acting.restraint": 0.0, "acting.night": 0.0, "detection.patrol": 0.3, "detection.camera": 0.1,
        "detection.informant": 0.2, "detection.caught": 0.0,
    }  # fmt: skip
    values |= {f"acting.{k}": float(k == tactic) for k in RISKS if k != "display"}
    values |= {f"detection.{k}": v for k, v in RISKS.items() if k != "display"}
    for informers, informant in ((range(0), 0.0), (range(1000), 0.2)):
        done = play((cells([3] * 1000, informers=informers), Acting(), Detection()), world(rows=3000), values=values)
        acts = done.tables["acts_today"]
        assert (acts["tactic"] == TACTICS.index(tactic)).all()
        k = RISKS[tactic]
        share_near(acts["seen"].sum(), 4000, 1 - (1 - min(1, 0.3 * k)) * (1 - min(1, 0.1 * k)) * (1 - informant))


def test_emigration_rate_and_nobody_is_lost() -> None:
    people = world(30, rows=200, scale=10)
    done = play((Emigration(), Custody()), people, 100, values={"emigration.rate": 40.0})
    custody = done.tables["custody"]
    assert (custody["status"] == 3).all()
    expected = 60_000 * 0.04 * 100 / 365.25
    near(len(custody), expected, math.sqrt(30 * 100 * 0.25) + 0.01 * expected)
    assert done.columns["away"].sum() == len(custody)
    assert done.columns["arrests"].sum() == 0
