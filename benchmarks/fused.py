"""The dense part of a day beside one kernel fused by hand that does the same work, on the same arrays, to the same bits.

    python benchmarks/fused.py [--scale 10] [--days 24] [--threads 2] [--keep DIR]

Perception, fear and participation are three mechanisms that know nothing of one another; the kernel here is what one would write
instead if nothing else mattered: everything in one loop over neighbourhoods, parameters as plain numbers. Prints processor
seconds of both for the last day of an uprising and for a quiet day, their ratio, and whether what they wrote is equal.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

import groundswell
from groundswell import experiments
from groundswell.core.arithmetic import F32, F64, I32, I64, U8, U32, exp, exp_above, logistic
from groundswell.core.compile import compiled
from groundswell.core.draws import SPAN, ceiling16, passing, tile_draws, uniform
from groundswell.core.simulate import TILE, Engine, simulate
from groundswell.core.sweep import Sweep, tiles
from groundswell.mechanisms.fear import LEAST_KEPT
from groundswell.mechanisms.participation import FINE, MARGIN, turn_out
from groundswell.models import MODELS
from groundswell.populations.build import build_population
from groundswell.populations.reading import read_tables
from groundswell.populations.stored import open_population
from groundswell.society import NO_WORKPLACE, TAKE_PART

STREAM = TAKE_PART.number
KEPT = ("took_part", "active", "fear", "fear_kept", "fear_added", "fear_written", "fear_sum")
NAMES = (
    "perception.family", "perception.neighbours", "perception.colleagues", "perception.friends", "perception.online",
    "perception.degree", "fear.decay", "fear.relief", "fear.alarm", "fear.suffering", "fear.background", "participation.grievance",
    "participation.threshold", "participation.defiance", "participation.risk", "participation.floor", "participation.compatibility",
    "participation.youngest",
)  # fmt: skip


def fused(
    row: int, row_end: int, hood: int, hood_end: int, place: int, first: int, start: Any, city: Any, low_work: int, scale: int, day: int,
    key0: Any, key1: Any, p: Any, contact: Any, share_active: Any, before: int, work_most: Any, legitimacy: Any, leading: int, words: Any,
    looked: Any, took_part: Any, active: Any, fear: Any, kept: Any, added: Any, written: Any, fear_sum: Any, household: Any,
    workplace: Any, friends_active: Any, work_share: Any, seen_defiance: Any, seen_repression: Any, suffered: Any, hurt: Any,
    hardship: Any, aversion: Any, age: Any, away: Any, frame: Any, push: Any, perceived: Any,
) -> None:  # fmt: skip
    """One tile: everything in one pass over its neighbourhoods."""
    family, neighbours, colleagues, friends, online, degree = p[0], p[1] * contact, p[2] * contact, p[3] * contact, p[4], p[5]
    decay, relief, alarm, suffering, background = p[6], p[7], p[8], p[9], p[10]
    one = F32(65536.0)
    draw = tile_draws(words, first, row_end - row, place, day, STREAM, key0, key1)
    weight, surely = F64(p[11]) * (F64(1.0) - F64(legitimacy)), F64(MARGIN) * F64(scale)
    tie, all_friends = friends / (degree * F32(scale)) * one, friends * one
    some_seen = share_active != F32(0) or before > 0
    for b in range(hood, hood_end):
        low, high, c = start[b], start[b + 1], city[b]
        # fear
        keep = exp(-((F64(decay) + F64(relief) * F64(seen_defiance[b])) + (F64(background) + F64(alarm) * F64(seen_repression[b]))))
        rise = F64(1.0) - exp(-(F64(background) + F64(alarm) * F64(seen_repression[b])))
        k0, a0 = kept[b] * keep, added[b] * keep + rise
        if hurt[b] > 0 or k0 < LEAST_KEPT:
            total = F64(0.0)
            for i in range(low, high):
                f = k0 * F64(fear[i]) + a0
                if suffered[i] > 0:
                    f = F64(1.0) - (F64(1.0) - f) * exp(-F64(suffering) * F64(suffered[i]) / F64(scale))
                fear[i] = F32(f)
                total += F64(fear[i])
            written[b], k0, a0 = total, F64(1.0), F64(0.0)
        kept[b], added[b] = k0, a0
        fear_sum[b] = I64((k0 * written[b] + a0 * F64(high - low)) * F64(65536.0))
        # the highest push
        ground, most = I32(0), I32(0)
        if some_seen and high > low:
            ground = I32((neighbours * (F32(active[b]) / F32((high - low) * scale)) + online * share_active) * one)
            most = ground
            if before > 0:
                top_friends = friends_active[low]
                for i in range(low, high):
                    top_friends = max(top_friends, friends_active[i])
                most += I32(colleagues * work_most * one) + I32(min(tie * F32(top_friends), all_friends))
            if active[b] > 0:
                most += I32(family * one) + I32(1)
        here = F64(push[c]) + F64(p[13]) * F64(seen_defiance[b]) - F64(p[12])
        highest = F64(max(most, 0)) / F64(65536.0) + here
        bound = ceiling16(F64(scale) * min(exp_above(weight + highest), F64(1.0)))
        # who is looked at
        m, n = 0, 0
        for span in range(low - row, high - row, SPAN):
            if passing(draw[span : min(span + SPAN, high - row)], bound) > 0:
                for i in range(span, min(span + SPAN, high - row)):
                    looked[m] = i
                    m += draw[i] <= bound
        for k in range(m):
            x = weight * (F64(hardship[row + looked[k]]) + F64(0.5)) / F64(65536.0) + highest
            looked[n] = looked[k]
            n += F64(draw[looked[k]]) <= surely * exp_above(x) + F64(1.0)
        # what they see, and what they do
        danger, count, mates = F64(p[14]) * F64(perceived[c]), I64(0), active[b] > 0
        for k in range(n):
            i, u = row + looked[k], F64(draw[looked[k]])
            social = ground
            if some_seen and before > 0:
                social += I32(min(tie * F32(friends_active[i]), all_friends))
                some = workplace[i] != U32(NO_WORKPLACE)
                social += I32(F32(some) * colleagues * work_share[low_work + (I64(workplace[i]) if some else 0)] * one)
            if some_seen and mates:
                size, head = I64(household[i] >> U8(4)), i - I64(household[i] & U8(15))
                if size > 1:
                    both = I64(0)
                    for j in range(head, head + size):
                        both += I64(took_part[j] & U32(0x7FFF))
                    social += I32(family / F32(scale) * one * F32(both - I64(took_part[i] & U32(0x7FFF))) / F32(size - 1))
            h = weight * (F64(hardship[i]) + F64(0.5)) / F64(65536.0)
            if u > surely * exp_above(h + F64(max(social, 0)) / F64(65536.0) + here) + F64(1.0):
                looked[k] = -1
                continue
            if F32(age[i]) < p[17] or I64(away[i]) >= scale:
                looked[k] = -1
                continue
            compatible = F64(1.0) if frame[i] == leading or frame[i] == 0 else F64(p[16])
            felt = F64(p[15]) + (F64(1.0) - F64(p[15])) * (k0 * F64(fear[i]) + a0)
            r = (F64(aversion[i]) + F64(0.5)) / F64(65536.0)
            x = weight * ((F64(hardship[i]) + F64(0.5)) / F64(65536.0)) + F64(social) / F64(65536.0) * compatible + here - danger * r * felt
            chance = logistic(x) if u <= surely * exp_above(x) + F64(1.0) else F64(0.0)
            if chance > F64(0.0) and u <= surely * chance + F64(1.0):
                fine = uniform(key0, key1, place, first + looked[k], day, FINE, 0)
                turned = turn_out(scale - I64(away[i]), chance, (u + fine) / F64(65536.0))
                looked[k] = (looked[k] << 12) | turned
                count += turned
            else:
                looked[k] = -1
        if active[b] > 0:
            for i in range(low, high):
                took_part[i] = 0
        for k in range(n):
            if looked[k] >= 0:
                took_part[row + (looked[k] >> 12)] = looked[k] & 4095
        active[b] = count


def by_hand(engine: Engine, day: int, pool: ThreadPoolExecutor) -> Any:
    """A function that does the dense part of a day with the fused kernel."""
    places, c, fixed = engine.population.places, engine.state.columns, engine.population.columns
    kernel, scale = compiled(fused), places.scale
    values = np.stack([engine.values.narrow(name, day) for name in NAMES], axis=1).astype(np.float32)
    parts, widest = tiles(places, TILE), max(t.rows.stop - t.rows.start for t in tiles(places, TILE))
    rooms = {}
    keys, city = engine.draws.keys, places.city_of_neighbourhood
    push = engine.quantity(engine.model.declared["push"])  # type: ignore[arg-type]
    work = places.groups["workplace"]
    columns = [c[n] for n in KEPT] + [fixed["household"], fixed["workplace"]]
    columns += [c[n] for n in ("friends_active", "work_share", "seen_defiance", "seen_repression", "suffered", "hurt")]
    columns += [fixed["hardship"], fixed["risk_aversion"], fixed["age"], c["away"], c["frame"], push, c["perceived_risk"]]

    def one(tile: Any) -> None:
        import threading

        room = rooms.setdefault(threading.get_ident(), (np.empty((widest // 1024 + 2, 512), np.uint32), np.empty(widest, np.int64)))
        p, rows, hoods = tile.province, tile.rows, tile.neighbourhoods
        kernel(
            rows.start, rows.stop, hoods.start, hoods.stop, tile.code, tile.first, places.neighbourhood_start, city, int(work[p]), scale,
            day, *keys, values[p], c["contact"][p], c["share_active"][p], int(c["active_before"][p]), c["work_share_most"][p],
            c["legitimacy"][p], int(c["leading_frame"][p]), *room, *columns,
        )  # fmt: skip

    return lambda: list(pool.map(one, parts))


def compare(engine: Engine, day: int, threads: int, label: str) -> None:
    """Both on the state of a day, in turn; prints."""
    stage = next(s for _, s in engine._stages if isinstance(s, Sweep) and len(s.mechanisms) > 1)
    state = {name: engine.state.columns[name] for name in KEPT}
    before = {name: array.copy() for name, array in state.items()}
    with ThreadPoolExecutor(threads) as pool:
        ours: Any = lambda: stage.run(day, pool if threads > 1 else None)  # noqa: E731
        ways = {"mechanisms": ours, "fused by hand": by_hand(engine, day, pool)}
        took: dict[str, list[float]] = {name: [] for name in ways}
        results = {}
        for _ in range(6):
            for name, run in ways.items():
                for column, array in before.items():
                    state[column][:] = array
                start = time.process_time()
                run()
                took[name].append(time.process_time() - start)
                results[name] = {column: array.copy() for column, array in state.items()}
    one, other = results.values()
    same = all((one[name] == other[name]).all() for name in KEPT)
    rows = engine.population.places.rows
    ns = {name: min(seconds[1:]) / rows * 1e9 for name, seconds in took.items()}
    print(f"{label}: " + ", ".join(f"{name} {value:.3f} ns a person" for name, value in ns.items()), end="")
    bits = "equal bits" if same else "NOT EQUAL"
    print(f"; ratio {ns['mechanisms'] / ns['fused by hand']:.2f}; turnout {int(one['active'].sum()):,}; {bits}")
    for column, array in before.items():
        state[column][:] = array


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--days", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="build the population here, or open it where it exists")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="groundswell-")) / "population"
    if not folder.exists():
        tables = read_tables(Path(groundswell.__file__).parent / "cases" / "iran")
        build_population(tables, scale=given.scale, seed=1, threads=given.threads, out=folder)
    population, model = open_population(folder), MODELS["resistance"]()
    first = date(2022, 9, 16) - timedelta(given.days // 2)
    scenario = experiments.read("iran", experiments.settings_of({"start": first, "end": first + timedelta(given.days - 1)}))
    changes = scenario.changes(model.parameters, [p.id for p in population.places.provinces])
    compared = {given.days // 2 - 2: "a quiet day", given.days - 1: "in the uprising"}

    def observe(engine: Engine, day: int) -> None:
        number = day - (scenario.start - date(1900, 1, 1)).days
        if number in compared:
            compare(engine, day, given.threads, compared[number])

    simulate(model, population, start=scenario.start, end=scenario.end, seed=1, changes=changes, threads=given.threads, observe=observe)
    if given.keep is None:
        shutil.rmtree(folder.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
