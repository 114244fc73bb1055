"""A mapping file is read strictly, and every mistake is named with its place and what is allowed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.ingest.mapping_file import load_mapping
from warehouse.errors import SettingsError

EXAMPLES = Path(__file__).parents[3] / "examples" / "mappings"

SESSIONS = """
[source]
name = "platform"
format = "csv"

[[event]]
type = "session.held"
id = "{meeting}"
time = "at"
pair = "match"
data = {session_id = "meeting", minutes = "minutes"}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return path


def test_a_mapping_tells_which_columns_it_reads(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path, SESSIONS))
    assert mapping.layout.needed == {"meeting", "at", "match", "minutes"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_mapping_is_valid_and_explains_itself(path: Path) -> None:
    assert load_mapping(path).source.name == path.stem
    assert path.read_text().startswith("# ")


def test_the_course_mapping_carries_its_attribution() -> None:
    assert "CC BY 4.0" in (EXAMPLES / "oulad.toml").read_text()


def test_the_fingerprint_changes_with_the_meaning_and_not_with_the_writing(tmp_path: Path) -> None:
    plain = load_mapping(write(tmp_path, SESSIONS)).fingerprint
    commented = "# a comment\n" + SESSIONS.replace(
        'time = "at"\npair = "match"', 'pair = {column = "match"}\ntime = "at"'
    )
    assert load_mapping(write(tmp_path, commented)).fingerprint == plain
    assert load_mapping(write(tmp_path, SESSIONS.replace("minutes = ", "mode = "))).fingerprint != plain
    assert len(plain) == 16


MISTAKES = {
    "not TOML": ("[source", "not valid TOML"),
    "no events": (SESSIONS.partition("[[event]]")[0], "event is missing"),
    "an unknown key of the source": (
        SESSIONS.replace("name =", "nam ="),
        "source.nam is unknown, allowed is name,",
    ),
    "an unknown key of an event": (
        SESSIONS.replace("pair =", "pear ="),
        "event.1.pear is unknown, allowed is type,",
    ),
    "an unknown key of an origin": (
        SESSIONS.replace('"minutes"}', '{colum = "minutes"}}'),
        "event.1.data.minutes.colum is unknown, allowed is column, value, json,",
    ),
    "an unknown key of the time": (
        SESSIONS + '[time]\nzones = "UTC"\n',
        "time.zones is unknown, allowed is pattern,",
    ),
    "an unknown format": (
        SESSIONS.replace('"csv"', '"xlsx"'),
        "source.format: Input should be 'csv', 'ndjson', 'parquet', ",
    ),
    "an event of a meeting report": (
        SESSIONS.replace('format = "csv"', 'format = "zoom"'),
        "zoom decides itself what its rows become: no [[event]] here",
    ),
    "an unknown order of dates": (
        '[source]\nname = "z"\nformat = "zoom"\n[time]\ndate_order = "ydm"\n',
        "time.date_order: Input should be 'mdy', 'dmy' or 'ymd'",
    ),
    "an unknown key of a meeting": (
        '[source]\nname = "z"\nformat = "zoom"\n[meeting]\nguests = true\n',
        "meeting.guests is unknown, allowed is strangers, ignore_names, all_day",
    ),
    "an unknown event type": (
        SESSIONS.replace("session.held", "session.hold"),
        "did you mean 'session.held'",
    ),
    "a version nobody knows": (SESSIONS.replace("session.held", "session.held.v9"), "no such event type"),
    "a field the type lacks": (
        SESSIONS.replace("minutes =", "minuts ="),
        "data.minuts: session.held has session_id, minutes",
    ),
    "a field the type needs": (SESSIONS.replace("session_id", "mode"), "session.held needs session_id"),
    "an id of no column": (SESSIONS.replace("{meeting}", "meeting"), "without a {column}"),
    "an id and a key": (SESSIONS.replace("time =", 'key = ["at"]\ntime ='), "either id"),
    "each_key without each": (SESSIONS.replace("{meeting}", "{meeting}-{each_key}"), "need an `each`"),
    "each without each_key": (
        SESSIONS.replace("time =", 'each = {json = "payload", path = "answers"}\ntime ='),
        "needs {each_key} in its id",
    ),
    "an origin of two": (
        SESSIONS.replace('"match"', '{column = "match", value = "m"}'),
        "exactly one of column, value",
    ),
    "json without a path": (SESSIONS.replace('"match"', '{json = "match"}'), "json and path go together"),
    "an unknown zone": (SESSIONS + '[time]\nzone = "IST"\n', "is no IANA zone"),
    "a unit and a zone": (
        SESSIONS + '[time]\nunit = "s"\nzone = "Asia/Kolkata"\n',
        "neither pattern nor zone",
    ),
    "a delimiter of two": (SESSIONS.replace("[[", 'delimiter = ";;"\n[[', 1), "source.delimiter"),
    "an unknown evidence": (
        SESSIONS.replace("pair =", 'evidence = "sure"\npair ='),
        "Input should be 'observed'",
    ),
    "an ignore without a condition": (SESSIONS + "[[ignore]]\nwhen = {}\n", "ignore.1.when"),
    "a constant that is a list": (
        SESSIONS.replace('"match"', "{value = [1]}"),
        "a constant is text, a number",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_mapping_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_mapping(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_mapping(tmp_path / "nothing.toml")
