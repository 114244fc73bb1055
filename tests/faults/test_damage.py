"""A damaged or altered log is noticed, or it still says exactly what it said; it never says anything else."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from pipelines import doctor
from pipelines.ingest.archive import read_archived
from tests.faults.children import Found, Kill, ask, command, examine, exit_code, ingest_and_die, mark
from tests.faults.conftest import Home, sessions
from warehouse import database, publish
from warehouse.editions import MANIFEST
from warehouse.errors import KinkeeperError, LogConflict
from warehouse.high_water import check_high_water
from warehouse.operations import open_operations
from warehouse.vault import FRAME_BYTES, IDENTITY, PERSON, Vault, seal_stream
from warehouse.verify import VAULT_IS_GONE, archive_problems, verify

pytestmark = pytest.mark.faults

SEED = 20_261_124
N_FLIPS = max(20, int(os.environ.get("SEEDS") or 30))
N_CUTS = 10


@pytest.fixture
def full(full_home: Home, tmp_path: Path) -> Home:
    """A home with everything in, closed."""
    return full_home.copied(tmp_path / "home")


@pytest.fixture
def unfinished(home: Home) -> Home:
    """A home whose second delivery is committed, but only in the write-ahead log."""
    home.drop_overlapping_files()
    kill = Kill("the checkpoint comes next", 2)
    assert exit_code(ingest_and_die, home.folder, home.settings.inbox, kill) == -9
    return home


def write_ahead_log(home: Home) -> Path:
    return home.settings.log_file.with_name("log.duckdb.wal")


def examined(home: Home, name: str, content: bytes) -> Found:
    """What comes of the log when one file of its folder has this content; the home itself stays as it is."""
    copy = home.folder.with_name("damaged")
    shutil.copytree(home.folder, copy)
    (copy / "warehouse" / name).write_bytes(content)
    found = ask(examine, copy)()
    shutil.rmtree(copy)
    return found


def flipped(content: bytes, chance: random.Random, part: int, n_parts: int) -> bytes:
    """One bit is another one, somewhere in one of so many parts."""
    place = (part * len(content) + chance.randrange(len(content))) // n_parts
    damaged = bytearray(content)
    damaged[place] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def outcomes(founds: list[Found], *contents: str | None) -> Counter[str]:
    """How many logs were refused when opened or read, and how many say one of these things, or another."""
    return Counter(
        "refused" if found.error else "harmless" if found.contents in contents else "wrong"
        for found in founds
    )


@pytest.mark.slow
def test_a_flipped_bit_of_the_log_is_noticed_or_harmless(full: Home) -> None:
    chance = random.Random(SEED)
    content = full.settings.log_file.read_bytes()
    said = examined(full, "log.duckdb", content).contents
    founds = [
        examined(full, "log.duckdb", flipped(content, chance, part, N_FLIPS)) for part in range(N_FLIPS)
    ]
    found = outcomes(founds, said)
    assert found["wrong"] == 0
    assert found["refused"] > N_FLIPS // 2, found


def test_a_log_cut_short_is_noticed(full: Home) -> None:
    chance = random.Random(SEED)
    content = full.settings.log_file.read_bytes()
    cuts = [0, *(chance.randrange(len(content)) for _ in range(N_CUTS - 1))]
    assert outcomes([examined(full, "log.duckdb", content[:cut]) for cut in cuts]) == {"refused": N_CUTS}


def test_a_tail_that_was_promised_and_is_gone_is_noticed(unfinished: Home) -> None:
    copy = unfinished.folder.with_name("marked")
    shutil.copytree(unfinished.folder, copy)
    ask(mark, copy)()
    shutil.copy(copy / "warehouse/high-water.json", unfinished.settings.high_water_file)
    assert damaged_tails(unfinished) == {"refused": 2 * N_CUTS}


def test_a_tail_that_nobody_was_promised_is_whole_or_gone_and_comes_again(unfinished: Home) -> None:
    tail = write_ahead_log(unfinished)
    content = tail.read_bytes()
    before = examined(unfinished, tail.name, b"").contents
    after = examined(unfinished, tail.name, content).contents
    assert before != after
    assert damaged_tails(unfinished, before, after)["wrong"] == 0
    tail.write_bytes(content[: len(content) // 2])
    unfinished.ingest()
    unfinished.assert_all_is_there_once()


def damaged_tails(home: Home, *contents: str | None) -> Counter[str]:
    """Outcomes of cuts and flipped bits all over the write-ahead log."""
    chance = random.Random(SEED)
    tail = write_ahead_log(home)
    content = tail.read_bytes()
    damaged = [content[: chance.randrange(len(content))] for _ in range(N_CUTS)]
    damaged += [flipped(content, chance, part, N_CUTS) for part in range(N_CUTS)]
    return outcomes([examined(home, tail.name, each) for each in damaged], *contents)


def test_a_damaged_mark_is_a_conflict_or_promises_no_more_than_there_is(full: Home) -> None:
    chance = random.Random(SEED)
    mark_file = full.settings.high_water_file
    content = mark_file.read_bytes()
    n_noticed = 0
    with database.open_log(full.settings.log_file) as con:
        for part in range(len(content)):
            mark_file.write_bytes(flipped(content, chance, part, len(content)))
            try:
                check_high_water(con, mark_file)
            except LogConflict:
                n_noticed += 1
    assert n_noticed > len(content) // 2
    mark_file.unlink()
    assert verify(full.settings)[0].startswith("the high-water mark high-water.json is missing")


def test_the_command_line_names_the_damaged_file_and_the_way_out(full: Home, tmp_path: Path) -> None:
    content = bytearray(full.settings.log_file.read_bytes())
    content[5_000] ^= 1
    full.settings.log_file.write_bytes(content)
    said = tmp_path / "stderr"
    assert exit_code(command, ["verify", "--home", str(full.folder)], said) == 1
    assert said.read_text().startswith("error: the log log.duckdb cannot be read, restore a backup: ")
    assert exit_code(command, ["ingest", str(full.folder / "inbox"), "--home", str(full.folder)], said) == 1
    assert said.read_text().startswith("error: a database file is damaged: run `kinkeeper verify`")
    assert said.read_text().count("\n") == 1


TAMPERINGS = {
    "a payload": (
        "update event set payload = replace(payload, 's7', 's8') where position = 8",
        r"event at position 8 \(a.ndjson\) was changed",
    ),
    "a payload, into no payload at all": (
        "update event set payload = '{' where position = 109",
        r"event at position 109 \(b.ndjson\) was changed",
    ),
    "when it was recorded": (
        "update event set recorded_at = recorded_at - interval 1 day where position = 8",
        r"hash chain breaks in delivery \w+ \(a.ndjson\), after position 0",
    ),
    "its id": (
        "update event set source_event_id = 'e8000' where position = 8",
        r"event at position 8 \(a.ndjson\) was changed",
    ),
    "the places of two rows": (
        "update event set position = 80 + 81 - position where position in (80, 81)",
        r"hash chain breaks in delivery \w+ \(b.ndjson\), after position 60",
    ),
    "a row that is gone": (
        "delete from event where position = 100",
        r"hash chain breaks in delivery \w+ \(b.ndjson\), after position 60",
    ),
    "a row that was never delivered": (
        "insert into event select * replace (position + 1000 as position) from event where position = 7",
        r"1 deliveries whose ledger row does not count the events",
    ),
    "a ledger row that is gone": (
        "delete from ledger where name = 'a.ndjson'",
        r"hash chain breaks in delivery \w+ \(b.ndjson\), after position 0",
    ),
    "the last ledger row, gone": (
        "delete from ledger where name = 'people.csv'",
        r"20 events that belong to no delivery",
    ),
    "a quarantined row that is gone": (
        "delete from quarantine where line = 64",
        r"1 deliveries whose ledger row does not count the rows quarantined",
    ),
    "a quarantined row that came back, said to be open": (
        "update quarantine set status = 'redriven' where line = 64",
        r"1 deliveries whose ledger row does not count the rows quarantined",
    ),
    "the bytes of a quarantined row": (
        "update quarantine set raw = encode('nothing') where line = 64",
        r"the quarantined bytes of delivery \w+, line 64: sealed bytes were changed",
    ),
    "how many lines came in, and how many were duplicates": (
        "update ledger set lines_in = lines_in + 5, duplicate = duplicate + 5 where name = 'b.ndjson'",
        r"hash chain breaks in delivery \w+ \(b.ndjson\), after position 60",
    ),
    "how many were quarantined, and how many duplicates": (
        "update ledger set quarantined = 0, duplicate = duplicate + quarantined where name = 'a.ndjson'",
        r"1 deliveries whose ledger row does not count the rows quarantined",
    ),
    "how many events came of a delivery": (
        "update ledger set n_events = n_events + 1 where name = 'people.csv'",
        r"hash chain breaks in delivery \w+ \(people.csv\), after position 110",
    ),
    "whether a file was taken": (
        "update ledger set status = 'redriven' where name = 'b.ndjson'",
        r"hash chain breaks in delivery \w+ \(b.ndjson\), after position 60",
    ),
    "which bytes came": (
        "update ledger set sha256 = repeat('0', 64) where name = 'b.ndjson'",
        r"the ledger says something else of delivery \w+ \(b.ndjson\)",
    ),
    "who sent it": (
        "update ledger set source = 'elsewhere' where name = 'a.ndjson'",
        r"the ledger says something else of delivery \w+ \(a.ndjson\)",
    ),
    "a typed row": (
        "update event set session_id = 's8' where position = 8",
        r"typed rows are not what their events say; the first is at position 8",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_whoever_alters_the_log_by_hand_is_found_out_and_the_place_is_named(full: Home, what: str) -> None:
    statement, named = TAMPERINGS[what]
    with duckdb.connect(str(full.settings.log_file)) as con:
        con.execute("drop trigger event_no_update on event; drop trigger event_no_delete on event")
        con.execute(statement)
    problems = verify(full.settings)
    assert any(re.search(named, problem) for problem in problems), problems


ALTERED = {
    "update ref.run set needs_ratio = 9": "ref.run",
    "update ref.run set build_id = 'of another day'": "ref.run",
    "update mart.pair set band = 'closing'; delete from mart.pair_event": "mart.pair",
    "alter table mart.pair_event rename column pair_id to pair": "mart.pair_event",
    "drop table mart.pair_event": "mart.pair_event",
    "create table mart.another as select 1 as n": "mart.another",
}
"""What is done to published tables by hand, and the first of them that is another one then."""


def test_a_published_table_altered_by_hand_is_found_out_and_named(built_home: Home, tmp_path: Path) -> None:
    full = built_home.copied(tmp_path / "home")
    made = publish.current(full.settings.published)
    assert verify(full.settings) == []
    file, how_to_mend = full.settings.published / made.file, "delete it and run `kinkeeper build`"
    whole = file.read_bytes()
    for statement, named in ALTERED.items():
        file.write_bytes(whole)
        with duckdb.connect(str(file)) as con:
            con.execute(statement)
        told = f"{made.file} does not hold what was published ({named} is another one): {how_to_mend}"
        assert verify(full.settings) == [told]

    pointer = full.settings.published / publish.POINTER
    pointer.write_text(json.dumps({**dataclasses.asdict(made), "hashes": {}}))  # by a version before
    assert verify(full.settings) == [f"{made.file} does not hold what was published: {how_to_mend}"]


@pytest.mark.parametrize("n_lines", [3, 12_000], ids=["one frame", "several frames"])
def test_a_flipped_bit_of_an_archived_file_is_refused(home: Home, n_lines: int) -> None:
    path = home.drop("platform/a.ndjson", sessions(*range(n_lines)))
    home.ingest()
    ((file_id,),) = home.rows("select file_id from ledger")
    sealed = home.settings.archive / file_id
    content = sealed.read_bytes()
    chance = random.Random(SEED)
    engine = open_operations(home.settings.operations_url)
    vault = Vault(engine)
    for part in range(N_FLIPS):
        sealed.write_bytes(flipped(content, chance, part, N_FLIPS))
        with pytest.raises(KinkeeperError, match="sealed bytes were changed"):
            list(read_archived(home.settings, vault, file_id))
    sealed.write_bytes(content)
    assert b"".join(read_archived(home.settings, vault, file_id)) == home.dropped[path]
    engine.dispose()


def archived(home: Home, name: str) -> Path:
    ((file_id,),) = home.rows(f"select file_id from ledger where name = '{name}'")
    return home.settings.archive / file_id


@pytest.mark.parametrize("n_lines", [3, 12_000], ids=["one frame", "several frames"])
def test_an_archived_file_cut_short_is_found_out(home: Home, n_lines: int) -> None:
    home.drop("platform/a.ndjson", sessions(*range(n_lines)))
    home.ingest()
    assert verify(home.settings) == []
    sealed = archived(home, "a.ndjson")
    content = sealed.read_bytes()
    frames = range(0, len(content), FRAME_BYTES + 28)
    for cut in {*frames, *(frame + 1 for frame in frames), len(content) - 1}:
        sealed.write_bytes(content[:cut])
        (problem,) = looked_at(home)
        assert re.fullmatch(r"the archived bytes of delivery \w+ \(a.ndjson\): sealed bytes were .*", problem)
    assert verify(home.settings) == [problem]


def looked_at(home: Home) -> list[str]:
    """What `kinkeeper doctor` sees."""
    with database.open_log(home.settings.log_file) as con:
        return archive_problems(con, home.settings)


def test_an_archived_file_that_is_gone_is_found_out(full: Home) -> None:
    archived(full, "b.ndjson").unlink()
    (problem,) = verify(full.settings)
    assert re.fullmatch(r"the archive does not hold delivery \w+ \(b.ndjson\): restore .*", problem)
    assert looked_at(full) == [problem]


def test_an_archived_file_in_the_place_of_another_is_found_out(full: Home) -> None:
    shutil.copy(archived(full, "a.ndjson"), archived(full, "b.ndjson"))
    (problem,) = verify(full.settings)
    assert re.match(r"the archived bytes of delivery \w+ \(b.ndjson\): sealed bytes were changed", problem)


def test_other_bytes_sealed_with_the_right_key_are_found_out(full: Home) -> None:
    sealed = archived(full, "b.ndjson")
    engine = open_operations(full.settings.operations_url)
    with sealed.open("wb") as target:
        seal_stream(Vault(engine).known_key(sealed.name), [b"something else\n"], target)
    engine.dispose()
    (problem,) = verify(full.settings)
    assert re.match(r"the archived bytes of delivery \w+ \(b.ndjson\): they are not those that land", problem)


def test_a_vault_that_is_gone_is_found_out_and_no_new_one_takes_its_place(full: Home) -> None:
    for path in full.folder.glob("operations.sqlite*"):
        path.unlink()
    assert verify(full.settings) == [VAULT_IS_GONE]
    assert looked_at(full) == [VAULT_IS_GONE]
    assert not (full.folder / "operations.sqlite").exists()
    full.drop("platform/c.ndjson", sessions(300))
    with pytest.raises(KinkeeperError, match=r"holds no key of \w+: restore the vault"):
        full.ingest()
    assert re.match(r"\d+ people in the log are not in the vault, the first at pos", verify(full.settings)[0])


def test_a_person_of_the_log_whom_the_vault_does_not_know_is_found_out(full: Home) -> None:
    ((person_id, position),) = full.rows(
        "select actor_id, min(position) from event where actor_id is not null group by 1 order by 2 limit 1"
    )
    engine = open_operations(full.settings.operations_url)
    with engine.begin() as connection:
        for table in (IDENTITY, PERSON):
            connection.execute(sa.delete(table).where(table.c.person_id == person_id))
    engine.dispose()
    (problem,) = verify(full.settings)
    assert problem.startswith(f"1 people in the log are not in the vault, the first at position {position}:")


def test_the_doctor_sees_vault_and_archive(full: Home) -> None:
    def found() -> doctor.Finding:
        return next(item for item in doctor.examine(full.folder) if item.what == "vault and archive")

    assert found().is_ok
    archived(full, "a.ndjson").unlink()
    assert not found().is_ok
    assert "a.ndjson" in found().remedy


def test_an_edition_of_a_report_that_was_damaged_is_named(full: Home) -> None:
    folder = full.settings.reports / "2026Q3" / "sample-sponsor-1"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_bytes(b"{")
    assert verify(full.settings) == [
        f"{folder / MANIFEST} is damaged: restore a backup, or move its folder away"
    ]
