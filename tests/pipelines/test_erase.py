"""Erased means gone: no file says who a person was, and everybody else's data is what it was."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from pipelines import erase as erasing
from pipelines.cli import app
from pipelines.erase import erase
from pipelines.ingest import ingest_into_home, rewriting
from pipelines.ingest.home import open_home
from pipelines.ingest.quarantine import held_lines, raw_bytes
from tests.conftest import DEMO_NOW
from warehouse import database
from warehouse.clock import Clock
from warehouse.database import writer_lock
from warehouse.erasure import ERASURE, NEXT_KEY, Erasures
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings
from warehouse.vault import FILE_KEY, IDENTITY, PERSON, Vault, unseal, unseal_stream
from warehouse.verify import verify

SEED = 20_261_124
N_MARKERS = 200
OTHERS = range(1, 31)

MAPPING = """
[source]
name = "roster"
format = "{format}"
namespace = "hr"

[[event]]
type = "participant.registered"
id = "{{row}}"
time = "at"
data = {{person_id = "who", role = {{value = "mentee"}}, name = "name", email = "email"}}
"""


@dataclass
class Markers:
    """Incompressible words, each of which says something of one person and nothing of anybody else."""

    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    words: list[str] = field(default_factory=list)

    def new(self) -> str:
        self.words.append(f"m{self.chance.randbytes(12).hex()}")
        return self.words[-1]


@dataclass
class World:
    """A home in which one person occurs in every way a person can, among others."""

    settings: Settings
    clock: Clock
    markers: Markers = field(default_factory=Markers)

    def __post_init__(self) -> None:
        self.hr_id, self.platform_id, self.name = (self.markers.new() for _ in range(3))
        self.email = f"{self.markers.new()}@example.invalid"

    def ingest_everything(self) -> None:
        folder = self.settings.home.parent / "drops"
        folder.mkdir()
        for name, content in self.files().items():
            (folder / name).write_bytes(content)
        for kind in ("csv", "parquet"):
            (folder / f"{kind}.toml").write_text(MAPPING.format(format=kind))
            (file,) = folder.glob(f"*.{kind}")
            self.ingest(file, folder / f"{kind}.toml")
        for file in sorted(folder.glob("*.ndjson*")):
            self.ingest(file)
        shutil.rmtree(folder)

    def ingest(self, file: Path, mapping: Path | None = None) -> Any:
        (result,), _ = ingest_into_home(self.settings, [file], mapping=mapping, clock=self.clock)
        return result

    def files(self) -> dict[str, bytes]:
        return {
            "roster.csv": self.roster_csv(),
            "roster.parquet": self.roster_parquet(),
            "events.ndjson": "".join(self.native(40)).encode(),
            "packed.ndjson.gz": gzip.compress("".join(self.native(100, first=40)).encode()),
            "refused.ndjson": b"[\n" + "".join(self.native(10, first=200)).encode(),
            "broken.ndjson.gz": gzip.compress("".join(self.native(10, first=300)).encode())[:-9],
            "wide.ndjson": "\ufeff".encode("utf-16-le") + self.line(400).encode("utf-16-le"),
        }

    def roster(self) -> Iterator[tuple[str, str, str, str, str, str]]:
        """Row, who, name, e-mail, when, and a column nobody asked for."""
        for number in OTHERS:
            yield f"r{number}", str(number), f"Synthetic {number}", f"u{number}@example.invalid", "", "calm"
            if number % 5 == 0:
                new = self.markers.new
                email = self.email if number == 5 else ""
                yield (
                    f"x{number}",
                    self.hr_id,
                    self.name,
                    email,
                    "soon" * (number == 20),
                    f'"{new()}"\n{new()}',
                )

    def roster_csv(self) -> bytes:
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["row", "who", "name", "email", "at", "mood"])
        for row, who, name, email, at, mood in self.roster():
            writer.writerow([row, who, name, email, at or "2026-01-05T09:00:00Z", mood])
        return target.getvalue().encode()

    def roster_parquet(self) -> bytes:
        columns = list(zip(*self.roster(), strict=True))
        names = ["row", "who", "name", "email", "at", "mood"]
        table = pa.table(dict(zip(names, map(list, columns), strict=True)))
        at = [f"2026-01-0{7 if text else 6}T09:00:00Z" for text in columns[4]]
        row = [f"p{text}" for text in columns[0]]
        table = table.set_column(4, "at", pa.array(at)).set_column(0, "row", pa.array(row))
        target = io.BytesIO()
        pq.write_table(table, target)
        return target.getvalue()

    def native(self, n_lines: int, first: int = 0) -> Iterator[str]:
        """Every third line is about the person, every tenth line has no time."""
        for number in range(first, first + n_lines):
            if number % 3:
                yield self.line(number, f"u{number % 30 + 1}", f"kept-{number}")
            else:
                yield self.line(number)

    def line(self, number: int, actor: str | None = None, said: str | None = None) -> str:
        record = {
            "id": f"e{number}",
            "source": "platform",
            "type": "mentorship.session.held.v1",
            "subject": f"relationship/pair-{number % 7}",
            "time": "2026-03-01T10:00:00Z" if number % 10 else "yesterday",
            "actorid": actor or (self.platform_id if number % 2 else self.email.upper()),
            "data": {"session_id": f"s{number}", "minutes": 7, "mood": said or self.markers.new()},
        }
        return json.dumps(record) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(load_settings(tmp_path_factory.mktemp("erase") / "home"), lambda: DEMO_NOW)
    world.ingest_everything()
    # two ids and an address are one person only where a source says so
    with vault_of(world.settings) as engine, engine.begin() as connection:
        person_id = connection.scalar(sa.select(IDENTITY.c.person_id).where(IDENTITY.c.value == world.hr_id))
        link = sa.update(IDENTITY).where(IDENTITY.c.value == world.platform_id)
        connection.execute(link.values(person_id=person_id))
    return world


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    """A copy of it."""
    shutil.copytree(made.settings.home, tmp_path / "home")
    world = copy.copy(made)
    world.settings = load_settings(tmp_path / "home")
    world.markers = copy.deepcopy(made.markers)
    return world


class vault_of:  # noqa: N801  reads as a phrase
    """The vault's engine of a home."""

    def __init__(self, settings: Settings) -> None:
        self.engine = open_operations(settings.operations_url)

    def __enter__(self) -> sa.Engine:
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


def keys_of(settings: Settings) -> list[bytes]:
    with vault_of(settings) as engine, engine.connect() as connection:
        tables = (FILE_KEY, NEXT_KEY)
        return [bytes(key) for table in tables for key in connection.scalars(sa.select(table.c.key))]


def everything(home: Path, keys: list[bytes]) -> Iterator[bytes]:
    """Whatever a folder says to somebody who has it and these keys: raw, unpacked, unsealed, as Parquet."""
    for path in sorted(home.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield content
            yield from opened(content, keys)
    for file in home.rglob("log.duckdb"):
        with closing(duckdb.connect(str(file), read_only=True)) as con:
            for table in ("event", "typed_event", "ledger", "quarantine"):
                for row in con.execute(f"select * from {table}").fetchall():
                    yield repr(row).encode()
                    yield from (
                        each for cell in row if isinstance(cell, bytes) for each in single(cell, keys)
                    )


def opened(content: bytes, keys: list[bytes]) -> Iterator[bytes]:
    for key in keys:
        try:
            landed = b"".join(unseal_stream(key, io.BytesIO(content)))
        except KinkeeperError:
            continue
        yield landed
        yield landed.decode("utf-16", "replace").encode()
        if landed.startswith(b"\x1f\x8b"):
            yield io.BufferedReader(Unpacked(landed)).read()
        if landed.startswith(b"PAR1"):
            yield repr(pq.read_table(pa.BufferReader(landed)).to_pylist()).encode()


class Unpacked(io.RawIOBase):
    """A gzip file as far as it goes."""

    def __init__(self, packed: bytes) -> None:
        self._file = gzip.GzipFile(fileobj=io.BytesIO(packed))

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        try:
            chunk = self._file.read1(len(target))
        except (EOFError, gzip.BadGzipFile):
            return 0
        target[: len(chunk)] = chunk
        return len(chunk)


def single(sealed: bytes, keys: list[bytes]) -> Iterator[bytes]:
    for key in keys:
        try:
            yield unseal(key, sealed)
        except KinkeeperError:
            continue


def found(words: list[str], said: Iterator[bytes]) -> set[str]:
    """Those words that occur, in any case."""
    pattern = re.compile("|".join(words).encode(), re.IGNORECASE)
    return {match.decode().lower() for content in said for match in pattern.findall(content)}


def others(settings: Settings) -> list[Any]:
    """What the vault, the log and the archive say of everybody else."""
    with vault_of(settings) as engine, engine.connect() as connection:
        people = connection.execute(sa.select(PERSON).order_by("person_id")).all()
    kept = sorted(
        found([rf"kept-{number}\b" for number in range(500)], everything(settings.home, keys_of(settings)))
    )
    with database.open_log(settings.log_file) as con:
        events = con.execute("from log.event where source <> 'kinkeeper' order by position").fetchall()
    return [people, kept, events]


def test_after_an_erasure_nothing_says_who_it_was_and_all_else_is_as_before(world: World) -> None:
    home, words = world.settings.home, world.markers.words
    while len(words) < N_MARKERS:  # as many as it takes: more lines about the person
        extra = home.parent / f"more-{len(words)}.ndjson"
        extra.write_text("".join(world.native(120, first=1000 + len(words))))
        world.ingest(extra)
        extra.unlink()
    assert found(words, everything(home, keys_of(world.settings))) == set(words), "the control finds them all"
    people, kept, events = others(world.settings)
    older = home.with_name("older")
    shutil.copytree(home, older)

    done = erase(world.settings, world.hr_id, clock=world.clock)

    keys = keys_of(world.settings)
    assert found(words, everything(home, keys)) == set()
    assert found(words, everything(older / "archive", keys)) == set(), "the old bytes open no more"
    assert found(words, everything(older / "warehouse", keys)) == set()
    assert verify(world.settings) == []
    after = others(world.settings)
    assert after[0] == [row for row in people if row.person_id != done.person_id]
    assert len(after[0]) == len(people) - 1
    assert after[2] == events
    # a file that broke off cannot be read by anybody, so its innocent lines went too
    lost = {f"kept-{number}" for number in range(300, 310)}
    assert set(kept) - set(after[1]) <= lost


def test_the_erasure_is_an_event_that_names_a_pseudonym_alone(world: World) -> None:
    done = erase(world.settings, world.email, "consent_withdrawn", clock=world.clock)
    with database.open_log(world.settings.log_file) as con:
        events = con.execute(
            "select event_type, payload, source from log.event order by position desc limit 1"
        ).fetchall()
    assert events == [("participant.erased", f'{{"person_id":"{done.person_id}"}}', "kinkeeper")]
    assert (done.reason, done.asked_at) == ("consent_withdrawn", "2026-11-24T12:00:00Z")
    assert done.n_emptied == 2


def test_erased_twice_is_erased_once(world: World) -> None:
    first = erase(world.settings, world.hr_id, clock=world.clock)
    again = erase(world.settings, first.person_id, clock=world.clock)
    assert (again.n_rows, again.n_deliveries, again.n_emptied) == (0, 0, 0)
    assert again.asked_at == first.asked_at
    with database.open_log(world.settings.log_file) as con:
        (n_events,) = (
            con.execute("select count(*) from log.event where source = 'kinkeeper'").fetchone() or ()
        )
    assert n_events == 1
    assert verify(world.settings) == []


def test_a_person_is_found_by_address_id_or_pseudonym_and_nobody_by_chance(world: World) -> None:
    with vault_of(world.settings) as engine:
        erasures = Erasures(engine)
        person_id = erasures.find(world.hr_id)
        for called in (world.platform_id, world.email, world.email.upper(), person_id):
            assert erasures.find(called) == person_id
        with pytest.raises(KinkeeperError, match="nobody in the vault is called so"):
            erasures.find("Synthetic 1")
        vault = Vault(engine)
        vault.pseudonym("elsewhere", "7")
        vault.flush()
        with pytest.raises(KinkeeperError, match="several people are called so, give one of per_"):
            erasures.find("7")


@pytest.mark.parametrize("reason", ["", "Ana asked", "ana@example.invalid", "x" * 41])
def test_a_reason_is_a_code(world: World, reason: str) -> None:
    with pytest.raises(KinkeeperError, match="a short code"):
        erase(world.settings, world.hr_id, reason)


def test_an_id_that_is_a_mere_number_takes_only_the_rows_where_it_is_a_person(world: World) -> None:
    """Everybody's sessions lasted 7 minutes, and person 7 of the roster is one of thirty."""
    before = others(world.settings)[1]
    done = erase(world.settings, "u7@example.invalid", clock=world.clock)
    assert done.n_rows - len(before) < len(before)
    with vault_of(world.settings) as engine:
        archived = b"".join(everything(world.settings.home / "archive", keys_of(world.settings)))
        assert b"u7@example.invalid" not in archived
        assert b"u17@example.invalid" in archived
        assert b'"minutes": 7' in archived
        assert Erasures(engine).find("u17@example.invalid")


def test_whoever_comes_back_is_refused_counted_and_not_kept(world: World, tmp_path: Path) -> None:
    erase(world.settings, world.hr_id, clock=world.clock)
    back = tmp_path / "back.ndjson"
    back.write_text("".join(world.native(30, first=500)))
    words = world.markers.words
    result = world.ingest(back)
    back.unlink()
    assert result.lines_in == 30
    with database.open_log(world.settings.log_file) as con:
        rows = con.execute(
            "select status, count(*) from log.quarantine where code = 'subject.erased' group by 1"
        ).fetchall()
    assert rows == [("waived", 9)]  # of ten lines about the person one has no time and was refused for that
    said = list(everything(world.settings.home, keys_of(world.settings)))
    assert found(words, iter(said)) == set()
    assert verify(world.settings) == []


def test_of_whoever_comes_back_in_a_refused_file_nothing_is_kept(world: World, tmp_path: Path) -> None:
    erase(world.settings, world.hr_id, clock=world.clock)
    (tmp_path / "csv.toml").write_text(MAPPING.format(format="csv"))
    back = tmp_path / "back.csv"
    row = f"{{}},{world.hr_id},{world.name},,2026-01-05T09:00:00Z\n"
    back.write_text("row,who,name,email,at\n" + row.format("b1") + row.format("b2").replace(",,", ',"oh",'))
    back.write_text(back.read_text() + 'b3,1,"Bo,,2026-01-05T09:00:00Z\n' + row.format("b4"))
    assert world.ingest(back, tmp_path / "csv.toml").status == "refused"
    back.unlink()
    archived = b"".join(everything(world.settings.home, keys_of(world.settings)))
    assert world.hr_id.encode() not in archived
    assert verify(world.settings) == []


def test_taking_out_who_came_back_is_done_again_where_it_died(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase(world.settings, world.hr_id, clock=world.clock)
    back = tmp_path / "back.ndjson"
    back.write_text("".join(world.native(30, first=500)))
    monkeypatch.setattr(rewriting, "put_in_place", dies)
    with pytest.raises(Died):
        world.ingest(back)
    monkeypatch.undo()
    assert any("run `kinkeeper ingest` again" in problem for problem in verify(world.settings))
    assert world.ingest(back).status == "already_ingested"
    assert verify(world.settings) == []
    assert found(world.markers.words, everything(world.settings.home, keys_of(world.settings))) == set()


def test_a_new_id_with_an_erased_address_is_refused(world: World, tmp_path: Path) -> None:
    erase(world.settings, world.hr_id, clock=world.clock)
    (tmp_path / "csv.toml").write_text(MAPPING.format(format="csv"))
    back = tmp_path / "back.csv"
    back.write_text(f"row,who,name,email,at\nb1,new-id,Synthetic,{world.email},2026-01-05T09:00:00Z\n")
    result = world.ingest(back, tmp_path / "csv.toml")
    assert (result.accepted, result.quarantined) == (0, 1)


class Died(BaseException):
    """Nobody handles it, so nothing is tidied up."""


def dies(*_: Any) -> None:
    raise Died


POINTS: dict[str, tuple[Any, str]] = {
    "it is begun": (erasing, "_take_out_of_every_file"),
    "the next key is made": (rewriting, "_reseal_quarantine"),
    "the quarantine is sealed anew": (rewriting, "seal_aside"),
    "the archive is sealed aside": (rewriting, "put_in_place"),
    "the archive is in place": (Erasures, "sealed_anew"),
    "every file is done": (Erasures, "forget"),
    "the rows are deleted": (Erasures, "rewrite_store"),
    "the vault forgot": (erasing, "_record"),
    "the event is in the log": (Erasures, "close"),
}


@pytest.mark.faults
@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("point", POINTS)
def test_an_erasure_that_died_is_told_by_verify_and_done_again_completes(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str, nth: int
) -> None:
    """Dies before the nth call; the person is refused at the door from the first instant on."""
    with vault_of(world.settings) as engine:
        person_id = Erasures(engine).find(world.hr_id)
    owner, name = POINTS[point]
    real, calls = getattr(owner, name), []

    def dies_once(*args: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) == nth:
            raise Died
        return real(*args, **options)

    monkeypatch.setattr(owner, name, dies_once)
    try:
        erase(world.settings, world.hr_id, clock=world.clock)
    except Died:
        problems = verify(world.settings)
        assert any(f"kinkeeper erase {person_id}" in problem for problem in problems), problems
    else:
        assert len(calls) < nth
    monkeypatch.undo()
    erase(world.settings, person_id, clock=world.clock)
    assert verify(world.settings) == []
    assert found(world.markers.words, everything(world.settings.home, keys_of(world.settings))) == set()


def test_an_erasure_begun_is_finished_by_the_next_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "put_in_place", dies)
    with pytest.raises(Died):
        erase(world.settings, world.hr_id, clock=world.clock)
    monkeypatch.undo()
    erase(world.settings, "u9@example.invalid", clock=world.clock)
    assert found(world.markers.words, everything(world.settings.home, keys_of(world.settings))) == set()
    with vault_of(world.settings) as engine, engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(ERASURE.c.done_at.is_not(None))) == 2


def test_quarantined_lines_of_others_still_open(world: World) -> None:
    erase(world.settings, world.hr_id, clock=world.clock)
    with writer_lock(world.settings.home), open_home(world.settings, world.clock) as home:
        held = held_lines(home)
        contents = [raw_bytes(home, line) for line in held if line.line > 0]
    assert len(contents) > 3
    assert all(b"kept-" in content for content in contents)


def test_files_without_the_person_are_left_alone(world: World, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.ndjson"
    quiet.write_text(world.line(901, "u1", "kept-901"))
    world.ingest(quiet)
    before = {path.name: path.read_bytes() for path in world.settings.archive.iterdir()}
    done = erase(world.settings, world.hr_id, clock=world.clock)
    after = {path.name: path.read_bytes() for path in world.settings.archive.iterdir()}
    changed = [name for name in before if after[name] != before[name]]
    assert len(changed) == done.n_deliveries < len(before) - 2


def test_published_tables_hold_pseudonyms_alone(demo_home: Path) -> None:
    """So an erasure need not touch them."""
    settings = load_settings(demo_home)
    with vault_of(settings) as engine, engine.connect() as connection:
        names = [name for name in connection.scalars(sa.select(PERSON.c.name)) if name]
        values = [value for value in connection.scalars(sa.select(IDENTITY.c.value)) if len(value) > 6]
    assert names
    assert values
    pattern = re.compile("|".join(map(re.escape, [*names, *values])))
    (file,) = settings.published.glob("*.duckdb")
    with closing(duckdb.connect(str(file), read_only=True)) as con:
        tables = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        assert ("mart.pair",) in tables
        for (table,) in tables:
            assert pattern.search(repr(con.execute(f"from {table}").fetchall())) is None, table


def test_the_command_says_what_was_done_and_asks_nobody_who_cannot_answer(world: World) -> None:
    call = ["erase", world.hr_id, "--home", str(world.settings.home)]
    done = CliRunner().invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["n_rows"] > 10
    again = CliRunner().invoke(app, ["erase", "nobody", "--home", str(world.settings.home)])
    assert isinstance(again.exception, KinkeeperError)
