"""One writer at a time, and who holds the lock is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from warehouse import database
from warehouse.errors import HomeBusy


def test_a_second_writer_waits_and_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with (
        database.writer_lock(tmp_path),
        pytest.raises(HomeBusy, match=str(os.getpid())),
        database.writer_lock(tmp_path, wait_seconds=0.05),
    ):
        pytest.fail("two writers at once")


def test_the_lock_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), database.writer_lock(tmp_path):
        _ = 1 / 0

    with database.writer_lock(tmp_path, wait_seconds=0):
        assert (tmp_path / ".writer.pid").read_text() == str(os.getpid())


def test_a_file_name_with_a_quote_is_a_file_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's"
    log = folder / "log.duckdb"
    database.open_log(log).close()

    with database.open_models(folder / "models.duckdb", log) as con:
        assert con.execute(
            "select count(*) from duckdb_databases() where database_name = 'log'"
        ).fetchone() == (1,)
