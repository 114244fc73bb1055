"""Many plain lines at once: read, checked, named and hashed by DuckDB instead of one by one.

The strict codec (`codec.decode`) is the law, and this is a shortcut to its answer for the lines whose answer
is certain: one flat JSON object of printable ASCII without escapes, every key known and given once, nothing
null or empty, every value well within its type. Whatever else a line is, and so every refusal, is left to
the codec. tests/warehouse/events/test_bulk.py holds the two against each other.
"""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc

from warehouse import database
from warehouse.errors import EventRejected
from warehouse.events.base import EventType
from warehouse.events.codec import People
from warehouse.events.plain_sql import decode_sql, plain_kinds

MEMORY = "192MB"
"""What DuckDB may use to decode one block of lines."""

_TYPES = "select distinct try(json_extract(text, '$.type')) as type from lines"


class BulkDecoder:
    """Decodes the plain lines of one feed; `source` is what a line comes from that does not say it."""

    def __init__(self, people: People, received_at: dt.datetime, source: str | None = None) -> None:
        self._people = people
        self._kinds: set[EventType] = set()
        self._con = database.open_scratch()
        self._con.execute(f"set memory_limit = '{MEMORY}'")
        self._con.execute("create table known (known_in varchar, known_as varchar, known_id varchar)")
        self._con.execute(
            "create table feed as select ?::timestamp as received_at, to_json(?::varchar) as feed_source",
            [received_at.astimezone(dt.UTC).replace(tzinfo=None), source],
        )

    def close(self) -> None:
        """Let go of what was learnt."""
        self._con.close()

    def decode(self, lines: pa.Table) -> pa.Table | None:
        """The events of the plain ones among some lines (`line`: BIGINT, `text`), in any order.

        Columns: `line`, those of the log's envelope but its position and file, `payload`, `content_hash`
        and a typed column for each payload field. None where no line is of a type that can be plain.
        """
        if not self._kinds:
            self._look_up(self._ask(_TYPES, lines)["type"])
        rounds = []
        while self._kinds and lines.num_rows:
            told = self._ask(decode_sql(tuple(sorted(self._kinds, key=lambda kind: kind.full_name))), lines)
            rounds.append(told.filter(pc.equal(told["verdict"], "plain")))
            lines = lines.filter(pc.is_in(lines["line"], self._worth_another_round(told)))
        if not rounds:
            return None
        found = pa.concat_tables(rounds, promote_options="default")
        return found.drop_columns(["verdict", "type", "strangers"])

    def _ask(self, question: str, lines: pa.Table) -> pa.Table:
        self._con.register("lines", lines)
        try:
            return self._con.sql(question).to_arrow_table()
        finally:
            self._con.unregister("lines")

    def _worth_another_round(self, told: pa.Table) -> pa.Array:
        """The lines that are told better now that their types were looked up or their people named."""
        unseen = told.filter(pc.equal(told["verdict"], "unseen"))
        of_found = unseen.filter(pc.is_in(unseen["type"], self._look_up(unseen["type"])))
        strangers = told.filter(pc.equal(told["verdict"], "strangers"))
        people = [[tuple(one) for one in row] for row in strangers["strangers"].to_pylist()]
        refused = self._name({one for row in people for one in row})
        named = [
            line
            for line, row in zip(strangers["line"].to_pylist(), people, strict=True)
            if refused.isdisjoint(row)
        ]
        return pa.array([*of_found["line"].to_pylist(), *named], pa.int64())

    def _look_up(self, types: pa.ChunkedArray) -> pa.Array:
        """Those of some types, new to this feed, that can be plain."""
        known = plain_kinds()
        found = [name for name in pc.unique(types).to_pylist() if name in known]
        self._kinds.update(known[name] for name in found)
        return pa.array(found, pa.string())

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
