"""The webhook door takes what is signed, once; the next build brings it into the log."""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook

from pipelines.door import MANY, MAX_BODY, ONE, create_door
from pipelines.erase import erase
from pipelines.ingest import drain as drains
from warehouse import database
from warehouse.calls import WEBHOOK_CALL, Calls
from warehouse.clock import Clock
from warehouse.database import writer_lock
from warehouse.errors import SettingsError
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings, webhook_secrets
from warehouse.verify import verify

OLD, NEW = (f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}" for _ in range(2))
ROOT = Path(__file__).parents[2]


def event(number: int, **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"w{number}",
        "source": "lms",
        "type": "mentorship.participant.registered.v1",
        "time": "2026-01-05T09:00:00Z",
        "data": {"person_id": f"p{number}", "role": "mentee", "email": f"p{number}@example.invalid"},
    } | more


class Sender:
    """A system that delivers events, well or badly."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def post(self, body: Any, **how: Any) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        call_id = how.get("call_id", f"msg_{secrets.token_hex(4)}")
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=how.get("late", 0))
        signed = how.get("signed", raw)
        sent = {
            "webhook-id": call_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(how.get("key", NEW)).sign(
                call_id, at, signed.decode("utf-8", "replace")
            ),
        } | how.get("headers", {})
        return self.client.post(
            f"/events/{how.get('sender', 'lms')}",
            data=raw,
            headers=sent,
            content_type=how.get("kind", MANY if isinstance(body, list) else ONE),
        )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path / "home")


@pytest.fixture
def calls(settings: Settings, clock: Clock) -> Iterator[Calls]:
    engine = open_operations(settings.operations_url)
    yield Calls(engine, clock)
    engine.dispose()


@pytest.fixture
def sender(calls: Calls) -> Sender:
    return Sender(create_door(calls, {"lms": (NEW, OLD)}).test_client())


def drain(settings: Settings, clock: Clock) -> list[Any]:
    with writer_lock(settings.home):
        return drains.drain(settings, clock)


def ids_in_log(settings: Settings) -> list[str]:
    with database.open_log(settings.log_file) as con:
        return [
            row[0]
            for row in con.execute("select source_event_id from log.event order by position").fetchall()
        ]


def test_one_event_and_a_batch_reach_the_log(sender: Sender, settings: Settings, clock: Clock) -> None:
    assert sender.post(event(1), call_id="msg_1").status_code == 202
    assert sender.post([event(2), event(3)], call_id="msg_2").status_code == 202
    results = drain(settings, clock)
    assert [(result.status, result.accepted) for result in results] == [("accepted", 1), ("accepted", 2)]
    assert ids_in_log(settings) == ["w1", "w2", "w3"]
    assert drain(settings, clock) == []


def test_the_same_call_counts_once_for_ever(sender: Sender, settings: Settings, clock: Clock) -> None:
    first = sender.post(event(1), call_id="msg_1")
    again = sender.post(event(1), call_id="msg_1")
    drain(settings, clock)
    later = sender.post(event(1), call_id="msg_1")
    assert [answer.status_code for answer in (first, again, later)] == [202, 200, 200]
    assert drain(settings, clock) == []
    assert ids_in_log(settings) == ["w1"]


def test_an_id_used_for_another_body_is_a_conflict(sender: Sender) -> None:
    sender.post(event(1), call_id="msg_1")
    assert sender.post(event(2), call_id="msg_1").status_code == 409


@pytest.mark.parametrize(
    "how",
    [
        {"key": f"whsec_{base64.b64encode(b'x' * 32).decode()}"},
        {"signed": b"{}"},
        {"late": -301},
        {"late": 301},
        {"sender": "stranger"},
        {"headers": {"webhook-signature": "v1,"}},
        {"headers": {"webhook-signature": "v1"}},
        {"headers": {"webhook-signature": ""}},
        {"headers": {"webhook-signature": "v1,%%%"}},
        {"headers": {"webhook-timestamp": "nan"}},
        {"headers": {"webhook-timestamp": "9" * 400}},
        {"headers": {"webhook-id": ""}},
        {"headers": {"webhook-id": "another"}},
    ],
)
def test_what_is_not_signed_now_by_the_sender_is_refused(
    sender: Sender, calls: Calls, how: dict[str, Any]
) -> None:
    assert sender.post(event(1), **how).status_code == 401
    assert calls.waiting() == []


def test_a_body_written_anew_is_not_the_one_that_was_signed(sender: Sender) -> None:
    raw = json.dumps(event(1)).encode()
    assert sender.post(json.dumps(event(1), indent=1).encode(), signed=raw).status_code == 401


def test_two_keys_are_good_while_a_sender_changes_them(sender: Sender) -> None:
    assert sender.post(event(1), key=OLD).status_code == 202
    assert sender.post(event(2), key=NEW).status_code == 202


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * (MAX_BODY + 1), ONE, 413),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json", 415),
        (b"", ONE, 400),
        (b"{", ONE, 400),
        (b"[]", MANY, 400),
        (b"[1]", MANY, 400),
        (b"{}", MANY, 400),
        (b"[{}]", ONE, 400),
        (b'{"a": 1, "a": 2}', ONE, 400),
        (b'{"a": NaN}', ONE, 400),
        (b"[" * 200, ONE, 400),
        (b"[" + b"{}," * 1000 + b"{}]", MANY, 400),
        (b'{"a": "\xff"}', ONE, 400),
    ],
)
def test_what_cannot_be_events_is_refused(
    sender: Sender, calls: Calls, body: bytes, kind: str, status: int
) -> None:
    answer = sender.post(body, kind=kind)
    if not body.isascii():  # standardwebhooks signs text only: such a body cannot even be signed
        assert answer.status_code in {400, 401}
    else:
        assert answer.status_code == status
    assert calls.waiting() == []


def test_what_is_an_object_but_no_event_waits_in_quarantine(
    sender: Sender, settings: Settings, clock: Clock
) -> None:
    assert sender.post([event(1), {"type": "nonsense"}]).status_code == 202
    (result,) = drain(settings, clock)
    assert (result.accepted, result.quarantined) == (1, 1)


def test_a_flood_is_told_to_wait(sender: Sender) -> None:
    answers = [sender.post(event(number)) for number in range(60)]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert slowed
    assert slowed[0].headers["Retry-After"] == "1"


def test_other_ways_of_asking_are_refused(sender: Sender) -> None:
    assert sender.client.get("/events/lms").status_code == 405
    assert sender.client.post("/").status_code == 404
    assert sender.client.get("/health").text == "OK"


def test_a_call_is_taken_while_a_build_holds_the_home(
    sender: Sender, settings: Settings, clock: Clock
) -> None:
    with writer_lock(settings.home):
        assert sender.post(event(1)).status_code == 202
    drain(settings, clock)
    assert ids_in_log(settings) == ["w1"]


@pytest.mark.faults
def test_whoever_dies_between_log_and_store_adds_nothing_when_it_is_done_again(
    sender: Sender, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("killed")

    sender.post([event(1), event(2)])
    with monkeypatch.context() as patched:
        patched.setattr(Calls, "drained", die)
        with pytest.raises(RuntimeError):
            drain(settings, clock)
    assert ids_in_log(settings) == ["w1", "w2"]
    drain(settings, clock)
    assert ids_in_log(settings) == ["w1", "w2"]
    assert verify(settings) == []


def test_the_words_of_a_call_are_gone_once_the_log_has_them(
    sender: Sender, settings: Settings, calls: Calls, clock: Clock
) -> None:
    sender.post(event(1))
    drain(settings, clock)
    with open_operations(settings.operations_url).connect() as connection:
        assert connection.execute(sa.select(WEBHOOK_CALL.c.lines, WEBHOOK_CALL.c.call_id)).one().lines is None


def test_an_erasure_reaches_what_still_waits(sender: Sender, settings: Settings, clock: Clock) -> None:
    sender.post([event(1), event(2)])
    erase(settings, "p1@example.invalid", clock=clock)
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"p1@example.invalid" in path.read_bytes()] == []
    assert ids_in_log(settings)[:2] == ["w1", "w2"]


@pytest.mark.parametrize("given", ["lms", "lms=secret", "lms=whsec_c2hvcnQ=", "L M=whsec_", "lms=whsec_%%"])
def test_secrets_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("KINKEEPER_WEBHOOK_SECRETS", given)
    with pytest.raises(SettingsError):
        webhook_secrets()


def test_several_senders_have_several_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINKEEPER_WEBHOOK_SECRETS", f"lms={NEW} {OLD}, crm={OLD}")
    assert webhook_secrets() == {"lms": (NEW, OLD), "crm": (OLD,)}


def test_a_door_without_secrets_does_not_open(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.door", "--home", str(tmp_path), "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "KINKEEPER_WEBHOOK_SECRETS names no sender" in ended.stderr
