"""Puts the screen of the demo into the README: run it after a change of results, with nothing else running.

python tools/make_screen.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
NAME = "groundswell-demo.html"


def main() -> None:
    """Run the demo twice and keep what the second one prints."""
    with tempfile.TemporaryDirectory() as folder:
        here = {**os.environ, "PYTHONPATH": str(README.with_name("src"))}
        command = [sys.executable, "-m", "groundswell", "demo", "--quiet", "--out", NAME]
        for _ in range(2):  # the first time may compile
            screen = subprocess.run(command, cwd=folder, env=here, stdout=subprocess.PIPE, text=True, check=True).stdout
    text = README.read_text(encoding="utf-8")
    README.write_text(re.sub(r"(?<=```text\n).*?(?=```)", lambda _: screen, text, count=1, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    main()
