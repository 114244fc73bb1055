"""The audit trail shows that it was touched, and where."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from warehouse.audit import AUDIT_ENTRY, AUDIT_HEAD, Audit
from warehouse.clock import Clock
from warehouse.operations import open_operations, sqlite_url

N_ENTRIES = 200


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return open_operations(sqlite_url(tmp_path / "operations.sqlite"))


@pytest.fixture
def audit(engine: sa.Engine, clock: Clock) -> Audit:
    trail = Audit(engine, clock)
    for number in range(N_ENTRIES):
        trail.note("acc_1", "admin", "export", f"mart.t{number}")
    return trail


def test_an_untouched_trail_has_no_problem(audit: Audit) -> None:
    assert [*audit.problems()] == []
    assert [entry.seq for entry in audit.newest(3)] == [N_ENTRIES, N_ENTRIES - 1, N_ENTRIES - 2]


def _change(connection: sa.Connection, seq: int) -> None:
    connection.execute(sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.seq == seq).values(account_id="acc_2"))


def _delete(connection: sa.Connection, seq: int) -> None:
    connection.execute(sa.delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.seq == seq))


def _swap(connection: sa.Connection, seq: int) -> None:
    other = seq % N_ENTRIES + 1
    for old, new in ((seq, 0), (other, seq), (0, other)):
        connection.execute(sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.seq == old).values(seq=new))


def _insert(connection: sa.Connection, seq: int) -> None:
    row = connection.execute(sa.select(AUDIT_ENTRY).where(AUDIT_ENTRY.c.seq == seq)).one()
    connection.execute(sa.insert(AUDIT_ENTRY).values(dict(row._mapping) | {"seq": N_ENTRIES + 1}))


@pytest.mark.parametrize("touch", [_change, _delete, _swap, _insert])
def test_every_touched_entry_is_found(
    audit: Audit, engine: sa.Engine, touch: Callable[[sa.Connection, int], None]
) -> None:
    for seq in (1, 2, 77, N_ENTRIES - 1, N_ENTRIES):
        with engine.begin() as connection:
            kept = connection.execute(sa.select(AUDIT_ENTRY)).all()
            touch(connection, seq)
        (problem,) = audit.problems()
        first = (
            min(seq, seq % N_ENTRIES + 1) if touch is _swap else N_ENTRIES + 1 if touch is _insert else seq
        )
        assert str(first) in problem or str(first - 1) in problem, (seq, problem)
        with engine.begin() as connection:
            connection.execute(sa.delete(AUDIT_ENTRY))
            connection.execute(sa.insert(AUDIT_ENTRY), [dict(row._mapping) for row in kept])
    assert [*audit.problems()] == []


def test_a_trail_cut_at_its_end_is_found(audit: Audit, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.seq > N_ENTRIES - 10))
    assert [*audit.problems()] == [f"the audit trail was cut or extended after entry {N_ENTRIES - 10}"]


def test_a_trail_that_is_gone_is_found(audit: Audit, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.delete(AUDIT_ENTRY))
    assert [*audit.problems()]
    with engine.begin() as connection:
        connection.execute(sa.delete(AUDIT_HEAD))
    assert [*audit.problems()] == []  # an empty trail agrees with itself: only a copy elsewhere shows that


@pytest.mark.faults
def test_several_writers_leave_one_chain_without_gaps(tmp_path: Path, clock: Clock) -> None:
    url = sqlite_url(tmp_path / "operations.sqlite")
    open_operations(url).dispose()

    def write(who: str) -> None:
        trail = Audit(open_operations(url), clock)
        for _ in range(25):
            trail.note(who, "admin", "export")

    writers = [threading.Thread(target=write, args=(f"acc_{number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    trail = Audit(open_operations(url), clock)
    assert [*trail.problems()] == []
    assert sorted(entry.account_id for entry in trail.newest(1000)) == sorted(
        [f"acc_{n}" for n in range(4)] * 25
    )
