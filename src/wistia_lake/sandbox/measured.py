"""What ``/analytics/medias/{id}/timeseries`` answers: plays as Wistia measures them, those of bots left out.

The modern API only has it. Observed: buckets begin at local midnight, written in UTC with a space; a bucket without
activity holds its timestamp and nothing else; plays are about 14 % under those of ``by_date``. Documented: both dates
are needed, the end is exclusive, a range has at most two years, ids are hashed ones. Assumed: no bucket after today.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from math import floor
from typing import Any

import msgspec

from wistia_lake.sandbox.answer import Answer
from wistia_lake.sandbox.clock import from_seconds
from wistia_lake.sandbox.scenario import Media
from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.world import World

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DRAWS = 2**32
REPEATED = 0.3
"""Most of its watch time that a session spends on parts that it has seen before; sessions themselves do not tell."""

Query = Mapping[str, list[str]]


def timeseries(world: World, media_id: str, query: Query, now: datetime) -> Answer:
    """The daily buckets of one media."""
    if not world.options.analytics:
        return _refused(403, "Analytics are not available on your current plan")
    media = world.present_media(media_id, now)
    if media is None:
        return _refused(404, "Media not found")
    if query.get("granularity", [""])[-1] != "daily":
        return _bad("granularity must be daily here: this simulation has no weeks and months")
    first, end = _date(query, "start_date"), _date(query, "end_date")
    if first is None or end is None:
        return _bad("start_date and end_date are required")
    if end < first or _two_years_later(first) < end:
        return _bad("the range must not be reversed, nor longer than 2 years")
    end = min(end, world.calendar.day_of(now) + timedelta(days=1))
    rows = [bucket(world, media, first + timedelta(days=n), now) for n in range((end - first).days)]
    return Answer(200, msgspec.json.encode(rows), len(rows))


def bucket(world: World, media: Media, day: date, now: datetime) -> dict[str, Any]:
    """One account day of a media as it is measured at ``now``."""
    row: dict[str, Any] = {"timestamp": f"{from_seconds(world.calendar.bounds(day)[0]):%Y-%m-%d %H:%M:%S}.000Z"}
    plays, seconds = 0, 0.0
    players: set[str] = set()
    for session in _plays(world, media.hashed_id, day):
        is_bot, repeats = _draws(world, session)
        if session.play_at > now.timestamp() or is_bot < world.options.bot_share:
            continue
        plays += 1
        players.add(session.visitor.key)
        seconds += session.percent_at(now.timestamp()) * media.length * (1 + REPEATED * repeats)
    loads, all_plays = world.day_counts(media.hashed_id, day, now)
    visitors = len(players) + floor((loads - all_plays) * (1 - world.options.bot_share) * 0.9)
    if not plays and not visitors:
        return row
    return row | {
        "unique_loads": visitors + len(players) // 9,  # a visitor on two pages loads it twice
        "unique_plays": len(players),
        "plays": plays,
        "unique_visitors": visitors,
        "form_conversions": 0,
        "played_time": floor(seconds),
        "play_rate": round(len(players) / visitors, 4),
        "engagement_rate": round(min(1.0, seconds / (plays * media.length)), 4) if plays else None,
        "cta_impressions": 0,
        "cta_conversions": 0,
        "cta_conversion_rate": None,
    }


def _plays(world: World, media_id: str, day: date) -> Iterator[Session]:
    """One session for each play of the day that left one, in order; a twin is the same play again."""
    by_utc_day = world.local_day_sessions(media_id, day)
    seen: set[str] = set()
    for session in sorted(
        (session for sessions in by_utc_day.values() for session in sessions),
        key=lambda session: (session.play_at, session.event_key, session.first_at),
    ):
        if session.event_key not in seen:
            seen.add(session.event_key)
            yield session


def _draws(world: World, session: Session) -> tuple[float, float]:
    """Two numbers in 0..1 that hang on the play alone: what any other route serves does not move them."""
    drawn = hashlib.blake2b(f"{world.seed}/{session.event_key}/measured".encode(), digest_size=8).digest()
    return int.from_bytes(drawn[:4], "big") / _DRAWS, int.from_bytes(drawn[4:], "big") / _DRAWS


def _two_years_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 2)
    except ValueError:
        return date(day.year + 2, 3, 1)


def _date(query: Query, name: str) -> date | None:
    text = query.get(name, [""])[-1]
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _bad(reason: str) -> Answer:
    return Answer(400, msgspec.json.encode({"error": "Bad request", "errors": [reason]}))


def _refused(status: int, message: str) -> Answer:
    return Answer(status, msgspec.json.encode({"error": message}))
