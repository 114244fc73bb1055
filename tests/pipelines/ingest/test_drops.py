"""From the inbox to the log: what is taken, what stays, and what a crash or a bad neighbour cannot do."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from pipelines.ingest import archive, drops, ingest_into_home
from pipelines.ingest.archive import read_archived
from warehouse.errors import KinkeeperError, SettingsError

CSV = "id,person,name,at\nr1,u1,Synthetic Ana,2026-03-01T10:00:00Z\n"


def test_an_inbox_file_is_archived_sealed_and_taken_away(desk, roster) -> None:
    path = desk.inbox("roster/people.csv", CSV)
    result = desk.ingest(path, roster)
    ((file_id, source),) = desk.rows("select file_id, source from log.ledger")
    sealed = (desk.settings.archive / file_id).read_bytes()
    assert (result.status, source, path.exists()) == ("accepted", "roster", False)
    assert b"Ana" not in sealed
    assert b"".join(read_archived(desk.settings, desk.vault, file_id)) == CSV.encode()
    assert (desk.settings.archive / file_id).stat().st_mode & 0o077 == 0


def test_no_name_reaches_the_log(desk, roster) -> None:
    desk.drop("people.csv", CSV, roster)
    desk.log.con.execute("checkpoint")
    assert b"Synthetic Ana" not in desk.settings.log_file.read_bytes()
    ((person_id,),) = desk.rows("select person_id from log.typed_event")
    assert desk.vault.names([person_id]) == {person_id: "Synthetic Ana"}


def test_a_file_outside_the_inbox_stays_where_it_is(desk, native) -> None:
    desk.drop("events.ndjson", native())
    assert (desk.folder / "events.ndjson").exists()


def test_the_same_bytes_again_change_nothing(desk, native) -> None:
    first = desk.drop("a.ndjson", native())
    again = desk.drop("b.ndjson", native())
    assert (first.status, again.status, again.duplicate) == ("accepted", "already_ingested", 1)
    assert desk.n_events == 1


def test_the_same_bytes_from_another_source_are_another_delivery_of_no_new_event(desk, native) -> None:
    desk.drop("a.ndjson", native())
    again = desk.ingest(desk.inbox("platform/b.ndjson", native()))
    assert (again.status, again.accepted, again.duplicate) == ("accepted", 0, 1)
    assert (desk.n_events, list(desk.settings.inbox.rglob("*.ndjson"))) == (1, [])


def test_a_refused_file_leaves_the_inbox_and_its_bytes_stay_in_the_archive(desk, roster) -> None:
    path = desk.inbox("roster/people.csv", "who,who\n")
    desk.ingest(path, roster)
    ((file_id, status),) = desk.rows("select file_id, status from log.ledger")
    assert (status, path.exists()) == ("refused", False)
    assert b"".join(read_archived(desk.settings, desk.vault, file_id)) == b"who,who\n"
    again = desk.ingest(desk.inbox("roster/people.csv", "who,who\n"), roster)
    assert again.status == "refused"


def test_the_bytes_of_all_sizes_come_back_from_the_archive(desk) -> None:
    for size in (1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000):
        content = os.urandom(size)
        desk.drop("events.ndjson", content)
        ((file_id,),) = desk.rows("select file_id from log.ledger order by rowid desc limit 1")
        assert b"".join(read_archived(desk.settings, desk.vault, file_id)) == content


def test_what_the_archive_never_held_is_named(desk) -> None:
    with pytest.raises(KinkeeperError, match="does not hold"):
        list(read_archived(desk.settings, desk.vault, "0123456789abcdef"))


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system has no symbolic links to follow")
def test_a_link_a_folder_a_pipe_and_nothing_are_turned_away_at_the_door(desk, native) -> None:
    target = desk.folder / "target.ndjson"
    target.write_text(native())
    (desk.folder / "link.ndjson").symlink_to(target)
    os.mkfifo(desk.folder / "pipe.ndjson")
    (desk.folder / "folder.ndjson").mkdir()
    for name in ("link", "pipe", "folder", "nothing"):
        result = desk.ingest(desk.folder / f"{name}.ndjson")
        assert (result.status, result.sha256, result.lines_in) == ("refused", None, 0)
        assert result.notes[0].startswith("file.path")
    assert desk.rows("select * from log.ledger") == []


def test_a_path_may_go_up_but_not_out_of_the_inbox(desk, native) -> None:
    path = desk.inbox("platform/events.ndjson", native())
    result = desk.ingest(desk.settings.inbox / "other" / ".." / "platform" / "events.ndjson")
    assert (result.status, result.notes[0].partition(":")[0]) == ("refused", "file.path")
    (desk.folder / "sub").mkdir()
    desk.drop("events.ndjson", native())
    assert desk.ingest(desk.folder / "sub" / ".." / "events.ndjson").status == "already_ingested"
    assert path.exists()


@pytest.mark.parametrize("name", ["people.csv", "people.docx", "people"])
def test_a_file_nothing_can_read_yet_stays_and_says_why(desk, name) -> None:
    path = desk.inbox(f"roster/{name}", CSV)
    result = desk.ingest(path)
    assert result.notes[0].startswith("file.no_mapping" if name.endswith("csv") else "file.type_unknown")
    assert path.exists()


def test_a_mapping_of_another_format_is_turned_away(desk, roster, native) -> None:
    result = desk.drop("events.ndjson", native(), roster)
    assert result.notes[0].startswith("file.no_mapping")


def test_a_folder_is_read_in_order_with_the_mapping_beside_its_files(desk, native, roster_toml) -> None:
    desk.inbox("roster/mapping.toml", roster_toml)
    desk.inbox("roster/b.csv", CSV.replace("r1", "r2"))
    desk.inbox("roster/a.csv", CSV)
    desk.inbox("roster/.hidden.csv", CSV)
    desk.inbox("roster/half.csv.part", CSV)
    desk.inbox("platform/events.ndjson", native())
    seen = []
    results = desk.ingest_all(desk.settings.inbox, on_progress=seen.append)
    assert [Path(result.path).name for result in results] == ["events.ndjson", "a.csv", "b.csv"]
    assert seen == results
    left = sorted(path.name for path in desk.settings.inbox.rglob("*") if path.is_file())
    assert left == [".hidden.csv", "half.csv.part", "mapping.toml"]


def test_the_inbox_folder_names_the_source_of_lines_that_do_not(desk, native) -> None:
    desk.ingest(desk.inbox("platform/deep/events.ndjson", native(source=None)))
    assert desk.rows("select source from log.event") == [("platform",)]


def test_a_line_of_nobody_is_quarantined(desk, native) -> None:
    desk.drop("events.ndjson", native(source=None))
    assert desk.codes == ["source.missing"]


def test_a_source_given_by_hand_wins_over_the_mapping(desk, roster) -> None:
    desk.drop("people.csv", CSV, roster, source="by-hand")
    assert desk.rows("select source from log.event") == [("by-hand",)]


def test_a_bad_file_and_a_bad_mapping_never_block_the_others(desk, native) -> None:
    desk.inbox("a/mapping.toml", "[source")
    kept = desk.inbox("a/people.csv", CSV)
    desk.inbox("b/broken.ndjson", "[1]\n")
    desk.inbox("c/events.ndjson", native())
    results = desk.ingest_all(desk.settings.inbox)
    assert [result.status for result in results] == ["refused", "refused", "accepted"]
    assert "not valid TOML" in results[0].notes[0]
    assert kept.exists()
    assert desk.n_events == 1


def test_a_file_that_grows_while_it_is_read_is_left_for_later(desk, native, monkeypatch) -> None:
    path = desk.inbox("platform/events.ndjson", native())

    def hash_then_grow(file: io.BufferedReader) -> str:
        digest = archive.sha256_of(file)
        with path.open("a") as writer:
            writer.write(native(id="e2"))
        return digest

    monkeypatch.setattr(drops, "sha256_of", hash_then_grow)
    result = desk.ingest(path)
    assert (result.status, desk.n_events, path.exists()) == ("refused", 0, True)
    assert result.notes[0].startswith("file.changing")
    monkeypatch.undo()
    assert desk.ingest(path).n_events == 2


def test_a_file_replaced_after_it_was_read_is_not_deleted(desk, native, monkeypatch) -> None:
    path = desk.inbox("platform/events.ndjson", native())
    append = desk.log.append

    def append_then_replace(*given, **options):
        receipt = append(*given, **options)
        newer = path.with_suffix(".new")
        newer.write_text(native(id="e2"))
        os.replace(newer, path)
        return receipt

    monkeypatch.setattr(desk.log, "append", append_then_replace)
    desk.ingest(path)
    assert path.read_text() == native(id="e2")


def test_a_full_disk_takes_nothing_of_the_file_and_it_is_ingested_later(desk, native, monkeypatch) -> None:
    path = desk.inbox("platform/events.ndjson", native())

    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive, "seal_stream", full)
    with pytest.raises(KinkeeperError, match="No space left on device"):
        desk.ingest(path)
    assert (desk.n_events, path.exists(), list(desk.settings.archive.iterdir())) == (0, True, [])
    monkeypatch.undo()
    assert desk.ingest(path).n_events == 1


def test_what_a_killed_run_left_half_sealed_is_swept_away(desk, native) -> None:
    desk.settings.archive.mkdir()
    leftover = desk.settings.archive / "0123456789abcdef.tmp"
    leftover.write_bytes(b"half")
    desk.ingest_all(desk.inbox("platform/events.ndjson", native()))
    assert not leftover.exists()


def test_a_file_committed_but_not_taken_away_is_taken_away_next_time(desk, native, monkeypatch) -> None:
    path = desk.inbox("platform/events.ndjson", native())
    monkeypatch.setattr(drops, "_take_away", lambda *_given: None)
    desk.ingest(path)
    assert path.exists()
    monkeypatch.undo()
    assert desk.ingest(path).status == "already_ingested"
    assert (path.exists(), desk.n_events) == (False, 1)


def test_an_empty_line_is_no_line_and_a_file_without_rows_says_so(desk, native) -> None:
    assert desk.drop("events.ndjson", "\n" + native() + "\n  \n").lines_in == 1
    result = desk.drop("empty.ndjson", "\n\n")
    assert (result.status, result.lines_in, result.notes) == ("accepted", 0, ("the file holds no rows",))


def test_rows_that_are_no_events_are_counted_and_noted(desk, roster_toml) -> None:
    desk.inbox(
        "roster/mapping.toml",
        roster_toml.replace("time =", 'when = {kind = "person"}\ntime =')
        + '[[ignore]]\nwhen = {kind = "test"}\n',
    )
    desk.inbox(
        "roster/people.csv",
        "kind,id,person,name,at\nperson,r1,u1,A,2026-03-01T10:00:00Z\ntest,,,,\nother,,,,\n",
    )
    (result,) = desk.ingest_all(desk.settings.inbox)
    assert (result.lines_in, result.accepted, result.n_events) == (3, 2, 1)
    assert result.notes == ("1 rows are no events, as the mapping says",)
    assert desk.codes == ["mapping.no_rule"]


def test_a_home_is_opened_written_and_closed_in_one_go(tmp_path, clock, native) -> None:
    from warehouse.settings import load_settings

    settings = load_settings(tmp_path)
    drop = tmp_path / "inbox" / "platform" / "events.ndjson"
    drop.parent.mkdir(parents=True)
    drop.write_text(native())
    seen = []
    for n_files in (1, 0):
        results, n_events = ingest_into_home(settings, [settings.inbox], clock=clock, on_file=seen.append)
        assert (len(results), n_events) == (n_files, 1)
    assert seen == ["events.ndjson"]


def test_a_wrong_mapping_given_by_hand_stops_before_anything_is_read(tmp_path, clock) -> None:
    from warehouse.settings import load_settings

    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[source")
    with pytest.raises(SettingsError, match="not valid TOML"):
        ingest_into_home(load_settings(tmp_path / "home"), [tmp_path], mapping=mapping, clock=clock)
