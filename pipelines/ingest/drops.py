"""From a dropped file to lines the log appends: look, hash, archive, unpack, read, map, decode, append.

A file is turned away at the door (nothing is kept, it stays where it is), refused as a whole (its bytes
are archived and its ledger row says why), or read: then each line becomes events or a quarantined row.
One bad file never stops the good ones. How the archived bytes become lines is in `lines.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pipelines.ingest import presets
from pipelines.ingest.archive import keep_mapping, open_dropped, seal_file, sha256_of, sweep
from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.landing import landing, landing_folder
from pipelines.ingest.lines import UNNAMED, delivered, rows_before_refusal
from pipelines.ingest.mapping import CONTAINERS, NATIVE, Mapping
from pipelines.ingest.readers.slack import is_export_folder
from pipelines.ingest.readers.zips import MAX_ZIP_BYTES
from pipelines.ingest.rewriting import forget_returned
from pipelines.ingest.unpack import MAX_BYTES, format_of
from pipelines.ingest.which_mapping import (
    MAPPING_NAME,
    as_written,
    below,
    declaring,
    mapping_beside,
    source_of,
)
from warehouse.clock import Clock, system_clock
from warehouse.database import writer_lock
from warehouse.errors import FileRefused, SettingsError
from warehouse.log import Delivery, Receipt
from warehouse.settings import Settings

MAX_BYTES_IN_MEMORY = {"parquet": 256 << 20, "xlsx": 64 << 20, "zip": MAX_ZIP_BYTES}
"""These are read from their end, so the whole file is held in memory."""


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
            mappings[path.parent] = mapping_beside(path, home.settings)
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
        source = source or source_of(path, home.settings, mapping)
        mapping = declaring(mapping or presets.recognise(path), declared)
        if source == UNNAMED and mapping is not None:
            source = mapping.source.name
        with ExitStack() as opening:
            file, name, opened = opening.enter_context(_landing(path, mapping))
            mapping = as_written(mapping, file)
            delivery = Delivery(
                sha256=sha256_of(file),
                name=name,
                source=source,
                mapping=NATIVE if mapping is None else mapping.fingerprint,
                landed_at=home.clock(),
            )
            receipt = home.log.receipt(delivery) or _archive_and_append(file, delivery, home, mapping)
    except FileRefused as refusal:
        return _turned_away(path, str(refusal))
    forget_returned(home, delivery.file_id)
    if below(path, home.settings.inbox) is not None and opened is not None:
        _take_away(path, opened)
    return _result(path, delivery, receipt)


def _archive_and_append(
    file: BinaryIO, delivery: Delivery, home: OpenHome, mapping: Mapping | None
) -> Receipt:
    """Keep the bytes of a delivery and how they are read, then read them back from there into the log."""
    if mapping is not None:
        keep_mapping(mapping, home.settings)
    seal_file(file, delivery, home.settings, home.vault)
    notes: list[str] = []
    lines = delivered(delivery, home, mapping, notes)
    return home.log.append(delivery, lines, notes, kept=partial(rows_before_refusal, delivery, home, mapping))


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


def _take_away(path: Path, opened: os.stat_result) -> None:
    """Delete an inbox file, unless it is no longer the one that was read.

    One that cannot be deleted does no harm: it is known when it is met again.
    """
    with suppress(OSError):
        if _fingerprint(path.lstat()) == _fingerprint(opened):
            path.unlink()


def _fingerprint(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


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
