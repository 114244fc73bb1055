"""Exports we know: a mapping for each, shipped with the program, and which of them a file is.

A preset says what its files look like in `looks_like`: each entry is a set of cells that stand together in
the first rows of such a file, and of no other; `1. *` is a row of one cell that begins so.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from pipelines.ingest.mapping import Mapping, load_mapping, read_mapping
from pipelines.ingest.readers.attendance import HEAD_BYTES, head_rows, looks_like
from pipelines.ingest.unpack import format_of
from warehouse.errors import FileRefused, SettingsError

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
    """The preset a dropped file belongs to, if it is an export we know."""
    try:
        kind = format_of(path.name)
    except FileRefused:
        return None
    if kind in _BY_KIND:
        return preset(_BY_KIND[kind])
    if kind != "csv" or path.name.lower().endswith(".gz") or not path.is_file() or path.is_symlink():
        return None
    with path.open("rb") as file:
        rows = head_rows(file.read(HEAD_BYTES))
    found = [name for name in names() if looks_like(rows, preset(name).looks_like)]
    return preset(found[0]) if len(found) == 1 else None
