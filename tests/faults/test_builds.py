"""A killed build leaves the last publication up, and the next build comes to the same as if nothing was."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.faults.children import build, build_and_die, exit_code
from tests.faults.conftest import Home
from warehouse import publish

pytestmark = pytest.mark.faults

AS_OF = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 3, 25, tzinfo=dt.UTC)


@pytest.fixture
def built(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("pipelines.build.run_checks", lambda _con: [])
    home.drop_overlapping_files()
    home.ingest()
    build(home.folder, AS_OF)
    return home


@pytest.mark.parametrize("is_full", [False, True])
def test_a_killed_build_changes_nothing_and_the_next_one_is_as_good_as_new(
    built: Home, is_full: bool
) -> None:
    up = publish.current(built.settings.published)
    for nth in (1, 9, 23, 41):
        assert exit_code(build_and_die, built.folder, LATER, nth) == -9
        assert publish.current(built.settings.published) == up
        again = build(built.folder, AS_OF, is_full=is_full)
        assert again == up
    built.assert_all_is_there_once()
