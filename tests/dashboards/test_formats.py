"""Numbers, dates and people are written one way everywhere."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboards import formats

AT = dt.datetime(2026, 11, 23, 6, 0)


def test_an_empty_value_is_a_dash() -> None:
    empty = [
        formats.count(None),
        formats.day(None),
        formats.instant(None),
        formats.minute(None),
        formats.days(None),
    ]
    assert empty == [formats.NONE] * 5


def test_dates_and_instants_name_their_zone() -> None:
    assert formats.day(AT) == "23 Nov 2026"
    assert formats.instant(AT) == "23 Nov 2026, 06:00 UTC"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Kolkata", "Mon 23 Nov, 11:30 (UTC+05:30)"),
        ("America/Los_Angeles", "Sun 22 Nov, 22:00 (UTC-08:00)"),
        ("Nowhere/Atlantis", formats.NONE),
        (None, formats.NONE),
    ],
)
def test_an_instant_is_told_on_the_clock_of_a_place(zone: str | None, expected: str) -> None:
    assert formats.local_time(AT, zone) == expected


def test_a_place_is_called_by_its_city() -> None:
    assert formats.place("America/Los_Angeles") == "Los Angeles"
    assert formats.place(None) == "Time zone not known"


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 10, "0%"),
        (1, 1000, "<1%"),
        (2, 3, "67%"),
        (999, 1000, ">99%"),
        (7, 7, "100%"),
        (0, 0, formats.NONE),
    ],
)
def test_a_share_is_zero_or_whole_only_when_exactly_so(part: int, whole: int, expected: str) -> None:
    assert formats.share(part, whole) == expected


def test_a_share_of_a_small_group_is_hidden() -> None:
    assert formats.share(2, 4, smallest_whole=5) == formats.NONE
    assert formats.share(2, 5, smallest_whole=5) == "40%"


def test_a_count_agrees_with_its_noun() -> None:
    assert [formats.plural(n, "pair") for n in (0, 1, 1873)] == ["0 pairs", "1 pair", "1,873 pairs"]
    assert formats.plural(2, "row waits", "rows wait") == "2 rows wait"


@pytest.mark.parametrize(
    ("side", "person_id", "direction", "expected"),
    [
        ("mentor", "per_00000000000091bc", "standard", "Mentor\u00a091bc"),
        ("mentee", "per_0000000000004f2a", "reverse", "Mentee\u00a04f2a"),
        ("mentor", "per_00000000000091bc", "peer", "Peer\u00a091bc"),
        ("mentor", None, "standard", "Mentor not recorded"),
    ],
)
def test_a_person_is_shown_by_role_and_four_characters(
    side: str, person_id: str | None, direction: str, expected: str
) -> None:
    assert formats.person(side, person_id, direction, {}) == expected


def test_a_person_is_named_only_where_names_were_given() -> None:
    assert (
        formats.person("mentor", "per_91bc", "standard", {"per_91bc": "Synthetic Asha 017"})
        == "\u2068Synthetic Asha 017\u2069"
    )
