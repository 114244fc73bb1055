"""What of a dropped file is kept: most land byte for byte, some only as the lines that may be kept.

A Slack export and a mailbox hold what people wrote to each other, which is not kept, not even sealed: what
lands of them is who wrote to whom and when. A workbook is a zip, out of which no row can be taken later; it
lands as the texts of its cells. All three land as NDJSON, named so, and are from then on read, sealed, tried
again and erased line by line as any other file.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.ingest.readers.mbox import mbox_lines
from pipelines.ingest.readers.slack import slack_folder_lines, slack_lines
from pipelines.ingest.readers.xlsx import workbook_lines
from pipelines.ingest.unpack import format_of

REDUCED: dict[str, Callable[[BinaryIO], Iterator[dict[str, Any]]]] = {
    "xlsx": workbook_lines,
    "zip": slack_lines,
    "mbox": mbox_lines,
}
"""Kind of file -> the lines that land of it."""

_IN_MEMORY = 64 << 20


@contextmanager
def landing(file: BinaryIO, name: str) -> Iterator[tuple[BinaryIO, str]]:
    """What lands of an open file, and what it is called then; the same file always lands as the same bytes.

    Raises FileRefused where a file that is reduced cannot be read: nothing of it is kept.
    """
    lines_of = REDUCED.get(format_of(name))
    if lines_of is None:
        yield file, name
        return
    with _as_lines(lines_of(file)) as reduced:
        yield reduced, f"{name}.ndjson"


@contextmanager
def landing_folder(folder: Path) -> Iterator[tuple[BinaryIO, str]]:
    """What lands of an unpacked Slack export: the same bytes as of its zip."""
    with _as_lines(slack_folder_lines(folder)) as reduced:
        yield reduced, f"{folder.name}.zip.ndjson"


@contextmanager
def _as_lines(lines: Iterator[dict[str, Any]]) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as reduced:
        for line in lines:
            reduced.write(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        yield reduced  # type: ignore[misc]
