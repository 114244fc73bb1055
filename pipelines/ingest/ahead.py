"""Work on the next thing while the last one is being used."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Generator[T, None, None]) -> Generator[T, None, None]:
    """The same items, each made in another thread while the one before is in use."""
    with closing(items), ThreadPoolExecutor(1) as worker:
        done = object()
        coming = worker.submit(next, items, done)
        while (item := coming.result()) is not done:
            coming = worker.submit(next, items, done)
            yield item  # type: ignore[misc]
            del item  # or it would be held until the next one is there
