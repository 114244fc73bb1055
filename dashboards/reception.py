"""Who somebody is, behind the buttons of `panels/who.py`.

What arrives here was sent by a browser: nothing is answered where names are not shown, whom an answer is
about and whom it links to is looked up again, and a build carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash.development.base_component import Component

from dashboards.access import caller, note
from dashboards.panels.who import Question, Trouble, content
from dashboards.screen import setting
from warehouse.accounts import NAMES
from warehouse.answers import Answers, Waiting
from warehouse.errors import KinkeeperError
from warehouse.known import Known, known_people, known_person, offers


def answers() -> Answers:
    """The answers of the home that is shown."""
    return Answers(setting().requests.store, setting().clock)


def shows_people() -> bool:
    """Whether the caller may see what people are called."""
    return setting().shows_names and caller().may(NAMES)


def asked() -> list[Question]:
    """Whom rows ask about, with who it might be."""
    waiting = answers().waiting()
    offered = offers(waiting, known_people(setting().requests.store)) if waiting else {}
    return _questions(waiting, offered)


def settled(limit: int) -> list[Question]:
    """Who was answered lately."""
    return _questions(answers().answered(limit), {})


def act(waiting_id: str, action: str, person_id: str, texts: Mapping[str, str]) -> list[Component]:
    """Leave an answer, or withdraw one; what comes back is how the question stands now."""
    if not shows_people():
        raise PermissionError("names are not shown here, so nothing is answered here")
    trouble = None
    try:
        _say(waiting_id, action, person_id, texts)
        note(f"people-{action}", waiting_id)
    except KinkeeperError as error:
        trouble = Trouble(action, str(error), texts)
    one = answers().person(waiting_id)
    if one.is_answered:
        (question,) = _questions([one], {})
        return content(Question(one, question.answer))
    (question,) = _questions([one], offers([one], known_people(setting().requests.store)))
    return content(Question(one, question.answer, question.offered, trouble))


def _questions(waiting: Sequence[Waiting], offered: Mapping[str, Sequence[Known]]) -> list[Question]:
    said = {answer.waiting_id: answer for answer in answers().open()}
    return [Question(one, said.get(one.waiting_id), offered.get(one.waiting_id, ())) for one in waiting]


def _say(waiting_id: str, action: str, person_id: str, texts: Mapping[str, str]) -> None:
    match action:
        case "link":
            called = person_id or texts.get("link", "").strip()
            if not called:
                raise KinkeeperError("say who it is first")
            answers().link(waiting_id, known_person(setting().requests.store, called))
        case "create":
            answers().create(waiting_id)
        case "ignore":
            answers().ignore(waiting_id, texts.get("ignore", ""))
        case "undo":
            answers().undo(waiting_id)
        case "withdraw":
            _withdraw(waiting_id)
        case _:
            raise KinkeeperError("this cannot be answered here")


def _withdraw(waiting_id: str) -> None:
    said = next((answer for answer in answers().open() if answer.waiting_id == waiting_id), None)
    if said is None or not answers().withdraw(said.answer_id):
        raise KinkeeperError("a build has begun to do it: reload the page to see what came of it")
