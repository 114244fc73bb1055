"""What somebody does about a pair is looked up, checked and kept before anything is said about it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from dashboards import data
from dashboards.access import access, caller
from dashboards.acting import MAX_MANY, Desk, ManyDesks, undo
from dashboards.filters import FilterState
from dashboards.handling import alert_of, handlings
from dashboards.owning import owners, owners_by_login
from dashboards.panels.actions import may_be_written_to
from dashboards.screen import scene, setting
from warehouse.accounts import MANAGER
from warehouse.actions import SOURCE, Action, Deed
from warehouse.errors import KinkeeperError
from warehouse.events.codec import event_id
from warehouse.words import ACT

TOKEN = "0123456789abcdef"
PAIR, OTHER, THIRD = (f"pair-suspected-ghosting-{nth}" for nth in ("01", "02", "20"))


@pytest.fixture
def office(home: Path, tmp_path: Path, make_screens: Callable[..., Any]) -> Iterator[Any]:
    """Screens with an operational store of their own, inside a request."""
    shutil.copytree(home / "published", tmp_path / "published")
    made = make_screens(tmp_path)

    @contextmanager
    def asked() -> Iterator[None]:
        with made.app.server.test_request_context():
            yield

    made.asked = asked
    with made.asked():
        yield made


def act(kind: str, token: str = TOKEN, **said: str) -> Any:
    (done,) = Desk({"pair_id": PAIR, "token": token}).act(kind, said)
    return done


def today(published: ModuleType, days: int) -> str:
    return str((published.AS_OF + dt.timedelta(days=days)).date())


@pytest.mark.usefixtures("office")
def test_a_snoozed_pair_is_quiet_at_once_and_awake_when_taken_back(published: ModuleType) -> None:
    done = act("snooze", until=today(published, 3), reason="date agreed")
    assert handlings(scene()).quiet == (PAIR,)
    assert PAIR not in {row["pair_id"] for row in listed()}
    setting().actions.undo(done.action_id, "acc")
    assert handlings(scene()).quiet == ()
    assert PAIR in {row["pair_id"] for row in listed()}


def listed(*owners: str) -> list[Any]:
    filters = FilterState(owners=owners, view="watchlist")
    return data.watchlist.pairs(scene().publication, filters, beside=handlings(scene()).beside(()))


def owned(*owners: str) -> set[str]:
    return {row["pair_id"] for row in listed(*owners)}


def take_on(pair_id: str, alert_id: str, account_id: str) -> Action:
    deed = Deed(pair_id, "ops.alert_acknowledged", {"alert_id": alert_id})
    return setting().actions.take(TOKEN, account_id, deed)


@pytest.mark.usefixtures("office")
def test_a_pair_is_owned_by_whoever_took_it_on_until_it_is_taken_back() -> None:
    every = owned()
    done = act("acknowledge")
    alert = alert_of(data.pair.foremost_reasons(scene().publication, [OTHER])[OTHER])
    take_on(OTHER, alert.alert_id, "acc_another")
    take_on(THIRD, "alr-of-last-year", caller().account_id)
    assert (owned("me"), owned("other")) == ({PAIR}, {OTHER})
    assert owned("nobody") == every - {PAIR, OTHER}
    assert owned("me", "nobody") == every - {OTHER}
    setting().actions.undo(done.action_id, "acc")
    assert owned("me") == set()


@pytest.mark.usefixtures("office")
def test_who_took_a_pair_on_stays_known_once_the_log_has_it_and_a_source_names_nobody() -> None:
    done, home = take_on(PAIR, "alr-1", caller().account_id), setting().reader.home
    setting().actions.drained([done])
    (file,) = (home / "published").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        for pair_id, decided_by in ((PAIR, str(event_id(SOURCE, done.action_id))), (OTHER, "of-a-platform")):
            con.execute(
                "insert into mart.handling by name "
                "select $1 as pair_id, $2 as event_id, 'acknowledged' as handling, "
                "true as is_current, false as is_quiet",
                [pair_id, decided_by],
            )
        con.execute("update ref.run set known_at = known_at + interval 2 day")
    assert (owned("me"), owned("other")) == ({PAIR}, {OTHER})


def owner_of(pair_id: str) -> str:
    """Whose item a pair is, as the list says."""
    row = next(row for row in listed() if row["pair_id"] == pair_id)
    return owners([row], handlings(scene()).of([pair_id]))[pair_id]


@pytest.mark.usefixtures("office")
def test_an_item_is_of_who_took_it_on_else_of_the_one_manager_of_its_program_else_nobodys() -> None:
    accounts = access().accounts
    assert owner_of(OTHER) == "No owner yet"
    chief = accounts.add("chief", MANAGER)
    assert owner_of(OTHER) == "Owner: chief"
    accounts.add("second", MANAGER)
    assert owner_of(OTHER) == "No owner yet"
    program = next(row["program_id"] for row in listed() if row["pair_id"] == OTHER)
    accounts.add("own", MANAGER, (program,))
    assert owner_of(OTHER) == "Owner: own"
    alert = alert_of(data.pair.foremost_reasons(scene().publication, [OTHER])[OTHER])
    take_on(OTHER, alert.alert_id, chief.account_id)
    assert owner_of(OTHER) == "Owner: chief"
    act("acknowledge", token=TOKEN[::-1])
    assert owner_of(PAIR) == "Owner: you"


@pytest.mark.usefixtures("office")
def test_a_file_says_whose_an_item_is_by_login_for_it_is_read_by_others_too() -> None:
    def filed(pair_id: str) -> str:
        row = next(row for row in listed() if row["pair_id"] == pair_id)
        return owners_by_login([row], handlings(scene()).of([pair_id]))[pair_id]

    assert filed(OTHER) == "No owner yet"
    access().accounts.add("chief", MANAGER)
    assert filed(OTHER) == "chief"
    act("acknowledge")
    assert (owner_of(PAIR), filed(PAIR)) == ("Owner: you", "Somebody without an account")


@pytest.mark.usefixtures("office")
def test_who_may_look_and_not_act_owns_nothing_and_a_calm_pair_is_no_item() -> None:
    accounts = access().accounts
    accounts.add("looks", "admin")
    accounts.disable(accounts.add("gone", MANAGER).login)
    assert owner_of(OTHER) == "No owner yet"
    assert owners([{"pair_id": "calm", "program_id": "p", "priority": None}], {}) == {}


def told_of(hour: int, **differs: Any) -> list[str]:
    """What the form with the drafts says of writing to the two at an hour (UTC) of 24 November."""
    row = {
        "direction": "standard",
        "mentee_time_zone": None,
        "mentor_time_zone": "Asia/Kolkata",
        **dict.fromkeys(("mentee_written_on", "mentor_written_on")),
        **dict.fromkeys(("is_mentee_on_leave", "is_mentor_on_leave"), False),
    }
    run = {"time_zone": "UTC", "message_days": 7, "quiet_from_hour": 20, "quiet_until_hour": 7}
    now = dt.datetime(2026, 11, 24, hour)
    return [str(part.children) for part in may_be_written_to(row | differs, run, now)]


@pytest.mark.usefixtures("office")
def test_the_form_with_the_drafts_says_who_may_be_written_to_now() -> None:
    assert told_of(12) == ["Both may be written to now."]
    # 16:00 in the program's zone, 21:30 where the mentor is
    assert told_of(16) == ["Mentor: it is Tue 24 Nov, 21:30 (UTC+05:30) there, wait until 07:00."]
    on_18th, on_17th = dt.date(2026, 11, 18), dt.date(2026, 11, 17)
    assert told_of(12, mentee_written_on=on_18th, mentor_written_on=on_17th) == [
        "Mentee: the program wrote to them on 18 Nov 2026, wait until 25 Nov 2026."
    ]
    assert told_of(12, is_mentee_on_leave=True) == ["Mentee: on leave, wait until they are back."]


@pytest.mark.usefixtures("office")
def test_every_kind_of_action_is_an_event_of_the_pair(published: ModuleType) -> None:
    said = {
        "contact": {"channel": "call", "reached": "no", "party": "mentor"},
        "snooze": {"until": today(published, 2), "reason": "known absence"},
        "dismiss": {"reason": "wrong: data"},
        "draft": {"which": "check_in"},
        "label": {"label": "faded"},
        "acknowledge": {},
    }
    assert set(said) == set(ACT)
    made = [act(kind, f"{at:016x}", **words).event for at, (kind, words) in enumerate(said.items())]
    made.append(act("step", "f" * 16, which="1").event)
    assert len(setting().actions.of_pair(PAIR)) == len(made) + 1  # and the alert, raised once


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("dismiss", {}),
        ("dismiss", {"reason": "because"}),
        ("snooze", {"until": "2020-01-01", "reason": "other"}),
        ("snooze", {"until": "soon", "reason": "other"}),
        ("contact", {"channel": "pigeon"}),
        ("contact", {"channel": "call", "when": "noon"}),
        ("label", {"label": "lost"}),
        ("draft", {"which": "another"}),
        ("step", {"which": "99"}),
        ("erase", {}),
    ],
)
def test_what_no_form_offers_is_refused_and_leaves_nothing(kind: str, said: dict[str, str]) -> None:
    with pytest.raises(KinkeeperError):
        act(kind, **said)
    assert setting().actions.of_pair(PAIR) == []


@pytest.mark.usefixtures("office")
def test_a_pair_that_is_not_there_cannot_be_acted_on() -> None:
    with pytest.raises(KinkeeperError, match="no such pair"):
        Desk({"pair_id": "nobody", "token": TOKEN})


# --- several pairs at once -----------------------------------------------------------------------------


def many(kind: str, *pairs: str, token: str = TOKEN, **said: str) -> Any:
    return ManyDesks({"pairs": list(pairs), "token": token}).act(kind, said)


@pytest.mark.usefixtures("office")
def test_several_pairs_are_snoozed_at_once_and_taken_back_as_one(published: ModuleType) -> None:
    done = many("snooze", PAIR, OTHER, PAIR, until=today(published, 3), reason="date agreed", note="one note")
    assert [action.pair_id for action in done] == [PAIR, OTHER]
    assert {setting().actions.note_of(action.action_id) for action in done} == {"one note"}
    assert set(handlings(scene()).quiet) == {PAIR, OTHER}
    undo([action.action_id for action in done])
    undo([action.action_id for action in done])
    assert handlings(scene()).quiet == ()


@pytest.mark.usefixtures("office")
def test_a_form_about_several_pairs_sent_twice_is_the_same_actions() -> None:
    first = many("dismiss", PAIR, OTHER, reason="wrong: data")
    again = many("dismiss", PAIR, OTHER, reason="wrong: data")
    assert [action.action_id for action in first] == [action.action_id for action in again]
    assert len(setting().actions.of_pair(OTHER)) == 2  # the alert, and what was decided about it


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("kind", "pairs", "token"),
    [
        ("acknowledge", [PAIR, "nobody"], TOKEN),
        ("acknowledge", [], TOKEN),
        ("acknowledge", [PAIR, OTHER], ""),
        ("dismiss", [PAIR, OTHER], TOKEN),
        ("contact", [PAIR, OTHER], TOKEN),
        ("acknowledge", [f"p{n}" for n in range(MAX_MANY + 1)], TOKEN),
    ],
)
def test_all_of_several_pairs_or_none(kind: str, pairs: list[str], token: str) -> None:
    with pytest.raises(KinkeeperError):
        many(kind, *pairs, token=token)
    assert setting().actions.waiting() == []


@pytest.mark.usefixtures("office")
def test_what_is_no_list_of_pairs_is_refused() -> None:
    for sent in ("pair", None, {"a": 1}, 7):
        with pytest.raises(KinkeeperError, match="select between"):
            ManyDesks({"pairs": sent, "token": TOKEN})
    for ids in ([], ["nothing"], ["x"] * (MAX_MANY + 1)):
        with pytest.raises(KinkeeperError):
            undo(ids)
