"""Slack exports and mailboxes: who wrote to whom and when; what was written is kept nowhere."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.archive import read_archived
from pipelines.ingest.mapping_file import read_mapping
from pipelines.ingest.presets import preset, recognise
from pipelines.ingest.readers.mbox import mbox_lines
from tests.pipelines.ingest import exports

FIXTURES = Path(__file__).parent / "fixtures"

PAIRS = """
[source]
name = "pairs"
format = "csv"

[[event]]
type = "match.accepted"
id = "{pair}"
time = "at"
pair = "pair"
data = {mentee_id = {email = "mentee"}, mentor_id = {email = "mentor"}}
"""


@pytest.fixture
def pairs(desk: Any) -> Any:
    rows = "pair,at,mentee,mentor\np1,2026-01-01T00:00:00Z,ana@example.org,bo@example.org\n"
    desk.drop("pairs.csv", rows, read_mapping(PAIRS, "test"))
    return desk


def contacts(desk: Any) -> list[tuple[Any, ...]]:
    """What happened of whom: side, kind and time."""
    return desk.rows(
        "select said.occurred_at::varchar, said.event_type, "
        "case said.actor_id when pair.mentee_id then 'mentee' when pair.mentor_id then 'mentor' end "
        "from log.typed_event as said inner join log.typed_event as pair "
        "on said.pair_id = pair.pair_id and pair.event_type = 'match.accepted' "
        "where said.event_type like 'exchange.%' order by all"
    )


def archived(desk: Any) -> bytes:
    """Everything the archive holds, unsealed."""
    files = [file_id for (file_id,) in desk.rows("select file_id from log.ledger order by file_id")]
    return b"".join(b"".join(read_archived(desk.settings, desk.vault, file_id)) for file_id in files)


def test_a_conversation_of_two_is_a_pairs_and_an_answer_in_a_thread_a_reply(pairs: Any) -> None:
    result = pairs.drop("export.zip", exports.slack(), preset("slack"))
    assert contacts(pairs) == [
        ("2026-02-03 09:00:00.0001", "exchange.message_sent", "mentee"),
        ("2026-02-03 10:00:00.0001", "exchange.message_replied", "mentor"),
        ("2026-02-04 10:00:00.0001", "exchange.message_sent", "mentor"),
        ("2026-02-05 11:00:00.0001", "exchange.message_sent", "mentor"),
    ]
    assert (result.lines_in, result.accepted, result.quarantined) == (9, 9, 0)
    assert "5 rows are no events, as the mapping says" in result.notes


def test_nothing_that_was_written_is_kept_not_even_sealed(pairs: Any) -> None:
    pairs.drop("export.zip", exports.slack(), preset("slack"))
    pairs.ingest(FIXTURES / "mbox/thread.mbox", preset("mbox"))
    kept = archived(pairs).lower()
    for word in (b"confidential", b"secret", b"one thing more", b"the mentor", b"silva"):
        assert word not in kept
    assert b"bo@example.org" in kept


def test_an_export_packed_in_a_folder_and_without_addresses_waits_for_who_is_who(pairs: Any) -> None:
    bare = [{"id": user["id"], "is_bot": user["is_bot"]} for user in exports.USERS]
    content = exports.slack(
        {"D1/2026-02-03.json": [exports.said("U1", 0)]}, below="Workspace export/", users=bare
    )
    result = pairs.drop("export.zip", content, preset("slack"))
    assert (result.lines_in, result.quarantined, pairs.codes) == (1, 1, ["person.unknown"])


def test_an_export_without_private_talk_tells_nothing_and_says_so(pairs: Any) -> None:
    content = exports.slack({"general/2026-02-03.json": [exports.said("U1", 0)]}, groups=None, dms=None)
    result = pairs.drop("export.zip", content, preset("slack"))
    assert (result.status, result.accepted, contacts(pairs)) == ("accepted", 1, [])


def test_an_export_that_was_unpacked_is_the_same_delivery_as_its_zip(pairs: Any) -> None:
    folder = pairs.folder / "sent" / "Workspace Slack export"
    with zipfile.ZipFile(io.BytesIO(exports.slack())) as archive:
        archive.extractall(folder)
    (folder / "integration_logs.json").write_text("[]")
    (result,) = pairs.ingest_all(pairs.folder / "sent")
    assert (result.lines_in, result.accepted) == (9, 9)
    assert len(contacts(pairs)) == 4
    assert b"confidential" not in archived(pairs).lower()
    again = pairs.drop("Workspace Slack export.zip", exports.slack())
    assert again.n_events == 0
    part = pairs.ingest(folder / "D1" / "2026-02-03.json")
    assert (part.status, part.sha256) == ("refused", None), "its words would be kept"
    assert "`kinkeeper ingest` the folder" in part.notes[0]


def test_an_unpacked_export_does_not_lead_out_of_its_folder(pairs: Any) -> None:
    folder = pairs.folder / "export"
    with zipfile.ZipFile(io.BytesIO(exports.slack())) as archive:
        archive.extractall(folder)
    elsewhere = (folder / "D1" / "2026-02-03.json").rename(pairs.folder / "elsewhere.json")
    (folder / "D1" / "2026-02-03.json").symlink_to(elsewhere)
    assert pairs.ingest(folder).lines_in == 5, "nine without the four of that day"
    refused = pairs.ingest(folder, preset("mbox"))
    assert (refused.status, refused.sha256) == ("refused", None)
    assert "--mapping slack" in refused.notes[0]


BROKEN_ZIPS = {
    "cut off": (exports.slack()[:-40], "zip.damaged"),
    "another zip": (exports.workbook(("P", exports.PEOPLE)), "slack.no_export"),
    "users are no list": (exports.slack(users={"ok": False}), "slack.damaged"),
    "text": (b"hello", "zip.damaged"),
}


@pytest.mark.parametrize("name", BROKEN_ZIPS)
def test_a_broken_export_is_turned_away_by_name_and_nothing_of_it_is_kept(desk: Any, name: str) -> None:
    content, code = BROKEN_ZIPS[name]
    result = desk.drop("export.zip", content, preset("slack"))
    assert (result.status, result.sha256) == ("refused", None)
    assert code in " ".join(result.notes)
    assert not list(desk.settings.archive.glob("*")) if desk.settings.archive.exists() else True


def test_a_mail_is_an_answer_only_to_a_message_of_the_other_side(pairs: Any) -> None:
    result = pairs.ingest(FIXTURES / "mbox/thread.mbox", preset("mbox"))
    assert contacts(pairs) == [
        ("2026-02-03 08:00:00", "exchange.message_sent", "mentee"),
        ("2026-02-03 11:00:00", "exchange.message_replied", "mentor"),
        ("2026-02-04 11:00:00", "exchange.message_sent", "mentor"),
    ]
    assert (result.lines_in, result.accepted) == (3, 3)


def test_machines_lists_and_mailings_are_no_contact_and_a_bounce_is_no_silence(pairs: Any) -> None:
    pairs.ingest(FIXTURES / "mbox/machines.mbox", preset("mbox"))
    assert contacts(pairs) == [("2026-02-03 08:00:05", "exchange.delivery_failed", "mentee")]


def test_strangers_wait_and_a_mail_without_a_date_is_held_back(pairs: Any) -> None:
    result = pairs.ingest(FIXTURES / "mbox/strangers.mbox", preset("mbox"))
    assert (result.lines_in, result.accepted + result.quarantined) == (3, 3)
    assert "person.unknown" in pairs.codes
    assert pairs.codes[-1].startswith("time.") or pairs.codes[-1] == "field.missing"


def test_the_same_mail_in_both_mailboxes_counts_once(pairs: Any) -> None:
    pairs.ingest(FIXTURES / "mbox/thread.mbox", preset("mbox"))
    text = (FIXTURES / "mbox/thread.mbox").read_text().replace("X-", "Y-")
    other = pairs.drop(
        "bo.mbox",
        text + "\nFrom bo@example.org Tue Feb  3 12:00:00 2026\nFrom: bo@example.org\n"
        "To: ana@example.org\nMessage-ID: <four@x>\nDate: Thu, 5 Feb 2026 11:00:00 +0000\n\nHi\n",
        preset("mbox"),
    )
    assert (other.duplicate, other.n_events) == (3, 1)


def test_headers_without_an_end_and_endless_ones_are_read_within_bounds() -> None:
    endless = (
        b"From a Tue Feb  3 09:00:00 2026\nFrom: a@example.org\nX-Long: " + b"x" * (3 << 20) + b"\n\nbody\n"
    )
    (line,) = mbox_lines(io.BytesIO(endless))
    assert (line["from"], line["kind"]) == ("a@example.org", "message")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\n\n", "mbox.no_messages"),
        (b"From: ana@example.org\n\nHello\n", "mbox.no_messages"),
        (b"\xd0\xcf\x11\xe0 an Outlook file", "mbox.no_messages"),
    ],
)
def test_what_is_no_mailbox_is_turned_away(desk: Any, content: bytes, code: str) -> None:
    result = desk.drop("x.mbox", content, preset("mbox"))
    assert (result.status, result.sha256) == ("refused", None)
    assert code in " ".join(result.notes)


def test_a_mailbox_and_a_slack_export_are_recognised_by_what_they_are(tmp_path: Path) -> None:
    for name, expected in (("a.mbox", "mbox"), ("a.zip", "slack")):
        (tmp_path / name).write_bytes(b"x")
        found = recognise(tmp_path / name)
        assert found is not None
        assert found.source.name == expected
