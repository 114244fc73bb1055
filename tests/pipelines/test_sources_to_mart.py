"""From the exports a program has to its tables: a roster, pairs, a survey, a Slack export and a mailbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from tests.pipelines.ingest import exports
from warehouse import database
from warehouse.settings import Settings, load_settings

HERE = Path(__file__).parent / "ingest"

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SURVEY = """Timestamp,Email Address,We are a good fit for each other.,I feel heard.,Useful,Time,Comments
2026/02/05 9:00:00 AM GMT,ana@example.org,5,Agree,4,1,never store this
2026/02/05 9:00:00 AM GMT,bo@example.org,2,,,,
"""
MAPPING = """
preset = "google-forms"

[survey]
mode = "{mode}"
instrument = "{instrument}"

[survey.items]
{items}
"""
OWN = """
id = "our-four"
version = "2"
title = "Ours"
citation = "us"
licence = "CC0-1.0"

[scale]
labels = ["No", "Rather not", "So so", "Agree", "Yes"]

[subscales.total]
title = "All"
min_items = 3

[[item]]
id = "fit"

[[item]]
id = "heard"

[[item]]
id = "useful"

[[item]]
id = "trouble"
reversed = true
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home that read everything but the survey, whose people it met last."""
    home = load_settings(tmp_path / "home")
    home.instruments.mkdir(parents=True)
    (home.instruments / "our-four.toml").write_text(OWN)
    drops = tmp_path / "drops"
    drops.mkdir()
    (drops / "export.zip").write_bytes(exports.slack())
    pairs = "Mentor Email,Mentee Email,Start Date,Cohort\nbo@example.org,ana@example.org,2026-01-12,Spring\n"
    (drops / "pairs.csv").write_text(pairs)
    (drops / "people.xlsx").write_bytes(exports.workbook(("People", exports.PEOPLE)))
    for name, preset in (("export.zip", "slack"), ("people.xlsx", "roster"), ("pairs.csv", "pairs")):
        ingest_into_home(home, [drops / name], mapping=preset, clock=lambda: NOW)
    return home


def survey(settings: Settings, mode: str, instrument: str = "our-four", **items: str) -> None:
    folder = settings.home.parent / "drops"
    bound = "\n".join(f'{item} = "{column}"' for item, column in items.items())
    (folder / "survey.toml").write_text(MAPPING.format(mode=mode, instrument=instrument, items=bound))
    (folder / "survey.csv").write_text(SURVEY)
    ((result,), _) = ingest_into_home(
        settings, [folder / "survey.csv"], mapping=folder / "survey.toml", clock=lambda: NOW
    )
    assert (result.accepted, result.quarantined) == (2, 0)


@pytest.fixture
def read(settings: Settings) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    """Builds once when first asked, and answers from the models."""
    with database.open_scratch() as con:

        def rows(sql: str) -> list[tuple[object, ...]]:
            if not settings.models_file.exists():
                build_home(settings, as_of=NOW, clock=lambda: NOW)
                con.execute(f"attach {database.quoted(settings.models_file)} as built (read_only)")
            return con.execute(sql).fetchall()

        yield rows


BOUND = {
    "fit": "We are a good fit for each other.",
    "heard": "I feel heard.",
    "useful": "useful",
    "trouble": "Time",
}


def test_exports_become_contacts_scores_and_felt_quality_of_the_pair(settings: Settings, read: Any) -> None:
    survey(settings, "coordinator_visible", **BOUND)
    assert read("select cohort_id, n_contacts, last_contact_at::date::varchar from built.mart.pair") == [
        ("spring", 1, "2026-02-03")
    ]
    assert read(
        "select side, wave, subscale, score, n_items, n_items_of, is_aggregate_only "
        "from built.feature.survey_score order by side"
    ) == [
        ("mentee", "2026-02", "total", 4.5, 4, 4, False),
        ("mentor", "2026-02", "total", None, 1, 4, False),
    ]
    assert read("select side, n_ratings from built.feature.rating order by side") == [
        ("mentee", 1),
        ("mentor", 1),
    ]


def test_answers_promised_to_groups_only_are_no_part_of_a_pairs_felt_quality(
    settings: Settings, read: Any
) -> None:
    survey(settings, "aggregate_only", **BOUND)
    assert read("select count(*) from built.core.rating") == [(0,)]
    assert read("select count(*), bool_and(is_aggregate_only) from built.feature.survey_score") == [(2, True)]
