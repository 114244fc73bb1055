"""How the command line speaks: data on stdout, progress and errors on stderr, one JSON object on request."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def emit(data: dict[str, Any]) -> None:
    """The one machine-readable object of `--json`."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def say(text: str) -> None:
    """A line of progress for a person; it never mixes with data."""
    ERR.print(text)


def fail(text: str) -> None:
    """An error: what, where and what to do."""
    ERR.print("[bold red]error:[/] ", end="")
    ERR.print(text, markup=False, soft_wrap=True)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """A moving line that names the present step, on a terminal only."""
    if not ERR.is_terminal:
        yield lambda _step: None
        return
    with ERR.status(title) as status:
        yield lambda step: status.update(f"{title} [dim]{step}[/]")


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the house style."""
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
        made.add_column(column.lstrip("#"), justify="right" if right else "left", no_wrap=right)
    return made
