"""Readers see one whole publication, old or new, whatever becomes of the process that publishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.children import (
    CONTEXT,
    PUBLISH,
    ask,
    exit_code,
    follow,
    generation_read,
    publish_and_die,
    publish_generation,
)
from warehouse import publish

pytestmark = pytest.mark.faults

N_READERS = 3
N_PUBLISHES = 30


@pytest.mark.slow
def test_readers_never_see_half_a_publication_nor_an_older_one(tmp_path: Path) -> None:
    publish_generation(tmp_path, 0)
    is_over = CONTEXT.Event()
    readers = [ask(follow, tmp_path, is_over) for _ in range(N_READERS)]
    for generation in range(1, N_PUBLISHES + 1):
        publish_generation(tmp_path, generation)
    is_over.set()
    for seen in [reader() for reader in readers]:
        assert seen is not None, "a reader met an error"
        assert (seen.n_torn, seen.n_backwards, seen.last) == (0, 0, N_PUBLISHES)
        assert seen.n_reads > N_PUBLISHES // 2


def test_a_killed_publisher_leaves_the_old_publication_and_no_rubbish(tmp_path: Path) -> None:
    publish_generation(tmp_path, 0)
    for kill, point in enumerate(PUBLISH):
        before, killed = 10 * kill, 10 * kill + 1
        publish_generation(tmp_path, before)
        assert exit_code(publish_and_die, tmp_path, killed, point) == -9
        is_swapped = point == "the pointer is swapped"
        assert generation_read(tmp_path) == (killed if is_swapped else before), point
        publish_generation(tmp_path, killed)
        assert generation_read(tmp_path) == killed, point
        assert rubbish(tmp_path) == [], point


@pytest.mark.parametrize("point", PUBLISH)
def test_what_a_killed_publisher_left_is_gone_after_any_other_publication(tmp_path: Path, point: str) -> None:
    publish_generation(tmp_path, 0)
    assert exit_code(publish_and_die, tmp_path, 1, point) == -9
    publish_generation(tmp_path, 2)
    assert generation_read(tmp_path) == 2
    assert rubbish(tmp_path) == []


def rubbish(folder: Path) -> list[str]:
    """Files that are neither a publication nor the pointer."""
    return [
        path.name for path in folder.iterdir() if path.suffix != ".duckdb" and path.name != publish.POINTER
    ]
