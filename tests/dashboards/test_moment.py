"""The address carries a day to every screen, whole and unharmed, and takes nothing else away."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qsl, urlencode

import dash
import pytest
from dash import dcc, html
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.filters import CHOICES, KEYS, VIEWS, FilterState, format_filters, parse_filters, rewritten
from dashboards.moment import PRESENT, Moment, at, carry, components_of, format_moment, parse_moment
from warehouse.words import OWNER

days = st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
moments = st.builds(Moment, days, days)
codes = st.lists(st.text(min_size=1, max_size=12), max_size=3, unique=True).map(tuple)
owners = st.lists(st.sampled_from(list(OWNER)), unique=True).map(tuple)
filters = st.builds(
    FilterState,
    **{**dict.fromkeys(CHOICES.values(), codes), "owners": owners},
    search=st.text(max_size=20).map(lambda text: " ".join(text.split())),
    view=st.sampled_from(VIEWS),
)
others = st.lists(
    st.tuples(st.sampled_from(("endpoint", "then", "later", "tz", "sort")), st.text(min_size=1, max_size=12)),
    max_size=4,
)


@given(moments)
def test_an_address_gives_back_the_day_it_was_made_of(moment: Moment) -> None:
    assert parse_moment(format_moment(moment)) == moment


@settings(deadline=None)
@given(filters, moments, others)
def test_filters_a_day_and_all_else_round_trip_together(
    state: FilterState, moment: Moment, more: list[tuple[str, str]]
) -> None:
    address = at(f"/{format_filters(state)}", moment)
    query = address.removeprefix("/")
    query = f"{query}{'&' if query else '?'}{urlencode(more)}"
    assert parse_filters(query) == state
    assert parse_moment(query) == moment
    changed = rewritten(query, FilterState(view="all"))
    assert parse_filters(changed) == FilterState(view="all")
    assert parse_moment(changed) == moment
    kept = [
        pair for pair in parse_qsl(changed.removeprefix("?")) if pair[0] not in {*KEYS, "asof", "knownat"}
    ]
    assert kept == more
    assert parse_filters(at(query, PRESENT)) == state


@given(st.text(max_size=60))
def test_no_address_is_an_error(query: str) -> None:
    assert parse_moment(format_moment(parse_moment(query))) == parse_moment(query)


@pytest.mark.parametrize("page", ["endings", "funnel", "growth", "matching", "scheduling", "equity"])
def test_a_link_to_a_group_draws_that_group_and_the_same_link(screens: Any, page: str) -> None:
    layout = dash.page_registry[f"dashboards.pages.{page}"]["layout"]

    def choices(**address: str) -> dict[str, bool]:
        with screens.app.server.app_context():
            links = components_of(layout(**address))
        named = (link for link in links if type(link).__name__ == "Link" and "program=" in str(link.href))
        # A number leads to its pairs on the watchlist; that is another screen.
        named = (link for link in named if not link.href.startswith("/?"))
        return {link.href: getattr(link, "className", "") == "chosen" for link in named}

    offered = choices()
    assert offered or page == "equity"
    for href in offered:
        address = dict(parse_qsl(href.partition("?")[2]))
        assert [link for link, is_chosen in choices(**address).items() if is_chosen] == [href]


def test_what_is_no_date_is_not_there() -> None:
    assert parse_moment("?asof=yesterday&knownat=2026-02-30") == PRESENT
    assert parse_moment("?asof=20260303") == PRESENT


def test_links_to_other_screens_get_the_day_and_others_do_not() -> None:
    there = ["/", "/overview?cohort=a", "/pairs/p%2F1"]
    elsewhere = [
        "#content",
        "/reports/files/2026Q3/1/a.pdf",
        "/logout",
        "//evil.example",
        "https://e.example",
    ]
    tree = html.Div([html.P([dcc.Link("x", href=href)]) for href in [*there, *elsewhere]])
    carry(tree, Moment(dt.date(2026, 3, 3), dt.date(2026, 3, 5)))
    hrefs = [component.href for component in components_of(tree) if hasattr(component, "href")]
    assert hrefs == [
        "/?asof=2026-03-03&knownat=2026-03-05",
        "/overview?cohort=a&asof=2026-03-03&knownat=2026-03-05",
        "/pairs/p%2F1?asof=2026-03-03&knownat=2026-03-05",
        *elsewhere,
    ]
