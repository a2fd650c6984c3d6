"""From an answer as served to the rows that may be written: one function per endpoint.

The allow-lists themselves are in ``served`` (what is known) and ``rows`` (what is kept); here is how one becomes the
other. Every function takes the body of an answer and gives ``Decoded``: good rows, a description of bad ones without
their values, and the names of unknown and dropped fields. A body that is not the array or object due is a DataError.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from wistia_lake.privacy.agent import browser_major
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.reading import BadRow, Decoded, Reader, Served, bad, json_kind, plain_name, text_field
from wistia_lake.privacy.rows import AccountByDateRow, AccountRow, EventRow, MediaByDateRow, MediaRow, MediaStatsRow
from wistia_lake.privacy.served import (
    ABSENT,
    CONVERSION_FIELDS,
    AccountServed,
    ByDateServed,
    EventServed,
    MediaServed,
    MediaStatsServed,
    UserAgentServed,
)
from wistia_lake.privacy.url import NO_PAGE, page_parts

POLICY_VERSION: Final = 1
"""Raised whenever what is kept, or how it is made, changes; manifests and input digests hold it."""

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")
D = TypeVar("D", MediaByDateRow, AccountByDateRow)

_EVENTS = Reader(EventServed, "GET /stats/events")
_MEDIAS = Reader(MediaServed, "GET /medias")
_MEDIA = Reader(MediaServed, "GET /medias/{media_id}")
_MEDIA_STATS = Reader(MediaStatsServed, "GET /stats/medias/{media_id}")
_BY_DATE = Reader(ByDateServed, "GET /stats/medias/{media_id}/by_date")
_ACCOUNT = Reader(AccountServed, "GET /account")
_NO_AGENT = UserAgentServed()
_FLAGS: Final = {b"true": True, b"false": False, b"null": None}
_HOUR = re.compile(r"T(?:[01][0-9]|2[0-3]):")


def decode_events(body: bytes, pseudonymizer: Pseudonymizer) -> Decoded[EventRow]:
    """Sessions of a page of ``/stats/events``, keys replaced by pseudonyms, page addresses reduced."""
    served = _EVENTS.page(body)
    faults = [_with_pseudonyms(fault, raw, pseudonymizer) for fault, raw in served.faults]
    rows: list[EventRow] = []
    conversions: list[dict[str, Raw]] = []
    for position, event in zip(served.positions, served.rows, strict=True):
        row = _event_row(event, pseudonymizer)
        fault = _event_fault(position, event)
        if fault is None:
            rows.append(row)
        else:
            faults.append(replace(fault, event_id=row.event_id, visitor_id=row.visitor_id))
        if event.conversion_data:
            conversions.append(event.conversion_data)
    names = {name for data in conversions for name in data}
    unknown = served.unknown | {f"conversion_data.{plain_name(name)}" for name in names - CONVERSION_FIELDS}
    dropped = served.dropped() | {f"conversion_data.{name}" for name in names & (CONVERSION_FIELDS - {"is_new_lead"})}
    faults.sort(key=_by_position)
    return Decoded(rows, faults, frozenset(unknown), frozenset(dropped))


def _event_fault(position: int, event: EventServed) -> BadRow | None:
    """What the types of the allow-list cannot say."""
    if not exists(event.received_at):
        return bad(position, EventServed, "received_at")
    if event.conversion_data:
        lead = event.conversion_data.get("is_new_lead", ABSENT)
        if lead is not ABSENT and bytes(lead) not in _FLAGS:
            return BadRow(position, "conversion_data.is_new_lead", "boolean or null", json_kind(lead))
    return None


def _event_row(event: EventServed, pseudonymizer: Pseudonymizer) -> EventRow:
    agent = event.user_agent_details or _NO_AGENT
    version = agent.browser_version
    if isinstance(version, int):
        version = str(version)
    conversion_type = event.conversion_type
    if not isinstance(conversion_type, str):
        conversion_type = "" if conversion_type is None else str(conversion_type)
    page = page_parts(event.embed_url) if event.embed_url else NO_PAGE
    # Positional, in the order of EventRow: keywords cost a third of the time of this function.
    return EventRow(
        event.received_at,
        pseudonymizer.event(event.event_key),
        pseudonymizer.visitor(event.visitor_key),
        event.media_id,
        event.media_name,
        event.percent_viewed,
        event.country,
        event.region,
        agent.browser,
        version,
        None if version is None else browser_major(version),
        agent.platform,
        agent.mobile,
        conversion_type,
        bool(event.email),
        bool(event.conversion_data) or conversion_type not in ("", "0"),
        _FLAGS.get(bytes(event.conversion_data.get("is_new_lead", ABSENT))) if event.conversion_data else None,
        *page,
    )


def _with_pseudonyms(fault: BadRow, raw: Raw, pseudonymizer: Pseudonymizer) -> BadRow:
    """A row that could not be read, with the pseudonyms of those of its keys that can be."""
    event_key, visitor_key = text_field(raw, "event_key"), text_field(raw, "visitor_key")
    return replace(
        fault,
        event_id=None if event_key is None else pseudonymizer.event(event_key),
        visitor_id=None if visitor_key is None else pseudonymizer.visitor(visitor_key),
    )


def exists(instant: str | None) -> bool:
    """Whether an instant of the right form is in the calendar; absent counts as fine."""
    if instant is None:
        return True
    try:
        datetime.fromisoformat(instant)
    except ValueError:
        return False
    # Newer Pythons read T24:00 as the next day's midnight; engines do not agree on it.
    return _HOUR.search(instant) is not None


def decode_medias(body: bytes) -> Decoded[MediaRow]:
    """Medias of a page of ``/medias``, titles as served."""
    return _decoded_medias(_MEDIAS.page(body))


def decode_media(body: bytes) -> Decoded[MediaRow]:
    """The one media of ``/medias/{id}``: one row, or one bad row."""
    return _decoded_medias(_MEDIA.single(body))


def _decoded_medias(served: Served[MediaServed]) -> Decoded[MediaRow]:
    dropped = served.dropped()
    for name, projects in (
        ("project.id", [media.project for media in served.rows]),
        ("folder.id", [media.folder for media in served.rows]),
    ):
        if any(project is not None and project.id is not ABSENT for project in projects):
            dropped.add(name)
    return kept(served, _media_row, _media_fault, dropped)


def _media_row(media: MediaServed) -> MediaRow:
    project = media.project or media.folder
    return MediaRow(
        media_id=media.hashed_id,
        numeric_id=media.id,
        name=media.name,
        type=media.type,
        duration=media.duration,
        archived=media.archived,
        status=media.status,
        section=media.section,
        project_id=None if project is None else project.hashed_id or project.hashedId,
        project=None if project is None else project.name,
        created=media.created,
        updated=media.updated,
        tags=[tag.name for tag in media.tags or ()],
    )


def _media_fault(position: int, media: MediaServed) -> BadRow | None:
    if not exists(media.created):
        return bad(position, MediaServed, "created")
    return None if exists(media.updated) else bad(position, MediaServed, "updated")


def decode_media_stats(body: bytes, *, media_id: str) -> Decoded[MediaStatsRow]:
    """Lifetime counters of one media: one row, or one bad row."""

    def row(stats: MediaStatsServed) -> MediaStatsRow:
        counts = stats.load_count, stats.play_count, stats.play_rate, stats.hours_watched, stats.engagement
        return MediaStatsRow(media_id, *counts, stats.visitors)

    return kept(_MEDIA_STATS.single(body), row)


def decode_by_date(body: bytes, *, media_id: str) -> Decoded[MediaByDateRow]:
    """The good days of the answer, ascending; bad ones, and repeated ones, are described."""

    def row(day: ByDateServed) -> MediaByDateRow:
        return MediaByDateRow(media_id, day.date, day.load_count, day.play_count, day.hours_watched)

    return days(_BY_DATE.page(body), row)


def days(served: Served[ByDateServed], row: Callable[[ByDateServed], D]) -> Decoded[D]:
    """Rows of daily counts, ascending, each day once: Wistia's own order differs by endpoint."""
    seen: set[str] = set()

    def fault(position: int, day: ByDateServed) -> BadRow | None:
        if day.date in seen:
            return BadRow(position, "date", "each day once", "a day again")
        seen.add(day.date)
        try:
            date.fromisoformat(day.date)
        except ValueError:
            return bad(position, ByDateServed, "date")
        return None

    decoded = kept(served, row, fault)
    ascending = sorted(decoded.rows, key=lambda kept_day: kept_day.date)
    return Decoded(ascending, decoded.bad, decoded.unknown_fields, decoded.dropped_fields)


def decode_account(body: bytes) -> Decoded[AccountRow]:
    """The account's address and name."""
    return kept(_ACCOUNT.single(body), lambda account: AccountRow(account.url, account.name))


def _by_position(fault: BadRow) -> int:
    return fault.position


def _no_fault(_position: int, _row: object) -> None:
    return None


def kept(
    served: Served[S],
    row: Callable[[S], T],
    fault: Callable[[int, S], BadRow | None] = _no_fault,
    dropped: set[str] | None = None,
) -> Decoded[T]:
    """What ``row`` keeps of each served row that has no ``fault``."""
    rows: list[T] = []
    faults = [found for found, _ in served.faults]
    for position, item in zip(served.positions, served.rows, strict=True):
        found = fault(position, item)
        if found is None:
            rows.append(row(item))
        else:
            faults.append(found)
    faults.sort(key=_by_position)
    names = served.dropped() if dropped is None else dropped
    return Decoded(rows, faults, frozenset(served.unknown), frozenset(names))
