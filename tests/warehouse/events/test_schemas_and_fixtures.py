"""Every version of every event type is read for ever, and the published schemas say what the codec takes.

`fixtures/` holds one record of each version of each type as it was first accepted. A fixture is never
edited: a new version gets a new file and a new line in SHA256SUMS.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from warehouse.events.base import CATALOGUE
from warehouse.events.codec import Context, decode
from warehouse.events.schemas import schema_of, write_schemas

ROOT = Path(__file__).parents[3]
FIXTURES = Path(__file__).parent / "fixtures"
CONTEXT = Context(received_at=dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
KINDS = [pytest.param(kind, id=kind.full_name) for _, kind in sorted(CATALOGUE.items())]


class Everybody:
    """People whose pseudonym can be foretold."""

    def pseudonym(self, _namespace: str, value: str) -> str:
        return f"per_{value}"

    def remember(self, person_id: str, private: Mapping[str, str]) -> None:
        assert person_id.startswith("per_")
        assert private


def fixture_of(kind: Any) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{kind.full_name}.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_every_version_is_still_read_as_it_was(kind: Any) -> None:
    fixture = fixture_of(kind)

    decoded = decode(fixture["record"], Everybody(), CONTEXT)

    assert decoded.extras == ()
    assert json.loads(decoded.payload) == fixture["payload"]
    assert decoded.content_hash.hex() == fixture["content_hash"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schema_accepts_the_record_and_refuses_another_type(kind: Any) -> None:
    schema = json.loads((ROOT / f"docs/schemas/{kind.full_name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    record = fixture_of(kind)["record"]

    jsonschema.validate(record, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record | {"type": "mentorship.session.teleported.v1"}, schema)


def test_no_fixture_was_edited_and_none_is_missing() -> None:
    sums = dict(
        reversed(line.split("  ")) for line in (FIXTURES / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(FIXTURES.glob("*.json"))
    }
    assert found == sums
    assert set(found) == {f"{kind.full_name}.json" for kind in CATALOGUE.values()}


def test_the_published_schemas_are_what_the_catalogue_says(tmp_path: Path) -> None:
    written = {path.name: path.read_text("utf-8") for path in write_schemas(tmp_path)}
    published = {path.name: path.read_text("utf-8") for path in (ROOT / "docs/schemas").glob("*.json")}

    assert written == published


def test_a_required_field_is_required_by_the_schema_too() -> None:
    kind = CATALOGUE["session.no_show", 1]
    record = fixture_of(kind)["record"] | {"data": {"session_id": "s"}}

    with pytest.raises(jsonschema.ValidationError, match="party"):
        jsonschema.validate(record, schema_of(kind))
