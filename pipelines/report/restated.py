"""What a later edition says otherwise than the one before."""

from __future__ import annotations

import msgspec

from pipelines.report.model import Cell


class Restatement(msgspec.Struct, frozen=True):
    """One number that a new edition tells otherwise; empty where it was not told."""

    group: str
    measure: str
    before: str
    after: str
    n_before: int
    n_after: int
    why: str


def restatements(before: tuple[Cell, ...], after: tuple[Cell, ...], why: str) -> tuple[Restatement, ...]:
    """What a new edition tells otherwise than the one before, in the order of the report."""
    old = {cell.key: cell for cell in before}
    new = {cell.key: cell for cell in after}
    changes = []
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if was is None or now is None or (was.text, was.n) != (now.text, now.n):
            changes.append(
                Restatement(
                    *key,
                    was.text if was else "",
                    now.text if now else "",
                    was.n if was else 0,
                    now.n if now else 0,
                    why,
                )
            )
    return tuple(changes)
