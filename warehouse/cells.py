"""Cells that no spreadsheet runs as a formula, for every table that leaves the house."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins with one of these is run as a formula by some spreadsheet (ASVS 1.2.10)."""


def harmless(value: Any) -> Any:
    """A text cell with a leading quote where it would otherwise be run as a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
