"""The sections of a report's body: each a function of what may be told."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale

from pipelines.report import outcomes, say, words
from pipelines.report.facts import PRACTICE, Facts, Row
from pipelines.report.guard import POOLED, Guard, pooled
from pipelines.report.model import Block, Figure, Number, Numbers, Paragraph, Section, Table, spoken
from pipelines.report.words import Theme
from pipelines.signals import disclosure
from warehouse.charts import Bar, Bars, Dot, Dots, Steps, band_bars, ending_bars, ending_curve, risk_ticks
from warehouse.looks import BLUE, ENDING_KINDS, GREEN, GREY, ORANGE, PURPLE, RUNNING_BANDS, VERMILION
from warehouse.policy import Policy
from warehouse.words import (
    BAND,
    BORDERS,
    DIRECTION,
    END_REASON,
    ENDING_CURVE,
    EQUITY_FIELD,
    FORM,
    KIND,
    KPI,
    MODALITY,
)

CURVES = {
    "natural": GREEN,
    "mismatch": ORANGE,
    "ghosted_by_mentor": PURPLE,
    "ghosted_by_mentee": VERMILION,
    "faded": GREY,
}
"""The ways to end that are drawn, with their colours."""


@dataclass(frozen=True, slots=True)
class Told:
    """The facts as they may be told: measures past the guard, pairs in groups that are large enough."""

    facts: Facts
    guard: Guard
    measures: Mapping[str, Row]
    """Of the whole program."""
    cohorts: Mapping[str, Mapping[str, Row]]
    running: Sequence[Row]
    """Pairs that ran at any time of the quarter."""
    ended: Sequence[Row]
    """Pairs that ended in the quarter."""
    started: Sequence[Row]

    @property
    def quarter(self) -> str:
        return spoken(str(self.facts.quarter))

    @property
    def quarter_before(self) -> str:
        return spoken(str(self.facts.quarter.before))

    @property
    def is_small(self) -> bool:
        """Whether so few pairs ran that nothing may be told of them."""
        return not is_enough(self.running, self.guard.k)

    def before(self, code: str) -> float | None:
        """The value of a measure at the end of the quarter before."""
        row = self.measures.get(code)
        if row is not None and row["value_before"] is not None:
            return float(row["value_before"])
        return _value(self.facts.before.kpi(code) if self.facts.before else None)

    def year_before(self, code: str) -> float | None:
        """The value of a measure at the end of the same quarter of the year before."""
        return _value(self.facts.year_ago.kpi(code) if self.facts.year_ago else None)


def tell(facts: Facts, guard: Guard) -> Told:
    """Take every measure past the guard."""
    measures: dict[str, Row] = {}
    cohorts: dict[str, dict[str, Row]] = {}
    for code in dict.fromkeys(row["kpi"] for row in facts.now.kpis):
        if code.startswith(PRACTICE) and code not in words.PRACTICES:
            continue
        for told in guard.tell([row for row in facts.now.kpis if row["kpi"] == code]):
            if told["cohort_id"] is None:
                measures[code] = told
            else:
                cohorts.setdefault(told["cohort_id"], {})[code] = told
    zone = facts.now.run["time_zone"]
    since, until = (_naive(quarter.ends_at(zone)) for quarter in (facts.quarter.before, facts.quarter))
    running = [
        pair
        for pair in facts.now.pairs
        if pair["accepted_at"] <= until and (pair["ended_at"] is None or pair["ended_at"] > since)
    ]
    ended = [pair for pair in running if pair["ended_at"] is not None and pair["ended_at"] <= until]
    started = [pair for pair in running if pair["accepted_at"] > since]
    return Told(facts, guard, measures, cohorts, running, ended, started)


def reach(told: Told) -> Section:
    """From those who could take part to the relationships that started, against plan and capacity."""
    steps = [row for row in told.facts.reach if row["n"] is not None]
    title = "Reach: who takes part"
    if told.is_small:
        return Section("reach", title, (Paragraph(_too_few(told), "gap"),))
    blocks: list[Block] = [Paragraph(_reach_words(told), "draft")]
    if steps:
        names = tuple(words.REACH[row["step"]] for row in steps)
        counts = tuple(row["n"] for row in steps)
        blocks.append(
            Figure(
                "reach",
                "From invitation to a started relationship",
                Bars(names, _reach_bars(names, counts), is_share=False),
                "All counted up to the end of the quarter; people until the match, pairs after it.",
                "Bars: " + ", ".join(f"{name} {n:,}" for name, n in zip(names, counts, strict=True)) + ".",
            )
        )
    missing = [words.REACH[row["step"]].lower() for row in told.facts.reach if row["n"] is None]
    if missing:
        blocks.append(Paragraph(f"Not recorded: {say.listed(missing)}.", "gap"))
    return Section("reach", title, tuple(blocks))


def _reach_bars(names: Sequence[str], counts: Sequence[int]) -> tuple[Bar, ...]:
    """People and pairs in colours of their own: they are not counted in the same coin."""
    bars = []
    for kind, colour in (("People", BLUE), ("Pairs", GREEN), ("Places", GREY)):
        own = tuple(n if name.startswith(kind) else 0 for name, n in zip(names, counts, strict=True))
        if any(own):
            bars.append(Bar(kind, "■", colour, tuple(map(float, own)), own))
    return tuple(bars)


def _reach_words(told: Told) -> str:
    people = {pair[side] for pair in told.running for side in ("mentee_id", "mentor_id")} - {None}
    started = (
        f", {len(told.started):,} of them accepted in the quarter"
        if is_enough(told.started, told.guard.k)
        else ""
    )
    return (
        f"{say.plural(len(told.running), 'relationship')} of {say.plural(len(people), 'person', 'people')} "
        f"ran in {told.quarter}{started}."
    )


def health(told: Told) -> Section:
    """How the current relationships stand, and how that changed within the quarter."""
    figure = bands_figure(told)
    extra = [figure] if figure else []
    return _of_measures(told, words.HEALTH, "on_track", (*extra, *_flow(told)))


def bands_figure(told: Told) -> Figure | None:
    """Current pairs by band at both ends of the quarter; None where too few are left in one."""
    sides = [
        (spoken(str(moment.quarter)), moment.pairs)
        for moment in (told.facts.before, told.facts.now)
        if moment is not None
    ]
    rows, names = [], []
    for name, pairs in sides:
        counts = told_bands(told, name, pairs)
        if counts:
            rows.append({"cohort_id": name} | {f"n_{band}": counts.get(band, 0) for band in RUNNING_BANDS})
            names.append(f"End of {name}")
    if not rows:
        return None
    last = rows[-1]
    total = sum(int(last[f"n_{band}"]) for band in RUNNING_BANDS)
    parts = [f"{BAND[band].lower()} {last[f'n_{band}']:,}" for band in RUNNING_BANDS if last[f"n_{band}"]]
    return Figure(
        "bands",
        "Current relationships by band, at the start and the end of the quarter",
        band_bars(rows, names),
        f"Of {say.plural(total, 'current pair')} at the end of {told.quarter}: {say.listed(parts)}.",
        f"Stacked bars of shares at {say.listed(names)}. At the end: {say.listed(parts)}.",
    )


def told_bands(told: Told, name: str, pairs: Sequence[Row]) -> Mapping[str, int]:
    """Current pairs by band, as their shares are told; nothing where they are too few or all in one band."""
    current = [pair for pair in pairs if pair["band"] in RUNNING_BANDS]
    counts = Counter(pair["band"] for pair in current)
    if len(counts) < 2 or not is_enough(current, told.guard.k):
        return {}
    return told.guard.tell_counts(f"band at end of {name}", counts)


def _flow(told: Told) -> tuple[Block, ...]:
    """How pairs moved between the bands within the quarter."""
    if told.facts.before is None:
        return ()
    was = {pair["pair_id"]: pair for pair in told.facts.before.pairs}
    both = [pair for pair in told.facts.now.pairs if pair["pair_id"] in was]
    current = [pair for pair in both if was[pair["pair_id"]]["band"] in RUNNING_BANDS]

    def moved(pair: Row) -> str:
        return f"{_stand(was[pair['pair_id']])} → {_stand(pair)}"

    groups = pooled(current, moved, lambda rows: is_enough(rows, told.guard.k))
    counts = told.guard.tell_counts("flow", {kind: len(rows) for kind, rows in groups.items()})
    if not counts:
        return ()
    total = sum(counts.values())
    rows = tuple((kind, f"{n:,}", say.percent(n / total)) for kind, n in counts.items())
    return (
        Table(
            "flow",
            f"Where the pairs current at the end of {told.quarter_before} stand now",
            ("From → to", "Pairs", "Share"),
            rows,
            (1, 2),
        ),
    )


def _stand(pair: Row) -> str:
    if pair["band"] != "ended":
        return BAND[pair["band"]]
    return {True: "Natural end", False: "Early end"}.get(pair["is_success"], "Ended, not judged")


def endings(told: Told) -> Section:
    """How relationships end: natural ends as the successes they are, and the other ways, competing."""
    blocks: list[Block] = []
    figure = reasons_figure(told)
    if figure is not None:
        blocks.append(figure)
    curves = curves_figure(told)
    if curves is not None:
        blocks.append(curves)
    blocks += [
        Paragraph(f"{row['cohort_id']}: {row['sentence']}")
        for row in told.facts.comparisons
        if row["outcome"] == "early" and row["verdict"] in {"more", "fewer", "higher", "lower", "differs"}
    ]
    return _of_measures(told, words.ENDINGS, "natural_end", tuple(blocks))


def reasons_figure(told: Told) -> Figure | None:
    """All ends so far by reason; reasons too rare to name are taken together."""
    ended = [pair for pair in told.facts.now.pairs if pair["band"] == "ended"]
    named = {
        (success, reason): len(pairs)
        for success, (kind, _) in ENDING_KINDS.items()
        for reason, pairs in _reasons(told, [pair for pair in ended if pair["is_success"] is success], kind)
    }
    counts = told.guard.tell_counts("end", {f"{success}:{name}": n for (success, name), n in named.items()})
    if not counts:
        return None
    success_of = {str(success): success for success in ENDING_KINDS}
    rows: list[dict[str, Any]] = []
    for key, n in counts.items():
        success, _, reason = key.partition(":")
        rows.append({"end_reason": reason, "is_success": success_of[success], "n_pairs": n})
    parts = [f"{row['end_reason'].lower()} {row['n_pairs']:,}" for row in rows]
    return Figure(
        "reasons",
        "Why relationships have ended",
        ending_bars(rows),
        f"Ends up to the end of {told.quarter}. A natural end is a success; ends that nobody could judge are "
        "left out where they are too few to tell.",
        f"Bars of ended pairs by reason: {say.listed(parts)}.",
    )


def _reasons(told: Told, ended: Sequence[Row], kind: str) -> list[tuple[str, Sequence[Row]]]:
    """The ends of one kind by reason; reasons too rare to name are taken together within their kind."""
    groups = pooled(ended, _reason, lambda rows: is_enough(rows, told.guard.k))
    rest = f"{kind}, other reasons" if len(groups) > 1 else f"{kind}, all reasons"
    return [(rest if reason == POOLED else reason, pairs) for reason, pairs in groups.items()]


def _reason(pair: Row) -> str:
    return END_REASON[pair["end_reason"] or "unknown"]


def curves_figure(told: Told) -> Figure | None:
    """The share of relationships that have ended in each way, by age."""
    shown = {name: told.facts.curves[name] for name in CURVES if told.facts.curves.get(name)}
    if not shown:
        return None
    thin = {name: _monthly(points) for name, points in shown.items()}
    ticks = risk_ticks(next(iter(thin.values())))
    last = {name: points[-1] for name, points in thin.items()}
    top = max(row["high"] if row["high"] is not None else row["rate"] for row in last.values())
    parts = [f"{ENDING_CURVE[name].lower()} {say.percent(row['rate'])}" for name, row in last.items()]
    day = next(iter(last.values()))["day"]
    return Figure(
        "curves",
        "Share of relationships that have ended, by way of ending and age",
        Steps(
            tuple(ending_curve(ENDING_CURVE[name], points, CURVES[name]) for name, points in thin.items()),
            tuple(row["day"] for row in ticks),
            tuple(row["n_at_risk"] for row in ticks),
            min(1.0, max(0.1, top * 1.08)),
        ),
        "Competing risks: whatever ends a relationship first counts; those still running count as long as "
        "they were seen. The band is the 95% interval of natural ends.",
        f"Curves in steps over active days. By day {day}: {say.listed(parts)}.",
    )


def _monthly(points: Sequence[Row]) -> Sequence[Row]:
    """The regular points of a curve, so that no single end can be read off it; of a short one, its ends."""
    regular = [row for row in points if row["day"] % 30 == 0]
    return regular if len(regular) > 1 else [points[0], points[-1]]


def early_warning(told: Told) -> Section:
    """What was warned of, what was done about it, what came of it, and how good the warnings are."""
    return _of_measures(told, words.EARLY_WARNING, "alert_acted", (_record(told.facts.backtest),))


def _record(backtest: Sequence[Row]) -> Paragraph:
    """How often alerts are right, and how early they come, by the last backtest."""
    found = {row["metric"]: row for row in backtest if row["method"] == "risk" and row["value"] is not None}
    right = found.get("alert_precision")
    if right is None:
        return Paragraph(words.BACKTEST_NONE, "gap")
    text = (
        f"Tried on the program's own past ({say.day(right['from_on'])} to {say.day(right['to_on'])}), "
        f"{say.percent(right['value'])} of the alerts were right "
        f"(95% interval {say.interval(right['low'], right['high'], 'rate')}, "
        f"n = {say.plural(right['n_pairs'], 'pair')} in {say.plural(right['n_weeks'], 'week')})."
    )
    lead = found.get("median_lead_days")
    if lead is not None:
        text += (
            f" Half of the silences that came true were warned of {say.amount(lead['value'], 'days')} "
            f"or more before (95% interval {say.interval(lead['low'], lead['high'], 'days')})."
        )
    return Paragraph(text, "draft")


def experience(told: Told) -> Section:
    """How both sides felt about it."""
    scales = outcomes.reliability_blocks(told.facts.survey_items, told.guard.k)
    return _of_measures(told, words.EXPERIENCE, "fit_good", scales)


def learning(told: Told, policy: Policy) -> Section:
    """What was learnt and done differently."""
    changes = outcomes.change_blocks(told.facts.survey_scores, told.guard, policy.effect_pairs)
    return _of_measures(told, words.LEARNING, "advice_reported", changes)


def network(told: Told) -> Section:
    """Introductions and advocacy."""
    return _of_measures(told, words.NETWORK, "introductions")


def results() -> Section:
    """What the organisation got out of it, once that can be measured."""
    return Section("results", "Results", (Paragraph(words.RESULTS_NONE, "gap"),), words.L4)


def equity(told: Told) -> Section:
    """How groups differ, with intervals; no group too small to be told of."""
    blocks: list[Block] = []
    if told.facts.gaps:
        blocks += _gaps(told)
    shown = [code for code in ("sustained", "on_track", "fit_good", "natural_end") if code in told.measures]
    rows = tuple(
        (cohort, *(measure_cell(measures.get(code)) for code in shown))
        for cohort, measures in sorted(told.cohorts.items())
        if any(code in measures for code in shown)
    )
    if len(rows) > 1:
        blocks.append(
            Table(
                "cohorts",
                "Cohorts side by side",
                ("Cohort", *(KPI[code] for code in shown)),
                rows,
                tuple(range(1, len(shown) + 1)),
                "Cohorts differ in age: a young one has had less time for everything. A dash stands where "
                "too few pairs are behind a number.",
            )
        )
    found = [(code, told.measures[code]) for code in words.EQUITY.measures if code in told.measures]
    if found:
        blocks.append(measures_table(told, words.EQUITY, found, "Hours, places and cultures"))
    blocks += _choices(told)
    blocks = blocks or [Paragraph(words.EQUITY.none, "gap")]
    return Section("equity", words.EQUITY.title, tuple(blocks))


def _choices(told: Told) -> tuple[Table, ...]:
    """What comes of relationships of different kinds, where every kind may be told of."""
    lines = []
    for choice in words.CHOICES:
        kinds = sorted(
            (row for row in told.facts.choices if row["choice"] == choice),
            key=lambda row: list(KIND).index(row["kind"]),
        )
        if len(kinds) < 2 or any(row["rate"] in {0, 1} for row in kinds):
            continue
        more = {"kpi": words.choice_code(choice), "unit": "rate", "of_what": "units"}
        given = [row | more | {"cohort_id": row["kind"], "value": row["rate"]} for row in kinds]
        lines += [
            (
                words.name(row["kpi"]) + (" °" if "told_in" in row else ""),
                KIND[row["kind"]],
                say.percent(row["value"]),
                say.interval(row["low"], row["high"], "rate"),
                f"{row['n']:,}",
            )
            for row in told.guard.tell(given)
        ]
    heads = ("Number", "Group", "Value", "95% interval", "n")
    title = "Side by side, across borders and clocks"
    return (Table("choices", title, heads, tuple(lines), (2, 3, 4)),) if lines else ()


def _may_be_told(told: Told, gap: Row) -> bool:
    """Whether a gap may be told anew: its groups pass the guard, and none is told as it was.

    Groups add up to the program, so where the program's own number stays as it was they stay untold: their
    sum less the earlier number would tell of too few.
    """
    if "told_in" in told.measures.get(gap["kpi"], {}):
        return False
    code = words.groups_code(gap["field"], gap["kpi"])
    given = [row | {"kpi": code, "cohort_id": row["group_value"]} for row in gap["groups"]]
    anew = [row for row in told.guard.tell(given) if "told_in" not in row]
    return bool(given) and len(anew) == len(given)


def _gaps(told: Told) -> tuple[Block, ...]:
    """The largest gap of each measure between groups of each field, and what it means."""
    gaps = told.facts.gaps
    certain = [row for row in gaps if row["verdict"] == "gap"]
    judged = [row for row in gaps if row["verdict"] != "too_few"]
    lead = (
        f"{len(certain) or 'None'} of {say.plural(len(judged), 'gap')} between groups "
        f"{'are' if len(certain) > 1 else 'is'} more than chance explains, allowing for how many were "
        "compared."
        if judged
        else words.EQUITY.none
    )
    chosen = certain or sorted(judged, key=lambda row: (row["p_adjusted"], row["field"], row["ordinal"]))[:5]
    shown = [row for row in chosen if _may_be_told(told, row)]
    rows = tuple(
        (
            EQUITY_FIELD.get(row["field"]) or str(row["field"]),
            KPI[row["kpi"]],
            f"{_group(row['lowest_group'])}: {say.amount(row['lowest'], row['unit'])}",
            f"{_group(row['highest_group'])}: {say.amount(row['highest'], row['unit'])}",
            say.gap(row["gap_low"], row["gap_high"], row["unit"]),
            {"gap": "a gap", "chance": "may be chance"}[row["verdict"]],
        )
        for row in shown
    )
    heads = ("Groups by", "Measure", "Lowest", "Highest", "Gap, 95% interval", "Verdict")
    tables = (Table("gaps", "Largest gaps between groups", heads, rows, (4,)),) if rows else ()
    return (Paragraph(lead, "draft"), *tables)


def _group(code: str) -> str:
    named = BORDERS.get(code) or MODALITY.get(code) or DIRECTION.get(code) or FORM.get(code)
    return named or str(Locale("en").territories.get(code, code))


def mentors(told: Told) -> Section:
    """Load, benefit, return."""
    return _of_measures(told, words.MENTORS, "mentor_return")


def operation(told: Told) -> Section:
    """How the program ran."""
    return _of_measures(told, words.OPERATION, "activation")


def cost(told: Told, policy: Policy) -> Section:
    """What a relationship that lasted, and a natural end, cost, from the operator's own figure."""
    title = "Cost"
    if policy.program_cost == 0:
        return Section("cost", title, (Paragraph(words.COST_NONE, "gap"),))
    lasting = [pair for pair in told.running if pair["ended_at"] is None or pair["is_success"]]
    natural = [pair for pair in told.ended if pair["is_success"]]
    items = [
        Number(
            f"per {name}", f"{policy.currency} {policy.program_cost / len(pairs):,.0f}", f"n = {len(pairs):,}"
        )
        for name, pairs in (("relationship sustained or well ended", lasting), ("natural end", natural))
        if is_enough(pairs, told.guard.k)
    ]
    source = (
        f"The program cost {policy.currency} {policy.program_cost:,.0f} in the quarter, as its operator "
        "states. A cost divided by successes is no return: nothing here says what they are worth."
    )
    numbers: tuple[Block, ...] = (Numbers(tuple(items)),) if items else ()
    return Section("cost", title, (*numbers, Paragraph(source)))


def voices() -> Section:
    """Quotes with consent; none are stored, so none are shown."""
    return Section("voices", "Voices", (Paragraph(words.VOICES_NONE, "gap"),))


def did_not_work(told: Told) -> Section:
    """What got worse than chance explains, and why relationships ended early."""
    worse = [
        f"{words.name(code)}: from {say.amount(before, row['unit'])} to {say.of(row)}."
        for code, row in told.measures.items()
        if (before := told.before(code)) is not None and is_worse(code, row, before)
    ]
    early = Counter(_reason(pair) for pair in told.facts.now.pairs if pair["is_success"] is False)
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


def _of_measures(told: Told, theme: Theme, lead: str, more: tuple[Block, ...] = ()) -> Section:
    """A section about measures: one sentence on the leading one, its figures, then all in a table."""
    found = [(code, told.measures[code]) for code in theme.measures if code in told.measures]
    if not found:
        gap: tuple[Block, ...] = () if more else (Paragraph(theme.none, "gap"),)
        return Section(theme.key, theme.title, (*gap, *more), theme.level)
    code, row = next(((name, row) for name, row in found if name == lead), found[0])
    return Section(
        theme.key,
        theme.title,
        (Paragraph(sentence(told, code, row), "draft"), *more, measures_table(told, theme, found)),
        theme.level,
    )


def sentence(told: Told, code: str, row: Row) -> str:
    """One measure in a plain sentence with n, interval and what changed."""
    what = words.MEANING.get(code, words.name(code)).rstrip(".")
    moved = say.change(row, told.before(code), told.quarter_before)
    return f"{words.name(code)}: {say.of(row)}, {moved}. {what}."


def measures_table(
    told: Told, theme: Theme, found: Sequence[tuple[str, Row]], title: str = "Measures"
) -> Table:
    """All measures of a theme with interval, base, change, the year before and evidence."""
    marked = any("told_in" in row for _, row in found)
    note = "° As told in an earlier report: fewer than the smallest group have come since." if marked else ""
    columns = [
        ("Measure", [_name(code, row) for code, row in found]),
        ("Value", [say.amount(row["value"], row["unit"]) for _, row in found]),
        ("95% interval", [say.interval(row["low"], row["high"], row["unit"]) for _, row in found]),
        ("Of", [say.base(row) for _, row in found]),
        (f"On {told.quarter_before}", [say.step(row, told.before(code)) for code, row in found]),
        (
            f"In {spoken(str(told.facts.quarter.year_before))}",
            [say.amount(told.year_before(code), row["unit"]) for code, row in found],
        ),
        ("Evidence", [say.evidence(row["worst_evidence"]) for _, row in found]),
    ]
    told_columns = [column for column in columns if set(column[1]) != {say.NONE}]
    heads, cells = zip(*told_columns, strict=True)
    numeric = tuple(place for place, head in enumerate(heads) if head not in {"Measure", "Of", "Evidence"})
    return Table(f"measures_{theme.key}", title, heads, tuple(zip(*cells, strict=True)), numeric, note)


def _name(code: str, row: Row) -> str:
    return words.name(code) + (" °" if "told_in" in row else "")


def dots_figure(told: Told) -> Figure | None:
    """The leading rates with their intervals, and where they stood a quarter ago."""
    chosen = (
        "activation",
        "sustained",
        "on_track",
        "fit_good",
        "advice_reported",
        "natural_end",
        "early_end",
    )
    found = [(code, told.measures[code]) for code in chosen if code in told.measures]
    if not found:
        return None
    dots = tuple(
        Dot(
            KPI[code],
            row["value"],
            row["low"],
            row["high"],
            told.before(code),
            say.base(row),
        )
        for code, row in found
    )
    return Figure(
        "leading",
        "The leading measures, now and a quarter ago",
        Dots(dots),
        f"Dots: end of {told.quarter}, with 95% intervals. Rings: end of {told.quarter_before}.",
        "Dots with intervals on an axis from 0% to 100%: "
        + say.listed([f"{KPI[code]} {say.of(row)}" for code, row in found])
        + ".",
    )


def is_enough(pairs: Sequence[Row], k: int) -> bool:
    """Whether pairs are enough to be told of: k people, k pairs, and not of one or two mentors."""
    people = {pair[side] for pair in pairs for side in ("mentee_id", "mentor_id")} - {None}
    known = {pair["mentor_id"] for pair in pairs} - {None}
    return disclosure.is_enough(disclosure.Size(len(people), len(pairs), len(known)), k)


def measure_cell(row: Row | None) -> str:
    """A measure in a cell of a table: its value and n."""
    return say.NONE if row is None else f"{say.amount(row['value'], row['unit'])} (n = {row['n']:,})"


def _value(row: Row | None) -> float | None:
    return None if row is None else float(row["value"])


def _too_few(told: Told) -> str:
    return f"Fewer than {told.guard.k} pairs, or pairs of too few mentors, ran in {told.quarter}."


def _naive(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
