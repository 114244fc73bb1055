"""Every screen in every condition: full, filtered, calm, empty, stale and broken."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import dash
import duckdb
import pytest
from plotly.utils import PlotlyJSONEncoder
from werkzeug.exceptions import Forbidden

from dashboards import data, formats
from dashboards.app import print_words
from dashboards.behind import Behind
from dashboards.data.publication import Row
from dashboards.data.reader import Reader
from dashboards.filters import CHOICES, FilterState, format_filters
from dashboards.panels.band_history import known_range
from dashboards.panels.cohort_life import triangle_card
from dashboards.screen import panel
from dashboards.tables import tables_of
from pipelines.signals.reasons import KINDS
from warehouse.accounts import ROLES, Caller
from warehouse.errors import NothingPublished
from warehouse.gaps import RESTS_ON
from warehouse.queries import Sight
from warehouse.words import BAND, band_words

PAGES = (
    "watchlist",
    "overview",
    "funnel",
    "matching",
    "scheduling",
    "growth",
    "endings",
    "signals",
    "pair",
    "data_quality",
    "people",
    "equity",
    "surveys",
    "help_metrics",
    "settings",
)


DIRECTIONS = (None, "standard", "peer", "reverse")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory, published: ModuleType, make_screens: Any) -> Any:
    home = tmp_path_factory.mktemp("quiet")
    published.write_publication(home, is_quiet=True, program_label=None)
    return make_screens(home)


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory, published: ModuleType, make_screens: Any) -> Any:
    home = tmp_path_factory.mktemp("blind")
    published.write_publication(home, is_blind=True)
    return make_screens(home)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, published: ModuleType, make_screens: Any) -> Any:
    home = tmp_path_factory.mktemp("empty")
    published.write_publication(home, is_empty=True)
    return make_screens(home)


# --- watchlist


def test_the_watchlist_says_how_many_pairs_need_somebody_and_where_to_start(screens: Any) -> None:
    words = screens.words("watchlist")
    assert "13 pairs need a check-in: start with these 10" in words
    assert "10 of 13 pairs shown" in words
    assert "Show the whole watchlist" in words


def test_every_listed_pair_has_a_reason_and_a_next_step(screens: Any) -> None:
    tree = json.loads(screens.draw("watchlist", view="watchlist"))
    rows = find(tree, "rowData")
    assert len(rows) > 20
    assert all(row["reason"] and row["next_step"] for row in rows)


def test_a_pair_carries_mark_word_and_colour_of_its_band(screens: Any) -> None:
    row = find(json.loads(screens.draw("watchlist")), "rowData")[0]
    assert (row["mark"], row["band"], row["ink"]) == ("◆", "Needs check-in", "var(--needs-ink)")


def test_a_list_of_every_pair_also_holds_the_calm_ones(screens: Any) -> None:
    words = screens.words("watchlist", view="all")
    assert all(word in words for word in ("On track", "Too early to tell", "Ended well"))
    assert "silent" not in {row["silent"] for row in find(json.loads(screens.draw("watchlist")), "rowData")}


def test_filters_of_the_address_are_set_in_the_controls(screens: Any) -> None:
    tree = json.loads(screens.draw("watchlist", band=["watch", "paused"], q="pair", view="all"))
    values = {
        node["id"]: node.get("value") for node in nodes(tree) if str(node.get("id", "")).startswith("filter-")
    }
    assert values["filter-band"] == ["watch", "paused"]
    assert (values["filter-search"], values["filter-view"]) == ("pair", "all")


def test_filters_that_let_nobody_through_offer_to_be_cleared(screens: Any) -> None:
    words = screens.words("watchlist", q="nobody is called this", view="all")
    assert "No pair matches" in words
    assert "Clear filters" in words


def test_a_calm_week_is_good_news(quiet: Any) -> None:
    words = quiet.words("watchlist")
    assert words.count("Nobody needs you this week") == 2
    assert "Checked with what was known at 23 Nov 2026, 06:00 UTC." in words


def test_pairs_that_cannot_be_judged_are_announced_and_not_called_silent(screens: Any, quiet: Any) -> None:
    assert "4 pairs cannot be judged" in screens.words("watchlist")
    assert "cannot be judged" not in quiet.words("watchlist")


def test_changed_controls_write_the_address_once(screens: Any) -> None:
    def post(search: str) -> str:
        values = {"view": "all", "search": " x "} | {key: [] for key in CHOICES} | {"band": ["watch"]}
        body = {
            "output": "address.search",
            "outputs": {"id": "address", "property": "search"},
            "inputs": [
                {"id": f"filter-{name}", "property": "value", "value": value}
                for name, value in values.items()
            ],
            "state": [{"id": "address", "property": "search", "value": search}],
            "changedPropIds": ["filter-band.value"],
        }
        return screens.post(body).text

    assert "?band=watch&q=x&view=all" in post("")
    assert "band" not in post("?view=all&q=x&band=watch")


def test_the_number_of_listed_pairs_is_told_of_all_there_are(screens: Any) -> None:
    store = next(
        node
        for node in nodes(json.loads(screens.draw("watchlist", band="watch")))
        if node.get("id") == "listed"
    )
    n_found = screens.words("watchlist", band="watch", view="all")
    assert re.fullmatch(r"\d+ of \d+ pairs", store["data"])
    assert n_found


def test_the_list_behind_a_number_holds_just_its_pairs(home: Path, screens: Any) -> None:
    lives = Reader(home / "published").publication().rows("select * from mart.pair_life")
    month = Counter(row["month"] for row in lives).most_common(1)[0][0]
    ages = sorted(row["left_day"] for row in lives if row["cause"] == "natural")
    day = ages[len(ages) // 2]

    def is_alive_after(row: Row, days: int) -> bool:
        return row["closed_on"] is None or (row["closed_on"] - row["accepted_on"]).days > days

    for behind, is_wanted in (
        (f"began.{month}", lambda row: row["month"] == month),
        (f"began.{month}.60", lambda row: row["month"] == month and is_alive_after(row, 60)),
        (f"ended.natural.{day}", lambda row: row["cause"] == "natural" and row["left_day"] <= day),
        (f"ended.still_active.{day}", lambda row: row["cause"] is not None and row["left_day"] <= day),
    ):
        rows = find(json.loads(screens.draw("watchlist", view="all", behind=behind)), "rowData")
        wanted = {row["pair_id"] for row in lives if is_wanted(row)}
        assert 0 < len(wanted) < len(lives)
        assert {row["pair_id"] for row in rows} == wanted
    words = screens.words("watchlist", view="all", behind=f"began.{month}.60")
    assert f"Pairs that began in {month} and were active after 60 d" in words


def behind_ends(file: Path, point: Row) -> set[str]:
    """The pairs that a step of a curve leads to."""
    cohorts = (point["cohort_id"],) if point["cohort_id"] else ()
    behind = Behind("ended", point["curve"], point["day"])
    filters = FilterState(programs=(point["program_id"],), cohorts=cohorts, view="all", behind=behind)
    rows = data.watchlist.pairs(Reader(file.parent).publication(), filters)
    return {row["pair_id"] for row in rows}


def test_a_step_of_a_curve_leads_to_as_many_pairs_as_it_counts(demo_home: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_home / "published", tmp_path / "published")
    (file,) = (tmp_path / "published").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:  # no curve counts a pair of a cohort that is too small to show
        con.execute(
            "update mart.pair_life set cause = 'natural', left_day = 20 "
            "where pair_id in (select pair_id from mart.pair where cohort_id = 'partner-office')"
        )
    points = (
        Reader(file.parent)
        .publication()
        .rows(
            "select * from mart.ending_curve where n_ended > 0 "
            "qualify row_number() over (partition by cohort_id, curve order by day) % 8 = 1"
        )
    )
    counted = {(row["cohort_id"], row["curve"], row["day"]): row["n_ended"] for row in points}
    assert len(counted) > 40
    assert counted == {
        (row["cohort_id"], row["curve"], row["day"]): len(behind_ends(file, row)) for row in points
    }


def test_a_curve_that_starts_late_leads_to_no_pair_that_ended_before(
    tmp_path: Path, published: ModuleType
) -> None:
    file = published.write_publication(tmp_path)
    point = {"program_id": "sample", "cohort_id": None, "curve": "still_active", "day": 336}
    every = behind_ends(file, point)
    with duckdb.connect(str(file)) as con:
        con.execute("delete from mart.ending_curve where day < 150")
        before = con.execute("select pair_id from mart.pair_life where cause is not null and left_day < 150")
        gone = {pair_id for (pair_id,) in before.fetchall()}
    assert behind_ends(file, point) == every - gone
    assert 0 < len(gone & every) < len(every)


def test_other_filters_keep_to_the_pairs_behind_a_number(screens: Any) -> None:
    state = FilterState(view="all", behind=Behind("ended", "natural", 90))
    values = {"view": "all", "search": ""} | {key: [] for key in CHOICES} | {"band": ["ended"]}
    body = {
        "output": "address.search",
        "outputs": {"id": "address", "property": "search"},
        "inputs": [
            {"id": f"filter-{name}", "property": "value", "value": value} for name, value in values.items()
        ],
        "state": [{"id": "address", "property": "search", "value": format_filters(state)}],
        "changedPropIds": ["filter-band.value"],
    }
    assert "?band=ended&behind=ended.natural.90&view=all" in screens.post(body).text


def test_what_came_of_alerts_is_told_with_how_many_there_were_and_leads_to_the_pairs(
    home: Path, tmp_path: Path, make_screens: Callable[..., Any]
) -> None:
    copied = Path(shutil.copytree(home, tmp_path / "home"))
    (file,) = (copied / "published").glob("*.duckdb")
    pairs = ["pair-waiting-06", "pair-waiting-07", "pair-stalled-04", "pair-faded-05"]
    raised = (
        (40, "in_touch", "closed"),
        (50, "silent", "open"),
        (60, "in_touch", "dismissed"),
        (35, "in_touch", "held_back"),
    )
    with duckdb.connect(str(file)) as con:
        for pair_id, (days, outcome, status) in zip(pairs, raised, strict=True):
            con.execute(
                "insert into mart.alert by name "
                "select $pair as pair_id, $pair as alert_id, $status as status, "
                "$outcome as outcome, (select as_of from ref.run) - $days * interval 1 day as raised_at",
                {"pair": pair_id, "status": status, "outcome": outcome, "days": days},
            )
    drawn = make_screens(copied)
    words = drawn.words("watchlist")
    assert "In touch again in 30 d (n=3)" in words
    assert "67%" in words
    assert "-33 points in 4 weeks" in words
    rows = find(json.loads(drawn.draw("watchlist", view="all", behind="in_touch")), "rowData")
    assert {row["pair_id"] for row in rows} == {pairs[0], pairs[2]}


def test_pairs_taken_on_are_counted_and_lead_to_their_list(screens: Any) -> None:
    taken_on = sys.modules["dashboards.pages.watchlist"].taken_on
    drawn = json.dumps(taken_on([True, False, False]), cls=PlotlyJSONEncoder)
    assert '"3"' in drawn
    assert "1 of them by you" in drawn
    assert '"/?owner=me&owner=other&view=all"' in drawn


def test_a_program_whose_feed_is_late_is_not_called_calm(blind: Any) -> None:
    words = blind.words("watchlist")
    assert words.count("No pair can be judged yet") == 2
    assert "6 pairs cannot be judged: the feed calendar is late, nothing since 13 Oct 2026." in words
    assert "6 of them cannot be judged" in words
    assert "Nobody needs you" not in words
    assert "\u2713" not in words
    overview = blind.words("overview")
    assert "6 pairs cannot be judged: the feed calendar" in overview
    assert "No pair that could be judged" not in overview


def test_calm_among_the_judged_is_said_of_them_alone() -> None:
    assert Sight(10, 10, 0, 0, ()).calm == "Nobody needs you this week"
    assert Sight(10, 7, 2, 1, ()).calm.endswith("among the pairs that could be judged: 7")
    assert Sight(10, 0, 0, 10, ()).calm == "No pair can be judged yet"
    assert Sight(0, 0, 0, 0, ()).calm == "No pair is running"


def test_the_heading_counts_what_the_list_holds(screens: Any) -> None:
    rows = {
        view: find(json.loads(screens.draw("watchlist", view=view)), "rowData")
        for view in ("watchlist", "all")
    }
    assert f"{len(rows['watchlist'])} pairs need a look, 13 of them a check-in" in screens.words(
        "watchlist", view="watchlist"
    )
    assert f"{len(rows['all'])} pairs, 13 of them in need" in screens.words("watchlist", view="all")
    assert "1 pair found" in screens.words("watchlist", view="all", q="pair-network")


def test_a_declined_proposal_is_listed_only_where_it_is_asked_for(screens: Any) -> None:
    def ids(**address: Any) -> set[str]:
        rows = find(json.loads(screens.draw("watchlist", view="all", **address)), "rowData")
        return {row["pair_id"] for row in rows}

    assert "pair-declined" not in ids()
    assert ids(state="declined") == {"pair-declined"}
    assert "1 declined proposal left out" in screens.words("overview")


def test_an_end_of_nobody_is_no_success(blind: Any) -> None:
    for page in ("watchlist", "overview"):
        words = blind.words(page)
        assert "no pair has ended yet" in words
        assert "\u2713" not in words


def test_health_from_too_little_evidence_is_not_shown(
    home: Path, tmp_path: Path, make_screens: Callable[..., Any]
) -> None:
    copied = Path(shutil.copytree(home, tmp_path / "home"))
    (file,) = (copied / "published").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("update mart.pair set coverage = 0.2, health = 100 where state = 'never_started'")
    pair_id = "pair-never-started-03"
    rows = find(json.loads(make_screens(copied).draw("watchlist", view="all")), "rowData")

    assert {row["health"] for row in rows if "never-started" in row["pair_id"]} == {None}
    words = make_screens(copied).words("pair", pair_id=pair_id)
    assert "No score" in words
    assert "100 of 100" not in words


# --- people


def test_a_pair_is_found_by_the_name_on_screen(home: Path, make_screens: Callable[..., Any]) -> None:
    row = data.watchlist.pairs(Reader(home / "published").publication(), FilterState())[0]
    names = {row["mentee_id"]: "Synthetic Asha 017"}
    shown = make_screens(home, names=lambda ids: {one: names[one] for one in ids if one in names})

    found = find(json.loads(shown.draw("watchlist", view="all", q="asha 017")), "rowData")
    assert row["pair_id"] in {item["pair_id"] for item in found}
    assert all("Asha 017" in item["pair"] for item in found)
    assert "No pair matches" in make_screens(home).words("watchlist", view="all", q="asha 017")


def test_people_are_pseudonyms_unless_names_were_asked_for(
    home: Path, screens: Any, make_screens: Callable[..., Any]
) -> None:
    publication = Reader(home / "published").publication()
    mentee_id = data.watchlist.pairs(publication, FilterState())[0]["mentee_id"]
    assert mentee_id not in screens.draw("watchlist")

    asked: list[str] = []

    def names(person_ids: Any) -> dict[str, str]:
        asked.extend(person_ids)
        return {mentee_id: "Synthetic Asha 017"}

    named = make_screens(home, names=names).words("watchlist")
    assert "Synthetic Asha 017" in named
    assert mentee_id in asked


# --- one pair


def all_pairs(home: Path) -> list[dict[str, Any]]:
    publication = Reader(home / "published").publication()
    return publication.rows("select * from mart.pair order by pair_id")


def test_every_pair_has_a_file_with_band_timeline_and_events(home: Path, screens: Any) -> None:
    pairs = all_pairs(home)
    for row in pairs:
        words = screens.words("pair", pair_id=row["pair_id"])
        assert "could not be drawn" not in words, row["pair_id"]
        assert row["pair_id"] in words
        assert (band_words(row["band"], row["state"]) if row["band"] != "ended" else "Ended") in words
    assert {row["band"] for row in pairs} == set(BAND)


def test_a_pair_file_gives_reason_next_step_and_numbers(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-suspected-ghosting-01")
    assert "Needs check-in: mentor unresponsive" in words
    assert "this pair is usually in touch every" in words
    assert "Ask the silent side privately: overwhelmed, lighter mode, or a kind end?" in words
    assert "Do next" in words
    assert "Longer than" in words


def test_each_person_is_shown_on_their_own_clock(home: Path, screens: Any) -> None:
    row = next(row for row in all_pairs(home) if row["mentee_time_zone"] == "Asia/Kolkata")
    words = screens.words("pair", pair_id=row["pair_id"])
    assert "Kolkata" in words
    assert "Now Mon 23 Nov, 11:30 (UTC+05:30)" in words


def test_a_next_session_is_told_in_both_zones(home: Path, screens: Any) -> None:
    row = next(
        row
        for row in all_pairs(home)
        if row["next_session_at"] is not None
        and row["mentor_time_zone"] is not None
        and row["mentee_time_zone"] != row["mentor_time_zone"]
    )
    words = screens.words("pair", pair_id=row["pair_id"])
    assert "26 Nov 2026, 15:00 UTC" in words
    assert words.count("26 Nov, ") + words.count("27 Nov, ") >= 2


def test_peers_are_called_peers(home: Path, screens: Any) -> None:
    row = next(row for row in all_pairs(home) if row["direction"] == "peer" and row["band"] == "on_track")
    words = screens.words("pair", pair_id=row["pair_id"])
    assert "First peer" in words
    assert "Second peer" in words
    assert f"Peer\u00a0{row['mentee_id'][-4:]} and Peer\u00a0{row['mentor_id'][-4:]}" in words


def test_sides_are_called_on_the_timeline_what_they_are_called_elsewhere(screens: Any) -> None:
    lane_names = sys.modules["dashboards.pages.pair"].lane_names
    called = {direction: tuple(lane_names({"direction": direction}).values()) for direction in DIRECTIONS}
    assert called == {
        None: ("Mentee", "Mentor"),
        "standard": ("Mentee", "Mentor"),
        "peer": ("First peer", "Second peer"),
        "reverse": ("Senior mentee", "Junior mentor"),
    }


def test_the_timeline_is_a_table_too_with_its_lanes_once_it_is_unfolded(screens: Any) -> None:
    def unfold(pair_id: str, drawn: Any = None) -> str:
        body = {
            "output": "timeline-rows.children",
            "outputs": {"id": "timeline-rows", "property": "children"},
            "inputs": [{"id": "timeline-table", "property": "n_clicks", "value": 1}],
            "state": [
                {"id": "timeline-rows", "property": "children", "value": drawn},
                {"id": "address", "property": "pathname", "value": f"/pairs/{pair_id}"},
                {"id": "address", "property": "search", "value": ""},
            ],
            "changedPropIds": ["timeline-table.n_clicks"],
        }
        return str(screens.post(body).text)

    table = unfold("pair-waiting-06")
    assert all(f'"{word}"' in table for word in ("When (UTC)", "Lane", "Session", "Mentee", "Mentor"))
    assert table.count('"Mentee wrote"') > 1
    assert "Mentee wrote" not in unfold("nobody")
    assert "Mentee wrote" not in unfold("pair-waiting-06", drawn=["here already"])


def test_how_far_a_score_could_be_off_is_known_of_today_and_while_it_stands_still() -> None:
    scene: Any = SimpleNamespace(health=lambda row: row["health"])
    days = [{"day": dt.date(2026, 11, day)} for day in (20, 21, 22, 23)]
    row = {"health": 80.0, "health_low": 71.0, "health_high": 88.0, "health_frozen_on": None}
    today, frozen = days[-1]["day"], dt.date(2026, 11, 21)
    assert known_range(scene, row, days) == (today, today, 71.0, 88.0)
    assert known_range(scene, row | {"health_frozen_on": frozen}, days) == (frozen, today, 71.0, 88.0)
    assert known_range(scene, row | {"health_frozen_on": dt.date(2026, 9, 1)}, days)[0] == days[0]["day"]
    assert known_range(scene, row | {"health": None}, days) is None
    assert known_range(scene, row | {"health_low": None}, days) is None


def test_a_natural_end_is_shown_as_a_success_and_not_as_silence(home: Path, screens: Any) -> None:
    row = next(row for row in all_pairs(home) if row["end_reason"] == "goals_met")
    words = screens.words("pair", pair_id=row["pair_id"])
    assert "Ended well" in words
    assert "Goals met, " in words
    assert "silent " not in words


def test_health_shows_what_was_earned_of_what_was_possible(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-001")
    assert "points" in words
    assert "against the cohort" in words
    assert "Nothing is known yet about growth." in words


def test_bands_over_time_are_told_in_words_with_their_days(home: Path, screens: Any) -> None:
    row = next(row for row in all_pairs(home) if row["band"] == "needs_check_in" and row["health"])
    words = screens.words("pair", pair_id=row["pair_id"])
    assert "Health and bands over time" in words
    assert f"{formats.day(dt.date(2026, 11, 4))} to {formats.day(dt.date(2026, 11, 13))}" in words


def test_what_the_program_did_is_told_on_its_day_beside_the_health_of_that_day(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-suspected-ghosting-20")
    told = "stepped in on 1 day, marked by a star; the last time on 9 Nov 2026: Program sent a reminder."
    assert told in words
    days = rows_of(screens, "pair", "health-and-bands-over-time", pair_id="pair-suspected-ghosting-20")
    assert ["8 Nov 2026", 80, "–", "On track", "–"] in days
    assert ["9 Nov 2026", 80, "–", "On track", "Program sent a reminder"] in days
    assert "stepped in" not in screens.words("pair", pair_id="pair-001")


def rows_of(screens: Any, page: str, table: str, **address: Any) -> list[list[Any]]:
    with screens.app.server.app_context():
        drawn = dash.page_registry[f"dashboards.pages.{page}"]["layout"](**address)
    return tables_of(drawn)[table].rows


def test_before_the_acceptance_there_are_no_bands_over_time(home: Path, screens: Any) -> None:
    row = next(row for row in all_pairs(home) if row["stage"] == "outreach")
    assert "No days yet" in screens.words("pair", pair_id=row["pair_id"])


def test_a_pair_without_a_score_says_so(screens: Any) -> None:
    assert "No score" in screens.words("pair", pair_id="pair-never-started-03")


def test_an_unknown_pair_is_told_kindly(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-of-nobody")
    assert "No such pair" in words
    assert "pair-of-nobody" in words
    assert "Back to the watchlist" in words


def test_stored_text_reaches_the_browser_as_text(screens: Any, published: ModuleType) -> None:
    tree = json.loads(screens.draw("pair", pair_id=published.HOSTILE_PAIR))
    holders = [node for node in nodes(tree) if published.HOSTILE_TEXT in node.values()]
    names = {name for node in holders for name, value in node.items() if value == published.HOSTILE_TEXT}
    assert names <= {"children", "summary"}
    assert names
    assert not [
        node for node in nodes(tree) if node.get("type") in ("Markdown", "Iframe", "DangerouslySetInnerHTML")
    ]


# --- overview, data quality, help


def test_the_overview_tells_current_pairs_from_ended_ones(screens: Any) -> None:
    words = screens.words("overview")
    assert "64 of 99 current pairs are on track and 13 need a check-in." in words
    assert "came to a natural end" in words
    assert "No cohort" not in words


def test_bars_are_there_as_a_table_too(screens: Any) -> None:
    stand = rows_of(screens, "overview", "current-pairs-by-band-and-cohort")
    ended = rows_of(screens, "overview", "ended-pairs-by-reason")
    assert stand[0][:4] == ["2026-summer", 19, 4, 2]
    assert [row[1] for row in stand] == [19, 22, 23]
    assert ended[0] == ["Goals met", 10, 0, 0]
    assert ["Time constraints", 0, 4, 0] in ended
    assert ["Life event", 0, 0, 1] in ended


def test_who_sees_no_pairs_is_told_no_count_that_could_be_about_a_few(
    screens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_cohorts, names = data.program.cohorts, []

    def first_is_small(publication: Any) -> list[Row]:
        rows = all_cohorts(publication)
        names[:] = [row["cohort_id"] for row in rows]
        return [{**row, "is_told": number > 0} for number, row in enumerate(rows)]

    monkeypatch.setattr(data.program, "cohorts", first_is_small)
    of_pairs = ("Where pairs have gone", "How current pairs stand, by cohort", "Silence")
    everybody = screens.words("overview")
    assert all(words in everybody for words in of_pairs)

    viewer = Caller("acc_1", "cohort_viewer", ROLES["cohort_viewer"], None)
    for module in ("access", "screen", "pages.overview"):
        monkeypatch.setattr(sys.modules[f"dashboards.{module}"], "caller", lambda: viewer)
    words = screens.words("overview")
    listed = words.partition("Left out: cohorts of fewer than 5 pairs or 3 mentors")[2]
    assert listed
    assert names[0] not in listed
    assert names[1] in listed
    assert not any(each in listed for each in of_pairs)


def test_nothing_on_the_overview_of_groups_depends_on_pairs_that_are_not_told_of(
    home: Path, tmp_path: Path, make_screens: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of a hidden cohort, whoever sees groups reads the same: so no subtraction can tell."""

    def seen(screens: Any) -> dict[str, str]:
        return {page: screens.words(page) for page in ("overview", "endings")}

    def change(sql: str) -> Any:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        shutil.copytree(home, folder)
        for file in (folder / "published").glob("*.duckdb"):
            with duckdb.connect(file) as con:
                con.execute(sql)
        return make_screens(folder)

    hides = "update mart.cohort set is_told = cohort_id <> (select max(cohort_id) from mart.cohort);"
    hidden = "cohort_id = (select max(cohort_id) from mart.cohort)"
    before = change(hides)
    after = change(
        f"{hides} update mart.pair set band = 'ended', state = 'ended', is_success = false, "
        f"end_reason = 'conduct' where {hidden}; update mart.week set n_sessions_held = 99, "
        f"n_pairs_in_contact = 77, n_pairs_alive = 88 where {hidden}; "
        f"update mart.cohort set n_pairs = 1, n_ended = 1, n_sessions_held = 3 where {hidden}"
    )
    assert seen(before) != seen(after), "somebody who sees pairs sees the difference"
    viewer = Caller("acc_1", "cohort_viewer", ROLES["cohort_viewer"], None)
    for module in ("access", "screen", "pages.overview", "pages.endings"):
        monkeypatch.setattr(sys.modules[f"dashboards.{module}"], "caller", lambda: viewer)
    assert seen(before) == seen(after)


def test_figures_are_described_in_words(screens: Any) -> None:
    tree = json.loads(screens.draw("overview"))
    pictures = [node for node in nodes(tree) if node.get("role") == "img" and "children" in node]
    labels = [node["aria-label"] for node in pictures]
    assert len([label for label in labels if label.endswith(".")]) == 3
    graphs = [node for node in nodes(tree) if node.get("type") == "Graph"]
    assert all(graph["props"]["config"]["displayModeBar"] is False for graph in graphs)


def test_the_books_balance_on_screen(screens: Any) -> None:
    words = screens.words("data_quality")
    assert "10,797 lines received and every one is accounted for. 6 rows wait in quarantine." in words
    assert words.count("Balances") == 3
    assert "Differs" not in words
    assert "time.no_offset" in words
    assert "kinkeeper quarantine show ID" in words


def test_late_and_stale_sources_are_told_apart(screens: Any) -> None:
    words = screens.words("data_quality")
    assert all(word in words for word in ("Fresh", "Late", "Stale"))


def test_a_broken_expectation_is_shown_first(screens: Any) -> None:
    words = screens.words("data_quality")
    assert "of 6; a broken one" in words
    assert words.index("no event happened after it was recorded") < words.index("one row a pair")


def test_definitions_name_the_thresholds_in_force(screens: Any) -> None:
    words = screens.words("help_metrics")
    assert "no contact within 14 days" in words
    assert "Younger than 30 days" in words
    assert "{" not in words


# --- signals


def test_signals_say_how_good_the_model_was_and_on_what(screens: Any) -> None:
    words = screens.words("signals")
    assert "12 Jul 2026 to 26 Jul 2026: 867 pair-weeks of 97 pairs" in words
    assert "Average precision 0.60: better than days since the last contact (0.40)" in words
    assert "which may be chance" not in words
    assert "The calibration slope is 0.70; 0.8 to 1.2 is acceptable. The model is too sure of itself" in words
    assert "Of the first 5% of each week 70% went silent; chosen at random, 12% would." in words
    assert "10 of 28 silences would have been alerted before day 30, half of them 13 days or more" in words
    assert "3.0 alerts a week; 33% of them went silent." in words
    assert "fitted on a synthetic sample" in words
    assert "nan" not in words


def test_signals_say_how_much_is_found_within_what_managers_can_look_at(screens: Any) -> None:
    words = screens.words("signals")
    assert "Managers can look at 10 pairs a week: these hold 80% of the pair-weeks that went silent" in words
    assert "and 55% of them are right." in words


def test_signals_say_whether_the_model_is_as_good_for_every_group(screens: Any) -> None:
    words = screens.words("signals")
    assert "In 1 of 2 groups what was said lies outside the interval of what happened" in words
    informal = words.split("Is it as good for every group?")[-1].split("Informal")[-1]
    told = [word for word in informal.split("\n") if "%" in word or word == "–"][:6]
    assert told == ["5.0%", "4% to 6%", "–", "10.0%", "30.0%", "24% to 36%"]
    exit_words = screens.words("signals", target="exit")
    assert "Is it as good for every group?" not in exit_words  # no record, nothing to tell


def test_signals_list_alerts_with_what_became_of_them_and_hide_who_is_held_back(screens: Any) -> None:
    words = screens.words("signals")
    assert "Managers judged 40 alerts: 28 were right, 70% (95% interval 57% to 82%)." in words
    assert "Of 60 alerts whose 30 days are over 33 were followed by silence, 55%" in words
    assert "Risk: length of the silence" in words
    assert "Snoozed until 25 Nov 2026" in words
    assert "6b89c300" in words
    assert screens.words("signals").count("Somebody is waiting") == 2  # three were raised, one is held back


def test_signals_say_what_alerts_do_by_chance_and_by_choice(screens: Any) -> None:
    words = screens.words("signals")
    assert "20 more were in contact again within 14 days than of a hundred whose alert was held back" in words
    assert "(95% interval +5 to +33; 70 and 80 alerts)." in words
    assert "Managers chose whom to help." in words


def test_formal_exit_has_a_record_of_its_own(screens: Any) -> None:
    words = screens.words("signals", target="exit")
    assert "kinkeeper backtest --target exit" in words
    assert "went silent; chosen at random" not in words


def test_a_pair_shows_its_tier_what_it_rests_on_and_percentages_where_these_held(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-suspected-ghosting-01")
    assert "Risk of silence" in words
    assert "by the program's own model: " in words
    assert "within 30 days" in words


def test_without_a_backtest_signals_say_how_to_run_one(empty: Any) -> None:
    words = empty.words("signals")
    assert "No backtest has run on this log." in words
    assert "kinkeeper backtest" in words


# --- endings


def test_endings_open_with_what_becomes_of_all_pairs(screens: Any) -> None:
    words = screens.words("endings")
    assert "By day 336, 30% of relationships have come to a natural end, 21% have ended early" in words
    assert "What becomes of a relationship: All cohorts" in words
    assert "By day 336: 30% (21% to 37%), 18 pairs." in words


def links_of(node: Any) -> list[str]:
    return [
        each["href"] for each in nodes(json.loads(json.dumps(node, cls=PlotlyJSONEncoder))) if "href" in each
    ]


def test_a_cell_leads_to_its_pairs_unless_it_is_small_or_its_reader_sees_no_pairs(screens: Any) -> None:
    months = [
        {
            "program_id": "p",
            "month": "2026-01",
            "n_months": n,
            "n_pairs": 6,
            "n_active": active,
            "rate": active / 6,
        }
        for n, active in enumerate((6, 5, 4))
    ]
    with screens.app.server.app_context():
        shown, shut = triangle_card(months, 5), triangle_card(months)
    lead = [href for href in links_of(shown) if "behind" in href]
    assert lead == [
        "/?program=p&behind=began.2026-01&view=all",
        "/?program=p&behind=began.2026-01.30&view=all",
    ]
    assert not any("behind" in href for href in links_of(shut))


def test_a_step_of_a_curve_leads_to_the_pairs_that_had_ended_by_then(screens: Any) -> None:
    hrefs = links_of(json.loads(screens.draw("endings", program="sample", cohort="2026-spring")))
    lead = [parse_qs(href.removeprefix("/?")) for href in hrefs if "behind=ended" in href]
    assert lead
    assert all(each["program"] == ["sample"] and each["cohort"] == ["2026-spring"] for each in lead)


def test_endings_of_a_cohort_are_compared_at_the_same_age(screens: Any) -> None:
    words = screens.words("endings", program="sample", cohort="2026-spring")
    assert "What becomes of a relationship: 2026-spring" in words
    assert "By day 180, 9% of relationships have come to a natural end" in words
    assert "of the others at the same age 16% (8% to 26%): no more of a difference than chance" in words
    assert "Too few pairs to tell. By day 166, 3 of 52 had come to a natural end" in words


def test_a_small_cohort_has_no_curve_and_a_line_says_so(screens: Any) -> None:
    words = screens.words("endings", program="sample", cohort="pilot")
    assert "What becomes of a relationship: All cohorts" in words
    assert "1 cohort is not shown. Too small to show: fewer than 5 pairs, 5 people or 3 mentors." in words


def test_endings_say_that_silent_pairs_count_as_active(screens: Any) -> None:
    assert "4 pairs are presumed silent or faded: still active here until somebody closes" in screens.words(
        "endings"
    )


def test_no_curve_is_one_minus_kaplan_meier(screens: Any) -> None:
    """What is still active and all that ended are together all pairs, wherever the curves arrive."""
    figures = [node["figure"] for node in nodes(json.loads(screens.draw("endings"))) if "figure" in node]
    assert len(figures) == 6
    assert sum(figure["data"][2]["y"][-1] for figure in figures) == pytest.approx(1, abs=1e-5)


# --- lifecycle


def test_the_lifecycle_opens_with_the_widest_gap(screens: Any) -> None:
    words = screens.words("funnel")
    assert "the widest gap is before thanks on time: 12 of 72 pairs that reached first talk" in words
    assert "From goals to paying it forward: All cohorts" in words
    assert "80% (60% to 90%)" in words


def test_a_step_nobody_records_is_named_and_not_counted(screens: Any) -> None:
    assert "Not recorded in this program: search." in screens.words("funnel")


def test_small_numbers_of_the_lifecycle_are_hidden_and_a_line_says_so(screens: Any) -> None:
    words = screens.words("funnel", program="sample", cohort="pilot")
    assert "From goals to paying it forward: All cohorts" in words
    assert "1 cohort is not shown. Too small to show: fewer than 5 pairs, 5 people or 3 mentors." in words
    assert "A dash stands where too few pairs are behind a number." in words
    (row,) = [node for node in nodes(json.loads(screens.draw("funnel"))) if is_row(node, "Pays it forward")]
    assert json.dumps(row).count(formats.NONE.encode("ascii", "backslashreplace").decode()) == 6


def is_row(node: dict[str, Any], first: str) -> bool:
    """Whether a node is a row of a table that begins with this text."""
    children = node["props"]["children"] if node.get("type") == "Tr" else None
    cell = children[0]["props"]["children"] if children else None
    named = cell["props"]["children"] if isinstance(cell, dict) else cell  # a name may be a link
    return bool(children) and named == first


def test_measures_have_interval_number_and_the_quarter_before(screens: Any) -> None:
    words = screens.words("funnel", program="sample", cohort="2026-spring")
    assert "From goals to paying it forward: 2026-spring" in words
    for told in ("In contact in time", "73%", "65% to 80%", "135 pairs", "71%", "Attested by both"):
        assert told in words
    assert "104 days" in words
    assert "26 (18 to 37) per 100 pairs" in words
    assert "135 pair-months of the last 35 days, 130 pairs" in words


# --- practices


def test_a_practice_has_its_interval_the_quarter_before_and_its_weakest_evidence(screens: Any) -> None:
    told = {row[0]: row[1:] for row in rows_of(screens, "matching", "measures")}
    assert told["First messages answered"] == [
        "89% (79% to 95%)",
        "57 first messages",
        "80%",
        "Attested by both",
    ]


def test_matching_opens_with_answers_and_first_fit(screens: Any) -> None:
    words = screens.words("matching")
    assert (
        "89% of first messages are answered; 88% of mentees call the fit good after the first session."
        in words
    )
    for told in ("First messages answered, by what was asked", "A conversation", "93% (84% to 100%)"):
        assert told in words


def test_a_kind_that_would_tell_about_few_is_not_shown(screens: Any) -> None:
    words = screens.words("matching")
    after = words.partition("Good fit after the first session, by countries")[2]
    assert "Too few pairs to tell" in after
    assert "One country" not in words


def test_measures_that_are_hidden_are_counted_and_a_hidden_cohort_is_no_choice(screens: Any) -> None:
    words = screens.words("growth", program="sample", cohort="pilot")
    assert "In numbers: All cohorts" in words
    assert "1 cohort is not shown." in words
    assert "1 measure is not shown: fewer than 5 pairs or 3 mentors" in words
    assert "Felt heard" not in words


def test_scheduling_says_who_bears_the_off_hours_and_who_carries_too_many(screens: Any) -> None:
    words = screens.words("scheduling")
    assert "39% of session minutes are off-hours for mentees, 12% for mentors." in words
    assert "1 mentor carries more pairs than they said they can." in words
    assert "fewer than 2 hours a week that suit both" in words
    assert "67% and 33%" in words


def test_a_pair_file_tells_its_practices_and_leaves_out_what_nobody_recorded(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-presumed-ghosted-00")
    for told in (
        "Practices",
        "3 of 4 words",
        "67% of minutes",
        "26 Nov 2026",
        "Introductions that led on",
        "1 of 2",
    ):
        assert told in words
    assert "Sessions prepared" not in screens.words("pair", pair_id="pair-suspected-ghosting-02")


def test_a_pair_file_tells_how_the_pair_meets(screens: Any) -> None:
    words = screens.words("pair", pair_id="pair-presumed-ghosted-00")
    for told in ("Contact pattern", "10 of 24", "14 active days", "26.4 active days", "1.5 median gaps"):
        assert told in words
    assert "median gaps" not in screens.words("pair", pair_id="pair-ended-00")


def test_measures_stand_under_their_topics_and_what_is_only_observed_says_so(screens: Any) -> None:
    words = screens.words("funnel")
    topics = ("Getting started", "What the two say and pass on", "How it ends, and who returns")
    assert [words.index(topic) for topic in topics] == sorted(words.index(topic) for topic in topics)
    assert "No hold-out: some would have come back on their own." in words


# --- equity


def test_the_gaps_beyond_chance_come_first_and_the_others_say_so(screens: Any) -> None:
    words = screens.words("equity")
    assert "1 gap is larger than chance explains, of 2 comparisons that can be told." in words
    beyond = (
        "In contact in time: 80% (Same country) against 60% (Two countries), a gap of 20 points (5 to 33)."
    )
    assert words.index("Gaps beyond chance") < words.index(beyond) < words.index("Country of the mentee")
    assert "More than chance: none of 1 comparison. Clearest: In contact in time" in words


def test_a_field_with_too_few_pairs_says_so_and_shows_no_number(screens: Any) -> None:
    words = screens.words("equity")
    assert "No two groups are large enough to be compared." in words
    assert "Too few pairs to tell: in contact in time." in words


# --- partial sources


@pytest.mark.parametrize("page", ["watchlist", "pair"])
def test_what_rests_on_a_late_source_is_struck_out_with_why(screens: Any, page: str) -> None:
    pair, other = "pair-suspected-ghosting-01", "pair-waiting-01"
    address = {"pair_id": pair} if page == "pair" else {"view": "all"}
    tree = json.loads(screens.draw(page, **address))
    why = "Messages of calendar have not come since 13 Oct 2026."
    assert why in json.dumps(tree)
    if page == "pair":
        crossed = [node["title"] for node in nodes(tree) if node.get("className") == "struck"]
        assert len(crossed) >= 3
        assert set(crossed) == {why}
        assert "struck" not in screens.draw("pair", pair_id=other)
    else:
        rows = [node for node in nodes(tree) if "missing" in node]
        assert {row["pair_id"] for row in rows if row["missing"]} == {pair}


def test_every_reason_that_rests_on_contact_is_a_reason() -> None:
    assert RESTS_ON.keys() <= {kind.code for kind in KINDS}


# --- surveys


def test_a_survey_says_who_answered_how_they_answered_and_what_is_hidden(screens: Any) -> None:
    words = screens.words("surveys")
    assert "Quick pulse, 2026-10: mentees 4.25 (3.90 to 4.60), mentors 4.25 (3.90 to 4.60), of 5." in words
    assert "12 of 40" in words
    assert "30% (18% to 45%)" in words
    assert "4.40 (2026-09, 14)" in words
    assert "Attested by one" in words
    assert "1 number is not shown: fewer than 5 people or pairs or 3 mentors behind it" in words
    assert "Not asked before and after" in words


def test_a_wave_is_chosen_by_the_address_and_a_strange_one_shows_the_newest(screens: Any) -> None:
    assert "Mentees, 2026-09" in screens.words("surveys", wave="2026-09")
    assert "Mentors, 2026-09" not in screens.words("surveys", wave="2026-09")
    assert "Mentees, 2026-10" in screens.words("surveys", wave="1999-01", program="nowhere", instrument="?")


def test_a_change_is_told_with_who_was_lost_and_claims_no_effect(screens: Any) -> None:
    words = screens.words("surveys", program="sample", instrument="benefits-mentee")
    assert "Of 1 scale asked before and after, 1 rose and 0 fell by more than chance." in words
    assert "22 of 61, 39 lost" in words
    assert "+0.48 (+0.35 to +0.62)" in words
    assert "+0.44 (+0.27 to +0.62)" in words
    assert "The difference does not prove that the program did it." in words
    assert "Nobody outside was asked" not in words


def test_a_home_without_answers_says_what_to_send(empty: Any) -> None:
    assert "No survey can be told of yet" in empty.words("surveys")


# --- cohorts over time


def test_pairs_still_active_by_the_month_they_began(screens: Any) -> None:
    rows = [node for node in nodes(json.loads(screens.draw("endings"))) if is_row(node, "2026-01")]
    said = json.dumps(rows)
    assert all(f'"{text}"' in said for text in ("40", "90%", "75%"))
    assert "95%" not in said


def test_where_pairs_have_gone_since_and_how_old_ones_are(screens: Any) -> None:
    words = screens.words("overview")
    assert (
        "Since 20 Oct 2026: the start of the quarter, or of the daily history where that is later." in words
    )
    assert "30 on track, 2 ended" in words
    assert "90 to 179 d" in words


def test_what_moved_since_the_last_publication_is_shown_where_it_was_compared(screens: Any) -> None:
    assert "Since the last publication" in screens.words("data_quality")


# --- conditions of every screen


@pytest.mark.parametrize("page", PAGES)
def test_before_the_first_build_every_screen_says_how_to_begin(
    page: str, tmp_path: Path, make_screens: Callable[..., Any]
) -> None:
    words = make_screens(tmp_path).words(page)
    assert "No events yet" in words
    assert "kinkeeper demo" in words
    assert "kinkeeper ingest PATH" in words


@pytest.mark.parametrize("page", PAGES)
def test_a_build_without_any_pair_draws_every_screen(page: str, empty: Any) -> None:
    words = empty.words(page, **({"pair_id": "x"} if page == "pair" else {}))
    assert "could not be drawn" not in words
    assert words


@pytest.mark.parametrize("page", PAGES)
def test_a_screen_that_fails_says_so_without_a_traceback(
    page: str,
    tmp_path: Path,
    published: ModuleType,
    make_screens: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published.write_publication(tmp_path, is_empty=True)
    broken = make_screens(tmp_path)

    def fail(*_args: object, **_more: object) -> None:
        raise ValueError("the secret inside")

    monkeypatch.setattr(data.publication, "run", fail)
    words = broken.words(page)
    assert "This screen could not be drawn" in words
    assert "Incident " in words
    assert "secret" not in words
    assert "Traceback" not in words


PANELS = {
    "overview": ("bands.n_declined", "endings.reasons", "bands.flows", "program.health_ages"),
    "funnel": ("program.kpis",),
    "endings": ("bands.standing", "endings.match_months"),
    "equity": ("equity.values",),
    "matching": ("practices.choices",),
    "growth": ("practices.choices", "people.generations"),
    "scheduling": ("practices.choices", "practices.short_of_time", "people.mentors"),
    "surveys": ("surveys.responses", "surveys.shares", "practices.numbers"),
    "signals": ("signals.risk_bases", "signals.nudge_effects", "signals.alerts", "signals.alert_counts"),
    "data_quality": ("quality.sources", "quality.drift", "quality.deliveries"),
    "pair": (
        "pair.events", "pair.reasons", "pair.risk_reasons", "pair.days", "pair.health_parts",
        "pair.thresholds", "pair.practice", "pair.pattern",
    ),
    "settings": ("program.policies",),
}  # fmt: skip
"""Queries of one panel each: their screens stand without them."""


@pytest.mark.parametrize(("page", "query"), [(page, query) for page in PANELS for query in PANELS[page]])
def test_a_broken_query_breaks_its_panel_and_no_other(
    page: str, query: str, screens: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = {"pair_id": "pair-suspected-ghosting-01"} if page == "pair" else {}
    whole = screens.words(page, **address)

    def fail(*_args: object, **_more: object) -> None:
        raise ValueError("the secret inside")

    room, question = query.split(".")
    monkeypatch.setattr(getattr(data, room), question, fail)
    words = screens.words(page, **address)
    assert "This part could not be drawn" in words
    assert "This screen could not be drawn" not in words
    assert "secret" not in words
    incidents = set(re.findall(r"Incident ([0-9a-f]{8})", words))
    assert {record.getMessage().rpartition("incident ")[2] for record in caplog.records} == incidents
    assert all(record.exc_info for record in caplog.records)
    kept = {line for line in words.splitlines() if line in whole.splitlines()}
    assert len(kept) > 20


@pytest.mark.parametrize("trouble", [NothingPublished("gone"), Forbidden()])
def test_what_the_whole_screen_has_to_answer_is_no_broken_panel(trouble: Exception) -> None:
    def ask() -> None:
        raise trouble

    with pytest.raises(type(trouble)):
        panel("Panel", ask)


@pytest.mark.parametrize("page", PAGES)
def test_a_strange_address_breaks_no_screen(page: str, screens: Any) -> None:
    assert "could not be drawn" not in screens.words(
        page, scene="7", page="7", band=["", "x"], nonsense="<b>"
    )


@pytest.mark.parametrize("page", PAGES)
def test_each_screen_has_one_first_heading(page: str, screens: Any) -> None:
    tree = json.loads(screens.draw(page))
    assert len([node for node in nodes(tree) if node.get("type") == "H1"]) == 1


def test_the_frame_names_program_and_instants(screens: Any, quiet: Any) -> None:
    told = screens.frame()
    assert "Synthetic sample program" in told
    assert "As of " in told
    assert "Known at " in told
    assert "23 Nov 2026, 06:00 UTC" in told
    assert "2 of 4 sources fresh" in told
    assert "chip" not in quiet.frame()


def test_a_printed_sheet_says_every_filter_it_was_narrowed_by() -> None:
    asked = "?program=a&cohort=b&type=peer&stage=forming&band=watch&state=waiting&owner=me&q=x&view=all"
    assert print_words("/", asked) == [
        "Screen /",
        "Program: a",
        "Cohort: b",
        "Type: Peer",
        "Stage: Forming",
        "Band: Watch",
        "State: Waiting on mentor/mentee",
        "Taken on by: Me",
        "Find a pair: x",
        "List: Every pair",
    ]
    assert print_words("/", "?color=red") == ["Screen /", "No filter"]


def test_an_empty_home_has_a_frame_too(tmp_path: Path, make_screens: Callable[..., Any]) -> None:
    assert "As of" not in make_screens(tmp_path).frame()


def test_a_damaged_publication_is_announced_on_every_screen(
    tmp_path: Path, published: ModuleType, make_screens: Callable[..., Any]
) -> None:
    published.write_publication(tmp_path, is_empty=True).write_bytes(b"not a database")
    damaged = make_screens(tmp_path)
    assert "The newest publication cannot be read" in damaged.frame()
    assert "This screen could not be drawn" in damaged.words("overview")


def test_a_build_older_than_a_day_and_a_half_warns_on_every_screen(
    home: Path, published: ModuleType, make_screens: Callable[..., Any]
) -> None:
    fresh = make_screens(home, now=published.AS_OF + dt.timedelta(hours=36))
    assert "You are looking at" not in fresh.frame()
    stale = make_screens(home, now=published.AS_OF + dt.timedelta(hours=37))
    assert "23 Nov 2026, 37 hours ago" in stale.frame()
    ancient = make_screens(home, now=published.AS_OF + dt.timedelta(days=9, hours=1))
    assert "23 Nov 2026, 9 days ago" in ancient.frame()
    assert "quarantine are those of the day of the build" in ancient.frame()


def test_a_day_that_has_not_come_is_announced_on_every_screen(
    home: Path, published: ModuleType, make_screens: Callable[..., Any]
) -> None:
    early = make_screens(home, now=published.AS_OF - dt.timedelta(hours=25))
    assert "a day that has not come" in early.frame()
    assert "has not come" not in make_screens(home, now=published.AS_OF - dt.timedelta(hours=23)).frame()


def test_an_address_without_a_screen_leads_back(screens: Any) -> None:
    layout = dash.page_registry["dashboards.pages.not_found_404"]["layout"]
    words = json.dumps(layout(), cls=PlotlyJSONEncoder)
    assert "No such screen" in words
    assert "Back to the watchlist" in words


def nodes(tree: Any) -> Any:
    """Every dictionary in a tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def find(tree: Any, name: str) -> Any:
    """The first value of this name in a tree."""
    return next(node[name] for node in nodes(tree) if name in node)


def test_a_build_of_another_version_says_that_it_must_be_built_again(
    home: Path, tmp_path: Path, make_screens: Callable[..., Any]
) -> None:
    shutil.copytree(home, tmp_path / "home")
    (file,) = (tmp_path / "home" / "published").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("alter table mart.pair_reason drop column reason_message")
    older = make_screens(tmp_path / "home")
    assert "kinkeeper build" in older.words("pair", pair_id="pair-suspected-ghosting-01")
    assert "Build again" not in older.words("overview")
