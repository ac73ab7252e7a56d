"""Nothing that reaches state calls a library's transcendental function: its last bits differ between platforms and versions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import groundswell

SOURCE = Path(groundswell.__file__).parent
EXACT = {"frexp", "floor", "isfinite", "isqrt"}
# Correctly rounded by IEEE 754, so the same everywhere; `side` takes the whole part for whole numbers up to 2**31.
ROUNDED = {("permute.py", "side", "sqrt"), ("permute.py", "sides", "sqrt")}
FORBIDDEN = {
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "logaddexp",
    "logaddexp2",
    "power",
    "float_power",
    "pow",
    "sqrt",
    "cbrt",
    "hypot",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "arctan2",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
    "asinh",
    "acosh",
    "atanh",
    "std",
    "var",
    "linalg",
    "fft",
    "random",
    "i0",
    "sinc",
    "dot",
    "vdot",
    "inner",
    "matmul",
    "tensordot",
    "einsum",
    "interp",
    "ldexp",
}
CORE = ("arithmetic", "draws", "permute", "ties", "sweep", "drive", "layers", "grid", "now", "parameters", "columns")
FILES = [
    *sorted((SOURCE / "mechanisms").glob("*.py")),
    SOURCE / "lookups.py",
    SOURCE / "society.py",
    *(SOURCE / "core" / f"{n}.py" for n in CORE),
]


def is_whole(node: ast.AST) -> bool:
    """Whether it is a whole number that is written out."""
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def forbidden(node: ast.AST) -> Iterator[str]:
    """What one node uses of libm, as a name."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        library, name = node.value.id, node.attr
        if name not in EXACT and (library in ("math", "cmath") or (library in ("np", "numpy") and name in FORBIDDEN)):
            yield name
    if isinstance(node, ast.Attribute) and node.attr in ("std", "var", "dot"):
        yield node.attr
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.MatMult)) and not (is_whole(node.left) and is_whole(node.right)):
        yield "**"
    if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Pow, ast.MatMult)):
        yield "**="
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "pow":
        yield "pow"
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("math", "cmath", "numpy", "scipy"):
        yield from (a.name for a in node.names if a.name not in {"typing", *EXACT})


def uses_of_libm(text: str, file: str) -> list[str]:
    """Every use in a source text, with its line and function."""

    def visit(node: ast.AST, where: str) -> Iterator[str]:
        where = node.name if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else where
        yield from (
            f"{file}:{getattr(node, 'lineno', 0)} {where}: {name}" for name in forbidden(node) if (file, where, name) not in ROUNDED
        )
        for child in ast.iter_child_nodes(node):
            yield from visit(child, where)

    return list(visit(ast.parse(text), ""))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_libm(path: Path) -> None:
    assert not uses_of_libm(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize(
    "text",
    [
        *("np.exp(x)", "math.exp(x)", "x ** 2", "x **= y", "2 ** x", "np.sqrt(x)", "math.sqrt(x)", "pow(x, 2)", "from math import log"),
        *("from numpy import exp", "np.power(x, 2)", "x.std()", "np.linalg.norm(x)", "a @ b", "np.random.default_rng()"),
    ],
)
def test_the_check_itself(text: str) -> None:
    assert uses_of_libm(text, "x.py")


def test_what_is_exact_is_allowed() -> None:
    assert not uses_of_libm("y = 2 ** 32 + math.frexp(x)[0] + np.floor(x) + exp(x) + log(x) + np.maximum(a, b)", "x.py")
