"""The same from the API, in few requests: the busiest medias' daily counts, and their sessions of those days."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any, Final

from wistia_lake.errors import ApiGone
from wistia_lake.model import ONE_DAY, Reporter, is_media_id
from wistia_lake.privacy.policy import decode_by_date
from wistia_lake.probes.asking import Api
from wistia_lake.probes.describing import moment
from wistia_lake.probes.zone_score import Counts
from wistia_lake.wistia.endpoints import EVENTS, MEDIA_BY_DATE, PER_PAGE

MOST_REQUESTS: Final = 60
MOST_MEDIAS: Final = 5
LONGEST, ENOUGH, SHORTEST = 45, 14, 4
"""Days that are compared: at most, if the requests allow it, and at least."""

Plays = dict[str, dict[date, int]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which medias' sessions are read, and from which day on."""

    medias: tuple[str, ...]
    first: date
    last: date
    requests: int
    """As estimated from the plays."""


async def counts_of_account(
    api: Api, most_requests: int = MOST_REQUESTS, reporter: Reporter | None = None
) -> Counts | None:
    """What at most so many requests tell; None if they tell nothing."""
    begun = api.client.stats.requests

    def asked() -> None:
        if reporter is not None:
            reporter.step("requests for the zone", api.client.stats.requests - begun, most_requests)

    last = api.clock().date() - 2 * ONE_DAY  # over in every zone, and so is the UTC day after it
    recent = await api.page(EVENTS, 1, PER_PAGE, {})
    medias = _busiest(recent.rows)[: max(0, min(MOST_MEDIAS, most_requests // 4))]
    answers = await asyncio.gather(*(_plays(api, media_id, last) for media_id in medias))
    plays = {media_id: found for media_id, found in zip(medias, answers, strict=True) if any(found.values())}
    left = most_requests - (api.client.stats.requests - begun)
    choice = choose(plays, last, left)
    if choice is None:
        return None
    return await _compare(api, plays, choice, left, asked)


def choose(plays: Mapping[str, Mapping[date, int]], last: date, requests: int) -> Choice | None:
    """The most sessions that the requests can read: two weeks of as many medias as possible, longer if that is left.

    None if not even a few days of the quietest media fit.
    """
    quiet_first = sorted(plays, key=lambda media_id: (sum(plays[media_id].values()), media_id))
    for day_count in (ENOUGH, SHORTEST):
        for count in range(len(quiet_first), 0, -1):
            medias = tuple(quiet_first[:count])
            if _cost(plays, medias, last, day_count) <= requests:
                most = LONGEST if day_count == ENOUGH else ENOUGH
                while day_count < most and _cost(plays, medias, last, day_count + 1) <= requests:
                    day_count += 1  # noqa: PLW2901  counting on from the least that fits
                cost = _cost(plays, medias, last, day_count)
                return Choice(medias, last - timedelta(days=day_count - 1), last, cost)
    return None


def _cost(plays: Mapping[str, Mapping[date, int]], medias: Sequence[str], last: date, day_count: int) -> int:
    """Requests for the sessions of some medias, with a day on either side and the empty page that ends a list."""
    first = last - timedelta(days=day_count)
    return sum(
        ceil(sum(count for day, count in plays[media_id].items() if day >= first) / PER_PAGE) + 1 for media_id in medias
    )


def _busiest(rows: Sequence[Any]) -> list[str]:
    """Medias of the newest sessions, the most frequent first."""
    found = [str(row.get("media_id")) for row in rows if isinstance(row, dict)]
    return [media_id for media_id, _ in Counter(filter(is_media_id, found)).most_common()]


async def _plays(api: Api, media_id: str, last: date) -> dict[date, int]:
    """Plays of each day up to and including one after the last that is compared."""
    days = {"start_date": (last - timedelta(days=LONGEST)).isoformat(), "end_date": (last + ONE_DAY).isoformat()}
    try:
        answer = await api.client.get(MEDIA_BY_DATE, params=days, media_id=media_id)
    except ApiGone:
        return {}
    rows = decode_by_date(answer.body, media_id=media_id).rows
    return {date.fromisoformat(row.date): row.play_count for row in rows}


async def _compare(api: Api, plays: Plays, choice: Choice, requests: int, asked: Callable[[], None]) -> Counts | None:
    spare = max(0, requests - choice.requests) // len(choice.medias)
    walks = await asyncio.gather(*(_sessions(api, media_id, plays, choice, spare, asked) for media_id in choice.medias))
    kept: Plays = {}
    for media_id, (_, first) in zip(choice.medias, walks, strict=True):
        found = {day: count for day, count in plays[media_id].items() if first <= day <= choice.last}
        if found:
            kept[media_id] = found
    if not kept:
        return None
    sessions = {media_id: instants for media_id, (instants, _) in zip(choice.medias, walks, strict=True)}
    return Counts(min(min(days) for days in kept.values()), choice.last, kept, sessions)


async def _sessions(
    api: Api, media_id: str, plays: Plays, choice: Choice, spare: int, asked: Callable[[], None]
) -> tuple[list[int], date]:
    """When a media's sessions were received, ascending, and the first day of which all are there.

    The API lists the newest first: a walk that is ended before its end lacks the oldest.
    """
    first, last = choice.first - ONE_DAY, choice.last + ONE_DAY
    params: dict[str, str | int] = {
        "start_date": first.isoformat(), "end_date": last.isoformat(), "media_id": media_id,
    }  # fmt: skip
    most = _cost(plays, [media_id], choice.last, (choice.last - choice.first).days + 1) + spare
    found: dict[str, int] = {}
    is_whole = False
    for number in range(1, most + 1):
        page = await api.page(EVENTS, number, PER_PAGE, params)
        asked()
        for row in [row for row in page.rows if isinstance(row, dict)]:
            at = moment(row.get("received_at"))
            if at is not None and row.get("media_id") == media_id:
                found.setdefault(str(row.get("event_key")), int(at.timestamp()))
        if not page.rows:
            is_whole = True
            break
    instants = sorted(found.values())
    if is_whole or not instants:
        return instants, choice.first
    oldest = datetime.fromtimestamp(instants[0], UTC).date()
    return instants, max(choice.first, oldest + 2 * ONE_DAY)
