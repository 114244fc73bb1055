"""A JSON Schema per event type, for those who send events: `python -m warehouse.events.schemas docs/schemas`.

The schemas say what the codec checks field by field. Rules between fields, and the strictness of times and
ids, are the codec's alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

from warehouse.events import base, catalogue
from warehouse.events.base import CATALOGUE, EventType
from warehouse.events.codec import PAIR_FAMILIES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: EventType) -> dict[str, Any]:
    """The JSON Schema of one event: the CloudEvents attributes, and the payload as `data`."""
    payload, definitions = _payload_schema(kind)
    identifier = {"type": "string", "pattern": base.ID_PATTERN, "maxLength": 200}
    instant = {"type": "string", "format": "date-time"}
    required = ["id", "source", "type", "time", *(["data"] if payload.get("required") else [])]
    return {
        "$schema": DIALECT,
        "title": kind.full_name,
        "description": kind.meaning,
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": identifier,
            "source": identifier,
            "type": {"const": kind.full_name},
            "subject": {"type": "string", "pattern": r"^(relationship|cohort|person|program)/.+$"},
            "time": instant,
            "recordedat": instant,
            "programid": identifier,
            "cohortid": identifier,
            "actorid": {"type": "string", "maxLength": 320},
            "actorrole": {"enum": list(get_args(base.Role))},
            "evidence": {"enum": list(get_args(base.Evidence)), "default": kind.evidence},
            "visibility": {"enum": list(get_args(base.Visibility)), "default": kind.visibility},
            "causationid": identifier,
            "correlationid": identifier,
            "data": payload,
        },
        "required": [*required, *(["subject"] if kind.family in PAIR_FAMILIES else [])],
        **({"$defs": definitions} if definitions else {}),
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write one file per event type and version; returns them in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for _, kind in sorted(CATALOGUE.items()):
        path = folder / f"{kind.full_name}.json"
        path.write_text(json.dumps(schema_of(kind), indent=2) + "\n", "utf-8")
        paths.append(path)
    return paths


def _payload_schema(kind: EventType) -> tuple[dict[str, Any], dict[str, Any]]:
    (reference,), definitions = msgspec.json.schema_components([kind.payload], ref_template="#/$defs/{name}")
    name = reference["$ref"].rpartition("/")[2]
    payload = definitions.pop(name)
    payload.pop("title", None)
    payload.pop("description", None)
    return payload, definitions


if __name__ == "__main__":
    assert catalogue.FAMILIES, "importing the families fills the catalogue"
    write_schemas(Path(sys.argv[1]))
