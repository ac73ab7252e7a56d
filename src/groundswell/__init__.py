"""groundswell: a laboratory for civil resistance under repression."""

from __future__ import annotations

__version__ = "0.1.0"
