"""What a build has changed: by this, what is checked, hashed and written follows what is new."""

from __future__ import annotations

from dataclasses import dataclass

TOUCHED = "temp.touched"
"""The pairs a refresh computes again, as `pair_id`; NULL where an event is of no pair."""

IN_TOUCHED = f"pair_id in (select pair_id from {TOUCHED})"


@dataclass(frozen=True, slots=True)
class Altered:
    """The tables whose rows may be others than before; those `in_touched` in rows of TOUCHED pairs alone.

    The log was checked up to `log_checked`, a position, and has only grown since; 0 where nobody knows.
    """

    tables: frozenset[str]
    in_touched: frozenset[str] = frozenset()
    log_checked: int = 0
