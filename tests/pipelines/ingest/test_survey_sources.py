"""Survey exports, in the formats the tools write: which answers come of them, and what holds a row back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.home import OpenHome
from pipelines.ingest.mapping import Mapping
from pipelines.ingest.mapping_file import read_mapping
from pipelines.ingest.presets import preset, recognise
from pipelines.ingest.quarantine import held_lines, redrive

FIXTURES = Path(__file__).parent / "fixtures"

PAIRS = """
[source]
name = "pairs"
format = "csv"

[[event]]
type = "match.accepted"
id = "{pair}"
time = "at"
pair = "pair"
data = {mentee_id = {email = "mentee"}, mentor_id = {email = "mentor"}}
"""


def mapping(text: str) -> Mapping:
    return read_mapping(text, "test")


@pytest.fixture
def pairs(desk: Any) -> Any:
    """Ana and Bo are a pair, and so are Ana's colleagues; Bo has two mentees."""
    rows = (
        "pair,at,mentee,mentor\n"
        "p1,2025-11-01T00:00:00Z,ana@example.org,bo@example.org\n"
        "p2,2025-11-01T00:00:00Z,cy@example.org,dee@example.org\n"
    )
    desk.drop("pairs.csv", rows, mapping(PAIRS))
    return desk


def answers(desk: Any) -> list[tuple[Any, ...]]:
    return desk.rows(
        "select occurred_at::varchar, pair_id, wave, item, coalesce(score::varchar, choice) "
        "from log.typed_event where event_type like 'survey.%' order by all"
    )


def short(desk: Any) -> list[tuple[Any, ...]]:
    return [(pair, item, said) for _, pair, _, item, said in answers(desk)]


def ingest(desk: Any, name: str, chosen: Mapping) -> Any:
    result = desk.ingest(FIXTURES / name, chosen)
    assert result.lines_in == result.accepted + result.duplicate + result.quarantined
    return result


def test_qualtrics_labels_of_a_matrix_become_scores_of_the_pulse(pairs: Any) -> None:
    result = ingest(
        pairs,
        "qualtrics/labels.csv",
        mapping('preset = "qualtrics"\n[survey.items]\nfit = "QID1_1"\nheard = "Q1_2"\nuseful = "QID1_3"'),
    )
    assert short(pairs) == [
        ("p1", "fit", "5"),
        ("p1", "heard", "4"),
        ("p1", "useful", "4"),
        ("p1", "fit", "2"),
        ("p1", "useful", "3"),
        ("p2", "fit", "4"),
    ]
    assert (result.lines_in, result.accepted, result.quarantined) == (5, 4, 1)
    assert pairs.codes == ["mapping.unmapped_value"]


def test_qualtrics_times_are_in_the_zone_its_third_header_row_tells(pairs: Any) -> None:
    ingest(pairs, "qualtrics/labels.csv", mapping('preset = "qualtrics"\n[survey.items]\nfit = "Q1_1"'))
    assert [at for at, *_ in answers(pairs)][:2] == ["2026-02-03 16:15:00", "2026-02-04 01:40:11"]
    assert {wave for _, _, wave, *_ in answers(pairs)} == {"2026-02"}


def test_a_preview_is_ignored_on_purpose_and_so_is_a_partial_response_where_the_mapping_says_so(
    pairs: Any,
) -> None:
    chosen = mapping('preset = "qualtrics"\n[survey]\npartial = "ignore"\n[survey.items]\nheard = "Q1_2"')
    result = ingest(pairs, "qualtrics/labels.csv", chosen)
    assert "3 rows are no events, as the mapping says" in result.notes
    assert short(pairs) == [("p1", "heard", "4"), ("p2", "heard", "4")]


def test_qualtrics_numbers_with_the_pulse_need_no_mapping_of_ones_own(desk: Any) -> None:
    chosen = mapping(
        'preset = "qualtrics"\n[survey]\nmode = "aggregate_only"\n'
        'pair = "pair_id"\nparty = "side"\nwave = "spring"'
    )
    ingest(desk, "qualtrics/numbers.csv", chosen)
    assert short(desk) == [
        ("p1", "fit", "5"),
        ("p1", "go_on", "natural_end"),
        ("p1", "useful", "4"),
        ("p1", "fit", "2"),
        ("p1", "go_on", "yes"),
        ("p1", "useful", "3"),
    ]
    assert desk.rows(
        "select distinct wave, survey_mode, visibility, party, correlation_id from log.typed_event "
        "order by party"
    ) == [
        ("spring", "aggregate_only", "aggregate", "mentee", "R_n1"),
        ("spring", "aggregate_only", "aggregate", "mentor", "R_n2"),
    ]


def test_a_question_that_stands_twice_is_bound_by_its_id_or_refused(pairs: Any) -> None:
    items = (
        'preset = "qualtrics"\n[survey]\ninstrument = "mfq-9"\n[survey.items]\ncareer_1 = "Q5_1"\ncareer_2 = '
    )
    twice = pairs.ingest(FIXTURES / "qualtrics/mfq.csv", mapping(items + '"Nines - career 2"'))
    assert (twice.status, twice.notes[-1].split(":")[0]) == ("refused", "schema.ambiguous_column")
    result = ingest(pairs, "qualtrics/mfq.csv", mapping(items + '"QID5_2"'))
    assert "columns are parted by ';'" in result.notes
    assert [said for *_, said in short(pairs)] == ["1", "2", "4", "4"]


def test_google_forms_downloads_say_their_offset(pairs: Any) -> None:
    chosen = mapping('preset = "google-forms"\n[survey.scale.labels]\n"A natural end" = "natural_end"')
    ingest(pairs, "google-forms/download.csv", chosen)
    assert [(at, item, said) for at, _, _, item, said in answers(pairs)] == [
        ("2026-02-03 09:22:31", "fit", "4"),
        ("2026-02-03 09:22:31", "fit", "5"),
        ("2026-02-03 09:22:31", "go_on", "yes"),
        ("2026-02-03 09:22:31", "heard", "4"),
        ("2026-07-09 10:05:09", "fit", "3"),
        ("2026-07-09 10:05:09", "go_on", "natural_end"),
        ("2026-07-09 10:05:09", "heard", "2"),
    ]


FRENCH = """
preset = "google-forms"
[time]
date_order = "dmy"
zone = "Europe/Paris"
[survey.scale]
labels = {"Tout à fait d'accord" = 5, "D'accord" = 4, "Pas d'accord" = 2}
blank = ["Sans avis"]
"""


def test_google_sheets_of_another_locale_are_read_in_the_declared_order(pairs: Any) -> None:
    ingest(pairs, "google-forms/sheet_fr.csv", mapping(FRENCH))
    assert [(at, item, said) for at, _, _, item, said in answers(pairs)] == [
        ("2026-02-03 09:22:31", "fit", "5"),
        ("2026-02-03 09:22:31", "heard", "4"),
        ("2026-02-04 22:59:59", "fit", "2"),
    ]


def test_rows_of_a_grid_are_known_by_themselves(pairs: Any) -> None:
    ingest(pairs, "google-forms/grid.csv", mapping('preset = "google-forms"\n[time]\nzone = "Europe/Paris"'))
    assert [(at, item, said) for at, _, _, item, said in answers(pairs)] == [
        ("2026-02-03 09:22:31", "fit", "5"),
        ("2026-02-03 09:22:31", "heard", "5"),
    ]


def test_rows_of_a_qualtrics_matrix_are_known_by_themselves(pairs: Any) -> None:
    ingest(pairs, "qualtrics/labels.csv", preset("qualtrics"))
    assert short(pairs)[:3] == [("p1", "fit", "5"), ("p1", "heard", "4"), ("p1", "useful", "4")]


def test_day_and_month_are_never_guessed(pairs: Any) -> None:
    ingest(pairs, "google-forms/sheet_fr.csv", preset("google-forms"))
    assert pairs.codes == ["time.format", "time.format"]


def test_answers_of_nobody_in_particular_keep_their_side_and_stay_apart(desk: Any) -> None:
    chosen = mapping(
        'preset = "google-forms"\n[time]\ndate_order = "mdy"\nzone = "America/New_York"\n[survey]\n'
        'party = {column = "I am the ...", alike = true, map = {mentee = "mentee", mentor = "mentor"}}'
    )
    ingest(desk, "google-forms/sheet_us.csv", chosen)
    assert desk.rows(
        "select party, count(*), count(distinct correlation_id), count(actor_id) from log.typed_event "
        "group by party order by party"
    ) == [("mentee", 2, 1, 0), ("mentor", 2, 1, 0)]


def test_typeform_leaves_what_was_never_submitted(pairs: Any) -> None:
    result = ingest(pairs, "typeform/responses.csv", preset("typeform"))
    assert short(pairs) == [
        ("p1", "fit", "5"),
        ("p1", "go_on", "yes"),
        ("p1", "heard", "4"),
        ("p1", "fit", "2"),
        ("p1", "go_on", "no"),
    ]
    assert "1 rows are no events, as the mapping says" in result.notes


def test_typeform_hidden_fields_name_pair_and_side(desk: Any) -> None:
    ingest(
        desk,
        "typeform/hidden_fields.csv",
        mapping('preset = "typeform"\n[survey]\npair = "pair"\nparty = "side"'),
    )
    assert short(desk) == [("p1", "fit", "4"), ("p1", "heard", "5"), ("p1", "fit", "3"), ("p1", "heard", "3")]


def test_an_older_typeform_layout_is_known_by_what_its_columns_are_called(pairs: Any) -> None:
    ingest(pairs, "typeform/old_layout.csv", preset("typeform"))
    assert short(pairs) == [("p1", "fit", "1"), ("p1", "heard", "2")]


def test_surveymonkey_matrix_rows_are_columns_below_their_question(pairs: Any) -> None:
    chosen = mapping(
        'preset = "surveymonkey"\n[time]\ndate_order = "mdy"\nzone = "UTC"\n[survey.scale]\nblank = ["N/A"]\n'
        '[survey.scale.labels]\n"It needs a change" = "needs_change"'
    )
    ingest(pairs, "surveymonkey/matrix.csv", chosen)
    assert [(at, item, said) for at, _, _, item, said in answers(pairs)] == [
        ("2025-12-01 00:10:00", "fit", "2"),
        ("2025-12-01 00:10:00", "go_on", "needs_change"),
        ("2025-12-01 00:10:00", "useful", "4"),
        ("2026-02-03 09:02:10", "fit", "5"),
        ("2026-02-03 09:02:10", "go_on", "yes"),
        ("2026-02-03 09:02:10", "heard", "4"),
        ("2026-02-03 09:02:10", "useful", "4"),
    ]


DAY_FIRST = 'preset = "surveymonkey"\n[time]\ndate_order = "dmy"\nzone = "Europe/London"'


def test_surveymonkey_single_questions_and_numbered_labels(pairs: Any) -> None:
    ingest(pairs, "surveymonkey/single_questions.csv", mapping(DAY_FIRST))
    assert answers(pairs) == [
        ("2026-02-03 09:02:00", "p1", "2026-02", "fit", "5"),
        ("2026-02-03 09:02:00", "p1", "2026-02", "heard", "4"),
    ]


def test_ids_that_a_spreadsheet_rounded_are_held_back(pairs: Any) -> None:
    result = ingest(pairs, "surveymonkey/rounded_ids.csv", mapping(DAY_FIRST))
    assert (result.accepted, pairs.codes) == (0, ["id.rounded", "id.rounded"])


def test_a_label_nobody_listed_is_added_to_the_mapping_and_the_row_comes_back(pairs: Any) -> None:
    chosen = 'preset = "qualtrics"\n[survey.items]\nfit = "QID1_1"\n'
    ingest(pairs, "qualtrics/labels.csv", mapping(chosen))
    home = OpenHome(pairs.settings, pairs.log, pairs.vault, pairs.clock)
    mended = mapping(
        chosen + '[survey.scale.labels]\n"Very much" = 5\n"Strongly agree" = 5\nAgree = 4\nDisagree = 2'
    )
    (receipt,) = redrive(home, held_lines(home, code="mapping.unmapped_value"), mended)
    assert (receipt.n_events, receipt.quarantined) == (1, 0)
    assert short(pairs)[-1] == ("p2", "fit", "5")


def test_a_survey_read_twice_changes_nothing(pairs: Any) -> None:
    ingest(pairs, "typeform/responses.csv", preset("typeform"))
    before = answers(pairs)
    again = (FIXTURES / "typeform/responses.csv").read_bytes() + b"\n"
    result = pairs.drop("again.csv", again, preset("typeform"))
    assert (result.accepted, result.duplicate, answers(pairs)) == (1, 2, before)


def test_no_comment_enters_the_log(pairs: Any) -> None:
    ingest(pairs, "qualtrics/labels.csv", mapping('preset = "qualtrics"\n[survey.items]\nfit = "Q1_1"'))
    ingest(pairs, "typeform/responses.csv", preset("typeform"))
    said = " ".join(str(row) for row in pairs.rows("select * from log.event"))
    assert "all good" not in said
    assert "rather" not in said


def test_a_tsv_in_utf_16_is_read_as_it_says(pairs: Any) -> None:
    chosen = mapping('preset = "qualtrics"\n[survey.items]\nfit = "Q1_1"\nheard = "QID1_2"')
    result = ingest(pairs, "qualtrics/tabs.tsv", chosen)
    assert short(pairs) == [("p1", "fit", "5"), ("p1", "heard", "4")]
    assert (result.lines_in, result.accepted) == (2, 2)
    assert recognise(FIXTURES / "qualtrics/tabs.tsv").source.name == "qualtrics"


def test_an_export_without_ids_of_responses_is_told_apart_by_its_rows(pairs: Any) -> None:
    text = (FIXTURES / "qualtrics/tabs.tsv").read_text("utf-16").replace("ResponseId", "Other")
    text = text.replace("Response ID", "Other").replace("_recordId", "other")
    chosen = 'preset = "qualtrics"\n[survey]\nresponse = "row_key"\n[survey.items]\nfit = "Q1_1"'
    assert pairs.drop("no-ids.tsv", text, mapping(chosen)).n_events == 1
    assert pairs.drop("again.tsv", text + "\n", mapping(chosen)).n_events == 0


@pytest.mark.parametrize(("partial", "counted"), [("keep", 3), ("ignore", 2)])
def test_who_did_not_finish_a_surveymonkey_survey_answered_when_they_began(
    pairs: Any, partial: str, counted: int
) -> None:
    chosen = f'preset = "surveymonkey"\n[survey]\npartial = "{partial}"\n'
    chosen += '[time]\ndate_order = "mdy"\nzone = "UTC"'
    result = ingest(pairs, "surveymonkey/partial.csv", mapping(chosen))
    assert (result.quarantined, result.n_events) == (0, counted)
    began = [at for at, *_, said in answers(pairs) if said == "2"]
    assert began == (["2026-02-13 09:00:00"] if partial == "keep" else [])


BROKEN = {
    "empty": (b"", "file.empty"),
    "only blank lines": (b"\n\n\n", "csv.header_missing"),
    "a web page": (b"<!doctype html><html><body>Please sign in</body></html>\n", "schema.missing_column"),
    "another tool": (b"Respondent ID,Collector ID,Start Date\n1,2,3\n", "schema.missing_column"),
    "half a character": ("Timestamp,I feel heard.\n".encode("utf-16")[:-1], "text.encoding"),
    "no question we know": (
        b"Timestamp,How was lunch?\n2026/02/03 10:00:00 AM GMT,5\n",
        "schema.missing_column",
    ),
    "question twice": (b"Timestamp,fit,fit\n2026/02/03 10:00:00 AM GMT,5,4\n", "schema.ambiguous_column"),
    "open quote": (b'Timestamp,fit\n2026/02/03 10:00:00 AM GMT,"5\n', "csv.quote"),
    "a zip": (b"PK\x03\x04nothing", "file.type_mismatch"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_survey_is_refused_by_name(desk: Any, name: str) -> None:
    content, code = BROKEN[name]
    result = desk.drop("forms.csv", content, preset("google-forms"))
    assert result.status == "refused"
    assert code in " ".join(result.notes)
    assert desk.n_events == 0


BAD_ROWS = {
    "cut off": ("2026/02/03 10:00:00 AM GMT,ana@example.org", "csv.columns"),
    "off the scale": ("2026/02/03 10:00:00 AM GMT,ana@example.org,6", "mapping.unmapped_value"),
    "two answers in one": (
        "2026/02/03 10:00:00 AM GMT,ana@example.org,5 - Disagree",
        "mapping.unmapped_value",
    ),
    "half a point": ("2026/02/03 10:00:00 AM GMT,ana@example.org,4.5", "mapping.unmapped_value"),
    "no time": (",ana@example.org,4", "time.format"),
    "unknown zone": ("2026/02/03 10:00:00 AM XYZ,ana@example.org,4", "time.zone"),
    "nobody we know": ("2026/02/03 10:00:00 AM GMT,zoe@example.org,4", "person.unknown"),
    "no address": ("2026/02/03 10:00:00 AM GMT,ana at example,4", "field.email"),
    "the header again": ("Timestamp,Email Address,fit", "csv.header_repeated"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_held_back_by_name_and_the_others_count(pairs: Any, name: str) -> None:
    row, code = BAD_ROWS[name]
    good = "2026/02/03 10:00:00 AM GMT,bo@example.org,4"
    result = pairs.drop("forms.csv", f"Timestamp,Email Address,fit\n{good}\n{row}\n", preset("google-forms"))
    assert (result.accepted, result.quarantined, pairs.codes) == (1, 1, [code])


@pytest.mark.parametrize("tool", ["qualtrics", "google-forms", "typeform", "surveymonkey"])
def test_an_export_is_recognised_without_being_told(tool: str) -> None:
    found = recognise(next(iter(sorted((FIXTURES / tool).glob("[!so]*.csv")))))
    assert found is not None
    assert found.source.name == tool


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('preset = "quaItrics"', "there is no preset 'quaItrics'"),
        ('preset = "qualtrics"\n[survey]\ninstrument = "mfq"', "no instrument 'mfq'"),
        ('preset = "qualtrics"\n[survey.items]\nwarmth = "Q1"', "pulse has no item warmth"),
        ('preset = "qualtrics"\n[survey.items]\nfit = "Q1"\nheard = "Q1"', "two items are bound to Q1"),
        ('preset = "qualtrics"\n[survey.scale.labels]\nGreat = 7', "outside the scale, 1 to 5"),
        ('preset = "qualtrics"\n[survey]\nmode = "secret"', "survey.mode"),
    ],
)
def test_a_wrong_survey_mapping_says_what_is_wrong(text: str, reason: str) -> None:
    from warehouse.errors import SettingsError

    with pytest.raises(SettingsError, match=reason):
        mapping(text)
