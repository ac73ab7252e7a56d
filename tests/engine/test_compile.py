"""The cache of compiled steps notices every edit, is private, and survives damage."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from groundswell.core import compile as compiling

ROOT = Path(__file__).resolve().parents[2]

HELPER = """
FACTOR = {factor}
TABLE = (1.0, {table})
def helper(x):
    return x * FACTOR + {offset} + TABLE[1]
"""
CALLER = """
from my_helper import helper
def outer(x):
    return helper(x)
def step(out):
    for i in range(out.size):
        out[i] = outer(i)
"""
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from my_step import step
from groundswell.core.compile import compiled
out = np.zeros(3)
f = compiled(step)
f(out)
print(out.tolist(), sum(f.stats.cache_hits.values()) if hasattr(f, "stats") else "")
"""


def python(code: str, *arguments: object, **environ: str) -> str:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"} | environ
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder: Path, factor: float = 2.0, offset: float = 1.0, table: float = 0.0) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "my_helper.py").write_text(HELPER.format(factor=factor, offset=offset, table=table))
    (folder / "my_step.py").write_text(CALLER)


@pytest.mark.compiled
def test_an_edited_helper_is_noticed(tmp_path: Path) -> None:
    code, cache = tmp_path / "code", str(tmp_path / "cache")

    def result() -> str:
        return python(SCRIPT, code, GROUNDSWELL_CACHE=cache)

    write(code)
    assert result() == "[1.0, 3.0, 5.0] 0"
    assert result() == "[1.0, 3.0, 5.0] 1"
    write(code, offset=2.0)
    assert result() == "[2.0, 4.0, 6.0] 0"
    write(code, offset=2.0, factor=5.0)
    assert result() == "[2.0, 7.0, 12.0] 0"
    write(code, offset=2.0, factor=5.0, table=10.0)
    assert result() == "[12.0, 17.0, 22.0] 0"
    write(code)
    assert result() == "[1.0, 3.0, 5.0] 1"


@pytest.mark.compiled
def test_edited_after_import(tmp_path: Path) -> None:
    """What is stored belongs to the code that ran, not to the file as it is by then."""
    code, cache = tmp_path / "code", str(tmp_path / "cache")
    write(code)
    edit = f"from pathlib import Path; p = Path({str(code / 'my_helper.py')!r}); p.write_text(p.read_text().replace('1.0 +', '2.0 +'))\n"
    assert python(SCRIPT.replace("out = np", edit + "out = np"), code, GROUNDSWELL_CACHE=cache) == "[1.0, 3.0, 5.0] 0"
    assert "2.0 +" in (code / "my_helper.py").read_text()
    assert python(SCRIPT, code, GROUNDSWELL_CACHE=cache) == "[2.0, 4.0, 6.0] 0"


@pytest.mark.compiled
def test_without_source(tmp_path: Path) -> None:
    code = tmp_path / "code"
    write(code)
    bare = SCRIPT.replace("from my_step import step", "exec(compile(open(sys.argv[1] + '/my_step.py').read(), '<typed>', 'exec'))")
    for _ in range(2):
        assert python(bare, code, GROUNDSWELL_CACHE=str(tmp_path / "cache")).startswith("[1.0, 3.0, 5.0]")


@pytest.mark.compiled
def test_closures_do_not_share_an_entry(tmp_path: Path) -> None:
    code = """
import numpy as np
from groundswell.core.compile import compiled
def make(k):
    def step(out):
        out[0] = k
    return step
out = np.zeros(1)
for k in (1.0, 2.0, 3.0):
    compiled(make(k))(out)
    print(out[0])
"""
    for _ in range(2):
        assert python(code, GROUNDSWELL_CACHE=str(tmp_path / "cache")).split() == ["1.0", "2.0", "3.0"]


@pytest.mark.compiled
def test_damaged_files_are_compiled_again(tmp_path: Path) -> None:
    code, cache = tmp_path / "code", tmp_path / "cache"
    write(code)
    fresh = "[1.0, 3.0, 5.0]"
    assert python(SCRIPT, code, GROUNDSWELL_CACHE=str(cache)).startswith(fresh)
    files = sorted((cache / "kernels").glob("*.nb?"))
    assert {p.suffix for p in files} == {".nbi", ".nbc"}
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 4]) + whole[len(whole) // 2 + 1 :])
        assert python(SCRIPT, code, GROUNDSWELL_CACHE=str(cache)) == f"{fresh} 0"
    assert python(SCRIPT, code, GROUNDSWELL_CACHE=str(cache)) == f"{fresh} 1"


@pytest.mark.compiled
def test_every_kind_of_damage_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path))

    def fresh() -> int:
        import numpy as np
        from tests.engine.test_compile import plain

        compiling.compiled.cache_clear()
        f, out = compiling.compiled(plain), np.zeros(2)
        f(out)
        assert out.tolist() == [7.0, 7.0]
        return sum(f.stats.cache_hits.values())  # type: ignore[attr-defined]

    assert (fresh(), fresh()) == (0, 1)
    for path in sorted((tmp_path / "kernels").glob("*.nb?")):
        whole = path.read_bytes()
        for damaged in (b"", whole[:3], whole[:-1], whole + b"x", bytes(len(whole)), b"cos\nsystem\n(S'touch hacked'\ntR." * 9):
            path.write_bytes(damaged)
            assert fresh() == 0
            assert fresh() == 1
    assert not (ROOT / "hacked").exists()
    compiling.compiled.cache_clear()


def plain(out: object) -> None:
    for i in range(out.size):  # type: ignore[attr-defined]
        out[i] = 7.0  # type: ignore[index]


def test_the_folder_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "a" / "b"))
    before = os.umask(0)
    try:
        folder = compiling.cache_folder()
    finally:
        os.umask(before)
    assert folder == tmp_path / "a" / "b" / "kernels"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert compiling.cache_folder() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if hasattr(os, "getuid"):
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        with pytest.raises(PermissionError, match="another user"):
            compiling.cache_folder()


@pytest.mark.compiled
def test_no_folder_no_cache(tmp_path: Path) -> None:
    write(tmp_path / "code")
    (tmp_path / "file").write_text("in the way")
    assert python(SCRIPT, tmp_path / "code", GROUNDSWELL_CACHE=str(tmp_path / "file")) == "[1.0, 3.0, 5.0] 0"
