"""Several lists: closed forms, the bound, what is refused; ratios of counts that were not matched; and the command."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell.cli import main
from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.events.capture_recapture import Estimate, chapman
from groundswell.events.lists import MultiList, chao, estimate, loglinear
from groundswell.events.ratio import ratio, total

SEEN = {"111": 20, "110": 50, "101": 30, "011": 25, "100": 120, "010": 80, "001": 60}
N = sum(SEEN.values())
WEEKS = Stream("weeks", 920, "a count of a week")


def conditional(pairs: tuple[tuple[int, int], ...]) -> float:
    return loglinear(SEEN, pairs=pairs).chosen.conditional


# Fienberg (1972): the closed forms of the estimate from the incomplete table, by which lists depend on each other.


def test_one_pair_depends() -> None:
    """Lists 1 and 2 taken together are one list, independent of the third."""
    assert conditional(((0, 1),)) == pytest.approx(N + (120 + 80 + 50) * 60 / (30 + 25 + 20), rel=1e-6)


def test_two_pairs_depend() -> None:
    """Lists 1 and 3 are independent among what is not on list 2."""
    assert conditional(((0, 1), (1, 2))) == pytest.approx(N + 120 * 60 / 30, rel=1e-6)


def test_all_pairs_depend() -> None:
    assert conditional(((0, 1), (0, 2), (1, 2))) == pytest.approx(N + 20 * 120 * 80 * 60 / (50 * 30 * 25), rel=1e-6)


def test_independent_lists() -> None:
    """Darroch (1958): what no list has is the product of what each misses."""
    found = conditional(())
    shares = [1 - sum(n for history, n in SEEN.items() if history[k] == "1") / found for k in range(3)]
    assert 1 - N / found == pytest.approx(math.prod(shares), rel=1e-6)


def test_the_interval_by_hand() -> None:
    """Of the model in which lists 1 and 2 depend: its chances have a closed form, so its likelihood can be written down."""

    def likelihood(unseen: float) -> float:
        n = N + unseen
        third = (20 + 30 + 25 + 60) / n
        either = {"11": 70 / n, "10": 150 / n, "01": 105 / n, "00": (60 + unseen) / n}
        told = sum(count * math.log(either[h[:2]] * (third if h[2] == "1" else 1 - third)) for h, count in SEEN.items())
        return math.lgamma(n + 1) - math.lgamma(unseen + 1) + told + unseen * math.log(either["00"] * (1 - third))

    found = loglinear(SEEN, pairs=((0, 1),))
    steps = np.linspace(1, 600, 59901)
    values = np.array([likelihood(u) for u in steps])
    within = steps[2 * (values.max() - values) <= 1.6448536269514722**2]
    assert found.total == pytest.approx(N + steps[values.argmax()], abs=0.05)
    assert (found.low, found.high) == pytest.approx((N + within[0], N + within[-1]), abs=0.05)


def test_all_models_are_told_and_the_best_is_chosen() -> None:
    found = loglinear(SEEN)
    assert len(found.models) == 8
    assert found.chosen is found.models[0]
    assert [model.bic for model in found.models] == sorted(model.bic for model in found.models)
    assert found.chosen.pairs == ()
    assert found.chosen.aic == pytest.approx(found.chosen.deviance + 2 * 4)
    assert found.chosen.bic == pytest.approx(found.chosen.deviance + 4 * math.log(N))
    alone = loglinear(SEEN, pairs=())
    assert found.low <= alone.low < found.total < alone.high <= found.high  # the doubt which model is right is in it
    assert loglinear(SEEN, criterion="aic").high > found.high


def test_four_lists() -> None:
    """Counts as independent lists of known reach would give them on average."""
    chances, n = (0.5, 0.4, 0.3, 0.2), 10_000
    words = [format(code, "04b") for code in range(1, 16)]
    counts = {w: round(n * math.prod(p if on == "1" else 1 - p for p, on in zip(chances, w, strict=True))) for w in words}
    found = loglinear(counts)
    assert len(found.models) == 64
    assert found.chosen.pairs == ()
    assert found.total == pytest.approx(n, rel=1e-3)
    assert found.low < n < found.high


def test_lists_that_never_meet_have_no_upper_limit() -> None:
    found = loglinear({"100": 15, "010": 16, "001": 17})
    assert math.isinf(found.total)
    assert math.isinf(found.high)
    assert found.low > 100


def test_chao_by_hand() -> None:
    found = chao(SEEN)
    f1, f2 = 260, 105
    assert found.total == pytest.approx(N + 2 / 3 * f1 * (f1 - 1) / (2 * (f2 + 1)))
    share = 2 / 3
    variance = share * f1 * (f1 - 1) / (2 * (f2 + 1)) + share**2 * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
    variance += share**2 * f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)  # Chao (1987), without bias
    assert found.variance == pytest.approx(variance)
    assert chao({"11": 5}) == Estimate(5, 5.0, 0.0, 5.0, 5.0)
    two = chao({"11": 50, "10": 100, "01": 100})  # with equal lists Chapman's and Chao's unseen are nearly the same
    assert two.total == pytest.approx(chapman(150, 150, 50).total, rel=0.01)


def test_two_or_more() -> None:
    two = estimate({"11": 50, "10": 150, "01": 100})
    assert two == chapman(200, 150, 50)
    assert isinstance(estimate(SEEN), MultiList)


@given(st.lists(st.integers(0, 60), min_size=7, max_size=7), st.permutations(range(3)))
@settings(max_examples=60)
def test_what_always_holds(counts: list[int], order: list[int]) -> None:
    """The names of the lists change nothing; no estimate is below what was seen, or outside its interval."""
    words = [format(code, "03b") for code in range(1, 8)]
    given_counts = dict(zip(words, counts, strict=True))
    if any(not sum(n for w, n in given_counts.items() if w[k] == "1") for k in range(3)):
        return
    found = loglinear(given_counts)
    assert found.seen <= found.low <= found.total <= found.high
    assert found.seen <= found.least.low <= found.least.total
    turned = loglinear({"".join(w[k] for k in order): n for w, n in given_counts.items()})
    assert turned.chosen.bic == pytest.approx(found.chosen.bic)
    assert (turned.low, turned.high) == pytest.approx((found.low, found.high), rel=1e-3)


@pytest.mark.parametrize(
    ("histories", "says"),
    [
        ({}, "histories: needs capture histories of one length"),
        ({"11": 1, "101": 2}, "histories: needs capture histories of one length"),
        ({"11": 1, "10": 2}, "histories: has 2 lists; from 3 to 5"),
        ({"111111": 1}, "histories: has 6 lists"),
        ({"111": 1, "000": 2}, "000: a capture history"),
        ({"111": 1, "1x0": 2}, "1x0: a capture history"),
        ({"111": -1}, "111: needs a whole number"),
        ({"111": 1.5}, "111: needs a whole number"),
        ({"110": 4, "100": 3}, "histories: list 3 is empty"),
    ],
)
def test_histories_that_mean_nothing(histories: dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=f"^{says}"):
        loglinear(histories)


def test_other_wrong_words() -> None:
    with pytest.raises(InputError, match=r"^pairs: "):
        loglinear(SEEN, pairs=((0, 3),))
    with pytest.raises(InputError, match=r"^criterion: "):
        loglinear(SEEN, criterion="bicc")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^level: "):
        loglinear(SEEN, level=90)


# Counts that were not matched.


def series(weeks: int, truth: int) -> tuple[np.ndarray, np.ndarray]:
    """Two counts of a common, slowly changing rate; the second records 1.5 for each of the first."""
    u = Draws(31).uniform(WEEKS, 0, np.arange(weeks * 2), truth)
    waves = np.convolve(u[:weeks], np.ones(4) / 4, mode="same")
    return np.round(100 * waves), np.round(150 * waves * (0.5 + u[weeks:]))


def test_a_ratio_and_its_interval() -> None:
    covered = []
    for truth in range(200):
        found = ratio(*series(60, truth), replicates=400)
        assert found.low <= found.ratio <= found.high
        covered.append(found.low <= 1.5 <= found.high)
    assert 0.83 <= np.mean(covered) <= 0.96  # a percentile bootstrap of 60 weeks is a little narrow
    assert found.block == 4
    assert found.correlation > 0.3
    assert found.correlation_low < found.correlation < found.correlation_high


def test_what_is_known_of_a_ratio() -> None:
    assert ratio([1, 2, 3, 4], [2, 4, 6, 8]).ratio == 2
    assert (ratio([1, 2, 3, 4], [2, 4, 6, 8]).low, ratio([1, 2, 3, 4], [2, 4, 6, 8]).high) == (2, 2)
    assert ratio([1, 2, 3, 4], [8, 6, 4, 2]).correlation == pytest.approx(-1)
    assert math.isnan(ratio([0, 0, 0, 0], [1, 1, 1, 2]).ratio)
    assert math.isnan(ratio([3, 3, 3, 3], [1, 1, 1, 2]).correlation)
    assert ratio(*series(60, 1)) == ratio(*series(60, 1))  # draws have addresses


@pytest.mark.parametrize(
    "wrong", [([1, 2], [1, 2]), ([1, 2, 3, 4], [1, 2, 3]), ([1, 2, 3, -4], [1, 2, 3, 4]), ([1, 2, 3, math.nan], [1, 2, 3, 4])]
)
def test_counts_that_cannot_be_compared(wrong: tuple[list[float], list[float]]) -> None:
    with pytest.raises(InputError, match=r"^weeks: "):
        ratio(*wrong)


def test_no_total_comes_from_counts_that_were_not_matched() -> None:
    with pytest.raises(InputError, match=r"^total: 2 counts that were not matched identify the ratio .* and no total"):
        total(series(60, 1))


# The command.


def written(folder: Path, name: str, rows: list[tuple[object, ...]], head: str = "first,region,country,kind,id") -> str:
    path = folder / name
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return str(path)


def records(folder: Path, lists: int) -> list[str]:
    """Events of Atlantis two weeks apart in each of three regions, each list with its own share of them."""
    u = Draws(8).uniform(WEEKS, 1, np.arange(300), np.arange(lists)[:, None])
    rows = [(date(2020, 1, 1) + timedelta(days=14 * (i // 3)), f"R{i % 3}", "Atlantis", "peaceful_protest", i) for i in range(300)]
    return [written(folder, f"{k}.csv", [row for row, x in zip(rows, u[k], strict=True) if x < 0.5]) for k in range(lists)]


def maps(lists: int, *names: str) -> list[str]:
    return [word for letter in "ABC"[:lists] for name in names for word in ("--map", f"{letter}:{name}={name}")]


@pytest.mark.parametrize("lists", [2, 3])
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], lists: int) -> None:
    out, table = tmp_path / "out.json", tmp_path / "one.csv"
    files = [*records(tmp_path, lists), *maps(lists, "first", "region", "country", "kind", "id")]
    assert main(["data", "lists", *files, "--json", str(out), "--table", str(table), "--level", "0.99"], standalone_mode=False) == 0
    said, found = capsys.readouterr().out, json.loads(out.read_text(encoding="utf-8"))
    assert found["low"] <= 300 <= found["high"]
    assert sum(found["histories"].values()) == found["seen"] == len(table.read_text(encoding="utf-8").splitlines()) - 1
    assert f"{'Chapman' if lists == 2 else 'log-linear'}" in said
    assert "1" * lists in said
    assert found["ambiguous"] == 0


def test_the_command_gives_a_ratio_where_nothing_can_be_matched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "first,country,kind,count"
    days = [date(2022, 1, 1) + timedelta(days=k) for k in range(140)]
    ours = written(tmp_path, "a.csv", [(day, "Atlantis", "peaceful_protest", 2 + k % 5) for k, day in enumerate(days)], head)
    theirs = written(tmp_path, "b.csv", [(day, "Atlantis", "peaceful_protest", 4 + k % 5 * 2) for k, day in enumerate(days)], head)
    how = maps(2, *head.split(","))
    assert main(["data", "lists", ours, theirs, *how], standalone_mode=False) == 2
    assert "identify their ratio only" in capsys.readouterr().err
    assert main(["data", "lists", ours, theirs, "--ratio", *how], standalone_mode=False) == 0
    said = capsys.readouterr().out
    assert "B for each of A: 2.00" in said
    assert "give no total" in said


@pytest.mark.parametrize("wrong", ["first=first", "Z:first=first", "A:first"])
def test_a_map_names_its_list(tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    assert main(["data", "lists", *records(tmp_path, 2), "--map", wrong], standalone_mode=False) == 2
    assert wrong.removeprefix("A:") in capsys.readouterr().err
