"""Plain Python functions, compiled on demand by numba, with a cache that notices an edited helper.

A step is an ordinary function; so are the helpers it calls. `Compiler` rebinds the helpers in its globals to their
compiled selves, recursively, so that mechanism files need not import numba. The same function runs uncompiled.

numba's own cache looks at the file of the function only and lies beside the source. Ours stamps an entry with the
source of the function and of every helper that it reaches, and lives in a private folder of the user (mode 0700).
It is the one place where a pickle is read; nothing of it is ever shared with a study.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

Function = Callable[..., Any]
# Left to the compiler's own judgement these are called, not inlined, and the loop over people is not vectorised (7 times slower).
ALWAYS_INLINED = frozenset({"philox_round", "philox4x32", "bump"})


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


def source_stamp(function: Function) -> str:
    """A hash of the source of a function, of its plain constants and of every helper it reaches."""
    seen: dict[str, str] = {}

    def visit(f: Function) -> None:
        name = f"{f.__module__}.{f.__qualname__}"
        if name in seen:
            return
        seen[name] = inspect.getsource(f)
        constants = {n: f.__globals__[n] for n in f.__code__.co_names if isinstance(f.__globals__.get(n), (int, float))}
        seen[name] += repr(sorted(constants.items()))
        for helper in helpers(f).values():
            visit(helper)

    visit(function)
    text = "\n".join(f"{name}\n{source}" for name, source in sorted(seen.items()))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def cache_folder() -> Path:
    """Where compiled steps are kept: private to the user; `GROUNDSWELL_CACHE` names another place."""
    from platformdirs import user_cache_path

    base = os.environ.get("GROUNDSWELL_CACHE")
    folder = (Path(base) if base else user_cache_path("groundswell")) / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@functools.cache
def _cache_class() -> Any:
    from numba.core import caching

    class Locator(caching._CacheLocator):  # type: ignore[misc, unused-ignore]
        def __init__(self, function: Function) -> None:
            self.stamp = source_stamp(function)
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
            except (OSError, TypeError):  # no source (an interactive session) or no writable folder: compile each time
                return None

    class Implementation(caching.CompileResultCacheImpl):  # type: ignore[misc, unused-ignore]
        _locator_classes = [Locator]  # noqa: RUF012 - the name and kind are numba's

    class Cache(caching.FunctionCache):  # type: ignore[misc, unused-ignore]
        _impl_class = Implementation

    return Cache


@functools.cache
def _compiled(function: Function) -> Function:
    import numba

    scope = dict(function.__globals__)
    for name, helper in helpers(function).items():
        scope[name] = _inlined(helper)
    code = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    code.__module__, code.__qualname__ = function.__module__, function.__qualname__
    dispatcher = numba.njit(nogil=True, boundscheck=False, error_model="numpy")(code)
    try:
        dispatcher._cache = _cache_class()(function)
    except (RuntimeError, OSError):  # no place for a cache: still correct, only slower to start
        pass
    return dispatcher  # type: ignore[no-any-return, unused-ignore]


@functools.cache
def _inlined(function: Function) -> Function:
    import numba

    scope = dict(function.__globals__)
    for name, helper in helpers(function).items():
        scope[name] = _inlined(helper)
    code = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    code.__module__, code.__qualname__ = function.__module__, function.__qualname__
    inline = "always" if function.__name__ in ALWAYS_INLINED else "never"
    return numba.njit(nogil=True, boundscheck=False, error_model="numpy", inline=inline)(code)  # type: ignore[no-any-return, unused-ignore]


def compiled(function: Function) -> Function:
    """The compiled twin of a plain function: releases the GIL, strict IEEE arithmetic, cached on disk."""
    return _compiled(function)
