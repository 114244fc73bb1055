"""A survey in a mapping, written out as the events of its items.

    [survey]
    instrument = "pulse"               see docs/sources/surveys.md
    wave = "2026-spring"               or {column = "wave"}; "month" is the month of the answer
    response = "ResponseId"            the column with the id of a response
    time = "EndDate"
    mode = "aggregate_only"            or coordinator_visible: what was promised
    respondent = {email = "RecipientEmail"}
    pair = "pair_id"                   or {person = {email = "RecipientEmail"}}
    party = {column = "I am a", map = {Mentor = "mentor", Mentee = "mentee"}}

    [survey.items]                     item of the instrument -> question, id or ImportId
    fit = "Q3_1"

    [survey.scale]                     where the printed words are not the instrument's
    labels = {"Strongly agree" = 5, Agree = 4}
    blank = ["N/A"]

An item left blank is no event. Numbers and printed words both count; what is neither holds the row back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.ingest.readers.headings import ANSWER_MONTH
from warehouse.errors import SettingsError
from warehouse.instruments import Instrument, Item

BY_MONTH = "month"
_VISIBILITY = {"aggregate_only": "aggregate", "coordinator_visible": "coordinator", None: None}

Columns = dict[str, list[str]]


class _Scale(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: dict[str, int | str] = Field(default_factory=dict)
    blank: tuple[str, ...] = ()


class _Survey(BaseModel):
    """The block as it is written; origins are checked where events are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instrument: str
    wave: Any
    response: str
    time: Any
    mode: Literal["aggregate_only", "coordinator_visible"] | None = None
    respondent: Any = None
    pair: Any = None
    party: Any = None
    items: dict[str, str | list[str]] = Field(default_factory=dict)
    scale: _Scale = _Scale()
    when: dict[str, Any] = Field(default_factory=dict)
    partial: Literal["keep", "ignore"] = "keep"
    complete: dict[str, Any] = Field(default_factory=dict)
    incomplete: dict[str, Any] = Field(default_factory=dict)


def with_survey(document: Mapping[str, Any], instruments: Mapping[str, Instrument]) -> dict[str, Any]:
    """A mapping's document with an event for each item instead of its survey.

    Without items of its own a survey may ask any of the instrument's, each known by its id or its text.
    """
    try:
        survey = _Survey.model_validate(document["survey"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(["survey", *map(str, first["loc"])])
        raise SettingsError(f"{where}: {first['msg']}; see docs/sources/surveys.md") from None
    instrument = _instrument(survey.instrument, instruments)
    bound = {item: _names(said) for item, said in survey.items.items()}
    asked = bound or {item.id: _own_names(instrument, item) for item in instrument.items}
    if unknown := sorted(asked.keys() - instrument.by_id.keys()):
        known = ", ".join(instrument.by_id)
        raise SettingsError(f"survey.items: {instrument.id} has no item {', '.join(unknown)}: it has {known}")
    _refuse_twice(asked)
    rest = {key: value for key, value in document.items() if key != "survey"}
    ignored = [*rest.get("ignore", ()), *([{"when": survey.incomplete}] if _drops_partial(survey) else [])]
    return rest | {
        "event": [
            *rest.get("event", ()),
            *(_event(survey, instrument, instrument.by_id[item], names[0]) for item, names in asked.items()),
        ],
        "ignore": ignored,
        "alias": rest.get("alias", {}) | {names[0]: names[1:] for names in asked.values() if names[1:]},
        "some_of": [] if bound else [names[0] for names in asked.values()],
    }


def _instrument(name: str, instruments: Mapping[str, Instrument]) -> Instrument:
    if name not in instruments:
        hint = f"there is {', '.join(sorted(instruments))}; yours go below <home>/instruments"
        raise SettingsError(f"survey.instrument: there is no instrument {name!r}: {hint}")
    return instruments[name]


def _names(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


def _own_names(instrument: Instrument, item: Item) -> list[str]:
    """What an item's column may be called where nobody bound it: its id or its text."""
    return [item.id, f"{instrument.id}_{item.id}", *([item.text] if instrument.licence == "CC0-1.0" else [])]


def _refuse_twice(asked: Mapping[str, list[str]]) -> None:
    firsts = [names[0] for names in asked.values()]
    if twice := sorted({name for name in firsts if firsts.count(name) > 1}):
        raise SettingsError(f"survey.items: two items are bound to {', '.join(twice)}")


def _drops_partial(survey: _Survey) -> bool:
    return survey.partial == "ignore" and bool(survey.incomplete)


def _event(survey: _Survey, instrument: Instrument, item: Item, column: str) -> dict[str, Any]:
    """One event of the mapping: the answer to one item."""
    wave = {"column": ANSWER_MONTH} if survey.wave == BY_MONTH else survey.wave
    data: dict[str, Any] = {
        "wave": {"value": wave} if isinstance(wave, str) else wave,
        "instrument": {"value": instrument.id},
        "item": {"value": item.id},
    }
    if survey.mode is not None:
        data["survey_mode"] = {"value": survey.mode}
    if survey.party is not None:
        data["party"] = survey.party
    said: dict[str, Any] = {"column": column, "alike": True}
    if item.is_scored:
        steps = instrument.scale.n_steps
        data |= {"score": said | {"map": _steps(survey.scale, instrument)}, "score_max": {"value": steps}}
    else:
        data["choice"] = said | {"map": _choices(survey.scale, item)}
    optional = {
        "pair": survey.pair,
        "actor": survey.respondent,
        "actor_role": survey.party,
        "visibility": _VISIBILITY[survey.mode],
    }
    return {
        "type": "survey.answered" if item.is_scored else "survey.choice_made",
        "when": survey.when | (survey.complete if _drops_partial(survey) else {}),
        "skip_if_empty": column,
        "empty": list(survey.scale.blank),
        "id": f"{{{survey.response}}}-{item.id}",
        "time": survey.time,
        "recorded": survey.time,
        "correlation": survey.response,
        "data": data,
    } | {key: value for key, value in optional.items() if value is not None}


def _steps(scale: _Scale, instrument: Instrument) -> dict[str, int]:
    """Everything an answer may say -> its step, counted from 1: numbers and printed words."""
    low = instrument.scale.min
    top = instrument.scale.max
    printed = {label: number for label, number in scale.labels.items() if isinstance(number, int)}
    labels = printed or {label: number for number, label in enumerate(instrument.scale.labels, low)}
    if outside := [label for label, number in labels.items() if not low <= number <= top]:
        raise SettingsError(f"survey.scale.labels: {outside[0]!r} is outside the scale, {low} to {top}")
    said = {str(number): number - low + 1 for number in range(low, top + 1)}
    return said | {label: number - low + 1 for label, number in labels.items()}


def _choices(scale: _Scale, item: Item) -> dict[str, str]:
    """Everything a choice may say -> its code: the code, as words, or what the mapping prints for it."""
    said = {choice: choice for choice in item.choices}
    said |= {choice.replace("_", " "): choice for choice in item.choices}
    return said | {
        label: code for label, code in scale.labels.items() if isinstance(code, str) and code in item.choices
    }
