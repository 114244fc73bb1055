"""The whole program: its frame, its people and all its pairs, in the order they are told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random
from typing import Any

from pipelines.sample.benefits import ask_before_and_after, ask_the_waiting
from pipelines.sample.days import FIRST, PARTNER, PROGRAM_STARTS, SECOND, THIRD, Days
from pipelines.sample.diary import CALENDAR, PLATFORM, Book, Diary, Pair
from pipelines.sample.meetings import TOPICS
from pipelines.sample.ordinary import FATES, WENT_WELL, Fate, ends_well, goes_on, mismatches
from pipelines.sample.people import People, Person, awake_at
from pipelines.sample.planted import ACCEPTED, SCRIPTS, Setting
from pipelines.sample.stories import agree, match
from warehouse.events.base import Role
from warehouse.events.catalogue.relationship import Form

LABEL = "Synthetic sample program"
PROGRAM_ID = "sample"
TERM_DAYS = {FIRST: 380, SECOND: 270, THIRD: 180, PARTNER: 270}
"""Length of a formal relationship from its first meeting to its planned end."""
JOINED = {FIRST: (325, 345), SECOND: (150, 172), THIRD: (42, 66)}
"""Between which days the ordinary pairs of each cohort accepted."""
SMALL_GROUP = 5
"""How few answers nothing is told of, as the monthly survey promises."""
CADENCES = (7, 14, 14, 30, 30, 30, 30, 60)
N_PARTNER_PAIRS = 2
N_PAID_FORWARD = 4
NEIGHBOURS = 0.25
"""Share of ordinary pairs that live in one zone."""


def tell(days: Days, seed: int) -> tuple[Book, People]:
    """Everything that happened in the sample program, and everybody it happened to."""
    book, people = Book(days, seed), People(Random(f"{seed}/people"))
    people.register("pm", _program_start(days))
    tell_frame(book)
    for index, (planted, setting, play) in enumerate(SCRIPTS):
        play(Diary(book, _planted_pair(days, people, planted.pair_id, setting, index)))
    tell_partner_office(book, people)
    tell_ordinary(book, people)
    tell_people(book, people)
    ask_the_waiting(book)
    return book, people


# The frame


def tell_frame(book: Book) -> None:
    """The program, its label, its terms, its December breaks and its surveys."""
    days = book.days
    begin = _morning(_program_start(days))
    _by_pm(book, "program.created", begin, program=PROGRAM_ID, time_zone="UTC")
    _by_pm(book, "program.label_set", begin + dt.timedelta(minutes=1), label=LABEL)
    for cohort in days.cohorts.values():
        about = {"term": cohort.cohort_id, "starts_on": cohort.starts_on, "ends_on": cohort.ends_on}
        _by_pm(book, "program.term_opened", _morning(cohort.starts_on), cohort.cohort_id, **about)
        kickoff_at = _morning(cohort.starts_on + dt.timedelta(days=2))
        kickoff = {"gathering_id": f"{cohort.cohort_id}-kickoff"}
        _by_pm(book, "program.gathering_held", kickoff_at, cohort.cohort_id, **kickoff)
    for starts_on, ends_on in days.breaks:
        declared_at = max(begin, _morning(starts_on - dt.timedelta(days=35)))
        _by_pm(book, "program.break_declared", declared_at, starts_on=starts_on, ends_on=ends_on)
    for wave, date in days.waves:
        if date >= _program_start(days):
            at = _morning(date)
            _by_pm(book, "survey.sent", at, wave=wave, instrument="pulse", small_group=SMALL_GROUP)


def _by_pm(
    book: Book, event_type: str, at: dt.datetime, cohort_id: str | None = None, **payload: Any
) -> None:
    book.add(event_type, at, payload, cohort_id=cohort_id, actor_id="person-001", actor_role="pm")


def _program_start(days: Days) -> dt.date:
    return days.until - dt.timedelta(days=PROGRAM_STARTS)


def _morning(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(8), dt.UTC)


# The pairs


def _planted_pair(days: Days, people: People, pair_id: str, setting: Setting, index: int) -> Pair:
    """Two people of its own, so that nothing else touches the planted answer."""
    accepted = setting.accepted or ACCEPTED[setting.cohort] + index * 5 % 15
    registered_by = days.on(accepted + 10)
    roles: tuple[Role, Role] = ("peer", "peer") if setting.direction == "peer" else ("mentee", "mentor")
    mentee = people.register(roles[0], registered_by, time_zone=setting.zones[0])
    capacity = 1 if roles[1] == "mentor" else None
    mentor = people.register(roles[1], registered_by, time_zone=setting.zones[1], capacity=capacity)
    return Pair(
        pair_id=pair_id,
        cohort_id=days.cohorts[setting.cohort].cohort_id,
        mentee=mentee,
        mentor=mentor,
        accepted=accepted,
        cadence_days=setting.every,
        form=setting.form,
        direction=setting.direction,
        modality=setting.modality,
        term_days=TERM_DAYS[setting.cohort] if setting.form == "formal" else None,
        contact_source=setting.contact_source,
    )


def tell_partner_office(book: Book, people: People) -> None:
    """More pairs of the office that has connected no contact feed."""
    for n in range(1, N_PARTNER_PAIRS + 1):
        pair = _planted_pair(book.days, people, f"pair-partner-{n}", Setting(cohort=PARTNER), n)
        diary = Diary(book, pair)
        match(diary)
        agree(diary, pair.accepted - 5)


def tell_ordinary(book: Book, people: People) -> None:
    """All ordinary pairs, cohort by cohort; mentors carry several.

    The mentee of a mismatch gets a second chance, and some mentees whose pair ended well come back as
    mentors of the third cohort.
    """
    rng = Random(f"{book.seed}/ordinary")
    number = 0
    ended_well: list[Person] = []
    for cohort, fates in FATES.items():
        mentors = _mentors(book.days, people, rng, cohort, ended_well if cohort == THIRD else [])
        for fate in _dealt(rng, fates):
            number += 1
            pair = _ordinary_pair(book.days, people, rng, cohort, number, mentors)
            diary = Diary(book, pair)
            fate(diary)
            ask_before_and_after(diary, went_well=fate in WENT_WELL)
            if fate is mismatches:
                number += 1
                _rematch(book, pair, number, mentors)
            if fate is ends_well and pair.direction != "peer":
                ended_well.append(pair.mentee)


def _dealt(rng: Random, fates: dict[Fate, int]) -> list[Fate]:
    dealt = [fate for fate, n_pairs in fates.items() for _ in range(n_pairs)]
    rng.shuffle(dealt)
    return dealt


def _mentors(days: Days, people: People, rng: Random, cohort: str, former: list[Person]) -> list[Person]:
    """The cohort's pool: each mentor as often as they have room, from one pair to five."""
    by = days.on(JOINED[cohort][1] + 4)
    back = [people.register_again(person, by, 2) for person in former[:N_PAID_FORWARD]]
    new = [
        people.register("mentor", by, capacity=capacity, leaves=_leaves(rng, cohort, 0.35))
        for capacity in (5, 4, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1)
    ]
    beyond = new[-1:] * 3  # gets more pairs than they said they can carry
    return [*beyond, *(mentor for mentor in back + new for _ in range(mentor.capacity or 1))]


def _leaves(rng: Random, cohort: str, share: float) -> tuple[tuple[int, int], ...]:
    """Perhaps one leave of two to three weeks, after the pair has got to know each other."""
    if rng.random() > share:
        return ()
    start = rng.randint(5, JOINED[cohort][0] - 25)
    return ((start, start - rng.randint(10, 20)),)


def _ordinary_pair(
    days: Days, people: People, rng: Random, cohort: str, number: int, mentors: list[Person]
) -> Pair:
    accepted = rng.randint(*JOINED[cohort])
    is_peer = number % 6 == 0
    registered_by = days.on(accepted + 8)
    mentor = people.register("peer", registered_by) if is_peer else mentors.pop(0)
    mentee = people.register(
        "peer" if is_peer else "mentee",
        registered_by,
        time_zone=mentor.time_zone if rng.random() < NEIGHBOURS else None,
        leaves=_leaves(rng, cohort, 0.15),
    )
    is_near = mentee.time_zone == mentor.time_zone
    form: Form = "informal" if number % 4 == 0 else "formal"
    return Pair(
        pair_id=f"pair-{number:03d}",
        cohort_id=days.cohorts[cohort].cohort_id,
        mentee=mentee,
        mentor=mentor,
        accepted=accepted,
        cadence_days=rng.choice(CADENCES),
        form=form,
        direction="peer" if is_peer else "reverse" if number % 9 == 0 else "standard",
        modality=rng.choice(("in_person", "mixed") if is_near else ("virtual", "virtual", "mixed")),
        term_days=TERM_DAYS[cohort] if form == "formal" else None,
        contact_source=CALENDAR if cohort == SECOND and number % 10 == 7 else PLATFORM,
    )


def _rematch(book: Book, ended: Pair, number: int, mentors: list[Person]) -> None:
    """The mentee of a mismatch goes on with somebody else."""
    accepted = ended.accepted - 75
    mentor = mentors.pop()
    pair_id = f"pair-{number:03d}"
    pair = replace(ended, pair_id=pair_id, mentor=mentor, accepted=accepted, direction="standard")
    old = Diary(book, ended)
    about = {"person_id": ended.mentee.person_id, "new_pair_id": pair.pair_id, "n_matches_before": 1}
    old.write("match.rematched", old.meeting_at(accepted + 6), "pm", **about)
    goes_on(Diary(book, pair))


# The people


def tell_people(book: Book, people: People) -> None:
    """What each person did apart from a pair: profile, consent, training and leave."""
    rng = Random(f"{book.seed}/participants")
    for person in people.roster:
        if person.role != "pm":
            _tell_person(book, rng, person)


def _tell_person(book: Book, rng: Random, person: Person) -> None:
    registered_on = person.registered_at.astimezone(dt.UTC).date()
    who = {"person_id": person.person_id}

    def by_person(event_type: str, day: int, **payload: Any) -> None:
        at = awake_at(registered_on + dt.timedelta(days=day), person.time_zone, rng)
        book.add(event_type, at, payload, actor_id=person.person_id, actor_role=person.role)

    if rng.random() < 0.3:
        _by_pm(book, "participant.invited", _morning(registered_on), role=person.role, **who)
    if person.role != "mentee":
        profile = {"expertise": rng.sample(TOPICS, 2), "time_zone": person.time_zone}
        by_person("participant.profile_completed", 1, **profile, **who)
    by_person("participant.consented", 1, purpose="program analytics", **who)
    if rng.random() < 0.5:
        by_person("participant.trained", rng.randint(2, 6), topic="working across cultures", **who)
    if rng.random() < 0.12:
        for weekday in rng.sample(range(1, 6), 2):
            hours = {"from_hour": 18.0, "until_hour": 21.0, "weekday": weekday, "kind": "free"}
            until = book.days.until + dt.timedelta(days=365)
            by_person(
                "participant.availability_declared", 1, starts_on=registered_on, ends_on=until, **hours, **who
            )
    for start, end in person.leaves:
        away = {"starts_on": book.days.on(start), "ends_on": book.days.on(end), "kind": "leave"}
        declared = (book.days.on(start + 6) - registered_on).days
        by_person("participant.availability_declared", max(1, declared), **away, **who)
