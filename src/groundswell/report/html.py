"""One page about one run: a single file that asks for nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.store import write_text
from groundswell.report import real, tables
from groundswell.report.campaigns import campaigns
from groundswell.report.figures import draw
from groundswell.report.numbers import check_daily, shown
from groundswell.report.panels import Picture
from groundswell.report.pictures import pictures
from groundswell.report.reading import Readings
from groundswell.report.uprisings import uprisings

if TYPE_CHECKING:
    import polars as pl

    from groundswell.cases import Case
    from groundswell.core.run import Run

IMPLIED = "nothing here estimates, forecasts or locates anything in any country. Numbers show what the assumptions imply."
REPEAT = "The same seed, scenario and version give the same state hash."
# even a text that slipped through unescaped could load and run nothing
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
Section = tuple[str, str]  # title as text, content as HTML


def write_report(
    run: Run,
    path: Path,
    *,
    case: Case | None = None,
    replicates: Sequence[Run] = (),
    weekly: Sequence[pl.DataFrame] = (),
    extra: Sequence[Section] = (),
) -> None:
    """Write the report of a run as one self-contained HTML file, whole or not at all.

    Args:
        run: the run.
        path: the file; replaced where it exists.
        case: the country that ran, for its names, figures and sources; None for an abstract model.
        replicates: runs that differ from it in their seed alone, itself included; two or more give bands.
        weekly: what each source reported by week and province in each of them, where they have no record of their own.
        extra: further sections before the figures: a title, and HTML that is trusted.

    Raises:
        InputError: the run has not every day of its period, or the replicates are of another period or model.
    """
    write_text(path, page(run, case, replicates, weekly, extra))


def page(
    run: Run,
    case: Case | None,
    replicates: Sequence[Run] = (),
    weekly: Sequence[pl.DataFrame] = (),
    extra: Sequence[Section] = (),
) -> str:
    """The report as text. It depends on the runs and the case only: no time, host or path is in it."""
    check_daily(run)
    readings = Readings(run, replicates, weekly)
    about = run.provenance
    name = case.name if case is not None else str(about.get("model", "model"))
    title = f"{name}, {about.get('start', '')} to {about.get('end', '')}"
    head = f"{warning(case)}{_facts(readings, case)}"
    sections = [("In numbers", tables.summary_rows(run)), *extra, *_figures(readings, case), *_tables(run, case, readings), *_sources(case)]
    return document(title, head, sections, f"{_made_with(about)}. {REPEAT}")


def warning(case: Case | None) -> str:
    """What stands above every page of runs, as HTML: that people are synthetic, and how far the model is calibrated."""
    if case is None or case.fitted is None:
        head, text = "Synthetic and uncalibrated.", f"All people on this page are synthetic, and the model is not calibrated: {IMPLIED}"
    else:
        years = f"{case.fitted.start.year}-{case.fitted.end.year}"
        head = "Synthetic, calibrated in part."
        text = (
            f"All people on this page are synthetic. {len(case.fitted.values)} defaults of the case are fitted to counts of {years}, which "
            f"they meet in part; most of the others are assumed: {IMPLIED}"
        )
    return f'<p class="warning"><strong>{head}</strong> {escape(text)}</p>'


def document(title: str, head: str, sections: Sequence[Section], foot: str) -> str:
    """A page of titled sections with a list of them on top. Titles and the foot are texts, the rest is HTML."""
    filled = [(name, content) for name, content in sections if content]
    links = "".join(f'<li><a href="#s{k}">{escape(name)}</a></li>' for k, (name, _) in enumerate(filled))
    body = "\n".join(f'<section id="s{k}"><h2>{escape(name)}</h2>{content}</section>' for k, (name, content) in enumerate(filled))
    return (
        f"{_head(f'{title}: groundswell')}\n<body><header><h1>{escape(title)}</h1>{head}</header>"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav><main>\n{body}\n</main><footer>{escape(foot)}</footer></body></html>\n'
    )


def _head(title: str) -> str:
    css = "".join(resources.files("groundswell.report").joinpath(f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>\n{css}</style></head>"
    )


STYLES = ("colours", "page", "figures")


def _made_with(about: Any) -> str:
    """The versions in a provenance, in words."""
    made = about.get("made_with", {})
    return ", ".join(f"{name} {version}" for name, version in made.items()) or "unknown version"


def _facts(readings: Readings, case: Case | None) -> str:
    run = readings.run
    about = run.provenance
    scale = int(about.get("scale", run.places.scale))
    persons = int(about.get("persons", run.places.rows * scale))
    kind = "none: an abstract model"
    if case is not None:
        kind = f"{case.name} ({'real country, synthetic people' if case.real else 'invented country'})"
    runs = [("Runs", f"{len(readings.many)} that differ in their seeds; numbers and tables are of the first unless a band is given")]
    rows = [
        ("Case", kind),
        ("Period", f"{about.get('start', '')} to {about.get('end', '')}, {len(run.days):,} days"),
        ("Model", str(about.get("model", ""))),
        ("Scale", f"1 row stands for {scale:,} {'person' if scale == 1 else 'persons'}; members, detained and dead are counted one by one"),
        (
            "Population",
            f"{shown(persons)} persons in {len(run.places.provinces)} provinces and {len(run.places.cities)} cities or districts",
        ),
        *(runs if readings.many else ()),
        ("Seed", str(about.get("seed", ""))),
        ("State hash", run.state_hash),
        ("Version", _made_with(about)),
    ]
    summary = f"<p>{escape(case.summary)}</p>" if case is not None and case.summary else ""
    return summary + "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows) + "</dl>"


def _figures(readings: Readings, case: Case | None) -> list[Section]:
    """Figures by group, the case's real figures and maps among them."""
    drawn, missing = pictures(readings, case)
    groups: dict[str, list[str]] = {}
    for group, picture in drawn:
        groups.setdefault(group, []).append(figure(picture))
    if case is not None:
        years = "".join(figure(picture) for picture in real.by_year(readings, case))
        beside = (f'<div class="figures">{years}</div>' if years else "") + real.moments(readings, case)
        maps, lacking = uprisings(readings, case)
        missing += lacking
    else:
        beside, maps = "", ""
    sections = [(group, f'<div class="figures">{"".join(content)}</div>') for group, content in groups.items()]
    if sections:
        sections[0] = (sections[0][0], f'<p class="soft">{escape(readings.guide())}</p>{sections[0][1]}')
    sections[1:1] = [("Real figures beside simulated", beside), ("Uprisings by province", maps)]
    if missing:
        items = "".join(f"<li>{escape(text)}</li>" for text in missing)
        sections.append(("Figures left out", f"<ul class=soft>{items}</ul>"))
    return sections


def figure(picture: Picture) -> str:
    """A picture with its heading and what a reader must know."""
    return f"<figure><h3>{escape(picture.title)}</h3>{draw(picture)}<figcaption>{escape(picture.note)}</figcaption></figure>"


def _tables(run: Run, case: Case | None, readings: Readings) -> list[Section]:
    standing = tables.standing(run, case)
    told = (campaigns(readings, case), real.votes(readings, case), real.contested(readings, case)) if case is not None else ("", "", "")
    parameters = f"<details><summary>All {standing.many} parameters</summary>{tables.parameters(run, case)}</details>"
    order = f"<details><summary>The order of a day</summary>{tables.schedule(run)}</details>"
    return [
        ("Campaigns", told[0]),
        ("Votes", told[1]),
        ("Contested and other figures", told[2]),
        ("Provinces", tables.provinces(run)),
        ("Policies and shocks", tables.changes(run, case)),
        ("Events that only test", tables.tested(case)),
        (f"What was assumed ({standing.assumed} of {standing.many} parameters)", tables.assumptions(run, case) + parameters + order),
    ]


def _sources(case: Case | None) -> list[Section]:
    if case is None or not case.citations:
        return []
    items = []
    for citation in case.citations:
        tail = "".join(f" {escape(text)}." for text in (citation.url, citation.reason) if text)
        items.append(f"<li>{escape(citation.text)}.{tail}</li>")
    return [("Sources of the case", f"<ul>{''.join(items)}</ul>")]
