"""What a manager can do about a pair: the buttons, the form behind them, and what was done before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.handling import Handling
from dashboards.speech import AsIs, lowered, say, translated
from warehouse.actions import MAX_NOTE, Action
from warehouse.clock import is_between
from warehouse.drafts import Playbook, drafts, playbook
from warehouse.words import ACT, CHANNEL, DISMISS_REASON, HANDLING, SNOOZE_REASON, STATE, party

MANY = ("acknowledge", "snooze", "dismiss")
"""What can be done about several pairs at once: decisions, which ask the same of each."""

NEXT_BUILD = "In the log with the next build."


def opener(pair_id: str, called: str, kind: str = "", word: str = "Act …") -> Component:
    """A button that opens the form for a pair; kinkeeper.js listens to it."""
    return html.Button(
        word,
        className="act-open",
        **{
            "data-pair": pair_id,
            "data-kind": kind,
            "aria-haspopup": "dialog",
            "aria-label": say("{act}: {called}", act=word.removesuffix(" …"), called=called),
        },
    )


def undoer(*actions: Action) -> Component:
    """A button that takes an action back, or several at once."""
    ids = " ".join(action.action_id for action in actions)
    return html.Button("Undo", className="act-undo", **{"data-action": ids})


def bar() -> Component:
    """What can be done about the pairs that are selected; shown while some are."""
    kinds = {kind: ACT[kind] for kind in MANY}
    buttons = [html.Button(word, className="act-many", **{"data-kind": kind}) for kind, word in kinds.items()]
    clear = html.Button("Clear", className="act-clear")
    told = html.Span(id="act-picked", role="status")
    return html.Div(
        [told, *buttons, clear],
        id="act-bar",
        className="act-bar",
        role="toolbar",
        hidden=True,
        **{"aria-label": "Selected pairs"},
    )


def handled(handling: Handling | None) -> str:
    """What was decided about a pair, in a few words; nothing where nobody decided, or it is over."""
    if handling is None or not (handling.is_quiet or handling.is_taken):
        return ""
    until = (
        "" if handling.until_on is None else say(" until {until_on}", until_on=formats.day(handling.until_on))
    )
    return say("{decided}{until}", decided=HANDLING[handling.kind], until=until)


def stands(handling: Handling | None, owner: str) -> str:
    """What was decided about an item and whose it is, in one line."""
    decided = handled(handling)
    return say("{decided} · {owner}", decided=decided, owner=owner) if decided and owner else decided or owner


# --- the form ------------------------------------------------------------------------------------------


def form(kind: str, row: Row, run: Row, now: dt.datetime, code: str) -> list[Component]:
    """The form for one pair: what is done, what has to be known for it, and the button that saves it."""
    return _form(kind, list(ACT), fields(kind, row, run, now, code))


def form_of_many(kind: str, run: Row, now: dt.datetime) -> list[Component]:
    """The form for several pairs, with one reason and one note for all of them."""
    return _form(kind, MANY, decision_fields(kind, run, now))


def _form(kind: str, kinds: Sequence[str], known: list[Component]) -> list[Component]:
    return [
        dmc.Select(
            id="act-kind",
            label="What do you do?",
            data=[{"value": value, "label": ACT[value]} for value in kinds],
            value=kind,
            allowDeselect=False,
            openOnFocus=False,
            mb="sm",
            **{"data-autofocus": True},
        ),
        html.Div(known, id="act-fields", className="act-fields"),
        html.P(id="act-trouble", className="trouble", role="alert"),
        html.Div(
            [
                html.P(NEXT_BUILD, className="note"),
                dmc.Button("Cancel", id="act-cancel", variant="default"),
                dmc.Button("Save", id="act-save", style=save_style(kind)),
            ],
            className="act-foot",
        ),
    ]


def save_style(kind: str) -> dict[str, str]:
    """How the button that saves is drawn: a draft is copied, there is nothing to save."""
    return {"display": "none"} if kind == "draft" else {}


def fields(kind: str, row: Row, run: Row, now: dt.datetime, code: str) -> list[Component]:
    """What has to be known for one kind of action about one pair."""
    match kind:
        case "label":
            states = {value: word for value, word in STATE.items() if value not in _NO_LABEL}
            return [
                html.P("What you say counts until the two are in touch again.", className="note"),
                select("label", "The state", states, row["state"] if row["state"] in states else None),
                select("party", "About", _sides(row), row["waiting_on"]),
                _note(),
            ]
        case "draft":
            return [*may_be_written_to(row, run, now), *_drafts(playbook(code), row["pair_id"])]
        case "contact":
            return [
                select("party", "With whom", _sides(row), row["waiting_on"]),
                select("channel", "How", CHANNEL, "call"),
                select("reached", "Reached?", {"yes": "Yes", "no": "No"}, "yes"),
                dmc.DateTimePicker(
                    id=field("when"),
                    label=formats.zone_head("When"),
                    value=formats.on_clock(now).strftime("%Y-%m-%d %H:%M:00"),
                    valueFormat="D MMM YYYY, HH:mm",
                    submitButtonProps={"aria-label": "Use this time"},
                ),
                _note(),
            ]
        case _:
            return decision_fields(kind, run, now)


def decision_fields(kind: str, run: Row, now: dt.datetime) -> list[Component]:
    """What has to be known for a decision about the alert of one pair, or of several."""
    match kind:
        case "snooze":
            until = now.date() + dt.timedelta(days=run["snooze_days"])
            return [
                dmc.DatePickerInput(
                    id=field("until"),
                    label="Until",
                    description="It is back on that day, or at once for another reason.",
                    value=until.isoformat(),
                    minDate=(now.date() + dt.timedelta(days=1)).isoformat(),
                ),
                select("reason", "Why", SNOOZE_REASON, "waits for an answer"),
                _note(),
            ]
        case "dismiss":
            days = formats.plural(run["dismissed_days"], "day")
            told = say(
                "It stays away for {days}, or until there is another reason. The backtest learns from it.",
                days=days,
            )
            return [html.P(told, className="note"), select("reason", "Why", DISMISS_REASON), _note()]
        case _:
            told = "It stays on the list, marked as yours."
            return [html.P(told, className="note"), _note()]


_NO_LABEL = frozenset({"data_late", "no_contact_feed", "ended", "network", "proposed", "declined", "paused"})


def field(name: str) -> dict[str, str]:
    """The id of one field of the form."""
    return {"type": "act-field", "name": name}


def select(name: str, label: str, words: Mapping[str, str], value: str | None = None) -> Component:
    """A choice of the form."""
    options = [{"value": code, "label": word} for code, word in words.items()]
    known = value if value in words else None
    return dmc.Select(id=field(name), label=label, data=options, value=known, allowDeselect=False)


def _sides(row: Row) -> dict[str, str]:
    names = {side: party(side, row["direction"]).capitalize() for side in ("mentee", "mentor")}
    return names | {"both": "Both"}


def _note() -> Component:
    return dmc.Textarea(
        id=field("note"),
        label="Note",
        description=say("Kept sealed, up to {most:,} characters. Nothing confidential.", most=MAX_NOTE),
        debounce=True,  # sent when the field is left: else a quick click on Save came before the last letters
        autosize=True,
        minRows=2,
        maxRows=6,
    )


def may_be_written_to(row: Row, run: Row, now: dt.datetime) -> list[Component]:
    """Of each side whether it may be written to at this moment: not on leave, not twice, not at night."""
    held = [(side, why) for side in ("mentee", "mentor") if (why := _why_not(side, row, run, now))]
    if not held:
        return [html.P("Both may be written to now.", className="note")]
    names = _sides(row)
    told = [say("{side}: {why}", side=names[side], why=why) for side, why in held]
    return [html.P(words, className="note") for words in told]


def _why_not(side: str, row: Row, run: Row, now: dt.datetime) -> str:
    """Why the program does not write to a side now, and when it may; empty where it may."""
    if row[f"is_{side}_on_leave"]:
        return translated("on leave, wait until they are back.")
    written_on = row[f"{side}_written_on"]
    again_on = None if written_on is None else written_on + dt.timedelta(days=run["message_days"])
    if again_on is not None and now.date() < again_on:
        return say(
            "the program wrote to them on {day}, wait until {again}.",
            day=formats.day(written_on),
            again=formats.day(again_on),
        )
    zone_name = row[f"{side}_time_zone"] or run["time_zone"]
    hours = run["quiet_from_hour"], run["quiet_until_hour"]
    if is_between(formats.hour_of(now, zone_name), *hours):
        until = f"{hours[1]:02}:00"
        return say(
            "it is {time} there, wait until {until}.", time=formats.local_time(now, zone_name), until=until
        )
    return ""


def _drafts(book: Playbook, pair_id: str) -> list[Component]:
    """Every draft, those that suit the reason first and open."""
    others = [draft for draft in drafts().values() if draft not in book.drafts]
    return [
        html.Details(
            [
                html.Summary(draft.title),
                html.P(say("For {to}.", to=draft.to), className="note"),
                html.Pre(draft.text, id=f"draft-{draft.key}", className="draft", tabIndex="0"),
                html.Button(
                    "Copy and note it",
                    className="act-copy",
                    **{
                        "data-pair": pair_id,
                        "data-copied": translated("Copied"),
                        "data-which": draft.key,
                        "aria-label": say("Copy: {title}", title=draft.title),
                    },
                ),
            ],
            open=at == 0,
        )
        for at, draft in enumerate([*book.drafts, *others])
    ]


# --- the pair's file -----------------------------------------------------------------------------------


def pair_actions(
    row: Row,
    code: str,
    called: str,
    state: str,
    done: Sequence[tuple[Action, str]],
) -> list[Component]:
    """What can be done about a pair, the steps of its playbook, and what was done, with its notes.

    `state` is what was decided about its item, and whose it is.
    """
    buttons = [opener(row["pair_id"], called, kind, word) for kind, word in ACT.items()]
    return [
        html.Div(buttons, className="act-row"),
        html.P(state, className="act-state", role="status") if state else html.P(role="status"),
        html.Div([_steps(row["pair_id"], code, done), _done(done)], className="columns"),
    ]


def _steps(pair_id: str, code: str, done: Sequence[tuple[Action, str]]) -> Component:
    taken = {action.data["action"]: action for action, _ in done if action.event == "ops.action_taken"}
    items = []
    for at, words in enumerate(playbook(code).steps, start=1):
        action = taken.get(step_name(code, at))
        mark = html.Span("✓ " if action else "○ ", className="mark", **{"aria-hidden": "true"})
        if action is None:
            what = {
                "data-pair": pair_id,
                "data-which": str(at),
                "aria-label": say("Done: {words}", words=words),
            }
            button: Component = html.Button("Done", className="act-step", **what)
        else:
            button = html.Span(["done ", formats.day(action.happened_at), " ", undoer(action)])
        items.append(html.Li([html.Span([mark, words]), button]))
    return html.Div([html.H3("Steps for this reason"), html.Ul(items, className="act-list")])


def step_name(code: str, at: int) -> str:
    """What the event calls a step of the playbook."""
    return f"step {at}: {code}"


def _done(done: Sequence[tuple[Action, str]]) -> Component:
    items = [
        html.Li(
            [
                html.Span([html.Strong(told(action)), f", {formats.instant(action.happened_at)}"]),
                html.P(AsIs(written), className="note") if written else None,
                undoer(action),
            ]
        )
        for action, written in reversed(done)
    ]
    nothing = html.P("Nothing yet. What you do here is an event of the pair.", className="note")
    return html.Div([html.H3("Done so far"), html.Ul(items, className="act-list") if items else nothing])


def told(action: Action) -> str:
    """An action in a few words."""
    about: Mapping[str, Any] = action.data
    match action.event:
        case "ops.alert_snoozed":
            return say(
                "Snoozed until {until_on}", until_on=formats.day(dt.date.fromisoformat(about["until_on"]))
            )
        case "ops.alert_dismissed":
            return say("Dismissed: {reason}", reason=about["reason"])
        case "ops.alert_acknowledged":
            return "Taken on"
        case "ops.support_contact_made":
            how = lowered(CHANNEL.get(about.get("channel", ""), "Contact"))
            return say(
                "Support contact ({how}), {value}",
                how=how,
                value=translated("reached" if about["is_reached"] else "not reached"),
            )
        case "ops.label_confirmed":
            return say("State confirmed: {state}", state=STATE.get(about["label"], about["label"]))
        case _:
            return str(about["action"]).capitalize()


def keys_help() -> list[Component]:
    """The keys of the list, and the switch that turns them off."""
    keys = [
        ["J, K", "next and previous pair"],
        ["Enter", "open the form of the pair in focus"],
        ["A", "take it on"],
        ["S", "snooze"],
        ["L", "log a support contact"],
        ["D", "dismiss"],
        ["X", "select, to act on several at once"],
        ["O", "open the pair's file"],
        ["/", "find a pair"],
        ["?", "this list"],
    ]
    states = {"data-on": translated("Single keys are on."), "data-off": translated("Single keys are off.")}
    return [
        components.table(["Key", "What it does"], [[html.Kbd(key), words] for key, words in keys], "Keys"),
        html.P(html.Button("Switch single keys on or off", className="keys-switch", **states)),
        html.P(id="keys-state", role="status", className="note"),
    ]
