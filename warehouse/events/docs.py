"""docs/events.md, written from the catalogue itself: `python -m warehouse.events.docs > docs/events.md`."""

from __future__ import annotations

from warehouse.events import catalogue
from warehouse.events.base import PERSON, PRIVATE, EventType, Field, fields, latest

INTRODUCTION = """# Event catalogue

Generated from `warehouse/events/catalogue`; change the code, then run
`python -m warehouse.events.docs > docs/events.md`.

An event is a [CloudEvents 1.0](https://cloudevents.io) object, one JSON object a line:

| attribute | meaning |
|---|---|
| `id`, `source` | together the idempotency key: sent twice, counted once |
| `type` | `mentorship.<name>.v<version>`, see below |
| `subject` | `relationship/<id>` where it is about one pair, `cohort/<id>` where it is about a cohort |
| `time` | when it happened, RFC 3339 with an offset |
| `recordedat` | when the source learnt it; without it, when Kinkeeper received it |
| `programid`, `cohortid` | which program and cohort |
| `actorid` | who did it; the vault turns the id into a pseudonym |
| `actorrole` | mentor, mentee, peer, pm, system or sponsor |
| `evidence` | observed, attested2 (both sides say so), attested1 (one side), inferred, assumed |
| `visibility` | aggregate, coordinator, self |
| `data` | the fields below |

[schemas](schemas) holds a JSON Schema for each type.

Bodies of messages, notes and comments have no field anywhere: a mentorship is a confidential space.
"""


def catalogue_markdown() -> str:
    """The whole page: a section a family, a table an event type."""
    parts = [INTRODUCTION]
    kinds = {kind.name: kind for kind in latest()}
    for family in catalogue.FAMILIES:
        name = family.__name__.rpartition(".")[2]
        parts.append(f"## {(family.__doc__ or '').strip()}\n")
        parts.extend(_section(kind) for kind in kinds.values() if kind.family == name)
    return "\n".join(parts)


def _section(kind: EventType) -> str:
    lines = [f"### `{kind.full_name}`\n", f"{kind.meaning}\n"]
    if kind.evidence != "observed" or kind.visibility != "coordinator":
        lines.append(f"By default: evidence {kind.evidence}, visibility {kind.visibility}.\n")
    items = fields(kind)
    if items:
        lines += ["| field | type | required | meaning |", "|---|---|---|---|"]
        lines += [_row(item) for item in items]
        lines.append("")
    return "\n".join(lines)


def _row(item: Field) -> str:
    required = "yes" if item.is_required else ""
    return f"| `{item.name}` | {_type(item)} | {required} | {_meaning(item)} |"


def _type(item: Field) -> str:
    if item.choices:
        return " or ".join(f"`{choice}`" for choice in item.choices)
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "true/false"}
    name = names.get(item.base.__name__, item.base.__name__)
    name = {"datetime": "instant", "date": "date"}.get(name, name)
    return f"list of {name}" if item.is_list else name


def _meaning(item: Field) -> str:
    marks = {PERSON: "a person, kept as a pseudonym", PRIVATE: "kept in the vault only"}
    return "; ".join(text for text in (item.meaning, marks.get(item.kind or "", "")) if text)


if __name__ == "__main__":
    print(catalogue_markdown(), end="")
