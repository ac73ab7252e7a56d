"""Ask a database of known weaknesses about every package in constraints.txt.

    python tools/audit.py                   # PyPI's own database (the one of the Python Packaging Authority)
    python tools/audit.py --index URL       # the same from a mirror that serves its JSON pages

Exit status: 0 all were asked and nothing is known; 1 something is known; 2 at least one could not be asked, whatever the others said. A
package that is skipped is never taken for a sound one. PyPI answers for one version (`NAME/VERSION/json`); where a mirror lacks that page,
the page of the project (`NAME/json`) does for its newest version, and for no other. The database is also asked about a package that is
known to be weak: one that knows nothing of that knows nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from make_constraints import CONSTRAINTS, pins, version_of
from packaging.utils import canonicalize_name

INDEX = "https://pypi.org/pypi"
AT_ONCE = 4  # questions at a time
WAIT = 30  # seconds for an answer
LARGEST = 50_000_000  # bytes of an answer
# Weak for good: its authors mean to leave CVE-2024-23342 as it is, in every version.
CANARY = "ecdsa"

Fetch = Callable[[str], Any]  # the JSON at an address; None where there is no such page


class UnansweredError(Exception):
    """A question without an answer; its text says why."""


@dataclass(frozen=True)
class Answer:
    """What the database says of one version.

    Attributes:
        name: the package.
        version: its version.
        known: what is known against it: identifiers and, where there is one, the version that mends it.
        unanswered: why it could not be asked; empty where it was.
    """

    name: str
    version: str
    known: tuple[str, ...] = ()
    unanswered: str = ""


def fetch(address: str) -> Any:
    """The JSON at an address, or None where there is no such page.

    Raises:
        UnansweredError: no answer, or one that is no JSON.
    """
    try:
        with urllib.request.urlopen(address, timeout=WAIT) as answer:
            return json.loads(answer.read(LARGEST))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise UnansweredError(f"{address}: {error}") from None
    except (OSError, ValueError) as error:
        raise UnansweredError(f"{address}: {error}") from None


def told(entry: Any) -> str:
    """A weakness in a line: its identifiers and what mends it."""
    names = dict.fromkeys([str(entry.get("id", "without a name")), *map(str, entry.get("aliases") or [])])
    fixed = ", ".join(map(str, entry.get("fixed_in") or []))
    return f"{' '.join(names)} ({f'mended in {fixed}' if fixed else 'not mended'})"


def entries(page: Any, name: str, version: str | None = None) -> list[Any]:
    """The weaknesses on a page, of that version where one is given, but for those withdrawn.

    Raises:
        UnansweredError: the page is not about this version, or says nothing of weaknesses.
    """
    about = page.get("info") if isinstance(page, dict) else None
    if not isinstance(about, dict) or canonicalize_name(str(about.get("name"))) != canonicalize_name(name):
        raise UnansweredError("the answer is about another package")
    if version is not None and about.get("version") != version:
        raise UnansweredError(f"the index has no page for this version, and that of the project speaks of {about.get('version')} only")
    found = page.get("vulnerabilities")
    if not isinstance(found, list):
        raise UnansweredError("the answer says nothing of weaknesses")
    return [entry for entry in found if not entry.get("withdrawn")]


def ask(index: str, name: str, version: str, fetch: Fetch = fetch) -> Answer:
    """What is known of one version."""
    try:
        page = fetch(f"{index}/{name}/{version}/json")
        if page is None:
            page = fetch(f"{index}/{name}/json")
        if page is None:
            raise UnansweredError("the index has no page for it")
        return Answer(name, version, tuple(told(entry) for entry in entries(page, name, version)))
    except UnansweredError as error:
        return Answer(name, version, unanswered=str(error))


def is_blind(index: str, fetch: Fetch = fetch) -> str:
    """Why the database cannot be trusted, from what it says of `CANARY`; empty where it can."""
    try:
        page = fetch(f"{index}/{CANARY}/json")
        if page is None:
            raise UnansweredError("the index has no page for it")
        return "" if entries(page, CANARY) else "nothing is known of it, though it is weak: this database is empty"
    except UnansweredError as error:
        return str(error)


def report(answers: Sequence[Answer], blind: str) -> tuple[str, int]:
    """What to print, and the exit status, of answers from a database that is `blind` for that reason, or not."""
    weak = [one for one in answers if one.known]
    dumb = [one for one in answers if one.unanswered]
    lines = [f"WEAK    {one.name} {one.version}: {what}" for one in weak for what in one.known]
    lines += [f"SKIPPED {one.name} {one.version}: {one.unanswered}" for one in dumb]
    lines += [f"SKIPPED the check of the database itself, by {CANARY}: {blind}"] * bool(blind)
    lines.append(f"{len(answers)} packages: {len(answers) - len(dumb)} asked, {len(weak)} with known weaknesses, {len(dumb)} skipped")
    if dumb or blind or not answers:
        return "\n".join([*lines, "FAILED: not everything could be asked, so this says nothing of what was skipped."]), 2
    return "\n".join(lines), 1 if weak else 0


def main(arguments: Sequence[str] | None = None, fetch: Fetch = fetch) -> int:
    """Ask about all, and print what is wrong."""
    parser = argparse.ArgumentParser(
        description="Ask about known weaknesses of the packages in constraints.txt: 0 none, 1 some, 2 skipped some."
    )
    parser.add_argument("--index", default=INDEX, metavar="URL", help="where the JSON pages are [%(default)s]")
    index = parser.parse_args(arguments).index.rstrip("/")
    wanted = [(pin.name, version_of(pin)) for pin in pins(CONSTRAINTS.read_text(encoding="utf-8"))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda one: ask(index, one[0], one[1], fetch), wanted))
    text, status = report(answers, is_blind(index, fetch))
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
