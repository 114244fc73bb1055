"""A past day is shown as it was known, says that it is past, and lets nobody do anything in it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dash
import duckdb
import pytest

from dashboards import travel
from dashboards.acting import Desk
from dashboards.data.reader import Reader
from dashboards.handling import handlings
from dashboards.moment import Moment
from dashboards.panels import past
from dashboards.screen import NotBuilt, scene, setting
from warehouse.accounts import ROLES, Caller

THEN, LATER = dt.datetime(2026, 11, 10, 23, 59, 59), dt.datetime(2026, 11, 15, 23, 59, 59)
ADDRESS = {"asof": "2026-11-10"}
QUERY = "?asof=2026-11-10"
PAIR = "pair-suspected-ghosting-01"


@pytest.fixture(scope="module")
def past_home(home: Path, tmp_path_factory: pytest.TempPathFactory, published: ModuleType) -> Path:
    """The newest publication, and one of a day on which the pair was on track."""
    folder = tmp_path_factory.mktemp("past")
    shutil.copytree(home / "published", folder / "published")
    calm = f"update mart.pair set band = 'on_track', state = 'in_rhythm' where pair_id = '{PAIR}'"
    published.write_past(folder, THEN, THEN, calm, f"delete from mart.listed where pair_id = '{PAIR}'")
    return folder


@pytest.fixture
def screens(past_home: Path, tmp_path: Path, make_screens: Callable[..., Any]) -> Iterator[Any]:
    """Screens with an operational store of their own, inside a request."""
    shutil.copytree(past_home / "published", tmp_path / "published")
    made = make_screens(tmp_path)
    with made.app.server.test_request_context():
        yield made


def pages() -> list[str]:
    return [
        page["module"].rpartition(".")[2]
        for page in dash.page_registry.values()
        if hasattr(page["layout"], "permission")
    ]


def hrefs(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("href"), str):
            yield node["href"]
        for value in node.values():
            yield from hrefs(value)
    elif isinstance(node, list):
        for value in node:
            yield from hrefs(value)


def frame(screens: Any, pathname: str, search: str) -> str:
    """What stands above a screen at an address, as one text."""
    outputs = [{"id": name, "property": "children"} for name in ("stamp", "run-line", "banners")]
    outputs.append({"id": "drawn-build", "property": "data"})
    values = {"pathname": pathname, "search": search}
    body = {
        "output": "..stamp.children...run-line.children...banners.children...drawn-build.data..",
        "outputs": outputs,
        "inputs": [{"id": "address", "property": name, "value": value} for name, value in values.items()],
        "changedPropIds": ["address.pathname"],
    }
    return str(screens.post(body, headers={"Origin": "http://localhost"}).text)


def test_a_past_day_is_opened_from_its_own_publication(screens: Any) -> None:
    assert "Nudge" not in screens.words("pair", pair_id=PAIR, **ADDRESS)
    assert "In rhythm" in screens.words("pair", pair_id=PAIR, **ADDRESS)
    assert "In rhythm" not in screens.words("pair", pair_id=PAIR).splitlines()


def test_the_frame_says_which_day_it_is_and_the_way_back(screens: Any) -> None:
    told = frame(screens, "/", QUERY)
    assert "You are looking at 10 Nov 2026 as known on 10 Nov 2026." in told
    assert "Back to today" in told
    assert "Nov 2026, 23:59 UTC" in told
    assert "You are looking at" not in frame(screens, "/", "")


def test_a_screen_without_a_past_says_so_and_shows_today(screens: Any) -> None:
    for search in (QUERY, "?asof=2026-11-12"):
        told = frame(screens, "/data-quality", search)
        assert "keeps no past days: it shows today" in told
        assert "23 Nov 2026, 06:00 UTC" in told
    assert (
        screens.words("data_quality", **ADDRESS).splitlines()[:20]
        == screens.words("data_quality").splitlines()[:20]
    )


def test_the_newest_day_by_name_is_today(screens: Any, published: ModuleType) -> None:
    today = published.AS_OF.date()
    assert not scene(Moment(today, today)).is_past
    assert not scene(Moment(known_at=today)).is_past


@pytest.mark.parametrize("page", ["watchlist", "pair"])
def test_nothing_is_offered_to_be_done_in_the_past(screens: Any, page: str) -> None:
    today, then = screens.draw(page, pair_id=PAIR), screens.draw(page, pair_id=PAIR, **ADDRESS)
    for offered in ("act-open", "act-step") if page == "pair" else ("can-act", "act_label"):
        assert offered in today
        assert offered not in then


def test_what_is_done_today_is_not_in_the_past(screens: Any) -> None:
    token, until = "0123456789abcdef", {"until": "2026-12-01", "reason": "other"}
    Desk({"pair_id": PAIR, "token": token}).act("snooze", until)
    assert handlings(scene()).quiet == (PAIR,)
    assert handlings(scene(Moment(dt.date(2026, 11, 10)))).quiet == ()


@pytest.mark.parametrize("search", [QUERY, "?asof=2026-11-10&knownat=2026-11-10"])
def test_every_link_of_every_screen_keeps_the_day(screens: Any, search: str) -> None:
    address = {key: values[0] for key, values in parse_qs(search[1:]).items()}
    drawn = {page: list(hrefs(json.loads(screens.draw(page, pair_id=PAIR, **address)))) for page in pages()}
    ours = [
        href
        for links in drawn.values()
        for href in links
        if href.startswith("/") and not href.startswith("/reports/files/")
    ]
    assert len(ours) > 60
    for href in ours:
        query = {key: values[-1] for key, values in parse_qs(urlsplit(href).query).items()}
        assert {key: query.get(key) for key in address} == address, href


def test_the_navigation_keeps_the_day(screens: Any) -> None:
    body = {
        "output": "..screens.children...brand.href..",
        "outputs": [{"id": "screens", "property": "children"}, {"id": "brand", "property": "href"}],
        "inputs": [{"id": "address", "property": "search", "value": QUERY}],
        "changedPropIds": ["address.search"],
    }
    answer = screens.post(body, headers={"Origin": "http://localhost"}).json
    links = list(hrefs(answer["response"]["screens"]["children"]))
    assert len(links) > 10
    assert all(link.endswith(QUERY) for link in [*links, answer["response"]["brand"]["href"]])


# --- days nobody built ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["watchlist", "overview", "endings", "signals", "learnt"])
def test_a_day_nobody_built_is_offered_on_its_screen(screens: Any, page: str) -> None:
    told = screens.words(page, asof="2026-11-12", knownat="2026-11-13")
    assert "12 Nov 2026 as known on 13 Nov 2026 is not built" in told
    assert "Build this view" in told


def test_the_daily_history_says_what_it_can_of_a_day_nobody_built(screens: Any) -> None:
    assert "12 Nov 2026, with what is known today" in screens.words("overview", asof="2026-11-12")
    told = screens.words("pair", pair_id=PAIR, asof="2026-11-12")
    assert "In rhythm" in told
    assert "with what is known today" not in screens.words("overview", asof="2026-01-12")


def test_a_day_to_come_is_not_offered(screens: Any) -> None:
    told = screens.words("watchlist", asof="2026-12-24")
    assert "That day has not come" in told
    assert "Build this view" not in told


def test_only_roles_that_may_build_are_offered_to(screens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of, known_at = THEN - dt.timedelta(days=1), THEN
    for role, permissions in ROLES.items():
        who = Caller("acc", role, permissions)
        monkeypatch.setattr(past, "caller", lambda who=who: who)
        is_offered = "past-build" in str(past.standing(as_of, known_at))
        assert is_offered == (role in ("program_manager", "admin")), role


def wanted(days: int = 0) -> dict[str, str]:
    at = (THEN - dt.timedelta(days=days)).isoformat()
    return {"as_of": at, "known_at": at}


def test_asking_twice_is_one_request_that_says_how_far_it_is(screens: Any) -> None:
    desk = setting().past
    travel.build(1, wanted(3))
    travel.build(1, wanted(3))
    (asked,) = desk.open()
    assert asked.account_id == "this-machine"
    assert "It begins in a moment" in str(travel.follow(1, wanted(3), None))
    desk.progress(asked.request_id, 30, 120)
    assert "Building, 25%" in str(travel.follow(2, wanted(3), None))


def test_a_failure_is_told_once_and_may_be_tried_again(screens: Any) -> None:
    desk = setting().past
    travel.build(1, wanted(3))
    desk.finish(desk.open()[0].request_id, "could not be built: nothing was known")
    told, done = travel.follow(1, wanted(3), None)
    assert "Could not be built: nothing was known." in str(told)
    assert travel.follow(2, wanted(3), done) == (dash.no_update, dash.no_update)
    travel.build(1, wanted(3))
    assert len(desk.open()) == 1


def test_few_days_wait_at_once_and_none_that_has_not_come(screens: Any) -> None:
    for days in (1, 2, 3):
        travel.build(1, wanted(days))
    assert "3 other days wait" in str(travel.build(1, wanted(4)))
    assert "has not come" in str(travel.build(1, wanted(-100)))
    assert "cannot be read" in str(travel.build(1, {"as_of": "x"}))
    assert len(setting().past.open()) == 3


def test_a_day_that_is_built_by_now_is_opened(screens: Any) -> None:
    done = {"as_of": THEN.isoformat(), "known_at": THEN.isoformat()}
    assert travel.follow(1, done, None) == (dash.no_update, True)


def test_the_form_writes_the_day_into_the_address_and_keeps_the_rest(screens: Any) -> None:
    look = travel.look(1, "2026-11-10", "2026-11-15", "?view=all&q=x")
    assert look == (False, "", "?view=all&q=x&asof=2026-11-10&knownat=2026-11-15")
    assert travel.look(1, "2026-11-23", "2026-11-23", "?view=all&asof=2026-11-10") == (False, "", "?view=all")
    assert "Choose a day" in travel.look(1, None, None, "")[1]


# --- what was known then, and learnt later -------------------------------------------------------------


def test_what_was_known_then_stands_beside_what_is_known_today(screens: Any) -> None:
    told = screens.words("pair", pair_id=PAIR, then="2026-11-10")
    assert "Known on 10 Nov 2026" in told
    assert "Open the file of that day" in told
    unbuilt = screens.words("pair", pair_id=PAIR, then="2026-11-12")
    assert "No build of 12 Nov 2026 is kept" in unbuilt
    assert "Go to that day" in unbuilt


def test_a_pair_says_which_thresholds_it_crosses(screens: Any, published: ModuleType) -> None:
    told = screens.words("pair", pair_id=PAIR)
    assert "What this pair crosses, and what not" in told
    assert "2.6 usual gaps" in told
    assert "from 2.0 usual gaps" in told
    assert "Does not count now" in told
    assert "Why this pair is not flagged" in screens.words("pair", pair_id=PAIR, **ADDRESS)


def test_an_older_publication_without_thresholds_is_drawn_all_the_same(
    tmp_path: Path, published: ModuleType, make_screens: Callable[..., Any]
) -> None:
    file = published.write_publication(tmp_path)
    with duckdb.connect(str(file)) as con:
        con.execute("drop table mart.pair_threshold")
    assert "could not be drawn" not in make_screens(tmp_path).words("pair", pair_id=PAIR)


def test_what_was_learnt_later_is_told_in_words(screens: Any, tmp_path: Path, published: ModuleType) -> None:
    late = (
        "insert into mart.pair_event (pair_id, occurred_at, recorded_at, summary, source, position) values "
        f"('{PAIR}', '2026-11-09', '2026-11-14', 'Mentor wrote at last', 'mailbox', 900001)"
    )
    first = f"select min(position) from mart.pair_event where pair_id = '{PAIR}'"
    gone = f"delete from mart.pair_event where position = ({first})"
    leave = (
        f"insert into mart.pair_absence values ('{PAIR}', 'mentor', 'participant.availability_declared', "
        "'2026-11-02', '2026-11-14', '2026-11-03', '2026-11-20', 'hr')"
    )
    published.write_past(tmp_path, THEN, LATER, late, gone, leave)
    told = screens.words("learnt", later="2026-11-15", **ADDRESS)
    assert "1 pair looks otherwise" in told
    assert "Mentor wrote at last" in told
    assert "9 Nov 2026, recorded 14 Nov 2026 by mailbox" in told
    assert "corrected or taken back since" in told
    assert "Mentor: on leave from 3 Nov 2026 to 20 Nov 2026" in told


def test_a_comparison_nobody_built_is_offered(screens: Any) -> None:
    assert "Build this view" in screens.words("learnt", later="2026-11-15", **ADDRESS)
    assert "Nothing to compare" in screens.words("learnt", later="2026-11-01", **ADDRESS)
    assert "Of which day?" in screens.words("learnt")


# --- scope ---------------------------------------------------------------------------------------------


def test_who_sees_groups_alone_sees_today_alone(screens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for role, permissions in ROLES.items():
        who = Caller("acc", role, permissions)
        monkeypatch.setattr("dashboards.screen.caller", lambda who=who: who)
        told = screens.words("overview", **ADDRESS)
        assert ("Past days are not open to you" in told) == (role == "cohort_viewer"), role
        assert "Past days are not open to you" not in screens.words("overview")


def test_a_confined_caller_sees_their_programs_alone_in_the_past(tmp_path: Path, past_home: Path) -> None:
    reader = Reader(past_home / "published")
    (dated,) = [one for one in reader.kept() if one.as_of == THEN]
    assert reader.past(dated, ("nobody's",)).rows("select * from mart.pair") == []
    assert reader.past(dated).rows("select * from mart.pair")


def test_a_day_that_another_version_built_is_not_built(screens: Any, tmp_path: Path) -> None:
    (file,) = (tmp_path / "published" / "past").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("alter table mart.pair drop column n_contacts")
    assert "10 Nov 2026 is not built" in screens.words("watchlist", **ADDRESS)


def test_a_file_that_went_is_a_day_nobody_built(screens: Any, tmp_path: Path) -> None:
    moment = Moment(dt.date(2026, 11, 10))
    assert scene(moment).is_past
    next((tmp_path / "published" / "past").glob("*.duckdb")).unlink()
    with pytest.raises(NotBuilt):
        scene(moment)
