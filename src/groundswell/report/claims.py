"""The page of verdicts: a table of claims, then a card each. Whoever makes a claim, it is shown in the same way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundswell.core.store import write_text
from groundswell.report.html import document
from groundswell.report.numbers import shown
from groundswell.report.tables import cell, table

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.claims.judging import DataVerdict, ModelVerdict, Verdict
    from groundswell.claims.reading import Quantity

PAGE = "claims.html"
FIRM = ("supported", "contradicted", "depends")
MARKS = {"supported": "●", "contradicted": "○", "depends": "◐", "not decidable": "?", "outside the model": "–"}
WARNING = (
    "A verdict is about a sentence as its card puts it into numbers, within this model and these records. Naming who says it is not "
    "accepting it; claims of all sides are tested in the same way. All people of the model are synthetic."
)
RULES = (
    "● supported: the effect is beyond the smallest that matters with probability .95 or more in every setting of the disputed rules. "
    "○ contradicted: with .05 or less. ◐ depends: settings differ, or data and model do, or it turns on what a fit leaves open. "
    "? not decidable: none of these, or the fit moved the odds by less than a factor of 3. – outside the model: nothing here can test it."
)
WIDE, LEFT, ROW, TOP = 560.0, 16.0, 34.0, 18.0
HEADS = ("", "claim", "by", "verdict", "data", "model, priors", "model, fit", "probability, or mean (90 %)", "effect, median")
STYLE = (
    "<style>.card{border-top:1px solid var(--line);padding-top:.6rem;margin-top:1.6rem}.card blockquote{margin:.3rem 0;font-size:1.1rem}"
    ".verdict{font-weight:700}.three{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.8rem 1.5rem;margin:.8rem 0}"
    ".three>div{background:var(--card);padding:.5rem .8rem}.three h4{color:var(--soft)}.three p{margin:.2rem 0;font-size:.9rem}</style>"
)


def write_claims(verdicts: Sequence[Verdict], case: Case, path: Path, command: str = "") -> None:
    """Write the page of verdicts as one self-contained HTML file, whole or not at all.

    Args:
        verdicts: of the case's claims.
        case: the country.
        path: the file; replaced where it exists.
        command: how it is repeated; a claim's id is put behind it.
    """
    write_text(path, page(verdicts, case, command))


def page(verdicts: Sequence[Verdict], case: Case, command: str = "") -> str:
    """The page as text; it depends on the verdicts and the case only."""
    sections = [("Verdicts", STYLE + _table(verdicts)), ("Claims", "".join(_card(one, command) for one in verdicts))]
    head = f'<p class="warning">{escape(WARNING)}</p><p class="soft">{escape(RULES)}</p>'
    version = verdicts[0].provenance.get("groundswell", "") if verdicts else ""
    return document(
        f"{case.name}: claims and verdicts",
        head,
        sections,
        f"groundswell {version}. The same claims, records, fit and seed give the same page.",
    )


def mark(word: str | None) -> str:
    """A verdict with its mark, on one line; nothing where there is none."""
    return "" if word is None else f"{MARKS[word]}\N{NO-BREAK SPACE}{word}"


def headline(word: str, data_word: str | None, *, prior: bool, fit: bool) -> str:
    """A claim's verdict with its mark; in brackets where the model with priors alone decides it, which no data have tested.

    Args:
        word: the verdict.
        data_word: that of records; None where none bears on the whole claim.
        prior, fit: whether the model was asked with priors, and with a fit.
    """
    alone = word in FIRM and prior and not fit and data_word not in FIRM
    return f"({mark(word)})" if alone else mark(word)


def _headline(one: Verdict) -> str:
    return headline(one.word, one.data_word, prior=one.prior is not None, fit=one.posterior is not None)


def _table(verdicts: Sequence[Verdict]) -> str:
    rows = []
    for one in verdicts:
        prior, fit = (side.word if side else None for side in (one.prior, one.posterior))
        told = mark(one.data_word) if one.data_word is not None else _in_part(one)
        cells = (_headline(one), told, mark(prior), mark(fit), _probability(one.model), _effect(one))
        link = f'<th scope="row"><a href="#{escape(one.claim.id)}">{escape(one.claim.id)}</a></th>'
        rows.append(
            f"<tr>{link}{cell(one.claim.sentence, 'wide')}{cell(one.claim.form.claim.by)}{''.join(cell(text) for text in cells)}</tr>"
        )
    return table(
        "One row a claim. Empty: not asked, or not given. In brackets: by the model with priors alone, which no data have tested.",
        HEADS,
        rows,
    )


def _in_part(one: Verdict) -> str:
    """What data say of parts of a claim, where none bears on the whole."""
    said = dict.fromkeys(mark(d.word) for d in one.data if d.word in FIRM)
    return f"in part: {', '.join(said)}" if said else ""


def _probability(model: ModelVerdict | None) -> str:
    if model is None:
        return ""
    return f"{model.share:.2f} ({model.low:.2f} to {model.high:.2f})"


def _effect(one: Verdict) -> str:
    """The median effect over the draws of all settings, quantity by quantity; the finding of the records where no model was asked."""
    if one.model is None or one.claim.contrast is None:
        found = next((d.finding for d in one.data if d.finding.estimate is not None), None)
        return "" if found is None else f"{shown(float(found.estimate or 0))}{'' if found.unit == '1' else f' {found.unit}'}"
    every = np.concatenate([setting.effects for setting in one.model.settings])
    known = [column[~np.isnan(column)] for column in every.T]
    return "; ".join(shown(float(np.quantile(column, 0.5, method="nearest"))) if len(column) else "–" for column in known)


def _card(one: Verdict, command: str) -> str:
    about = one.claim.form.claim
    cited = f"{about.source}, {about.date}" + ("" if about.checked else " (as cited; not verified against the original)")
    facts = [("Says it", f"{about.who} ({about.by}); {cited}"), ("Taken to mean", about.operational)]
    if one.claim.form.model is not None:
        model = one.claim.form.model
        where = one.claim.contrast.case.name if one.claim.contrast is not None else ""
        facts.append(("Contrast", f"{model.contrast}; {where}, {model.start} to {model.end}, people and draws shared"))
    facts += [("Would change it", one.change)]
    if command:
        facts.append(("Repeat", f"{command} {about.id}"))
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    note = f'<p class="soft">{escape(about.doc)}</p>' if about.doc else ""
    return (
        f'<article class="card" id="{escape(about.id)}"><h3>{escape(about.id)}: <span class="verdict">{escape(_headline(one))}</span></h3>'
        f"<blockquote>{escape(about.sentence)}</blockquote><p>{escape(_sentence(one.words))}</p>{_sides(one)}{_figures(one)}"
        f"<dl>{told}</dl>{_why(one)}{note}</article>"
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""


def _sides(one: Verdict) -> str:
    """Data, priors and fit side by side."""
    boxes = [("Records and figures", _data_box(one.data, one.data_word))]
    mean = one.claim.form.model is not None and one.claim.form.model.judge == "mean"
    boxes += [("Model, priors alone", _model_box(one.prior, "not asked", mean))]
    boxes += [("Model, with the fit", _model_box(one.posterior, one.no_posterior, mean))]
    return '<div class="three">' + "".join(f"<div><h4>{escape(name)}</h4>{content}</div>" for name, content in boxes) + "</div>"


def _data_box(data: Sequence[DataVerdict], word: str | None) -> str:
    if not data:
        return "<p>not asked</p>"
    lines = [f'<p class="verdict">{escape(mark(word))}</p>'] if word is not None else []
    for one in data:
        part = "" if one.table.whole else f" (bears on a part: {one.table.part})"
        more = " ".join(text for text in (one.finding.words, one.finding.fallback) if text)
        said = f"{one.word}: {one.words}{part}. {more}"
        lines.append(f"<p><strong>{escape(_sentence(one.table.asks))}</strong> {escape(said)}</p>")
    return "".join(lines)


def _model_box(one: ModelVerdict | None, otherwise: str, mean: bool) -> str:
    if one is None:
        return f"<p>{escape(otherwise)}</p>"
    factor = f" Odds moved by a factor of {one.factor:.2g}." if math.isfinite(one.factor) else ""
    what = "Mean effect" if mean else "Probability"
    return (
        f'<p class="verdict">{escape(mark(one.word))}</p><p>{what} {escape(_probability(one))}; '
        f"{escape(_sentence(one.words))}{escape(factor)} {escape(one.drawn)}</p>"
    )


def _why(one: Verdict) -> str:
    if one.why is None:
        return ""
    words = "".join(f"<li>{escape(text)}</li>" for text in one.why.words)
    return f"<details><summary>Why</summary><ul>{words}</ul></details>"


def _figures(one: Verdict) -> str:
    """Effects by setting for each quantity, and findings beside their thresholds."""
    contrast = one.claim.contrast
    drawn = [_effects(one, k, quantity) for k, quantity in enumerate(contrast.quantities)] if contrast is not None else []
    drawn += [_finding(found) for found in one.data if found.finding.estimate is not None]
    return f'<div class="figures">{"".join(drawn)}</div>' if any(drawn) else ""


def _effects(one: Verdict, k: int, quantity: Quantity) -> str:
    """Medians and middle 90 % of a quantity's effects by setting and basis."""
    from groundswell.claims.export import bands

    rows = []
    for side in (one.prior, one.posterior):
        for setting in side.settings if side is not None else ():
            low, median, high = bands(setting.effects)[k]
            name = setting.name if one.posterior is None else f"{setting.name} ({side.basis})"  # type: ignore[union-attr]
            rows.append((name, low, median, high))
    how = {"difference": "difference, a less b", "ratio": "ratio, a over b", "a": "as it is"}[quantity.form.compare]
    unit = "" if quantity.measure.unit == "1" or quantity.form.compare == "ratio" else f", {quantity.measure.unit}"
    title = f"{quantity.measure.meaning.partition(';')[0].rstrip('.')}: {how}{unit}"
    note = "Stroke: the middle 90 % of draws; ring: median. Dashed: the smallest effect that matters; the shaded side is the claim's."
    return _strokes(title, note, rows, quantity.form.smallest, quantity.form.direction == "above")


def _finding(one: DataVerdict) -> str:
    f = one.finding
    low, high = (f.low if math.isfinite(f.low) else float(f.estimate or 0)), (f.high if math.isfinite(f.high) else float(f.estimate or 0))
    unit = "" if f.unit == "1" else f", {f.unit}"
    note = f"Ring: estimate; stroke: bounds at {100 * f.level:.0f} %. Dashed: the threshold; the shaded side is the claim's."
    rows = [("records" if f.basis == "record" else "figures", low, float(f.estimate or 0), high)]
    return _strokes(f"{one.table.asks}{unit}", note, rows, one.table.smallest, one.table.direction == "above")


def _strokes(title: str, note: str, rows: Sequence[tuple[str, float, float, float]], smallest: float, above: bool) -> str:
    """Horizontal strokes over one axis as SVG; colours follow the page."""
    numbers = [v for _, *values in rows for v in values if math.isfinite(v)]
    if not numbers:
        return f"<figure><h3>{escape(title)}</h3><p class=soft>not defined in any draw</p></figure>"
    low, high = min(*numbers, smallest, 0.0 if smallest >= 0 else smallest), max(*numbers, smallest)
    room = 0.08 * (high - low) or 1.0
    low, high = low - room, high + room

    def x(value: float) -> float:
        return LEFT + (WIDE - 2 * LEFT) * (min(max(value, low), high) - low) / (high - low)

    tall = TOP + ROW * len(rows) + 24
    at, edge = x(smallest), WIDE - LEFT
    start, width = (at, edge - at) if above else (LEFT, at - LEFT)
    parts = [
        f'<rect x="{start:.1f}" y="4" width="{max(width, 0):.1f}" height="{tall - 26:.1f}" style="fill:var(--shade);opacity:.5"/>',
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="4" y2="{tall - 22:.1f}" style="stroke:var(--mark);stroke-dasharray:4 3"/>',
    ]
    for k, (name, one, middle, other) in enumerate(rows):
        y = TOP + ROW * k + 14
        parts.append(f'<text x="{LEFT}" y="{y - 9:.1f}" style="fill:var(--soft);font-size:12px">{escape(name[:80])}</text>')
        if math.isfinite(middle):
            begin, end = (v if math.isfinite(v) else high if v > 0 else low for v in (one, other))
            parts.append(f'<line x1="{x(begin):.1f}" x2="{x(end):.1f}" y1="{y}" y2="{y}" style="stroke:var(--curve-1);stroke-width:4"/>')
            parts.append(f'<circle cx="{x(middle):.1f}" cy="{y}" r="4.5" style="fill:var(--paper);stroke:var(--curve-1);stroke-width:2"/>')
    for tick in np.unique([low + room, smallest, high - room]).tolist():
        anchor = "start" if x(tick) < 40 else "end" if x(tick) > WIDE - 40 else "middle"
        parts.append(
            f'<text x="{x(tick):.1f}" y="{tall - 6:.1f}" text-anchor="{anchor}" style="fill:var(--ink);font-size:12px">'
            f"{escape(shown(tick))}</text>"
        )
    said = "; ".join(
        f"{name}: {shown(middle)} ({shown(one)} to {shown(other)})" for name, one, middle, other in rows if math.isfinite(middle)
    )
    label = escape(f"{title}: {said}; smallest that matters {shown(smallest)}.")
    drawing = f'<svg viewBox="0 0 {WIDE:.0f} {tall:.0f}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f"<figure><h3>{escape(title)}</h3>{drawing}<figcaption>{escape(note)}</figcaption></figure>"
