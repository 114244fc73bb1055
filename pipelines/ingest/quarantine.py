"""What was held back, why, and how it comes back: list, show, redrive.

A quarantined line keeps its raw bytes, sealed. It is tried again with a mended mapping, with the bytes
somebody corrected, or because this version knows more event types than the one that refused it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.ingest.drops import archived_lines, mended_line
from pipelines.ingest.home import OpenHome
from pipelines.ingest.mapping import NATIVE, Mapping
from warehouse.errors import KinkeeperError
from warehouse.log import Delivery, Line, Receipt
from warehouse.vault import unseal


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One quarantined line, without its contents. `seen_at` is UTC."""

    quarantine_id: str
    file_id: str
    file_name: str
    source: str
    line: int
    code: str
    field: str | None
    hint: str
    seen_at: dt.datetime
    status: str

    @property
    def is_of_refused_file(self) -> bool:
        """Whether the whole file was refused: then it is mended and ingested again, not redriven."""
        return self.line == 0 or self.code == "file.refused"

    def as_dict(self) -> dict[str, object]:
        return dataclasses.asdict(self)


_HELD = """
select quarantine_id, file_id, ledger.name, held.source, line, code, field, hint, seen_at, held.status
from log.quarantine as held
inner join log.ledger as ledger using (file_id)
"""


def held_lines(home: OpenHome, *, code: str | None = None, is_open: bool = True) -> list[HeldLine]:
    """The lines in quarantine, oldest delivery first; of one reason only, or with those that came back."""
    rows = home.log.con.execute(
        _HELD + "where (? is null or code = ?) and (not ? or held.status = 'open') "
        "order by seen_at, file_id, line",
        [code, code, is_open],
    ).fetchall()
    return [HeldLine(*row) for row in rows]


def held_line(home: OpenHome, quarantine_id: str) -> HeldLine:
    """One line of the quarantine by its id."""
    rows = home.log.con.execute(_HELD + "where quarantine_id = ?", [quarantine_id]).fetchall()
    if not rows:
        raise KinkeeperError(f"{quarantine_id!r} is not in quarantine: see `kinkeeper quarantine list`")
    return HeldLine(*rows[0])


def raw_bytes(home: OpenHome, held: HeldLine) -> bytes:
    """What the source sent: it may hold names and is for the eyes of whoever mends it."""
    ((sealed,),) = home.log.con.execute(
        "select raw from log.quarantine where quarantine_id = ?", [held.quarantine_id]
    ).fetchall()
    return unseal(home.vault.file_key(held.file_id), bytes(sealed))


def redrive(home: OpenHome, held: Sequence[HeldLine], mapping: Mapping | None) -> list[Receipt]:
    """Try lines again, file by file, read from the archive through `mapping` or as native lines.

    A file refused as a whole is not redriven: ingested again with a mended mapping it is a new delivery.
    """
    _refuse_redriven(held)
    whole = next((line for line in held if line.is_of_refused_file), None)
    if whole is not None:
        raise KinkeeperError(f"{whole.file_name} was refused as a whole: mend it and ingest it again")
    receipts = []
    for file_id in dict.fromkeys(line.file_id for line in held):
        wanted = {line.line for line in held if line.file_id == file_id}
        delivery = _delivery(home, file_id, mapping)
        receipts.append(home.log.redrive(file_id, _only(delivery, home, mapping, wanted), home.clock()))
    return receipts


def redrive_mended(home: OpenHome, held: HeldLine, mended: Path, mapping: Mapping | None) -> Receipt:
    """Try one line again with the bytes of a file in which somebody corrected it.

    For a CSV the file holds the header and the corrected row. What the source sent stays in the archive.
    """
    _refuse_redriven([held])
    line = mended_line(mended.read_bytes(), _delivery(home, held.file_id, mapping), home, mapping)
    return home.log.redrive(held.file_id, [dataclasses.replace(line, number=held.line)], home.clock())


def _refuse_redriven(held: Sequence[HeldLine]) -> None:
    back = next((line for line in held if line.status != "open"), None)
    if back is not None:
        raise KinkeeperError(f"{back.quarantine_id} left quarantine already")


def _only(delivery: Delivery, home: OpenHome, mapping: Mapping | None, wanted: set[int]) -> Iterator[Line]:
    return (line for line in archived_lines(delivery, home, mapping, []) if line.number in wanted)


def _delivery(home: OpenHome, file_id: str, mapping: Mapping | None) -> Delivery:
    """The delivery as it landed; the time it landed is what its lines were recorded at."""
    ((sha256, name, source, was_mapped, landed_at),) = home.log.con.execute(
        "select sha256, name, source, mapping, landed_at from log.ledger where file_id = ?", [file_id]
    ).fetchall()
    if was_mapped != NATIVE and mapping is None:
        raise KinkeeperError(f"{name} was read through a mapping: give it, mended or not, with --mapping")
    return Delivery(sha256, name, source, was_mapped, landed_at.replace(tzinfo=dt.UTC))
