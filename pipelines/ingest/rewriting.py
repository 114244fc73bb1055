"""Taking rows out of what landed: the archive and the quarantine of a delivery, sealed anew without them.

The rows' bytes become spaces, so that every other row keeps its line and its offset. The delivery gets a
new key and the old one is destroyed: what is left of the old bytes, in freed blocks or in an older copy of
the archive or the log, opens no more. The log's events stay, for they hold pseudonyms.

Order makes it safe to die anywhere: the next key is committed, the quarantine is sealed with it, the archive
is, and then the next key takes the place of the old. Done again, whatever is left is done.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.archive import kept_mapping, open_archived, packed_size, put_in_place, seal_aside
from pipelines.ingest.home import OpenHome
from pipelines.ingest.mapping import NATIVE
from pipelines.ingest.traces import Reading, Row, Traces
from pipelines.ingest.unpack import format_of, unpacked
from warehouse.erasure import Erasures
from warehouse.errors import FileRefused, KinkeeperError
from warehouse.vault import check_end, digest_of, seal, unseal, unseal_stream

ERASED = "subject.erased"
_WAIVED_FOR = b"a person in this line was erased"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_PARQUET_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Landed:
    """One delivery that has an archive, and how its rows are read."""

    file_id: str
    is_refused: bool
    reading: Reading

    @property
    def name(self) -> str:
        return self.reading.file_name

    @property
    def is_parquet(self) -> bool:
        return format_of(self.name) == "parquet"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a delivery: where each starts and ends (in Parquet its number), or the delivery as a whole.

    A file that cannot be unpacked or decoded is taken out as a whole: nobody can tell whom it names.
    """

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    is_all: bool = False

    def __bool__(self) -> bool:
        return self.is_all or bool(self.starts)

    def hold(self, place: int | None) -> bool:
        """Whether a byte, or in Parquet a row, is in one of them."""
        if self.is_all or place is None:
            return self.is_all
        index = bisect_right(self.starts, place) - 1
        return index >= 0 and place < self.ends[index]


def landed(home: OpenHome) -> list[Landed]:
    """Every delivery that came as a file, oldest first."""
    rows = home.log.con.execute(
        "select file_id, name, source, mapping, status from log.ledger where status <> 'redriven' "
        "order by last_position, rowid"
    ).fetchall()
    return [
        Landed(file_id, status == "refused", _reading(home, name, source, mapping))
        for file_id, name, source, mapping, status in rows
    ]


def rows_about(home: OpenHome, delivery: Landed, traces: Traces) -> Rows:
    """The rows of a delivery that are about a person, and those nobody can read."""
    try:
        if delivery.is_parquet:
            numbers = list(_parquet_numbers(_landed_bytes(home, delivery), delivery.reading, traces))
            return Rows(tuple(numbers), tuple(number + 1 for number in numbers))
        found = list(_text_rows_about(home, delivery, traces))
    except (FileRefused, pa.ArrowException) as refusal:
        is_empty = isinstance(refusal, FileRefused) and refusal.code == "file.empty"
        return Rows(is_all=not is_empty)
    return Rows(tuple(row.start for row in found), tuple(row.end for row in found))


def forget_returned(home: OpenHome, file_id: str | None = None) -> None:
    """Take out the quarantined lines that are about an erased person, of one delivery or of all.

    They were refused for that, or for something else before anybody looked. They stay counted, and nothing
    of what they said is kept. A delivery whose sealing anew was interrupted is done again.
    """
    if not home.vault.erased:
        return
    half_sealed = Erasures(home.vault.store).half_sealed()
    for delivery in landed(home):
        if file_id in (None, delivery.file_id):
            places = set(_returned(home, delivery, delivery.file_id in half_sealed))
            if places:
                take_out(home, delivery, _rows_at(home, delivery, places))


def _returned(home: OpenHome, delivery: Landed, is_half_sealed: bool) -> Iterator[int]:
    """Where quarantined lines about erased people stand.

    Of a delivery that is half sealed, also where those stood that are empty already. Of a report, also where
    rows stand that are no lines, such as the one that names the host.
    """
    if delivery.reading.is_of_meetings:
        yield from _returned_rows(home, delivery, None)
    held = home.log.con.execute(
        "select code, byte_offset, line, raw from log.quarantine "
        "where file_id = ? and (status = 'open' or (status = 'waived' and ?))",
        [delivery.file_id, is_half_sealed],
    ).fetchall()
    if not held:
        return
    keys = Erasures(home.vault.store).keys(delivery.file_id)
    header = _header(home, delivery)
    for code, offset, line, sealed in held:
        raw = _opened(keys, sealed)
        if line == 0:  # the file as a whole
            continue
        if code == ERASED or not raw or _is_about_erased(home, delivery.reading, raw, header):
            yield line if delivery.is_parquet else offset
    if delivery.is_refused and not delivery.is_parquet:
        yield from _returned_rows(home, delivery, header)


def _returned_rows(home: OpenHome, delivery: Landed, header: list[str] | None) -> Iterator[int]:
    """Where rows about erased people stand in a file, in a refused one behind the place it broke at too."""
    with suppress(FileRefused):
        for row in _text_rows(home, delivery):
            if _is_about_erased(home, delivery.reading, row.data, header):
                yield row.start


def _is_about_erased(home: OpenHome, reading: Reading, raw: bytes, header: list[str] | None) -> bool:
    return any(digest_of(identity) in home.vault.erased for identity in reading.identities(raw, header))


def _header(home: OpenHome, delivery: Landed) -> list[str] | None:
    if not delivery.reading.is_csv:
        return None
    with suppress(FileRefused):
        first = next(_text_rows(home, delivery), None)
        return None if first is None else delivery.reading.header(first)
    return None


def take_out(home: OpenHome, delivery: Landed, rows: Rows) -> bool:
    """Seal a delivery anew without some rows; answers whether there was anything to do."""
    erasures = Erasures(home.vault.store)
    if not rows and delivery.file_id not in erasures.half_sealed():
        return False
    key = erasures.next_key(delivery.file_id)
    digest = hashlib.sha256()
    if not _is_sealed_with(key, home, delivery.file_id):
        _reseal_quarantine(home, delivery, rows, key)
        content = _hashed(_without(home, delivery, rows), digest)
        put_in_place(seal_aside(content, delivery.file_id, key, home.settings), home.settings)
    else:
        for chunk in _archived(home, delivery.file_id):
            digest.update(chunk)
    erasures.sealed_anew(delivery.file_id, digest.hexdigest())
    return True


def _reading(home: OpenHome, name: str, source: str, mapping: str) -> Reading:
    is_native = mapping == NATIVE
    return Reading(name, source, is_native, None if is_native else kept_mapping(mapping, home.settings))


def _archived(home: OpenHome, file_id: str) -> Iterator[bytes]:
    """The bytes of a delivery, whichever of its keys they are sealed with by now."""
    keys = Erasures(home.vault.store).keys(file_id)
    key = next((key for key in keys if _is_sealed_with(key, home, file_id)), home.vault.known_key(file_id))
    with open_archived(home.settings, file_id) as sealed:
        yield from unseal_stream(key, sealed)


def _is_sealed_with(key: bytes, home: OpenHome, file_id: str) -> bool:
    with open_archived(home.settings, file_id) as sealed:
        try:
            check_end(key, sealed)
        except KinkeeperError:
            return False
    return True


def _unpacked(home: OpenHome, delivery: Landed) -> Iterator[bytes]:
    read = partial(_archived, home, delivery.file_id)
    return unpacked(read, delivery.name, packed_size(home.settings, delivery.file_id))


def _landed_bytes(home: OpenHome, delivery: Landed) -> bytes:
    return b"".join(_unpacked(home, delivery))


def _text_rows(home: OpenHome, delivery: Landed) -> Iterator[Row]:
    return delivery.reading.rows(_unpacked(home, delivery))


def _text_rows_about(home: OpenHome, delivery: Landed, traces: Traces) -> Iterator[Row]:
    """Rows about a person. A row longer than a row may be is none that anybody reads: it goes too."""
    reading, header = delivery.reading, None
    for row in _text_rows(home, delivery):
        if row.number == 1 and not reading.is_of_meetings:
            if row.data.startswith(_UTF16_BOMS):
                raise FileRefused("text.encoding", "nobody can tell whom it names")
            header = reading.header(row) if reading.is_csv else None
            if header is not None and not delivery.is_refused:
                continue
        is_unreadable = not row.is_whole and bool(row.data.strip())
        if is_unreadable or reading.is_about(row, header, traces):
            yield row


def _parquet_numbers(content: bytes, reading: Reading, traces: Traces) -> Iterator[int]:
    number = 0
    for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches(_PARQUET_ROWS):
        for record in batch.to_pylist():
            number += 1
            if reading.holds(record, traces):
                yield number


def _rows_at(home: OpenHome, delivery: Landed, places: set[int]) -> Rows:
    """The rows that certain bytes lie in; in Parquet the rows of these numbers."""
    ordered = sorted(places)
    if delivery.is_parquet:
        return Rows(tuple(ordered), tuple(place + 1 for place in ordered))
    found = [
        row
        for row in _text_rows(home, delivery)
        if bisect_left(ordered, row.start) < bisect_left(ordered, row.end)
    ]
    return Rows(tuple(row.start for row in found), tuple(row.end for row in found))


def _without(home: OpenHome, delivery: Landed, rows: Rows) -> Iterator[bytes]:
    """The bytes of a delivery without some rows, packed as they were."""
    if rows.is_all:
        return iter(())
    if delivery.is_parquet:
        return iter([_parquet_without(_landed_bytes(home, delivery), rows)])
    kept = (row.blank if rows.hold(row.start) else row.data for row in _text_rows(home, delivery))
    return _packed(kept) if delivery.name.lower().endswith(".gz") else kept


def _parquet_without(content: bytes, rows: Rows) -> bytes:
    """The same table; the rows taken out hold nothing in any column."""
    table = pq.read_table(pa.BufferReader(content))
    kept = [None if rows.hold(index + 1) else index for index in range(table.num_rows)]
    target = io.BytesIO()
    pq.write_table(table.take(pa.array(kept, pa.int64())), target)
    return target.getvalue()


def _packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """As a gzip file. Huffman coding alone packs at most eightfold: spaces must not look like a gzip bomb."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16, strategy=zlib.Z_HUFFMAN_ONLY)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def _reseal_quarantine(home: OpenHome, delivery: Landed, rows: Rows, key: bytes) -> None:
    """Seal the quarantined lines of a delivery anew; those taken out are waived and say nothing any more."""
    con = home.log.con
    keys = Erasures(home.vault.store).keys(delivery.file_id)
    held = con.execute(
        "select rowid, line, byte_offset, raw, shape, status, waived_for "
        "from log.quarantine where file_id = ?",
        [delivery.file_id],
    ).fetchall()
    if not held:
        return
    columns: dict[str, list[Any]] = {
        name: [] for name in ("place", "raw", "shape", "status", "waived_for", "is_out")
    }
    for place, line, offset, raw, shape, status, waived_for in held:
        is_out = rows.hold(line if delivery.is_parquet else offset)
        reason = None if waived_for is None else _opened(keys, waived_for)
        columns["place"].append(place)
        columns["raw"].append(seal(key, b"" if is_out else _opened(keys, raw)))
        columns["shape"].append("" if is_out else shape)
        columns["status"].append("waived" if is_out and status == "open" else status)
        columns["waived_for"].append(_sealed(key, _WAIVED_FOR if is_out else reason))
        columns["is_out"].append(is_out)
    _update_quarantine(home, pa.table(columns))


def _update_quarantine(home: OpenHome, resealed: pa.Table) -> None:
    con = home.log.con
    con.register("resealed", resealed)
    con.execute("begin")
    con.execute(
        """
        update log.quarantine
        set raw = resealed.raw,
            shape = resealed.shape,
            status = resealed.status,
            waived_for = resealed.waived_for,
            settled_at = case when is_out then coalesce(settled_at, $at) else settled_at end
        from resealed
        where quarantine.rowid = resealed.place
        """,
        {"at": home.clock().replace(tzinfo=None)},
    )
    con.execute("commit")
    con.unregister("resealed")
    con.execute("checkpoint")


def _opened(keys: Iterable[bytes], sealed: bytes) -> bytes:
    """Bytes that a delivery's next key or its own sealed."""
    *first, last = keys
    for key in first:
        try:
            return unseal(key, sealed)
        except KinkeeperError:
            continue
    return unseal(last, sealed)


def _sealed(key: bytes, data: bytes | None) -> bytes | None:
    return None if data is None else seal(key, data)


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
