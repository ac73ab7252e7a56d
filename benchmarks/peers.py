"""Other systems beside ours, in one run: ns of processor time for an agent's step, bytes an agent, seconds to import.

    python benchmarks/peers.py [--quick] [--sizes 1e5,1e6] [--pairs 3] [--only laser] [--peer-python PATH]

First like for like: threshold contagion in groups (`peers/contagion.py` has the rule) written for every system in its own way and for
groundswell in its public interface; their mean activity must agree, and ours under a slightly wrong rule must be told apart, or the
benchmark fails. Then the model that a system ships and that is closest to one of ours, beside that one. Runs alternate, each in a
process of its own, on one thread; ratios are medians over pairs, in brackets their range. Bytes are those by which a process grew from
after a small run to its peak. Each system gets an environment of its own in the user's cache folder, made the first time (PyPI; Python
3.12); one that cannot be had is a line of the table.
"""

from __future__ import annotations

import argparse
import functools
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from peers.calling import PEERS, SINGLE, call, machine
from peers.contagion import RULE, active_at_first, thresholds
from peers.environment import COVASIM, EPIWORLD, LASER, MESA, MESA_FRAMES, STARSIM, Peer, PeerError, environment

QUICK = [100_000]
EARLY, BOUND = 10, 4.5  # the first steps, compared by themselves; standard errors beyond which two means differ
CONTROL = RULE | {"join": RULE["join"] * 1.05}  # a rule close to ours, that the comparison must tell from it
EPIDEMIC = {"r0": 2, "days": 5, "first": 0.01}


@dataclass(frozen=True)
class Contest:
    """A system's script beside ours.

    Args:
        key: what --only names.
        label: in the table.
        peer: its environment; ours where it is None.
        script, request: theirs.
        ours, our_request: ours.
        aim: how many times faster we want to be.
        sizes: numbers of agents; beyond the last, theirs takes too long or too much memory, or it tells nothing new.
        steps: of each run.
        typical: of the times of the steps of a run.
    """

    key: str
    label: str
    peer: Peer | None
    script: str
    aim: float | None = None
    sizes: tuple[int, ...] = (1_000_000,)
    request: dict[str, Any] = field(default_factory=lambda: RULE)
    ours: str = "contagion_ours.py"
    our_request: dict[str, Any] = field(default_factory=lambda: RULE)
    steps: int = 40
    typical: Callable[[list[float]], float] = median


def shipped(key: str, label: str, peer: Peer, script: str, aim: float, sizes: tuple[int, ...], **extra: Any) -> Contest:
    """A system's own epidemic beside ours."""
    ours = EPIDEMIC | {"groups": extra.get("groups", 1)}
    return Contest(key, label, peer, script, aim, sizes, EPIDEMIC | extra, "epidemic_ours.py", ours, 60, mean)


ALIKE = [
    Contest("numpy", "plain NumPy", None, "contagion_in_numpy.py", sizes=(1_000_000, 10_000_000)),
    Contest("laser", "LASER", LASER, "contagion_in_laser.py", 3, (1_000_000, 10_000_000)),
    Contest("starsim", "Starsim", STARSIM, "contagion_in_starsim.py", 150),
    Contest("mesa-frames", "mesa-frames", MESA_FRAMES, "contagion_in_mesa_frames.py"),
    Contest("mesa", "Mesa", MESA, "contagion_in_mesa.py", 1000, (100_000,)),
]
VIRUS = {"key": "mesa", "label": "Mesa virus on a network", "peer": MESA, "script": "virus_in_mesa.py", "request": {"first": 0.01}}
OWN = [
    shipped("laser", "LASER SIR, 100 patches", LASER, "epidemic_in_laser.py", 3, (1_000_000, 10_000_000), groups=100),
    shipped("starsim", "Starsim SIR, mixing pool", STARSIM, "epidemic_in_starsim.py", 150, (1_000_000,), mixing="pool"),
    shipped("starsim", "Starsim SIR, random net", STARSIM, "epidemic_in_starsim.py", 150, (100_000,), mixing="network"),
    shipped("covasim", "Covasim, random net", COVASIM, "epidemic_in_covasim.py", 300, (100_000,)),
    shipped("epiworld", "epiworld SIR, all mix", EPIWORLD, "epidemic_in_epiworld.py", 20, (100_000,)),
    Contest(**VIRUS, aim=1000, sizes=(1000,), ours="epidemic_ours.py", our_request=EPIDEMIC, steps=60, typical=mean),
]
IMPORTS = {"laser": "laser.generic", "starsim": "starsim", "mesa": "mesa", "mesa-frames": "mesa_frames", "covasim": "covasim"}
IMPORTS |= {"epiworld": "epiworldpy", "numpy": "numpy"}
OUR_IMPORT = "from groundswell import Column, Mechanism, Model, Phase, Population, Stream, parameter, simulate, single_place"


# --- running ----------------------------------------------------------------------------------------------------------
@dataclass
class Found:
    """What the pairs of one contest at one size gave."""

    contest: Contest
    agents: int
    theirs: list[dict[str, Any]]
    ours: list[dict[str, Any]]

    def nanoseconds(self, answers: list[dict[str, Any]]) -> Any:
        """For an agent's step, by run."""
        return np.array([self.contest.typical(answer["step"]) for answer in answers]) / self.agents * 1e9

    def bytes(self, answers: list[dict[str, Any]]) -> float:
        """By which a process grew, for each agent."""
        return median(answer["bytes"] for answer in answers) / self.agents

    def shares(self, answers: list[dict[str, Any]]) -> Any:
        """Counted after each step; shape (runs, steps)."""
        return np.array([answer["share"] for answer in answers])


class Peers:
    """The interpreters of the environments, made when they are first asked for; why there is none."""

    def __init__(self, given: Path | None) -> None:
        self.given = given
        self.known: dict[str, str | PeerError] = {}

    def python(self, peer: Peer | None) -> str:
        """The interpreter.

        Raises:
            PeerError: there is none.
        """
        if peer is None:
            return sys.executable
        if peer.name not in self.known:
            try:
                self.known[peer.name] = environment(peer, self.given)
            except PeerError as error:
                self.known[peer.name] = error
        found = self.known[peer.name]
        if isinstance(found, PeerError):
            raise found
        return found


def alternate(contest: Contest, agents: int, pairs: int, python: str) -> Found:
    """Ours, theirs, ours, theirs.

    Raises:
        PeerError: one failed.
    """
    found = Found(contest, agents, [], [])
    for seed in range(1, pairs + 1):
        request = {"agents": agents, "steps": contest.steps, "seed": seed}
        found.ours.append(call(sys.executable, contest.ours, **request, **contest.our_request))
        found.theirs.append(call(python, contest.script, **request, **contest.request))
    return found


# --- agreement --------------------------------------------------------------------------------------------------------
@functools.cache
def deviations(steps: int, worlds: int = 500) -> tuple[float, float]:
    """Standard deviations among groups of a group's mean activity in the first steps, and in all: the rule once more, in NumPy."""
    size, join, leave = int(RULE["size"]), RULE["join"], RULE["leave"]
    rng = np.random.default_rng(7)
    threshold, active = (f(size * worlds, size).reshape(worlds, size) for f in (thresholds, active_at_first))
    share = np.empty((steps, worlds))
    for t in range(steps):
        draw, seen = rng.random(active.shape, np.float32), active.mean(axis=1, keepdims=True, dtype=np.float32)
        active = np.where(active, draw >= leave, (threshold <= seen) & (draw < join))
        share[t] = active.mean(axis=1)
    return float(share[:EARLY].mean(axis=0).std(ddof=1)), float(share.mean(axis=0).std(ddof=1))


def apart(one: Any, other: Any, agents: int) -> float:
    """Standard errors by which the mean activity of two sets of runs differs, early or in all, whichever is more."""
    groups = agents // int(RULE["size"])
    error = (1 / len(one) / groups + 1 / len(other) / groups) ** 0.5
    early, late = deviations(one.shape[1])
    first = abs(one[:, :EARLY].mean() - other[:, :EARLY].mean()) / (early * error)
    return float(max(first, abs(one.mean() - other.mean()) / (late * error)))


def control(agents: int, pairs: int) -> bool:
    """Whether ours under a slightly wrong rule is told from ours."""
    runs = [
        np.array([call(sys.executable, "contagion_ours.py", agents=agents, steps=40, seed=s, **rule)["share"] for s in seeds])
        for rule, seeds in ((RULE, range(1, pairs + 1)), (CONTROL, range(101, pairs + 101)))
    ]
    distance = apart(*runs, agents)
    told = distance > BOUND
    print(
        f"control, ours with join {CONTROL['join']:.4g}: {distance:.1f} standard errors apart; {'told apart' if told else 'NOT TOLD APART'}"
    )
    return told


# --- tables -----------------------------------------------------------------------------------------------------------
def ratio(values: Any) -> str:
    """Median and range."""
    digits = 1 if median(values) < 20 else 0
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def line(found: Found, last: str) -> None:
    """One contest at one size."""
    ours, theirs = found.nanoseconds(found.ours), found.nanoseconds(found.theirs)
    sizes, aim = (found.bytes(found.theirs), found.bytes(found.ours)), found.contest.aim
    verdict = "" if aim is None else f"{aim:,.0f}{'' if median(theirs / ours) >= aim else ' missed'}"
    print(
        f"{found.contest.label:26} {found.agents:11,} {median(theirs):9,.2f} {median(ours):7.2f} {ratio(theirs / ours):>21} {verdict:>12} "
        f"{sizes[0]:8,.0f} {sizes[1]:6,.1f}  {last}",
        flush=True,
    )


def heading(last: str) -> None:
    """The names of the columns."""
    print(
        f"{'':26} {'agents':>11} {'theirs ns':>9} {'ours ns':>7} {'ratio (range)':>21} {'aim':>12} {'bytes':>8} {'ours':>6}  {last}",
        flush=True,
    )


def table(contests: list[Contest], sizes: list[int] | None, pairs: int, peers: Peers, last: Callable[[Found], str]) -> list[Found]:
    """Every contest at its sizes, or at those given as far as it can do them; a line for each, and for what cannot be had."""
    done = []
    for contest in contests:
        for agents in sorted({min(n, contest.sizes[-1]) for n in sizes or contest.sizes}):
            try:
                found = alternate(contest, agents, pairs, peers.python(contest.peer))
            except PeerError as error:
                print(f"{contest.label:26} {agents:11,} {error}", flush=True)
                break
            line(found, last(found))
            done.append(found)
    return done


def like_for_like(contests: list[Contest], sizes: list[int] | None, pairs: int, peers: Peers) -> bool:
    """The first table; whether all agree and the control does not."""
    rule = f"groups of {RULE['size']:,}, join {RULE['join']}, leave {RULE['leave']}"
    print(f"\n## Like for like: threshold contagion, {rule}; {ALIKE[0].steps} steps, {pairs} pairs; median of steps")
    heading(f"mean activity, ours; standard errors apart (up to {BOUND})")
    distances = []

    def agreement(found: Found) -> str:
        theirs, ours = found.shares(found.theirs), found.shares(found.ours)
        distances.append(apart(theirs, ours, found.agents))
        return f"{theirs.mean():.5f} {ours.mean():.5f} {distances[-1]:.1f}{'' if distances[-1] <= BOUND else ' DISAGREE'}"

    table(contests, sizes, pairs, peers, agreement)
    return all([control(100_000, pairs), max(distances, default=0.0) <= BOUND])


def own_models(contests: list[Contest], sizes: list[int] | None, pairs: int, peers: Peers) -> None:
    """The second table."""
    rule = f"R0 {EPIDEMIC['r0']}, {EPIDEMIC['days']} days, {EPIDEMIC['first']:.0%} ill at first"
    print(f"\n## Their own models, beside our epidemic (kermack_mckendrick_1927; {rule}); 60 steps, {pairs} pairs; mean of steps")
    heading("share ever infected, ours")

    def attack(found: Found) -> str:
        return f"{found.shares(found.theirs)[:, -1].mean():.3f} {found.shares(found.ours)[:, -1].mean():.3f}"

    table(contests, sizes, pairs, peers, attack)
    print("mesa-frames ships no model, and NumPy has none.")


def seconds(python: str, *arguments: str, repeats: int = 3) -> float:
    """Processor seconds of a whole process, the median of several, after one that is not counted.

    Raises:
        PeerError: it failed.
    """
    took = []
    for _ in range(repeats + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([python, *arguments], capture_output=True, text=True, env=SINGLE, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise PeerError(f"failed: {done.stderr.strip().splitlines()[-1]}")
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(took[1:])


def imports(contests: list[Contest], peers: Peers) -> None:
    """The third table: what a bare interpreter takes is not counted."""
    print("\n## Start: processor seconds beyond a bare interpreter's, medians, compiled before")
    print(f"{'':26} {'import':>7} {'ratio':>7} {'aim':>12} {'import, and one step of 10,000 agents':>40} {'ratio':>7}")
    bare = seconds(sys.executable, "-c", "pass")
    ours = seconds(sys.executable, "-c", OUR_IMPORT) - bare
    our_step = one_step(ALIKE[0].ours, sys.executable, RULE) - bare
    print(f"{'import groundswell':26} {seconds(sys.executable, '-c', 'import groundswell') - bare:7.3f}")
    print(f"{'groundswell, for a model':26} {ours:7.3f} {'':7} {'':12} {our_step:40.3f}")
    for contest in contests:
        try:
            python = peers.python(contest.peer)
            bare = seconds(python, "-c", "pass")
            took = seconds(python, "-c", f"import {IMPORTS[contest.key]}") - bare
            step = one_step(contest.script, python, contest.request) - bare
        except PeerError as error:
            print(f"{contest.key:26} {error}")
            continue
        aim = "" if contest.key != "starsim" else "10" if took >= 10 * ours else "10 missed"
        print(f"{contest.key:26} {took:7.3f} {took / ours:7.1f} {aim:>12} {step:40.3f} {step / our_step:7.1f}", flush=True)


def one_step(script: str, python: str, rule: dict[str, Any]) -> float:
    """Processor seconds of a whole process that runs a small world for one step, after one of the same size."""
    return seconds(python, str(PEERS / script), json.dumps({"agents": 10_000, "steps": 1, "seed": 1} | rule))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 agents and one pair: two minutes once all is installed")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(float(part)) for part in text.split(",")],
        help="numbers of agents, whole groups, as far as a system can do them",
    )
    parser.add_argument("--pairs", type=int, help="runs of each (3; 1 with --quick)")
    parser.add_argument("--only", choices=sorted(IMPORTS), help="one system")
    parser.add_argument("--peer-python", type=Path, help="an interpreter for the environments")
    given = parser.parse_args()
    sizes, pairs = given.sizes or (QUICK if given.quick else None), given.pairs or (1 if given.quick else 3)
    if wrong := [n for n in sizes or [] if n <= 0 or n % int(RULE["size"])]:
        parser.error(f"--sizes {wrong[0]}: groups have {RULE['size']:,} agents, and there are only whole ones")
    alike, own = ([c for c in contests if given.only in (None, c.key)] for contests in (ALIKE, OWN))
    peers, started = Peers(given.peer_python), time.perf_counter()
    print(machine())
    agree = like_for_like(alike, sizes, pairs, peers)
    own_models(own, sizes, pairs, peers)
    imports([*alike, *(c for c in own if c.key in ("covasim", "epiworld"))], peers)
    print(f"\n{time.perf_counter() - started:.0f} s in all")
    if not agree:
        sys.exit("the systems do not run the same model, or too few agents to tell: see above")


if __name__ == "__main__":
    main()
