"""Everybody can use the screens: no finding of axe, and a week's work by keyboard alone.

The screens are found in `dashboards/pages/`, so that a new one is looked at without being listed here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.screens.test_screens import (  # the fixtures are used by their names
    DESK,
    PHONE,
    address,  # noqa: F401
    browser,  # noqa: F401
    published,  # noqa: F401
    visit,
)
from warehouse.words import ACT

pytestmark = [pytest.mark.screens, pytest.mark.slow]

PAGES = Path(__file__).parents[2] / "dashboards" / "pages"
TEMPLATES = {"pair": "/pairs/pair-suspected-ghosting-01", "not_found_404": "/nowhere"}
"""Screens whose path holds an id, and the one for every other path."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def screens() -> dict[str, str]:
    """The path of every screen by the name of its module."""
    found = {}
    for file in sorted(PAGES.glob("[!_]*.py")):
        path = re.search(r'register_page\(.*?\bpath="([^"]+)"', file.read_text("utf-8"), re.DOTALL)
        found[file.stem] = path[1] if path else TEMPLATES[file.stem]
    return found


def findings(page: Page) -> list[str]:
    """What axe finds wrong, with the places."""
    answer = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": TAGS}).response
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", screens())
def test_axe_finds_nothing_on_any_screen(name: str, browser: BrowserContext, address: str) -> None:  # noqa: F811
    seen = visit(browser, address, DESK)
    page = seen.open(screens()[name])
    assert "\n".join(findings(page)) == ""
    assert seen.problems == []
    assert seen.strangers == []
    page.close()


def test_axe_finds_nothing_with_the_form_open_for_any_action(browser: BrowserContext, address: str) -> None:  # noqa: F811
    seen = visit(browser, address, DESK)
    page = seen.open("/pairs/pair-suspected-ghosting-01")
    for word in ACT.values():
        page.locator(".act-row").get_by_role("button", name=word).click()
        expect(page.locator("#act-fields > *").first).to_be_visible()
        expect(page.locator("#act-kind")).to_have_value(word)
        assert "\n".join(findings(page)) == ""
        page.keyboard.press("Escape")
        expect(page.locator("#act-fields")).to_have_count(0)
    assert seen.problems == []
    page.close()


def test_axe_finds_nothing_with_a_menu_or_the_keys_open(browser: BrowserContext, address: str) -> None:  # noqa: F811
    seen = visit(browser, address, DESK)
    page = seen.open("/")
    page.locator("#filter-band").click()
    expect(page.get_by_role("option").first).to_be_visible()
    assert "\n".join(findings(page)) == ""
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_text("next and previous pair")).to_be_visible()
    assert "\n".join(findings(page)) == ""
    page.close()


def test_a_contact_is_logged_by_keyboard_and_focus_comes_back(browser: BrowserContext, address: str) -> None:  # noqa: F811
    seen = visit(browser, address, DESK)
    page = seen.open("/")
    expect(page.locator(".cell-act button").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = page.locator(".ag-center-cols-container .ag-row").nth(1).locator("button")
    expect(second).to_be_focused()
    pair = second.get_attribute("data-pair")
    page.keyboard.press("l")
    expect(page.locator("#act-kind")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_label("Note").focus()
    page.keyboard.type("j and l are letters here")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#act-said")).to_contain_text("Saved. Support contact")
    expect(page.locator(f".cell-act button[data-pair='{pair}']")).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator("#pair-actions")).to_contain_text("j and l are letters here")
    assert seen.problems == []
    page.close()


def test_a_snoozed_pair_leaves_today_at_once_and_undo_brings_it_back(
    browser: BrowserContext,  # noqa: F811
    address: str,  # noqa: F811
) -> None:
    seen = visit(browser, address, DESK)
    page = seen.open("/")
    first = page.locator(".ag-center-cols-container .ag-row button").first
    pair = first.get_attribute("data-pair")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator("#act-said")).to_contain_text("Snoozed until")
    mine = page.locator(f".cell-act button[data-pair='{pair}']")
    expect(mine).to_have_count(0)
    expect(page.locator(".cell-act button").first).to_be_focused()
    page.locator("#act-said .act-undo").click()
    expect(page.locator("#act-said")).to_contain_text("Taken back")
    expect(mine).to_have_count(1)
    assert seen.problems == []
    page.close()


def test_on_a_phone_a_pair_is_taken_on_with_a_thumb(browser: BrowserContext, address: str) -> None:  # noqa: F811
    seen = visit(browser, address, PHONE)
    page = seen.open("/")
    page.locator(".pair-item .act-open").first.click()
    expect(page.locator("#act-save")).to_be_visible()
    assert "\n".join(findings(page)) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.locator("#act-kind").click()
    page.get_by_role("option", name="Take it on").click()
    expect(page.get_by_text("It stays on the list, marked as yours.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#act-said")).to_contain_text("Taken on")
    expect(page.locator(".pair-item .quiet").first).to_have_text("Taken on")
    assert seen.problems == []
    page.close()
