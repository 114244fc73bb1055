"""The reader follows the pointer, sees one build at a time and can do nothing but read."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from dashboards import data
from dashboards.data.publication import Publication, count_where, run
from dashboards.data.reader import Reader
from dashboards.filters import FilterState
from warehouse.errors import NothingPublished


@pytest.fixture(scope="module")
def publication(home: Path) -> Publication:
    return Reader(home / "published").publication()


def test_an_empty_home_has_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="kinkeeper"):
        Reader(tmp_path / "published").publication()


def test_a_new_build_is_seen_at_once_and_the_old_one_stays_whole(
    tmp_path: Path, published: ModuleType
) -> None:
    published.write_publication(tmp_path, build_id="one", program_label="First")
    reader = Reader(tmp_path / "published")
    before = reader.publication()
    published.write_publication(tmp_path, build_id="two", program_label="Second", is_quiet=True)
    after = reader.publication()
    assert (run(before)["program_label"], run(after)["program_label"]) == (
        "First",
        "Second",
    )
    assert count_where(data.bands.standing(before)) > count_where(data.bands.standing(after))


def test_an_unchanged_pointer_opens_nothing_anew(home: Path) -> None:
    reader = Reader(home / "published")
    assert reader.publication() is reader.publication()


def test_nothing_can_be_written(publication: Publication) -> None:
    with pytest.raises(duckdb.Error, match="read-only"):
        publication.rows("delete from mart.pair")


def test_no_other_file_can_be_read(publication: Publication, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(duckdb.Error):
        publication.rows("select * from read_csv($path)", path=str(tmp_path / "secret.csv"))


def test_the_week_holds_only_pairs_that_need_a_check_in(publication: Publication) -> None:
    rows = data.watchlist.pairs(publication, FilterState(), limit=10)
    assert {row["band"] for row in rows} == {"needs_check_in"}
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)
    assert len(rows) == 10
    assert rows[0]["n_listed"] == count_where(data.bands.standing(publication), band="needs_check_in")


@pytest.mark.parametrize("filters", [FilterState(), FilterState(bands=("watch",), view="all")], ids=str)
def test_a_listed_pair_has_its_rank_on_the_whole_list(publication: Publication, filters: FilterState) -> None:
    ranks = publication.rows("select pair_id, rank from mart.watchlist")
    known = {row["pair_id"]: row["rank"] for row in ranks}
    rows = data.watchlist.pairs(publication, filters)
    assert rows
    assert [row["rank"] for row in rows] == sorted(known[row["pair_id"]] for row in rows)


def test_each_view_holds_the_one_before(publication: Publication) -> None:
    week, watchlist, every = (
        {row["pair_id"] for row in data.watchlist.pairs(publication, FilterState(view=view))}
        for view in ("week", "watchlist", "all")
    )
    assert week < watchlist < every
    assert len(every) == count_where(data.bands.standing(publication)) + len({"pair-declined"} & every)


@pytest.mark.parametrize(
    ("filters", "column", "value"),
    [
        (FilterState(bands=("watch",), view="all"), "band", "watch"),
        (FilterState(states=("stalled",), view="all"), "state", "stalled"),
        (FilterState(cohorts=("2026-spring",), view="all"), "cohort_id", "2026-spring"),
        (FilterState(stages=("active",), view="all"), "stage", "active"),
        (FilterState(kinds=("peer",), view="all"), "direction", "peer"),
    ],
)
def test_a_filter_lets_only_its_own_through(
    publication: Publication, filters: FilterState, column: str, value: str
) -> None:
    rows = data.watchlist.pairs(publication, filters)
    assert {row[column] for row in rows} == {value}


def test_a_program_is_a_filter_too(publication: Publication) -> None:
    every = data.watchlist.pairs(publication, FilterState(view="all"))
    assert data.watchlist.pairs(publication, FilterState(programs=("sample",), view="all")) == every
    assert data.watchlist.pairs(publication, FilterState(programs=("another",), view="all")) == []


def test_a_person_is_found_by_what_the_screen_calls_them(publication: Publication) -> None:
    mentor_id = data.watchlist.pairs(publication, FilterState())[0]["mentor_id"]
    found = data.watchlist.pairs(publication, FilterState(search=f"Mentor {mentor_id[-4:]}", view="all"))
    assert {row["mentor_id"] for row in found} == {mentor_id}


@pytest.mark.parametrize("search", ["' or 1=1 --", "%", "$view", "\\"])
def test_a_search_is_text_and_never_sql(publication: Publication, search: str) -> None:
    assert data.watchlist.pairs(publication, FilterState(search=search, view="all")) == []


def test_activity_counts_twelve_weeks_oldest_first(publication: Publication) -> None:
    listed = {row["pair_id"]: row for row in data.watchlist.pairs(publication, FilterState(view="all"))}
    weeks = {pair_id: data.watchlist.weekly_activity(row) for pair_id, row in listed.items()}
    assert all(len(counts) == data.watchlist.ACTIVITY_WEEKS for counts in weeks.values())
    assert sum(weeks["pair-never-started-03"]) == 0
    assert any(sum(counts) > 0 for counts in weeks.values())
    row = {f"n_{ago}_weeks_ago": ago for ago in range(data.watchlist.ACTIVITY_WEEKS)}
    assert data.watchlist.weekly_activity(row) == list(range(data.watchlist.ACTIVITY_WEEKS - 1, -1, -1))


def test_bands_move_by_what_they_hold_more_than_four_weeks_ago(tmp_path: Path) -> None:
    days = [("2026-03-01", "a", 2), ("2026-03-01", "b", 1), ("2026-02-15", "b", 3), ("2026-02-01", "b", 2)]
    with duckdb.connect(str(tmp_path / "file.duckdb")) as con:
        con.execute("create schema mart; create table mart.band_day (day date, band varchar, n_pairs int)")
        con.executemany("insert into mart.band_day values (?, ?, ?)", days)
        assert data.bands.moves(Publication("one", con)) == {"a": 2, "b": -1}
        con.execute("delete from mart.band_day where day = '2026-02-01'")
        assert data.bands.moves(Publication("two", con)) == {}


def test_an_unknown_pair_is_none(publication: Publication) -> None:
    assert data.pair.facts(publication, "no-such-pair") is None


def test_rows_carry_none_for_every_empty_value(publication: Publication) -> None:
    row = data.pair.facts(publication, "pair-never-started-03")
    assert row is not None
    assert row["last_contact_at"] is None
    assert row["health"] is None
    assert row["end_reason"] is None


def test_the_ledger_of_each_source_balances(publication: Publication) -> None:
    rows = data.quality.ledger_by_source(publication)
    assert len(rows) > 1
    for row in rows:
        assert row["lines_in"] == row["accepted"] + row["duplicate"] + row["quarantined"]


def test_choices_are_those_that_occur(publication: Publication) -> None:
    choices = data.watchlist.filter_choices(publication)
    assert choices["cohort"] == ["2025-autumn", "2026-spring", "2026-summer"]
    assert "needs_check_in" in choices["band"]
    assert "stalled" in choices["state"]
