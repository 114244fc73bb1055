"""Docs that name code name code that exists; generated docs are what the code would write."""

from __future__ import annotations

import importlib
import re
from functools import cache, reduce
from pathlib import Path

import pytest

from warehouse.events.docs import catalogue_markdown

ROOT = Path(__file__).parents[2]
FLOORS = ("warehouse", "expectations", "pipelines", "dashboards")
ROOMS = (*FLOORS, "tests", "examples", "docs")
DOTTED = re.compile(rf"`((?:{'|'.join(FLOORS)})\.[A-Za-z0-9_.]+)`")
PLACE = re.compile(rf"`((?:{'|'.join(ROOMS)})/[A-Za-z0-9_./-]+)`")
FILE = re.compile(r"`([A-Za-z0-9_]+\.(?:py|sql))`")
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if page.name != "CHANGELOG.md"  # it tells of names as they were
)
IMAGINED = {"docs/decisions/NNNN-title.md"}


def named_in(page: str) -> list[str]:
    """What a page names of the code: modules and what is in them, places in the tree, files by their name."""
    text = (ROOT / page).read_text("utf-8")
    return sorted({name for kind in (DOTTED, PLACE, FILE) for name in kind.findall(text)} - IMAGINED)


@cache
def file_names() -> frozenset[str]:
    """What the files of all rooms are called."""
    return frozenset(path.name for room in ROOMS for path in (ROOT / room).rglob("*.*"))


def exists(name: str) -> bool:
    if "/" in name:
        return (ROOT / name).exists()
    if FILE.fullmatch(f"`{name}`"):
        return name in file_names()
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
    assert len(named_in("docs/walk.md")) > 40


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page: str) -> None:
    assert [name for name in named_in(page) if not exists(name)] == []


def test_what_a_comment_names_exists() -> None:
    sources = [source for floor in FLOORS for source in (ROOT / floor).rglob("*.py")]
    assert len(sources) > 100
    gone = {
        (source.name, name)
        for source in sources
        for name in PLACE.findall(source.read_text("utf-8"))
        if not exists(name) and not name.startswith("warehouse/risk/")  # a home has a folder of that name
    }
    assert gone == set()


def test_a_name_that_is_gone_would_be_noticed() -> None:
    assert not exists("warehouse.log.EventLog.forget")
    assert not exists("warehouse/sql/core/nothing.sql")
    assert not exists("nothing.py")


def test_the_event_catalogue_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs/events.md").read_text("utf-8") == catalogue_markdown()
