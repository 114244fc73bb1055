"""A build upon an earlier one holds, row for row, what a build from nothing holds.

The log grows by any kind of event, the run moves forth and back in both clocks, the rules change: whatever a
refresh leaves as it is must be what would be computed again.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import pipelines.build
from pipelines.build import build_home, open_build
from pipelines.ingest import ingest_into_home
from pipelines.signal_models import all_models
from pipelines.signals import Shown, shown_of
from warehouse import database, models, publish, refresh, replay
from warehouse.altered import Altered
from warehouse.database import first_row
from warehouse.models import Model
from warehouse.policy import Policy
from warehouse.run import Run, write_run
from warehouse.settings import Settings, load_settings
from warehouse.verify import verify

SHUFFLES = int(os.environ.get("SHUFFLES", "24"))
TODAY = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
ENOUGH = Policy(history_days=1)
"""One day of history: days are folded for themselves (tests/pipelines/test_history.py)."""

NOW = Run(TODAY, TODAY, ENOUGH)
Contents = dict[str, tuple[int, int | None]]
"""Table -> its number of rows, and the sum of their hashes."""

FOLDED = all_models(ENOUGH, is_risk_by_prior=True)
TABLES = sorted(
    name for name, model in FOLDED.items() if not (isinstance(model, Model) and model.materialized == "view")
)


def follows_from_its_pair(model: models.AnyModel) -> bool:
    return bool(model.partition) if isinstance(model, Model) else model.run_touched is not None


PARTITIONED = [
    name for name in TABLES if follows_from_its_pair(FOLDED[name]) and name not in refresh.BUILT_FIRST
]


@pytest.fixture(autouse=True)
def never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few pairs are a large share of a small program: refresh them all the same."""
    monkeypatch.setattr(refresh, "WHOLE_FROM", 1.1)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the models that were built whole, in the order of building."""
    built: list[str] = []
    note_whole(monkeypatch, built)
    return built


def note_whole(monkeypatch: pytest.MonkeyPatch, built: list[str]) -> None:
    build_one = models.build_one

    def noted(con: duckdb.DuckDBPyConnection, model: models.AnyModel) -> None:
        built.append(model.name)
        build_one(con, model)

    monkeypatch.setattr(models, "build_one", noted)


def contents(con: duckdb.DuckDBPyConnection) -> Contents:
    return {
        name: first_row(con, f"select count(*), sum(hash(t))::hugeint from {models.quoted(name)} as t")
        for name in TABLES
    }


def fold(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    write_run(con, run)
    refresh.build(con, FOLDED)


def from_nothing(settings: Settings, folder: Path, run: Run) -> Contents:
    file = folder / "anew.duckdb"
    file.unlink(missing_ok=True)
    with open_build(settings, file) as con:
        fold(con, run)
        return contents(con)


def upon(settings: Settings, folder: Path, run: Run) -> Contents:
    with open_build(settings, folder / "grown.duckdb") as con:
        fold(con, run)
        return contents(con)


def runs(seed: int) -> Iterator[Run]:
    """Runs that follow each other as chance will have it: by minutes, days and months, forth and back."""
    chance = random.Random(seed)
    as_of = known_at = TODAY - dt.timedelta(days=40)
    steps = [dt.timedelta(minutes=50), dt.timedelta(hours=9), dt.timedelta(days=1), dt.timedelta(days=9)]
    for _ in range(3):
        yield Run(as_of, known_at, ENOUGH)
        as_of += chance.choice(steps) * chance.choice([-1, 1, 1, 1])
        known_at = max(known_at, as_of) + chance.choice([dt.timedelta(0), *steps])


@pytest.mark.parametrize("seed", range(max(1, SHUFFLES // 24)))
def test_whatever_run_follows_whatever_run(seed: int, demo_home: Path, tmp_path: Path) -> None:
    settings = load_settings(demo_home)
    first, *others = runs(seed)
    upon(settings, tmp_path, first)
    for number, run in enumerate(others, 1):
        assert upon(settings, tmp_path, run) == from_nothing(settings, tmp_path, run), f"run {number}: {run}"


def event(number: int, name: str, at: dt.datetime, subject: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"late-{number}",
        "source": "test",
        "type": f"mentorship.{name}.v1",
        "subject": subject and f"relationship/{subject}",
        "time": at.isoformat(),
        "recordedat": TODAY.isoformat(),
        "programid": "p",
        "cohortid": "c",
        "data": {},
    } | changes


LATE = TODAY - dt.timedelta(days=50)
BY_MENTEE = {"actorid": "mentee-2", "actorrole": "mentee"}


def day(at: dt.datetime) -> str:
    return str(at.date())


NEWS = {
    "somebody tells where they live": event(
        13,
        "participant.registered",
        LATE,
        None,
        data={"person_id": "mentee-2", "role": "mentee", "time_zone": "Asia/Kolkata", "country": "IN"},
    ),
    "a message of now": event(1, "exchange.message_sent", TODAY, "r2", **BY_MENTEE),
    "a message that comes late": event(2, "exchange.message_sent", LATE, "r2", **BY_MENTEE),
    "a new pair": event(
        3, "match.accepted", TODAY, "r99", data={"mentee_id": "mentee-2", "mentor_id": "mentor-9"}
    ),
    "somebody on leave": event(
        4,
        "participant.availability_declared",
        LATE,
        None,
        data={"person_id": "mentor-2", "starts_on": day(LATE), "ends_on": day(TODAY), "kind": "leave"},
    ),
    "somebody steps back": event(5, "participant.paused", LATE, None, data={"person_id": "mentee-3"}),
    "somebody leaves the program": event(
        19, "participant.withdrew", LATE, None, data={"person_id": "mentee-5"}
    ),
    "a break of the program": event(
        6, "program.break_declared", LATE, None, data={"starts_on": day(LATE), "ends_on": day(TODAY)}
    ),
    "a term with another end": event(
        7, "program.term_closed", TODAY, None, data={"term": "c", "ends_on": day(TODAY)}
    ),
    "a mentee becomes a mentor": event(
        8, "participant.registered", TODAY, None, data={"person_id": "mentee-2", "role": "mentor"}
    ),
    "an event taken back": event(
        9, "ops.event_retracted", TODAY, None, data={"retracted_source": "test", "retracted_id": "r3-held-2"}
    ),
    "a retraction taken back": event(
        10, "ops.event_retracted", TODAY, None, data={"retracted_source": "test", "retracted_id": "gone"}
    ),
    "an end": event(
        11, "relationship.ended", TODAY, "r3", data={"end_reason": "goals_met", "initiator": "both"}
    ),
    "a pair nobody announced": event(14, "exchange.message_sent", TODAY, "r50", **BY_MENTEE),
    "that pair announced": event(
        15, "match.accepted", TODAY, "r50", data={"mentee_id": "mentee-2", "mentor_id": "mentor-8"}
    ),
    "its announcement taken back": event(
        16, "ops.event_retracted", TODAY, None, data={"retracted_source": "test", "retracted_id": "late-15"}
    ),
    "a pair where nobody is announced": event(
        17, "exchange.message_sent", TODAY, "q1", programid="q", **BY_MENTEE
    ),
    "the first pair that is announced there": event(
        18, "outreach.sent", TODAY, "q2", programid="q", data={"outreach_id": "o1", "to_id": "mentor-9"}
    ),
    "a reminder to somebody of two pairs": event(
        20, "ops.nudge_sent", TODAY, "r2", data={"party": "mentee", "nudge_kind": "survey_reminder"}
    ),
    "a label of the program": event(12, "program.label_set", TODAY, None, data={"label": "synthetic"}),
}

ROUNDS = int(os.environ.get("ROUNDS", len(NEWS)))
"""In how many refreshes the news come: each by itself, unless fewer are asked for."""


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Contents]:
    """Seven pairs of one program that meet and write; one of their sessions was taken back already.

    The folder holds their home and, in `grown.duckdb`, the models as of now, built from nothing.
    """
    folder = tmp_path_factory.mktemp("folded")
    settings = load_settings(folder / "home")
    told = [
        event(
            0,
            "program.term_opened",
            LATE,
            None,
            data={"term": "c", "starts_on": day(LATE), "ends_on": "2026-12-31"},
        ),
        event(0, "ops.event_retracted", LATE, None, id="gone")
        | {"data": {"retracted_source": "test", "retracted_id": "r4-held-1"}},
    ]
    for pair in range(1, 8):
        people = {"mentee_id": f"mentee-{pair}", "mentor_id": f"mentor-{pair}"}
        begun = LATE - dt.timedelta(days=60)
        told.append(event(0, "match.accepted", begun, f"r{pair}", id=f"r{pair}-in", data=people))
        for week in range(pair + 2):
            at = begun + dt.timedelta(days=7 * week + pair, hours=week)
            told.append(
                event(0, "session.held", at, f"r{pair}", id=f"r{pair}-held-{week}", **BY_MENTEE)
                | {"data": {"session_id": f"r{pair}-{week}"}}
            )
            told.append(
                event(0, "exchange.message_sent", at + dt.timedelta(days=2), f"r{pair}")
                | {"id": f"r{pair}-wrote-{week}", "actorid": f"mentor-{pair}", "actorrole": "mentor"}
            )
    ingest(settings, folder / "told.ndjson", told)
    return folder, upon(settings, folder, NOW)


@pytest.fixture
def small(folded: tuple[Path, Contents], tmp_path: Path) -> Settings:
    """That home, and its models beside it, to be changed."""
    folder, _ = folded
    return copied(folder, tmp_path)


@pytest.fixture
def found(folded: tuple[Path, Contents]) -> Contents:
    """What the models of that home hold."""
    return folded[1]


def copied(folder: Path, target: Path) -> Settings:
    shutil.copytree(folder, target, dirs_exist_ok=True)
    return load_settings(target / "home")


def ingest(settings: Settings, file: Path, events: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(one) + "\n" for one in events))
    (result,), _ = ingest_into_home(settings, [file])
    assert (result.quarantined, result.accepted) == (0, len(events))


def test_whatever_happened(small: Settings, found: Contents, tmp_path: Path) -> None:
    """What follows upon each other comes in one round after another."""
    for number in range(ROUNDS):
        before, news = found, list(NEWS)[number::ROUNDS]
        ingest(small, tmp_path / f"{number}.ndjson", [NEWS[name] for name in news])
        found = upon(small, tmp_path, NOW)
        assert found == from_nothing(small, tmp_path, NOW), news
        assert found != before or news == ["a label of the program"], news


@dataclass(frozen=True)
class Refreshed:
    """What a refresh came to, in its folder, and what was built whole for it."""

    folder: Path
    found: Contents
    whole: list[str]


@pytest.fixture(scope="module")
def told(folded: tuple[Path, Contents], tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """After a message of one pair."""
    folder, whole = tmp_path_factory.mktemp("told"), list[str]()
    settings = copied(folded[0], folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refresh, "WHOLE_FROM", 1.1)
        note_whole(patch, whole)
        ingest(settings, folder / "news.ndjson", [NEWS["a message of now"]])
        return Refreshed(folder, upon(settings, folder, NOW), whole)


def test_a_message_builds_no_large_model_whole(told: Refreshed) -> None:
    assert set(PARTITIONED) & set(told.whole) <= {"feature.pair", "mart.pair_gap"}  # which feed is late


def test_of_a_message_that_pair_alone_is_shown_anew(
    told: Refreshed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one tells which feed is late, of all pairs; the answer tells nothing of others."""
    shown: list[int] = []

    def counted(features: pd.DataFrame, *others: Any) -> Shown:
        shown.append(len(features))
        return shown_of(features, *others)

    monkeypatch.setattr("pipelines.signal_models.shown_of", counted)
    settings = copied(told.folder, tmp_path)
    answer = event(90, "exchange.message_replied", TODAY, "r2", actorid="mentor-2", actorrole="mentor")
    ingest(settings, tmp_path / "answer.ndjson", [answer])
    upon(settings, tmp_path, NOW)
    assert shown == [1]


def parts_of(folder: Path, pair_id: str, name: str = "grown") -> pd.DataFrame:
    """The parts of a pair's score as they are shown, by component."""
    with database.open_read_only(folder / f"{name}.duckdb") as con:
        sql = "from mart.health_part where pair_id = ? order by component"
        return con.execute(sql, [pair_id]).df().set_index("component")


def test_what_a_pair_adds_moves_with_its_cohort_though_nobody_touches_it(
    told: Refreshed, tmp_path: Path
) -> None:
    settings = copied(told.folder, tmp_path)
    before = parts_of(tmp_path, "r5")
    message = event(90, "exchange.message_sent", TODAY, "r6", actorid="mentee-6", actorrole="mentee")
    ingest(settings, tmp_path / "message.ndjson", [message])
    upon(settings, tmp_path, NOW)
    after = parts_of(tmp_path, "r5")
    moved = after["contribution"] != before["contribution"]
    assert list(moved[moved].index) == ["cadence", "responsiveness"]
    pd.testing.assert_frame_equal(before.drop(columns="contribution"), after.drop(columns="contribution"))
    from_nothing(settings, tmp_path, NOW)
    for pair in ("r5", "r6"):
        pd.testing.assert_frame_equal(
            parts_of(tmp_path, pair), parts_of(tmp_path, pair, "anew"), check_exact=True
        )


def rating(number: int, pair_id: str, score: int) -> dict[str, Any]:
    told = {"instrument": "pulse", "wave": "now", "item": "going_well", "score": score, "score_max": 5}
    by = f"mentee-{pair_id.removeprefix('r')}"
    return event(number, "survey.answered", TODAY, pair_id, actorid=by, actorrole="mentee", data=told)


def test_a_rating_of_another_pair_touches_those_whose_ratings_are_drawn_towards_it(
    small: Settings, tmp_path: Path, whole: list[str]
) -> None:
    ingest(small, tmp_path / "one.ndjson", [rating(91, "r2", 5)])
    upon(small, tmp_path, NOW)
    rated, unrated = parts_of(tmp_path, "r2"), parts_of(tmp_path, "r6")
    ingest(small, tmp_path / "another.ndjson", [rating(92, "r4", 1)])
    whole.clear()
    found = upon(small, tmp_path, NOW)
    assert "signal.pair_mean" in whole
    assert {"signal.verdict", "signal.pair", "mart.health_component"}.isdisjoint(whole)
    assert parts_of(tmp_path, "r2").loc["felt_quality", "score"] < rated.loc["felt_quality", "score"]
    pd.testing.assert_frame_equal(parts_of(tmp_path, "r6"), unrated)
    assert found == from_nothing(small, tmp_path, NOW)


def test_what_reads_nothing_new_is_left_as_it_is(told: Refreshed) -> None:
    assert "core.source_day" in told.whole  # it reads all events
    assert {"core.answer", "feature.step", "mart.reach"}.isdisjoint(told.whole)  # they read no messages
    assert "core.life" not in told.whole  # nobody learnt of the pair by it
    assert {"feature.survey_item", "feature.group_pair", "ref.kpi"}.isdisjoint(told.whole)


def test_a_risk_that_was_learnt_compares_all_pairs(
    small: Settings, tmp_path: Path, whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.properties.test_refresh.FOLDED", all_models(ENOUGH))
    upon(small, tmp_path, NOW)
    ingest(small, tmp_path / "news.ndjson", [NEWS["a message of now"]])
    whole.clear()
    found = upon(small, tmp_path, NOW)
    assert "signal.pair_risk" in whole
    assert found == from_nothing(small, tmp_path, NOW)


def plan_a_session(settings: Settings, folder: Path) -> dt.datetime:
    """Let a pair plan a session; when it begins."""
    starts_at = TODAY + dt.timedelta(hours=2)
    plans = [
        event(20, "session.proposed", TODAY, "r2", **BY_MENTEE)
        | {"data": {"session_id": "next", "starts_at": starts_at.isoformat()}},
        event(21, "session.confirmed", TODAY, "r2", actorid="mentor-2", actorrole="mentor")
        | {"data": {"session_id": "next"}},
    ]
    ingest(settings, folder / "plans.ndjson", plans)
    return starts_at


def test_what_the_clock_alone_alters_touches_the_pair_it_is_of(
    small: Settings, tmp_path: Path, whole: list[str]
) -> None:
    """Its session has begun by now: what says so is read by others, and all follow for that pair alone."""
    starts_at = plan_a_session(small, tmp_path)
    found = upon(small, tmp_path, NOW)
    begun = Run(starts_at, starts_at, ENOUGH)
    whole.clear()
    built = upon(small, tmp_path, begun)
    assert {"feature.next_session", "feature.pair"} <= {name for name in built if built[name] != found[name]}
    assert {"feature.next_session", "feature.pair"}.isdisjoint(whole)
    assert built == from_nothing(small, tmp_path, begun)


def test_pairs_that_the_clock_touches_are_computed_with_those_of_new_events(
    small: Settings, tmp_path: Path
) -> None:
    """Their events lie beside the models with those of the others."""
    starts_at = plan_a_session(small, tmp_path)
    upon(small, tmp_path, NOW)
    message = event(30, "exchange.message_sent", TODAY, "r3", actorid="mentee-3", actorrole="mentee")
    ingest(small, tmp_path / "news.ndjson", [message])
    begun = Run(starts_at, starts_at, ENOUGH)
    assert upon(small, tmp_path, begun) == from_nothing(small, tmp_path, begun)


def test_days_that_nobody_built_are_walked_beside_the_refresh(
    small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along a long log days are refreshed too, one upon the other, while the build is being refreshed."""
    monkeypatch.setattr(replay, "WALKED_FROM", 1)
    small = replace(small, policy=Policy(history_days=2))
    published(small, TODAY)
    ingest(small, tmp_path / "news.ndjson", [NEWS["a message of now"]])
    later = TODAY + dt.timedelta(days=2)
    assert published(small, later)[:2] == published(small, later, is_full=True)[:2]


@pytest.fixture(scope="module")
def once_published(folded: tuple[Path, Contents], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home that was built, checked and published as of now."""
    folder = tmp_path_factory.mktemp("published")
    published(replace(copied(folded[0], folder), policy=ENOUGH), TODAY)
    return folder


@pytest.fixture
def up(once_published: Path, tmp_path: Path) -> Settings:
    """That home, to be changed."""
    return replace(copied(once_published, tmp_path), policy=ENOUGH)


def published(settings: Settings, as_of: dt.datetime, *, is_full: bool = False) -> tuple[Any, ...]:
    built = build_home(settings, as_of=as_of, is_full=is_full)
    with publish.open_current(settings.published) as con:
        assert models.mart_hash(con, publish.mart_tables(con)) == built.publication.mart_hash
    return built.publication.mart_hash, built.publication.tables, sorted(map(str, built.checks))


def test_a_publication_upon_an_earlier_one_and_its_checks_are_those_of_a_full_build(
    up: Settings, tmp_path: Path
) -> None:
    for number, news in enumerate(["a message of now", "an end"]):
        ingest(up, tmp_path / f"{number}.ndjson", [NEWS[news]])
    later = TODAY + dt.timedelta(hours=1)
    upon_it, again = published(up, later), published(up, later)
    whole = published(up, later, is_full=True)
    assert upon_it[:2] == again[:2] == whole[:2]
    assert again[2] == whole[2]  # what moved since the last publication is told as well


def test_what_a_build_that_broke_off_did_not_check_is_checked_by_the_next(
    up: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(up, tmp_path / "news.ndjson", [NEWS["an end"]])
    checked: list[str] = []

    def breaks(_con: duckdb.DuckDBPyConnection, tables: list[str], _altered: Altered) -> None:
        checked.extend(tables)
        raise KeyboardInterrupt

    for _ in range(2):
        checked.clear()
        with monkeypatch.context() as patch:
            patch.setattr(pipelines.build, "run_checks", breaks)
            with pytest.raises(KeyboardInterrupt):
                published(up, TODAY)
        assert "mart.pair" in checked


def test_what_somebody_altered_in_checked_events_is_found_by_a_full_build_and_by_verify(
    up: Settings, tmp_path: Path
) -> None:
    """A rule of the log that held looks at later events alone: the earlier ones are under seal."""
    with database.open_log(up.log_file) as log:
        log.execute("drop trigger event_no_update on event; drop trigger event_no_delete on event")
        log.execute("update log.event set recorded_at = occurred_at - interval 3 day where position = 2")
    ingest(up, tmp_path / "news.ndjson", [NEWS["a message of now"]])
    assert n_recorded_too_soon(up) == 0
    assert n_recorded_too_soon(up, is_full=True) == 1
    assert any("the hash chain breaks" in problem for problem in verify(up))


def n_recorded_too_soon(settings: Settings, *, is_full: bool = False) -> int:
    checks = build_home(settings, as_of=TODAY, is_full=is_full).checks
    (found,) = [check for check in checks if check.rule.startswith("nothing happened more than a day after")]
    return found.n_failed


def test_another_policy_builds_everything_whole(small: Settings, tmp_path: Path, whole: list[str]) -> None:
    other = Run(TODAY, TODAY, ENOUGH.model_copy(update={"waiting_days": 3, "program_id": "other"}))
    built = upon(small, tmp_path, other)
    assert set(TABLES) <= set(whole)
    assert built == from_nothing(small, tmp_path, other)


def test_a_build_that_broke_off_is_followed_by_a_whole_one(
    folded: tuple[Path, Contents],
    told: Refreshed,
    whole: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = copied(told.folder, tmp_path)
    shutil.copy(folded[0] / "grown.duckdb", tmp_path)  # which has not heard of the message
    build_one = models.build_one

    def breaks(con: duckdb.DuckDBPyConnection, model: models.AnyModel) -> None:
        if model.name == "feature.feed":
            raise KeyboardInterrupt
        build_one(con, model)

    with monkeypatch.context() as patch:
        patch.setattr(models, "build_one", breaks)
        with pytest.raises(KeyboardInterrupt):
            upon(settings, tmp_path, NOW)
    whole.clear()
    assert upon(settings, tmp_path, NOW) == told.found
    assert set(TABLES) <= set(whole)


def test_tables_that_somebody_built_one_by_one_are_built_whole(
    small: Settings, found: Contents, tmp_path: Path, whole: list[str]
) -> None:
    later = Run(TODAY + dt.timedelta(days=3), TODAY, ENOUGH)
    with open_build(small, tmp_path / "grown.duckdb") as con:
        write_run(con, later)
        models.build(con, FOLDED, targets=["core.touch"])
    whole.clear()
    assert upon(small, tmp_path, NOW) == found
    assert set(TABLES) <= set(whole)


def test_a_table_that_somebody_took_away_is_there_again(
    small: Settings, found: Contents, tmp_path: Path
) -> None:
    with open_build(small, tmp_path / "grown.duckdb") as con:
        con.execute("drop table feature.group_pair")
    assert upon(small, tmp_path, NOW) == found


def test_a_log_that_is_not_the_same_one_grown_is_built_whole(
    small: Settings, tmp_path: Path, whole: list[str]
) -> None:
    other = load_settings(tmp_path / "other")
    ingest(other, tmp_path / "other.ndjson", [NEWS["a message of now"], NEWS["a new pair"]])
    small.log_file.unlink()
    other.log_file.rename(small.log_file)
    built = upon(small, tmp_path, NOW)
    assert set(TABLES) <= set(whole)
    assert built == from_nothing(small, tmp_path, NOW)


def test_rows_of_some_pairs_alone_are_the_rows_among_all(demo_home: Path, tmp_path: Path) -> None:
    """What a sidecar says of a partition holds: computed beside the others or alone, a pair is the same."""
    settings = load_settings(demo_home)
    with open_build(settings, tmp_path / "models.duckdb") as con:
        fold(con, NOW)
        before = contents(con)
        con.execute("create temp table touched as select pair_id from core.pair where hash(pair_id) % 3 = 0")
        events = "select *, occurred_at::date as occurred_on from log.typed_event"
        con.execute(f"create temp table changed_event as {events}")
        for name in PARTITIONED:
            con.execute(f"delete from {name} where pair_id in (select pair_id from touched)")
        refresh.rebuild(con, FOLDED, changed=frozenset())
        assert contents(con) == before
