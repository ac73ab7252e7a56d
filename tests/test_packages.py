"""What is installed with groundswell is declared and pinned, and how its wheel and sdist are checked. No network."""

from __future__ import annotations

import ast
import re
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.pinned import DECLARED, EXTRAS, PLAIN, ROOT, pins, tool

MINORS = ("3.11", "3.12", "3.13")
# what an import is called where the package is called otherwise
PACKAGE = {"sklearn": "scikit-learn"}


@pytest.fixture(scope="module")
def locking() -> Iterator[ModuleType]:
    yield from tool("make_constraints")


@pytest.fixture(scope="module")
def checking() -> Iterator[ModuleType]:
    yield from tool("check_packages")


def pinned(minor: str) -> dict[str, str]:
    """Versions by name on one Python; fails where a name has two."""
    held: dict[str, str] = {}
    for name, version, line in pins():
        if line.marker is None or line.marker.evaluate({"python_version": minor}):
            assert name not in held, f"{name} is pinned twice on {minor}"
            held[name] = version
    return held


# --- what is declared, and what is pinned


@pytest.mark.parametrize("minor", MINORS)
def test_every_requirement_has_one_pin_that_suits_it(minor: str) -> None:
    held = pinned(minor)
    for one in DECLARED:
        if one.marker is None or one.marker.evaluate({"python_version": minor}):
            assert one.specifier.contains(held.get(canonicalize_name(one.name), "nothing")), (
                f"{one}: {held.get(canonicalize_name(one.name))}"
            )


def test_what_these_bring_along_is_pinned_too() -> None:
    held = pinned(f"3.{sys.version_info.minor}")
    todo, seen = list(DECLARED), set()
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        applies = one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))
        if not applies or (name, tuple(sorted(one.extras))) in seen:
            continue
        seen.add((name, tuple(sorted(one.extras))))
        assert name in held, f"{name} is not in constraints.txt: run tools/make_constraints.py"
        try:
            below = [Requirement(line) for line in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:
            continue  # an extra that this environment does not have
        todo += [r for r in below if r.marker is None or any(r.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))]
    assert len(seen) > len(DECLARED) / 2


def test_one_requirement_reads_the_same_in_every_extra() -> None:
    said: dict[str, set[str]] = {}
    for one in DECLARED:
        said.setdefault(canonicalize_name(one.name), set()).add(str(one))
    assert {name: lines for name, lines in said.items() if len(lines) > 1} == {}


def test_what_src_imports_is_declared() -> None:
    declared = {
        canonicalize_name(one.name)
        for one in [*PLAIN, *(one for extra, some in EXTRAS.items() if extra not in ("test", "dev") for one in some)]
    }
    imported = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    theirs = imported - set(sys.stdlib_module_names) - {"groundswell"}
    # dask is named by what is imported of it, and is what `distributed` is made for
    assert {PACKAGE.get(name, name) for name in theirs} - declared - {"dask"} == set()
    assert theirs >= {"numpy", "polars", "sklearn"}


def test_every_message_names_an_extra_that_there_is() -> None:
    named = set()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]:
        for found in re.findall(r"groundswell\[([\w,]+)\]", path.read_text(encoding="utf-8")):
            named |= set(found.split(","))
    assert named <= set(EXTRAS)
    assert "fit" in named


@pytest.mark.xdist_group("together")
def test_groups_of_tests_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist says so in the name of a test, and silently scatters them with a pytest that it does not understand."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("these tests do not run in groups (start.py test runs them so)")
    assert request.node.nodeid.endswith("@together")


# --- constraints.txt and how it is made


def test_constraints_are_as_the_tool_writes_them(locking: ModuleType) -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    names = {canonicalize_name(pin.name): pin.name for pin in locking.pins(text)}
    assert locking.merged({minor: {names[name]: version for name, version in pinned(minor).items()} for minor in MINORS}) == text


def test_where_pythons_differ_there_is_a_marker(locking: ModuleType) -> None:
    text = locking.merged({"3.11": {"Zipp": "1", "numpy": "2.4"}, "3.12": {"numpy": "2.4"}, "3.13": {"numpy": "2.5", "new": "7"}})
    assert text.splitlines()[1:] == [
        'new==7 ; python_version >= "3.13"',
        'numpy==2.4 ; python_version < "3.13"',
        'numpy==2.5 ; python_version >= "3.13"',
        'Zipp==1 ; python_version < "3.12"',
    ]
    assert locking.marker(["3.12"]) == 'python_version >= "3.12" and python_version < "3.13"'
    assert locking.marker(["3.11", "3.13"]) == 'python_version == "3.11" or python_version == "3.13"'
    assert locking.marker(list(MINORS)) == ""


def test_renewing_lets_go_of_what_is_named(locking: ModuleType) -> None:
    text = "# head\nnumpy==1 ; python_version < '3.12'\nscikit_learn==2\n"
    assert locking.kept(text, None) == ['numpy==1; python_version < "3.12"', "scikit_learn==2"]
    assert locking.kept(text, ["scikit-learn"]) == ['numpy==1; python_version < "3.12"']
    assert locking.kept(text, []) == []
    with pytest.raises(SystemExit, match=r"not in constraints\.txt: nunpy"):
        locking.kept(text, ["nunpy"])


@pytest.mark.parametrize("line", ["numpy>=1", "numpy", "numpy==1.*", "numpy==1,!=2"])
def test_a_pin_is_exact(locking: ModuleType, line: str) -> None:
    with pytest.raises(ValueError, match="no exact version"):
        locking.pins(line)


def test_a_later_python_takes_the_versions_of_an_earlier_one_where_it_can(locking: ModuleType, monkeypatch: Any, capsys: Any) -> None:
    asked: list[tuple[str, list[str]]] = []

    def resolve(python: str, pip: Any, folder: Any, known: list[str]) -> Any:
        asked.append((python, known))
        if python == "C" and "a==1" in known:
            raise locking.NoSolutionError("a 1 is too old for C")
        about = {"A": {"a": "1", "b": "1", "d": "5"}, "B": {"a": "1", "c": "3"}, "C": {"a": "2", "c": "4"}}[python]
        return {"install": [{"metadata": {"name": n, "version": v}} for n, v in {"groundswell": "0", **about}.items()]}

    monkeypatch.setattr(locking, "resolve", resolve)
    found = locking.every_version(["b==1"], dict(zip(MINORS, "ABC", strict=True)), None, None)
    assert [(python, set(known)) for python, known in asked] == [
        ("A", {"b==1"}),
        ("B", {"b==1", "a==1", "d==5"}),
        ("C", {"b==1", "a==1", "d==5", "c==3"}),
        ("C", {"b==1"}),
    ]
    assert found == {"3.11": {"a": "1", "b": "1", "d": "5"}, "3.12": {"a": "1", "c": "3"}, "3.13": {"a": "2", "c": "4"}}
    assert "a 1 is too old for C" in capsys.readouterr().out


# --- the check of wheel and sdist; .ci/run does it whole


@pytest.mark.parametrize(("change", "told"), [("less", "  - groundswell/py.typed"), ("more", "  + secret.csv"), ("licence", "no LICENSE")])
def test_a_wheel_has_every_file_of_src_and_no_other(checking: ModuleType, tmp_path: Path, change: str, told: str) -> None:
    names = {
        str(p.relative_to(ROOT / "src")) for p in (ROOT / "src").rglob("*") if p.is_file() and p.suffix not in (".pyc", ".nbi", ".nbc")
    }
    names |= {"groundswell-0.dist-info/METADATA", "groundswell-0.dist-info/licenses/LICENSE"}

    def wheel(names: set[str]) -> Path:
        with zipfile.ZipFile(tmp_path / "a.whl", "w") as file:
            for name in names:
                file.writestr(name, "")
        return tmp_path / "a.whl"

    checking.check_wheel(wheel(names))
    changed = {
        "less": names - {"groundswell/py.typed"},
        "more": names | {"secret.csv"},
        "licence": names - {"groundswell-0.dist-info/licenses/LICENSE"},
    }[change]
    with pytest.raises(checking.WrongError, match=re.escape(told)):
        checking.check_wheel(wheel(changed))


def test_a_command_that_fails_is_told_with_what_it_printed(checking: ModuleType, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    code = "import os\nprint(os.environ.get('PYTHONPATH'), os.getcwd())"
    assert checking.call(sys.executable, "-c", code, cwd=tmp_path).split() == ["None", str(tmp_path)]
    with pytest.raises(checking.WrongError, match=r"(?s)-c \.\.\.\nended with 3:\nbefore\n"):
        checking.call(sys.executable, "-c", "import sys\nprint('before')\nsys.exit(3)", cwd=tmp_path)


def test_another_hash_elsewhere_is_wrong(checking: ModuleType, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(checking, "find_python", Path)
    monkeypatch.setattr(checking, "call", lambda *command, cwd: "")
    monkeypatch.setattr(checking, "clean", lambda python, package, extra, folder: extra or "state hash 1")
    said: list[str] = []
    checking.everywhere(["3.11", "3.12"], Path("a.whl"), Path("a.tar.gz"), tmp_path, said.append)
    assert len(said) == 2 * (2 + len(EXTRAS))
    monkeypatch.setattr(checking, "clean", lambda python, package, extra, folder: extra or f"state hash {python}")
    with pytest.raises(checking.WrongError, match="ended differently"):
        checking.everywhere(["3.11", "3.12"], Path("a.whl"), Path("a.tar.gz"), tmp_path, said.append)
    monkeypatch.setattr(checking, "find_python", lambda minor: None)
    with pytest.raises(checking.WrongError, match=r"Python 3\.13 is not here"):
        checking.everywhere(["3.13"], Path("a.whl"), Path("a.tar.gz"), tmp_path, said.append)
