"""Siegel (2009), Social networks and collective action, American Journal of Political Science 53(1): 122-138.

Person i has a net internal motivation b_i, fixed, and an external motivation c_i that follows what her network does. She
participates in period t when b_i + c_i,t > 0. With lpr_i,t the share of her network neighbours who participate in period t,

    c_i,t+1 = lambda c_i,t - (1 - lambda) (1 - lpr_i,t).

Before anybody has acted c is -1, its fixed point at lpr = 0: in the first period only those with b > 1 participate (the
"rabble-rousers"); those with b <= 0 never do (the "wallflowers"), as c never exceeds 0. Participation can be given up again.

The equation and its start were entered from memory of the article: no open text of its model section was at hand to check them.

Readings chosen:
- participation needs b + c strictly above 0 (with motivations drawn from a normal distribution a tie does not occur);
- the share leaves the person herself out;
- a person without neighbours has share 0, so that her c stays at -1;
- everybody sees period t and moves to period t+1 at once;
- floats in this order, each operation rounded once: share = active / degree; c = lam * c - (1.0 - lam) * (1.0 - share);
  then b + c is compared with 0.0.
"""


def participate(neighbours: list[list[int]], b: list[float], lam: float, steps: int, start: float = -1.0) -> list[int]:
    """Number of participants in each of `steps` periods; the first entry is the period in which every c equals `start`."""
    external = [start] * len(b)
    course: list[int] = []
    for _ in range(steps):
        acts = [own + outer > 0.0 for own, outer in zip(b, external, strict=True)]
        course.append(sum(acts))
        shares = [sum(acts[other] for other in near) / len(near) if near else 0.0 for near in neighbours]
        external = [lam * outer - (1.0 - lam) * (1.0 - share) for outer, share in zip(external, shares, strict=True)]
    return course


def test_two_people_by_hand():
    # b = 0.3 beside a rabble-rouser at lambda 1/2: c runs -1, -1/2, -1/4, and 0.3 - 0.25 > 0.
    assert participate([[1], [0]], [1.5, 0.3], 0.5, 4) == [1, 1, 2, 2]


def test_wallflowers_never_and_rabble_rousers_always():
    pair = [[1], [0]]
    assert participate(pair, [1.5, 0.0], 0.5, 200) == [1] * 200
    assert participate(pair, [1.0, 1.0], 0.5, 50) == [0] * 50
    assert participate([[]], [0.9], 0.5, 50) == [0] * 50
    assert participate([[]], [1.1], 0.5, 50) == [1] * 50


def test_without_memory_it_is_a_threshold_model():
    # At lambda 0 she participates when the share of last period's participants exceeds 1 - b.
    chain = [[1], [0, 2], [1, 3], [2]]
    assert participate(chain, [2.0, 0.75, 0.75, 0.75], 0.0, 5) == [1, 2, 3, 4, 4]
    assert participate(chain, [2.0, 0.5, 0.75, 0.75], 0.0, 5) == [1, 1, 1, 1, 1]


def test_participation_can_be_given_up_where_a_crowd_was_put_in_place():
    assert participate([[1], [0]], [0.25, 0.25], 0.0, 3, start=0.0) == [2, 2, 2]
    assert participate([[1], [0, 2], [1]], [0.25, -0.5, 0.25], 0.5, 4, start=0.0) == [2, 0, 0, 0]
