"""The quarantine for a person who decides: what waits and why, what it looks like, and what can be asked.

Nothing here shows what a line says. What is asked for becomes a request; the next build carries it out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.speech import ENGLISH, lowered, say
from dashboards.viewer import viewer
from warehouse.requests import MAX_REASON, Request, Target
from warehouse.words import HELD, QUARANTINE_ACTION

OpenRequests = Mapping[Target, Request]

NEXT_BUILD = "It is done with the next build; kinkeeper quarantine redrive --requested does it at once."

ALL = {"reason": "all ", "line": "", "file": "the file "}


def reasons(rejected: Sequence[Row], asked: OpenRequests, now: dt.datetime) -> list[Component]:
    """One block for each source and reason for which lines wait."""
    waiting = [row for row in rejected if row["n_open"]]
    if not rejected:
        nothing = html.P("Every row that arrived could be read.")
        return [components.state("Nothing was rejected", nothing, mark="✓")]
    if not waiting:
        settled = formats.plural(sum(row["n_rows"] for row in rejected), "row")
        return [
            components.state(
                "Nothing waits", html.P(say("{settled} came back or were waived.", settled=settled)), mark="✓"
            )
        ]
    read = html.P(
        [
            "Is the mapping at fault, put the mended one into the inbox and try again. To read what a line "
            "says, on this machine only: ",
            html.Code("kinkeeper quarantine show ID"),
        ],
        className="note under",
    )
    return [*(_reason(row, asked, now) for row in waiting), read]


def _reason(row: Row, asked: OpenRequests, now: dt.datetime) -> Component:
    target = Target.of_reason(row["source"], row["code"])
    n_days = (now - row["open_since_at"]).days
    age = formats.plural(n_days, "day") if n_days else "today"
    since = say("{day} ({age})", day=formats.day(row["open_since_at"]), age=age)
    told = [
        html.Strong(formats.plural(row["n_open"], "line waits", "lines wait")),
        say(" from {source}, the oldest since {since}", source=row["source"], since=since),
        say("; {lines} in all", lines=formats.plural(row["n_rows"], "line")),
        say(", {n_waived:,} waived", n_waived=row["n_waived"]) if row["n_waived"] else "",
    ]
    return html.Section(
        [
            html.H3(html.Code(row["code"])),
            html.P(told),
            *_hint(row["code"], row["sample_field"], row["hint"]),
            dcc.Link("Say who they are", href="/people") if row["code"].startswith("person.") else None,
            shape(row["sample_shape"]),
            desk(target, asked.get(target), can_redrive=row["n_open"] > row["n_open_in_refused_files"]),
            html.Div(_see_lines(target), id={"type": "held-lines", "key": target.key}),
        ],
        className="held",
    )


def _hint(code: str, field: str | None, hint: str) -> list[Component]:
    """What is wrong and what to do: the reader's words for its kind before the hint, which is English."""
    english = html.Span(hint, lang="en")
    told = html.P([html.Code(field), ": ", english] if field else english, className="note")
    kind = HELD.get(code.partition(".")[0])
    return [told] if kind is None or viewer().language in ENGLISH else [html.P(kind, className="note"), told]


def _see_lines(target: Target) -> Component:
    return button("See the lines", {"type": "see-lines", "key": target.key}, is_quiet=True)


def lines(rows: Sequence[Row], n_open: int, asked: OpenRequests) -> list[Component]:
    """The lines of one reason, each with what can be asked for it."""
    shown = [_line(row, asked) for row in rows]
    if n_open > len(rows):
        rest = say(
            "{more_lines} of this reason: kinkeeper quarantine list",
            more_lines=formats.plural(n_open - len(rows), "more line"),
        )
        shown.append(html.Li(rest, className="note"))
    return [html.Ul(shown, className="held-lines")]


def _line(row: Row, asked: OpenRequests) -> Component:
    place = "the whole file" if row["is_whole_file"] else say("line {line:,}", line=row["line"])
    target = target_of(row)
    later = say(
        "A later file of this name was accepted on {later_file_at}: if it is this one, mended, "
        "waive this one.",
        later_file_at=formats.day(row["later_file_at"]),
    )
    return html.Li(
        [
            html.P(
                [
                    html.Strong(row["file_name"]),
                    say(", {place}, since {seen_at}", place=place, seen_at=formats.day(row["seen_at"])),
                ]
            ),
            html.P(html.Code(row["quarantine_id"])),
            *_hint(row["code"], None, row["hint"]),
            html.P(later, className="note") if row["later_file_at"] else None,
            shape(row["shape"]),
            desk(target, asked.get(target), can_redrive=target.kind == "line"),
        ]
    )


def target_of(row: Row) -> Target:
    """What is asked for a row of the lines: a file that was refused is one thing."""
    return Target("file", row["file_id"]) if row["is_whole_file"] else Target("line", row["quarantine_id"])


def shape(text: str | None) -> Component | None:
    """What a line looks like."""
    if not text:
        return None
    return html.Pre(
        html.Code(text), className="shape", tabIndex="0", **{"aria-label": "What the line looks like"}
    )


def desk(target: Target, request: Request | None, *, can_redrive: bool) -> Component:
    """Where something is asked for a target, and where it stands afterwards."""
    return html.Div(
        desk_content(target, request, can_redrive=can_redrive),
        id={"type": "desk", "kind": target.kind, "key": target.key},
        className="desk",
    )


@dataclass(frozen=True)
class Trouble:
    """Why an action could not be asked for, and the texts that were typed, by action, to be mended."""

    action: str
    why: str
    texts: Mapping[str, str]


def desk_content(
    target: Target, request: Request | None, *, can_redrive: bool, trouble: Trouble | None = None
) -> list[Component]:
    """What can be asked for, or what was asked and can be taken back."""
    if request is not None:
        return _asked(target, request)
    can_correct = can_redrive and target.kind == "line"
    offered = [
        html.P(trouble.why, className="trouble", role="alert") if trouble else None,
        button(say("Try {all}again", all=ALL[target.kind]), act(target, "redrive")) if can_redrive else None,
        _correcting(target, trouble) if can_correct else None,
        _waiving(target, trouble),
    ]
    return [part for part in offered if part is not None]


def _asked(target: Target, request: Request) -> list[Component]:
    said = say(
        "Asked {asked_at}: {quarantine_action}. ",
        asked_at=formats.instant(request.asked_at),
        quarantine_action=lowered(QUARANTINE_ACTION[request.action]),
    )
    words = html.P([html.Strong(said), NEXT_BUILD], role="status")
    if request.started_at is not None:
        return [html.P([html.Strong(said), "A build is doing it now."], role="status")]
    return [words, button("Withdraw", act(target, "withdraw"), is_quiet=True)]


def _correcting(target: Target, trouble: Trouble | None) -> Component:
    text = dmc.Textarea(
        id={"type": "desk-text", "kind": target.kind, "key": target.key, "action": "correct"},
        label="The line as it should be",
        description="Paste one line; for a CSV its header and the row. It is kept sealed until it is done.",
        value=trouble.texts.get("correct") if trouble else None,
        autosize=True,
        minRows=2,
        maxRows=8,
    )
    send = button("Send corrected line", act(target, "correct"))
    is_open = trouble is not None and trouble.action == "correct"
    return html.Details([html.Summary("Correct …"), text, send], open=is_open)


def _waiving(target: Target, trouble: Trouble | None) -> Component:
    text = dmc.TextInput(
        id={"type": "desk-text", "kind": target.kind, "key": target.key, "action": "waive"},
        label="Why nothing is missing without it",
        description=say(
            "No names, up to {max_reason} characters. Waived lines are kept and stay in the books.",
            max_reason=MAX_REASON,
        ),
        value=trouble.texts.get("waive") if trouble else None,
    )
    word = say("Waive {all}", all=ALL[target.kind]).strip()
    send = button(word, act(target, "waive"))
    is_open = trouble is not None and trouble.action == "waive"
    return html.Details([html.Summary(f"{word} …"), text, send], open=is_open)


def act(target: Target, action: str) -> dict[str, str]:
    """The id of the button that asks for an action."""
    return {"type": "desk-act", "kind": target.kind, "key": target.key, "action": action}


def button(word: str, name: dict[str, str], *, is_quiet: bool = False) -> Component:
    """A small button; a quiet one beside what matters more."""
    return dmc.Button(word, id=name, size="xs", variant="default" if is_quiet else "light")


def closed(requests: Sequence[Request]) -> list[Component]:
    """What was asked for lately and what came of it."""
    if not requests:
        return []
    items = [
        html.Li(
            [
                html.Strong(request.outcome),
                html.P(
                    [
                        f"{QUARANTINE_ACTION[request.action]}, ",
                        html.Code(request.target.key),
                        f", {formats.instant(request.done_at)}",
                    ],
                    className="note",
                ),
            ]
        )
        for request in requests
    ]
    return [html.H3("What was asked for lately"), html.Ul(items, className="held-lines")]
