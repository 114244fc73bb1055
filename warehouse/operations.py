"""The operational store: small, changing, personal rows, on SQLite or PostgreSQL through SQLAlchemy.

On SQLite every connection uses WAL and `secure_delete`, so that a deleted row's bytes are overwritten.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

METADATA = sa.MetaData()


def open_operations(url: str) -> sa.Engine:
    """An engine for the operational store, with its tables in place."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _harden_sqlite)
    METADATA.create_all(engine)
    return engine


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file whose folder exists afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def _harden_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()
