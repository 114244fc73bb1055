"""Everybody can use what opens on the screens: no finding of axe, and a week's work by keyboard alone.

What axe finds on the screens themselves, `test_screens.py` looks at while it is there.
"""

from __future__ import annotations

import io
import re

import pytest
from playwright.sync_api import BrowserContext, expect
from pypdf import PdfReader

from tests.screens.browsing import DESK, PHONE, Visit, until
from tests.screens.looking import findings
from warehouse.words import ACT

pytestmark = [pytest.mark.screens, pytest.mark.slow]


def test_axe_finds_nothing_with_the_form_open_for_any_action(seen: Visit) -> None:
    page = seen.open("/pairs/pair-suspected-ghosting-01")
    within = "html"
    for word in ACT.values():
        page.locator(".act-row").get_by_role("button", name=word).click()
        expect(page.locator("#act-fields > *").first).to_be_visible()
        expect(page.locator("#act-kind")).to_have_value(word)
        assert "\n".join(findings(page, within)) == ""
        within = "[role=dialog]"  # behind the form the screen stays as it is
        page.keyboard.press("Escape")
        expect(page.locator("#act-fields")).to_have_count(0)
    assert seen.problems == []


def test_a_form_comes_with_its_fields_and_draws_them_anew_for_another_action_alone(seen: Visit) -> None:
    page = seen.open("/pairs/pair-suspected-ghosting-01")
    drawn: list[str] = []
    page.on(
        "request", lambda asked: drawn.append(asked.url) if "act-fields" in (asked.post_data or "") else None
    )
    page.locator(".act-row").get_by_role("button", name=ACT["dismiss"]).click()
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Why")).to_be_visible()
    seen.settle()
    assert drawn == []
    page.locator("#act-kind").click()
    page.get_by_role("option", name=ACT["draft"]).click()
    expect(page.locator("#act-save")).to_be_hidden()
    assert len(drawn) == 1


def test_axe_finds_nothing_in_a_stored_record_and_focus_comes_back_from_it(seen: Visit) -> None:
    page = seen.open("/pairs/pair-hostile")
    page.locator("#timeline-table summary").click()
    expect(page.get_by_role("region", name="Timeline").get_by_role("row").nth(1)).to_be_visible()
    page.locator(".taken-back summary").click()
    opener = page.locator(".taken-back .record-open")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("Id in the log")).to_be_visible()
    assert "\n".join(findings(page)) == ""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()
    assert seen.problems == []


def test_the_number_of_listed_pairs_is_said_when_another_list_is_drawn(seen: Visit) -> None:
    page = seen.open("/?view=all")
    said = page.get_by_role("status").filter(has_text=re.compile(r"^\d+ of \d+ pairs$"))
    before = said.text_content()
    page.get_by_text("Whole watchlist").click()
    expect(said).not_to_have_text(before or "")
    page.get_by_role("link", name="Overview").click()
    expect(said).to_have_count(0)


def test_axe_finds_nothing_with_a_menu_or_the_keys_open(seen: Visit) -> None:
    page = seen.open("/")
    page.locator("#filter-band").click()
    expect(page.get_by_role("option").first).to_be_visible()
    assert "\n".join(findings(page, "#filter-band, [role=listbox]")) == ""
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_text("next and previous pair")).to_be_visible()
    assert "\n".join(findings(page, "[role=dialog]")) == ""


def test_axe_finds_nothing_with_a_choice_of_the_settings_open(seen: Visit) -> None:
    page = seen.open("/settings")
    for name in ("#view-language", "#view-zone"):
        page.locator(name).click()
        expect(page.get_by_role("option").first).to_be_visible()
        assert "\n".join(findings(page, f"{name}, [role=listbox]")) == ""
        page.keyboard.press("Escape")
    for fold in page.locator("details").all():
        fold.locator("summary").first.click()
    assert "\n".join(findings(page)) == ""
    assert seen.problems == []


def test_the_switch_turns_a_screen_dark_and_back_charts_included(seen: Visit) -> None:
    page = seen.open("/overview")
    ground = "getComputedStyle(document.body).backgroundColor"
    chart = "getComputedStyle(document.querySelector('.js-plotly-plot .bars path')).fill"
    seen.settle()
    light = page.evaluate(ground), page.evaluate(chart)
    page.get_by_role("button", name="Use dark colours").click()
    page.get_by_role("button", name="Use light colours").wait_for()
    seen.settle()
    dark = page.evaluate(ground), page.evaluate(chart)
    assert dark == ("rgb(15, 20, 26)", "rgb(63, 151, 211)")
    page.get_by_role("button", name="Use light colours").click()
    page.get_by_role("button", name="Use dark colours").wait_for()
    seen.settle()
    assert (page.evaluate(ground), page.evaluate(chart)) == light
    assert seen.problems == []


def test_without_a_choice_the_colours_are_the_systems(browser: BrowserContext, address: str) -> None:
    assert browser.browser is not None
    with_night = browser.browser.new_context(color_scheme="dark")
    page = Visit(with_night.new_page(), address).open("/overview")
    expect(page.get_by_role("button", name="Use light colours")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 26)"
    with_night.close()


def test_a_choice_of_zone_and_spacing_stays_and_shows(browser: BrowserContext, address: str) -> None:
    assert browser.browser is not None
    apart = browser.browser.new_context()
    page = Visit(apart.new_page(), address).open("/settings")
    page.locator("#view-zone").fill("Kolkata")
    page.get_by_role("option", name="Asia/Kolkata").click()
    expect(page.locator(".stamp")).to_contain_text("11:30 IST")
    page.get_by_text("Close", exact=True).click()
    page.wait_for_selector(":root[data-density=close]")
    page.goto(f"{address}/overview")
    expect(page.locator(".stamp")).to_contain_text("11:30 IST")
    expect(page.locator(":root")).to_have_attribute("data-density", "close")
    apart.close()


def test_single_keys_are_switched_off_in_the_settings(address: str, seen: Visit) -> None:
    page = seen.open("/settings")
    page.locator("#view-keys").get_by_text("Off").click()
    expect(page.locator("#view-keys input[value=off]")).to_be_checked()
    until(page, "document.cookie.includes('keys=off')")
    page.goto(f"{address}/")
    page.locator(".act-open").first.wait_for()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch single keys on or off").click()
    expect(page.locator("#keys-state")).to_have_text("Single keys are on.")
    until(page, "document.cookie.includes('keys=on')")


def test_a_number_leads_to_its_line_and_unfolds_it(seen: Visit) -> None:
    page = seen.open("/lifecycle")
    page.get_by_role("link", name="In contact in time").click()
    expect(page.locator("#number-activation")).to_be_in_viewport()
    expect(page.locator("#number-activation")).to_contain_text("accepted pairs")


def test_a_printed_screen_has_its_head_and_all_its_rows_and_nothing_to_click(seen: Visit) -> None:
    seen.page.emulate_media(color_scheme="dark")
    page = seen.open("/?band=needs_check_in&view=all")
    names = [text.split()[1] for text in page.locator(".cell-pair a").all_inner_texts()]
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    words = " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())
    assert "As of 23 Nov 2026, 06:00 UTC" in words
    assert "Band: Needs check-in" in words
    assert [name for name in names if name not in words] == []
    for hidden in ("Skip to content", "Data quality", "Act …", "Find a pair", "Export"):
        assert hidden not in words


def test_a_contact_is_logged_by_keyboard_and_focus_comes_back(seen: Visit) -> None:
    page = seen.open("/")
    expect(page.locator(".cell-act button").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = page.locator(".ag-center-cols-container .ag-row").nth(1).locator(".act-open")
    expect(second).to_be_focused()
    pair = second.get_attribute("data-pair")
    page.keyboard.press("l")
    expect(page.locator("#act-kind")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(0)
    page.get_by_label("Note").focus()
    page.keyboard.type("j and l are letters here")
    expect(page.get_by_label("Note")).to_have_value("j and l are letters here")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#act-said")).to_contain_text("Saved. Support contact")
    expect(page.locator(f".cell-act button[data-pair='{pair}']")).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator("#pair-actions")).to_contain_text("j and l are letters here")
    assert seen.problems == []


def test_a_snoozed_pair_leaves_today_at_once_and_undo_brings_it_back(seen: Visit) -> None:
    page = seen.open("/")
    first = page.locator(".ag-center-cols-container .ag-row .act-open").first
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


def test_several_pairs_are_dismissed_by_keyboard_and_come_back_as_one(seen: Visit) -> None:
    page = seen.open("/")
    expect(page.locator(".cell-act button").first).to_be_visible()
    for key in "jxjx":
        page.keyboard.press(key)
    picked = page.locator(".act-pick[aria-checked=true]:visible")
    expect(picked).to_have_count(2)
    pairs = [box.get_attribute("data-pair") for box in picked.all()]
    expect(page.locator("#act-bar")).to_contain_text("2 selected")
    assert "\n".join(findings(page)) == ""
    page.locator("#act-bar").get_by_role("button", name="Dismiss").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("2 pairs")
    page.get_by_role("dialog").get_by_role("textbox", name="Why").click()
    page.get_by_role("option", name="Wrong: a known absence").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#act-said")).to_contain_text("Saved for 2 pairs.")
    expect(page.locator("#act-bar")).to_be_hidden()
    for pair in pairs:
        expect(page.locator(f".cell-act button[data-pair='{pair}']")).to_have_count(0)
    page.locator("#act-said .act-undo").click()
    expect(page.locator("#act-said")).to_contain_text("Taken back for 2 pairs")
    for pair in pairs:
        expect(page.locator(f".cell-act button[data-pair='{pair}']")).to_have_count(1)
    assert seen.problems == []


def test_axe_finds_nothing_where_another_day_is_chosen_or_looked_at(address: str, seen: Visit) -> None:
    page = seen.open("/learnt?asof=2026-11-10&later=2026-11-15")
    assert "\n".join(findings(page)) == ""
    page.get_by_role("button", name="Look at another day").press("Enter")
    expect(page.locator("#moment-as-of")).to_be_visible()
    assert "\n".join(findings(page, "[role=dialog]")) == ""
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Look at another day")).to_be_focused()
    page.goto(f"{address}/overview?asof=2026-11-12")
    expect(page.locator("#past-build")).to_be_visible()
    assert "\n".join(findings(page)) == ""
    assert seen.problems == []


def test_on_a_phone_a_pair_is_taken_on_with_a_thumb(seen: Visit) -> None:
    page = seen.at(PHONE).open("/")
    page.locator(".pair-item .act-open").first.click()
    expect(page.locator("#act-save")).to_be_visible()
    assert "\n".join(findings(page)) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.locator("#act-kind").click()
    page.get_by_role("option", name="Take it on").click()
    expect(page.get_by_text("It stays on the list, marked as yours.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#act-said")).to_contain_text("Taken on")
    expect(page.locator(".pair-item .quiet").first).to_have_text("Taken on · Owner: you")
    assert seen.problems == []


@pytest.mark.parametrize(
    ("size", "told", "around"),
    [(DESK, ".cell-act span", ".ag-cell"), (PHONE, ".pair-acts .quiet", ".pair-acts")],
)
def test_a_long_login_stays_beside_its_button(
    size: tuple[int, int], told: str, around: str, seen: Visit
) -> None:
    page = seen.at(size).open("/")
    beyond = page.locator(told).first.evaluate(
        "(told, around) => { told.textContent = `Owner: ${'long.login'.repeat(9)}@example.org`;"
        " const right = (node) => node.getBoundingClientRect().right;"
        " return right(told) - right(told.closest(around)); }",
        around,
    )
    assert beyond <= 0


def test_what_the_server_does_not_answer_is_said(seen: Visit) -> None:
    page = seen.open("/")
    page.route(re.compile("_dash-update-component"), lambda route: route.fulfill(status=500))
    page.get_by_text("Every pair").click()
    expect(page.get_by_role("alert").filter(has_text="That did not work")).to_be_visible()
    expect(page.locator("h1")).to_be_visible()
