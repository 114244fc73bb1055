"""The screens in a real browser: whole, quiet, on this machine only, at a desk and on a phone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.screens.browsing import DESK, PHONE, TABLET, Visit, serve, until
from tests.screens.looking import findings

pytestmark = [pytest.mark.screens, pytest.mark.slow]

SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
PAGES = Path(__file__).parents[2] / "dashboards" / "pages"
TEMPLATES = {"pair": "/pairs/pair-suspected-ghosting-01?then=2026-11-10", "not_found_404": "/nowhere"}
"""Screens whose path holds an id, and the one for every other path."""
STATES = {
    "every-pair": "/?view=all",
    "nothing-matches": "/?q=zzz",
    "before-and-after": "/surveys?program=sample&instrument=benefits-mentee",
    "endings-of-a-cohort": "/endings?program=sample&cohort=2026-spring",
    "past-day": "/?asof=2026-11-10",
    "day-not-built": "/overview?asof=2026-11-12",
    "learnt-in-five-days": "/learnt?asof=2026-11-10&later=2026-11-15",
    "natural-end": "/pairs/pair-ended-04",
    "hostile-pair": "/pairs/pair-hostile",
    "unknown-pair": "/pairs/nobody",
}


def screens() -> dict[str, str]:
    """The path of every screen by the name of its module: a new one is looked at without being listed."""
    found = {}
    for file in sorted(PAGES.glob("[!_]*.py")):
        path = re.search(r'register_page\(.*?\bpath="([^"]+)"', file.read_text("utf-8"), re.DOTALL)
        found[file.stem] = path[1] if path else TEMPLATES[file.stem]
    return found


def keep_picture(page: Page, name: str) -> None:
    """A picture for people, in the folder KINKEEPER_SCREENSHOTS names; without one nobody would see it."""
    if folder := os.environ.get("KINKEEPER_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_how_a_list_is_sorted_and_its_page_stand_in_the_address(address: str, seen: Visit) -> None:
    page = seen.open("/?view=all")
    first = page.locator(".ag-row[row-index='20'] .cell-pair a")
    page.locator(".ag-header-cell[col-id=silence_days] .ag-header-cell-label").click()
    page.get_by_label("Next page").click()
    expect(page).to_have_url(f"{address}/?view=all&watchlist-sort=silence_days.asc&watchlist-page=2")
    named = first.inner_text()
    page.reload()
    expect(first).to_have_text(named)
    expect(page).to_have_url(f"{address}/?view=all&watchlist-sort=silence_days.asc&watchlist-page=2")
    page.goto(f"{address}/?view=all&watchlist-sort=state.asc")
    worst = page.locator(".ag-row[row-index='0'] .badge")
    expect(worst).to_contain_text("Needs check-in")
    page.locator(".ag-header-cell[col-id=state] .ag-header-cell-label").click()
    expect(worst).to_contain_text("Ended")
    page.goto(f"{address}/?view=all&watchlist-sort=nothing.asc&watchlist-page=999&watchlist-rows=7")
    expect(page.locator(".ag-paging-panel")).to_contain_text("Page")
    expect(page).not_to_have_url(re.compile("watchlist-rows|nothing"))


@SIZES
@pytest.mark.parametrize("name", {**screens(), **STATES})
def test_a_screen_is_whole_and_asks_nobody_else(name: str, size: tuple[int, int], seen: Visit) -> None:
    page = seen.at(size).open({**screens(), **STATES}[name])
    keep_picture(page, f"{name}-{size[0]}")
    assert page.locator("h1").count() == 1
    assert "could not be drawn" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert "Kinkeeper" in page.title()
    if name in screens() and size == DESK:
        assert "\n".join(findings(page)) == ""
    assert seen.problems == []
    assert seen.strangers == []


def test_a_home_without_a_build_says_how_to_begin(tab: Page, tmp_path: Path) -> None:
    for address in serve(tmp_path):
        with Visit(tab, address).at(DESK).watched() as seen:
            tab.goto(address)
            expect(tab.locator("h1")).to_have_text("No events yet")
            for size in (DESK, PHONE):
                keep_picture(seen.at(size).page, f"first-run-{size[0]}")


def test_a_chart_is_taken_along_as_a_picture_that_says_whence_and_when_it_is(seen: Visit) -> None:
    chart = seen.open("/overview").locator("figure").first

    def taken(form: str) -> Path:
        with seen.page.expect_download() as download:
            chart.get_by_role("button", name=form).click()
        assert download.value.suggested_filename == f"current-pairs-by-band-and-cohort.{form.lower()}"
        return download.value.path()

    words = taken("SVG").read_text("utf-8")
    for said in (
        "Current pairs by band and cohort",
        "Needs check-in",
        "as of 23 Nov 2026",
        "build-1",
        "/overview",
    ):
        assert said in words
    assert taken("PNG").read_bytes().startswith(b"\x89PNG")
    assert seen.problems == []


def test_a_copied_link_holds_filters_and_ids_and_no_name(
    browser: BrowserContext, address: str, seen: Visit
) -> None:
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    for asked, copied in (
        ("/?band=watch&q=Mentor+91bc&view=all", "/?band=watch&view=all"),
        ("/?q=pair-001&view=all", "/?q=pair-001&view=all"),
    ):
        page = seen.open(asked)
        page.evaluate("window.isSamePage = true")
        page.get_by_label("Copy a link to this screen").click()
        expect(page.locator("#copy-said")).to_have_text("Link copied")
        assert page.evaluate("navigator.clipboard.readText()") == address + copied
        assert page.evaluate("window.isSamePage")
    expect(page.locator("#copy-said")).to_be_empty()
    assert page.evaluate("window.isSamePage")


def test_stored_html_stays_text(seen: Visit) -> None:
    page = seen.open("/pairs/pair-hostile")
    expect(page.get_by_text("<script>alert(2)</script>").first).to_be_visible()
    assert page.locator("img[src=x], a[href^=javascript]").count() == 0
    assert seen.problems == []


def test_a_filter_is_in_the_address_and_the_back_button_undoes_it(seen: Visit) -> None:
    page = seen.open("/")
    page.get_by_text("Every pair").click()
    page.wait_for_url("**/?view=all")
    expect(page.get_by_text("146 of 146 pairs shown")).to_be_visible()
    page.get_by_label("Find a pair").fill("waiting")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=waiting&view=all")
    expect(page.locator(".ag-center-cols-container .ag-row")).to_have_count(4)
    expect(page.get_by_label("Find a pair")).to_be_focused()
    page.go_back()
    page.wait_for_url("**/?view=all")
    expect(page.get_by_label("Find a pair")).to_have_value("")
    assert seen.problems == []


def test_a_pair_opens_from_the_list_without_loading_anew(seen: Visit) -> None:
    page = seen.open("/")
    page.evaluate("window.isSamePage = true")
    name = page.locator(".cell-pair a").first.inner_text().split(" →")[0]
    page.locator(".cell-pair a").first.click()
    page.wait_for_url("**/pairs/*")
    expect(page.locator("h1")).to_contain_text(name)
    assert page.evaluate("window.isSamePage") is True


def test_the_present_screen_is_marked_for_screen_readers(seen: Visit) -> None:
    page = seen.open("/overview")
    expect(page.locator("nav a[aria-current=page]")).to_have_text("Overview")


def test_a_past_day_is_chosen_in_the_frame_and_kept_from_screen_to_screen(seen: Visit) -> None:
    page = seen.open("/?view=all")
    page.get_by_role("button", name="Look at another day").click()
    page.get_by_role("link", name="10 Nov 2026 as known on 15 Nov 2026").click()
    banner = page.locator("#banners")
    expect(banner).to_contain_text("You are looking at 10 Nov 2026 as known on 15 Nov 2026")
    page.get_by_role("link", name="Overview").click()
    page.wait_for_url("**/overview?asof=2026-11-10&knownat=2026-11-15")
    expect(page.locator("nav a[aria-current=page]")).to_have_text("Overview")
    expect(banner).to_contain_text("You are looking at 10 Nov 2026")
    page.reload()
    expect(page.get_by_role("link", name="Endings")).to_have_attribute(
        "href", "/endings?asof=2026-11-10&knownat=2026-11-15"
    )
    banner.get_by_role("link", name="Back to today").click()
    expect(banner).not_to_contain_text("10 Nov 2026")
    page.wait_for_url("**/overview")
    assert seen.problems == []


def test_on_a_tablet_what_the_run_says_stands_above_the_screen_not_over_the_edge_of_the_bar(
    seen: Visit,
) -> None:
    page = seen.at(TABLET).open("/")
    expect(page.locator("#run-line")).to_contain_text("Known at")
    expect(page.locator(".stamp")).to_be_hidden()


BEYOND = "(rows => rows.scrollWidth - rows.clientWidth)(document.querySelector('.ag-center-cols-viewport'))"
"""How many pixels of a list lie beyond its edge."""


def test_on_a_tablet_columns_give_way_so_that_nobody_scrolls_to_the_buttons(seen: Visit) -> None:
    page = seen.at(TABLET).open("/")
    heads = page.locator(".ag-header-cell-text")
    expect(heads).to_have_text(["#", "Pair", "Why now", "Do next", "Act"])
    until(page, f"{BEYOND} <= 1")  # a part of a pixel is rounded up
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    expect(heads).to_have_text(["#", "Pair", "Why now", "Do next", "Silence", "Risk", "Health", "Act"])


def test_a_mark_of_the_timeline_leads_to_its_row_among_all_events(seen: Visit) -> None:
    page = seen.open("/pairs/pair-001")
    mark = page.locator("#timeline .scatterlayer .trace").first.locator(".point").first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    expect(page.locator("#timeline .hoverlayer .hovertext")).to_contain_text("Session held")
    page.mouse.down()
    page.mouse.up()
    row = page.locator("#events .ag-row:has(.ag-cell-focus)")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("Session held")
    assert seen.problems == []


def test_a_row_of_one_line_is_36_pixels_high(seen: Visit) -> None:
    page = seen.open("/pairs/pair-001")
    assert page.locator(".ag-row").first.evaluate("row => row.offsetHeight") == 36


def test_on_a_phone_the_navigation_unfolds_and_folds_away(seen: Visit) -> None:
    page = seen.at(PHONE).open("/")
    link = page.get_by_role("link", name="Data quality")
    expect(link).not_to_be_in_viewport()
    page.get_by_label("Open navigation").click()
    expect(link).to_be_in_viewport()
    link.click()
    expect(page.locator("h1")).to_have_text("Data quality")
    expect(link).not_to_be_in_viewport()
    assert seen.problems == []


def test_on_a_phone_pairs_are_cards(seen: Visit) -> None:
    page = seen.at(PHONE).open("/")
    expect(page.locator(".pair-card").first).to_be_visible()
    expect(page.locator(".ag-root").first).not_to_be_visible()


def test_a_keyboard_reaches_the_content_first(seen: Visit) -> None:
    page = seen.open("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


@SIZES
def test_what_is_asked_of_the_quarantine_shows_at_once_and_can_be_withdrawn(
    size: tuple[int, int], seen: Visit
) -> None:
    page = seen.at(size).open("/data-quality")
    page.get_by_role("button", name="See the lines").first.click()
    line = page.locator(".held-lines li").first
    line.get_by_text("Waive …").click()
    line.get_by_role("button", name="Waive").click()
    expect(line.get_by_role("alert")).to_have_text(re.compile("say why"))
    line.get_by_label("Why nothing is missing").fill("sent twice")
    line.get_by_role("button", name="Waive").click()
    expect(line.get_by_role("status")).to_contain_text("It is done with the next build")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    line.get_by_role("button", name="Withdraw").click()
    expect(line.get_by_role("button", name="Try again")).to_be_visible()
    assert seen.problems == []
