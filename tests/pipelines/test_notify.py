"""The Monday list reaches whom it is for, once a week, outside quiet hours, and tells no more than it may."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines import notify
from pipelines.cli import app
from pipelines.notify import is_quiet, send_notices, write_letter
from tests.conftest import DEMO_NOW
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings
from warehouse.vault import Vault


class _Smtp(socketserver.StreamRequestHandler):
    """As much of SMTP as a letter needs."""

    def handle(self) -> None:
        self.reply("220 ready")
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "DATA":
                    self.reply("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    self.server.letters.append(b"".join(lines))  # type: ignore[attr-defined]
                    self.reply("250 taken")
                case "QUIT":
                    self.reply("221 bye")
                    return
                case _:
                    self.reply("250 fine")

    def reply(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Json(BaseHTTPRequestHandler):
    """A chat service that takes JSON."""

    def do_POST(self) -> None:
        self.server.letters.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def served(server: Any) -> Iterator[Any]:
    server.letters, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def mail() -> Iterator[Any]:
    yield from served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp))


@pytest.fixture
def chat() -> Iterator[Any]:
    yield from served(HTTPServer(("127.0.0.1", 0), _Json))


@pytest.fixture
def settings(demo_home: Path, tmp_path: Path) -> Settings:
    shutil.copytree(demo_home, tmp_path / "home")
    return load_settings(tmp_path / "home")


def by_mail(server: Any) -> str:
    return f"mailto://127.0.0.1:{server.server_address[1]}?from=kinkeeper@example.org&to=ada@example.org&format=html"


def by_chat(server: Any) -> str:
    return f"json://127.0.0.1:{server.server_address[1]}/hook"


def send(settings: Settings, now: dt.datetime = DEMO_NOW, **how: Any) -> list[tuple[str, str]]:
    return [(sent.recipient, sent.outcome) for sent in send_notices(settings, clock=lambda: now, **how)]


def bodies(raw: bytes) -> dict[str, str]:
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    return {part.get_content_type(): part.get_content() for part in letter.walk() if not part.is_multipart()}


def test_a_letter_is_plain_text_and_a_table(
    settings: Settings, mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_mail(mail))
    monkeypatch.setenv("KINKEEPER_URL", "https://mentoring.example.org")
    assert send(settings) == [("ada", "sent")]
    (raw,) = mail.letters
    parts = bodies(raw)
    assert "need a look" in str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"])
    assert parts["text/html"].count("<tr>") == settings.policy.attention_budget + 1
    assert "https://mentoring.example.org/pairs/" in parts["text/html"]
    assert "has not answered" in parts["text/plain"]


def test_nobody_gets_the_list_twice_in_a_week(
    settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    week = dt.timedelta(days=7)
    assert send(settings) == [("ada", "sent")]
    assert send(settings, DEMO_NOW + dt.timedelta(hours=1)) == [("ada", "already sent")]
    assert send(settings, DEMO_NOW + dt.timedelta(hours=1), again=True) == [("ada", "sent")]
    assert send(settings, DEMO_NOW + week) == [("ada", "sent")]
    assert len(chat.letters) == 3


def test_what_failed_may_be_tried_again(
    settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    chat.status = 500
    assert send(settings) == [("ada", "failed")]
    chat.status = 200
    assert send(settings) == [("ada", "sent")]


@pytest.mark.faults
def test_nobody_guesses_whether_an_interrupted_letter_went_out(
    settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bool:
        raise RuntimeError("killed")

    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    with monkeypatch.context() as patched:
        patched.setattr(notify, "_deliver", die)
        with pytest.raises(RuntimeError):
            send(settings)
    assert send(settings) == [("ada", "unsure")]
    assert chat.letters == []
    assert send(settings, again=True) == [("ada", "sent")]


def test_one_recipient_that_cannot_be_reached_does_not_stop_the_others(
    settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", "no address at all")
    monkeypatch.setenv("KINKEEPER_NOTIFY_MO", by_chat(chat))
    assert send(settings) == [("ada", "failed"), ("mo", "sent")]


def test_only_those_named_get_it(settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    monkeypatch.setenv("KINKEEPER_NOTIFY_MO", by_chat(chat))
    assert send(settings, to=["mo"]) == [("mo", "sent")]
    with pytest.raises(KinkeeperError, match=r"eve: not set up\. Known: ada, mo"):
        send(settings, to=["eve"])


def test_without_anybody_set_up_it_says_how(settings: Settings) -> None:
    with pytest.raises(KinkeeperError, match="KINKEEPER_NOTIFY_ADA"):
        send(settings)


@pytest.mark.parametrize(
    ("zone", "utc_hour", "is_quiet_then"),
    [("UTC", 6, True), ("UTC", 7, False), ("UTC", 19, False), ("UTC", 20, True), ("Asia/Tokyo", 12, True)],
)
def test_quiet_hours_are_those_of_the_program(
    settings: Settings, zone: str, utc_hour: int, is_quiet_then: bool
) -> None:
    there = Settings(settings.home, Policy(time_zone=zone), settings.operations_url)
    assert is_quiet(there, DEMO_NOW.replace(hour=utc_hour)) == is_quiet_then


def test_in_quiet_hours_nobody_is_written_to(
    settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    assert send(settings, DEMO_NOW.replace(hour=23)) == [("ada", "quiet hours")]
    assert chat.letters == []


def everybody(settings: Settings) -> list[str]:
    vault = Vault(open_operations(settings.operations_url))
    return list(vault.names(vault.person_ids()).values())


def test_a_list_has_pseudonyms_unless_names_were_asked_for(settings: Settings) -> None:
    names = everybody(settings)
    pseudonymous, named = write_letter(settings), write_letter(settings, with_names=True)
    assert names
    assert [name for name in names if name in pseudonymous.text + pseudonymous.html] == []
    assert sum(name in named.html for name in names) >= settings.policy.attention_budget


def test_names_never_go_into_a_chat(settings: Settings, chat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    with pytest.raises(KinkeeperError, match="by e-mail or into a file only, not to ada"):
        send(settings, with_names=True)
    assert chat.letters == []


def test_a_name_that_is_markup_stays_text(settings: Settings) -> None:
    engine = open_operations(settings.operations_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("update person set name = '<script>alert(1)</script>'")
    letter = write_letter(settings, with_names=True)
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


def test_the_command_shows_writes_and_sends(
    settings: Settings, chat: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, home = CliRunner(), ["--home", str(settings.home)]
    shown = run.invoke(app, ["notify", "--dry-run", *home])
    assert "need a look" in shown.stdout
    run.invoke(app, ["notify", "--out", str(tmp_path / "list.html"), "--names", *home])
    assert (tmp_path / "list.html").read_text().startswith("<!DOCTYPE html>")
    monkeypatch.setenv("KINKEEPER_NOTIFY_ADA", by_chat(chat))
    chat.status = 500
    failed = run.invoke(app, ["notify", "--again", "--json", *home])
    assert failed.exit_code == 1
    assert json.loads(failed.stdout) == {"notices": [{"recipient": "ada", "outcome": "failed"}]}
