"""The program's policy in plain words: every threshold in force, and what it would be unless said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from annotated_types import Ge, Le
from dash import html
from dash.development.base_component import Component
from pydantic.fields import FieldInfo

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.speech import number, say, translated
from warehouse.policy import Policy

SECTIONS = {
    "program_id": "The program",
    "cadence_default_days": "Rhythm of contact",
    "not_started_days": "Who waits for whom",
    "too_early_days": "Bands",
    "session_match_hours": "Sessions and time",
    "weight_cadence": "Relationship health",
    "support_first_contacts": "Support, surveys and risk",
    "alert_gone_days": "Alerts, privacy and late data",
}
"""The setting that a section begins with -> what it is about."""

HEADS = ("What it says", "In force", "Unless said", "Allowed")


def policy_sections(run: Row) -> list[Component]:
    """A table a section, with every setting of the run; open where something was changed."""
    return [
        html.Details(
            [
                html.Summary(say("{section} ({n:,})", section=title, n=len(names))),
                components.table(HEADS, [_setting(name, run) for name in names], title, (1, 2)),
            ],
            open=any(_is_changed(name, run) for name in names),
        )
        for title, names in _sections(run)
    ]


def n_changed(run: Row) -> int:
    """How many settings differ from what they would be unless said."""
    return sum(_is_changed(name, run) for name in Policy.model_fields)


def policy_history(policies: Sequence[Row]) -> Component:
    """Since when which policy is in force, the newest first, with what each changed."""
    return components.card(
        _history(policies)
        if policies
        else html.P("None is noted yet: the next build notes the policy that it judges by."),
        title="Policies in force",
        note="A build as of now notes the policy it judges by, if it is not the one noted last.",
    )


def _history(policies: Sequence[Row]) -> Component:
    rows = [
        (
            formats.instant(row["set_at"]),
            components.wrapped(*_changed(row)),
            html.Code(row["policy_fingerprint"]),
        )
        for row in policies
    ]
    return components.table(("First judged by", "What changed", "Policy"), rows, "Policies in force")


def _changed(row: Row) -> list[Component]:
    said: list[Component] = [html.Div(html.Code(change)) for change in row["changes"] or ()]
    return said or [html.Div("Everything is as it comes")]


def other_policy(policies: Sequence[Row], run: Row) -> Component | None:
    """A warning that a day is judged by another policy than the one that was in force on it."""
    if not policies or policies[0]["policy_fingerprint"] == run["policy_fingerprint"]:
        return None
    then = dict(setting.split(" = ", 1) for setting in policies[0]["settings"] or ())
    names = [name for name, value in then.items() if name in run and json.loads(value) != run[name]]
    told = ", ".join(say("{name} was {value}", name=name, value=then[name]) for name in names)
    return components.banner(
        say(
            "This build judges by another policy than the one in force on {day}: {told}.",
            day=formats.day(run["as_of"]),
            told=told or policies[0]["policy_fingerprint"],
        )
    )


def _is_changed(name: str, run: Row) -> bool:
    return name in run and bool(run[name] != Policy.model_fields[name].default)


def _sections(run: Row) -> Iterator[tuple[str, list[str]]]:
    title = ""
    names: list[str] = []
    for name in Policy.model_fields:
        if name in SECTIONS:
            if names:
                yield title, names
            title, names = SECTIONS[name], []
        if name in run:
            names.append(name)
    yield title, names


def _setting(name: str, run: Row) -> tuple[Any, ...]:
    field = Policy.model_fields[name]
    allowed = _allowed(field)
    meaning = field.description or name
    words = translated(meaning.rpartition("; ")[0] if allowed else meaning)
    told = _told(run[name])
    return (
        components.wrapped(f"{words[:1].upper()}{words[1:]}", html.Code(name, className="note")),
        html.Span(told, className="changed") if _is_changed(name, run) else told,
        _told(field.default),
        allowed,
    )


def _allowed(field: FieldInfo) -> str:
    """The range of a number; what else is allowed, its description says."""
    low = next((limit.ge for limit in field.metadata if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    return "" if low is None or high is None else say("{low:g} to {high:g}", low=low, high=high)


def _told(value: Any) -> Any:
    if isinstance(value, bool):
        return translated("Yes" if value else "No")
    if isinstance(value, int | float):
        return number(value, "g" if isinstance(value, float) else ",")
    return html.Code(value) if value else formats.NONE
