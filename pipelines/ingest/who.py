"""Who is meant: an address, an id or a name to a person of the vault, and people to their relationship.

Nothing is guessed. An address is one person's, in any case, and with a `+tag` where the policy says so; an
id counts within its source; a name is compared whole, without case, spaces and diacritics, and is of no use
where two people go by it. Who is unknown or could be two people waits for a person to say who it is: the
row is quarantined, and tried again afterwards (pipelines/ingest/waiting.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import duckdb

from warehouse.clock import naive_utc
from warehouse.errors import EventRejected
from warehouse.events.codec import check_email, check_person
from warehouse.policy import Policy
from warehouse.vault import EMAIL, NAME, Vault
from warehouse.waiting import IGNORED, Asked, Kind, PersonWaits, answers, fold_name

UNKNOWN = "person.unknown"
AMBIGUOUS = "person.ambiguous"
NO_PAIR = "pair.unknown"
SEVERAL_PAIRS = "pair.ambiguous"

WAITING_CODES = (UNKNOWN, AMBIGUOUS, NO_PAIR, SEVERAL_PAIRS)
"""Reasons that may go away without anybody touching the row: more people or pairs become known."""

_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_WHAT: dict[Kind, str] = {"email": "address", "name": "name", "id": "id"}


@dataclass(frozen=True, slots=True)
class Relationship:
    """One pair of the log: who is on which side, and from when to when it ran (naive UTC)."""

    pair_id: str
    mentees: frozenset[str]
    mentors: frozenset[str]
    starts_at: dt.datetime
    ends_at: dt.datetime | None

    def joins(self, people: Collection[str]) -> bool:
        """Whether both sides are among these people."""
        return any(
            mentee != mentor
            for mentee in self.mentees.intersection(people)
            for mentor in self.mentors.intersection(people)
        )


class Directory:
    """Answers who and which pair during the reading of one file; the log and the vault are read once.

    It also stands where the codec expects the vault: person ids it gave out pass as they are.
    """

    def __init__(self, vault: Vault, con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
        self._vault = vault
        self._con = con
        self._policy = policy
        self._answers = answers(vault.store)
        self._given_out: set[str] = set()
        self._names: dict[str, set[str]] | None = None
        self._relationships: dict[str, list[Relationship]] | None = None

    def person(
        self,
        namespace: str,
        given: str,
        *,
        kind: Kind | None = None,
        field: str | None = None,
        may_be_new: bool = False,
    ) -> str:
        """The person id of whom a source names; `kind` says how, else an `@` makes it an address.

        Raises PersonWaits (an EventRejected) with `person.unknown`, unless `may_be_new`, and with
        `person.ambiguous`; EventRejected `subject.erased` for an erased person.
        """
        asked = asked_for(namespace, given, kind, field)
        if asked.key in self._answers and self._answers[asked.key] is None:
            hint = "somebody said that rows naming this person are to be ignored"
            raise PersonWaits(IGNORED, field, hint, (asked,))
        found = self._found(asked)
        if len(found) > 1:
            _wait(AMBIGUOUS, field, asked)
        person_id = found.pop() if found else self._nobody(asked, field, may_be_new)
        self._remember_spelling(asked, person_id)
        self._given_out.add(person_id)
        return person_id

    def pair_of(self, persons: Iterable[str], at: dt.datetime, field: str | None = "subject") -> str:
        """The id of the relationship between some of these people that ran at an instant.

        Where none ran then, the next one to start (its roster came late), else the last one to end (a late
        meeting is a fact too). Raises EventRejected `pair.unknown` or `pair.ambiguous`.
        """
        people = set(persons)
        known = self._relationships_of(people)
        found = _at(known, naive_utc(at))
        if not found:
            hint = "no relationship of these people is in the log yet: ingest the roster of pairs first"
            raise EventRejected(NO_PAIR, field, hint)
        if len(found) > 1:
            hint = "several relationships of these people ran then: name the pair in a column of its own"
            raise EventRejected(SEVERAL_PAIRS, field, hint)
        return found[0].pair_id

    def only_pair_of(self, person_id: str, at: dt.datetime, field: str | None = "subject") -> str | None:
        """The id of the one relationship of a person that ran at an instant, as `pair_of` counts it.

        None where several did. Raises EventRejected `pair.unknown` where the log knows none at all.
        """
        known = self._load_relationships().get(person_id, [])
        found = _at(known, naive_utc(at))
        if not found:
            hint = "no relationship of this person is in the log yet: ingest the roster of pairs first"
            raise EventRejected(NO_PAIR, field, hint)
        return found[0].pair_id if len(found) == 1 else None

    def pairs_among(self, persons: Iterable[str], at: dt.datetime) -> list[Relationship]:
        """Every relationship among the people of one meeting, as `pair_of` chooses it for two of them.

        None where no two of them are a pair. Raises EventRejected `pair.ambiguous` where two people had two.
        """
        by_people: dict[frozenset[str], list[Relationship]] = defaultdict(list)
        for one in self._relationships_of(set(persons)):
            by_people[one.mentees | one.mentors].append(one)
        chosen = [_at(known, naive_utc(at)) for known in by_people.values()]
        if any(len(found) > 1 for found in chosen):
            hint = "these two had several relationships then: end all but one, or waive the row"
            raise EventRejected(SEVERAL_PAIRS, "subject", hint)
        return sorted((one for found in chosen for one in found), key=lambda one: one.pair_id)

    def pairs_with(self, person_id: str, at: dt.datetime) -> list[Relationship]:
        """Every relationship of one person that ran at an instant."""
        naive = naive_utc(at)
        self._relationships_of(())  # reads them
        known = {one.pair_id: one for pairs in (self._relationships or {}).values() for one in pairs}
        return [
            one
            for _, one in sorted(known.items())
            if person_id in one.mentees | one.mentors
            and one.starts_at <= naive
            and (one.ends_at is None or naive <= one.ends_at)
        ]

    def pseudonym(self, namespace: str, value: str) -> str:
        """The codec's question; who was looked up here has a person id already."""
        return value if value in self._given_out else self._vault.pseudonym(namespace, value)

    def remember(self, person_id: str, private: Mapping[str, str]) -> None:
        """The codec's gift: a name or an address of somebody, by which they are found from now on."""
        self._vault.remember(person_id, private)
        if self._names is not None and "name" in private:
            self._names[fold_name(private["name"])].add(person_id)

    def _found(self, asked: Asked) -> set[str]:
        """Everybody it could be; what somebody answered settles it."""
        answered = self._answers.get(asked.key)
        if answered is not None:
            return {answered}
        match asked.kind:
            case "email":
                return self._by_address(asked)
            case "name":
                return self._by_name(asked)
            case _:
                known = self._vault.find(asked.namespace, asked.given)
                return set() if known is None else {known}

    def _by_address(self, asked: Asked) -> set[str]:
        exact = self._vault.find(EMAIL, asked.given)
        if exact is not None:
            return {exact}
        spellings = alike(asked.given, self._policy)
        found = {person_id for other in spellings if (person_id := self._vault.find(EMAIL, other))}
        if not found:
            for other in spellings:
                self._vault.refuse_erased(EMAIL, other)
        return found

    def _by_name(self, asked: Asked) -> set[str]:
        if self._names is None:
            self._names = defaultdict(set)
            for name, person_id in self._vault.spoken_names():
                self._names[fold_name(name)].add(person_id)
        return set(self._names[fold_name(asked.given)])

    def _nobody(self, asked: Asked, field: str | None, may_be_new: bool) -> str:
        self._vault.refuse_erased(asked.namespace, asked.given)
        if not may_be_new:
            _wait(UNKNOWN, field, asked)
        person_id = self._vault.new_person()
        if asked.kind == "name":
            self.remember(person_id, {"name": asked.given})
        return person_id

    def _remember_spelling(self, asked: Asked, person_id: str) -> None:
        """Keep how a source calls somebody, so that erasing them finds it in what it sent."""
        self._vault.link(asked.namespace, asked.given, person_id)

    def _load_relationships(self) -> dict[str, list[Relationship]]:
        if self._relationships is None:
            self._relationships = defaultdict(list)
            for relationship in _relationships(self._con):
                for person_id in relationship.mentees | relationship.mentors:
                    self._relationships[person_id].append(relationship)
        return self._relationships

    def _relationships_of(self, people: Collection[str]) -> list[Relationship]:
        of_person = self._load_relationships()
        known = {
            relationship.pair_id: relationship
            for person_id in people
            for relationship in of_person.get(person_id, ())
        }
        return [relationship for relationship in known.values() if relationship.joins(people)]


def asked_for(namespace: str, given: str, kind: Kind | None, field: str | None) -> Asked:
    """Whom a cell names, as the vault would call them; raises EventRejected where it names nobody."""
    text = " ".join(given.split())
    if not text:
        raise EventRejected("field.missing", field, "names nobody")
    chosen: Kind = kind or ("email" if "@" in text else "id")
    if chosen == "email":
        return Asked("email", EMAIL, address_of(text, field))
    if chosen == "name":
        return Asked("name", NAME, text)
    check_person(given, field or "id")
    return Asked("id", namespace, given)


def address_of(text: str, field: str | None = None) -> str:
    """The bare address in lower case, out of `mailto:ana@example.org` or `Ana Kim <ana@example.org>`."""
    bracketed = _IN_BRACKETS.search(text)
    address = (bracketed[1] if bracketed else text).strip().lower().removeprefix("mailto:")
    check_email(address or "-", field or "email")
    return address


def alike(address: str, policy: Policy) -> list[str]:
    """Other addresses that are the same mailbox by policy: without its `+tag`, in a domain declared the same.

    Only the tag of the address asked about is left out: two different tags are two addresses.
    """
    mailbox, _, domain = address.rpartition("@")
    bare, plus, _ = mailbox.partition("+")
    mailboxes = [mailbox, bare] if plus and bare and policy.plus_addresses == "same" else [mailbox]
    groups = (group.strip().split("=") for group in policy.same_mail_domains.split(","))
    domains = [domain, *(other for group in groups if domain in group for other in group)]
    others = dict.fromkeys(f"{box}@{place}" for box in mailboxes for place in domains)
    return [other for other in others if other != address]


def together(waits: Sequence[PersonWaits]) -> PersonWaits:
    """One reason for a row in which several people are unknown: the first, asking about all of them."""
    first = waits[0]
    asked = dict.fromkeys(asked for wait in waits for asked in wait.asked)
    return PersonWaits(first.code, first.field, first.hint, tuple(asked))


def _wait(code: str, field: str | None, asked: Asked) -> NoReturn:
    what = _WHAT[asked.kind]
    said = f"several people go by this {what}" if code == AMBIGUOUS else f"nobody is known by this {what}"
    raise PersonWaits(code, field, f"{said}: say who it is with `kinkeeper people`", (asked,))


def _at(known: list[Relationship], at: dt.datetime) -> list[Relationship]:
    """Those that ran then, else the next to start, else the last to end."""
    running = [one for one in known if one.starts_at <= at and (one.ends_at is None or at <= one.ends_at)]
    if running:
        return running
    later = [one.starts_at for one in known if one.starts_at > at]
    if later:
        return [one for one in known if one.starts_at == min(later)]
    last = max((one.ends_at for one in known if one.ends_at is not None), default=None)
    return [one for one in known if one.ends_at == last]


_PAIRS = """
with taken_back as (
    select event_type, source, source_event_id, retracted_source, retracted_id
    from log.typed_event
    where event_type in ('ops.event_retracted', 'ops.event_corrected')
),

-- A retraction may itself be taken back, once: as in staging.retraction.
retracted as (
    select gone.retracted_source as source, gone.retracted_id as source_event_id
    from taken_back as gone
    anti join taken_back as undone
        on gone.source = undone.retracted_source and gone.source_event_id = undone.retracted_id
),

fact as (
    select fact.* from log.typed_event as fact
    anti join retracted using (source, source_event_id)
),

event as (
    select * from fact where pair_id is not null
),

named as (
    select pair_id, mentee_id as person_id, 'mentee' as side from event
    union
    select pair_id, mentor_id, 'mentor' from event
),

-- Whose yes it is: as in core.yes.
yes as (
    select
        event.pair_id,
        event.occurred_at,
        coalesce(
            named.side,
            case when actor_role in ('mentor', 'mentee') then actor_role end,
            case when event_type = 'match.proposed' then 'program' end,
            case when mentor_id is null and mentee_id is not null then 'mentee' end,
            case when mentee_id is null and mentor_id is not null then 'mentor' end,
            'both'
        ) as side
    from event
    left join named on event.pair_id = named.pair_id and event.actor_id = named.person_id
    where event_type in ('match.proposed', 'match.accepted')
),

said as (
    select
        pair_id,
        min(occurred_at) filter (where side in ('mentor', 'both')) as mentor_first_at,
        min(occurred_at) filter (where side in ('mentee', 'both')) as mentee_first_at,
        max(occurred_at) filter (where side in ('mentor', 'both')) as mentor_last_at,
        max(occurred_at) filter (where side in ('mentee', 'both')) as mentee_last_at
    from yes
    group by pair_id
),

-- With the first yes of both they agreed, with the latest of both they did so anew.
agreed as (
    select
        pair_id,
        greatest(mentor_first_at, mentee_first_at) as agreed_at,
        least(mentor_last_at, mentee_last_at) as again_at
    from said
    where mentor_first_at is not null and mentee_first_at is not null
),

told as (
    select
        pair_id,
        min(occurred_at) as first_at,
        min(occurred_at) filter (
            where event_type in ('match.accepted', 'relationship.started')
        ) as accepted_at,
        max(occurred_at) filter (where event_type in ('match.declined', 'outreach.declined')) as declined_at,
        max(occurred_at) filter (where event_type = 'relationship.ended') as ended_at,
        max(occurred_at) filter (where event_type = 'relationship.reopened') as reopened_at
    from event
    group by pair_id
),

-- A no after both agreed is an end; what was over begins anew where it is reopened, or both say yes again.
life as (
    select
        pair_id,
        first_at,
        accepted_at,
        greatest(ended_at, case when declined_at > agreed_at then declined_at end) as ended_at,
        greatest(reopened_at, case when again_at > agreed_at then again_at end) as renewed_at
    from told
    left join agreed using (pair_id)
    where declined_at is null or accepted_at > declined_at or agreed_at < declined_at
),

party as (
    select pair_id, mentee_id as person_id, 'mentee' as side from event
    union
    select pair_id, mentor_id, 'mentor' from event
    union
    select pair_id, actor_id, actor_role from event where actor_role in ('mentee', 'mentor')
    union
    select pair_id, actor_id, unnest(['mentee', 'mentor']) from event where actor_role = 'peer'
),

-- Who left the program and has not come back.
gone as (
    select
        person_id,
        max(occurred_at) filter (where event_type = 'participant.withdrew') as left_at,
        max(occurred_at) filter (where event_type <> 'participant.withdrew') as came_at
    from fact
    where event_type in ('participant.withdrew', 'participant.registered', 'participant.resumed')
    group by person_id
    having left_at is not null and coalesce(came_at <= left_at, true)
),

-- A side is gone when the last of its people is.
departure as (
    select pair_id, max(left_at) as left_at
    from party
    left join gone using (person_id)
    where person_id is not null
    group by pair_id, side
    having count(*) = count(left_at)
)

select
    pair_id,
    list(person_id) filter (where side = 'mentee') as mentees,
    list(person_id) filter (where side = 'mentor') as mentors,
    any_value(coalesce(accepted_at, first_at)) as starts_at,
    least(
        any_value(case when renewed_at is null or ended_at > renewed_at then ended_at end),
        min(case when left_at >= coalesce(renewed_at, accepted_at, first_at) then left_at end)
    ) as ends_at
from life
inner join party using (pair_id)
left join departure using (pair_id)
where person_id is not null
group by pair_id
"""


def _relationships(con: duckdb.DuckDBPyConnection) -> Iterator[Relationship]:
    """Every pair the log knows, out of its own tables: no build is needed."""
    for pair_id, mentees, mentors, starts_at, ends_at in con.execute(_PAIRS).fetchall():
        yield Relationship(pair_id, frozenset(mentees or ()), frozenset(mentors or ()), starts_at, ends_at)
