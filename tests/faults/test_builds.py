"""A killed build leaves the last publication up, and the next build comes to the same as if nothing was."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.faults.children import build_and_die, command, exit_code
from tests.faults.conftest import AS_OF, Home
from warehouse import publish
from warehouse.verify import verify

pytestmark = pytest.mark.faults

LATER = dt.datetime(2026, 3, 25, tzinfo=dt.UTC)


@pytest.fixture
def built(built_home: Home, tmp_path: Path) -> Home:
    return built_home.copied(tmp_path / "home")


@pytest.mark.parametrize("is_full", [False, True])
def test_a_killed_build_changes_nothing_and_the_next_one_is_as_good_as_new(
    built: Home, is_full: bool
) -> None:
    up = publish.current(built.settings.published)
    for nth in (1, 23) if is_full else (9, 41):
        assert exit_code(build_and_die, built.folder, LATER, nth) == -9
        assert publish.current(built.settings.published) == up
        assert built.build(AS_OF, is_full=is_full) == up
    built.assert_all_is_there_once()


def test_damaged_tables_are_said_and_made_anew_by_a_full_build(built: Home, tmp_path: Path) -> None:
    up = publish.current(built.settings.published)
    content = bytearray(built.settings.models_file.read_bytes())
    content[5_000] ^= 1
    built.settings.models_file.write_bytes(content)
    said = tmp_path / "stderr"
    assert exit_code(command, ["build", "--as-of", AS_OF.isoformat(), "--home", str(built.folder)], said) == 1
    assert "kinkeeper build --full" in said.read_text()
    assert verify(built.settings) == []
    assert built.build(AS_OF, is_full=True) == up
