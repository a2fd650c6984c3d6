"""Truth about sessions: which rows a perfect reader holds, and what each cell says."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wistia_lake.sandbox.clock import Calendar, from_seconds
from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.truth.looks import Looks
from wistia_lake.sandbox.truth.medias import Durations, duration_on
from wistia_lake.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Held:
    """A session as one look saw it."""

    session: Session
    at: datetime
    received_at: int


def held_sessions(world: World, looks: Looks) -> list[Held]:
    """Every session that the deciding looks show, once: where its received_at is latest."""
    found: dict[tuple[str, str], Held] = {}
    for media_id in world.medias:
        for day in looks.event_days(media_id):
            walk = looks.deciding(media_id, day)
            assert walk is not None
            for session, at in walk.rows(world, media_id):
                held = Held(session, at, session.received_at(at.timestamp()))
                key = (session.event_key, session.visitor.key)
                if key not in found or found[key].received_at < held.received_at:
                    found[key] = held
    return list(found.values())


def pseudonym(text: str, key: bytes, kind: bytes) -> str:
    """Keyed BLAKE2b of a key as served, 16 bytes as hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=16, key=key, person=kind).hexdigest()


def event_rows(
    held: list[Held], durations: Durations, calendar: Calendar, pseudonym_key: bytes
) -> list[dict[str, Any]]:
    """silver.fact_event, sorted by day, media, viewer and time."""
    rows = [_row(item, durations, calendar, pseudonym_key) for item in held]
    by_event: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_event[row["event_id"]].append(row)
    for twins in by_event.values():
        twins.sort(key=lambda row: row["visitor_id"])
        twins.sort(key=lambda row: (row["percent_viewed"], row["received_at"]), reverse=True)
        for row in twins[1:]:
            row["is_twin"] = True
    order = ("received_day", "media_id", "visitor_id", "received_at", "event_id")
    rows.sort(key=lambda row: tuple(row[name] for name in order))
    return rows


def _row(item: Held, durations: Durations, calendar: Calendar, key: bytes) -> dict[str, Any]:
    session, who, page = item.session, item.session.visitor, item.session.page
    received_at = from_seconds(item.received_at)
    length = duration_on(durations, session.media_id, received_at.date())
    share = session.percent_at(item.at.timestamp())
    return {
        "event_id": pseudonym(session.event_key, key, b"event"),
        "visitor_id": pseudonym(who.key, key, b"visitor"),
        "is_twin": False,
        "media_id": session.media_id,
        "received_at": received_at,
        "received_day": received_at.date(),
        "day": calendar.day_of_seconds(item.received_at),
        "percent_viewed": share,
        "duration_ms": length,
        "watched_ms": None if length is None else math.floor(share * length + 0.5),
        "country": who.place.country,
        "region": who.place.region,
        "embed_domain": page.domain,
        "embed_path": page.path,
        "utm_source": page.utm_source,
        "utm_medium": page.utm_medium,
        "utm_campaign": page.utm_campaign,
        "is_identified": bool(who.email),
        "is_converted": session.conversion.converted,
        "conversion_type": session.conversion.type,
        "browser": who.agent.browser,
        "browser_major": who.agent.major,
        "platform": who.agent.platform,
        "is_mobile": who.agent.mobile,
        "batch_id": None,
    }


def latest_titles(world: World, held: list[Held], pseudonym_key: bytes) -> dict[str, str]:
    """Per media, the name that its latest session carried: names repeat the media's title at reading."""
    latest: dict[str, tuple[int, str, datetime]] = {}
    for media_id, rank in _ranks(held, pseudonym_key):
        if media_id not in latest or latest[media_id] < rank:
            latest[media_id] = rank
    titles = {}
    for media_id, (_, _, at) in latest.items():
        media = world.media_at(media_id, at)
        assert media is not None
        titles[media_id] = media.title
    return titles


def _ranks(held: list[Held], key: bytes) -> Iterator[tuple[str, tuple[int, str, datetime]]]:
    newest: dict[str, int] = {}
    for item in held:
        newest[item.session.media_id] = max(newest.get(item.session.media_id, 0), item.received_at)
    for item in held:
        if item.received_at == newest[item.session.media_id]:
            event_id = pseudonym(item.session.event_key, key, b"event")
            yield item.session.media_id, (item.received_at, event_id, item.at)
