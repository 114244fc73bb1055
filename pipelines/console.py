"""How the command line speaks: data on stdout, progress and errors on stderr, one JSON object on request.

Text is printed as it is: a file called `[red]` is not markup. Style is said beside the text, never in it.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

OUT = Console(highlight=False, markup=False)
ERR = Console(stderr=True, highlight=False, markup=False)

PROGRAM = "kinkeeper"
_COMMAND = re.compile(rf"(?<![\w./-]){PROGRAM} (?=[a-z])")


def emit(data: dict[str, Any]) -> None:
    """The one machine-readable object of `--json`."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def tell(text: str, style: str | None = None) -> None:
    """A line of the answer, on stdout."""
    OUT.print(typeable(text), style=style, soft_wrap=True)


def paragraph(text: str, *, indent: int) -> None:
    """A sentence of the answer, wrapped under an indent on a terminal and whole elsewhere."""
    if OUT.is_terminal:
        OUT.print(Padding(text, (0, 0, 0, indent)))
    else:
        OUT.print(" " * indent + text, soft_wrap=True)


def entry(words: str) -> None:
    """One of a list: its first line, the others under it."""
    head, *rest = words.split("\n")
    tell(head)
    for line in rest:
        paragraph(typeable(line.strip()), indent=4)


def plural(n: int, one: str) -> str:
    """A count with its noun: 1 pair, 1,873 pairs."""
    return f"{n:,} {one}" if n == 1 else f"{n:,} {one}s"


def say(text: str, style: str | None = None) -> None:
    """A line of progress for a person; it never mixes with data."""
    ERR.print(typeable(text), style=style, soft_wrap=True)


def warn(text: str) -> None:
    """What a person must not miss although the command goes on."""
    _marked("warning:", "bold yellow", text)


def fail(text: str) -> None:
    """An error: what, where and what to do."""
    _marked("error:", "bold red", text)


def _marked(word: str, style: str, text: str) -> None:
    ERR.print(Text.assemble((word, style), " ", typeable(text)), soft_wrap=True)


def typeable(text: str) -> str:
    """The text with its commands as they work where this one was typed: `.venv/bin/kinkeeper build`."""
    return _COMMAND.sub(lambda _found: f"{program()} ", text)


def program() -> str:
    """What to type for `kinkeeper` here: its name where that is found, else the path used for this call."""
    typed = Path(sys.argv[0])
    found = shutil.which(PROGRAM)
    is_found = found is not None and typed.exists() and Path(found).samefile(typed)
    return PROGRAM if is_found or typed.name != PROGRAM else sys.argv[0]


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """A moving line that names the present step, on a terminal only."""
    if not ERR.is_terminal:
        yield lambda _step: None
        return
    with ERR.status(title) as status:
        yield lambda step: status.update(Text.assemble(f"{title} ", (step, "dim")))


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the house style; a column that begins with `#` is set to the right."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        header_style="dim",
        padding=(0, 2, 0, 0),
    )
    for column in columns:
        right = column.startswith("#")
        made.add_column(
            column.lstrip("#"), justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    return made
