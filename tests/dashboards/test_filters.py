"""The address of the watchlist carries its filters, whole and unharmed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboards.behind import BACK_IN_TOUCH, Behind
from dashboards.filters import (
    CHOICES,
    VIEWS,
    FilterState,
    format_filters,
    from_values,
    parse_filters,
    rewritten,
)
from warehouse.words import ENDING_CURVE, OWNER

codes = st.lists(st.text(min_size=1, max_size=20), max_size=4, unique=True).map(tuple)
searches = st.text(max_size=30).map(lambda text: " ".join(text.split()))
behinds = st.one_of(
    st.none(),
    st.just(BACK_IN_TOUCH),
    st.builds(
        Behind,
        st.just("began"),
        st.from_regex(r"[0-9]{4}-[0-9]{2}", fullmatch=True),
        st.none() | st.integers(0, 9999),
    ),
    st.builds(Behind, st.just("ended"), st.sampled_from(list(ENDING_CURVE)), st.integers(0, 9999)),
)
owners = st.lists(st.sampled_from(list(OWNER)), unique=True).map(tuple)
filters = st.builds(
    FilterState,
    **{**dict.fromkeys(CHOICES.values(), codes), "owners": owners},
    search=searches,
    view=st.sampled_from(VIEWS),
    behind=behinds,
)


@given(filters)
def test_an_address_gives_back_the_filters_it_was_made_of(state: FilterState) -> None:
    assert parse_filters(format_filters(state)) == state


@given(st.text(max_size=80))
def test_no_address_is_an_error(query: str) -> None:
    state = parse_filters(query)
    assert parse_filters(format_filters(state)) == state


def test_the_plain_weekly_list_has_a_plain_address() -> None:
    assert format_filters(FilterState()) == ""


def test_keys_and_views_nobody_knows_are_ignored() -> None:
    assert parse_filters("?color=red&view=everything&band=watch") == FilterState(bands=("watch",))


def test_owners_are_me_somebody_else_and_nobody_and_anyone_is_everybody() -> None:
    assert parse_filters("?owner=me&owner=nobody") == FilterState(owners=("me", "nobody"))
    assert parse_filters("?owner=anyone") == FilterState()


def test_a_key_may_come_once_or_several_times() -> None:
    assert from_values({"cohort": "a", "band": ["watch", "paused", "watch"]}) == FilterState(
        cohorts=("a",), bands=("watch", "paused")
    )


def test_only_more_than_a_view_narrows_the_list() -> None:
    assert not FilterState(view="all").is_narrowed
    assert FilterState(search="91bc").is_narrowed


def test_another_list_keeps_its_order_and_begins_on_the_first_page() -> None:
    query = "?band=watch&watchlist-sort=risk.desc&watchlist-page=3&asof=2026-03-03"
    assert rewritten(query, FilterState(view="all")) == "?view=all&watchlist-sort=risk.desc&asof=2026-03-03"


def test_a_number_nobody_knows_has_no_pairs_behind_it() -> None:
    for text in ("began.march", "began.2026-03.x", "ended.natural", "ended.luck.30", "all", ""):
        assert from_values({"behind": text}) == FilterState()
    assert parse_filters("?behind=began.2026-03.060").behind == Behind("began", "2026-03", 60)
