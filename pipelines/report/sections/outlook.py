"""What it cost, what did not work, what comes next."""

from __future__ import annotations

from collections import Counter

from pipelines.report import say, words
from pipelines.report.facts import Facts, Row
from pipelines.report.model import Block, Number, Numbers, Paragraph, Section, Table, spoken
from pipelines.report.sections.endings import reason_of
from pipelines.report.told import Told, is_enough
from warehouse.policy import Policy
from warehouse.words import BAND, KPI


def cost(told: Told, policy: Policy) -> Section:
    """What a sustained relationship, and a natural end, cost, from the operator's own figure.

    Sustained are those that ran in the quarter and have held `sustained_sessions` sessions, however they
    ended: the same as in the share of sustained relationships.
    """
    title = "Cost"
    if policy.program_cost == 0:
        return Section("cost", title, (Paragraph(words.COST_NONE, "gap"),))
    over = {
        "sustained relationship": [
            pair for pair in told.running if pair["n_sessions_held"] >= policy.sustained_sessions
        ],
        "natural end": [pair for pair in told.ended if pair["is_success"]],
    }
    large = {name: len(pairs) for name, pairs in over.items() if is_enough(pairs, told.guard.k)}
    items = [
        Number(f"per {name}", f"{policy.currency} {policy.program_cost / n:,.0f}", f"n = {n:,}")
        for name, n in told.guard.tell_counts("cost", large).items()
    ]
    source = (
        f"The program cost {policy.currency} {policy.program_cost:,.0f} in the quarter, as its operator "
        "states. A cost divided by successes is no return: nothing here says what they are worth."
    )
    numbers: tuple[Block, ...] = (Numbers(tuple(items)),) if items else ()
    return Section("cost", title, (*numbers, Paragraph(source)))


def did_not_work(told: Told) -> Section:
    """What got worse than chance explains, and why relationships ended early."""
    worse = [
        f"{words.name(code)}: from {say.amount(before, row['unit'])} to {say.of(row)}."
        for code, row in told.measures.items()
        if (before := told.before(code)) is not None and is_worse(code, row, before)
    ]
    early = Counter(reason_of(pair) for pair in told.facts.now.pairs if pair["is_success"] is False)
    often = [(reason, n) for reason, n in early.most_common(3) if n >= told.guard.k]
    texts = list(worse)
    if row := told.measures.get("early_end"):
        reasons = say.listed([f"{reason.lower()} ({n:,})" for reason, n in often]) if often else ""
        most = f"The most frequent reasons: {reasons}." if often else "No single reason stands out."
        texts.append(f"Early ends: {say.of(row)}. {most}")
    if not worse:
        texts.append(f"No measure got worse against {told.quarter_before} than chance explains.")
    return Section("did_not_work", "What did not work", tuple(Paragraph(text, "draft") for text in texts))


def is_worse(code: str, row: Row, before: float) -> bool:
    """Whether a measure moved the wrong way, out of its own interval."""
    if code in words.NEITHER or row["low"] is None or row["high"] is None:
        return False
    return bool(before < row["low"] if code in words.MORE_IS_WORSE else before > row["high"])


def plan(told: Told) -> Section:
    """What may go wrong, and what is planned for the next quarter."""
    risks = []
    if row := told.measures.get("needs_check_in"):
        risks.append(f"{KPI['needs_check_in']}: {say.of(row)}. Left alone, some of these will end early.")
    late = [row["source"] for row in told.facts.sources if row["freshness"] != "fresh"]
    if late:
        risks.append(
            f"{say.plural(len(late), 'source')} had not delivered as usual at the end of the quarter: "
            f"{say.listed(late)}."
        )
    waiting = sum(row["n_open"] for row in told.facts.quarantine)
    if waiting:
        risks.append(f"{say.plural(waiting, 'line')} of data waited in quarantine to be put right.")
    texts = risks or ["No risk stands out of the numbers."]
    following = spoken(str(told.facts.quarter.next))
    texts.append(
        f"Plan for {following}: the actions asked for on the first page, each with an owner and a date."
    )
    return Section("plan", "Risks and plan for the next quarter", tuple(Paragraph(t, "draft") for t in texts))


def pairs_to_turn_to(facts: Facts) -> Section:
    """Who needs a check-in, for the program's own eyes: only internal reports have this section."""
    listed = [pair for pair in facts.now.pairs if pair["band"] == "needs_check_in"]
    title = "Pairs to turn to (internal)"
    if not listed:
        return Section("pairs", title, (Paragraph("No pair needed a check-in at the end of the quarter."),))
    rows = tuple((pair["pair_id"], BAND[pair["band"]], pair["cohort_id"] or "–") for pair in listed)
    return Section(
        "pairs", title, (Table("pairs", "Pairs that need a check-in", ("Pair", "Band", "Cohort"), rows),)
    )
