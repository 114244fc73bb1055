"""Which mapping reads a dropped file, and which source its rows are from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from pipelines.ingest.lines import UNNAMED
from pipelines.ingest.mapping import MEETING_FORMATS, TABLES, Mapping
from pipelines.ingest.mapping_file import load_mapping
from pipelines.ingest.readers.records import UTF16_BOMS
from warehouse.errors import SettingsError
from warehouse.settings import Settings

MAPPING_NAME = "mapping.toml"


def mapping_beside(path: Path, settings: Settings) -> Mapping | SettingsError | None:
    """The mapping in the folder of a file, what is wrong with it, or None where there is none."""
    mapping_file = path.parent / MAPPING_NAME
    if not mapping_file.exists():
        return None
    try:
        return load_mapping(mapping_file, settings.instruments)
    except SettingsError as error:
        return error


def declaring(mapping: Mapping | None, declared: dict[str, str] | None) -> Mapping | None:
    """A mapping of a calendar, report or table with what was declared beside it of its clock and encoding."""
    if mapping is None or not declared or mapping.source.format not in (*MEETING_FORMATS, *TABLES):
        return mapping
    clock = {key: value for key, value in declared.items() if key != "encoding"}
    return _with(mapping, time=clock, source={key: declared[key] for key in declared.keys() - clock.keys()})


def as_written(mapping: Mapping | None, file: BinaryIO) -> Mapping | None:
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


def source_of(path: Path, settings: Settings, mapping: Mapping | None) -> str:
    """Whom a file is from: its mapping says so, or the folder of the inbox it lies in."""
    if mapping is not None:
        return mapping.source.name
    place = below(path, settings.inbox)
    return place.parts[0] if place is not None and len(place.parts) > 1 else UNNAMED


def below(path: Path, folder: Path) -> Path | None:
    """The path relative to the folder, if it is in there."""
    absolute, folder = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    return absolute.relative_to(folder) if absolute.is_relative_to(folder) else None
