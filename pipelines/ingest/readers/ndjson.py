"""NDJSON: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.ingest.readers.records import (
    MAYBE_TRUNCATED,
    Layout,
    Record,
    split_lines,
    text_of,
    without_line_end,
)
from pipelines.ingest.strict_json import parse_json
from warehouse.errors import EventRejected, FileRefused


def read_ndjson(chunks: Iterable[bytes], layout: Layout, notes: list[str]) -> Iterator[Record]:
    """One record a line; empty lines are skipped.

    Refuses the file with `json.not_lines` where it is one JSON array, or an object over several lines.
    """
    return read_lines(split_lines(chunks, notes), layout, notes)


def read_lines(
    lines: Iterable[tuple[int, int, bytes]], layout: Layout, notes: list[str], *, is_first: bool = True
) -> Iterator[Record]:
    """The same of lines that `split_lines` made; `is_first` says that no line of the file was read yet."""
    for number, offset, line in lines:
        raw = without_line_end(line)
        if not raw.strip():
            continue
        content = _content(raw, layout)
        if is_first:
            _refuse_document(raw, content)
            is_first = False
        if isinstance(content, EventRejected) and not line.endswith(b"\n"):
            notes.append(MAYBE_TRUNCATED)
        yield Record(number, offset, raw, content)


def _content(raw: bytes, layout: Layout) -> dict[str, Any] | EventRejected:
    try:
        value = parse_json(text_of(raw, layout.encoding))
    except EventRejected as error:
        return error
    if isinstance(value, dict):
        return layout.rename(value)
    return EventRejected("json.not_object", None, "every line is one JSON object")


def _refuse_document(raw: bytes, content: dict[str, Any] | EventRejected) -> None:
    """A first line that opens an array, or nothing but an object, is a document and not a line."""
    if not isinstance(content, EventRejected) or content.code == "json.depth":
        return
    start = raw.strip()
    if start.startswith(b"[") or start == b"{":
        raise FileRefused("json.not_lines", "this is one JSON document: write one object a line, without [ ]")
