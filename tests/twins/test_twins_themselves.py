"""The twins (second entries of published models, made without sight of the first) against published numbers and hand counts."""

import importlib.util
from pathlib import Path
from types import FunctionType

import pytest


def _checks() -> list:
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith(("test_", "conftest")):
            continue
        spec = importlib.util.spec_from_file_location(f"twin_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        checks = {name: value for name, value in vars(module).items() if name.startswith("test_") and isinstance(value, FunctionType)}
        assert checks, f"{path.name} checks nothing"
        found += [pytest.param(check, id=f"{path.stem}-{name.removeprefix('test_')}") for name, check in checks.items()]
    return found


@pytest.mark.parametrize("check", _checks())
def test_a_twin_keeps_to_its_paper(check):
    check()
