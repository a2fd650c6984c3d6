"""What the page walk must know of a page without keeping any of it: how many rows, and which.

The keys are Wistia's own, unreplaced: they are compared in memory and thrown away, and never written or logged.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from wistia_lake.privacy.reading import UNREADABLE, split_rows
from wistia_lake.privacy.served import ABSENT

RowKey = tuple[bytes, ...]


class _EventKeys(msgspec.Struct, gc=False):
    event_key: Raw = ABSENT
    visitor_key: Raw = ABSENT


class _MediaKeys(msgspec.Struct, gc=False):
    hashed_id: Raw = ABSENT


class _ProjectKeys(msgspec.Struct, gc=False):
    hashedId: Raw = ABSENT  # noqa: N815  Wistia's spelling
    hashed_id: Raw = ABSENT


_EVENT_KEYS = msgspec.json.Decoder(list[_EventKeys])
_MEDIA_KEYS = msgspec.json.Decoder(list[_MediaKeys])
_PROJECT_KEYS = msgspec.json.Decoder(list[_ProjectKeys])


def row_count(body: bytes) -> int:
    """How many rows a page has, good or bad; DataError if it is not a JSON array."""
    return len(split_rows(body, "The API"))


def event_keys(body: bytes) -> list[RowKey]:
    """(``event_key``, ``visitor_key``) of each row of a page of events, as encoded."""
    try:
        rows = _EVENT_KEYS.decode(body)
    except UNREADABLE:
        return _whole_rows(body)
    return [(bytes(row.event_key), bytes(row.visitor_key)) for row in rows]


def media_keys(body: bytes) -> list[RowKey]:
    """(``hashed_id``,) of each row of a page of medias, as encoded; a row without it is its own key."""
    try:
        rows = _MEDIA_KEYS.decode(body)
    except UNREADABLE:
        return _whole_rows(body)
    return [(bytes(row.hashed_id),) for row in rows]


def events_agree(first: bytes, second: bytes) -> bool:
    """Whether two readings of a page of events hold the same sessions, in any order.

    Values are not compared: ``percent_viewed`` of a running session may grow between the two.
    """
    return sorted(event_keys(first)) == sorted(event_keys(second))


def medias_agree(first: bytes, second: bytes) -> bool:
    """Whether two readings of a page of medias hold the same medias, in any order."""
    return sorted(media_keys(first)) == sorted(media_keys(second))


def projects_agree(first: bytes, second: bytes) -> bool:
    """Whether two readings of a page of projects hold the same projects, in any order."""
    return sorted(_project_keys(first)) == sorted(_project_keys(second))


def _project_keys(body: bytes) -> list[RowKey]:
    try:
        rows = _PROJECT_KEYS.decode(body)
    except UNREADABLE:
        return _whole_rows(body)
    return [(bytes(row.hashedId), bytes(row.hashed_id)) for row in rows]


def _whole_rows(body: bytes) -> list[RowKey]:
    return [(bytes(row),) for row in split_rows(body, "The API")]
