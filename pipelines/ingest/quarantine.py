"""What was held back, why, and how it comes back: list, show, redrive, waive.

A quarantined line keeps its raw bytes, sealed. It is tried again with a mended mapping, with the bytes
somebody corrected, or because this version knows more event types than the one that refused it. What
cannot come back is waived with a reason: it stays where it is, and counted.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.ingest.archive import kept_mapping
from pipelines.ingest.home import OpenHome
from pipelines.ingest.lines import archived_lines, mended_line
from pipelines.ingest.mapping import NATIVE, Mapping
from pipelines.ingest.mapping_file import load_mapping
from pipelines.ingest.which_mapping import MAPPING_NAME
from warehouse.errors import KinkeeperError
from warehouse.log import Delivery, Receipt
from warehouse.requests import reason_given
from warehouse.settings import Settings
from warehouse.vault import unseal


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One quarantined line, without its contents; times are UTC.

    A line of a file that was refused as a whole is not redriven: the file is mended and ingested again.
    `later_file_at` is when a later file of the same source and name was accepted then. What is later is told
    by the log, not by our clock, which may have been set back.
    """

    quarantine_id: str
    file_id: str
    file_name: str
    source: str
    line: int
    code: str
    field: str | None
    hint: str
    shape: str
    seen_at: dt.datetime
    status: str
    settled_at: dt.datetime | None
    is_of_refused_file: bool
    later_file_at: dt.datetime | None

    def as_dict(self) -> dict[str, object]:
        return dataclasses.asdict(self)


_HELD = """
select
    quarantine_id, file_id, delivery.name, held.source, line, code, field, hint, shape, seen_at, held.status,
    settled_at, delivery.status = 'refused',
    (
        select arg_min(later.landed_at, (later.last_position, later.rowid)) from log.ledger as later
        where delivery.status = 'refused' and later.status = 'accepted' and later.source = delivery.source
            and later.name = delivery.name
            and (later.last_position, later.rowid) > (delivery.last_position, delivery.rowid)
    )
from log.quarantine as held
inner join log.ledger as delivery using (file_id)
"""


def held_lines(home: OpenHome, *, code: str | None = None, is_open: bool = True) -> list[HeldLine]:
    """The lines in quarantine, oldest delivery first; of one reason only, or with those that were settled."""
    rows = home.log.con.execute(
        _HELD + "where (? is null or code = ?) and (not ? or held.status = 'open') "
        "order by seen_at, file_id, line",
        [code, code, is_open],
    ).fetchall()
    return [HeldLine(*row) for row in rows]


def parked_pairs(settings: Settings, code: str | None = None) -> list[dict[str, Any]]:
    """Pairs that sent events though nobody announced them, as the last build saw it (`queries.parked`).

    Their events are in the log: nothing of them is redriven, and each build looks anew who was announced.
    """
    from warehouse import publish, queries  # brings pandas, which an ingest never needs

    try:
        with publish.open_current(settings.published) as con:
            return queries.parked(con, code=code)
    except KinkeeperError:  # nothing is published, or by another version
        return []


def held_line(home: OpenHome, quarantine_id: str) -> HeldLine:
    """One line of the quarantine by its id."""
    rows = home.log.con.execute(_HELD + "where quarantine_id = ?", [quarantine_id]).fetchall()
    if not rows:
        raise KinkeeperError(f"{quarantine_id!r} is not in quarantine: see `kinkeeper quarantine list`")
    return HeldLine(*rows[0])


def lines_of_file(home: OpenHome, file_id: str) -> list[HeldLine]:
    """All lines of one delivery that were ever held back."""
    rows = home.log.con.execute(_HELD + "where file_id = ? order by line", [file_id]).fetchall()
    if not rows:
        raise KinkeeperError(
            f"no line of a file {file_id!r} is in quarantine: see `kinkeeper quarantine list`"
        )
    return [HeldLine(*row) for row in rows]


def lines_of_reason(home: OpenHome, source: str, code: str, seen_upto: dt.datetime | None) -> list[HeldLine]:
    """All lines of a source that were ever held back for a reason, up to those seen at some time."""
    rows = home.log.con.execute(
        _HELD + "where held.source = ? and code = ? and (? is null or seen_at <= ?) "
        "order by seen_at, file_id, line",
        [source, code, seen_upto, seen_upto],
    ).fetchall()
    return [HeldLine(*row) for row in rows]


def raw_bytes(home: OpenHome, held: HeldLine) -> bytes:
    """What the source sent: it may hold names and is for the eyes of whoever mends it."""
    ((sealed,),) = home.log.con.execute(
        "select raw from log.quarantine where quarantine_id = ?", [held.quarantine_id]
    ).fetchall()
    return unseal(home.vault.file_key(held.file_id), bytes(sealed))


def waived_for(home: OpenHome, held: HeldLine) -> str | None:
    """Why a line was given up, if it was."""
    ((sealed,),) = home.log.con.execute(
        "select waived_for from log.quarantine where quarantine_id = ?", [held.quarantine_id]
    ).fetchall()
    return None if sealed is None else unseal(home.vault.file_key(held.file_id), bytes(sealed)).decode()


def redrive(home: OpenHome, held: Sequence[HeldLine], mapping: Mapping | None) -> list[Receipt]:
    """Try lines again, file by file, read from the archive through `mapping` or as native lines.

    What was of the future when it landed is judged by the clock of now. Without a mapping, lines of a mapped
    source go through the one in the inbox, else through the one their file was read through. A file refused
    as a whole is not redriven: it is mended and ingested.
    """
    _refuse_redriven(held)
    _refuse_whole_files(held)
    receipts = []
    for file_id in dict.fromkeys(line.file_id for line in held):
        wanted = {line.line for line in held if line.file_id == file_id}
        delivery, chosen = landed_delivery(home, file_id, mapping)
        at = home.clock()
        lines = archived_lines(delivery, home, chosen, [], judged_at(delivery, at))
        held_back = (line for line in lines if line.number in wanted)
        receipts.append(home.log.redrive(file_id, held_back, at))
    return receipts


def redrive_mended(home: OpenHome, held: HeldLine, corrected: bytes, mapping: Mapping | None) -> Receipt:
    """Try one line again with the bytes somebody put in its place.

    For a CSV these are the header and the corrected row. What the source sent stays in the archive. Raises
    KinkeeperError where the corrected line brings nothing new: then it is another line, or needs no event.
    """
    _refuse_redriven([held])
    _refuse_whole_files([held])
    delivery, chosen = landed_delivery(home, held.file_id, mapping)
    at = home.clock()
    line = mended_line(corrected, delivery, home, chosen, judged_at(delivery, at))
    line = dataclasses.replace(line, number=held.line)
    receipt = home.log.redrive(held.file_id, [line], at, is_corrected=True)
    if not receipt.n_events and not receipt.quarantined:
        what = "is in the log already" if receipt.duplicate else "is no event, as the mapping says"
        raise KinkeeperError(
            f"the corrected line {what}, so {held.quarantine_id} stays in quarantine: is it another line? "
            f'If nothing is missing, `kinkeeper quarantine waive {held.quarantine_id} --reason "..."`'
        )
    return receipt


def waive(home: OpenHome, held: Sequence[HeldLine], reason: str) -> int:
    """Give up lines for a reason; answers how many of them were open."""
    why = reason_given(reason)
    waiting = [line for line in held if line.status == "open"]
    for file_id in dict.fromkeys(line.file_id for line in waiting):
        numbers = [line.line for line in waiting if line.file_id == file_id]
        home.log.waive(file_id, numbers, why, home.clock())
    return len(waiting)


def _refuse_redriven(held: Sequence[HeldLine]) -> None:
    back = next((line for line in held if line.status == "redriven"), None)
    if back is not None:
        raise KinkeeperError(f"{back.quarantine_id} left quarantine already")


def _refuse_whole_files(held: Sequence[HeldLine]) -> None:
    whole = next((line for line in held if line.is_of_refused_file), None)
    if whole is not None:
        raise KinkeeperError(
            f"{whole.file_name} was refused as a whole: mend it and ingest it again, then "
            f'`kinkeeper quarantine waive --file {whole.file_id} --reason "..."`'
        )


def judged_at(delivery: Delivery, now: dt.datetime) -> dt.datetime:
    """By which clock lines tried again are of the future: the later one, for either may have been set back.

    They were recorded when they landed all the same, as everything else in their file.
    """
    return max(delivery.landed_at, now)


def landed_delivery(
    home: OpenHome, file_id: str, mapping: Mapping | None = None
) -> tuple[Delivery, Mapping | None]:
    """The delivery as it landed, and what it is read through now.

    The time it landed is what its lines were recorded at.
    """
    ((sha256, name, source, was_mapped, landed_at),) = home.log.con.execute(
        "select sha256, name, source, mapping, landed_at from log.ledger where file_id = ?", [file_id]
    ).fetchall()
    if was_mapped != NATIVE and mapping is None:
        mapping = _mapping_in_inbox(home, source) or kept_mapping(was_mapped, home.settings)
        if mapping is None:
            raise KinkeeperError(
                f"{name} was read through a mapping that is here no more: give it, mended or not, "
                "with `kinkeeper quarantine redrive --mapping`"
            )
    return Delivery(sha256, name, source, was_mapped, landed_at.replace(tzinfo=dt.UTC)), mapping


def _mapping_in_inbox(home: OpenHome, source: str) -> Mapping | None:
    """The mapping of a source that waits in the inbox, if there is one and no other."""
    paths = sorted(home.settings.inbox.rglob(MAPPING_NAME))
    mappings = (load_mapping(path, home.settings.instruments) for path in paths)
    found = [mapping for mapping in mappings if mapping.source.name == source]
    return found[0] if len(found) == 1 else None
