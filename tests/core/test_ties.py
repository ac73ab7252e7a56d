from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell.core.compile import compiled
from groundswell.core.draws import address
from groundswell.core.errors import InputError, ModelError
from groundswell.core.layers import BROADCAST, HOUSEHOLD, NEIGHBOURS, Contacts, Layer
from groundswell.core.network import from_edges
from groundswell.core.network_measures import transitivity
from groundswell.core.places import City, Places, Population, Province
from groundswell.core.ties import Circle, Circles, find_friends, list_friends, push_friends

FRIENDS = Layer("friends", "friends", circles=Circles(seed=4, window=40))


def everyone(circles: Circles, n: int, code: int = 3):
    owner, friend = circles.friends(address(code, np.arange(n)), {code: n})
    assert (friend >> 32 == code).all()
    return owner, friend & 0xFFFFFFFF


@settings(max_examples=40)
@given(st.integers(1, 300), st.integers(2, 70), st.integers(0, 2**64 - 1), st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_ties_are_symmetric_distinct_and_never_to_oneself(n, window, seed, sizes):
    circles = Circles(seed, (Circle("near", "local", tuple(sizes)), Circle("far", "wide", tuple(reversed(sizes)))), window)
    owner, friend = everyone(circles, n)
    key = (owner << 32) | friend
    assert (owner != friend).all()
    assert ((friend >= 0) & (friend < n)).all()
    assert (np.diff(key) > 0).all()  # sorted, each once
    np.testing.assert_array_equal(np.sort((friend << 32) | owner), key)
    tables = circles.kernel_tables(3)
    for i in range(0, n, 17):
        found = list_friends(i, n, window, *tables)
        np.testing.assert_array_equal(np.sort(tables[-1][:found]), friend[owner == i])


@pytest.mark.parametrize("circles", [Circles(1), Circles(2, window=100), Circles(3, (Circle("a", "wide", (3, 4, 5, 6, 8, 10)),))])
def test_degree_and_clustering_are_those_computed(circles):
    n = 20_500
    owner, friend = everyone(circles, n)
    degree = np.bincount(owner, minlength=n)
    assert degree.mean() == pytest.approx(circles.mean_degree(n), rel=2e-3)
    network = from_edges(n, np.stack([owner, friend], axis=1))
    assert transitivity(network) == pytest.approx(circles.clustering(n), rel=0.01)


def test_one_kind_alone_is_exact():
    circles = Circles(9, (Circle("a", "wide", (3, 5)),))
    assert circles.mean_degree(800) == pytest.approx((3 * 2 + 5 * 4) / 8)
    assert circles.clustering(800) == pytest.approx(1.0)
    owner, _ = everyone(circles, 800)
    assert len(owner) == 100 * (3 * 2 + 5 * 4)
    assert Circles().mean_degree(10**7) == pytest.approx(10.392, abs=1e-3)
    assert circles.mean_degree(1) == circles.clustering(2) == 0.0


def test_local_friends_stay_in_their_window():
    owner, friend = everyone(Circles(5, (Circle("a", "local", (4,)),), 64), 1000)
    np.testing.assert_array_equal(owner // 64, friend // 64)


def test_provinces_do_not_touch_each_other_and_order_does_not_matter():
    circles, sizes = Circles(7), {3: 5000, 9: 4000}
    people = np.concatenate([address(3, np.arange(0, 5000, 7)), address(9, np.arange(0, 4000, 5))])
    owner, friend = circles.friends(people, sizes)
    grown_owner, grown = circles.friends(people, {**sizes, 9: 4100})
    mine = people[owner] >> 32 == 3
    np.testing.assert_array_equal(friend[mine], grown[people[grown_owner] >> 32 == 3])
    shuffled = np.random.default_rng(0).permutation(len(people))
    other_owner, other = circles.friends(people[shuffled], sizes)
    order = np.lexsort((other, shuffled[other_owner]))
    np.testing.assert_array_equal(other[order], friend)
    np.testing.assert_array_equal(shuffled[other_owner][order], owner)
    assert (circles.friends(address(9, np.arange(50)), {9: 5000})[1] & 0xFFFFFFFF).tolist() != everyone(circles, 5000)[1][:50].tolist()


@pytest.mark.compiled
@pytest.mark.parametrize("scale", [1, 10])
def test_pushes_are_the_counts_of_friends(scale):
    circles, n = Circles(11, window=200), 3000
    indices = np.arange(0, n, 13)
    counts = (np.arange(len(indices)) % 3 - 1).astype(np.int32)
    owner, friend = circles.friends(address(3, indices), {3: n})
    expected = np.zeros(n // scale, np.int64)
    np.add.at(expected, (friend & 0xFFFFFFFF) // scale, counts[owner])
    for function in (push_friends, compiled(push_friends)):
        out = np.zeros(n // scale, np.int32)
        function(indices, counts, n, scale, circles.window, *circles.kernel_tables(3), out)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.compiled
@pytest.mark.parametrize("n", [3, 199, 200, 1000, 1010])
def test_friends_found_side_by_side_are_those_found_one_by_one(n):
    """With a last window of all sizes; the order of one person's friends, too."""
    circles = Circles(12, window=200)
    tables = circles.kernel_tables(3)
    indices = np.arange(0, n, max(n // 37, 1))
    for function in (find_friends, compiled(find_friends)):
        friends, found = np.zeros((len(indices), tables[-1].size), np.int64), np.zeros(len(indices), np.int64)
        function(indices, n, circles.window, *tables[:-1], friends, found)
        for i, mine, count in zip(indices.tolist(), friends, found.tolist(), strict=True):
            assert list_friends(i, n, circles.window, *tables) == count
            np.testing.assert_array_equal(mine[:count], tables[-1][:count])


def test_bad_circles_are_refused():
    with pytest.raises(InputError, match="window"):
        Circles(window=1)
    for kind in (Circle("a", "near", (3,)), Circle("a", "wide", ())):  # type: ignore[arg-type]
        with pytest.raises(InputError, match=r"kinds\.a"):
            Circles(kinds=(kind,))
    with pytest.raises(ModelError):
        Circles().friends(address(3, [0]), {4: 10})


def world(scale: int) -> Population:
    """Two provinces, stored against the order of their codes, of 60 and 40 rows in neighbourhoods of 20."""
    places = Places(
        provinces=(Province("B", "B", 8, 0), Province("A", "A", 2, 0)),
        cities=(City(1, "b", 0, 0.0, 0.0), City(1, "a", 1, 0.0, 0.0)),
        neighbourhood_start=np.arange(0, 101, 20),
        city_start=np.array([0, 3, 5]),
        province_start=np.array([0, 1, 2]),
        scale=scale,
        groups={"workplace": np.array([0, 6, 10])},
    )
    household = np.tile(np.array([0x10, 0x30, 0x31, 0x32, 0x40, 0x41, 0x42, 0x43, 0x20, 0x21], np.uint8), 10)
    work = np.where(np.arange(100) % 3 == 0, 0xFFFFFFFF, np.concatenate([np.arange(60) % 6, np.arange(40) % 4])).astype(np.uint32)
    road = from_edges(100, [[0, 99], [5, 6], [5, 70]])
    return Population(places, {"household": household, "workplace": work}, networks={"road": road})


LAYERS = [HOUSEHOLD, NEIGHBOURS, Layer("workplace", "group"), Layer("road", "network"), FRIENDS]


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_contacts_are_symmetric_at_any_scale(layer, scale):
    population = world(scale)
    people = population.places.address_of(np.repeat(np.arange(100), scale), np.tile(np.arange(scale), 100))
    owner, contact = Contacts(population).contacts(people, layer)
    position = {int(a): i for i, a in enumerate(people)}
    pairs = list(zip(owner.tolist(), [position[int(c)] for c in contact], strict=True))
    assert pairs
    assert len(set(pairs)) == len(pairs)
    assert {(b, a) for a, b in pairs} == set(pairs)
    assert all(a != b for a, b in pairs)
    assert [a for a, _ in pairs] == sorted(a for a, _ in pairs)
    assert (np.diff(contact)[np.diff(owner) == 0] > 0).all()


def test_each_layer_holds_whom_it_should():
    population = world(3)
    ask, places = Contacts(population), population.places
    person = places.address_of([62], 1)  # second row of the first household of three of the province with code 2

    def rows_and_subs(layer):
        _, contact = ask.contacts(person, layer)
        return places.row_of(contact).tolist(), set(((contact & 0xFFFFFFFF) % 3).tolist())

    assert rows_and_subs(HOUSEHOLD) == ([61, 63], {1})
    work = population.columns["workplace"]
    assert rows_and_subs(Layer("jobs", "group", "workplace")) == ([r for r in range(60, 100) if work[r] == work[62] and r != 62], {1})
    rows, subs = rows_and_subs(NEIGHBOURS)
    assert (len(rows), set(rows), subs) == (59, set(range(60, 80)), {0, 1, 2})
    assert ask.contacts(places.address_of([0], 2), Layer("road", "network"))[1].tolist() == places.address_of([99], 2).tolist()
    assert len(ask.contacts(person, BROADCAST)[0]) == len(ask.contacts(places.address_of([60]), Layer("workplace", "group"))[0]) == 0


def test_layers_that_are_missing_are_named():
    ask = Contacts(world(1))
    person = ask.population.places.address_of([0])
    for layer in (Layer("school", "group"), Layer("school", "network"), Layer("school", "household")):
        with pytest.raises(ModelError, match="school"):
            ask.contacts(person, layer)
    with pytest.raises(ModelError, match="circles"):
        Layer("friends", "friends")
