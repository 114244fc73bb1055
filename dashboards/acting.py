"""What happens when a manager acts on a pair: the one form of all screens, and its callbacks.

What arrives was sent by a browser: the pair is looked up in what the caller may see before anything is done
about it, and the log's own rules decide what is an event. The form's token makes a double click one action.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import (
    ALL,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    ctx,
    dcc,
    html,
    no_update,
)
from dash.development.base_component import Component

from dashboards import access, data, formats
from dashboards.access import caller, note, scoped
from dashboards.data.publication import Row
from dashboards.handling import alert_of
from dashboards.panels import actions
from dashboards.screen import Scene, scene, setting
from dashboards.speech import say
from warehouse.accounts import ACT
from warehouse.actions import Action, Alert, Deed
from warehouse.drafts import drafts, playbook
from warehouse.errors import KinkeeperError
from warehouse.words import ACT as KINDS
from warehouse.words import CHANNEL, DISMISS_REASON, SNOOZE_REASON, STATE

MAX_MANY = 50
"""How many pairs can be decided about at once: a longer list was not looked at."""

KEYS = "keys"
"""The kind that the browser asks for to see the list of keys."""


def desk() -> list[Component]:
    """The form and what it says afterwards, once for all screens; nothing for those who may not act."""
    if not access.is_let_in() or not caller().may(ACT):
        return []
    modal = dmc.Modal(
        html.Div(id="act-form"),
        id="act-modal",
        title="",
        size="lg",
        closeButtonProps={"aria-label": "Close"},
        transitionProps={"duration": 0},
        returnFocus=False,  # kinkeeper.js does, also where the row was drawn anew
    )
    stores = [dcc.Store(id=name) for name in ("act-ask", "act-quick", "act-back", "act-done")]
    return [*stores, modal, actions.bar(), html.Div(id="act-said", className="act-said", role="status")]


class Desk:
    """One pair somebody acts on, as the caller may see it."""

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self.pair_id, self.token = str(sent.get("pair_id", "")), str(sent.get("token", ""))
        self.scene: Scene = scene()
        found = data.pair.facts(self.scene.publication, self.pair_id)
        if found is None:
            raise KinkeeperError("there is no such pair: reload the page")
        self.row: Row = found
        self.reason = data.pair.foremost_reasons(self.scene.publication, [self.pair_id]).get(self.pair_id)

    @property
    def code(self) -> str:
        """The reason the pair is listed for."""
        return str(self.reason["code"]) if self.reason else str(self.row["state"])

    @property
    def alert(self) -> Alert:
        """The alert that is acted on."""
        return alert_of(self.reason) if self.reason else Alert(self.pair_id, self.code)

    @property
    def called(self) -> str:
        """The two of the pair, by name where the caller may see names."""
        return " and ".join(self.scene.naming([self.row]).people(self.row))

    def form(self, kind: str) -> list[Component]:
        return actions.form(kind, self.row, self.scene.run, self.scene.now, self.code)

    def fields(self, kind: str) -> list[Component]:
        return actions.fields(kind, self.row, self.scene.run, self.scene.now, self.code)

    def act(self, kind: str, said: Mapping[str, str]) -> list[Action]:
        """Commit one action; raises KinkeeperError where something is missing or wrong."""
        is_decision = kind in ("acknowledge", "snooze", "dismiss")
        event, about = self._decided(kind, said) if is_decision else self._done(kind, said)
        when = said.get("when")
        deed = Deed(
            self.pair_id,
            event,
            about,
            alert=self.alert if "alert_id" in about else None,
            happened_at=_instant(when) if when else None,
            note=said.get("note", ""),
        )
        done = setting().actions.take(self.token, caller().account_id, deed)
        note(f"act-{kind}", self.pair_id)
        return [done]

    def _decided(self, kind: str, said: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """The event that a decision about the pair's alert is, with its data."""
        alert = {"alert_id": self.alert.alert_id}
        match kind:
            case "snooze":
                about = {"until_on": self._until(said), "reason": _chosen(said, "reason", SNOOZE_REASON)}
                return "ops.alert_snoozed", alert | about
            case "dismiss":
                return "ops.alert_dismissed", alert | {"reason": _chosen(said, "reason", DISMISS_REASON)}
            case _:
                return "ops.alert_acknowledged", alert

    def _done(self, kind: str, said: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """The event that something done about the pair is, with its data."""
        side = {"party": said["party"]} if said.get("party") in ("mentee", "mentor") else {}
        which = said.get("which", "")
        match kind:
            case "contact":
                is_reached = said.get("reached", "yes") == "yes"
                about = {"channel": _chosen(said, "channel", CHANNEL), "is_reached": is_reached}
                return "ops.support_contact_made", side | about
            case "label":
                return "ops.label_confirmed", side | {"label": _chosen(said, "label", STATE)}
            case "draft" if which in drafts():
                taken = f"draft copied: {which}"
            case "step" if which in _numbers(self.code):
                taken = actions.step_name(self.code, int(which))
            case _:
                raise KinkeeperError("this cannot be done here: reload the page")
        return "ops.action_taken", {"alert_id": self.alert.alert_id, "action": taken}

    def _until(self, said: Mapping[str, str]) -> str:
        until = said.get("until", "")[:10]
        if until <= self.scene.now.date().isoformat():
            raise KinkeeperError("choose a day that is still to come")
        return until


class ManyDesks:
    """Several pairs somebody decides about at once, each as the caller may see it; all of them, or none.

    Each has a token of its own, made of the form's: the form sent twice is the same actions.
    """

    def __init__(self, sent: Mapping[str, Any]) -> None:
        asked, token = sent.get("pairs"), str(sent.get("token", ""))
        pair_ids = list(dict.fromkeys(map(str, asked))) if isinstance(asked, list) else []
        if not 0 < len(pair_ids) <= MAX_MANY:
            raise KinkeeperError(f"select between 1 and {MAX_MANY} pairs")
        self._desks = [Desk({"pair_id": each, "token": _token_of(token, each)}) for each in pair_ids]
        self.scene = self._desks[0].scene

    @property
    def called(self) -> str:
        """How many they are."""
        return formats.plural(len(self._desks), "pair")

    def form(self, kind: str) -> list[Component]:
        return actions.form_of_many(_decision(kind), self.scene.run, self.scene.now)

    def fields(self, kind: str) -> list[Component]:
        return actions.decision_fields(_decision(kind), self.scene.run, self.scene.now)

    def act(self, kind: str, said: Mapping[str, str]) -> list[Action]:
        """Commit one action for each; raises KinkeeperError where something is missing or wrong."""
        return [action for desk in self._desks for action in desk.act(_decision(kind), said)]


def desk_of(sent: Mapping[str, Any]) -> Desk | ManyDesks:
    """What a browser asks to act on: one pair, or several."""
    return ManyDesks(sent) if "pairs" in sent else Desk(sent)


def _token_of(token: str, pair_id: str) -> str:
    """The token of one of several pairs; a form without one stays without one."""
    return hashlib.sha256(f"{token} {pair_id}".encode()).hexdigest()[:32] if token else ""


def _decision(kind: str) -> str:
    if kind not in actions.MANY:
        raise KinkeeperError("this cannot be done about several pairs at once")
    return kind


def _chosen(said: Mapping[str, str], name: str, words: Mapping[str, str]) -> str:
    if said.get(name) not in words:
        raise KinkeeperError(say("choose one first: {name}", name=name))
    return said[name]


def _numbers(code: str) -> list[str]:
    return [str(at) for at in range(1, len(playbook(code).steps) + 1)]


def _instant(text: str) -> dt.datetime:
    """A time that was typed, on the clock that the form named."""
    try:
        return formats.in_utc(dt.datetime.fromisoformat(text))
    except ValueError:
        raise KinkeeperError("the time cannot be read") from None


def said_so(done: Sequence[Action]) -> list[Component]:
    """What was saved, with the way back: one, however many pairs it was about."""
    told, pairs = actions.told(done[0]), formats.plural(len(done), "pair")
    words = say("Saved. {told}.", told=told)
    if len(done) > 1:
        words = say("Saved for {pairs}. {told}.", pairs=pairs, told=told)
    return [html.Span(words), actions.undoer(*done)]


@callback(
    Output("act-modal", "opened"),
    Output("act-modal", "title"),
    Output("act-form", "children"),
    Input("act-ask", "data"),
    prevent_initial_call=True,
)
@scoped(ACT)
def open_form(sent: Mapping[str, Any] | None) -> Any:
    """The form for the pair, or the keys."""
    if not sent:
        return no_update
    if sent.get("kind") == KEYS:
        return True, "Keys", actions.keys_help()
    kind = str(sent.get("kind")) if sent.get("kind") in KINDS else "contact"
    try:
        at = desk_of(sent)
        return True, at.called, at.form(kind)
    except KinkeeperError as error:
        return True, "Nothing to act on", html.P(str(error))


@callback(
    Output("act-fields", "children"),
    Output("act-save", "style"),
    Input("act-kind", "value"),
    State("act-ask", "data"),
    prevent_initial_call=True,  # the form comes with its fields; drawn anew they would take back a choice
)
@scoped(ACT)
def choose_kind(kind: str | None, sent: Mapping[str, Any] | None) -> Any:
    """Another kind of action needs to know other things; a draft is copied, there is nothing to save."""
    if not sent or kind not in KINDS:
        return no_update, no_update
    return desk_of(sent).fields(kind), actions.save_style(kind)


@callback(
    Output("act-modal", "opened", allow_duplicate=True),
    Output("act-trouble", "children"),
    Output("act-said", "children"),
    Output("act-done", "data"),
    Input("act-save", "n_clicks"),
    State("act-kind", "value"),
    State("act-ask", "data"),
    State({"type": "act-field", "name": ALL}, "value"),
    prevent_initial_call=True,
)
@scoped(ACT)
def save(clicks: int | None, kind: str, sent: Mapping[str, Any], _values: list[str | None]) -> Any:
    """Commit what the form says, close it and say so; or say what is wrong and keep it open."""
    if not clicks:
        return no_update, no_update, no_update, no_update
    said = {item["id"]["name"]: item.get("value") or "" for item in ctx.states_list[2]}
    try:
        done = desk_of(sent).act(kind, said)
    except KinkeeperError as error:
        return no_update, f"{str(error)[:1].upper()}{str(error)[1:]}.", no_update, no_update
    return False, "", said_so(done), {"action": done[0].action_id}


@callback(
    Output("act-said", "children", allow_duplicate=True),
    Output("act-done", "data", allow_duplicate=True),
    Input("act-quick", "data"),
    prevent_initial_call=True,
)
@scoped(ACT)
def act_at_once(sent: Mapping[str, Any] | None) -> Any:
    """What needs no form: a pair taken on by its key, a draft copied, a step done."""
    if not sent or sent.get("kind") not in ("acknowledge", "draft", "step"):
        return no_update, no_update
    try:
        done = Desk(sent).act(str(sent["kind"]), {"which": str(sent.get("which", ""))})
    except KinkeeperError as error:
        return [html.Span(str(error))], no_update
    return said_so(done), {"action": done[0].action_id}


@callback(
    Output("act-said", "children", allow_duplicate=True),
    Output("act-done", "data", allow_duplicate=True),
    Input("act-back", "data"),
    prevent_initial_call=True,
)
@scoped(ACT)
def take_back(sent: Mapping[str, Any] | None) -> Any:
    """Undo one action, or several that were one, about pairs that the caller may see."""
    if not sent:
        return no_update, no_update
    try:
        undone = undo(str(sent.get("action_id", "")).split())
    except KinkeeperError as error:
        return [html.Span(str(error))], no_update
    told, pairs = actions.told(undone[0]), formats.plural(len(undone), "pair")
    words = say("Taken back: {told}.", told=told)
    if len(undone) > 1:
        words = say("Taken back for {pairs}: {told}.", pairs=pairs, told=told)
    return [html.Span(words)], {"action": f"{undone[0].action_id}.undo"}


def undo(action_ids: Sequence[str]) -> list[Action]:
    """Take actions back, all or none; answers them.

    Raises KinkeeperError where one is not there, or is about a pair that the caller may not see.
    """
    if not 0 < len(action_ids) <= MAX_MANY:
        raise KinkeeperError("there is no such action: reload the page")
    store = setting().actions
    found = [store.one(action_id) for action_id in action_ids]
    for action in found:
        Desk({"pair_id": action.pair_id})
    for action in found:
        store.undo(action.action_id, caller().account_id)
        note("act-undo", action.pair_id)
    return found


@callback(
    Output("act-modal", "opened", allow_duplicate=True),
    Input("act-cancel", "n_clicks"),
    prevent_initial_call=True,
)
@scoped(ACT)
def close_form(clicks: int | None) -> Any:
    """Close the form and do nothing."""
    return False if clicks else no_update


clientside_callback(
    ClientsideFunction("kinkeeper", "forgetPicked"),
    Output("act-bar", "className"),
    Input("act-done", "data"),
    Input("address", "pathname"),
    Input("address", "search"),
)
