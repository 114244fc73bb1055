"""Docs that name code name code that exists; generated docs are what the code would write."""

from __future__ import annotations

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

from warehouse.events.docs import catalogue_markdown

ROOT = Path(__file__).parents[2]
FLOORS = ("warehouse", "expectations", "pipelines", "dashboards")
CODE = re.compile(rf"`((?:{'|'.join(FLOORS)})[./][A-Za-z0-9_./]+)`")


def named_in(page: str) -> list[str]:
    return sorted(set(CODE.findall((ROOT / "docs" / page).read_text("utf-8"))))


def exists(name: str) -> bool:
    if "/" in name:
        return (ROOT / name).exists()
    if name.startswith("dashboards.pages."):  # a page registers itself with a running app when imported
        return (ROOT / name.replace(".", "/")).with_suffix(".py").exists()
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        try:
            reduce(getattr, parts[length:], module)
        except AttributeError:
            return False
        return True
    return False


def test_the_walk_names_many_things() -> None:
    assert len(named_in("walk.md")) > 40


@pytest.mark.parametrize("name", named_in("walk.md"))
def test_what_the_walk_names_exists(name: str) -> None:
    assert exists(name)


def test_a_name_that_is_gone_would_be_noticed() -> None:
    assert not exists("warehouse.log.EventLog.forget")
    assert not exists("warehouse/sql/core/nothing.sql")


def test_the_event_catalogue_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs/events.md").read_text("utf-8") == catalogue_markdown()
