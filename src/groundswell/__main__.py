"""`python -m groundswell`."""

from __future__ import annotations

from groundswell.cli import main

main()
