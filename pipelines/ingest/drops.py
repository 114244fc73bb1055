"""From a dropped file to lines the log appends: look, hash, archive, unpack, read, map, decode, append.

A file is turned away at the door (nothing is kept, it stays where it is), refused as a whole (its bytes
are archived and its ledger row says why), or read: then each line becomes events or a quarantined row.
One bad file never stops the good ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pipelines.ingest import presets
from pipelines.ingest.ahead import ahead
from pipelines.ingest.archive import (
    keep_mapping,
    open_dropped,
    packed_size,
    read_archived,
    seal_file,
    sha256_of,
    sweep,
)
from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.landing import landing, landing_folder
from pipelines.ingest.mapping import CONTAINERS, MEETING_FORMATS, NATIVE, TABLES, Mapping, load_mapping
from pipelines.ingest.meetings import CalendarMapper, ReportMapper
from pipelines.ingest.readers.attendance import ReportLayout
from pipelines.ingest.readers.blocks import Block, read_blocks
from pipelines.ingest.readers.csv import read_csv
from pipelines.ingest.readers.ics import CalendarLayout, read_ics
from pipelines.ingest.readers.meet import read_meet
from pipelines.ingest.readers.ndjson import read_lines, read_ndjson
from pipelines.ingest.readers.parquet import read_parquet
from pipelines.ingest.readers.records import (
    UTF16_BOMS,
    Layout,
    Record,
    as_utf8,
    without_line_end,
)
from pipelines.ingest.readers.slack import is_export_folder
from pipelines.ingest.readers.tables import read_table
from pipelines.ingest.readers.teams import read_teams
from pipelines.ingest.readers.zips import MAX_ZIP_BYTES
from pipelines.ingest.readers.zoom import read_zoom
from pipelines.ingest.rewriting import forget_returned
from pipelines.ingest.rows import Lookup, RowMapper
from pipelines.ingest.unpack import MAX_BYTES, format_of, unpacked
from pipelines.ingest.who import Directory
from warehouse.batches import Batch, Line
from warehouse.clock import Clock, system_clock
from warehouse.database import writer_lock
from warehouse.errors import EventRejected, FileRefused, KinkeeperError, SettingsError
from warehouse.events.bulk import Apart, BulkDecoder
from warehouse.events.codec import Context, People, decode
from warehouse.log import Delivery, Receipt
from warehouse.settings import Settings
from warehouse.vault import Vault
from warehouse.waiting import PersonWaits, Place

MAPPING_NAME = "mapping.toml"
UNNAMED = "unnamed"
"""The source in the ledger where neither an option, the mapping nor the inbox folder names one."""

MAX_BYTES_IN_MEMORY = {"parquet": 256 << 20, "xlsx": 64 << 20, "zip": MAX_ZIP_BYTES}
"""These are read from their end, so the whole file is held in memory."""


LINES = ("ndjson", "slack", "mbox")
"""Formats that are JSON, one object a line, once they landed."""

REPORTS = {"zoom": read_zoom, "teams": read_teams, "meet": read_meet}
"""How the report of each meeting tool is read."""

L = TypeVar("L", Line, Batch)

Mapper = Callable[[dict[str, Any]], Sequence[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file; `sha256` is None where it was turned away at the door.

    `lines_in = accepted + duplicate + quarantined`; a file refused as a whole is one quarantined line, and
    one more for each row that could be read before the place it broke at.
    """

    path: str
    sha256: str | None
    status: str
    lines_in: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    n_events: int = 0
    notes: tuple[str, ...] = ()


def ingest_into_home(  # noqa: PLR0913  each argument is an option of the command
    settings: Settings,
    paths: Iterable[Path],
    *,
    mapping: Path | str | None = None,
    source: str | None = None,
    declared: dict[str, str] | None = None,
    clock: Clock = system_clock,
    on_file: Callable[[str], None] = lambda _step: None,
) -> tuple[list[FileResult], int]:
    """Ingest files and folders into a home under its writer lock: what became of each, events in the log.

    `mapping` is one mapping file, or the name of a preset, for all of them; `declared` is the `zone`,
    `date_order` and `encoding` of calendars, reports and tables. `on_file` is told of each file that is done.
    """
    from pipelines.ingest.waiting import after_ingest  # it reads rows again, so it stands above this module

    chosen = presets.chosen(str(mapping), settings.instruments) if mapping is not None else None
    with writer_lock(settings.home), open_home(settings, clock) as home:
        results = ingest_paths(
            paths,
            home,
            mapping=chosen,
            source=source,
            declared=declared,
            on_progress=lambda result: on_file(Path(result.path).name),
        )
        return after_ingest(home, results), home.n_events


def ingest_paths(
    paths: Iterable[Path],
    home: OpenHome,
    *,
    mapping: Mapping | None = None,
    source: str | None = None,
    declared: dict[str, str] | None = None,
    on_progress: Callable[[FileResult], None] = lambda _result: None,
) -> list[FileResult]:
    """Ingest files and folders of files, in the order of their names; call it under the writer lock.

    A `mapping.toml` is for the files beside it, unless `mapping` is given. Files whose mapping is wrong
    are turned away with the reason; the others go on.
    """
    sweep(home.settings)
    mappings: dict[Path, Mapping | SettingsError | None] = {}
    results = []
    for path in _files(paths):
        if mapping is None and path.parent not in mappings:
            mappings[path.parent] = _mapping_beside(path, home.settings)
        chosen = mapping or mappings[path.parent]
        if isinstance(chosen, SettingsError):
            result = _turned_away(path, str(chosen))
        else:
            result = ingest_file(path, home, mapping=chosen, source=source, declared=declared)
        results.append(result)
        on_progress(result)
    return results


def ingest_file(
    path: Path,
    home: OpenHome,
    *,
    mapping: Mapping | None = None,
    source: str | None = None,
    declared: dict[str, str] | None = None,
) -> FileResult:
    """Ingest one file; without a mapping it holds CloudEvents, one a line, or is an export we know.

    A file of the inbox is deleted once its bytes are archived and its ledger row is committed. Raises
    KinkeeperError only where nothing can be ingested at all, as on a full disk.
    """
    try:
        _refuse_climbing(path, home.settings.inbox)
        source = source or _source_of(path, home.settings, mapping)
        mapping = _declaring(mapping or presets.recognise(path), declared)
        if source == UNNAMED and mapping is not None:
            source = mapping.source.name
        with ExitStack() as opening:
            file, name, opened = opening.enter_context(_landing(path, mapping))
            mapping = _as_written(mapping, file)
            delivery = Delivery(
                sha256=sha256_of(file),
                name=name,
                source=source,
                mapping=NATIVE if mapping is None else mapping.fingerprint,
                landed_at=home.clock(),
            )
            receipt = home.log.receipt(delivery)
            if receipt is None:
                if mapping is not None:
                    keep_mapping(mapping, home.settings)
                seal_file(file, delivery, home.settings, home.vault)
                notes: list[str] = []
                lines = _as_decoded(delivery, home, mapping, notes)
                receipt = home.log.append(
                    delivery, lines, notes, kept=partial(rows_before_refusal, delivery, home, mapping)
                )
    except FileRefused as refusal:
        return _turned_away(path, str(refusal))
    forget_returned(home, delivery.file_id)
    if _below(path, home.settings.inbox) is not None and opened is not None:
        _take_away(path, opened)
    return _result(path, delivery, receipt)


def archived_lines(
    delivery: Delivery, home: OpenHome, mapping: Mapping | None, notes: list[str]
) -> Iterator[Line]:
    """The lines of an archived delivery, for the log to append.

    It reads the archive and not the file that was dropped, so that what is in the log can be read again in
    the same way. What a person should know about the file is added to `notes`. Raises FileRefused where
    the file cannot be read at all.
    """
    mapper, people = _ready(delivery, home, mapping)
    context = _context(delivery, mapping)
    records = _archived_records(delivery, home, mapping, notes)
    lines = (_line(record, mapper, people, context) for record in records)
    yield from _noted(_awaited(lines, delivery, home.vault), notes)
    if isinstance(mapper, RowMapper) and mapper.n_ignored:
        notes.append(f"{mapper.n_ignored} rows are no events, as the mapping says")
    if isinstance(mapper, ReportMapper | CalendarMapper):
        notes += mapper.notes()


def _as_decoded(
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


def mended_line(content: bytes, delivery: Delivery, home: OpenHome, mapping: Mapping | None) -> Line:
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
    return _line(records[0], mapper, people, _context(delivery, mapping))


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


def _result(path: Path, delivery: Delivery, receipt: Receipt) -> FileResult:
    return FileResult(
        path=str(path),
        sha256=delivery.sha256,
        status=receipt.status,
        lines_in=receipt.lines_in,
        accepted=receipt.accepted,
        duplicate=receipt.duplicate,
        quarantined=receipt.quarantined,
        n_events=receipt.n_events,
        notes=receipt.notes,
    )


def _turned_away(path: Path, reason: str) -> FileResult:
    return FileResult(str(path), None, "refused", notes=(reason,))


def _refuse_climbing(path: Path, inbox: Path) -> None:
    """Turn away a path that enters the inbox and goes up again: who names a file there may read no other."""
    place = path.absolute()
    if not place.is_relative_to(inbox):
        return
    if ".." in place.relative_to(inbox).parts:
        raise FileRefused("file.path", "the path leaves its folder by '..': drop the file itself")
    if not place.parent.resolve().is_relative_to(inbox.resolve()):
        raise FileRefused("file.path", "the path leaves its folder by a link: drop the file itself")


def _refuse_part_of_export(path: Path) -> None:
    """Turn away one file of an unpacked Slack export, which would be kept with what people wrote."""
    if path.suffix == ".json" and any(map(is_export_folder, (path.parent, path.parent.parent))):
        hint = "one file of an unpacked Slack export: drop its zip, or `kinkeeper ingest` the folder"
        raise FileRefused("file.no_mapping", hint)


def _refuse_unreadable(name: str, mapping: Mapping | None) -> None:
    """Turn away a file that would be read by the wrong reader."""
    found = format_of(name)
    if mapping is None and found != "ndjson":
        hint = f"{found} needs a mapping, which `kinkeeper map` proposes: give --mapping, or a {MAPPING_NAME}"
        raise FileRefused("file.no_mapping", hint)
    if mapping is not None and found not in CONTAINERS.get(mapping.source.format, (mapping.source.format,)):
        hint = f"{found} by its name, but the mapping of {mapping.source.name} reads {mapping.source.format}"
        raise FileRefused("file.no_mapping", hint)


def _refuse_size(name: str, n_bytes: int) -> None:
    limit = MAX_BYTES_IN_MEMORY.get(format_of(name), MAX_BYTES)
    if n_bytes > limit:
        raise FileRefused("file.too_large", f"{n_bytes:,} bytes, the limit is {limit:,}: split the file")


@contextmanager
def _landing(path: Path, mapping: Mapping | None) -> Iterator[tuple[BinaryIO, str, os.stat_result | None]]:
    """What lands of a dropped file, what it is called then, and which file it was; a folder is none."""
    if is_export_folder(path):
        if mapping is None or mapping.source.format != "slack":
            raise FileRefused("file.no_mapping", "a folder with a Slack export: --mapping slack reads it")
        with landing_folder(path) as (file, name):
            yield file, name, None
        return
    _refuse_part_of_export(path)
    _refuse_unreadable(path.name, mapping)
    with open_dropped(path) as dropped:
        opened = os.fstat(dropped.fileno())
        _refuse_size(path.name, opened.st_size)
        with landing(dropped, path.name) as (file, name):
            yield file, name, opened


def _declaring(mapping: Mapping | None, declared: dict[str, str] | None) -> Mapping | None:
    """A mapping of a calendar, report or table with what was declared beside it of its clock and encoding."""
    if mapping is None or not declared or mapping.source.format not in (*MEETING_FORMATS, *TABLES):
        return mapping
    clock = {key: value for key, value in declared.items() if key != "encoding"}
    return _with(mapping, time=clock, source={key: declared[key] for key in declared.keys() - clock.keys()})


def _as_written(mapping: Mapping | None, file: BinaryIO) -> Mapping | None:
    """The mapping of a table that begins as UTF-16, which says so itself."""
    if mapping is None or mapping.source.format not in TABLES:
        return mapping
    file.seek(0)
    is_utf16 = file.read(len(UTF16_BOMS[0])) in UTF16_BOMS
    return _with(mapping, source={"encoding": "utf-16"}) if is_utf16 else mapping


def _with(mapping: Mapping, **changes: dict[str, str]) -> Mapping:
    """A mapping with other settings in some of its blocks."""
    told = mapping.model_dump(by_alias=True, exclude_defaults=True)
    return Mapping.model_validate(
        told | {block: told.get(block, {}) | changed for block, changed in changes.items() if changed}
    )


def _source_of(path: Path, settings: Settings, mapping: Mapping | None) -> str:
    if mapping is not None:
        return mapping.source.name
    place = _below(path, settings.inbox)
    return place.parts[0] if place is not None and len(place.parts) > 1 else UNNAMED


def _below(path: Path, folder: Path) -> Path | None:
    """The path relative to the folder, if it is in there."""
    absolute, folder = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    return absolute.relative_to(folder) if absolute.is_relative_to(folder) else None


def _take_away(path: Path, opened: os.stat_result) -> None:
    """Delete an inbox file, unless it is no longer the one that was read.

    One that cannot be deleted does no harm: it is known when it is met again.
    """
    with suppress(OSError):
        if _fingerprint(path.lstat()) == _fingerprint(opened):
            path.unlink()


def _fingerprint(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _mapping_beside(path: Path, settings: Settings) -> Mapping | SettingsError | None:
    mapping_file = path.parent / MAPPING_NAME
    if not mapping_file.exists():
        return None
    try:
        return load_mapping(mapping_file, settings.instruments)
    except SettingsError as error:
        return error


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder by name, without hidden ones, half uploaded ones and mappings.

    A Slack export that was unpacked counts as one file.
    """
    if is_export_folder(folder):
        yield folder
        return
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name.endswith(".part") or entry.name == MAPPING_NAME:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        else:
            yield entry
