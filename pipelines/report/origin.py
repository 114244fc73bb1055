"""Where a report comes from, frozen, and what a later edition says otherwise."""

from __future__ import annotations

import hashlib

import msgspec

from pipelines.report.model import Cell


class Origin(msgspec.Struct, frozen=True):
    """What fixes every number of an edition. Instants are UTC, ISO 8601."""

    quarter: str
    program_id: str
    audience: str
    as_of: str
    known_at: str
    policy_fingerprint: str
    log_position: int
    log_hash: str
    """The head of the log's hash chain at that position."""
    mart_hash: str
    version: str

    @property
    def snapshot_hash(self) -> str:
        """One name for all of it: SHA-256 of its canonical JSON."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


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
