"""The documentation page of each published model, and their index, from the reproductions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from groundswell.reproductions.published import Comparison, Outcome, Reproduction
from groundswell.reproductions.telling import cells_of, counts, remark

ABOUT = """# Models of the field

Each is a ready model in `groundswell.models`, written in the public interface that your own would use, with what is published or proved of
it beside what it gives here. "Reproduced" means within the tolerance that the page states; a line that differs says why.

Above its lines each table says where their numbers come from. A *closed form* follows from the rule by mathematics, and the paper need not
print it; *from memory* means that the text could not be had and the number wants checking.

```
groundswell models                        # all models
groundswell reproduce granovetter_1978    # the table and the figure of one
groundswell reproduce --all
groundswell explain --model granovetter_1978
```
"""

LEFT_OUT = """
## Models that are not here

A model whose rule we could not read is left out: a guess under a paper's name would be worse than none. Whoever has the text at hand can
add it (see [CONTRIBUTING](../../CONTRIBUTING.md)).

* Lohmann (1994), The dynamics of informational cascades, World Politics 47(1): missing are the signals, the payoffs and the cut-points;
  only abstracts could be read.
* Moro (2016), Understanding the dynamics of violent political revolutions, PLoS ONE 11(4), e0154175: missing are how citizens,
  revolutionaries and police decide, move and fight, and the table of parameters; only the introduction and the outcomes could be read.
* Bonnasse-Gahot et al. (2018), Epidemiological modelling of the 2005 French riots, Scientific Reports 8, 107: missing are the equations,
  the kernel over distance and the fitted parameters; only accounts of them could be read.
"""


def page(reproduction: Reproduction, outcome: Outcome) -> str:
    """The page of one model, in Markdown; its figure stands beside it as NAME.svg."""
    r = reproduction
    source = r.citation.strip() + (f" [doi:{r.doi}](https://doi.org/{r.doi})" if r.doi else "")
    parts = [
        f"# {r.title}",
        source,
        "## The rule",
        r.rule.strip(),
        "## Use",
        f"```python\n{r.use.strip()}\n```",
        f"Parameters and columns: `groundswell explain --model {r.name}`. The model is `src/groundswell/models/{r.name}.py`.",
        "## Published and ours",
        _table(outcome),
        "\n".join(f"{k}. {reason}" for k, reason in enumerate(_reasons(outcome), 1)),
        f"![{r.title}]({r.name}.svg)",
        r.caption.strip(),
    ]
    if r.left_out.strip():
        parts += ["## Not reproduced", r.left_out.strip()]
    parts.append(f"Repeat it: `groundswell reproduce {r.name}`.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(outcome: Outcome) -> str:
    """What is published and what is ours; where it is published stands above the lines that it holds for."""
    rows = ["| what | published | ours | tolerance | verdict |", "| --- | --- | --- | --- | --- |"]
    reasons, where = _reasons(outcome), ""
    for line in outcome.table:
        if line.where != where:
            rows.append(f"| *{_cell(line.where)}* | | | | |")
            where = line.where
        mark = f" ({reasons.index(_reason(line)) + 1})" if remark(line) else ""
        rows.append("| " + " | ".join(_cell(cell) for cell in (*cells_of(line), line.verdict + mark)) + " |")
    return "\n".join(rows)


def _reason(line: Comparison) -> str:
    """Why a line differs, or that it should not."""
    return line.reason if line.expected else remark(line)


def _reasons(outcome: Outcome) -> list[str]:
    """What is told of lines that differ, each once, in their order."""
    return list(dict.fromkeys(_reason(line) for line in outcome.table if remark(line)))


def _cell(text: str) -> str:
    """What keeps a table of Markdown whole."""
    return " ".join(text.split()).replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def index(done: Iterable[tuple[Reproduction, Outcome]]) -> str:
    """The page that lists all, by year."""
    rows = ["| year | model | what it is | reproduced | differ for a reason |", "| --- | --- | --- | --- | --- |"]
    total = [0, 0]
    for r, outcome in sorted(done, key=lambda pair: (year(pair[0].name, pair[0].citation), pair[0].name)):
        good, known, _ = counts(outcome.table)
        total = [total[0] + good, total[1] + known]
        told = (year(r.name, r.citation), f"[{r.name}]({r.name}.md)", _cell(r.title), str(good), str(known or ""))
        rows.append(f"| {' | '.join(told)} |")
    rows.append(f"| | all | | {total[0]} | {total[1]} |")
    return ABOUT + "\n" + "\n".join(rows) + "\n" + LEFT_OUT


def year(*texts: str) -> str:
    """The first year in these texts, as at the end of a model's name or in its citation; "" where there is none."""
    found = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ".join(texts))
    return found[0] if found else ""


def files(done: Sequence[tuple[Reproduction, Outcome]]) -> dict[str, str]:
    """Every file of the folder of pages: pages and figures by model, and the index; text by name."""
    from groundswell.reproductions.drawing import as_svg

    found = {"README.md": index(done)}
    for reproduction, outcome in done:
        found[f"{reproduction.name}.md"] = page(reproduction, outcome)
        found[f"{reproduction.name}.svg"] = as_svg(reproduction, outcome.data)
    return found
