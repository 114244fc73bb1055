"""Which policy was in force when is in the log, once, and a past day knows what it could know then."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.ingest.policy import changes, record_policy, told
from warehouse import publish
from warehouse.database import open_read_only
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def a_home(folder: Path, **settings: Any) -> Settings:
    made = replace(load_settings(folder / "home"), policy=Policy(**settings))
    line = {
        "specversion": "1.0",
        "id": "e1",
        "source": "platform",
        "type": "mentorship.match.accepted.v1",
        "subject": "relationship/p1",
        "time": "2026-01-02T10:00:00Z",
        "recordedat": "2026-01-02T10:00:00Z",
        "data": {"mentee_id": "a1", "mentor_id": "b1"},
    }
    (folder / "pairs.ndjson").write_text(json.dumps(line) + "\n")
    ingest_into_home(made, [folder / "pairs.ndjson"], clock=lambda: NOW)
    return made


def recorded(settings: Settings) -> list[tuple[Any, ...]]:
    with open_read_only(settings.log_file) as con:
        return con.execute(
            "select source_event_id, policy_fingerprint, changes, actor_role, occurred_at "
            "from typed_event where event_type = 'program.policy_set' order by position"
        ).fetchall()


def published(settings: Settings) -> list[tuple[Any, ...]]:
    with publish.open_current(settings.published) as con:
        return con.execute("select policy_fingerprint, changes from mart.policy order by set_at").fetchall()


def test_a_policy_is_noted_once_and_again_when_it_changes_even_back(tmp_path: Path) -> None:
    plain = a_home(tmp_path, program_id="spring")
    strict = replace(plain, policy=Policy(program_id="spring", attention_budget=5))
    first, second = plain.policy.fingerprint(), strict.policy.fingerprint()

    noted = [
        record_policy(each, lambda day=day: NOW + day * DAY)
        for day, each in enumerate((plain, plain, strict, strict, plain))
    ]

    assert noted == [1, 0, 1, 0, 1]
    assert [row[:3] for row in recorded(plain)] == [
        (f"1-{first}", first, ['program_id: "program" -> "spring"']),
        (f"2-{second}", second, ["attention_budget: 10 -> 5"]),
        (f"3-{first}", first, ["attention_budget: 5 -> 10"]),
    ]
    assert {row[3] for row in recorded(plain)} == {"system"}


def test_a_home_without_a_log_notes_nothing(tmp_path: Path) -> None:
    assert record_policy(load_settings(tmp_path / "home")) == 0


def test_builds_of_now_note_their_policy_and_a_replay_knows_what_was_known(tmp_path: Path) -> None:
    settings = a_home(tmp_path, history_days=2)
    first = settings.policy.fingerprint()
    moments = iter((NOW, *(NOW + 5 * MINUTE for _ in range(100))))  # another writer held the lock for a while
    build_home(settings, clock=lambda: next(moments))
    assert published(settings) == [(first, ["history_days: 35 -> 2"])]

    changed = replace(settings, policy=Policy(history_days=3))
    build_home(changed, as_of=NOW, clock=lambda: NOW + DAY)
    assert len(recorded(settings)) == 1

    record_policy(changed, lambda: NOW + 2 * DAY)
    build_home(changed, as_of=NOW + DAY, clock=lambda: NOW + 3 * DAY)
    assert [fingerprint for fingerprint, _ in published(settings)] == [first]


def test_all_settings_are_kept_so_that_defaults_of_another_version_stay_readable(tmp_path: Path) -> None:
    settings = a_home(tmp_path)
    record_policy(settings, lambda: NOW)
    with open_read_only(settings.log_file) as con:
        ((said,),) = con.execute("select settings from typed_event where settings is not null").fetchall()
    assert said == [f"{name} = {value}" for name, value in told(Policy()).items()]


def test_a_setting_that_an_upgrade_brought_or_took_is_said_to_be_none_there() -> None:
    now = told(Policy())
    before = {name: value for name, value in now.items() if name != "attention_budget"} | {"retired": "1"}
    assert changes(before, now) == ["attention_budget: none -> 10", "retired: 1 -> none"]
