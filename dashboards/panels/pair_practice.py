"""How one pair lives the practices of the guide: time, matching, preparation and growth, in numbers."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.speech import lowered, say
from warehouse.words import FIT, KIND, party

Fact = tuple[str, str]


def practices(pair: Row, row: Row | None) -> Component | None:
    """Four groups of facts; what nobody has recorded is left out."""
    if row is None:
        return None
    groups = {
        "Time": time_facts(pair, row),
        "Matching": match_facts(pair, row),
        "Preparation": preparation_facts(row),
        "Goals and growth": growth_facts(row),
    }
    shown = [
        html.Div([html.H3(title), components.facts(facts)], className="practices")
        for title, facts in groups.items()
        if facts
    ]
    if not shown:
        return None
    return components.card(html.Div(shown, className="columns"), title="Practices", about="practices")


def time_facts(pair: Row, row: Row) -> list[Fact]:
    """Hours in common, off-hours by side, answers in working time, moves, short sessions, punctuality."""
    facts = [_fact("Hours that suit both", row["overlap_hours"], "{n:g} h a week")]
    facts += [_off_hours(pair, row, side) for side in ("mentee", "mentor")]
    facts += [
        _fact(
            say("{side} answers after", side=_side(pair, side)),
            row[f"{side}_reply_work_hours"],
            "{n:g} working h",
        )
        for side in ("mentee", "mentor")
    ]
    if row["next_holiday_on"]:
        whose = party(row["next_holiday_of"], pair["direction"])
        facts.append(
            (
                "Next public holiday",
                say("{day} ({whose})", day=formats.day(row["next_holiday_on"]), whose=whose),
            )
        )
    facts += [
        _times("Moved", row["n_moved"]),
        _times("Moved since last session", row["push_streak"]),
        _fact("Notice of changes", row["notice_hours"], "{n:g} h"),
        _count("Short sessions", row["n_light_sessions"]),
        _count("Updates in writing", row["n_updates"]),
        *(
            _times(say("{side} late", side=_side(pair, side)), row[f"n_{side}_late"])
            for side in ("mentee", "mentor")
        ),
        _times("Ran over", row["n_overran"]),
        _times("Joined whole hours off", row["n_joins_hours_off"]),
        _fact("Mentor was there for", row["mentor_present_rate"], "{n:.0%} of minutes"),
    ]
    return [fact for fact in facts if fact]


def match_facts(pair: Row, row: Row) -> list[Fact]:
    """Who chose, where the mentor was found, how long it took, need against expertise, first fit."""
    offered = (
        None
        if not row["n_wanted"]
        else say("{n_offered} of {n_wanted} words", n_offered=row["n_offered"], n_wanted=row["n_wanted"])
    )
    facts = [
        _word("Chosen by", row["match_mode"]),
        _word("Mentor found through", row["channel_source"]),
        _word("Looks for guidance", row["guidance"]),
        _fact("Registered to accepted", row["days_to_match"], "{n} days"),
        ("Need the mentor offers", offered) if offered else None,
        *(
            (say("First fit, {side}", side=lowered(_side(pair, side))), FIT[row[f"{side}_first_fit"]])
            if row[f"{side}_first_fit"]
            else None
            for side in ("mentee", "mentor")
        ),
        ("Reporting line", "One reports to the other") if row["is_reporting_line"] else None,
        _word("Mismatch", row["mismatch"]),
        _fact("Mismatch recognised after", row["mismatch_days"], "{n} days"),
        ("Matched again", "Yes") if row["is_rematched"] else None,
    ]
    return [fact for fact in facts if fact]


def preparation_facts(row: Row) -> list[Fact]:
    """How many sessions are prepared and followed up, who drives, on which channels they write."""
    if row["n_held"] is None:
        return []
    facts = [
        _of("Sessions prepared", row["n_prepared"], row["n_held"]),
        _of("Full lists of questions", row["n_full_question_lists"], row["n_question_lists"]),
        _times("Notes kept", row["n_notes"]),
        _count("Takeaways noted", row["n_takeaways"]),
        _of("Agendas by the mentee", row["n_mentee_agendas"], row["n_agendas"]),
        _of("Proposed by the mentee", row["n_mentee_proposed"], row["n_proposed"]),
        _of("Specific thanks", row["n_specific_thanks"], row["n_thanks"]),
        _of("Off the agreed channels", row["n_messages_elsewhere"], row["n_messages"]),
        ("Confidentiality", "Talked about" if row["is_confidentiality_stated"] else "Not talked about"),
    ]
    return [fact for fact in facts if fact]


def growth_facts(row: Row) -> list[Fact]:
    """Goals by horizon, skills, feedback, stretch, introductions, advocacy, failures shared."""
    if row["n_short_goals"] is None:
        return []
    facts = [
        _count("Short-term goals", row["n_short_goals"]),
        _count("Long-term goals", row["n_long_goals"]),
        _of("Missing skills gained", row["n_skills_gained"], row["n_skill_goals"]),
        _count("Goals reached", row["n_goals_done"]),
        _count("Goals given up", row["n_goals_dropped"]),
        _of("Full feedback", row["n_full_feedback"], row["n_feedback"]),
        _of("Stretch tasks done", row["n_stretch_done"], row["n_stretch"]),
        _of("Introductions that led on", row["n_introductions_led"], row["n_introductions"]),
        _times("Advocacy", row["n_advocacy"]),
        _fact("First advocacy after", row["days_to_advocacy"], "{n} days"),
        _count("Failures shared", row["n_failures_shared"]),
    ]
    return [fact for fact in facts if fact]


def _side(pair: Row, side: str) -> str:
    return party(side, pair["direction"]).capitalize()


def _off_hours(pair: Row, row: Row, side: str) -> Fact | None:
    minutes, off = row["session_minutes"], row[f"{side}_off_minutes"]
    if not minutes or off is None:
        return None
    return say("{side} off-hours", side=_side(pair, side)), say(
        "{off} of minutes", off=formats.part(off / minutes)
    )


def _fact(name: str, value: float | None, pattern: str) -> Fact | None:
    return None if value is None else (name, say(pattern, n=value))


def _count(name: str, value: int | None) -> Fact | None:
    """A number that is worth a line only where there is something to count."""
    return (name, formats.count(value)) if value else None


def _times(name: str, value: int | None) -> Fact | None:
    return (name, formats.plural(value, "time")) if value else None


def _of(name: str, part: int | None, whole: int | None) -> Fact | None:
    return (name, say("{part} of {whole}", part=part, whole=whole)) if whole else None


def _word(name: str, code: str | None) -> Fact | None:
    return None if code is None else (name, KIND.get(code, code))
