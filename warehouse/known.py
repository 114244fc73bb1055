"""Whom the vault knows, for the one who says who somebody is: found surely, or offered to choose from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from warehouse.answers import Waiting
from warehouse.erasure import Erasures
from warehouse.errors import KinkeeperError
from warehouse.vault import ERASURE, IDENTITY, NAME, PERSON
from warehouse.waiting import fold_name

N_OFFERED = 4
MIN_WORD = 3
"""Letters from which on a word of a name tells anything."""

_BETWEEN = re.compile(r"[\W_\d]+")


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the vault, by what they are called: personal data."""

    person_id: str
    name: str | None
    email: str | None

    @property
    def words(self) -> frozenset[str]:
        """What their name and the mailbox of their address are made of."""
        return words_of(self.name or "") | words_of(mailbox(self.email or ""))


def known_people(engine: sa.Engine) -> list[Known]:
    """Everybody the vault has a name or an address of, but whoever was erased."""
    going = sa.select(ERASURE.c.person_id)
    query = sa.select(PERSON.c.person_id, PERSON.c.name, PERSON.c.email).where(
        sa.or_(PERSON.c.name.is_not(None), PERSON.c.email.is_not(None)), PERSON.c.person_id.not_in(going)
    )
    with engine.connect() as connection:
        return [Known(*row) for row in connection.execute(query.order_by(PERSON.c.name, PERSON.c.person_id))]


def known_person(engine: sa.Engine, called: str) -> str:
    """The person id of whom a source, an address, a name or the log calls so, whole.

    Raises KinkeeperError where nobody, or more than one person, is called so.
    """
    text = " ".join(called.split())
    erasures = Erasures(engine)
    namesakes = _called(engine, fold_name(text)) if text else set()
    if len(namesakes) > 1:
        raise KinkeeperError(f"several people go by this name, give one of {', '.join(sorted(namesakes))}")
    person_id = namesakes.pop() if namesakes else erasures.find(text)
    if erasures.get(person_id) is not None:
        raise KinkeeperError("this person was erased: nothing is linked to them any more")
    return person_id


def offers(waiting: Iterable[Waiting], people: Iterable[Known]) -> dict[str, list[Known]]:
    """For each person asked about, a few they might be, who share a word of the name or the mailbox.

    It only saves typing: nothing is ever linked because of it.
    """
    sharing: dict[str, list[Known]] = defaultdict(list)
    for known in people:
        for word in known.words:
            sharing[word].append(known)
    return {one.waiting_id: _best(one, sharing) for one in waiting}


def _best(one: Waiting, sharing: dict[str, list[Known]]) -> list[Known]:
    words = words_of(mailbox(one.given) if one.kind == "email" else one.given)
    close = {known.person_id: known for word in words for known in sharing.get(word, ())}.values()
    ranked = sorted(close, key=lambda known: (-len(known.words & words), known.name or "", known.person_id))
    return ranked[:N_OFFERED]


def words_of(text: str) -> frozenset[str]:
    """The words of a name that tell anything, folded."""
    return frozenset(word for word in _BETWEEN.split(fold_name(text)) if len(word) >= MIN_WORD)


def mailbox(address: str) -> str:
    """What stands before the @."""
    return address.partition("@")[0]


def _called(engine: sa.Engine, folded: str) -> set[str]:
    aliases = sa.select(IDENTITY.c.value, IDENTITY.c.person_id).where(IDENTITY.c.namespace == NAME)
    names = sa.select(PERSON.c.name, PERSON.c.person_id).where(PERSON.c.name.is_not(None))
    with engine.connect() as connection:
        found = [*connection.execute(names), *connection.execute(aliases)]
    return {person_id for name, person_id in found if fold_name(name) == folded}
