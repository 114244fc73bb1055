"""A browser, and screens with everything on them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.dashboards import published
from tests.screens.browsing import CHROMIUM, DESK, Visit, launch, serve


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """One browser for all tests, so that it loads the application's scripts once."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no browser at {CHROMIUM}: CI installs one")
        pytest.skip(f"no browser at {CHROMIUM}: set KINKEEPER_CHROMIUM to one")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium.new_context()
        chromium.close()


@pytest.fixture(scope="module")
def tab(browser: BrowserContext) -> Page:
    """The one tab of a file's tests: a new one would compile the application's scripts anew."""
    return browser.new_page()


@pytest.fixture
def seen(tab: Page, address: str) -> Iterator[Visit]:
    """A visit at a desk; `seen.at(PHONE)` makes the screen smaller."""
    with Visit(tab, address).at(DESK).watched() as visit:
        yield visit


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the screens of a home with two past days are served."""
    home = tmp_path_factory.mktemp("home")
    published.write_publication(home)
    then, later = dt.datetime(2026, 11, 10, 23, 59, 59), dt.datetime(2026, 11, 15, 23, 59, 59)
    published.write_past(home, then, then)
    published.write_past(home, then, later, "update mart.pair set band = 'on_track' where band = 'watch'")
    yield from serve(home)
