"""A native file through both paths: decoded in bulk, and line by line. The log must not know which it was."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest import drops
from pipelines.ingest.ahead import ahead
from pipelines.ingest.drops import ingest_file
from pipelines.ingest.home import open_home
from pipelines.ingest.lines import archived_lines
from pipelines.ingest.readers import blocks
from pipelines.ingest.readers.records import split_lines
from warehouse import vault
from warehouse.clock import Clock
from warehouse.database import writer_lock
from warehouse.errors import FileRefused
from warehouse.log_tables import TRUTH_COLUMNS
from warehouse.settings import load_settings

ODD = [
    b"", b"   ", b"{}", b"[1]", b'{"id":1,}', b"no json", b'{"a":"\xff"}', b'{"a":"\\u0000"}',
    b"\xef\xbb\xbf{}",
    b'{"id":"x","type":"mentorship.session.held.v9"}', b'{"id":"x","id":"y"}', b'{"a":"\t"}', b"\x00",
]  # fmt: skip
TRUTH = ", ".join(TRUTH_COLUMNS.keys() - {"actor_id", "content_hash"})
LEDGER = "select lines_in, accepted, duplicate, quarantined, n_events, last_position, chain_head, notes"
QUARANTINE = "select line, byte_offset, code, field, hint, shape"


def session(number: int, **data: Any) -> bytes:
    record = {
        "id": f"e{number}", "source": "platform", "type": "mentorship.session.held.v1",
        "actorid": f"u{number % 7}",
        "time": "2026-03-01T10:00:00Z", "subject": f"relationship/p{number % 5}",
        "data": {"session_id": f"s{number}"} | data,
    }  # fmt: skip
    return json.dumps(record, separators=(",", ":")).encode()


def feed(seed: int, n_lines: int = 2_000) -> bytes:
    """Sessions, some twice, some contradicting an earlier one, some with an escape, between odd lines."""
    chance = random.Random(seed)
    lines = []
    for _ in range(n_lines):
        number = chance.randrange(n_lines)
        kind = chance.random()
        if kind < 0.05:
            lines.append(chance.choice(ODD))
        elif kind < 0.1:
            lines.append(session(number, mode="vid\u00e9o"))
        elif kind < 0.2:
            lines.append(session(number, minutes=chance.randrange(3)))
        else:
            lines.append(session(number))
    ends = chance.choice(([b"\n"], [b"\r\n"], [b"\n", b"\r\n"]))
    return b"".join(line + chance.choice(ends) for line in lines) + chance.choice(
        (b"", session(1), b'{"id":')
    )


def logged(
    folder: Path, content: bytes, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, in_bulk: bool
) -> list[list[tuple[Any, ...]]]:
    """What the log holds of a file, but what is random in it."""
    names = iter(range(1_000_000))
    monkeypatch.setattr(vault, "random_person_id", lambda: f"per_{next(names)}")
    if not in_bulk:
        monkeypatch.setattr(drops, "delivered", archived_lines)
    folder.mkdir()
    path = folder / "feed.ndjson"
    path.write_bytes(content)
    settings = load_settings(folder / "home")
    with writer_lock(settings.home), open_home(settings, clock) as home:
        ingest_file(path, home)
        con = home.log.con
        people = con.execute("select distinct actor_id from log.event").fetchall()
        renamed = {person: str(number) for number, (person,) in enumerate(sorted(people))}
        assert len(renamed) <= 8
        events = con.execute(f"select {TRUTH} from log.event order by position").fetchall()
        typed = con.execute("select * exclude (actor_id) from log.typed_event order by position").fetchall()
        ledger = con.execute(f"{LEDGER} from log.ledger").fetchall()
        held = con.execute(f"{QUARANTINE} from log.quarantine order by line").fetchall()
    monkeypatch.undo()
    return [events, typed, [row[:6] + row[7:] for row in ledger], held]


@pytest.mark.parametrize("seed", range(6))
def test_both_paths_leave_the_same_log(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    content = feed(seed)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 40_000)
    in_bulk = logged(tmp_path / "bulk", content, clock, monkeypatch, in_bulk=True)
    one_by_one = logged(tmp_path / "single", content, clock, monkeypatch, in_bulk=False)
    assert in_bulk == one_by_one
    assert len(in_bulk[0]) > 500
    assert in_bulk[3], "nothing was refused"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"a",
        b"a\n",
        b"a\nb",
        b"\n\r\na\r\nb\n",
        b"\xef\xbb\xbfa\nb\n",
        b"x" * 50 + b"\n" + b"y" * 40,
    ],
)
def test_blocks_hold_the_lines_that_are_there(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64)
    notes: list[str] = []
    chunks = [content[at : at + 7] for at in range(0, len(content), 7)]
    found = [
        block.line(index)
        for block in blocks.read_blocks(chunks, notes)
        for index in range(len(block.starts) - 1)
    ]
    expected: list[str] = []
    assert found == list(split_lines([content], expected))
    assert notes == expected


def test_a_line_above_the_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAX_ROW_BYTES", 100)
    with pytest.raises(FileRefused, match="row 2 is longer"):
        list(blocks.read_blocks([b"a\n" + b"x" * 101 + b"\nb\n"], []))


def test_what_is_made_ahead_comes_in_order_and_breaks_where_it_breaks() -> None:
    def numbers() -> Iterator[int]:
        yield from range(5)
        raise FileRefused("file.empty", "")

    got: list[int] = []
    with pytest.raises(FileRefused):
        deque(map(got.append, ahead(numbers())), maxlen=0)
    assert got == list(range(5))
