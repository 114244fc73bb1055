"""Who is who: people that sources name and nobody knows yet, and what somebody answers about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from pipelines.commands.options import Home, Json, opened_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.ingest.waiting import Settled
    from warehouse.answers import Answer, Waiting

people = typer.Typer(no_args_is_help=True, help="Who is who: people that rows name and nobody knows yet.")

WaitingId = Annotated[str, typer.Argument(metavar="ID", help="An id from `kinkeeper people waiting`.")]
Names = Annotated[
    bool, typer.Option("--names", help="Show the addresses and names: personal data, for your eyes only.")
]


@people.command("waiting")
def people_waiting(
    names: Names = False,
    all_: Annotated[bool, typer.Option("--all", help="Also who was answered.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Who is unknown or could be two people, and how many rows wait for it."""
    from pipelines.ingest.waiting import look_again
    from warehouse.answers import Answers

    with opened_home(home) as opened:
        look_again(opened)
        answers = Answers(opened.vault.store, opened.clock)
        found = [*answers.waiting(), *(answers.answered() if all_ else [])]
    if json_:
        console.emit({"rows": [as_dict(one, names=names) for one in found]})
        return
    for one in found:
        console.tell(in_words(one, names=names))
    if not found:
        console.tell("Nobody is asked about: every person that rows name is known.")
    elif not names:
        console.tell("Add --names to see what they are called.", style="dim")


@people.command("resolve")
def people_resolve(
    waiting_id: WaitingId,
    person: Annotated[
        str, typer.Argument(help="A known person: an address, a name, a source's id, or a person id.")
    ],
    home: Home = None,
    json_: Json = False,
) -> None:
    """It is somebody known: the rows that wait are tried again."""
    from warehouse.known import known_person

    _answer(
        home,
        json_,
        lambda answers, opened: answers.link(waiting_id, known_person(opened.vault.store, person)),
    )


@people.command("create")
def people_create(waiting_id: WaitingId, home: Home = None, json_: Json = False) -> None:
    """It is somebody new: they become a person, and the rows that wait are tried again."""
    _answer(home, json_, lambda answers, _opened: answers.create(waiting_id))


@people.command("ignore")
def people_ignore(
    waiting_id: WaitingId,
    reason: Annotated[
        str, typer.Option(help="Why nothing is missing without them, such as: a recording bot.")
    ],
    home: Home = None,
    json_: Json = False,
) -> None:
    """They are nobody of the program: rows that name them are waived, also those to come."""
    _answer(home, json_, lambda answers, _opened: answers.ignore(waiting_id, reason))


@people.command("undo")
def people_undo(waiting_id: WaitingId, home: Home = None, json_: Json = False) -> None:
    """Take an answer back: they are asked about again, and events that came of it are retracted."""
    _answer(home, json_, lambda answers, _opened: answers.undo(waiting_id))


def _answer(home: Path | None, json_: bool, say: Callable[..., Answer]) -> None:
    """Leave an answer and carry out all that were left; say what came of it."""
    from pipelines.ingest.waiting import carry_out
    from warehouse.answers import Answers
    from warehouse.errors import KinkeeperError

    with opened_home(home) as opened:
        answers = Answers(opened.vault.store, opened.clock)
        mine = say(answers, opened)
        done = carry_out(opened)
    if json_:
        console.emit({"answers": [one.as_dict() for one in done]})
    else:
        for one in done:
            console.tell(f"{one.answer.action} {one.answer.waiting_id}: {one.outcome}")
    refused = next((one for one in done if one.answer.answer_id == mine.answer_id and _is_refused(one)), None)
    if refused is not None and not json_:
        raise KinkeeperError(refused.outcome)
    if refused is not None:
        raise typer.Exit(1)


def _is_refused(done: Settled) -> bool:
    return done.outcome.startswith("not done")


def as_dict(one: Waiting, *, names: bool) -> dict[str, object]:
    """One person asked about for a machine; what they are called only where that was asked for."""
    return {
        "waiting_id": one.waiting_id,
        "kind": one.kind,
        "code": one.code,
        "status": one.status,
        "n_rows": one.n_rows,
        "sources": list(one.sources),
        "since_at": one.since_at.isoformat() + "Z",
        "person_id": one.person_id,
        "given": one.given if names else None,
    }


_KIND = {"email": "an address", "name": "a name", "id": "an id"}


def in_words(one: Waiting, *, names: bool) -> str:
    """One person asked about for people: the id first, whole, to be copied."""
    called = one.given if names else _KIND[one.kind]
    why = "could be several people" if one.code == "person.ambiguous" else "is known to nobody"
    rows = "1 row waits" if one.n_rows == 1 else f"{one.n_rows} rows wait"
    told = f"{one.waiting_id}  {called} {why}"
    if one.is_answered:
        return f"{told}\n    {one.status}{'' if one.person_id is None else f' as {one.person_id}'}"
    sources = f" from {', '.join(one.sources)}" if one.sources else ""
    text = f"{told}\n    {rows}{sources}, since {one.since_at:%Y-%m-%d}"
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)
