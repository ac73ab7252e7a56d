"""Epstein's model I side by side: Mesa's own example and ours, with Mesa's departures from the paper switched on.

    python benchmarks/epstein_mesa.py [--quick] [--sizes 1000,10000,100000,1000000] [--only agreement|speed]

First whether the two give the same distributions of outbursts, waits and activity: a permutation test over whole runs
(`peers/agreement.py`), with our model under another rule as a control that must be told apart. Then processor time for an
agent's turn and peak memory, in alternating runs, each in a process of its own, on one thread; ratios are medians over
pairs. Mesa keeps the neighbourhood of each cell that was ever asked for, so its first steps are its slowest: both they and
the settled ones are shown. Mesa gets an environment of its own in the user's cache folder, made the first time (needs
Python 3.12 or newer, and PyPI). A million agents take it ten minutes and about 12 GiB.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from peers.agreement import Row, Series, compare, verdict
from peers.calling import call, machine
from peers.environment import MESA, PeerError, environment

SETTINGS = {"citizen_density": 0.7, "cop_density": 0.04, "legitimacy": 0.82, "max_jail_term": 30}  # the paper's run 2; the app's start
ABOVE = 50  # active citizens that make an outburst
AIMS = {1000: 200, 10000: 300, 100000: 1000, 1000000: 500}
MEMORY = 250
CONTROL = {"jail": "off_board"}  # a rule close to Mesa's, that the test must tell from it
OCCUPIED = SETTINGS["citizen_density"] + SETTINGS["cop_density"]
IN_WORDS = "citizens on .7 and cops on .04 of the cells, legitimacy .82, jail up to 30"
STEPS = {1000: (20, 60), 10000: (8, 14), 100000: (4, 7), 1000000: (2, 3)}  # warmed up after; last
PAIRS = {1000: 5, 10000: 3, 100000: 2, 1000000: 1}


# --- the same distributions -------------------------------------------------------------------------------------------
def series(answer: dict[str, Any], group: int) -> list[Series]:
    """The steps of each run, without what was there before the first."""
    return [Series(group, np.array(run["active"][1:], float), np.array(run["jailed"][1:], float)) for run in answer["runs"]]


def agreement(mesa: str, runs: int, steps: int, each: int) -> bool:
    """Compares so many runs of Mesa with `each` of ours for every one of them, of equally many citizens and cops."""
    print(f"\n## Agreement: {runs} runs of Mesa, {runs * each} of ours, {steps:,} steps each; 40 x 40, {IN_WORDS}")
    peers: list[Series] = []
    ours: list[Series] = []
    other: list[Series] = []
    for group in range(runs):
        request = {"side": 40, "steps": steps, "settings": SETTINGS}
        answer = call(mesa, "epstein_in_mesa.py", seed=group + 1, **request)
        request |= {name: answer[name] for name in ("citizens", "cops")}
        peers += series(answer, group)
        ours += series(call(sys.executable, "epstein_ours.py", seed=1000 * group, runs=each, **request), group)
        other += series(call(sys.executable, "epstein_ours.py", seed=1000 * group + 500, runs=each, values=CONTROL, **request), group)
        print(f"seed {group + 1}: {answer['citizens']} citizens, {answer['cops']} cops", flush=True)
    rows = compare(peers, ours, ABOVE)
    print_rows(rows)
    agree, words = verdict(rows)
    print(f"verdict: {words}")
    told, about = verdict(compare(peers, other, ABOVE))
    print(f"control, ours with {CONTROL}: {about}{'; too few runs to tell the two rules apart' if told else ''}")
    return agree


def print_rows(rows: list[Row]) -> None:
    """Quantiles or means of both, and the permutation test."""
    print(f"{'quantiles 10, 25, 50, 75, 90 %, or mean':39} {'Mesa':>36} {'ours':>36} {'apart':>7} {'chance':>7} {'p':>7}")
    for row in rows:
        left, right = (" ".join(f"{value:7.4g}" for value in side).rjust(39) for side in (row.peer, row.ours))
        print(f"{row.name:34} {left} {right} {row.distance:7.3f} {row.chance:7.3f} {row.p:7.4f}")
    print("apart: Kolmogorov-Smirnov distance, or difference of means; chance: its median over random choices of runs")


# --- speed and memory -------------------------------------------------------------------------------------------------
def nanoseconds(answer: dict[str, Any], warm: int) -> tuple[float, float]:
    """Nanoseconds for one agent's turn: median after so many steps, and mean of the first two; medians over runs."""
    took = np.array(answer["step"]) / (answer["citizens"] + answer["cops"]) * 1e9
    return float(np.median(took[:, min(warm, took.shape[1] - 1) :])), float(np.median(took[:, :2].mean(axis=1)))


def pair(mesa: str, size: int, seed: int) -> list[float]:
    """One run of each: ns settled of Mesa, ours and Mesa without collector; ns of first steps of Mesa and ours; bytes of both."""
    warm, last = STEPS.get(size, (3, 5))
    request = {"side": round((size / OCCUPIED) ** 0.5), "seed": seed, "steps": last, "settings": SETTINGS}
    theirs = call(mesa, "epstein_in_mesa.py", **request)
    counts = {name: theirs[name] for name in ("citizens", "cops")}
    agents = sum(counts.values())
    mine = call(sys.executable, "epstein_ours.py", runs=max(1, 2000000 // (agents * last)), **request, **counts)
    bare = call(mesa, "epstein_in_mesa.py", **request, collect=False) if size < 1000000 else None
    a, b = nanoseconds(theirs, warm), nanoseconds(mine, warm)
    return [a[0], b[0], nanoseconds(bare, warm)[0] if bare else np.nan, a[1], b[1], theirs["bytes"] / agents, mine["bytes"] / agents]


def speed(mesa: str, sizes: list[int], quick: bool) -> None:
    """Alternating runs at each size, and a line for each: medians, and in brackets the lowest and the highest ratio."""
    print(f"\n## Speed and memory: one thread, vision 7, {IN_WORDS}")
    print("ns of processor time for an agent's turn: settled | in the first two steps | settled, without Mesa's collector | peak bytes")
    print(f"{'agents':>9} {'pairs':>5} | {'Mesa':>8} {'ours':>6} {'ratio':>6} {'(range)':>13} {'aim':>6} | "
          f"{'Mesa':>8} {'ours':>6} {'ratio':>6} | {'Mesa':>8} {'ratio':>6} | {'Mesa':>7} {'ours':>6} {'ratio':>6} {'aim':>4}")  # fmt: skip
    for size in sizes:
        pairs = max(1, PAIRS.get(size, 1) // 3) if quick else PAIRS.get(size, 1)
        table = np.array([pair(mesa, size, seed + 1) for seed in range(pairs)])
        mesa1, ours1, bare, mesa2, ours2, bytes1, bytes2 = np.median(table, axis=0)
        ratios, ratio2, ratio3 = table[:, 0] / table[:, 1], median(table[:, 3] / table[:, 4]), median(table[:, 2] / table[:, 1])
        spread = f"({ratios.min():,.0f}-{ratios.max():,.0f})"
        print(f"{size:9,} {pairs:5} | {mesa1:8,.0f} {ours1:6,.0f} {median(ratios):6,.0f} {spread:>13} {AIMS.get(size, 0):6,} | "
              f"{mesa2:8,.0f} {ours2:6,.0f} {ratio2:6,.0f} | {bare:8,.0f} {ratio3:6,.0f} | "
              f"{bytes1:7,.0f} {bytes2:6,.0f} {bytes1 / max(bytes2, 1):6,.0f} {MEMORY:4}", flush=True)  # fmt: skip


def heading(mesa: str) -> None:
    """Date, machine, versions, command."""
    about = call(mesa, "epstein_in_mesa.py", side=15, seed=1, steps=1, settings=SETTINGS)["versions"]
    ours = call(sys.executable, "epstein_ours.py", side=15, seed=1, steps=1, settings=SETTINGS, citizens=150, cops=9)["versions"]
    print(f"{machine()}\n{', '.join(f'{k} {v}' for k, v in about.items())}; {', '.join(f'{k} {v}' for k, v in ours.items())}", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few runs and small sizes: under a minute once all is installed")
    parser.add_argument("--sizes", type=lambda text: [int(float(part)) for part in text.split(",")], help="numbers of agents")
    parser.add_argument("--only", choices=("agreement", "speed"))
    parser.add_argument("--runs", type=int, help="runs of Mesa for the agreement (8; 3 with --quick)")
    parser.add_argument("--steps", type=int, help="steps of each (2,000; 300 with --quick)")
    parser.add_argument("--peer-python", type=Path, help="an interpreter for Mesa's environment")
    given = parser.parse_args()
    try:
        sys.exit(0 if compare_all(given) else 1)
    except PeerError as error:
        sys.exit(str(error))


def compare_all(given: argparse.Namespace) -> bool:
    """What was asked for; whether the two agree."""
    mesa = environment(MESA, given.peer_python)
    started = time.perf_counter()
    heading(mesa)
    agree = True
    if given.only != "speed":
        runs, steps = given.runs or (3 if given.quick else 8), given.steps or (300 if given.quick else 2000)
        agree = agreement(mesa, runs, steps, each=10)
    if given.only != "agreement":
        speed(mesa, given.sizes or ([1000, 10000] if given.quick else list(AIMS)), given.quick)
    print(f"\n{time.perf_counter() - started:.0f} s in all")
    return agree


if __name__ == "__main__":
    main()
