"""What leaves quarantine leaves it once, what is waived stays counted, and no line is lost in between."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest import requested
from pipelines.ingest.drops import ingest_file
from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.lines import mended_line
from pipelines.ingest.mapping import NATIVE, Mapping
from pipelines.ingest.quarantine import (
    HeldLine,
    held_line,
    held_lines,
    lines_of_file,
    redrive,
    redrive_mended,
    waive,
    waived_for,
)
from pipelines.ingest.requested import carry_out, carry_out_requests
from warehouse.batches import Line
from warehouse.clock import Clock
from warehouse.errors import KinkeeperError
from warehouse.log import Delivery
from warehouse.operations import open_operations
from warehouse.requests import Requests, Target
from warehouse.settings import load_settings
from warehouse.verify import verify

ZONE = '[time]\nzone = "Europe/Berlin"\n'

Native = Callable[..., str]
NO_OFFSET = "2026-03-01T10:00:00"


@pytest.fixture
def home(desk: Any) -> OpenHome:
    return OpenHome(desk.settings, desk.log, desk.vault, desk.clock)


@pytest.fixture
def requests(home: OpenHome, clock: Clock) -> Any:
    engine = open_operations(home.settings.operations_url)
    yield Requests(engine, clock)
    engine.dispose()


@pytest.fixture
def held(desk: Any, home: OpenHome, native: Native) -> list[HeldLine]:
    """Three lines of which the last two have no offset."""
    desk.drop("a.ndjson", native() + native(id="e2", time=NO_OFFSET) + native(id="e3", time=NO_OFFSET))
    return held_lines(home)


@pytest.fixture
def berlin_toml(roster_toml: str) -> str:
    """The roster's mapping, mended: it says where the wall clocks of the source hang."""
    return ZONE + roster_toml


@pytest.fixture
def in_berlin(berlin_toml: str) -> Mapping:
    return Mapping.model_validate(tomllib.loads(berlin_toml))


def books(home: OpenHome) -> dict[str, int]:
    """The counts of all deliveries, after checking that every line is accounted for."""
    con = home.log.con
    ((lines_in, accepted, duplicate, quarantined),) = con.execute(
        "select sum(lines_in), sum(accepted), sum(duplicate), sum(quarantined) from log.ledger"
    ).fetchall()
    assert lines_in == accepted + duplicate + quarantined
    wrong = con.execute(
        """
        select file_id from log.ledger left join (
            select file_id, count(*) as n from log.quarantine where status <> 'redriven' group by file_id
        ) as held using (file_id) where quarantined <> coalesce(n, 0)
        """
    ).fetchall()
    assert wrong == []
    return {"accepted": int(accepted), "duplicate": int(duplicate), "quarantined": int(quarantined)}


def statuses(home: OpenHome) -> list[str]:
    return [line.status for line in held_lines(home, is_open=False)]


# --- redrive


def test_a_corrected_line_becomes_an_event(home: OpenHome, held: list[HeldLine], native: Native) -> None:
    receipt = redrive_mended(home, held[0], native(id="e2").encode(), None)
    assert (receipt.accepted, receipt.n_events) == (1, 1)
    assert statuses(home) == ["redriven", "open"]
    assert books(home) == {"accepted": 2, "duplicate": 0, "quarantined": 1}


def test_a_corrected_line_that_is_another_line_of_the_log_loses_nothing(
    home: OpenHome, held: list[HeldLine], native: Native
) -> None:
    with pytest.raises(
        KinkeeperError, match=rf"in the log already.*quarantine waive {held[0].quarantine_id}"
    ):
        redrive_mended(home, held[0], native().encode(), None)
    assert statuses(home) == ["open", "open"]
    assert books(home) == {"accepted": 1, "duplicate": 0, "quarantined": 2}


def test_a_corrected_row_that_is_no_event_stays_in_quarantine(
    desk: Any, home: OpenHome, roster_toml: str
) -> None:
    text = roster_toml.replace("[[event]]", '[[event]]\nwhen = {person = "p1"}')
    mapping = Mapping.model_validate(tomllib.loads(text + '[[ignore]]\nwhen = {person = "test"}\n'))
    desk.drop("people.csv", "id,person,name,at\n1,p1,Asha,2026-01-01\n", mapping)
    (line,) = held_lines(home)
    with pytest.raises(KinkeeperError, match="is no event"):
        redrive_mended(home, line, b"id,person,name,at\n1,test,Asha,2026-01-01T00:00:00Z\n", mapping)
    assert statuses(home) == ["open"]


def test_a_line_that_is_still_wrong_stays_and_says_why(
    home: OpenHome, held: list[HeldLine], native: Native
) -> None:
    receipt = redrive_mended(home, held[0], native(id="e2", time="soon").encode(), None)
    assert (receipt.quarantined, statuses(home)) == (1, ["open", "open"])
    assert receipt.notes[0].startswith("line 2: time.format in time")


def test_the_same_bytes_may_leave_as_a_duplicate(
    desk: Any, home: OpenHome, roster: Mapping, in_berlin: Mapping
) -> None:
    """The source sent the row again, mended, before somebody mended the mapping."""
    desk.drop("people.csv", "id,person,name,at\n1,p1,Asha,2026-01-01T10:00:00\n", roster)
    desk.drop("again.csv", "id,person,name,at\n1,p1,Asha,2026-01-01T10:00:00+01:00\n", roster)
    (receipt,) = redrive(home, held_lines(home), in_berlin)
    assert (receipt.duplicate, receipt.n_events, statuses(home)) == (1, 0, ["redriven"])
    assert books(home) == {"accepted": 1, "duplicate": 1, "quarantined": 0}


def line_of(home: OpenHome, raw: str, held: HeldLine) -> Line:
    delivery = Delivery("0" * 64, "a.ndjson", "platform", NATIVE, home.clock())
    return dataclasses.replace(mended_line(raw.encode(), delivery, home, None), number=held.line)


def test_a_line_that_left_quarantine_is_passed_over(
    home: OpenHome, held: list[HeldLine], native: Native
) -> None:
    line = line_of(home, native(id="e2"), held[0])
    for _ in range(2):
        home.log.redrive(held[0].file_id, [line], home.clock())
        assert books(home) == {"accepted": 2, "duplicate": 0, "quarantined": 1}
    with pytest.raises(KinkeeperError, match="left quarantine already"):
        redrive(home, [held_line(home, held[0].quarantine_id)], None)


def test_two_lines_of_a_file_are_redriven_at_the_same_instant(
    home: OpenHome, held: list[HeldLine], native: Native
) -> None:
    redrive_mended(home, held[0], native(id="e2").encode(), None)
    redrive_mended(home, held[1], native(id="e3").encode(), None)
    assert books(home) == {"accepted": 3, "duplicate": 0, "quarantined": 0}


def test_a_line_of_a_mapped_file_goes_through_the_mapping_of_the_inbox(
    desk: Any, home: OpenHome, roster: Mapping, berlin_toml: str
) -> None:
    desk.drop("people.csv", "id,person,name,at\n1,p1,Asha,2026-01-01T10:00:00\n", roster)
    held = held_lines(home)
    (as_before,) = redrive(home, held, None)
    assert (as_before.accepted, as_before.quarantined) == (0, 1)
    desk.inbox("roster/mapping.toml", berlin_toml)
    desk.inbox("other/mapping.toml", berlin_toml.replace('name = "roster"', 'name = "other"'))
    (receipt,) = redrive(home, held, None)
    assert (receipt.accepted, books(home)["quarantined"]) == (1, 0)


def test_a_line_of_a_mapped_file_without_any_mapping_asks_for_one(
    desk: Any, home: OpenHome, roster: Mapping
) -> None:
    desk.drop("people.csv", "id,person,name,at\n1,p1,Asha,2026-01-01T10:00:00\n", roster)
    for kept in home.settings.archive.glob("mapping-*"):
        kept.unlink()
    with pytest.raises(KinkeeperError, match="--mapping"):
        redrive(home, held_lines(home), None)


def test_every_line_of_a_refused_file_waits_for_its_file(desk: Any, home: OpenHome, roster: Mapping) -> None:
    """Also the one that is wrong in itself."""
    desk.drop("people.csv", 'id,person,name,at\n1,p1\n2,"p2,never closed\n', roster)
    lines = held_lines(home)
    assert [line.code for line in lines] == ["csv.quote", "csv.columns"]
    for line in lines:
        with pytest.raises(KinkeeperError, match=f"waive --file {line.file_id}"):
            redrive(home, [line], roster)


# --- waive


def test_waived_lines_stay_in_quarantine_and_in_the_counts(home: OpenHome, held: list[HeldLine]) -> None:
    assert waive(home, held, " a test\nof the source ") == 2
    assert statuses(home) == ["waived", "waived"]
    assert books(home) == {"accepted": 1, "duplicate": 0, "quarantined": 2}
    assert waived_for(home, held_line(home, held[0].quarantine_id)) == "a test of the source"
    assert held_lines(home) == []


def test_the_reason_of_a_waiver_is_sealed(home: OpenHome, held: list[HeldLine]) -> None:
    waive(home, held, "Asha asked for it")
    ((kept,),) = home.log.con.execute("select distinct waived_for from log.quarantine").fetchall()
    assert kept
    assert b"Asha" not in bytes(kept)


def test_a_waiver_needs_a_reason(home: OpenHome, held: list[HeldLine]) -> None:
    with pytest.raises(KinkeeperError, match="say why"):
        waive(home, held, "  ")
    assert statuses(home) == ["open", "open"]


def test_waiving_twice_changes_nothing(home: OpenHome, held: list[HeldLine]) -> None:
    waive(home, held, "first")
    assert waive(home, held_lines(home, is_open=False), "second") == 0
    assert waived_for(home, held_line(home, held[0].quarantine_id)) == "first"


def test_a_waived_line_can_still_come_back(home: OpenHome, held: list[HeldLine], native: Native) -> None:
    waive(home, held, "by mistake")
    redrive_mended(home, held_line(home, held[0].quarantine_id), native(id="e2").encode(), None)
    assert statuses(home) == ["redriven", "waived"]
    assert books(home) == {"accepted": 2, "duplicate": 0, "quarantined": 1}


@pytest.mark.parametrize("n_days", [1, -1])
def test_a_refused_file_that_was_mended_and_sent_again_is_told_and_waived_whole(
    desk: Any, home: OpenHome, native: Native, n_days: int
) -> None:
    """Also where our clock was set back in between."""
    refused = desk.drop("b.ndjson", "[" + native().strip() + "]\n")
    assert (refused.status, held_lines(home)[0].later_file_at) == ("refused", None)
    again = desk.drop("b.ndjson", "[" + native().strip() + "]\n")
    assert again.notes == refused.notes
    assert again.notes

    later = lambda: desk.clock() + dt.timedelta(days=n_days)  # noqa: E731
    (desk.folder / "b.ndjson").write_text(native())
    assert desk.ingest(desk.folder / "b.ndjson", clock=later).status == "accepted"
    lines = held_lines(home)
    assert {line.later_file_at for line in lines} == {later().replace(tzinfo=None)}
    assert waive(home, lines_of_file(home, lines[0].file_id), "mended and sent again") == len(lines)
    assert held_lines(home) == []
    books(home)


def test_verify_accepts_waived_and_redriven_lines(tmp_path: Path, clock: Clock, native: Native) -> None:
    place = load_settings(tmp_path / "home")
    file = tmp_path / "a.ndjson"
    file.write_text(native(id="e2", time=NO_OFFSET) + native(id="e3", time=NO_OFFSET))
    with open_home(place, clock) as home:
        ingest_file(file, home)
        first, second = held_lines(home)
        waive(home, [first], "a test")
        redrive_mended(home, second, native(id="e3").encode(), None)
    assert verify(place) == []


ACTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["as it is", "mended", "other", "wrong", "waive"])),
    max_size=12,
)


@given(acts=ACTS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_books_balance_whatever_is_done_with_the_lines(
    acts: list[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory, clock: Clock, native: Native
) -> None:
    folder = tmp_path_factory.mktemp("books")
    (folder / "a.ndjson").write_text(
        native() + "".join(native(id=f"h{number}", time=NO_OFFSET) for number in range(4))
    )
    with open_home(load_settings(folder / "home"), clock) as home:
        ingest_file(folder / "a.ndjson", home)
        ids = [line.quarantine_id for line in held_lines(home)]
        for number, act in acts:
            line = held_line(home, ids[number])
            before = books(home)
            try:
                _do(home, line, act, native)
            except KinkeeperError:
                assert books(home) == before
            assert sum(books(home).values()) == 5
        n_events = home.n_events
        assert n_events == 1 + statuses(home).count("redriven")


def _do(home: OpenHome, line: HeldLine, act: str, native: Native) -> None:
    match act:
        case "as it is":
            redrive(home, [line], None)
        case "waive":
            waive(home, [line], "a test")
        case "mended":
            redrive_mended(home, line, native(id=f"h{line.line - 2}").encode(), None)
        case "other":
            redrive_mended(home, line, native().encode(), None)
        case _:
            redrive_mended(home, line, b"{", None)


# --- what was asked for on a screen


def test_requests_are_carried_out_once_and_say_what_came_of_them(
    home: OpenHome, requests: Requests, held: list[HeldLine], native: Native
) -> None:
    requests.correct(held[0].quarantine_id, held[0].file_id, native(id="e2"))
    requests.waive(Target("line", held[1].quarantine_id), "a test")
    done = carry_out(home, requests)
    assert [item.outcome for item in done] == ["1 line left quarantine", "1 line waived"]
    assert statuses(home) == ["redriven", "waived"]
    assert carry_out(home, requests) == []
    assert {request.outcome for request in requests.closed(9)} == {item.outcome for item in done}
    assert books(home) == {"accepted": 2, "duplicate": 0, "quarantined": 1}


def test_a_request_that_cannot_be_done_says_why_and_does_not_stop_the_others(
    home: OpenHome, requests: Requests, held: list[HeldLine], native: Native
) -> None:
    requests.correct(held[0].quarantine_id, held[0].file_id, native())
    requests.redrive(Target("line", held[1].quarantine_id))
    first, second = carry_out(home, requests)
    assert first.outcome.startswith("not done: the corrected line is in the log already")
    assert second.outcome.startswith("1 line still held back (line 3: time.no_offset in time")
    assert statuses(home) == ["open", "open"]


def test_a_reason_is_settled_up_to_the_lines_that_were_on_the_screen(
    desk: Any, home: OpenHome, requests: Requests, held: list[HeldLine], native: Native
) -> None:
    desk.drop("other.ndjson", native(id="e8", source="else", time=NO_OFFSET), source="else")
    (desk.folder / "later.ndjson").write_text(native(id="e7", time=NO_OFFSET))
    desk.ingest(desk.folder / "later.ndjson", clock=lambda: desk.clock() + dt.timedelta(hours=1))
    requests.waive(Target.of_reason(held[0].source, "time.no_offset"), "a test", held[0].seen_at)
    (done,) = carry_out(home, requests)
    assert done.outcome == "2 lines waived"
    assert sorted(statuses(home)) == ["open", "open", "waived", "waived"]


def test_a_file_is_waived_whole(desk: Any, home: OpenHome, requests: Requests, native: Native) -> None:
    desk.drop("b.ndjson", "[" + native().strip() + "]\n")
    lines = held_lines(home)
    requests.waive(Target("file", lines[0].file_id), "mended and sent again")
    (done,) = carry_out(home, requests)
    assert done.outcome.endswith("waived")
    assert held_lines(home) == []


def test_what_was_withdrawn_is_not_done(home: OpenHome, requests: Requests, held: list[HeldLine]) -> None:
    requests.withdraw(requests.waive(Target("line", held[0].quarantine_id), "a test").request_id)
    assert carry_out(home, requests) == []
    assert statuses(home) == ["open", "open"]


def test_a_request_whose_end_was_not_noted_is_done_once(
    home: OpenHome,
    requests: Requests,
    held: list[HeldLine],
    native: Native,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the build was killed after the log's commit: the next one finds it done."""
    requests.correct(held[0].quarantine_id, held[0].file_id, native(id="e2"))
    requests.waive(Target("line", held[1].quarantine_id), "a test")
    with monkeypatch.context() as patch:
        patch.setattr(requests, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            carry_out(home, requests)
    n_events = home.n_events
    assert [item.outcome for item in carry_out(home, requests)] == ["1 line left quarantine", "1 line waived"]
    assert home.n_events == n_events
    assert books(home) == {"accepted": 2, "duplicate": 0, "quarantined": 1}


def test_a_home_without_requests_is_not_opened(
    tmp_path: Path, clock: Clock, native: Native, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = load_settings(tmp_path / "home")
    assert carry_out_requests(place, clock) == []
    (tmp_path / "a.ndjson").write_text(native())
    with open_home(place, clock) as home:
        ingest_file(tmp_path / "a.ndjson", home)
    monkeypatch.setattr(requested, "open_home", None)
    assert carry_out_requests(place, clock) == []
