"""Sessions against the plays that Wistia's daily counts report, and twins, week by week.

Whole weeks are compared, because Wistia does not say where its days begin, and a weekday is not like another. What is
usual is learned from the lake's own weeks. Without enough of them the defaults hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from wistia_lake.checks.chance import Usual, allowance, usual
from wistia_lake.checks.evidence import Evidence
from wistia_lake.checks.findings import Finding, Judged
from wistia_lake.lake.tables import DIM_MEDIA, FACT_MEDIA_DAY
from wistia_lake.model import first_of_month
from wistia_lake.silver.relations import relation

WEEK = timedelta(days=7)
LEARNED_WEEKS, JUDGED_WEEKS = 52, 13
"""Weeks that are learned from, and the newest of them that are judged: what is older was judged before."""
ENOUGH_WEEKS, ENOUGH_PLAYS = 6, 20
"""Weeks, and plays in each, from which a usual share is learned."""
DEFAULT_TOLERANCE, LEAST_TOLERANCE = 0.05, 0.005
SPREADS = 5.0
"""Learned spreads by which a week may differ."""
LEAST_SHARE = 0.75
"""A smaller share of plays with a session is never taken for usual."""
UNSEEN = 0.01
"""Share of plays that at least may leave no session: blocked, not consented to, or lost on the way."""
USUAL_TWINS = 0.02

ACCOUNT_ROW = ""
"""Stands in for the media where a week of the whole account is compared."""


@dataclass(frozen=True, slots=True)
class Week:
    """Two counts of one media in one week."""

    media_id: str
    first_day: date
    whole: int
    """What the part is a share of."""
    part: int

    @property
    def share(self) -> float:
        """The part's share of the whole."""
        return self.part / self.whole


def week_days(last: date) -> pa.Table:
    """The days of the last whole weeks (Monday to Sunday) up to a day, with the first day of their week."""
    newest = last - timedelta(days=(last.weekday() + 1) % 7)
    days = [newest - timedelta(days=number) for number in range(LEARNED_WEEKS * 7)]
    return relation({"day": "day", "week": "day"}, [(day, day - timedelta(days=day.weekday())) for day in days])


def with_account(weeks: Iterable[Week]) -> list[Week]:
    """The same weeks, and those of all medias together where there are several."""
    listed = list(weeks)
    if len({week.media_id for week in listed}) < 2:
        return listed
    wholes: dict[date, int] = defaultdict(int)
    parts: dict[date, int] = defaultdict(int)
    for week in listed:
        wholes[week.first_day] += week.whole
        parts[week.first_day] += week.part
    return listed + [Week(ACCOUNT_ROW, day, wholes[day], parts[day]) for day in sorted(wholes)]


def learned(week: Week, weeks: Sequence[Week]) -> Usual | None:
    """What is usual by the other weeks; None if there are too few."""
    shares = [one.share for one in weeks if one.first_day != week.first_day and one.whole >= ENOUGH_PLAYS]
    return usual(shares) if len(shares) >= ENOUGH_WEEKS else None


def judged_of(weeks: Iterable[Week]) -> tuple[dict[str, list[Week]], list[Week]]:
    """Weeks by media, and the recent ones that are judged."""
    by_media: dict[str, list[Week]] = defaultdict(list)
    for week in weeks:
        by_media[week.media_id].append(week)
    newest = max((week.first_day for ones in by_media.values() for week in ones), default=None)
    recent = [
        week
        for ones in by_media.values()
        for week in ones
        if newest is not None and week.first_day > newest - JUDGED_WEEKS * WEEK
    ]
    return by_media, recent


def _weeks(rows: Iterable[Mapping[str, Any]], whole: str, part: str) -> list[Week]:
    return [Week(row["media_id"], row["week"], row[whole], row[part]) for row in rows]


def _judged(recent: Sequence[Week], found: Iterable[Finding | None]) -> Judged:
    """The findings, without a week of the account where one of a media already tells."""
    findings = [one for one in found if one is not None]
    told = {one.day for one in findings if one.media_id is not None}
    media_weeks = sum(1 for week in recent if week.media_id != ACCOUNT_ROW)
    return Judged(
        f"{media_weeks:,} media weeks",
        [one for one in findings if one.media_id is not None or one.day not in told],
        bool(recent),
    )


def sessions_and_plays(evidence: Evidence) -> Judged:
    """Sessions (twins once) against plays, per media and week and for the account."""
    if evidence.last_final_day is None:
        return Judged("no final day yet", is_enough=False)
    days = week_days(evidence.last_final_day)
    rows = evidence.ask(
        "sessions_and_plays",
        tables=[FACT_MEDIA_DAY, DIM_MEDIA],
        since=first_of_month(evidence.last_final_day - (LEARNED_WEEKS + 1) * WEEK),
        event_days=evidence.event_days,
        week_days=days,
    )
    by_media, recent = judged_of(with_account(_weeks(rows, "play_count", "session_count")))
    return _judged(recent, [_compared(week, by_media, len(recent)) for week in recent])


def _compared(week: Week, by_media: Mapping[str, Sequence[Week]], comparisons: int) -> Finding | None:
    own = learned(week, by_media[week.media_id])
    others = learned(week, by_media.get(ACCOUNT_ROW, ()))
    share = own.share if own is not None else others.share if others is not None else 1.0
    share = min(max(share, LEAST_SHARE), 1.0)
    allowed = _allowed(week.whole, share, own, comparisons)
    expected = share * week.whole
    if abs(week.part - expected) <= allowed:
        return None
    whose = "the account" if week.media_id == ACCOUNT_ROW else "this media"
    basis = f"usually {share:.1%} for {whose}" if own is not None else f"at {share:.1%}, for want of history"
    return Finding(
        f"week of {week.first_day}: {week.part:,} sessions for {week.whole:,} plays, where {expected:,.0f} were "
        f"expected ({basis}), give or take {allowed:,.0f}",
        abs(week.part - expected) - allowed,
        week.media_id or None,
        week.first_day,
        expected,
        week.part,
        allowed,
    )


def _allowed(plays: int, share: float, own: Usual | None, comparisons: int) -> float:
    """By how many sessions a week may differ from what is expected."""
    if own is None:
        # The media's usual share may differ by as much as the default; its week differs from that by chance.
        return DEFAULT_TOLERANCE * plays + allowance(DEFAULT_TOLERANCE * plays, comparisons)
    learned_tolerance = max(SPREADS * own.spread, LEAST_TOLERANCE) * plays
    return max(learned_tolerance, allowance(max(1.0 - share, UNSEEN) * plays, comparisons))


def twins(evidence: Evidence) -> Judged:
    """Twins as a share of sessions, per media and week and for the account."""
    if evidence.last_final_day is None:
        return Judged("no final day yet", is_enough=False)
    rows = evidence.ask("twins", event_days=evidence.event_days, week_days=week_days(evidence.last_final_day))
    by_media, recent = judged_of(with_account(_weeks(rows, "row_count", "twin_count")))
    return _judged(recent, [_too_many(week, by_media, len(recent)) for week in recent])


def _too_many(week: Week, by_media: Mapping[str, Sequence[Week]], comparisons: int) -> Finding | None:
    own = learned(week, by_media[week.media_id])
    share = USUAL_TWINS if own is None else max(USUAL_TWINS, own.share + SPREADS * own.spread)
    expected = share * week.whole
    allowed = allowance(expected, comparisons)
    if week.part <= expected + allowed:
        return None
    return Finding(
        f"week of {week.first_day}: {week.part:,} of {week.whole:,} sessions are twins (one key, another viewer), "
        f"where at most {expected + allowed:,.0f} are usual",
        week.part - expected - allowed,
        week.media_id or None,
        week.first_day,
        expected,
        week.part,
        allowed,
    )
