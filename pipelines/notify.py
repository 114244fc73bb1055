"""The Monday list on its way to the people who look after the pairs: e-mail, Slack, Teams, or a file.

Only who was set up gets it, in quiet hours nobody does, and each person at most once in an ISO week. It
carries pairs, reasons, next steps and whose each is; pseudonyms and no logins unless names were asked for,
and names go by e-mail or file alone. Never feedback, survey answers or notes: the watchlist does not hold
them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipelines.watchlist import Watchlist, read_watchlist
from warehouse import publish, queries
from warehouse.clock import Clock, is_between, system_clock
from warehouse.errors import KinkeeperError
from warehouse.notices import Notices
from warehouse.operations import open_operations
from warehouse.settings import load_web, notice_addresses
from warehouse.vault import Vault
from warehouse.words import UNJUDGED, band_words

if TYPE_CHECKING:
    from warehouse.settings import Settings

MAY_CARRY_NAMES = ("mailto", "mailtos")


@dataclass(frozen=True, slots=True)
class Letter:
    """The list in words: a subject, plain text, and a table for mail."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one recipient: sent, already sent, unsure, quiet hours, failed."""

    recipient: str
    outcome: str

    @property
    def is_bad(self) -> bool:
        return self.outcome in {"failed", "unsure"}


def send_notices(
    settings: Settings,
    *,
    to: Sequence[str] = (),
    with_names: bool = False,
    again: bool = False,
    clock: Clock = system_clock,
) -> list[Sent]:
    """Send the list to those named, or to all who were set up; raises KinkeeperError where nobody was.

    Names in a list for anybody but an e-mail address are refused.
    """
    addresses = notice_addresses()
    chosen = {name: addresses[name] for name in to} if _known(to, addresses) else addresses
    if with_names and (public := [name for name, url in chosen.items() if not _may_carry_names(url)]):
        raise KinkeeperError(f"names go by e-mail or into a file only, not to {', '.join(public)}")
    if not again and is_quiet(settings, clock()):
        return [Sent(name, "quiet hours") for name in chosen]
    letter = write_letter(settings, with_names=with_names)
    engine = open_operations(settings.operations_url)
    try:
        notices = Notices(engine, settings.policy.program_id, clock)
        return [
            _send(notices, _week(settings, clock()), name, url, letter, again) for name, url in chosen.items()
        ]
    finally:
        engine.dispose()


def write_letter(settings: Settings, *, with_names: bool = False) -> Letter:
    """The list of the current publication in words; raises NothingPublished where there is none."""
    found = read_watchlist(settings)
    called = _names(settings, [row["pair_id"] for row in found.rows]) if with_names else {}
    whose = {row["pair_id"]: found.whose(row["pair_id"], with_login=with_names) for row in found.rows}
    rows = [_in_words(row, called, whose, load_web().url) for row in found.rows]
    subject, notes = _subject(settings, found), _notes(found)
    return Letter(subject, _text(subject, rows, notes), _html(subject, rows, notes))


def is_quiet(settings: Settings, now: dt.datetime) -> bool:
    """Whether nobody is to be written to at this hour, in the program's zone."""
    hour = now.astimezone(ZoneInfo(settings.policy.time_zone)).hour
    return is_between(hour, settings.policy.quiet_from_hour, settings.policy.quiet_until_hour)


def _send(notices: Notices, week: str, name: str, url: str, letter: Letter, again: bool) -> Sent:
    if not notices.claim(week, name):
        if not again:
            return Sent(name, "already sent" if notices.was_sent(week, name) else "unsure")
        notices.give_up(week, name)
        notices.claim(week, name)
    if not _deliver(url, letter):
        notices.give_up(week, name)
        return Sent(name, "failed")
    notices.close(week, name)
    return Sent(name, "sent")


def _deliver(url: str, letter: Letter) -> bool:
    """Whether the service took it; Apprise knows how to speak to each."""
    import apprise

    service = apprise.Apprise()
    if not service.add(url):
        return False
    is_mail = _may_carry_names(url)
    body, body_format = (letter.html, "html") if is_mail else (letter.text, "text")
    return bool(service.notify(title=letter.subject, body=body, body_format=body_format))


def _may_carry_names(url: str) -> bool:
    return urlsplit(url).scheme in MAY_CARRY_NAMES


def _known(to: Sequence[str], addresses: Mapping[str, str]) -> bool:
    """Whether some were named, all of them known."""
    if not addresses:
        raise KinkeeperError(
            "nobody was set up to be written to: KINKEEPER_NOTIFY_ADA=mailtos://... sets up ada "
            "(docs/sources/notifications.md)"
        )
    if unknown := [name for name in to if name not in addresses]:
        raise KinkeeperError(f"{', '.join(unknown)}: not set up. Known: {', '.join(sorted(addresses))}")
    return bool(to)


def _week(settings: Settings, now: dt.datetime) -> str:
    """The ISO week in the program's zone, such as 2026-W48."""
    year, week, _ = now.astimezone(ZoneInfo(settings.policy.time_zone)).isocalendar()
    return f"{year}-W{week:02}"


def _subject(settings: Settings, found: Watchlist) -> str:
    program = settings.policy.program_name
    if not found.rows:
        return f"{program}: {found.sight.calm[0].lower()}{found.sight.calm[1:]}"
    if found.n_all > len(found.rows):
        return f"{program}: {found.n_all:,} pairs need a look, start with these {len(found.rows)}"
    return f"{program}: {'1 pair needs' if len(found.rows) == 1 else f'{len(found.rows)} pairs need'} a look"


def _in_words(
    row: Mapping[str, Any], called: Mapping[str, str], whose: Mapping[str, str], url: str | None
) -> dict[str, str]:
    days = row["silence_days"]
    is_silent = days is not None and row["state"] not in UNJUDGED
    return {
        "pair": called.get(row["pair_id"], row["pair_id"]),
        "state": band_words(row["band"], row["state"]),
        "silence": f"silent {days:.0f} d" if is_silent else "",
        "whose": whose[row["pair_id"]],
        "why": row["reason"] or "",
        "next": row["next_step"] or "",
        "link": f"{url.rstrip('/')}/pairs/{row['pair_id']}" if url else "",
    }


def _names(settings: Settings, pair_ids: Sequence[str]) -> dict[str, str]:
    """Pair id -> the names of the two, for those the vault knows."""
    with publish.open_current(settings.published) as con:
        pairs = queries.people_of(con, pair_ids)
    engine = open_operations(settings.operations_url)
    try:
        names = Vault(engine).names({person for both in pairs.values() for person in both})
    finally:
        engine.dispose()
    return {
        pair_id: f"{names[mentee]} and {names[mentor]}"
        for pair_id, (mentee, mentor) in pairs.items()
        if mentee in names and mentor in names
    }


def _text(subject: str, rows: Sequence[Mapping[str, str]], notes: Sequence[str]) -> str:
    def block(number: int, row: Mapping[str, str]) -> str:
        stands = ", ".join(filter(None, [row["state"], row["silence"], row["whose"]]))
        under = [row["why"], f"Next: {row['next']}", row["link"]]
        return "\n   ".join([f"{number}. {row['pair']}: {stands}", *filter(None, under)])

    return "\n\n".join([subject, *(block(number, row) for number, row in enumerate(rows, 1)), *notes])


def _html(subject: str, rows: Sequence[Mapping[str, str]], notes: Sequence[str]) -> str:
    from jinja2 import Environment

    template = files("pipelines").joinpath("letter.html").read_text("utf-8")
    made = Environment(autoescape=True).from_string(template)
    return made.render(subject=subject, rows=rows, notes=notes)


def _notes(found: Watchlist) -> list[str]:
    day = dt.datetime.fromisoformat(found.as_of)
    unjudged = f"{found.sight.n_unjudged:,} pairs cannot be judged: {found.sight.why_unjudged}."
    return [*([unjudged] if found.sight.n_unjudged else []), f"As of {day:%-d %b %Y, %H:%M} UTC. Kinkeeper."]
