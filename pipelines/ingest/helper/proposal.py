"""A mapping proposed for a table: what its rows are, which column becomes what, why, and what must be asked.

It goes by what columns hold and are called; what it concluded is written beside it in the TOML, so that
whoever knows the source can correct it. The order of day and month and the time zone are asked for where the
file does not settle them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipelines.ingest.helper.columns import (
    IN_WORDS,
    MENTEE_WORDS,
    MENTOR_WORDS,
    Column,
    Holds,
    columns_of,
    words_of,
)
from pipelines.ingest.helper.dates import IN_WORDS as ORDER_IN_WORDS
from pipelines.ingest.helper.dates import ORDERS, Order, short_pattern
from pipelines.ingest.helper.table import Table
from pipelines.ingest.rows import slug
from warehouse.waiting import fold_name

SESSION_WORDS = frozenset(
    {"session", "sessions", "meeting", "meetings", "call", "appointment", "treffen", "sitzung"}
)
PAIR_WORDS = frozenset(
    {"pair", "pairing", "match", "matching", "relationship", "connection", "mentorship", "tandem"}
)
ID_WORDS = frozenset({"id", "number", "no", "key", "code", "ref", "reference", "uuid"})
MINUTE_WORDS = frozenset({"minutes", "minute", "min", "mins", "duration", "length", "dauer", "duree"})
STATUS_WORDS = frozenset({"status", "outcome", "state", "result", "attendance"})
COHORT_WORDS = frozenset({"cohort", "batch", "intake", "group"})
SCORE_WORDS = frozenset({"rating", "score", "satisfaction", "how", "rate", "question", "q"})
FROM_WORDS = frozenset({"from", "sender", "author"})
TO_WORDS = frozenset({"to", "recipient", "receiver"})
ROLE_WORDS = frozenset({"role", "type", "rolle"})
END_WORDS = frozenset(
    {
        "end",
        "ended",
        "ends",
        "finish",
        "until",
        "due",
        "deadline",
        "birth",
        "birthday",
        "dob",
        "updated",
        "modified",
    }
    | {"left", "leave", "closed", "planned"}
)
TIME_WORDS = (
    frozenset(
        {"start", "started", "starts", "begin", "beginn", "held", "accepted", "matched", "joined", "sent"}
    ),
    frozenset({"date", "datum", "fecha", "when", "day"}),
    frozenset({"time", "timestamp", "at", "on"}),
)
"""What a column of the time something happened is called, the surest words first."""

STATUS: dict[str, frozenset[str]] = {
    "held": frozenset(
        {"held", "completed", "complete", "done", "attended", "yes", "took place", "happened", "met"}
    ),
    "cancelled": frozenset({"cancelled", "canceled", "called off", "abgesagt", "annule", "cancelada"}),
    "no_show_mentor": frozenset({"mentor no show", "mentor no-show", "no show mentor", "mentor absent"}),
    "no_show_mentee": frozenset({"mentee no show", "mentee no-show", "no show mentee", "mentee absent"}),
    "planned": frozenset(
        {"planned", "scheduled", "upcoming", "pending", "booked", "open", "confirmed", "draft"}
    ),
}
"""What a session is said to be, by what becomes of it; `planned` is no event yet."""

MEETING_SHARE = 0.7
"""Where no more than this share of the rows are different pairs, pairs meet again: rows are meetings."""

NAMESPACE = "program"
"""Whose person ids a proposal says they are: the same in every mapping, so that rosters and reports meet."""

PERSON_HOLDS: tuple[Holds, ...] = ("address", "id", "name")
"""What a column of people holds, the surest first."""

_WAYS = {"address": "email", "id": "id", "name": "name"}


@dataclass(frozen=True, slots=True)
class Question:
    """Something the file does not settle, and the option that does."""

    option: str
    text: str
    choices: tuple[str, ...] = ()


@dataclass
class Proposal:
    """A mapping for a table, with its reasons; `what` is None where it is not clear what its rows are.

    `becomes` says of each column used what it is for; `unfinished` what only a person can add to `toml`.
    """

    table: Table
    columns: list[Column]
    what: str | None = None
    meaning: str = ""
    toml: str = ""
    becomes: dict[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def propose(table: Table, today: dt.date, *, order: Order | None = None, zone: str | None = None) -> Proposal:
    """The mapping that fits a table best; `order` and `zone` are what was answered.

    `today` stands in where a table of people does not say since when they take part.
    """
    return _Draft(table, order, zone, today).proposal()


class _Draft:
    """A proposal in the making: columns are taken out of the table as they find their use."""

    def __init__(self, table: Table, order: Order | None, zone: str | None, today: dt.date) -> None:
        self.table = table
        self.order, self.zone, self.today = order, zone, today
        self.columns = columns_of(table)
        self.made = Proposal(table, self.columns)
        self.mentor = self._person(MENTOR_WORDS, but=MENTEE_WORDS)
        self.mentee = self._person(MENTEE_WORDS, but=MENTOR_WORDS)
        self.pair = self._pair()
        self.time = self._time()

    def proposal(self) -> Proposal:
        kinds = (self._survey, self._messages, self._sessions, self._pairs, self._participants)
        blocks = next((blocks for kind in kinds if (blocks := kind()) is not None), None)
        if blocks is None:
            blocks = self._unknown()
        self.made.toml = "\n".join([*self._head(), *self._times(), *blocks]) + "\n"
        return self.made

    # What the columns are for

    def _of(self, *holds: Holds) -> list[Column]:
        return [column for column in self.columns if column.holds in holds]

    def _person(self, words: frozenset[str], but: frozenset[str] = frozenset()) -> Column | None:
        for holds in PERSON_HOLDS:
            for column in self._of(holds):
                if column.has(words) and not column.has(but):
                    return column
        return None

    def _pair(self) -> Column | None:
        found = (
            column
            for column in self._of("id", "number", "choice", "text")
            if column.has(PAIR_WORDS)
            and not column.has(MENTOR_WORDS | MENTEE_WORDS | frozenset({"status", "type"}))
        )
        return next(found, None)

    def _time(self) -> Column | None:
        dates = [column for column in self._of("date") if not column.has(END_WORDS)]
        for words in TIME_WORDS:
            for column in dates:
                if column.has(words):
                    return column
        return dates[0] if dates else None

    def _key(self, *words: frozenset[str]) -> Column | None:
        """A column that tells rows apart and may stand in an id."""
        keys = [column for column in self._of("id") if column.is_key]
        keys += [column for column in self._of("number") if column.is_key and column.has(ID_WORDS)]
        people = {column.name for column in (self.mentor, self.mentee) if column}
        keys = [
            column for column in keys if column.name not in people and column.n_filled == len(self.table.rows)
        ]
        for wanted in words:
            for column in keys:
                if column.has(wanted):
                    return column
        return keys[0] if keys else None

    def _first(self, words: frozenset[str], *holds: Holds) -> Column | None:
        return next((column for column in self._of(*holds) if column.has(words)), None)

    # Kinds of table

    def _sessions(self) -> list[str] | None:
        people = self._two_people()
        status = self._status()
        minutes = self._first(MINUTE_WORDS, "number")
        titles = words_of(self.table.name).union(*(column.words for column in self.columns))
        is_session = bool(titles & SESSION_WORDS) or minutes is not None or status is not None
        if not is_session and self._meet_again(people):
            self.made.reasons.append(
                "the same two stand in several rows, so a row is a meeting and not a pair"
            )
            is_session = True
        if self.time is None or not is_session or (self.pair is None and len(people) < 2):
            return None
        self._is("sessions", "one row per meeting")
        key = self._key(SESSION_WORDS, frozenset({"event"}))
        head = [*self._identity(key, people), f"time = {_text(self.time.name)}", self._about(people)]
        told = [self._session_id(key)]
        if minutes is not None:
            told.append(f"minutes = {_text(minutes.name)}")
            self._use(minutes, "minutes of the meeting")
        elif duration := self._first(MINUTE_WORDS, "duration", "decimal"):
            self.made.reasons.append(
                f"{duration.name!r} is left out: {IN_WORDS[duration.holds]} {duration.note}".rstrip()
                + ", and minutes are whole numbers here"
            )
        if status is None:
            return _event("session.held", head, told)
        return self._by_status(status, head, told)

    def _by_status(self, status: Column, head: list[str], told: list[str]) -> list[str]:
        self._use(status, "what became of the meeting")
        said: dict[str, list[str]] = {}
        for choice in status.choices:
            said.setdefault(_status_of(choice), []).append(choice)
        blocks: list[str] = []
        for what, choices in said.items():
            when = f"when = {{ {_text(status.name)} = {_list(choices)} }}"
            if what == "held":
                blocks += _event("session.held", [when, *head], told)
            elif what == "cancelled":
                blocks += _event("session.cancelled", [when, *head], told[:1])
            elif what.startswith("no_show"):
                party = what.removeprefix("no_show_")
                blocks += _event(
                    "session.no_show", [when, *head], [told[0], f'party = {{ value = "{party}" }}']
                )
            elif what == "planned":
                blocks += [
                    "",
                    "# Not held yet: no event until it says what became of it.",
                    "[[ignore]]",
                    when,
                ]
        if unknown := said.get("unknown"):
            words = ", ".join(map(_text, unknown))
            blocks += ["", f"# Say what these are: {words}. Until then their rows are held back."]
            self.made.unfinished.append(f"{status.name!r}: say what {words} means")
        return blocks

    def _pairs(self) -> list[str] | None:
        if self.mentor is None or self.mentee is None or self.time is None:
            return None
        self._is("pairs", "one row per pair")
        people = [self.mentor, self.mentee]
        key = self.pair if self.pair and self.pair.is_key else self._key(PAIR_WORDS)
        rest = [f"time = {_text(self.time.name)}"]
        rest.append(f"recorded = {_text(self.time.name)} # an old list counts as known when it happened")
        cohort = self._cohort()
        told = [f"mentor_id = {_who(self.mentor)}", f"mentee_id = {_who(self.mentee)}"]
        head = [*self._identity(key, people), *rest, self._about(people, begins=True), *cohort]
        return [
            *self._registered(self.mentor, "mentor", rest),
            *self._registered(self.mentee, "mentee", rest),
            *_event("match.accepted", [*head, 'actor_role = { value = "pm" }'], told),
        ]

    def _registered(self, person: Column, side: str, rest: list[str]) -> list[str]:
        """The person behind an address or id, where the table tells their name too."""
        words = MENTOR_WORDS if side == "mentor" else MENTEE_WORDS
        named = next((column for column in self._of("name") if column.has(words) and column != person), None)
        if named is None or self.time is None:
            return []
        self._use(named, f"name of the {side}: kept in the vault")
        told = [
            f"person_id = {_who(person)}",
            f'role = {{ value = "{side}" }}',
            f"name = {_text(named.name)}",
        ]
        if person.holds == "id" and (email := self._email_of(words)):
            told.append(f"email = {_text(email.name)}")
        return _event(
            "participant.registered", [f"key = {_list([person.name, self.time.name])}", *rest], told
        )

    def _email_of(self, words: frozenset[str]) -> Column | None:
        email = self._first(words, "address")
        if email is not None:
            self._use(email, "address: kept in the vault")
        return email

    def _participants(self) -> list[str] | None:
        addresses, keys, names = self._of("address"), self._key(ID_WORDS), self._of("name")
        person = keys or (addresses[0] if addresses else None)
        if person is None or not (addresses or names) or self.pair is not None:
            return None
        self._is("participants", "one row per person")
        self._use(person, "who it is")
        told = [f"person_id = {_who(person)}", self._role()]
        for name, found in (("name", names), ("email", [one for one in addresses if one != person])):
            if found:
                told.append(f"{name} = {_text(found[0].name)}")
                self._use(found[0], f"{name}: kept in the vault")
        if person.holds == "address":
            told.append(f"email = {_text(person.name)}")
        if self.time is not None:
            time = _text(self.time.name)
            self._use(self.time, "since when")
        else:
            time = f'{{ value = "{self.today}T00:00:00Z" }}'
            self.made.reasons.append(f"no column says since when: everybody counts from {self.today} on")
        return _event("participant.registered", [f"key = {_list([person.name])}", f"time = {time}"], told)

    def _role(self) -> str:
        party = next(iter(self._of("party")), None) or self._first(ROLE_WORDS, "choice")
        sides = {choice: _side_of(choice) for choice in party.choices} if party else {}
        if party is not None and all(sides.values()):
            self._use(party, "their role")
            pairs = ", ".join(f"{_text(choice)} = {_text(str(side))}" for choice, side in sides.items())
            return f"role = {{ column = {_text(party.name)}, map = {{ {pairs} }} }}"
        words = words_of(self.table.name)
        side = "mentor" if words & MENTOR_WORDS else "mentee" if words & MENTEE_WORDS else None
        if side is None:
            self.made.unfinished.append("say whether they are mentors or mentees: role of [[event]]")
            return 'role = { value = "mentee" }'
        self.made.reasons.append(f"they are {side}s, as the file's name says")
        return f'role = {{ value = "{side}" }}'

    def _messages(self) -> list[str] | None:
        sender, receiver = self._person(FROM_WORDS), self._person(TO_WORDS)
        if sender is None or receiver is None or self.time is None:
            return None
        self._is("messages", "one row per message")
        people = [sender, receiver]
        head = [
            *self._identity(self._key(frozenset({"message"})), people),
            f"time = {_text(self.time.name)}",
            self._about(people),
            f"actor = {_who(sender)}",
        ]
        return _event("exchange.message_sent", head, [f"to_id = {_who(receiver)}"])

    def _survey(self) -> list[str] | None:
        scores = [
            column
            for column in self._of("number")
            if (column.has(SCORE_WORDS) or column.name.endswith("?")) and not column.has(ID_WORDS)
        ]
        questions = [column for column in self.columns if column.name.endswith("?")]
        if self.time is None or len(scores) + len(questions) < 2 or self.pair is not None:
            return None
        self._is("survey", "one row per response")
        respondent = next(iter(self._of("address")), None)
        response = self._key(frozenset({"response", "respondent"}))
        blocks = [
            "",
            "[survey]",
            'instrument = "pulse" # or your own: docs/sources/surveys.md',
            'wave = "month"',
        ]
        blocks.append(f"response = {_text((response or self.time).name)}")
        blocks.append(f"time = {_text(self.time.name)}")
        self._use(self.time, "when it was answered")
        if respondent is not None:
            self._use(respondent, "who answered")
            blocks.append(f"respondent = {{ email = {_text(respondent.name)} }}")
            blocks.append(f"pair = {{ person = {{ email = {_text(respondent.name)} }} }}")
        blocks += ["", "[survey.items]", "# item of the instrument = question of the file; take the # away:"]
        blocks += [f"# item = {_text(column.name)}" for column in dict.fromkeys([*scores, *questions])]
        self.made.unfinished.append("bind the questions to items of an instrument, in [survey.items]")
        return blocks

    def _unknown(self) -> list[str]:
        self.made.unfinished.append("say what a row is: add an [[event]] (docs/events.md lists the types)")
        lines = ["", "# What a row is could not be told. The columns hold:"]
        lines += [f"#   {column.name}: {IN_WORDS[column.holds]}" for column in self.columns]
        example = [
            "",
            "# [[event]]",
            '# type = "session.held"',
            '# key = ["column", "column"]',
            '# time = "column"',
            '# pair = { people = [{ email = "column" }, { email = "column" }] }',
            '# data = { session_id = { column = "column", slug = true } }',
        ]
        return [*lines, *example]

    # Parts

    def _is(self, what: str, meaning: str) -> None:
        self.made.what, self.made.meaning = what, meaning

    def _use(self, column: Column, what_for: str) -> None:
        self.made.becomes.setdefault(column.name, what_for)

    def _two_people(self) -> list[Column]:
        sides = [column for column in (self.mentor, self.mentee) if column is not None]
        if len(sides) == 2:
            return sides
        addresses = self._of("address")
        return addresses[:2] if len(addresses) >= 2 else sides

    def _meet_again(self, people: Sequence[Column]) -> bool:
        """Whether the same two people, or the same pair, stand in several rows at different times."""
        told = [self.pair] if self.pair is not None else list(people)
        if self.time is None or len(told) < 1 + (self.pair is None):
            return False
        places = [self.table.header.index(column.name) for column in told]
        who = [tuple(row[place].strip() for place in places) for row in self.table.rows]
        return len(set(who)) <= MEETING_SHARE * len(who)

    def _status(self) -> Column | None:
        """What a column says became of each meeting; without it every row would be one that was held."""
        worded = self._of("choice", "text", "id", "name")
        known = (
            column for column in worded if any(_status_of(choice) != "unknown" for choice in column.choices)
        )
        called = (column for column in worded if column.has(STATUS_WORDS) and column.choices)
        return next(known, None) or next(called, None)

    def _identity(self, key: Column | None, people: Sequence[Column]) -> list[str]:
        if self.time is not None:
            self._use(self.time, "when it happened")
        if key is not None:
            self._use(key, "id: the same row is known when it comes again")
            return [f'id = "{{{key.name}}}"' if '"' not in key.name else f"key = {_list([key.name])}"]
        told = [column.name for column in (self.time, self.pair, *people) if column is not None]
        self.made.reasons.append(
            f"no column tells rows apart, so {' and '.join(map(repr, told))} together do"
        )
        return [f"key = {_list(dict.fromkeys(told))}"]

    def _about(self, people: Sequence[Column], *, begins: bool = False) -> str:
        for column in people:
            self._use(column, "one of the pair")
        if self.pair is not None:
            self._use(self.pair, "which pair")
            return f"pair = {_text(self.pair.name)}"
        who = ", ".join(_who(column) for column in people)
        return f"pair = {{ people = [{who}]{', begins = true' if begins else ''} }}"

    def _session_id(self, key: Column | None) -> str:
        if key is not None:
            return f"session_id = {_text(key.name)}"
        assert self.time is not None, "sessions have a time"
        return f"session_id = {{ column = {_text(self.time.name)}, slug = true }}"

    def _cohort(self) -> list[str]:
        cohort = self._first(COHORT_WORDS, "choice", "id", "text")
        if cohort is None or any(" " in choice for choice in self.table.values(cohort.name)):
            return []
        self._use(cohort, "cohort")
        return [f"cohort = {_text(cohort.name)}"]

    def _head(self) -> list[str]:
        table, what = self.table, self.made.what
        # A report of what two people did makes nobody a person; a roster does.
        is_known = what in ("sessions", "messages", "survey")
        kind = "table" if table.kind in ("csv", "xlsx") else table.kind
        lines = [
            f"# Proposed from the headers and values of {table.name}: read it, correct it, then ingest.",
            *(f"# - {reason}" for reason in self.made.reasons),
            *(f"# TO FINISH: {todo}" for todo in self.made.unfinished),
            "",
            "[source]",
            f"name = {_text(_source_name(table.name))}",
            f"format = {_text(kind)}",
        ]
        if table.sheet is not None:
            lines.append(f"sheet = {_text(table.sheet)}")
        if table.delimiter is not None:
            lines.append(f"delimiter = {_text(table.delimiter)}")
        if table.encoding != "utf-8":
            lines.append(f"encoding = {_text(table.encoding)}")
        if is_known:
            lines.append('people = "known" # rows that name strangers wait: kinkeeper people waiting')
        ids = {column.name for column in self.columns if column.holds == "id"}
        if any(self.made.becomes.get(name) in ("one of the pair", "who it is") for name in ids):
            lines.append(
                f"namespace = {_text(NAMESPACE)} # whose person ids these are: the same in every mapping"
            )
        return lines

    def _times(self) -> list[str]:
        column = self.time
        if column is None or column.dates is None:
            return []
        dates, lines = column.dates, ["", "[time]"]
        order = self._order(column)
        if dates.unit is not None:
            return [*lines, f'unit = "{dates.unit}"']
        pattern = dates.pattern or (short_pattern(self.table.values(column.name), order) if order else None)
        if pattern is not None:
            lines.append(f"pattern = {_text(pattern)} # {dates.why}")
        elif order is not None:
            lines.append(f'date_order = "{order}" # {self._why_order(column, order)}')
        if not dates.has_zone:
            lines += self._zone(column)
        return lines if len(lines) > 2 else []

    def _order(self, column: Column) -> Order | None:
        """Day and month of a column: what the file settles, or another of its columns, or the answer."""
        assert column.dates is not None, "it holds dates"
        if not column.dates.orders and not column.dates.is_open:
            return None
        if len(column.dates.orders) == 1:
            return column.dates.orders[0]
        settled = {
            one.dates.orders[0] for one in self._of("date") if one.dates and len(one.dates.orders) == 1
        }
        if self.order is not None and (self.order in column.dates.orders or not column.dates.orders):
            return self.order
        if column.dates.orders and len(settled) == 1 and settled <= set(column.dates.orders):
            return settled.pop()
        choices = column.dates.orders or ORDERS[:2]
        text = f"In {column.name!r} {column.dates.why.rstrip('?')}. Which is it?"
        self.made.questions.append(Question("--date-order", text, choices))
        return None

    def _why_order(self, column: Column, order: Order) -> str:
        assert column.dates is not None, "it holds dates"
        if len(column.dates.orders) == 1:
            return f"{ORDER_IN_WORDS[order]}: {column.dates.why}"
        if self.order == order:
            return f"{ORDER_IN_WORDS[order]}, as was answered: {column.dates.why}"
        other = next(
            one for one in self._of("date") if one.dates is not None and one.dates.orders == (order,)
        )
        assert other.dates is not None, "it decided"
        reason = f"{ORDER_IN_WORDS[order]}, as in {other.name!r} of the same file: {other.dates.why}"
        self.made.reasons.append(f"{column.name!r} is read {reason}")
        return reason

    def _zone(self, column: Column) -> list[str]:
        if self.zone is not None:
            return [f"zone = {_text(self.zone)}"]
        text = f"{column.name!r} says no time zone. Whose clock is it? Such as Europe/London, or UTC."
        self.made.questions.append(Question("--zone", text))
        return []


def _source_name(file_name: str) -> str:
    """A name for the source out of the file's: an id, so without accents and blanks."""
    plain = slug(fold_name(file_name.partition(".")[0]))
    return re.sub(r"[^a-z0-9-]+", "-", plain).strip("-") or "source"


def _who(column: Column) -> str:
    return f"{{ {_WAYS[column.holds]} = {_text(column.name)} }}"


def _status_of(choice: str) -> str:
    folded = " ".join(fold_name(choice).replace("_", " ").split())
    return next((what for what, words in STATUS.items() if folded in words), "unknown")


def _side_of(choice: str) -> str | None:
    words = words_of(choice)
    if words & MENTOR_WORDS and not words & MENTEE_WORDS:
        return "mentor"
    return "mentee" if words & MENTEE_WORDS and not words & MENTOR_WORDS else None


def _event(kind: str, head: Iterable[str], told: Sequence[str]) -> list[str]:
    return ["", "[[event]]", f'type = "{kind}"', *head, f"data = {{ {', '.join(told)} }}"]


def _text(value: str) -> str:
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False)


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"
