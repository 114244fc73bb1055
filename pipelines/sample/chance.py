"""What chance does to an ordinary meeting: small things at it, and what becomes of a planned one."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.sample.diary import Diary, other
from pipelines.sample.meetings import HOUR, MINUTE, Habits, answer, arrange, ask, confirm, meet
from pipelines.sample.stories import SIDES

# Small things at a meeting


def came_late(diary: Diary, ago: int) -> None:
    """One side came some minutes late."""
    side, minutes = diary.rng.choice(SIDES), diary.rng.randint(5, 20)
    at = diary.meeting_at(ago) + minutes * MINUTE
    diary.write("session.late", at, side, session_id=diary.session_id(ago), party=side, minutes=minutes)


def overran(diary: Diary, ago: int) -> None:
    """They talked longer than planned."""
    at, minutes = diary.meeting_at(ago) + 65 * MINUTE, diary.rng.randint(5, 25)
    diary.write("session.overran", at, "mentor", session_id=diary.session_id(ago), minutes=minutes)


def was_shortened(diary: Diary, ago: int) -> None:
    """They stopped before the time was up."""
    at = diary.meeting_at(ago) + 25 * MINUTE
    diary.write("session.shortened", at, "mentor", session_id=diary.session_id(ago), minutes=20)


def was_attended(diary: Diary, ago: int) -> None:
    """The meeting tool says who came and went."""
    for side in SIDES:
        about = {"session_id": diary.session_id(ago), "person_id": diary.person(side).person_id}
        at = diary.meeting_at(ago)
        # Now and then somebody reads the invitation in another zone.
        if diary.rng.random() < 0.04:
            at += HOUR
        diary.write("session.joined", at + diary.rng.randint(0, 3) * MINUTE, side, **about)
        diary.write("session.left", at + 45 * MINUTE, side, **about)


def prepared_well(diary: Diary, ago: int) -> None:
    """Questions before, notes during, a takeaway after."""
    about, at = {"session_id": diary.session_id(ago)}, diary.meeting_at(ago)
    n_questions = diary.rng.randint(2, 5)
    diary.write("prep.questions_prepared", at - 3 * HOUR, "mentee", n_questions=n_questions, **about)
    diary.write("prep.notes_kept", at + 50 * MINUTE, "mentee", by_party="mentee", **about)
    diary.write("followup.takeaway_recorded", at + 4 * HOUR, "mentee", **about)


def shared_resource(diary: Diary, ago: int) -> None:
    """The mentor passed something on."""
    diary.write("followup.resource_shared", diary.meeting_at(ago) + 55 * MINUTE, "mentor", topic="reading")


SBI = ("is_situation_told", "is_behaviour_told", "is_impact_told")


def gave_feedback(diary: Diary, ago: int) -> None:
    """The mentor gave feedback and the mentee said how it was received."""
    at = diary.meeting_at(ago) + 35 * MINUTE
    told = [diary.rng.random() < 0.75 for _ in SBI]
    about = {"n_sbi_parts": sum(told), "tone": diary.rng.choice(("reinforcing", "corrective"))}
    about |= dict(zip(SBI, told, strict=True)) | {"is_intent_told": told[0] and told[1]}
    diary.write("growth.feedback_given", at, "mentor", by_party="mentor", **about)
    diary.write("growth.feedback_received_ok", at + HOUR, "mentee", score=diary.rng.randint(3, 5))


def stretched(diary: Diary, ago: int) -> None:
    """A task beyond comfort, done three weeks later."""
    about = {"stretch_id": f"{diary.session_id(ago)}-x"}
    diary.write("growth.stretch_assigned", diary.meeting_at(ago) + 36 * MINUTE, "mentor", **about)
    diary.write("growth.stretch_done", diary.meeting_at(ago - 20) + 37 * MINUTE, "mentee", **about)


def introduced(diary: Diary, ago: int) -> None:
    """The mentor introduced the mentee to somebody; half of the time something came of it."""
    about = {"introduction_id": f"{diary.session_id(ago)}-i"}
    diary.write("growth.introduction_made", diary.meeting_at(ago) + 38 * MINUTE, "mentor", **about)
    if diary.rng.random() < 0.5:
        at = diary.meeting_at(ago - 15) + 38 * MINUTE
        diary.write("growth.introduction_led_to", at, "mentee", outcome="talk", **about)


ADVOCACY = (
    ("growth.advocated", {"advocacy": "project"}),
    ("growth.endorsed", {"channel": "social"}),
    ("growth.award_nominated", {"topic": "newcomer"}),
    ("growth.failure_shared", {"by_party": "mentor"}),
)


def advocated(diary: Diary, ago: int) -> None:
    """The mentor spoke up for the mentee, or told of a failure of their own."""
    event_type, payload = diary.rng.choice(ADVOCACY)
    diary.write(event_type, diary.meeting_at(ago) + 39 * MINUTE, "mentor", **payload)


def revised_goal(diary: Diary, ago: int) -> None:
    """The goal's date moved; now and then a goal is dropped and another one takes its place."""
    at = diary.meeting_at(ago) + 32 * MINUTE
    for goal_id, _, due_on in diary.goals:
        diary.write("goal.revised", at, "mentee", goal_id=goal_id, due_on=due_on)
    extra = {"goal_id": f"{diary.session_id(ago)}-g"}
    diary.write("goal.set", at + MINUTE, "mentee", horizon="short", goal_kind="other", **extra)
    dropped_at = diary.meeting_at(ago - 30) + 33 * MINUTE
    diary.write("goal.dropped", dropped_at, "mentee", reason="priorities changed", **extra)


def was_looked_after(diary: Diary, ago: int) -> None:
    """Somebody of the program asked how it goes."""
    about = {"party": diary.rng.choice(SIDES), "channel": "email", "is_reached": True}
    diary.write("ops.support_contact_made", diary.at(ago - 2, "mentor"), "pm", **about)


def raised_flag(diary: Diary, ago: int) -> None:
    """A question to the program, answered within days."""
    about = {"flag_id": f"{diary.session_id(ago)}-f"}
    topic = {"topic": "scheduling", "severity": "info"}
    diary.write("survey.flag_raised", diary.at(ago - 1, "mentee"), "mentee", **about, **topic)
    diary.write("survey.flag_resolved", diary.at(ago - 4, "mentor"), "pm", **about)


DETAILS: tuple[tuple[float, Callable[[Diary, int], None]], ...] = (
    (0.06, came_late),
    (0.08, overran),
    (0.03, was_shortened),
    (0.08, was_attended),
    (0.12, prepared_well),
    (0.06, shared_resource),
    (0.10, gave_feedback),
    (0.05, stretched),
    (0.06, introduced),
    (0.04, advocated),
    (0.02, revised_goal),
    (0.05, was_looked_after),
    (0.01, raised_flag),
)
"""How often each of them happens at a meeting."""


# What becomes of a planned meeting


def was_held(diary: Diary, ago: int, following: int | None) -> None:
    """They met, with habits that vary."""
    meet(diary, ago, following, _habits(diary))
    for share, detail in DETAILS:
        if diary.rng.random() < share:
            detail(diary, ago)


def was_moved(diary: Diary, ago: int, following: int | None) -> None:
    """Moved by some days with notice, then held."""
    side, later = diary.rng.choice(SIDES), ago - diary.rng.randint(2, 4)
    notice_hours = float(diary.rng.choice((24, 30, 48)))
    at = diary.meeting_at(ago) - notice_hours * HOUR
    about = {"session_id": diary.session_id(ago), "starts_at": diary.meeting_at(later)}
    diary.write("session.rescheduled", at, side, notice_hours=notice_hours, **about)
    confirm(diary, at + 2 * HOUR, later, other(side), diary.session_id(ago))
    diary.moved_to[later] = diary.session_id(ago)
    was_held(diary, later, following)


def was_cancelled(diary: Diary, ago: int, following: int | None) -> None:
    """Called off by one side, sometimes at short notice."""
    side, notice_hours = diary.rng.choice(SIDES), float(diary.rng.choice((3, 20, 40)))
    at = diary.meeting_at(ago) - notice_hours * HOUR
    about = {"by_party": side, "notice_hours": notice_hours}
    diary.write("session.cancelled", at, side, session_id=diary.session_id(ago), **about)
    _arrange_anyway(diary, ago, following)


def was_missed(diary: Diary, ago: int, following: int | None) -> None:
    """One side did not come and apologised the same day."""
    side, at = diary.rng.choice(SIDES), diary.meeting_at(ago)
    about = {"session_id": diary.session_id(ago), "party": side}
    diary.write("session.no_show", at + 30 * MINUTE, other(side), **about)
    ask(diary, at + 31 * MINUTE, other(side))
    answer(diary, at + 2 * HOUR, side)
    _arrange_anyway(diary, ago, following)


def date_passed(diary: Diary, ago: int, following: int | None) -> None:
    """Nobody said whether it was held."""
    at = diary.meeting_at(ago - 3)
    diary.write("session.date_passed", at, "system", session_id=diary.session_id(ago), n_reminders=2)
    _arrange_anyway(diary, ago, following)


OUTCOMES: dict[Callable[[Diary, int, int | None], None], int] = {
    was_held: 84,
    was_moved: 8,
    was_cancelled: 3,
    was_missed: 3,
    date_passed: 2,
}
"""How likely each of them is, in percent."""


def _arrange_anyway(diary: Diary, ago: int, following: int | None) -> None:
    if following is not None:
        arrange(diary, diary.meeting_at(ago) + 4 * HOUR, following)


def _habits(diary: Diary) -> Habits:
    rng = diary.rng
    return Habits(
        minutes=rng.choice((15, 30, 30, 45, 45, 60)),
        agenda_hours=rng.choice((26.0, 30.0, 24.5, 6.0, None)),
        thanks_hours=rng.choice((3.0, 5.0, 20.0, 40.0, None)),
        is_chatting=rng.random() < 0.4,
        has_advice=rng.random() < 0.7,
    )
