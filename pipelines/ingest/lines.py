"""From the archived bytes of a delivery to the lines the log appends: unpack, read, map, decode."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pipelines.ingest.ahead import ahead
from pipelines.ingest.archive import packed_size, read_archived
from pipelines.ingest.home import OpenHome
from pipelines.ingest.mapping import MEETING_FORMATS, TABLES, Mapping
from pipelines.ingest.meetings import CalendarMapper, ReportMapper
from pipelines.ingest.readers.attendance import ReportLayout
from pipelines.ingest.readers.blocks import Block, read_blocks
from pipelines.ingest.readers.csv import read_csv
from pipelines.ingest.readers.ics import CalendarLayout, read_ics
from pipelines.ingest.readers.meet import read_meet
from pipelines.ingest.readers.ndjson import read_lines, read_ndjson
from pipelines.ingest.readers.parquet import read_parquet
from pipelines.ingest.readers.records import Layout, Record, as_utf8, without_line_end
from pipelines.ingest.readers.tables import read_table
from pipelines.ingest.readers.teams import read_teams
from pipelines.ingest.readers.zoom import read_zoom
from pipelines.ingest.rows import Lookup, RowMapper
from pipelines.ingest.unpack import format_of, unpacked
from pipelines.ingest.who import Directory
from warehouse.batches import Batch, Line
from warehouse.errors import EventRejected, FileRefused, KinkeeperError
from warehouse.events.bulk import Apart, BulkDecoder
from warehouse.events.codec import Context, People, decode
from warehouse.log import Delivery
from warehouse.vault import Vault
from warehouse.waiting import PersonWaits, Place

UNNAMED = "unnamed"
"""The source in the ledger where neither an option, the mapping nor the inbox folder names one."""

LINES = ("ndjson", "slack", "mbox")
"""Formats that are JSON, one object a line, once they landed."""

REPORTS = {"zoom": read_zoom, "teams": read_teams, "meet": read_meet}
"""How the report of each meeting tool is read."""

L = TypeVar("L", Line, Batch)


Mapper = Callable[[dict[str, Any]], Sequence[dict[str, Any]]]


def archived_lines(
    delivery: Delivery,
    home: OpenHome,
    mapping: Mapping | None,
    notes: list[str],
    judged_at: datetime | None = None,
) -> Iterator[Line]:
    """The lines of an archived delivery, for the log to append.

    It reads the archive and not the file that was dropped, so that what is in the log can be read again in
    the same way. What a person should know about the file is added to `notes`. What is the future is judged
    as of `judged_at`, else of when the file landed. Raises FileRefused where the file cannot be read at all.
    """
    mapper, people = _ready(delivery, home, mapping)
    context = replace(_context(delivery, mapping), judged_at=judged_at)
    records = _archived_records(delivery, home, mapping, notes)
    lines = (_line(record, mapper, people, context) for record in records)
    yield from _noted(_awaited(lines, delivery, home.vault), notes)
    if isinstance(mapper, RowMapper) and mapper.n_ignored:
        notes.append(f"{mapper.n_ignored} rows are no events, as the mapping says")
    if isinstance(mapper, ReportMapper | CalendarMapper):
        notes += mapper.notes()


def delivered(
    delivery: Delivery, home: OpenHome, mapping: Mapping | None, notes: list[str]
) -> Iterator[Line | Batch]:
    """The lines of an archived delivery in the form that is fastest to have."""
    if mapping is not None:
        return archived_lines(delivery, home, mapping, notes)
    return ahead(_noted(_bulk(delivery, home, notes), notes))


def _bulk(delivery: Delivery, home: OpenHome, notes: list[str]) -> Generator[Batch, None, None]:
    """Native lines, decoded together where they are plain, one by one where they are not."""
    context = _context(delivery, None)
    noted_ahead: list[str] = []
    with (
        closing(BulkDecoder(home.vault, delivery.landed_at, context.source)) as decoder,
        closing(ahead(_apart(_archived_bytes(delivery, home), decoder, noted_ahead))) as blocks,
    ):
        for block, apart, is_first in blocks:
            plain = None if apart is None else decoder.decode(apart)
            del apart  # or it would be held until the next one is there
            left = map(block.line, block.without(plain))
            records = read_lines(left, Layout(), notes, is_first=is_first)
            lines = [_line(record, _one_record, home.vault, context) for record in records]
            if lines or plain is not None:
                yield Batch(lines, plain, partial(_plain_line, block))
    notes += noted_ahead


def _apart(
    contents: Iterator[bytes], decoder: BulkDecoder, notes: list[str]
) -> Generator[tuple[Block, Apart | None, bool], None, None]:
    """Blocks with their lines taken apart, and whether no line of the file came before."""
    is_first = True
    for block in read_blocks(contents, notes):
        # The first line of a file that holds something is looked at more closely.
        skip = block.n_blank + 1 if is_first else 0
        yield block, decoder.take_apart(block.data, block.starts, number=block.number, skip=skip), is_first
        is_first = is_first and skip >= len(block.starts)


def _plain_line(block: Block, number: int) -> Line:
    _, offset, line = block.line(number - block.number)
    return Line(number, offset, without_line_end(line))


def _noted(lines: Iterator[L], notes: list[str]) -> Generator[L, None, None]:
    """The same lines; why they ended early, or that there were none, is noted."""
    n_lines = 0
    try:
        for line in lines:
            n_lines += 1
            yield line
    except FileRefused as refusal:
        notes.append(str(refusal))
        raise
    if not n_lines:
        notes.append("the file holds no rows")


def mended_line(
    content: bytes,
    delivery: Delivery,
    home: OpenHome,
    mapping: Mapping | None,
    judged_at: datetime | None = None,
) -> Line:
    """One line out of the bytes somebody corrected: a native line, or a header and its row.

    Raises KinkeeperError where they hold none or more than one.
    """
    if mapping is not None and mapping.source.format in MEETING_FORMATS:
        raise KinkeeperError(
            "a row of a meeting says nothing without the others: mend the file and ingest it"
        )
    records = list(_records(iter([content]), delivery, home, mapping, []))
    if len(records) != 1:
        raise KinkeeperError(f"the corrected bytes hold {len(records)} rows, not one")
    mapper, people = _ready(delivery, home, mapping)
    context = replace(_context(delivery, mapping), judged_at=judged_at)
    return _line(records[0], mapper, people, context)


def rows_before_refusal(delivery: Delivery, home: OpenHome, mapping: Mapping | None) -> Iterator[Line]:
    """The rows of a refused file up to the place it broke at, for quarantine: none of them is an event."""
    hint = "the row could be read, but its file was refused as a whole: mend the file"
    innocent = EventRejected("file.refused", None, hint)
    with suppress(FileRefused):
        for record in _archived_records(delivery, home, mapping, []):
            reason = record.content if isinstance(record.content, EventRejected) else innocent
            yield Line(record.number, record.offset, record.raw, rejected=reason)


def _archived_records(
    delivery: Delivery, home: OpenHome, mapping: Mapping | None, notes: list[str]
) -> Iterator[Record]:
    yield from _records(_archived_bytes(delivery, home), delivery, home, mapping, notes)


def _archived_bytes(delivery: Delivery, home: OpenHome) -> Iterator[bytes]:
    read = partial(read_archived, home.settings, home.vault, delivery.file_id)
    return unpacked(read, delivery.name, packed_size(home.settings, delivery.file_id))


def _records(
    contents: Iterator[bytes], delivery: Delivery, home: OpenHome, mapping: Mapping | None, notes: list[str]
) -> Iterator[Record]:
    if (
        mapping is not None
        and mapping.source.encoding == "utf-16"
        and mapping.source.format not in MEETING_FORMATS
    ):
        contents = as_utf8(contents)
    if mapping is None or mapping.source.format in LINES:
        return read_ndjson(contents, Layout() if mapping is None else mapping.layout, notes)
    match mapping.source.format:
        case "table" | "qualtrics" | "surveymonkey" as kind:
            return read_table(
                contents, kind, mapping.heading, notes, is_workbook=format_of(delivery.name) == "ndjson"
            )
        case "csv":
            return read_csv(contents, mapping.layout, notes)
        case "parquet":
            return read_parquet(b"".join(contents), mapping.layout, notes)
        case "ics":
            return read_ics(contents, _calendar_layout(delivery, home, mapping), notes)
        case tool:
            return REPORTS[tool](contents, _report_layout(delivery, home, mapping), notes)


def _calendar_layout(delivery: Delivery, home: OpenHome, mapping: Mapping) -> CalendarLayout:
    """How far series are unfolded depends on when the calendar landed, so that it reads the same again."""
    policy = home.settings.policy
    return CalendarLayout(
        since=delivery.landed_at - timedelta(days=policy.calendar_past_days),
        until=delivery.landed_at + timedelta(days=policy.calendar_ahead_days),
        zone=mapping.time.zone,
        takes_all_day=mapping.meeting.all_day,
    )


def _report_layout(delivery: Delivery, home: OpenHome, mapping: Mapping) -> ReportLayout:
    """A program that says its zone says it for reports that do not."""
    policy = home.settings.policy
    return ReportLayout(
        zone=mapping.time.zone,
        program_zone=policy.time_zone if "time_zone" in policy.model_fields_set else None,
        date_order=mapping.time.date_order,
        encoding=mapping.source.encoding,
        aliases=mapping.layout.aliases,
        file_name=delivery.name,
    )


def _context(delivery: Delivery, mapping: Mapping | None) -> Context:
    source = None if delivery.source == UNNAMED else delivery.source
    if mapping is None:
        return Context(received_at=delivery.landed_at, source=source)
    if mapping.source.format in MEETING_FORMATS:
        return Context(received_at=delivery.landed_at, source=source or mapping.source.name)
    return Context(
        received_at=delivery.landed_at,
        source=source,
        namespace=mapping.source.namespace,
        style=mapping.style,
        is_text=mapping.source.format in ("csv", *TABLES),
    )


def _ready(delivery: Delivery, home: OpenHome, mapping: Mapping | None) -> tuple[Mapper, People]:
    """What makes records of the rows of a delivery, and whom its people are looked up with."""
    if mapping is None:
        return _one_record, home.vault
    policy, namespace = home.settings.policy, mapping.source.namespace or delivery.source
    directory = Directory(home.vault, home.log.con, policy)
    if mapping.source.format == "ics":
        return CalendarMapper(mapping, namespace, directory, policy, delivery.landed_at), directory
    if mapping.source.format in MEETING_FORMATS:
        return ReportMapper(mapping, namespace, directory, policy, home.log.con), directory
    return RowMapper(mapping, Lookup(directory, namespace)), directory


def _awaited(lines: Iterable[Line], delivery: Delivery, vault: Vault) -> Iterator[Line]:
    """The same lines; those that wait for somebody to say who a person is are noted in the vault."""
    for line in lines:
        if isinstance(line.rejected, PersonWaits):
            place = Place(delivery.file_id, line.number, delivery.source, delivery.landed_at)
            for asked in line.rejected.asked:
                vault.await_person(asked, line.rejected.code, place)
        yield line


def _one_record(content: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """A native line is a record already."""
    return (content,)


def _line(
    record: Record,
    mapper: Mapper,
    people: People,
    context: Context,
) -> Line:
    """A record with the events it became, or with the reason why it became none."""
    try:
        if isinstance(record.content, EventRejected):
            raise record.content
        events = tuple(decode(item, people, context) for item in mapper(record.content))
    except EventRejected as error:
        return Line(record.number, record.offset, record.raw, rejected=error)
    return Line(record.number, record.offset, record.raw, events)
