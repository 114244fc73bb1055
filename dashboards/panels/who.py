"""Who is who, for a person who decides: whom rows ask about, who it might be, and what can be answered.

What somebody is called is personal data: it is shown, and answered about, only where names are switched on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.panels.quarantine import button
from dashboards.speech import AsIs, lowered, say
from warehouse.answers import Answer, Waiting
from warehouse.known import Known
from warehouse.requests import MAX_REASON
from warehouse.words import PERSON_ANSWER_WORD, PERSON_KIND

NEXT_BUILD = "It is done with the next build; kinkeeper quarantine redrive --requested does it at once."


@dataclass(frozen=True)
class Trouble:
    """Why something could not be answered, and what was typed, by action, to be mended."""

    action: str
    why: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """One person asked about, the answer that waits for a build if there is one, and who it might be."""

    one: Waiting
    answer: Answer | None = None
    offered: Sequence[Known] = ()
    trouble: Trouble | None = None


def questions(asked: Sequence[Question], now: dt.datetime) -> list[Component]:
    """One block for each person rows ask about."""
    if not asked:
        nothing = html.P("Every person that rows name is known.")
        return [components.state("Nobody is asked about", nothing, mark="✓")]
    return [_question(question, now) for question in asked]


def _question(question: Question, now: dt.datetime) -> Component:
    one = question.one
    n_days = (now - one.since_at).days
    age = say(" ({age})", age=formats.plural(n_days, "day")) if n_days > 0 else ""
    sources = say(" from {sources}", sources=AsIs(", ".join(one.sources))) if one.sources else ""
    told = [
        html.Strong(formats.plural(one.n_rows, "row waits", "rows wait")),
        say("{sources}, since {since_at}{age}", sources=sources, since_at=formats.day(one.since_at), age=age),
        ". Several known people could be meant." if one.code == "person.ambiguous" else "",
    ]
    return html.Section(
        [
            html.H3(
                [AsIs(one.given), html.Span(say(" · {kind}", kind=PERSON_KIND[one.kind]), className="note")]
            ),
            html.P(told),
            html.Div(content(question), id={"type": "who", "key": one.waiting_id}, className="desk"),
        ],
        className="held",
    )


def content(question: Question) -> list[Component]:
    """What can be answered, or what was and can be withdrawn."""
    one, trouble = question.one, question.trouble
    if question.answer is not None:
        return _answered(one, question.answer)
    offered = [
        html.P(trouble.why, className="trouble", role="alert") if trouble else None,
        *(
            button(say("It is {called}", called=_called(known)), act(one, "link", known.person_id))
            for known in question.offered
        ),
        button("A new person", act(one, "create"), is_quiet=True),
        _linking(one, trouble, is_only=not question.offered),
        _ignoring(one, trouble),
    ]
    return [part for part in offered if part is not None]


def _called(known: Known) -> str:
    return AsIs(" · ".join(part for part in (known.name, known.email) if part))


def _answered(one: Waiting, answer: Answer) -> list[Component]:
    said = say(
        "Answered {asked_at}: {person_answer_word}. ",
        asked_at=formats.instant(answer.asked_at),
        person_answer_word=lowered(PERSON_ANSWER_WORD[answer.action]),
    )
    if answer.started_at is not None:
        return [html.P([html.Strong(said), "A build is doing it now."], role="status")]
    words = html.P([html.Strong(said), NEXT_BUILD], role="status")
    return [words, button("Withdraw", act(one, "withdraw"), is_quiet=True)]


def _linking(one: Waiting, trouble: Trouble | None, *, is_only: bool) -> Component:
    text = dmc.TextInput(
        id={"type": "who-text", "key": one.waiting_id, "action": "link"},
        label="Who it is",
        description="Somebody known: their whole name, an address, a source's id of them or a person id.",
        value=trouble.texts.get("link") if trouble else None,
    )
    send = button("It is this person", act(one, "link"))
    word = "Somebody known …" if is_only else "Somebody else known …"
    return html.Details(
        [html.Summary(word), text, send], open=trouble is not None and trouble.action == "link"
    )


def _ignoring(one: Waiting, trouble: Trouble | None) -> Component:
    text = dmc.TextInput(
        id={"type": "who-text", "key": one.waiting_id, "action": "ignore"},
        label="Why nothing is missing without them",
        description=say(
            "No names, up to {max_reason} characters: a recording bot, a guest. Also rows to come.",
            max_reason=MAX_REASON,
        ),
        value=trouble.texts.get("ignore") if trouble else None,
    )
    send = button("Ignore", act(one, "ignore"))
    is_open = trouble is not None and trouble.action == "ignore"
    return html.Details([html.Summary("Ignore …"), text, send], open=is_open)


def act(one: Waiting, action: str, person_id: str = "") -> dict[str, str]:
    """The id of the button that answers; `person_id` is whom it offers."""
    return {"type": "who-act", "key": one.waiting_id, "action": action, "person": person_id}


def settled(asked: Sequence[Question], names: Mapping[str, str]) -> list[Component]:
    """Who was answered lately, each with a way back."""
    if not asked:
        return []
    return [html.Ul([_settled(question, names) for question in asked], className="held-lines")]


def _settled(question: Question, names: Mapping[str, str]) -> Component:
    one = question.one
    who = AsIs(names.get(one.person_id or "", one.person_id or ""))
    words = {
        "linked": say("is {who}", who=who),
        "created": say("is new: {who}", who=who),
        "ignored": say("is ignored: {reason}", reason=AsIs(one.reason or "")),
    }
    taking_back = (
        _answered(one, question.answer)
        if question.answer is not None
        else [button("Take back", act(one, "undo"), is_quiet=True)]
    )
    return html.Li(
        [
            html.P([html.Strong(AsIs(one.given)), f" {words[one.status]}"]),
            html.P(
                say(
                    "{person_kind}, answered {settled_at}",
                    person_kind=PERSON_KIND[one.kind],
                    settled_at=formats.instant(one.settled_at),
                ),
                className="note",
            ),
            html.Div(taking_back, id={"type": "who", "key": one.waiting_id}, className="desk"),
        ]
    )


def hidden(waiting: Sequence[Waiting]) -> list[Component]:
    """What is said where names are not shown: how much waits, and how to see whom for."""
    if not waiting:
        return questions([], dt.datetime.min)
    n_people = formats.plural(len(waiting), "person is", "people are")
    kinds = [
        (PERSON_KIND[kind], formats.count(sum(one.kind == kind for one in waiting)))
        for kind in PERSON_KIND
        if any(one.kind == kind for one in waiting)
    ]
    return [
        components.state(
            say("{n_people} asked about", n_people=n_people),
            components.facts(kinds),
            html.P("What they are called is personal data. To see it here and to answer:"),
            components.command("kinkeeper serve --names"),
            html.P("Or on the command line, on this machine only:"),
            components.command("kinkeeper people waiting --names"),
        )
    ]
