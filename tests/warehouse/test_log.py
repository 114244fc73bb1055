"""The log takes every event once, keeps what came first and notices when something is gone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import batches as batches_module
from warehouse import log as log_module
from warehouse.batches import Line
from warehouse.clock import Clock
from warehouse.errors import EventRejected, FileRefused, KinkeeperError, LogConflict
from warehouse.events.base import typed_columns
from warehouse.events.codec import Context, decode
from warehouse.high_water import GENESIS, chain_link, closing_link
from warehouse.log import Delivery, EventLog, open_log
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings
from warehouse.vault import PERSON, Vault, unseal

LANDED = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def delivery(name: str = "a") -> Delivery:
    return Delivery(hashlib.sha256(name.encode()).hexdigest(), f"{name}.ndjson", "platform", "native", LANDED)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path)


@pytest.fixture
def vault(settings: Settings) -> Iterator[Vault]:
    engine = open_operations(settings.operations_url)
    yield Vault(engine)
    engine.dispose()


@pytest.fixture
def log(settings: Settings, vault: Vault) -> Iterator[EventLog]:
    opened = open_log(settings, vault)
    yield opened
    opened.con.close()


@pytest.fixture
def session(vault: Vault) -> Callable[..., Line]:
    """A line that holds one session."""

    def event(number: int, line: int | None = None, **data: Any) -> Line:
        record = {
            "id": f"e{number}",
            "source": "platform",
            "type": "mentorship.session.held.v1",
            "subject": "relationship/p1",
            "time": "2026-03-01T10:00:00+01:00",
            "actorid": "u1",
            "data": {"session_id": f"s{number}"} | data,
        }
        decoded = decode(record, vault, Context(received_at=LANDED))
        return Line(line or number, number * 10, json.dumps(record).encode(), (decoded,))

    return event


def bad(number: int, raw: bytes = b"bad") -> Line:
    return Line(number, number * 10, raw, rejected=EventRejected("time.format", "time", "is no time"))


def counts(log: EventLog) -> tuple[int, int, int, int]:
    """Rows of event, typed_event, ledger and quarantine."""
    tables = ("event", "typed_event", "ledger", "quarantine")
    return tuple(log.con.execute(f"select count(*) from log.{table}").fetchone()[0] for table in tables)  # type: ignore[return-value,index]


def test_a_delivery_is_appended_once_for_ever(log: EventLog, session: Callable[..., Line]) -> None:
    first = log.append(delivery(), [session(1), session(2)])
    again = log.append(delivery(), [session(1), session(2)])
    assert (first.status, first.accepted, first.n_events) == ("accepted", 2, 2)
    assert (again.status, again.duplicate, again.n_events) == ("already_ingested", 2, 0)
    assert counts(log) == (2, 2, 1, 0)


def test_a_redelivered_event_is_a_counted_duplicate(log: EventLog, session: Callable[..., Line]) -> None:
    log.append(delivery("a"), [session(1), session(2)])
    receipt = log.append(delivery("b"), [session(2), session(3), session(3, line=4)])
    assert (receipt.lines_in, receipt.accepted, receipt.duplicate) == (3, 1, 2)
    assert counts(log)[0] == 3


def test_other_content_under_a_known_id_is_a_conflict_and_the_first_is_kept(
    log: EventLog, session: Callable[..., Line]
) -> None:
    log.append(delivery("a"), [session(1, minutes=30)])
    receipt = log.append(delivery("b"), [session(1, minutes=31), session(2), session(2, minutes=5, line=3)])
    assert (receipt.accepted, receipt.quarantined) == (1, 2)
    assert log.con.execute("select code, line from log.quarantine order by line, rowid").fetchall() == [
        ("event.conflict", 1),
        ("event.conflict", 3),
    ]
    kept = log.con.execute("select minutes from log.typed_event order by position").fetchall()
    assert kept == [(30,), (None,)]


def test_the_first_delivery_of_an_id_wins_whatever_the_chunk(
    log: EventLog, session: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "CHUNK", 3)
    lines = [session(number % 5, minutes=number) for number in range(20)]
    receipt = log.append(delivery(), lines)
    assert (receipt.accepted, receipt.quarantined) == (5, 15)
    assert log.con.execute("select minutes from log.typed_event order by position").fetchall() == [
        (number,) for number in range(5)
    ]


def test_a_log_that_holds_more_memory_than_a_search_may_use_is_searched_all_the_same(
    log: EventLog, session: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(delivery("a"), [session(1)])
    monkeypatch.setattr(log_module, "SEARCH_MEMORY", "set memory_limit = '1B'")
    with pytest.raises(duckdb.OutOfMemoryException):
        log.con.execute(log_module.SEARCH_MEMORY)
    receipt = log.append(delivery("b"), [session(1), session(2)])
    assert (receipt.accepted, receipt.duplicate) == (1, 1)


def test_a_file_refused_half_way_leaves_nothing_but_its_refusal(
    log: EventLog, session: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "CHUNK", 2)

    def lines() -> Iterator[Line]:
        yield from (session(number) for number in range(5))
        raise FileRefused("csv.quote", "never closed")

    receipt = log.append(delivery(), lines())
    assert (receipt.status, receipt.lines_in, receipt.quarantined, receipt.n_events) == ("refused", 1, 1, 0)
    assert counts(log) == (0, 0, 1, 1)
    assert log.receipt(delivery()) is not None


def test_a_refused_file_teaches_the_vault_nobody(log: EventLog, vault: Vault, settings: Settings) -> None:
    record = {
        "id": "r1",
        "source": "platform",
        "type": "mentorship.participant.registered.v1",
        "time": "2026-03-01T10:00:00Z",
        "data": {"person_id": "u9", "role": "mentee", "name": "Synthetic Ana"},
    }

    def lines() -> Iterator[Line]:
        yield Line(1, 0, b"", (decode(record, vault, Context(received_at=LANDED)),))
        raise FileRefused("csv.quote", "never closed")

    log.append(delivery("a"), lines())
    log.append(delivery("b"), [bad(1)])
    with vault.store.connect() as connection:
        assert list(connection.scalars(PERSON.select())) == []


def test_what_could_be_read_of_a_refused_file_is_kept_in_quarantine(log: EventLog) -> None:
    def lines() -> Iterator[Line]:
        raise FileRefused("csv.quote", "never closed")
        yield

    receipt = log.append(delivery(), lines(), kept=lambda: [bad(1), bad(2)])
    assert (receipt.status, receipt.lines_in, receipt.quarantined) == ("refused", 3, 3)
    codes = log.con.execute("select line, code from log.quarantine order by line").fetchall()
    assert codes == [(0, "csv.quote"), (1, "time.format"), (2, "time.format")]


def test_flags_of_new_events_are_counted_in_the_notes(log: EventLog, session: Callable[..., Line]) -> None:
    flagged = [
        dataclasses.replace(
            line, events=tuple(dataclasses.replace(one, flags=("clock_skew",)) for one in line.events)
        )
        for line in (session(1), session(2), session(2))
    ]
    assert log.append(delivery(), flagged).notes == ("clock_skew: 2",)


def test_a_reader_that_breaks_half_way_leaves_nothing_and_the_log_goes_on(
    log: EventLog, session: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "CHUNK", 2)

    def lines() -> Iterator[Line]:
        yield from (session(number) for number in range(5))
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        log.append(delivery(), lines())
    assert counts(log) == (0, 0, 0, 0)
    assert log.append(delivery(), [session(1)]).n_events == 1


def test_a_line_of_no_event_counts_as_accepted(log: EventLog) -> None:
    receipt = log.append(delivery(), [Line(1, 0, b"ignored")])
    assert (receipt.lines_in, receipt.accepted, receipt.n_events) == (1, 1, 0)


def test_a_line_is_quarantined_whole_where_one_of_its_events_conflicts(
    log: EventLog, session: Callable[..., Line]
) -> None:
    log.append(delivery("a"), [session(1)])
    both = Line(1, 0, b"", (*session(1, minutes=9).events, *session(2).events))
    assert log.append(delivery("b"), [both]).quarantined == 1
    assert counts(log)[0] == 1


def test_the_database_itself_refuses_a_ledger_that_does_not_add_up(
    log: EventLog, session: Callable[..., Line]
) -> None:
    log.append(delivery(), [session(1), bad(2)])
    with pytest.raises(duckdb.ConstraintException):
        log.con.execute("update ledger set lines_in = 7")
    row = log.con.execute("select lines_in, accepted, duplicate, quarantined from log.ledger").fetchone()
    assert row == (2, 1, 0, 1)


@pytest.mark.parametrize(
    "statement", ["delete from event", "update event set pair_id = 'p2'", "truncate event"]
)
def test_the_log_cannot_be_changed(log: EventLog, session: Callable[..., Line], statement: str) -> None:
    log.append(delivery(), [session(1)])
    with pytest.raises(duckdb.Error, match="append-only"):
        log.con.execute(statement)
    assert counts(log)[0] == 1


def test_quarantined_bytes_are_sealed_and_come_back(log: EventLog, vault: Vault) -> None:
    log.append(delivery(), [bad(7, b"Synthetic Ana")])
    row = log.con.execute("select line, byte_offset, code, field, raw, status from log.quarantine").fetchone()
    assert row is not None
    assert row[:4] == (7, 70, "time.format", "time")
    assert b"Ana" not in row[4]
    assert unseal(vault.file_key(delivery().file_id), row[4]) == b"Synthetic Ana"


def test_times_are_kept_in_utc(log: EventLog, session: Callable[..., Line]) -> None:
    log.append(delivery(), [session(1)])
    row = log.con.execute("select occurred_at, recorded_at from log.event").fetchone()
    assert row == (dt.datetime(2026, 3, 1, 9), dt.datetime(2026, 11, 24, 12))


def test_the_chain_can_be_followed_from_the_first_event_to_the_last(
    log: EventLog, session: Callable[..., Line]
) -> None:
    log.append(delivery("a"), [session(1), session(2)])
    log.append(delivery("b"), [bad(1)])
    log.append(delivery("c"), [session(3)])
    head = GENESIS
    for file_id, sha256, status, lines_in, n_events, expected in log.con.execute(
        "select file_id, sha256, status, lines_in, n_events, chain_head from log.ledger order by rowid"
    ).fetchall():
        chain = hashlib.sha256(head.encode())
        for position, event_id, recorded_at, content_hash in log.con.execute(
            "select position, event_id, recorded_at, content_hash from log.event "
            "where file_id = ? order by position",
            [file_id],
        ).fetchall():
            recorded = recorded_at.replace(tzinfo=dt.UTC)
            chain.update(chain_link(position, event_id, recorded, content_hash))
        chain.update(closing_link(file_id, sha256, status, lines_in, n_events))
        head = chain.hexdigest()
        assert head == expected
    assert head != GENESIS


def test_positions_have_no_gap(log: EventLog, session: Callable[..., Line]) -> None:
    for name, numbers in (("a", (1, 2)), ("b", (2, 3)), ("c", (4,))):
        log.append(delivery(name), [session(number) for number in numbers])
    assert log.con.execute("select position from log.event order by 1").fetchall() == [(1,), (2,), (3,), (4,)]


def reopened(log: EventLog, settings: Settings, vault: Vault) -> EventLog:
    log.con.close()
    return open_log(settings, vault)


def test_the_typed_projection_is_derived_again_when_the_catalogue_changed(
    log: EventLog, settings: Settings, vault: Vault, session: Callable[..., Line]
) -> None:
    proposed = {
        "id": "e9",
        "source": "platform",
        "type": "mentorship.session.proposed.v1",
        "subject": "relationship/p1",
        "time": "2026-03-01T10:00:00Z",
        "data": {"session_id": "s9", "starts_at": "2026-03-09T10:00:00Z", "minutes": 45},
    }
    agreed = proposed | {
        "id": "e10",
        "type": "mentorship.relationship.expectations_agreed.v1",
        "data": {"channels": ["mail", "call"], "is_confidentiality_stated": True},
    }
    decoded = tuple(decode(record, vault, Context(received_at=LANDED)) for record in (proposed, agreed))
    log.append(delivery(), [session(1, minutes=30), Line(2, 0, b"", decoded)])
    query = "select * from log.typed_event order by position"
    before = log.con.execute(query).fetchall()
    log.con.execute("update meta set value = 'older' where key = 'catalogue'")
    log.con.execute(UNGUARDED + "alter table event drop column minutes")
    again = reopened(log, settings, vault)
    assert again.con.execute(query).fetchall() == before
    names = [column[0] for column in again.con.execute(query).description]
    assert set(typed_columns()) <= set(names)
    again.append(delivery("b"), [session(2, minutes=45)])
    assert again.con.execute("select minutes from log.typed_event where position = 4").fetchall() == [(45,)]
    again.con.close()


UNGUARDED = "drop trigger event_no_update on event; drop trigger event_no_delete on event;"

LAYOUT_BEFORE = """
create or replace table typed as from typed_event;
create or replace view typed_event as from typed;
alter table event drop column session_id;
alter table event drop column minutes;
update meta set value = '2' where key = 'layout';
"""
"""A log of the layout before: truth and typed rows each in a table of their own."""


def test_a_log_of_the_layout_before_goes_on_where_it_was(
    log: EventLog, settings: Settings, vault: Vault, session: Callable[..., Line]
) -> None:
    log.append(delivery("a"), [session(1, minutes=30), session(2)])
    query = "select position, session_id, minutes from log.typed_event order by position"
    log.con.execute(UNGUARDED + LAYOUT_BEFORE)
    before = log.con.execute(query).fetchall()
    again = reopened(log, settings, vault)
    assert again.con.execute(query).fetchall() == before == [(1, "s1", 30), (2, "s2", None)]
    again.append(delivery("b"), [session(2), session(3, line=2, minutes=45)])
    assert again.con.execute(query).fetchall() == [*before, (3, "s3", 45)]
    assert counts(again)[:2] == (3, 3)
    again.con.close()


def test_a_log_that_lost_its_tail_is_noticed(
    log: EventLog, settings: Settings, vault: Vault, session: Callable[..., Line], tmp_path: Path
) -> None:
    log.append(delivery("a"), [session(1)])
    log.con.close()
    shutil.copy(settings.log_file, tmp_path / "older.duckdb")
    longer = open_log(settings, vault)
    longer.append(delivery("b"), [session(2)])
    longer.con.close()
    shutil.copy(tmp_path / "older.duckdb", settings.log_file)
    with pytest.raises(LogConflict, match="1 events up to position 1, but 2 up to 2"):
        open_log(settings, vault)


def test_another_history_of_the_same_length_is_noticed(
    log: EventLog, settings: Settings, vault: Vault, session: Callable[..., Line]
) -> None:
    log.append(delivery("a"), [session(1)])
    mark = json.loads(settings.high_water_file.read_text())
    settings.high_water_file.write_text(json.dumps(mark | {"chain_head": "0" * 64}))
    with pytest.raises(LogConflict):
        reopened(log, settings, vault)


def test_a_commit_whose_mark_was_never_written_is_no_loss(
    log: EventLog, settings: Settings, vault: Vault, session: Callable[..., Line]
) -> None:
    log.append(delivery("a"), [session(1)])
    older = settings.high_water_file.read_text()
    log.append(delivery("b"), [session(2)])
    settings.high_water_file.write_text(older)
    again = reopened(log, settings, vault)
    assert again.append(delivery("c"), [session(3)]).n_events == 1
    assert json.loads(settings.high_water_file.read_text())["count"] == 3
    again.con.close()


def test_no_event_is_committed_about_a_person_the_vault_could_not_keep(
    log: EventLog, settings: Settings, session: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError("disk full")

    monkeypatch.setattr(log._vault, "flush", full)
    with pytest.raises(OSError, match="disk full"):
        log.append(delivery(), [session(1)])
    assert counts(log) == (0, 0, 0, 0)
    monkeypatch.undo()
    log.append(delivery(), [session(1)])
    ((actor_id,),) = log.con.execute("select actor_id from log.event").fetchall()
    engine = open_operations(settings.operations_url)
    assert Vault(engine).pseudonym("platform", "u1") == actor_id
    engine.dispose()


def test_order_of_arrival_does_not_change_what_the_log_holds(
    tmp_path: Path, clock: Clock, session: Callable[..., Line]
) -> None:
    lines = [session(number) for number in range(6)]
    held = []
    for name, order in (("x", lines), ("y", [*reversed(lines)])):
        settings = load_settings(tmp_path / name)
        engine = open_operations(settings.operations_url)
        log = open_log(settings, Vault(engine))
        append_in_halves(log, order)
        held.append(log.con.execute("select event_id, payload from log.event order by event_id").fetchall())
        log.con.close()
        engine.dispose()
    assert held[0] == held[1]


def append_in_halves(log: EventLog, lines: Iterable[Line]) -> None:
    first, second = list(lines)[:3], list(lines)[3:]
    log.append(delivery("a"), first)
    log.append(delivery("b"), second)


def test_a_log_of_another_version_is_refused(log: EventLog, settings: Settings, vault: Vault) -> None:
    log.con.execute("update meta set value = '1' where key = 'layout'")
    with pytest.raises(LogConflict, match="another version of Kinkeeper"):
        reopened(log, settings, vault)


def test_the_log_holds_only_the_fields_that_events_needed(
    log: EventLog, session: Callable[..., Line]
) -> None:
    log.append(delivery(), [session(1)])
    query = "select column_name from duckdb_columns() where table_name = ?"
    held = {name for (name,) in log.con.execute(query, ["event"]).fetchall()}
    shown = {name for (name,) in log.con.execute(query, ["typed_event"]).fetchall()}
    assert "session_id" in held
    assert "minutes" not in held
    assert set(typed_columns()) <= shown


def test_whoever_makes_the_lines_stops_before_the_vault_forgets(
    log: EventLog, session: Callable[..., Line], vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def lines() -> Iterator[Line]:
        try:
            yield session(1)
        finally:
            steps.append("lines closed")

    def full(*_args: Any) -> None:
        raise KinkeeperError("the disk is full")

    monkeypatch.setattr(log_module, "insert_events", full)
    monkeypatch.setattr(vault, "discard", lambda: steps.append("vault forgets"))
    made = lines()
    monkeypatch.setattr(batches_module, "CHUNK", 1)
    with pytest.raises(KinkeeperError):
        log.append(delivery(), made)
    assert steps == ["lines closed", "vault forgets"]
