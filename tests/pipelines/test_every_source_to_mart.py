"""Every format that has no story of its own elsewhere, from its files to the tables that screens read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from warehouse import publish
from warehouse.database import open_read_only
from warehouse.settings import load_settings

FIXTURES = Path(__file__).parent / "ingest" / "fixtures"
NOW = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)

PLATFORM = ("participants", "matches", "meetings", "messages", "tasks")
PAIRS = (
    "Mentor Email,Mentee Email,Start Date,Cohort\ncy@example.org,ana.silva@example.org,2026-01-12,Winter\n"
)
PEOPLE = "Name,Email,Role,Start Date\nAna Silva,ana.silva@example.org,Mentee,2026-01-05\n"
SURVEYS = {
    "qualtrics/labels.csv": 'preset = "qualtrics"\n[survey.items]\nfit = "QID1_1"\nheard = "Q1_2"\n',
    "typeform/responses.csv": 'preset = "typeform"\n',
    "surveymonkey/matrix.csv": 'preset = "surveymonkey"\n[time]\ndate_order = "mdy"\nzone = "UTC"\n',
}

Rows = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """One home that read all of it, and was built once: what its tables say."""
    folder = tmp_path_factory.mktemp("sources")
    settings = load_settings(folder / "home")

    def take(path: Path, mapping: str) -> None:
        chosen = folder / f"{path.stem}.toml"
        chosen.write_text(mapping)
        ((result,), _) = ingest_into_home(settings, [path], mapping=chosen, clock=lambda: NOW)
        assert result.sha256 is not None, result.notes
        assert result.lines_in == result.accepted + result.duplicate + result.quarantined
        assert result.accepted > 0, f"{path.name}: {result}"

    for name, text, preset in (("pairs.csv", PAIRS, "pairs"), ("people.csv", PEOPLE, "roster-by-email")):
        (folder / name).write_text(text)
        take(folder / name, f'preset = "{preset}"\n')
    for name in PLATFORM:
        take(FIXTURES / "platform" / f"{name}.csv", f'preset = "platform-{name}"\n')
    take(FIXTURES / "roster" / "goals.csv", 'preset = "goals"\n')
    take(FIXTURES / "mbox" / "thread.mbox", 'preset = "mbox"\n')
    for file, mapping in SURVEYS.items():
        take(FIXTURES / file, mapping)
    build_home(settings, as_of=NOW, clock=lambda: NOW)
    current = publish.current(settings.published)
    with (
        open_read_only(settings.published / current.file) as published,
        open_read_only(settings.models_file) as models,
    ):
        yield lambda sql: (models if " feature." in sql else published).execute(sql).fetchall()


def test_a_platforms_lists_and_a_mailbox_make_pairs_with_contacts_and_goals(read: Rows) -> None:
    assert read(
        "select pair_id, stage, end_reason, n_sessions_held, n_contacts from mart.pair "
        "where cohort_id like 'spring%' order by pair_id"
    ) == [("c1", "forming", None, 1, 3), ("c2", "ended", "term_completed", 0, 0)]
    assert read("select n_goals, n_goals_done from feature.goal where pair_id = 'c1'") == [(1, 1)]
    assert read(
        "select source, count(*) from mart.pair_event "
        "where pair_id = 'c1' and event_type like 'exchange.%' group by source order by source"
    ) == [("mbox", 3), ("platform", 2)]


def test_goals_reach_the_pair_of_whoever_set_them(read: Rows) -> None:
    assert read(
        "select g.n_goals, g.n_goals_done from feature.goal as g "
        "inner join feature.pair as p using (pair_id) where p.cohort_id = 'winter'"
    ) == [(2, 1)]


def test_the_answers_of_each_survey_tool_reach_the_pair_and_the_scores_of_both_sides(read: Rows) -> None:
    sources = read(
        "select source, count(*) > 0 from mart.pair_event where event_type like 'survey.%' "
        "group by source order by source"
    )
    assert sources == [("qualtrics", True), ("surveymonkey", True), ("typeform", True)]
    assert read(
        "select distinct side from feature.survey_score where n_items > 0 and side <> '' order by 1"
    ) == [("mentee",), ("mentor",)]


def test_nobodys_name_or_address_is_published(read: Rows) -> None:
    tables = read("select table_name from duckdb_tables() where schema_name = 'mart' order by 1")
    said = " ".join(str(row).lower() for (table,) in tables for row in read(f"select * from mart.{table}"))
    assert [
        word for word in ("silva", "example.org", "write the plan", "confidential words") if word in said
    ] == []
