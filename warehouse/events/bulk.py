"""Many plain lines at once: taken apart, checked, named and hashed together instead of one by one.

The strict codec (`codec.decode`) is the law, and this is a shortcut to its answer for the lines whose answer
is certain: one flat JSON object of printable ASCII without escapes, every key known and given once, nothing
null or empty, every value well within its type. Whatever else a line is, and so every refusal, is left to
the codec. `shapes` says what is written where, `plain_sql` what it is worth, and
tests/warehouse/events/test_bulk.py holds the answers against the codec's.
"""

from __future__ import annotations

import datetime as dt
from binascii import unhexlify
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse import database
from warehouse.clock import naive_utc
from warehouse.errors import EventRejected
from warehouse.events.base import EventType
from warehouse.events.codec import People
from warehouse.events.plain_sql import CONSTANTS, KIND_COLUMNS, decode_sql, field_columns, kind_of
from warehouse.events.shapes import Integers, Shapes, Split, Text, view_array, write_views

MEMORY = "192MB"
"""What DuckDB may use to decode one block of lines."""

_SCAN_ROWS = 1 << 14
"""Rows that one thread of DuckDB takes at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """Lines taken apart: their values as they are written, and the types the feed had shown by then."""

    fields: pa.Table
    kinds: frozenset[EventType]


class BulkDecoder:
    """Decodes the plain lines of one feed; `source` is what a line comes from that does not say it.

    One thread may take lines apart while another decodes those that were: neither step uses what the other
    remembers.
    """

    def __init__(self, people: People, received_at: dt.datetime, source: str | None = None) -> None:
        self._people = people
        self._shapes = Shapes(CONSTANTS)
        self._kinds: set[EventType] = set()
        self._asked: frozenset[EventType] = frozenset()
        self._question: duckdb.DuckDBPyRelation | None = None
        self._con = database.open_scratch()
        self._con.execute(f"set memory_limit = '{MEMORY}'; set threads = 1")
        # Pushed down, the condition would be worked out before what it is made of, and that then once more.
        self._con.execute("set disabled_optimizers = 'filter_pushdown'")
        self._con.execute("create table known (known_in varchar, known_as varchar, known_id varchar)")
        self._con.execute(
            "create table feed as select ?::timestamp as received_at, ?::varchar as feed_source",
            [naive_utc(received_at), source],
        )

    def close(self) -> None:
        """Let go of what was learnt."""
        self._con.close()

    def take_apart(self, data: bytes, starts: Integers, *, number: int = 1, skip: int = 0) -> Apart | None:
        """The values of lines that have a shape, of some lines but the first few; None where there are none.

        `starts` is where in `data` each line begins, and the end; `number` is that of the first.
        """
        text = Text.of(data, starts)
        splits = []
        for split in self._shapes.split(text, skip=skip):
            kind = kind_of(split.shape)
            if kind is not None and len(split.lines):
                self._kinds.add(kind)
                splits.append((kind, split))
        return Apart(self._fields(text, splits, number), frozenset(self._kinds)) if splits else None

    def decode(self, apart: Apart) -> pa.Table:
        """The events of the plain ones among lines that were taken apart, in any order.

        Columns: `line`, those of the log's envelope but its position and file, `payload`, `content_hash` and
        a typed column for each payload field.
        """
        rounds = [self._told(apart.fields, apart.kinds)]
        if lines := self._named(rounds[0]):
            stage = pa.table({"line": lines})
            again = database.arrow_over(self._con, stage, "select * from fields semi join stage using (line)")
            rounds.append(self._told(again, apart.kinds))
        self._con.unregister("fields")
        plain = pa.concat_tables(_without_strangers(told) for told in rounds)
        events = plain.append_column("event_id", event_ids(plain["named_by"]))
        return events.drop_columns(["strangers", "named_by"])

    def _fields(self, text: Text, splits: Sequence[tuple[EventType, Split]], number: int) -> pa.Table:
        """The values of lines, one column for each key of the envelope and of the payloads seen so far."""
        ends = np.cumsum([len(split.lines) for _, split in splits]).tolist()
        n_lines = ends[-1]
        lines = np.concatenate([split.lines for _, split in splits])
        columns: dict[str, pa.Array] = {"line": _array(number + lines)}
        codes = _array(np.repeat(np.arange(len(splits), dtype=np.int16), np.diff([0, *ends])))
        for name, attribute in KIND_COLUMNS.items():
            told = pa.array([getattr(kind, attribute) for kind, _ in splits])
            columns[name] = pa.DictionaryArray.from_arrays(codes, told)
        for name in field_columns(frozenset(self._kinds)):
            made, is_there = np.zeros((n_lines, 2), np.uint64), np.zeros(n_lines, bool)
            for end, (_, split) in zip(ends, splits, strict=True):
                if name in split.spans:
                    rows = slice(end - len(split.lines), end)
                    write_views(text, *split.spans[name], into=made[rows])
                    is_there[rows] = True
            columns[name] = view_array(text, made, is_there)
        table = pa.table(columns)
        return pa.Table.from_batches(table.to_batches(_SCAN_ROWS), table.schema)

    def _told(self, fields: pa.Table, kinds: frozenset[EventType]) -> pa.Table:
        """What the query tells of some lines; it is made anew only where types came that it does not know."""
        self._con.register("fields", fields)
        if self._asked != kinds or self._question is None:
            in_order = tuple(sorted(kinds, key=lambda kind: kind.full_name))
            self._question, self._asked = self._con.sql(decode_sql(in_order)), kinds
        return self._question.to_arrow_table()

    def _named(self, told: pa.Table) -> list[int]:
        """The lines that are plain now that their people were named."""
        strangers = told.filter(pc.is_valid(told["strangers"]))
        flat = pc.list_flatten(pc.list_flatten(strangers["strangers"])).to_pylist()
        refused = self._name(set(zip(flat[::2], flat[1::2], strict=True)))
        lines: list[int] = strangers["line"].to_pylist()
        if not refused:
            return lines
        people = [[tuple(one) for one in row] for row in strangers["strangers"].to_pylist()]
        return [line for line, row in zip(lines, people, strict=True) if refused.isdisjoint(row)]

    def _name(self, people: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Let the vault name people nobody has named yet, once each; those it will not name."""
        named, refused = [], set()
        for namespace, name in sorted(people):
            try:
                named.append((namespace, name, self._people.pseudonym(namespace, name)))
            except EventRejected:
                refused.add((namespace, name))
        if named:
            columns = zip(*named, strict=True)
            fresh = pa.table(dict(zip(("known_in", "known_as", "known_id"), columns, strict=True)))
            database.over(self._con, fresh, "insert into known by name from stage")
        return refused


def _without_strangers(told: pa.Table) -> pa.Table:
    """The lines whose people all have names; most often these are all, and nothing is copied."""
    strangers = told["strangers"]
    return told if strangers.null_count == len(strangers) else told.filter(pc.is_null(strangers))


def event_ids(named_by: pa.ChunkedArray) -> pa.Array:
    """The ids of events out of the SHA-1 of what names them: version 5 of RFC 9562."""
    digests = pa.concat_arrays(named_by.chunks) if named_by.num_chunks else pa.array([], pa.string())
    _, _, digits = digests.buffers()
    data = unhexlify(memoryview(digits or b"")[40 * digests.offset :][: 40 * len(digests)])
    ids = np.frombuffer(data, np.uint8).reshape(-1, 20)[:, :16].copy()
    ids[:, 6] = ids[:, 6] & 0x0F | 0x50
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    held = pa.Array.from_buffers(pa.binary(16), len(ids), [None, pa.py_buffer(ids)])
    return pa.ExtensionArray.from_storage(pa.uuid(), held)


def _array(numbers: np.ndarray[Any, Any]) -> pa.Array:
    """Numbers as an Arrow array; `pa.array` would import pandas to look at them."""
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])
