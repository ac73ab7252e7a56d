"""Write docs/source.md from the tables of the Iran case: from every assertion of the founding article to its part, module and test.

python tools/make_source.py [docs/source.md]
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from groundswell import cases
from groundswell.cases import Case
from groundswell.cases.records import Assertion, Figure
from groundswell.core.store import write_text

PARTS = {
    "S1": "Members",
    "S2": "Units",
    "S3": "Founding and calls",
    "S4": "Acts",
    "S5": "Fear",
    "S6": "Slogans",
    "S7": "The regime",
    "S8": "Cameras and nights",
    "S9": "Uprisings",
    "S10": "Commemorations",
    "S11": "Outside events",
    "S12": "Attention and reporting",
    "S13": "Campaigns",
    "S14": "Several networks, united",
    "S15": "An alternative",
}
CLAIMS = {  # who claims it, and what; those of the state are not in the founding article
    "C1": ("movement", "Repression cannot defeat an organised movement rooted in its people, whatever its power."),
    "C2": ("movement", "The units keep growing although thousands are jailed and executed."),
    "C3": ("movement", "Constant small visible acts prevent fear from taking hold."),
    "C4": ("movement", "The quiet after 2009 was long for want of units; after 2019 it was short because of them."),
    "C5": ("movement", "The units unified the slogans; the regime's diversion failed."),
    "C6": ("movement", "Small units tied by neighbourhood and friendship are safe and multiply."),
    "C7": ("movement", "Cameras did not stop them: they act at night."),
    "C8": ("movement", "More than 90 % of the capital boycotted the vote of March 2024."),
    "C9": ("movement", "There were 3,000, 10,000 and 100 acts in three campaigns."),
    "C10": ("movement", "There were 20,000 video messages, twice the year before."),
    "C11": ("movement", "Executions do not deter."),
    "C12": ("movement", "The October war and the fall of the Syrian ruler brought the regime to the brink."),
    "C13": ("movement", "Units are present throughout the country."),
    "C14": ("state", "Change would lead to chaos or civil war."),
    "C15": ("state", "The unrest is made by a few agents from outside, without roots."),
    "C16": ("state", "Firm repression ends unrest; leniency invites it."),
    "C17": ("movement", "The October war was set off to forestall an uprising, and it backfired."),
    "C18": ("movement", "The organisation is the main opposition, its council the alternative."),
    "C19": ("state", "The movement has no base at home."),
    "C20": ("state", "Turnout is consent."),
}
HEAD = """# The described system, and where it is in the software

This page is generated: `python tools/make_source.py` writes it from the tables of the Iran case
(`src/groundswell/cases/iran/*.csv`), and a test holds it to them.

The founding document is an article of January 2026 by a partisan author, first printed in January 2025. It describes a social system and
makes claims about how that system behaves. groundswell builds the system, every part of it, and tests the claims. Every assertion
below is paraphrased, **as printed**, and **as corrected** where it contradicts itself or is known otherwise. Naming who makes a claim is
not accepting it: a movement's claims and a regime's are treated in the same way.

*Built by* names modules under `src/groundswell` and parameters (`groundswell explain NAME` says what one means). *Test* switches the
part off and asks that the named output move as said. Claims C1 to C20 (below) are questions that the model is to be asked; none is
answered here.
"""
WEEKLY = ("weekly.", "contested.", "demonstrations.", "mass_mobilization.")


def escaped(text: str) -> str:
    """Text for a cell of a Markdown table: nothing in it is markup."""
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", html.escape(text, quote=False)) or " "


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of cells that are markup already."""
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def built(name: str) -> str:
    """A module as a link, a parameter as code."""
    path = f"src/groundswell/{name.replace('.', '/')}.py"
    if (Path(__file__).parents[1] / path).is_file():
        return f"[{escaped(name)}](../{path})"
    return f"`{name}`"


def tested(test: str) -> str:
    """A test as a link to its file."""
    path, _, name = test.partition("::")
    return f"[{escaped(name)}](../{path})"


def assertions(rows: Sequence[Assertion]) -> str:
    """A section for each part."""
    text = "\n## Assertions\n"
    head = ("as printed", "as corrected", "contested", "claim", "built by", "test", "switched off")
    for part, title in PARTS.items():
        mine = [a for a in rows if a.part == part]
        cells = (
            (
                escaped(a.as_printed),
                escaped(a.as_corrected),
                escaped(a.contested),
                ", ".join(a.claim) or " ",
                ", ".join(built(name) for name in a.built),
                ", ".join(tested(test) for test in a.test),
                f"`{a.output}`: {escaped(a.direction)}" if a.output else escaped(a.direction),
            )
            for a in mine
        )
        text += f"\n### {part}. {title}\n\n{table(head, cells)}"
    return text


def claims(rows: Sequence[Assertion]) -> str:
    """What is claimed, by whom, and which parts it is about."""
    text = (
        "\n## Claims\n\nIn our words. C14, C15, C16, C19 and C20 are what the state says; of these only C14 is in the founding article.\n\n"
    )
    head = ("claim", "by", "what is claimed", "parts")
    parts = {key: [part for part in PARTS if any(a.part == part and key in a.claim for a in rows)] for key in CLAIMS}
    return text + table(head, ((key, f"the {who}", escaped(said), ", ".join(parts[key])) for key, (who, said) in CLAIMS.items()))


def campaigns(case: Case) -> str:
    """What is claimed of each campaign, and when it was."""
    text = "\n## Campaigns\n\nThe date as printed and as corrected. What is claimed drives nothing; the strength of a call is assumed.\n\n"
    head = ("campaign", "printed", "corrected", "places", "calls for", "claimed", "by", "call", "remarks")
    rows = (
        (
            escaped(c.name),
            escaped(c.printed),
            f"{c.start} to {c.end}",
            escaped(", ".join(c.places) or "all"),
            escaped(c.tactic),
            escaped(f"{c.claimed_count:,} {c.unit}" if c.claimed_count is not None else "no count"),
            escaped(c.claimed_by),
            f"{c.call:g}",
            escaped(c.doc),
        )
        for c in case.campaigns
    )
    return text + table(head, rows)


def dated(case: Case) -> str:
    """Events and commemorations: what drives, and what only tests."""
    text = "\n## Shocks, policies and what only tests\n\nDates are facts or claims; sizes and lengths are assumed. "
    text += "No observed outcome (counts of protests, deaths or arrests) drives the model.\n\n"
    head = ("what", "first day", "days", "role", "changes", "places", "who says so", "source", "stands for")
    rows = (
        (
            escaped(e.name),
            str(e.start),
            str(e.days),
            e.role,
            f"`{e.parameter}` {e.operation} {escaped(e.value)}" if e.role == "drives" else "nothing",
            escaped(", ".join(e.places) or "all"),
            *map(escaped, (e.claimed_by, e.source, e.doc)),
        )
        for e in case.events
    )
    text += table(head, rows)
    text += (
        "\n## Commemorations\n\nEvery year, by a push on `calendar.focal`. Mourning on the fortieth day is a mechanism (`mourning.rule`,\n"
    )
    text += "`mourning.push`; the custom, 1978 and 2022): the simulated dead are mourned, on dates that follow from their deaths.\n\n"
    days = (
        (
            escaped(c.name),
            f"{c.day}/{c.month}, from {c.from_year}",
            str(c.days),
            f"{c.push:g}",
            escaped(", ".join(c.places) or "all"),
            *map(escaped, (c.claimed_by, c.source, c.doc)),
        )
        for c in case.commemorations
    )
    return text + table(("what", "day/month", "days", "push, logit", "places", "who says so", "source", "remarks"), days)


def figures(case: Case) -> str:
    """Figures that only test: contested ones, then counts and moments."""
    text = "\n## Contested figures\n\nThey drive nothing. Several rows of one figure are several who say so.\n\n"
    contested = [f for f in case.figures if not f.key.startswith(WEEKLY)]
    text += _figures(contested)
    text += "\n## Counts and moments of real records\n\n" + _figures([f for f in case.figures if f.key.startswith(WEEKLY)])
    return text


def _figures(rows: Sequence[Figure]) -> str:
    head = ("figure", "place", "from", "to", "value", "unit", "who says so", "source", "remarks")
    return table(
        head,
        (
            (
                f"`{f.key}`",
                escaped(f.place or "nation"),
                str(f.start),
                str(f.end),
                _value(f),
                escaped("" if f.unit == "1" else f.unit),
                *map(escaped, (f.claimed_by, f.source, f.doc)),
            )
            for f in rows
        ),
    )


def _value(f: Figure) -> str:
    bounds = [f"{x:,g}" if x is not None and abs(x) < 1e5 else f"{x:,.0f}" if x is not None else "" for x in (f.value, f.low, f.high)]
    value, low, high = bounds
    span = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""
    return f"{value} ({span})" if value and span else value or span


def page(case: Case) -> str:
    """The whole page."""
    return HEAD + assertions(case.assertions) + claims(case.assertions) + campaigns(case) + dated(case) + figures(case)


def main(path: Path) -> None:
    """Write the page."""
    write_text(path, page(cases.load("iran")))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "source.md")
