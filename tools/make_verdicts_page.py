"""Write docs/iran-claims.md: the verdicts on the claims that ship with Iran, as `groundswell claims` has kept them.

groundswell claims iran --posterior shipped --events FILE --out CLAIMS
python tools/make_verdicts_page.py --claims CLAIMS

The page has figures and no row of a record; the words between its marks are generated, those around them are written by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from make_fitted_page import put

from groundswell.claims.export import read
from groundswell.core.store import write_text
from groundswell.report.claims import headline, mark
from groundswell.report.numbers import shown

PAGE = Path(__file__).parents[1] / "docs" / "iran-claims.md"
HEADS = ("claim", "sentence", "verdict", "records and figures", "model: priors, then fit")
MOST = 3  # sentences of why


def text(words: str) -> str:
    """A text in a cell or a paragraph of Markdown."""
    return words.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*").replace("\n", " ")


def chance(model: Mapping[str, Any] | None) -> str:
    """Probability that the effect is beyond the smallest that matters."""
    return "" if model is None else f"{shown(model['probability'])} ({shown(model['low'])} to {shown(model['high'])})"


def words_of(one: Mapping[str, Any], side: str) -> str:
    """The verdict of priors, or of the fit."""
    return mark(one[side]["verdict"]) if one[side] else ""


def whole(one: Mapping[str, Any]) -> str:
    """The verdict, as on the page of `groundswell claims`."""
    return headline(one["verdict"], one["data_verdict"], prior=bool(one["prior"]), fit=bool(one["posterior"]))


def row(one: Mapping[str, Any]) -> str:
    """A claim in the table."""
    about = one["claim"]["claim"]
    told = mark(one["data_verdict"])
    if not told and one["data"]:
        told = "in part: " + ", ".join(dict.fromkeys(found["verdict"] for found in one["data"]))
    model = ", then ".join(filter(None, (words_of(one, "prior"), words_of(one, "posterior"))))
    cells = (f"[{one['id']}](#{one['id'].lower()}), {about['by']}", about["sentence"], whole(one), told, model)
    return "| " + " | ".join(cells[:1] + tuple(map(text, cells[1:]))) + " |"


def card(one: Mapping[str, Any]) -> str:
    """A claim with everything that its verdict rests on."""
    about = one["claim"]["claim"]
    cited = f"{about['source']}, {about['date']}" + ("" if about["checked"] else " (as cited; not verified against the original)")
    lines = [f"### {one['id']}", "", f"> {text(about['sentence'])}", "", f"**{whole(one)}**: {text(one['because'])}", ""]
    lines += [f"* **Says it**: {text(about['who'])} ({about['by']}); {text(cited)}", f"* **Taken to mean**: {text(about['operational'])}"]
    for found in one["data"]:
        part = "" if found["whole"] else f" (bears on a part: {found['part']})"
        more = " ".join(filter(None, (found["words"], found["fallback"])))
        lines.append(f"* **Records**, {text(found['asks'])}: {found['verdict']}: {text(found['because'] + part)}. {text(more)}")
    for side, name in (("prior", "priors alone"), ("posterior", "the fit")):
        if one[side]:
            lines.append(f"* **Model, {name}**: {mark(one[side]['verdict'])}, {chance(one[side])}; {text(one[side]['because'])}")
    if one["no_posterior"] and one["prior"]:
        lines.append(f"* **Model, the fit**: {text(one['no_posterior'])}")
    if one["why"]:
        lines.append(f"* **Why**: {text(' '.join(one['why']['words'][:MOST]))}")
    return "\n".join([*lines, f"* **Would change it**: {text(one['would_change'])}"])


def facts(found: Sequence[Mapping[str, Any]]) -> str:
    """What the verdicts were judged by."""
    about = [one["provenance"] for one in found]
    fits = sorted({one["posterior"] for one in about if one["posterior"]})
    draws = sorted({one["draws"] for one in about})
    said = ", ".join(f"`{fit}`" for fit in fits) or "none"
    return f"Posterior {said}; up to {' or '.join(map(str, draws))} pairs of runs a setting, from the priors and from the fit each."


def main() -> None:
    """Make the page."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--claims", type=Path, required=True)
    found = sorted(read(options.parse_args().claims), key=lambda one: int(one["id"][1:]))
    table = "\n".join(["| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS), *map(row, found)])
    made = {"facts": facts(found), "table": table, "cards": "\n\n".join(map(card, found))}
    page = PAGE.read_text(encoding="utf-8")
    for name, content in made.items():
        page = put(page, name, content)
    write_text(PAGE, page)


if __name__ == "__main__":
    main()
