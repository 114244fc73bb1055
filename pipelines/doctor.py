"""What `kinkeeper doctor` looks at: the machine, the home folder, the log, the publication."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import duckdb

from pipelines.ingest.quarantine import parked_pairs
from warehouse import database, publish
from warehouse.clock import Clock, system_clock
from warehouse.errors import HomeBusy, KinkeeperError, LogConflict
from warehouse.high_water import check_high_water
from warehouse.messages import ENGLISH
from warehouse.settings import Settings, load_settings
from warehouse.verify import archive_problems
from warehouse.words import PARKED_REMEDY

LIBRARIES = ("duckdb", "pandas", "dagster", "great-expectations", "dash", "plotly")
MIN_FREE_GIB = 1.0
STALE_AFTER = dt.timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what it is, what was found, and what to do where it is not right."""

    what: str
    found: str
    is_ok: bool = True
    remedy: str = ""

    def as_dict(self) -> dict[str, str | bool]:
        return asdict(self)


def examine(home: Path | None, clock: Clock = system_clock) -> list[Finding]:
    """Every finding, in reading order; a broken setting is a finding, not a crash."""
    findings = [_python(), _libraries()]
    try:
        settings = load_settings(home)
    except KinkeeperError as error:
        return [*findings, Finding("settings", "not valid", False, str(error))]
    looks = (_home(settings), _space(settings), _policy(settings))
    return [*findings, *looks, *_facts(settings), _parked(settings), _publication(settings, clock)]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    is_ok = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Finding("Python", version, is_ok, "" if is_ok else "use Python 3.11, 3.12 or 3.13")


def _libraries() -> Finding:
    return Finding("libraries", ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES))


def _home(settings: Settings) -> Finding:
    if not settings.home.exists():
        return Finding("home folder", f"{settings.home} does not exist yet; the first command makes it")
    is_ok = os.access(settings.home, os.W_OK)
    return Finding(
        "home folder",
        str(settings.home),
        is_ok,
        "" if is_ok else "make it writable for this user, or choose another --home",
    )


def _space(settings: Settings) -> Finding:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(place).free / 2**30
    is_ok = free >= MIN_FREE_GIB
    return Finding(
        "free space", f"{free:.1f} GiB", is_ok, "" if is_ok else f"free at least {MIN_FREE_GIB:.0f} GiB"
    )


def _policy(settings: Settings) -> Finding:
    name = "program.toml" if (settings.home / "program.toml").exists() else "built-in defaults"
    return Finding("policy", f"{name}, fingerprint {settings.policy.fingerprint()}")


def _facts(settings: Settings) -> list[Finding]:
    """The log, what is kept beside it, and the quarantine; one finding where nobody can look now."""
    if not settings.log_file.exists():
        empty = (Finding(what, "empty") for what in ("vault and archive", "quarantine"))
        return [Finding("event log", "empty", False, "kinkeeper ingest PATH"), *empty]
    try:
        with database.writer_lock(settings.home, wait_seconds=5), database.open_log(settings.log_file) as con:
            return [_log(con, settings), _archive(con, settings), _quarantine(con)]
    except HomeBusy as error:
        return [Finding("event log", "in use", False, str(error))]
    except (OSError, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        return [Finding("event log", f"cannot be opened: {reason}", False, "kinkeeper verify")]


def _log(con: duckdb.DuckDBPyConnection, settings: Settings) -> Finding:
    try:
        check_high_water(con, settings.high_water_file)
    except LogConflict as error:
        return Finding("event log", "cannot be trusted", False, str(error))
    (count,) = database.first_row(con, "select count(*) from log.event")
    return Finding("event log", f"{count:,} events, as many as its high-water mark says")


def _archive(con: duckdb.DuckDBPyConnection, settings: Settings) -> Finding:
    """Vault and archive at a glance; `kinkeeper verify` reads every byte."""
    problems = archive_problems(con, settings)
    if problems:
        return Finding("vault and archive", ENGLISH.count(len(problems), "problem"), False, problems[0])
    return Finding("vault and archive", "every delivery is there, whole to its end")


def _quarantine(con: duckdb.DuckDBPyConnection) -> Finding:
    n_rows, n_codes = database.first_row(
        con, "select count(*), count(distinct code) from log.quarantine where status = 'open'"
    )
    open_rows, reasons = ENGLISH.count(n_rows, "open row"), ENGLISH.count(n_codes, "reason")
    return Finding("quarantine", f"{open_rows} for {reasons}" if n_rows else "empty")


def _parked(settings: Settings) -> Finding:
    """Pairs that sent events though nobody announced them, as the last build saw it."""
    codes = Counter({pair["pair_id"]: pair["code"] for pair in parked_pairs(settings)}.values())
    found = ", ".join(f"{n_pairs:,} {code}" for code, n_pairs in sorted(codes.items()))
    is_ok = not codes["ref.unknown"]
    return Finding("pairs not announced", found or "none", is_ok, "" if is_ok else PARKED_REMEDY)


def _publication(settings: Settings, clock: Clock) -> Finding:
    try:
        publication = publish.current(settings.published)
    except KinkeeperError:
        return Finding("publication", "none", False, "kinkeeper build")
    age = clock() - dt.datetime.fromisoformat(publication.known_at)
    is_other = publication.version != publish.VERSION
    is_ok = age <= STALE_AFTER and not is_other
    found = f"{publication.build_id}, known {age.total_seconds() / 3600:.0f} h ago"
    found += ", of another version of Kinkeeper" if is_other else ""
    return Finding("publication", found, is_ok, "" if is_ok else "kinkeeper build")
