"""Lines of a delivery told apart: new, seen before, in conflict with what came first, or refused.

What came first is kept: an event whose id the log or an earlier line holds is a duplicate where it says the
same, and a conflict where it does not. DuckDB finds the few lines with an id that occurs more than once;
those are judged one after the other, in the order of the file.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.database import over
from warehouse.errors import EventRejected
from warehouse.events.codec import Decoded
from warehouse.log_tables import events_table

CHUNK = 20_000
"""Lines read one by one that are handled at once: bounds memory whatever the size of the file."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]

CONTENDED = """
with asked as materialized (select row, line, event_id, content_hash from stage),
held as materialized (
    select event_id, content_hash from log.event
    where rowid in (select rowid from log.event where event_id in (select event_id from asked))
),
contended as materialized (
    select event_id from held
    union
    select event_id from asked group by event_id having count(*) > 1
)
select asked.row, asked.line, asked.event_id, asked.content_hash, held.content_hash as first_hash
from asked left join held using (event_id)
where asked.line in (select line from asked where event_id in (select event_id from contended))
order by asked.line, asked.row
"""
"""The events of lines with an id that occurs more than once, among some lines (`stage`) or in the log.

The rows are found first and their hashes fetched then: the filter that DuckDB pushes into the scan of ids
lets so many by that it would read the hashes of the whole log along with them.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a delivery: its place, its raw bytes, and what it became."""

    number: int
    offset: int | None
    raw: bytes
    events: tuple[Decoded, ...] = ()
    rejected: EventRejected | None = None


def _no_plain_line(number: int) -> Line:
    raise LookupError(f"line {number} was read one by one")


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that follow one another, some read one by one, some decoded in bulk.

    `plain` holds the events of the latter, one a line, in the columns of `log_tables.events_table`;
    `plain_line` gives such a line by its number.
    """

    lines: Sequence[Line]
    plain: pa.Table | None = None
    plain_line: Callable[[int], Line] = _no_plain_line


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch told apart: all its events, which of them are new, and what became of its lines.

    `notable` are the new events of lines read one by one: the others have neither extras nor flags.
    """

    events: pa.Table
    is_new: Mask
    n_lines: int
    duplicate: frozenset[int]
    refused: Sequence[tuple[Line, EventRejected]]
    notable: Sequence[Decoded]

    @property
    def n_accepted(self) -> int:
        return self.n_lines - len(self.duplicate) - len(self.refused)


class _Claim(NamedTuple):
    """An event of a line in question; `first_hash` is what the log holds under its id, if anything."""

    row: int
    line: int
    event_id: uuid.UUID
    content_hash: bytes
    first_hash: bytes | None


def batches(lines: Iterable[Line | Batch]) -> Generator[Batch, None, None]:
    """Batches as they are, single lines put together; whoever makes the lines stops when this is closed."""
    try:
        yield from _batches(lines)
    finally:
        if isinstance(lines, Generator):
            lines.close()


def _batches(lines: Iterable[Line | Batch]) -> Iterator[Batch]:
    pending: list[Line] = []
    for item in lines:
        if isinstance(item, Line):
            pending.append(item)
            if len(pending) < CHUNK:
                continue
        if pending:
            yield Batch(pending)
            pending = []
        if isinstance(item, Batch):
            yield item
    if pending:
        yield Batch(pending)


def sort_lines(con: duckdb.DuckDBPyConnection, batch: Batch) -> Sorted:
    """Tell the lines of a batch apart, against the log and one another."""
    pairs = [(line.number, event) for line in batch.lines for event in line.events]
    events, n_plain = events_table(pairs), 0
    if batch.plain is not None:
        n_plain = batch.plain.num_rows
        events = pa.concat_tables([batch.plain, events], promote_options="default")
    is_new, duplicate, conflicts = _judged(con, events)
    refused = [(line, line.rejected) for line in batch.lines if line.rejected is not None]
    single = {line.number: line for line in batch.lines} if conflicts else {}
    refused += [(single.get(n) or batch.plain_line(n), error) for n, error in conflicts.items()]
    return Sorted(
        events=events,
        is_new=is_new,
        n_lines=len(batch.lines) + n_plain,
        duplicate=frozenset(duplicate),
        refused=sorted(refused, key=lambda pair: pair[0].number),
        notable=[event for (_, event), is_one in zip(pairs, is_new[n_plain:], strict=True) if is_one],
    )


def _judged(
    con: duckdb.DuckDBPyConnection, events: pa.Table
) -> tuple[Mask, set[int], dict[int, EventRejected]]:
    """Which events are new, the lines that bring nothing new, and those in conflict with what came first."""
    is_new = np.ones(events.num_rows, bool)
    duplicate: set[int] = set()
    conflicts: dict[int, EventRejected] = {}
    first: dict[uuid.UUID, bytes] = {}
    for number, claims in groupby(_contended(con, events), key=lambda claim: claim.line):
        line = list(claims)
        rows = [claim.row for claim in line]
        try:
            new = _new_claims(line, first)
        except EventRejected as error:
            conflicts[number] = error
            is_new[rows] = False
            continue
        first.update((claim.event_id, claim.content_hash) for claim in new)
        is_new[rows] = False
        is_new[[claim.row for claim in new]] = True
        if not new:
            duplicate.add(number)
    return is_new, duplicate, conflicts


def _contended(con: duckdb.DuckDBPyConnection, events: pa.Table) -> list[_Claim]:
    """All events of the lines with an id that occurs more than once, in the order of the file."""
    stage = events.select(["line", "event_id", "content_hash"]).append_column(
        "row", pa.array(np.arange(events.num_rows))
    )
    return [_Claim(*row) for row in over(con, stage, CONTENDED).fetchall()]


def _new_claims(line: Sequence[_Claim], first: dict[uuid.UUID, bytes]) -> list[_Claim]:
    """The events of a line that nobody has seen; refuses the line where one contradicts an earlier event."""
    new: dict[uuid.UUID, _Claim] = {}
    for claim in line:
        earlier = new[claim.event_id].content_hash if claim.event_id in new else None
        earlier = earlier or claim.first_hash or first.get(claim.event_id)
        if earlier is None:
            new[claim.event_id] = claim
        elif earlier != claim.content_hash:
            hint = "an event with this source and id but other content came first and was kept"
            raise EventRejected("event.conflict", "id", hint)
    return list(new.values())
