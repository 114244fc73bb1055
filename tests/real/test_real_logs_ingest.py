"""Four real logs go in whole: nothing quarantined, nothing unexplained, nothing twice."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.ingest import ingest_into_home
from warehouse import database
from warehouse.clock import Clock
from warehouse.settings import load_settings

pytestmark = [pytest.mark.real, pytest.mark.slow]

EXAMPLES = Path(__file__).parents[2] / "examples" / "mappings"

RENAMED = {
    "collegemsg": {"message_sent": "exchange.message_sent", "broadcast_sent": "exchange.broadcast_sent"},
    "euemail": {"message_sent": "exchange.message_sent", "broadcast_sent": "exchange.broadcast_sent"},
    "oulad": {
        "enrolled": "match.accepted",
        "platform_activity": "session.held",
        "assessment_submitted": "exchange.async_update_sent",
        "withdrew": "relationship.ended",
    },
    "openseeds": {
        "match_joined": "match.accepted",
        "match_completed": "relationship.ended",
        "cohort_call_held": "program.gathering_held",
    },
}


def source_rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        columns = ["event_type", "pair_id", "occurred_at"]
        return pq.read_table(path, columns=columns).to_pylist()
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", RENAMED)
def test_a_real_log_goes_in_whole_and_only_once(
    real_data: Path, tmp_path: Path, clock: Clock, name: str
) -> None:
    (path,) = real_data.glob(f"{name}_events.*")
    settings, mapping = load_settings(tmp_path), EXAMPLES / f"{name}.toml"
    (result,), n_events = ingest_into_home(settings, [path], mapping=mapping, clock=clock)
    rows = source_rows(path)
    assert (result.status, result.quarantined, result.notes) == ("accepted", 0, ())
    assert result.lines_in == result.accepted == len(rows)
    assert result.n_events == n_events
    (again,), n_events_again = ingest_into_home(settings, [path], mapping=mapping, clock=clock)
    assert (again.status, n_events_again) == ("already_ingested", n_events)

    log = database.open_log(settings.log_file)
    counted = dict(log.execute("select event_type, count(*) from log.event group by event_type").fetchall())
    n_pairs = log.execute("select count(distinct pair_id) from log.event").fetchone()
    span = log.execute(
        "select min(occurred_at)::varchar, max(occurred_at)::varchar from log.event"
    ).fetchone()
    log.close()

    expected = Counter(RENAMED[name].get(row["event_type"], "survey") for row in rows)
    surveys = {"survey.answered", "survey.choice_made"}
    assert {kind: n for kind, n in counted.items() if kind not in surveys} == {
        kind: n for kind, n in expected.items() if kind != "survey"
    }
    assert n_pairs == (len({row["pair_id"] for row in rows if row["pair_id"]}),)
    times = sorted(row["occurred_at"].replace("T", " ").removesuffix("Z") for row in rows)
    assert span == (times[0], times[-1])


def test_every_survey_answer_of_the_mentoring_programme_is_an_event(
    real_data: Path, tmp_path: Path, clock: Clock
) -> None:
    path = real_data / "openseeds_events.csv"
    settings = load_settings(tmp_path)
    ingest_into_home(settings, [path], mapping=EXAMPLES / "openseeds.toml", clock=clock)
    answers = [
        (key, value)
        for row in source_rows(path)
        for key, value in json.loads(row["payload"]).get("answers", {}).items()
        if value not in (None, "")
    ]
    log = database.open_log(settings.log_file)
    scores = log.execute(
        "select item, score from log.typed_event where event_type = 'survey.answered'"
    ).fetchall()
    choices = log.execute(
        "select item, choice from log.typed_event where event_type = 'survey.choice_made'"
    ).fetchall()
    log.close()
    assert Counter(scores) == Counter(answer for answer in answers if answer[0].endswith("_1_5"))
    assert Counter(item for item, _ in choices) == Counter(
        key for key, _ in answers if not key.endswith("_1_5")
    )
    assert all(0 < len(choice) <= 64 for _, choice in choices)
