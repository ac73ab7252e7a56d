"""Write the tables of measures and estimators in docs/claims.md anew, from what the code declares.

python tools/make_claims.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from groundswell.claims.finding import Option
from groundswell.claims.measures import MEASURES
from groundswell.claims.registry import estimators

PAGE = Path(__file__).parents[1] / "docs" / "claims.md"


def _options(options: Mapping[str, Option]) -> str:
    return "; ".join(f"`{name}`: {about.doc}" for name, about in options.items())


def measures() -> str:
    """The table of measures."""
    rows = [f"| `{one.name}` | {one.unit} | {one.meaning} | {_options(one.options)} |" for one in MEASURES.values()]
    return "\n".join(["| measure | unit | what it is | options |", "| --- | --- | --- | --- |", *rows])


def of_data() -> str:
    """The table of the estimators that come with groundswell."""
    ours = [one for one in estimators().values() if one.do.__module__.startswith("groundswell.")]
    rows = [f"| `{one.name}` | {one.unit} | {one.meaning} | {_options(one.options)} |" for one in ours]
    return "\n".join(["| estimator | unit | what it counts | options |", "| --- | --- | --- | --- |", *rows])


def page(text: str) -> str:
    """The page with its two tables as they are now."""
    for head, made in (("| measure |", measures()), ("| estimator |", of_data())):
        before, _, rest = text.partition(head)
        _, gap, after = rest.partition("\n\n")
        text = f"{before}{made}{gap}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
