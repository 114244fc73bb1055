"""docs/words.md explains every code a table can carry, in the words of the screens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from expectations.suites import LEDGER_STATUS, SESSION_STATUS
from pipelines.signals.reasons import KINDS
from warehouse import words
from warehouse.events.base import Visibility

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/words.md").read_text("utf-8")

ON_SCREEN = {
    "Form": words.FORM,
    "Direction": words.DIRECTION,
    "Modality": words.MODALITY,
    "Lanes of a timeline": words.LANE,
    "What a backtest foresees": words.RISK_TARGET,
    "Methods of a backtest": words.RISK_METHOD,
    "Tiers of risk": words.RISK_TIER,
    "What risk rests on": words.RISK_BASIS,
    "Stages": words.STAGE,
    "States": words.STATE,
    "Bands": words.BAND,
    "Pairs that cannot be judged": words.UNJUDGED,
    "End reasons": words.END_REASON,
    "Curves of endings": words.ENDING_CURVE,
    "Steps of the funnel": words.FUNNEL_STEP,
    "Numbers of a group": words.KPI,
    "Fit": words.FIT,
    "Sides of a survey": words.SURVEY_SIDE,
    "Waves of a survey": words.WAVE,
    "Practices of a group": words.PRACTICE,
    "Numbers by kind": words.CHOICE,
    "Kinds": words.KIND,
    "Topics of numbers": words.KPI_TOPIC,
    "Caveats of numbers": words.KPI_CAVEAT,
    "Fields that groups of people are compared by": words.EQUITY_FIELD,
    "Borders": words.BORDERS,
    "Verdicts on a gap": words.EQUITY_VERDICT,
    "Health": words.COMPONENT,
    "Evidence grades": words.EVIDENCE,
    "Lists of pairs": words.VIEW,
    "Deliveries on the screen": words.DELIVERY,
    "Why a line or a file is held back": words.HELD,
    "Roles": words.ROLE,
    "Outcomes in the audit trail": words.OUTCOME,
    "Freshness of a source": words.FRESHNESS,
    "Kinds of contact that a source tells of": words.GAP,
    "What can be asked for quarantined lines": words.QUARANTINE_ACTION,
    "What can be done about a pair": words.ACT,
    "Signs that a band rests on": words.SIGN,
    "What was decided about an alert": words.HANDLING,
    "Who took an alert on": words.OWNER,
    "What became of an alert": words.ALERT_STATUS,
    "What followed an alert": words.ALERT_OUTCOME,
    "What managers found an alert to be": words.ALERT_VERDICT,
    "Why an alert was raised": words.ALERT_REASON,
    "How a support contact was made": words.CHANNEL,
    "Why an alert is snoozed": words.SNOOZE_REASON,
    "Why an alert is dismissed": words.DISMISS_REASON,
    "Pairs nobody announced": words.PARKED,
    "Type": words.TYPE,
    "How a person is named": words.PERSON_KIND,
    "What can be answered about a person": words.PERSON_ANSWER_WORD,
}
CODES_ONLY = {
    "Status of a session": set(SESSION_STATUS),
    "Other reasons": {kind.code for kind in KINDS} - words.STATE.keys(),
    "Visibility": set(get_args(Visibility)),
}

REFUSAL = re.compile(r'(?:EventRejected|FileRefused)\(\s*"([a-z_]+)\.')
TERM = re.compile(r"^- \*\*(.+?)\*\*.*?: (.+(?:\n  .+)*)", re.MULTILINE)


def section(heading: str) -> str:
    """The text below a heading, down to the next one."""
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/words.md has no section {heading}"
    return found[1]


def table(heading: str) -> dict[str, list[str]]:
    """Code -> the other cells of its row."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section(heading), re.MULTILINE)
    return {code: [cell.strip() for cell in cells.split(" | ")] for code, cells in rows}


def meanings() -> list[str]:
    cells = re.findall(r"^\| `[^`]+` \| .*?([^|]+) \|$", PAGE, re.MULTILINE)
    return [*cells, *(" ".join(meaning.split()) for _, meaning in TERM.findall(PAGE))]


@pytest.mark.parametrize("heading", ON_SCREEN)
def test_every_code_is_explained_beside_its_words(heading: str) -> None:
    assert {code: cells[0] for code, cells in table(heading).items()} == ON_SCREEN[heading]


def test_no_vocabulary_of_the_screens_is_forgotten() -> None:
    public = [name for name in vars(words) if name.isupper() and not name.startswith("_")]
    vocabularies = [found for name in public if isinstance(found := getattr(words, name), dict)]
    assert [each for each in vocabularies if each not in ON_SCREEN.values()] == []


@pytest.mark.parametrize("heading", CODES_ONLY)
def test_codes_without_words_are_explained_too(heading: str) -> None:
    assert table(heading).keys() == CODES_ONLY[heading]


def test_every_status_of_a_delivery_is_explained() -> None:
    assert table("Status of a delivery").keys() >= set(LEDGER_STATUS)


def test_every_family_of_refusals_is_explained() -> None:
    sources = [path for room in ("warehouse", "pipelines") for path in (ROOT / room).rglob("*.py")]
    families = {family for path in sources for family in REFUSAL.findall(path.read_text("utf-8"))}
    assert len(families) > 10
    assert families - table("Why a line or a file is held back").keys() == set()


def test_the_words_people_ask_about_first_are_terms() -> None:
    terms = {name for name, _ in TERM.findall(PAGE)}
    assert terms >= {
        *("Pair", "Relationship", "Touch", "Mutual contact", "Turn", "Waiting on", "Session", "Check-in"),
        *("As of", "Known at", "Active days", "Cadence", "Usual gap", "Silence", "Silence ratio", "Surprise"),
        *("Natural end", "Health", "Coverage", "Priority", "Reason", "Next step", "Label"),
        *("Ledger", "Duplicate", "Quarantine", "Redrive", "Retraction", "Run", "Build", "Publication"),
    }


def test_no_term_is_explained_twice() -> None:
    terms = [name.lower() for name, _ in TERM.findall(PAGE)]
    assert len(terms) > 100
    assert sorted(set(terms)) == sorted(terms)


def test_a_meaning_is_one_or_two_or_three_sentences_and_ends_like_one() -> None:
    assert [meaning for meaning in meanings() if not meaning.endswith(".")] == []
    assert [meaning for meaning in meanings() if len(re.findall(r"[.?] (?=[A-Z])", meaning)) > 2] == []
