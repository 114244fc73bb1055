"""How the command line writes: counts with their nouns, lists that keep their indent."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipelines import console


def test_one_of_something_is_told_in_the_singular() -> None:
    assert [console.plural(n, "pair") for n in (0, 1, 1873)] == ["0 pairs", "1 pair", "1,873 pairs"]


@pytest.mark.parametrize(("is_terminal", "n_lines"), [(True, 3), (False, 2)])
def test_an_entry_keeps_its_indent_on_a_terminal_and_its_lines_in_a_pipe(
    is_terminal: bool, n_lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    narrow = Console(file=written, force_terminal=is_terminal, width=30, color_system=None, markup=False)
    monkeypatch.setattr(console, "OUT", narrow)
    console.entry("ab12-5  time.no_offset\n    a.ndjson, line 5: it has no offset: add one")
    head, *rest = written.getvalue().rstrip("\n").split("\n")
    assert head == "ab12-5  time.no_offset"
    assert len(rest) == n_lines - 1
    assert all(line.startswith("    ") for line in rest)
