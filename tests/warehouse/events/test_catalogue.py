"""The vocabulary holds together: stable names, one meaning per field, a description for each."""

from __future__ import annotations

import dataclasses
import re

import pytest

from warehouse.events import base, upcast
from warehouse.events.base import CATALOGUE, EventType, fields, latest, typed_columns
from warehouse.events.catalogue import FAMILIES
from warehouse.events.codec import PAIR_FAMILIES

KINDS = sorted(CATALOGUE.values(), key=lambda kind: kind.full_name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.full_name)
def test_a_type_has_a_stable_name_and_says_what_it_means(kind: EventType) -> None:
    assert re.fullmatch(r"mentorship\.[a-z]+\.[a-z_]+\.v[0-9]+", kind.full_name)
    assert kind.meaning.endswith(".")
    assert dataclasses.is_dataclass(kind.payload)


def test_there_are_fourteen_families_and_each_has_events() -> None:
    assert len(FAMILIES) == 14
    assert {kind.family for kind in KINDS} == {module.__name__.rpartition(".")[2] for module in FAMILIES}
    assert {kind.family for kind in KINDS} > PAIR_FAMILIES


def test_a_field_has_one_type_wherever_it_occurs() -> None:
    columns = typed_columns()
    for kind in latest():
        for field in fields(kind):
            assert columns.get(field.name, field.sql_type) == field.sql_type


def test_no_private_field_has_a_column() -> None:
    private = {field.name for kind in KINDS for field in fields(kind) if field.kind == base.PRIVATE}
    assert private == {"name", "email"}
    assert not private & set(typed_columns())


def test_no_column_of_a_payload_hides_one_of_the_envelope() -> None:
    from warehouse.log_tables import ENVELOPE_COLUMNS

    assert not set(typed_columns()) & set(ENVELOPE_COLUMNS)


def test_every_older_version_has_a_step_to_the_next() -> None:
    newest = {kind.name: kind.version for kind in latest()}
    older = {(kind.name, kind.version) for kind in KINDS if kind.version < newest[kind.name]}
    assert set(upcast.UPCASTERS) == older


def test_one_name_and_version_cannot_be_declared_twice() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        base.event("session.held")(type("Again", (), {"__annotations__": {}}))
