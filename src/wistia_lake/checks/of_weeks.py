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

ACCOUNT = ""
"""Stands in for the media where a week of the whole account is compared."""


@dataclass(frozen=True, slots=True)
class Week:
    """Two counts of one media in one week."""

    media_id: str
    first_day: date
    whole: int
    """What the part is a share of."""
    part: int
    plays: int = 0
    """The plays behind a whole that is itself an expectation."""

    @property
    def share(self) -> float:
        """The part's share of the whole."""
        return self.part / self.whole


def week_days(last: date) -> pa.Table:
    """The days of the last whole weeks (Monday to Sunday) up to a day, with the first day of their week."""
    newest = last - timedelta(days=(last.weekday() + 1) % 7)
    days = [newest - timedelta(days=number) for number in range(LEARNED_WEEKS * 7)]
    return relation({"day": "day", "week": "day"}, [(day, day - timedelta(days=day.weekday())) for day in days])


def whole_account(weeks: Iterable[Week]) -> list[Week]:
    """The weeks of all medias together."""
    wholes: dict[date, int] = defaultdict(int)
    parts: dict[date, int] = defaultdict(int)
    for week in weeks:
        wholes[week.first_day] += week.whole
        parts[week.first_day] += week.part
    return [Week(ACCOUNT, day, wholes[day], parts[day]) for day in sorted(wholes)]


def learned(week: Week, weeks: Sequence[Week]) -> Usual | None:
    """What is usual by the other weeks; None if there are too few."""
    shares = [one.share for one in weeks if one.first_day != week.first_day and one.whole >= ENOUGH_PLAYS]
    return usual(shares) if len(shares) >= ENOUGH_WEEKS else None


def by_media_of(weeks: Iterable[Week]) -> dict[str, list[Week]]:
    """Weeks by media."""
    by_media: dict[str, list[Week]] = defaultdict(list)
    for week in weeks:
        by_media[week.media_id].append(week)
    return by_media


def recent_of(weeks: Sequence[Week]) -> list[Week]:
    """The weeks that are judged."""
    newest = max((week.first_day for week in weeks), default=date.min)
    return [week for week in weeks if week.first_day + JUDGED_WEEKS * WEEK > newest]


def _weeks(rows: Iterable[Mapping[str, Any]], whole: str, part: str) -> list[Week]:
    return [Week(row["media_id"], row["week"], row[whole], row[part]) for row in rows]


def _judged(recent: Sequence[Week], found: Iterable[Finding | None]) -> Judged:
    """The findings, without a week of the account where one of a media already tells."""
    findings = [one for one in found if one is not None]
    told = {one.day for one in findings if one.media_id is not None}
    return Judged(
        f"{len(recent):,} media weeks",
        [one for one in findings if one.media_id is not None or one.day not in told],
        bool(recent),
    )


def sessions_and_plays(evidence: Evidence) -> Judged:
    """Sessions (twins once) against plays, per media and week, and of all medias together."""
    if evidence.last_final_day is None:
        return Judged("no final day yet", is_enough=False)
    rows = evidence.ask(
        "sessions_and_plays",
        tables=[FACT_MEDIA_DAY, DIM_MEDIA],
        since=first_of_month(evidence.last_final_day - (LEARNED_WEEKS + 1) * WEEK),
        event_days=evidence.event_days,
        week_days=week_days(evidence.last_final_day),
    )
    weeks = _weeks(rows, "play_count", "session_count")
    by_media, account, recent = by_media_of(weeks), whole_account(weeks), recent_of(weeks)
    together = _together(by_media) if len(by_media) > 1 else []
    comparisons = len(recent) + len(recent_of(together))
    found = [_compared(week, by_media[week.media_id], account, comparisons) for week in recent]
    found += [_compared_together(week, together, comparisons) for week in recent_of(together)]
    return _judged(recent, found)


def _compared(week: Week, weeks: Sequence[Week], account: Sequence[Week], comparisons: int) -> Finding | None:
    own, others = learned(week, weeks), learned(week, account)
    share = own.share if own is not None else others.share if others is not None else 1.0
    share = min(max(share, LEAST_SHARE), 1.0)
    basis = f"usually {share:.1%} for this media" if own is not None else f"at {share:.1%}, for want of history"
    return _differing(week, share * week.whole, _allowed(week.whole, share, own, comparisons), basis)


def _together(by_media: Mapping[str, Sequence[Week]]) -> list[Week]:
    """Weeks of the medias whose share is learned: sessions beside those that are expected of these very medias.

    Held against plays alone, an account whose visitors turn to other medias would seem to lose sessions.
    """
    expected: dict[date, float] = defaultdict(float)
    parts: dict[date, int] = defaultdict(int)
    plays: dict[date, int] = defaultdict(int)
    for weeks in by_media.values():
        for week in weeks:
            own = learned(week, weeks)
            if own is not None:
                expected[week.first_day] += min(max(own.share, LEAST_SHARE), 1.0) * week.whole
                parts[week.first_day] += week.part
                plays[week.first_day] += week.whole
    return [Week(ACCOUNT, day, round(expected[day]), parts[day], plays[day]) for day in sorted(expected)]


def _compared_together(week: Week, weeks: Sequence[Week], comparisons: int) -> Finding | None:
    own = learned(week, weeks)
    if own is None:
        return None
    share = min(max(own.share, LEAST_SHARE), 1.0)
    missing = max(week.plays - share * week.whole, UNSEEN * week.plays)
    allowed = max(max(SPREADS * own.spread, LEAST_TOLERANCE) * week.whole, allowance(missing, comparisons))
    return _differing(week, share * week.whole, allowed, "as usual for each media of the account")


def _differing(week: Week, expected: float, allowed: float, basis: str) -> Finding | None:
    if abs(week.part - expected) <= allowed:
        return None
    plays = week.plays or week.whole
    return Finding(
        f"week of {week.first_day}: {week.part:,} sessions for {plays:,} plays, where {expected:,.0f} were expected "
        f"({basis}), give or take {allowed:,.0f}",
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
    weeks = _weeks(rows, "row_count", "twin_count")
    by_media, recent = by_media_of(weeks), recent_of(weeks)
    account = whole_account(weeks) if len(by_media) > 1 else []
    comparisons = len(recent) + len(recent_of(account))
    found = [_too_many(week, by_media[week.media_id], comparisons) for week in recent]
    return _judged(recent, found + [_too_many(week, account, comparisons) for week in recent_of(account)])


def _too_many(week: Week, weeks: Sequence[Week], comparisons: int) -> Finding | None:
    own = learned(week, weeks)
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
