"""The tables of a report as HTML; every text is escaped here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.cases.fitted import SOURCE as FITTED
from groundswell.core.columns import PROVINCE
from groundswell.report.numbers import has, reported, shown
from groundswell.report.summary import summary, unit_text

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.core.run import Run

ASSUMED = "assumed"


class Notes:
    """Sources below a table: each printed once, and a number where it is meant."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, source: str) -> str:
        """A cell with the number of a source; empty where there is none."""
        if not source:
            return "<td></td>"
        if source not in self.texts:
            self.texts.append(source)
        return cell(f"[{self.texts.index(source) + 1}]", "soft")

    def under(self, content: str) -> str:
        """A table with its sources below it."""
        items = "".join(f"<li>{escape(text)}</li>" for text in self.texts)
        return content + (f'<ol class="notes" aria-label="Sources">{items}</ol>' if items else "")


def cell(text: Any, kind: str = "") -> str:
    """A cell of a table."""
    return f'<td class="{kind}">{escape(str(text))}</td>' if kind else f"<td>{escape(str(text))}</td>"


def head_cell(text: Any) -> str:
    """Text within a heading of a row."""
    return escape(str(text))


def table(caption: str, head: Sequence[str], rows: Iterable[str], numbers: Sequence[int] = ()) -> str:
    """A table that scrolls sideways where the page is narrow.

    Args:
        caption: one sentence.
        head: titles of the columns.
        rows: `<tr>` elements, or whole `<tbody>` elements.
        numbers: positions of the columns that hold numbers.
    """
    titles = "".join(f'<th scope="col"{" class=number" if k in numbers else ""}>{escape(title)}</th>' for k, title in enumerate(head))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{titles}</tr></thead>{''.join(rows)}</table></div>"
    )


def summary_rows(run: Run) -> str:
    """The table of the run's main numbers."""
    rows = []
    for line in summary(run):
        cells = cell(shown(line.value), "number") + cell(unit_text(line)) + cell(line.note, "soft note")
        rows.append(f'<tr><th scope="row">{escape(line.label)}</th>{cells}</tr>')
    return table(
        "The whole country over the whole period, unless a note says otherwise.", ("quantity", "value", "unit", "note"), rows, (1,)
    )


def provinces(run: Run) -> str:
    """Totals of each province over the whole period. Nothing about units and who is taken: their whereabouts are never shown."""
    places = run.places
    if len(places.provinces) < 2:
        return ""
    columns: list[tuple[str, Any]] = [("persons", places.represented(PROVINCE))]
    if has(run, "gathered"):
        columns.append(("anti-regime gatherings", run.series["gathered"].sum(axis=0)))
    told = reported(run)
    if told is not None:
        columns.append(("reported, all streams", told["gatherings"].sum(axis=0)))
    if has(run, "killed"):
        columns.append(("killed at gatherings", run.series["killed"].sum(axis=0)))
    if len(columns) < 2:
        return ""
    rows = []
    for k in np.argsort([-p.population for p in places.provinces], kind="stable"):
        cells = "".join(cell(shown(values[k]), "number") for _, values in columns)
        rows.append(f'<tr><th scope="row">{escape(places.provinces[k].name)}</th>{cells}</tr>')
    head = ("province", *(name for name, _ in columns))
    caption = "Over the whole period, most populous first. Reported: by the first source, in whole weeks."
    return table(caption, head, rows, range(1, len(head)))


def schedule(run: Run) -> str:
    """The order of a day: phases, and what each mechanism reads and writes."""
    bodies = []
    for number, phase in enumerate(run.model.schedule, 1):
        rows = []
        for m in phase.mechanisms:
            doc = (inspect.getdoc(type(m)) or "").partition("\n\n")[0].replace("\n", " ")
            reads = ", ".join(d.name for d in m.reads) or "–"
            writes = ", ".join([d.name for d in m.writes] + [f"+{d.name}" for d in m.adds]) or "–"
            rows.append(f"<tr>{cell(m.key.replace('_', ' '))}{cell(doc, 'wide')}{cell(reads, 'soft key')}{cell(writes, 'soft key')}</tr>")
        bodies.append(f'<tbody><tr><th colspan="4" scope="rowgroup">{number}. {escape(phase.name)}</th></tr>{"".join(rows)}</tbody>')
    caption = "In this order; inside a phase everyone sees the same snapshot. A plus sign: adds to a quantity that another owns."
    return table(caption, ("mechanism", "what it does", "reads", "writes"), bodies)


def sources_of(run: Run, case: Case | None) -> dict[str, str]:
    """Where the value of each parameter is from: the case's own source where the run uses the case's value, else the model's."""
    used = run.provenance.get("parameters", {})
    own = case.parameters if case is not None else {}
    theirs = case.parameter_sources if case is not None else {}
    return {
        key: theirs[key] if key in theirs and _value(used.get(key)) == _value(own[key]) else about.source
        for key, about in run.parameters.items()
    }


@dataclass(frozen=True)
class Standing:
    """On what the values of a run rest: how many of `many` parameters are assumed, and how many are fitted."""

    assumed: int
    fitted: int
    many: int

    @property
    def words(self) -> str:
        """In a sentence without its end."""
        fitted = f"{self.fitted} {'is' if self.fitted == 1 else 'are'} fitted" if self.fitted else "none is fitted"
        return f"{self.assumed} of {self.many} parameters are assumed, {fitted}"


def standing(run: Run, case: Case | None) -> Standing:
    """On what the values of a run rest."""
    sources = sources_of(run, case).values()
    return Standing(
        sum(source.startswith(ASSUMED) for source in sources), sum(source.startswith(FITTED) for source in sources), len(sources)
    )


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def parameters(run: Run, case: Case | None) -> str:
    """Every parameter: unit, range, default, the value used, and where it comes from."""
    sources = sources_of(run, case)
    used = run.provenance.get("parameters", {})
    groups: dict[str, list[str]] = {}
    for key, about in run.parameters.items():
        owner, _, name = key.partition(".")
        value = used.get(key, about.default)
        other = _value(value) != _value(about.default)
        allowed = " | ".join(about.options) if about.options else f"{_value(about.range[0])} to {_value(about.range[1])}"
        mark = f'<td class="number changed">{escape(_value(value))}<br><span class="soft">changed</span></td>'
        row = (
            f'<th scope="row" class="key">{escape(name)}</th>{cell(about.doc, "wide")}{cell(about.unit or "switch")}{cell(allowed)}'
            f"{cell(_value(about.default), 'number')}{mark if other else cell(_value(value), 'number')}{cell(sources[key])}"
        )
        groups.setdefault(owner, []).append(f"<tr>{row}</tr>")
    bodies = [
        f'<tbody><tr><th colspan="7" scope="rowgroup">{escape(owner.replace("_", " "))}</th></tr>{"".join(rows)}</tbody>'
        for owner, rows in groups.items()
    ]
    caption = f"Of these, {standing(run, case).words}. Values before dated changes."
    return table(caption, ("parameter", "meaning", "unit", "range", "default", "used", "source"), bodies, (4, 5))


WORDS = {"set": "=", "add": "+", "multiply": "×"}


def changes(run: Run, case: Case | None) -> str:
    """The dated changes of parameters: policies and shocks, yearly ones in one row. Empty where there were none."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    claims, notes = _claims(case), Notes()
    for change in sorted(run.provenance.get("changes", ()), key=lambda c: c["start"]):
        where = ", ".join(change["places"]) or "everywhere"
        key = (re.sub(r" \d{4}$", "", change["name"]), _effect(run, change), where, *claims.get(change["name"], ("", "")))
        groups.setdefault(key, []).append(change)
    rows = []
    for (yearly, effect, where, who, source), members in groups.items():
        name = yearly if len(members) > 1 else members[0]["name"]
        cells = f"{cell(effect, 'date')}{cell(_when(members), 'short')}{cell(where)}{cell(who)}{notes.mark(source)}"
        rows.append(f'<tr><th scope="row">{escape(name or "–")}</th>{cells}</tr>')
    head = ("policy or shock", "effect", "days", "places", "who says so", "source")
    return notes.under(table("What the scenario changes, and when.", head, rows)) if rows else ""


def _claims(case: Case | None) -> dict[str, tuple[str, str]]:
    """Who claims a shock or policy, and its source, by its name."""
    if case is None:
        return {}
    claims = {row.name: (row.claimed_by, row.source) for row in case.events}
    claims |= {row.name: (row.claimed_by, row.source) for row in case.campaigns}
    return claims | {row.name: (row.claimed_by, row.source) for row in case.commemorations}


def _effect(run: Run, change: Mapping[str, Any]) -> str:
    value, known = change["value"], run.parameters.get(change["key"])
    if known is not None and known.options and change["operation"] == "set":
        value = known.options[int(value)]
    return f"{change['key']} {WORDS.get(change['operation'], change['operation'])} {_value(value)}"


def _when(members: Sequence[Mapping[str, Any]]) -> str:
    """The days of one change, or how many there are of the same."""
    spans = [c["start"] if c["start"] == c["end"] else f"{c['start']} to {c['end']}" for c in members]
    return "; ".join(spans) if len(spans) < 3 else f"{len(spans)} times, {spans[0]} … {spans[-1]}"


def tested(case: Case | None) -> str:
    """Events of the case that only test: no parameter follows them."""
    rows, notes = [], Notes()
    for event in case.events if case is not None else ():
        if event.role == "tests":
            cells = f"{cell(event.start)}{cell(event.doc, 'wide')}{cell(event.claimed_by)}{notes.mark(event.source)}"
            rows.append(f'<tr><th scope="row">{escape(event.name)}</th>{cells}</tr>')
    head = ("event", "day", "what it is", "who says so", "source")
    return notes.under(table("Dated events that drive nothing: they are there to compare with.", head, rows)) if rows else ""


def assumptions(run: Run, case: Case | None) -> str:
    """What was assumed and from where: parameters by mechanism and kind of source, and those that the scenario sets otherwise."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, source in sources_of(run, case).items():
        groups.setdefault(key.partition(".")[0], []).append((key.partition(".")[2], source))
    rows = []
    for owner, members in groups.items():
        named = sorted({source for _, source in members if not source.startswith(ASSUMED)})
        few = sum(source.startswith(ASSUMED) for _, source in members)
        cells = f"{cell(f'{few} of {len(members)}', 'number')}{cell('; '.join(named) or '–', 'soft')}"
        rows.append(f'<tr><th scope="row">{escape(owner.replace("_", " "))}</th>{cells}</tr>')
    caption = f"Of all, {standing(run, case).words}; each with unit, range, default and source in the table below."
    return table(caption, ("mechanism", "assumed", "what the others rest on"), rows, (1,))
