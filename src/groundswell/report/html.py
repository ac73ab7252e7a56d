"""One page about one run: a single file that asks for nothing from outside."""

from __future__ import annotations

from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.store import whole_file
from groundswell.report import tables
from groundswell.report.figures import svg
from groundswell.report.numbers import check_daily, shown
from groundswell.report.panels import Picture, pictures

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.core.run import Run

SYNTHETIC = (
    "All people on this page are synthetic, and the model is not calibrated: nothing here estimates, forecasts or locates "
    "anything in any country. Numbers show what the assumptions imply."
)
REPEAT = "The same seed, scenario and version give the same state hash."
# even a text that slipped through unescaped could load and run nothing
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_report(run: Run, path: Path, *, case: Case | None = None) -> None:
    """Write the report of a run as one self-contained HTML file, whole or not at all.

    Args:
        run: the run.
        path: the file; replaced where it exists.
        case: the country that ran, for its name and sources; None for an abstract model.

    Raises:
        InputError: the run has not every day of its period.
    """
    with whole_file(path) as scratch:
        scratch.write_text(page(run, case), encoding="utf-8", newline="\n")


def page(run: Run, case: Case | None) -> str:
    """The report as text. It depends on the run and the case only: no time, host or path is in it."""
    check_daily(run)
    drawn, missing = pictures(run)
    about = run.provenance
    name = case.name if case is not None else str(about.get("model", "model"))
    title = f"{name}, {about.get('start', '')} to {about.get('end', '')}"
    few, many = tables.assumed(run)
    changed = tables.changes(run)
    parts = [
        _head(f"{title}: groundswell"),
        f"<body><header><h1>{escape(title)}</h1>",
        f'<p class="warning"><strong>Synthetic and uncalibrated.</strong> {escape(SYNTHETIC)}</p>',
        _facts(run, case),
        "</header><main>",
        f"<section><h2>In numbers</h2>{tables.summary_rows(run)}</section>",
        f'<section><h2>Figures</h2><div class="figures">{"".join(_figure(p) for p in drawn)}</div>{_missing(missing)}</section>',
        _section("Provinces", tables.provinces(run)),
        _section("Policies and shocks", changed),
        f"<details open><summary>Parameters ({few} of {many} assumed)</summary>{tables.parameters(run)}</details>",
        f"<details open><summary>The order of a day</summary>{tables.schedule(run)}</details>",
        _sources(case),
        f"</main><footer>{escape(_made_with(about))}. {REPEAT}</footer></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _head(title: str) -> str:
    css = resources.files("groundswell.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>\n{css}</style></head>"
    )


def _made_with(about: Any) -> str:
    made = about.get("made_with", {})
    return ", ".join(f"{name} {version}" for name, version in made.items()) or "unknown version"


def _facts(run: Run, case: Case | None) -> str:
    about = run.provenance
    scale = int(about.get("scale", run.places.scale))
    persons = int(about.get("persons", run.places.rows * scale))
    rows = [
        (
            "Case",
            f"{case.name} ({'real country, synthetic people' if case.real else 'invented country'})"
            if case is not None
            else "none: an abstract model",
        ),
        ("Period", f"{about.get('start', '')} to {about.get('end', '')}, {len(run.days):,} days"),
        ("Model", str(about.get("model", ""))),
        ("Scale", f"1 row stands for {scale:,} {'person' if scale == 1 else 'persons'}; members, detained and dead are counted one by one"),
        (
            "Population",
            f"{shown(persons)} persons in {len(run.places.provinces)} provinces and {len(run.places.cities)} cities or districts",
        ),
        ("Seed", str(about.get("seed", ""))),
        ("State hash", run.state_hash),
        ("Version", _made_with(about)),
    ]
    summary = f"<p>{escape(case.summary)}</p>" if case is not None and case.summary else ""
    return summary + "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows) + "</dl>"


def _figure(picture: Picture) -> str:
    note = f"<figcaption>{escape(picture.note)}</figcaption>"
    return f"<figure><h3>{escape(picture.title)}</h3>{svg(picture)}{note}</figure>"


def _missing(missing: list[str]) -> str:
    if not missing:
        return ""
    return "<p class=soft>Figures left out:</p><ul class=soft>" + "".join(f"<li>{escape(text)}</li>" for text in missing) + "</ul>"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def _sources(case: Case | None) -> str:
    if case is None or not case.citations:
        return ""
    items = []
    for citation in case.citations:
        tail = "".join(f" {escape(text)}." for text in (citation.url, citation.reason) if text)
        items.append(f"<li>{escape(citation.text)}.{tail}</li>")
    return f"<section><h2>Sources of the case</h2><ul>{''.join(items)}</ul></section>"
