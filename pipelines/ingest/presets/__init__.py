"""Exports we know: a mapping for each, shipped with the program, and which of them a file is.

A preset says what its files look like in `looks_like`: each entry is a set of cells that stand together in
the first rows of such a file, and of no other; `1. *` is a row of one cell that begins so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from pipelines.ingest.mapping import TABLES, Mapping
from pipelines.ingest.mapping_file import load_mapping, read_mapping
from pipelines.ingest.readers.attendance import (
    HEAD_BYTES,
    Cells,
    head_of_workbook,
    head_rows,
    looks_like,
)
from pipelines.ingest.readers.headings import plain_names
from pipelines.ingest.readers.slack import is_export_folder
from pipelines.ingest.unpack import format_of
from warehouse.errors import FileRefused, SettingsError

_MAX_WORKBOOK = 64 << 20
"""A larger workbook is not opened to find out what it is."""

_BY_KIND = {"ics": "calendar", "mbox": "mbox", "zip": "slack"}
"""Kinds of file that one preset reads."""


@cache
def names() -> tuple[str, ...]:
    """The presets there are."""
    files = resources.files("pipelines.ingest.presets").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def preset(name: str) -> Mapping:
    """A shipped mapping by its name."""
    text = resources.files("pipelines.ingest.presets").joinpath(f"{name}.toml").read_text("utf-8")
    return read_mapping(text, f"preset {name}")


def chosen(text: str, instruments: Path | None = None) -> Mapping:
    """What `--mapping` names: a file, or else a preset; raises SettingsError where it is neither."""
    path = Path(text)
    if path.is_file():
        return load_mapping(path, instruments)
    if text in names():
        return preset(text)
    raise SettingsError(f"{text}: neither a mapping file nor one of {', '.join(names())}")


def recognise(path: Path) -> Mapping | None:
    """The preset a dropped file, or folder, belongs to, if it is an export we know."""
    if is_export_folder(path):
        return preset("slack")
    try:
        kind = format_of(path.name)
    except FileRefused:
        return None
    if kind in _BY_KIND:
        return preset(_BY_KIND[kind])
    if path.name.lower().endswith(".gz") or not path.is_file() or path.is_symlink():
        return None
    rows = _head(path, kind)
    found = [name for name in names() if looks_like(rows, preset(name).looks_like)]
    return preset(found[0]) if len(found) == 1 else None


def fitting(header: Sequence[str]) -> list[str]:
    """The presets for any program's lists whose columns a table has: for a person to choose, nothing more."""
    columns = plain_names([header])
    return [
        name
        for name in names()
        if not preset(name).looks_like
        and preset(name).source.format in TABLES
        and preset(name).heading.is_met_by(columns)
    ]


def _head(path: Path, kind: str) -> list[Cells]:
    """The first rows of a table; none of what is no table."""
    if kind not in ("csv", "xlsx") or (kind == "xlsx" and path.stat().st_size > _MAX_WORKBOOK):
        return []
    with path.open("rb") as file:
        return head_of_workbook(file) if kind == "xlsx" else head_rows(file.read(HEAD_BYTES))
