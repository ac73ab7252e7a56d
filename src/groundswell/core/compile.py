"""Plain Python functions, compiled on demand by numba, with a cache that notices an edited helper.

A step is an ordinary function; so are the helpers it calls. `Compiler` rebinds the helpers in its globals to their
compiled selves, recursively, so that mechanism files need not import numba. The same function runs uncompiled.

numba's own cache looks at the file of the function only and lies beside the source. Ours stamps an entry with the
bytecode and the constants of the function and of every helper that it reaches (the source may have been edited since
it was imported, and need not exist), and lies in a private folder of the user (mode 0700). It is the one place where a
pickle is read, and only after a checksum; nothing of it is ever shared with a study.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Function = Callable[..., Any]
OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
SEAL = 16  # bytes of checksum before each cached file
# Left to the compiler's own judgement these are called, not inlined, and loops over people are not vectorised (7 times slower).
ALWAYS_INLINED = frozenset({"philox_round", "philox4x32", "bump"})  # by numba, which vectorises best
INLINED_LATE = frozenset(  # by LLVM: compiles faster
    {"permute_once", "unpermute_once", "keyed_share", "add_modulo", "split", "reciprocal"}
    | {"cell_at", "choose_cell", "enter_cell", "leave_cell", "move_agent", "recode_cell", "row_of_cell"}
)
# These make no arrays, so that references to those they are given need not be counted, which can take longer than what they do.
UNCOUNTED = frozenset(
    {"add_in_view", "choose_cell", "count_in_view", "enter_cell", "later_cell", "leave_cell", "move_agent", "pick_in_view"}
    | {"recode_cell", "return_agent", "seen_cell"}
)


def helpers(function: Function) -> dict[str, Function]:
    """The plain Python functions that a function refers to by global name."""
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes.extend(c for c in code.co_consts if isinstance(c, types.CodeType))
    found = {name: function.__globals__.get(name) for name in sorted(names)}
    return {name: f for name, f in found.items() if isinstance(f, types.FunctionType)}


def code_stamp(function: Function) -> str:
    """A hash of the bytecode of a function, of the values it refers to and of every helper it reaches.

    Raises:
        TypeError: it refers to something whose value has no lasting description; such a function is not cached.
    """
    seen: dict[Function, str] = {}

    def visit(f: Function) -> None:
        if f in seen:
            return
        seen[f] = ""
        names = {name for code in _codes(f.__code__) for name in code.co_names}
        values = {n: f.__globals__[n] for n in sorted(names) if n in f.__globals__}
        cells = [c.cell_contents for c in f.__closure__ or ()]
        seen[f] = f"{f.__module__}.{f.__qualname__}\n{_described((f.__code__, f.__defaults__, cells))}\n{_described(list(values.items()))}"
        for helper in (v for v in (*values.values(), *cells) if isinstance(v, types.FunctionType)):
            visit(helper)

    visit(function)
    text = "\n".join(
        [*sorted(seen.values()), repr(sorted(OPTIONS.items())), repr([sorted(ALWAYS_INLINED), sorted(INLINED_LATE), sorted(UNCOUNTED)])]
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _codes(code: types.CodeType) -> list[types.CodeType]:
    """A code object and those within it."""
    return [code, *(inner for c in code.co_consts if isinstance(c, types.CodeType) for inner in _codes(c))]


def _described(value: Any) -> str:
    """A text that two values share only if compiled code that freezes them is the same.

    Raises:
        TypeError: it is of a kind that has no such text.
    """
    if isinstance(value, types.CodeType):
        return f"{value.co_code.hex()}{value.co_names}{value.co_varnames}{value.co_argcount}{_described(value.co_consts)}"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({','.join(map(_described, value))})"
    if isinstance(value, frozenset):
        return f"frozenset({','.join(sorted(map(_described, value)))})"
    if isinstance(value, np.ndarray):
        return f"array({value.dtype.str},{value.shape},{hashlib.blake2b(np.ascontiguousarray(value).data).hexdigest()})"
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, types.ModuleType):
        return value.__name__
    if value is None or value is Ellipsis or isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        return f"{type(value).__name__}:{value!r}"
    raise TypeError(f"{type(value).__name__} has no lasting description")


def cache_folder() -> Path:
    """Where compiled steps are kept: private to the user; `GROUNDSWELL_CACHE` names another place."""
    from platformdirs import user_cache_path

    base = os.environ.get("GROUNDSWELL_CACHE")
    folder = (Path(base) if base else user_cache_path("groundswell")) / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    about = folder.stat()
    if hasattr(os, "getuid") and about.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    if about.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


@functools.cache
def _cache_class() -> Any:
    caching: Any = importlib.import_module("numba.core.caching")

    class SealedFile(caching.IndexDataCacheFile):  # type: ignore[misc, unused-ignore]
        """numba's index and data files, each behind a checksum; whatever does not match it is compiled again."""

        def _dump(self, obj: Any) -> bytes:
            data: bytes = super()._dump(obj)
            return hashlib.blake2b(data, digest_size=SEAL).digest() + data

        def _load(self, path: str) -> Any:
            data = Path(path).read_bytes()
            if hashlib.blake2b(data[SEAL:], digest_size=SEAL).digest() != data[:SEAL]:
                raise OSError(f"{path}: truncated or altered")
            return caching.pickle.loads(data[SEAL:])

        def _load_index(self) -> Any:
            try:
                version, stamp, overloads = self._load(self._index_path)
            except OSError:
                return {}
            return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

        def _save_index(self, overloads: Any) -> None:
            with self._open_for_write(self._index_path) as f:
                f.write(self._dump((self._version, self._source_stamp, overloads)))

        def _load_data(self, name: str) -> Any:
            return self._load(self._data_path(name))

    class Locator(caching._CacheLocator):  # type: ignore[misc, unused-ignore]
        def __init__(self, function: Function) -> None:
            self.stamp = code_stamp(function)
            self.folder = cache_folder()

        def get_cache_path(self) -> str:
            return str(self.folder)

        def get_source_stamp(self) -> str:
            return self.stamp

        def get_disambiguator(self) -> str:
            return self.stamp[:12]

        @classmethod
        def from_function(cls, py_func: Function, _py_file: str) -> Any:
            try:
                return cls(py_func)
            except (OSError, TypeError):  # no private folder, or no stamp: compile each time
                return None

    class Implementation(caching.CompileResultCacheImpl):  # type: ignore[misc, unused-ignore]
        _locator_classes = [Locator]  # noqa: RUF012 - the name and kind are numba's

    class Cache(caching.FunctionCache):  # type: ignore[misc, unused-ignore]
        _impl_class = Implementation

        def __init__(self, function: Function) -> None:
            super().__init__(function)
            self._cache_file = SealedFile(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())

        def save_overload(self, sig: Any, data: Any) -> None:
            with contextlib.suppress(OSError):  # a full disk: compiled again next time
                super().save_overload(sig, data)

    return Cache


def _rebound(function: Function) -> Function:
    """The function with the plain helpers in its globals replaced by their compiled selves."""
    scope = {**function.__globals__, **{name: _inlined(helper) for name, helper in helpers(function).items()}}
    code = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    code.__module__, code.__qualname__ = function.__module__, function.__qualname__
    return code


@functools.cache
def _inlined(function: Function) -> Function:
    numba: Any = importlib.import_module("numba")
    how = {"inline": "always" if function.__name__ in ALWAYS_INLINED else "never", "forceinline": function.__name__ in INLINED_LATE}
    if function.__name__ in UNCOUNTED:
        how["_nrt"] = False
    return numba.njit(**how, **OPTIONS)(_rebound(function))  # type: ignore[no-any-return]


@functools.cache
def compiled(function: Function) -> Function:
    """The compiled twin of a plain function: releases the GIL, strict IEEE arithmetic, cached on disk."""
    numba: Any = importlib.import_module("numba")
    dispatcher: Any = numba.njit(**OPTIONS)(_rebound(function))
    with contextlib.suppress(RuntimeError, OSError):  # no place for a cache: still correct, only slower to start
        dispatcher._cache = _cache_class()(function)
    return dispatcher  # type: ignore[no-any-return]


def numba_error() -> type[Exception]:
    """What numba raises where it cannot compile a function; asked for only once something was raised."""
    kind: type[Exception] = importlib.import_module("numba.core.errors").NumbaError
    return kind


HINTS = {
    "readonly": "what a step only reads cannot be written; put it into writes",
    "Untyped global name": "what a step finds outside itself is a number or a plain function; of a stream, its number",
}


def told(error: Exception) -> str:
    """What keeps a step from being compiled, in one sentence: which, where and why."""
    text = str(error)
    steps = re.findall(r"<function ([\w.<>]+) at", text)
    lines = [f"{Path(file).name} line {n}" for file, n in re.findall(r'File "([^"<]+)", line (\d+)', text)]
    reasons = re.findall(r"(?:Numba)?\w+Error: (.*)", text)
    first = (line for line in text.splitlines() if line.strip() and not line.startswith("Failed in nopython"))
    reason = reasons[-1] if reasons else next(first, text)
    hint = next((f" ({words})" for mark, words in HINTS.items() if mark in text), "")
    where = ", ".join([*steps[:1], *lines[:1]]) or "a step"
    return f"{where}: cannot be compiled: {reason.strip()}{hint}; compiled=False runs it as it stands"
