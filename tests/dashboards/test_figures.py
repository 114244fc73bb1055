"""Figures are plain dictionaries that say what their rows say."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from dashboards import figures, theme

AS_OF = dt.datetime(2026, 11, 23, 6, 0)
PAIR = {
    "last_contact_at": AS_OF - dt.timedelta(days=20),
    "silence_days": 20.0,
    "expected_days": 7.0,
    "next_session_at": None,
    "ended_at": None,
}


def event(event_type: str, lane: str, days_ago: int, summary: str | None = "Something") -> dict[str, Any]:
    at = AS_OF - dt.timedelta(days=days_ago)
    return {
        "position": days_ago,
        "occurred_at": at,
        "event_type": event_type,
        "lane": lane,
        "summary": summary,
    }


def cohort(name: str | None, **counts: int) -> dict[str, Any]:
    return {"cohort_id": name, **{f"n_{band}": counts.get(band, 0) for band in theme.RUNNING_BANDS}}


def test_bars_are_shares_of_the_current_pairs() -> None:
    figure = figures.cohorts.band_bars([cohort("a", on_track=3, watch=1), cohort(None, on_track=2)])
    by_band = {trace["name"]: trace for trace in figure["data"]}
    assert by_band["On track"]["x"] == [0.75, 1.0]
    assert by_band["Watch"]["x"] == [0.25, 0.0]
    assert by_band["Watch"]["y"] == ["a", "No cohort"]
    assert set(by_band) == {"On track", "Watch"}


def test_a_cohort_without_current_pairs_is_an_empty_bar() -> None:
    assert figures.cohorts.band_bars([cohort("over")])["data"] == []


def test_natural_ends_come_first_and_in_green() -> None:
    rows = [
        {"end_reason": "faded", "is_success": False, "n_pairs": 9},
        {"end_reason": "goals_met", "is_success": True, "n_pairs": 2},
        {"end_reason": "unknown", "is_success": None, "n_pairs": 1},
    ]
    figure = figures.endings.bars(rows)
    assert figure["layout"]["yaxis"]["categoryarray"] == ["Goals met", "Faded", "Not said"]
    assert figure["data"][0]["marker"]["color"] == theme.GREEN


def test_an_auto_closed_end_is_early_although_its_reason_sounds_natural() -> None:
    rows = [{"end_reason": "goals_met", "is_success": False, "n_pairs": 1}]
    assert [trace["name"] for trace in figures.endings.bars(rows)["data"]] == ["Early end"]


def test_weeks_that_still_run_are_paler() -> None:
    weeks = [
        {"week_on": dt.date(2026, 11, day), "n_sessions_held": 3, "n_pairs_in_contact": 4, "n_pairs_alive": 9}
        for day in (9, 16, 23)
    ]
    colours = figures.cohorts.weekly_contact(weeks, 2)["data"][0]["marker"]["color"]
    assert colours[0] == colours[1] != colours[2]


def test_the_silence_is_drawn_with_its_length_and_what_is_usual() -> None:
    layout = figures.timeline.of_pair(PAIR, [event("session.held", "session", 20)], AS_OF, {})["layout"]
    assert layout["annotations"][0]["text"] == "silent 20 d (usual 7)"
    assert layout["shapes"][0]["x0"].startswith("2026-11-03")


def test_an_ended_pair_is_not_drawn_as_silent() -> None:
    ended = PAIR | {"ended_at": AS_OF - dt.timedelta(days=3)}
    layout = figures.timeline.of_pair(ended, [event("session.held", "session", 20)], AS_OF, {})["layout"]
    assert layout["annotations"] == []


def point(day: int, rate: float, low: float | None, high: float | None, n: int) -> dict[str, Any]:
    return {"day": day, "rate": rate, "low": low, "high": high, "n_at_risk": n}


def test_a_curve_of_endings_has_a_band_and_the_pairs_at_risk_below_its_days() -> None:
    points = [point(0, 0, None, None, 40), point(30, 0.1, 0.04, 0.2, 31), point(44, 0.2, 0.1, 0.3, 12)]
    figure = figures.endings.curve([*points, point(60, 0.2, 0.1, 0.3, 9)], theme.GREEN, 0.5)
    low, high, line = figure["data"]
    assert (low["y"], high["y"], line["y"]) == ([0, 0.04, 0.1, 0.1], [0, 0.2, 0.3, 0.3], [0, 0.1, 0.2, 0.2])
    assert {trace["line"]["shape"] for trace in figure["data"]} == {"hv"}
    assert figure["layout"]["xaxis"]["ticktext"] == ["0<br>40", "30<br>31", "60<br>9"]
    assert figure["layout"]["yaxis"]["range"] == [0, 0.5]


def test_a_long_curve_has_few_ticks_and_a_short_one_its_ends() -> None:
    long = [point(day, 0.1, 0.0, 0.2, 9) for day in range(0, 361, 30)]
    assert figures.endings.curve(long, theme.BLUE, 1)["layout"]["xaxis"]["tickvals"] == [0, 90, 180, 270, 360]
    short = [point(day, 0.1, 0.0, 0.2, 9) for day in (41, 50, 59)]
    assert figures.endings.curve(short, theme.BLUE, 1)["layout"]["xaxis"]["tickvals"] == [41, 59]


def test_each_lane_has_its_own_mark_and_sessions_have_four() -> None:
    events = [event("session.held", "session", 9), event("session.no_show", "session", 8)]
    events += [event("session.cancelled", "session", 7), event("session.proposed", "session", 6)]
    events += [event("exchange.message_sent", lane, 5) for lane in ("mentee", "mentor")]
    figure = figures.timeline.of_pair(PAIR, events, AS_OF, {})
    symbols = [trace["marker"]["symbol"] for trace in figure["data"]]
    assert len(set(symbols)) == 5
    assert [part.word for part in figures.timeline.legend(PAIR, events)] == [
        "Session held",
        "Proposed, confirmed or moved",
        "No-show",
        "Cancelled",
    ]


def test_the_next_session_lies_in_the_future() -> None:
    pair = PAIR | {"next_session_at": AS_OF + dt.timedelta(days=4)}
    figure = figures.timeline.of_pair(pair, [], AS_OF, {})
    assert figure["data"][-1]["name"] == "Next session"
    assert figure["layout"]["xaxis"]["range"][1] > figure["data"][-1]["x"][0]


def test_peers_have_lanes_of_their_own_names() -> None:
    names = {"mentee": "First peer", "mentor": "Second peer"}
    ticks = figures.timeline.of_pair(PAIR, [], AS_OF, names)["layout"]["yaxis"]["ticktext"]
    assert [tick.strip() for tick in ticks[:3]] == ["Session", "First peer", "Second peer"]


def test_stored_text_is_no_markup_in_hover_labels() -> None:
    figure = figures.timeline.of_pair(
        PAIR, [event("session.held", "session", 9, "<a href='x'>now</a>")], AS_OF, {}
    )
    assert figure["data"][0]["text"] == ["&lt;a href=&#x27;x&#x27;&gt;now&lt;/a&gt;"]


def test_an_event_without_words_is_called_by_its_type() -> None:
    figure = figures.timeline.of_pair(PAIR, [event("session.held", "session", 9, None)], AS_OF, {})
    assert figure["data"][0]["text"] == ["session.held"]


def test_a_mark_knows_which_event_it_is() -> None:
    events = [event("session.held", "session", days_ago) for days_ago in (9, 4)]
    figure = figures.timeline.of_pair(PAIR, events, AS_OF, {})
    assert figure["data"][0]["customdata"] == ["9", "4"]


def test_a_figure_is_plain_json() -> None:
    figure = figures.timeline.of_pair(PAIR, [event("session.held", "session", 9)], AS_OF, {})
    assert json.loads(json.dumps(figure)) == figure


def test_a_score_is_a_line_over_the_zones_of_the_policy_with_its_bands_as_a_strip() -> None:
    first = dt.date(2026, 11, 1)
    days = [(first + dt.timedelta(days=n), score) for n, score in enumerate((80.0, None, 52.0))]
    spells = [(days[0][0], days[1][0], theme.BLUE), (days[2][0], days[2][0], theme.VERMILION)]
    figure = figures.health.of_days(days, spells, on_track=70, watch=55, interventions={})
    (line,), shapes = figure["data"], figure["layout"]["shapes"]
    assert line["y"] == [80.0, None, 52.0]
    zones = [(shape["y0"], shape["y1"]) for shape in shapes if shape["yref"] == "y"]
    assert zones == [(70, 100), (55, 70), (0, 55)]
    strip = [(shape["x0"], shape["x1"]) for shape in shapes if shape["yref"] == "paper"]
    assert strip == [("2026-11-01", "2026-11-03"), ("2026-11-03", "2026-11-04")]
    assert figure["layout"]["yaxis"]["tickvals"] == [0, 55, 70, 100]


def test_how_far_a_score_could_be_off_is_a_band_on_the_days_that_it_is_known_of() -> None:
    days = [(dt.date(2026, 11, day), 80.0) for day in (1, 2, 3)]
    spells = [(days[0][0], days[2][0], theme.BLUE)]
    off = (days[1][0], days[2][0], 71.0, 88.0)
    band = figures.health.of_days(days, spells, 70, 55, {}, off)["layout"]["shapes"][-1]
    assert (band["x0"], band["x1"]) == ("2026-11-01T12:00:00", "2026-11-03T12:00:00")
    assert (band["y0"], band["y1"]) == (71.0, 88.0)


def test_what_the_program_did_stands_in_the_score_as_dashed_lines_with_stars() -> None:
    days = [(dt.date(2026, 11, day), 80.0) for day in (1, 2, 3)]
    done = {dt.date(2026, 11, 2): "Mentor: <b>reminder</b>"}
    figure = figures.health.of_days(days, [(days[0][0], days[2][0], theme.BLUE)], 70, 55, done)
    stars, dashes = figure["data"][1], figure["layout"]["shapes"][-1]
    assert (stars["x"], stars["y"], stars["marker"]["symbol"]) == (["2026-11-02"], [100], "star")
    assert stars["text"] == ["Mentor: &lt;b&gt;reminder&lt;/b&gt;"]
    assert (dashes["x0"], dashes["x1"], dashes["line"]["dash"]) == ("2026-11-02", "2026-11-02", "dash")


def test_few_pairs_are_counted_one_by_one() -> None:
    week = {"week_on": dt.date(2026, 11, 2), "n_sessions_held": 1, "n_pairs_in_contact": 1}
    few = figures.cohorts.weekly_contact([week | {"n_pairs_alive": 2}], 1)
    many = figures.cohorts.weekly_contact([week | {"n_pairs_alive": 90}], 1)
    assert few["layout"]["yaxis"]["dtick"] == 1
    assert "dtick" not in many["layout"]["yaxis"]
