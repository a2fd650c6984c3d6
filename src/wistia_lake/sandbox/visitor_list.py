"""The visitors endpoint's rows: one per viewer who played, put together from the sessions that are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from wistia_lake.sandbox.draw import generator, pick
from wistia_lake.sandbox.sessions import Session, stamp
from wistia_lake.sandbox.world import World

_EMAIL_GATE = "Turnstile"
_COMPANIES = ("Tallow Lane Allotments", "Harrow & Daughters", "Gr\u00fcnholz Exempel", "Quillwater Estate")
_TITLES = ("Seed buyer", "Plot steward", "Bulb curator")
_BUCKET = 1000
_MOST_LOADS = 1408
"""Observed."""


@dataclass(slots=True)
class _Gathered:
    """What the sessions of one viewer say; instants are unix seconds."""

    agent: str
    first_play: int
    last_at: int
    last_key: str
    play_count: int = 0
    email: str | None = None
    name: str = ""
    identified_at: int = 0
    identifying_key: str | None = None
    by_gate: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A viewer as the list shows one: its encoded row, and what filters and search look at."""

    key: str
    last_active: int
    row: bytes
    name: str
    email: str | None
    by_gate: bool


class VisitorList:
    """Every viewer of the account at an instant, newest first. Holds one row per viewer until time moves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state: tuple[datetime, int] | None = None
        self._seen: list[Seen] = []
        self._by_key: dict[str, Seen] = {}

    def page(self, wanted: str, search: str, offset: int, limit: int, now: datetime) -> list[bytes]:
        """Rows ``offset`` to ``offset + limit`` of those that the filter and the search let through."""
        self._refresh(now)
        found = [seen for seen in self._seen if _passes(seen, wanted) and _holds(seen, search)]
        return [seen.row for seen in found[offset : offset + limit]]

    def find(self, key: str, now: datetime) -> bytes | None:
        """One viewer's row."""
        self._refresh(now)
        seen = self._by_key.get(key)
        return None if seen is None else seen.row

    def _refresh(self, now: datetime) -> None:
        state = (now, self._world.version)
        if state == self._state:
            return
        gathered: dict[str, _Gathered] = {}
        for session in self._sessions(now):
            _add(gathered, session)
        seen = [_seen(key, who, self._world.seed) for key, who in gathered.items()]
        # Observed: newest first by last_active_at. Ties by key, so that the order is total and stable.
        self._seen = sorted(seen, key=lambda one: (-one.last_active, one.key))
        self._by_key = {one.key: one for one in seen}
        self._state = state

    def _sessions(self, now: datetime) -> Iterator[Session]:
        """Assumed: who has no session left inside the two years is not listed either."""
        first = max(self._world.first_session_day(), datetime.fromtimestamp(self._world.edge(now), now.tzinfo).date())
        for offset in range((now.date() - first).days + 1):
            for media_id in self._world.medias:
                yield from self._world.shown(media_id, first + timedelta(days=offset), now)


def identity(session: Session) -> tuple[str, str | None] | None:
    """Name and e-mail that a session tells of its viewer: a filled form both, an address in the page's query one."""
    if session.conversion.converted:
        data = json.loads(f"{{{session.conversion.json}}}")["conversion_data"]
        return f"{data['first_name']} {data['last_name']}", data["email"]
    return ("", session.visitor.email) if session.visitor.email else None


def organisation(key: str, seed: int) -> tuple[str, str] | None:
    """Company and title of some of those whose name is known."""
    rng = generator(seed, "visitor organisation", key)
    return (pick(rng, _COMPANIES), pick(rng, _TITLES)) if rng.random() < 0.6 else None


def _add(gathered: dict[str, _Gathered], session: Session) -> None:
    at, key = session.first_at, session.event_key
    who = gathered.get(session.visitor.key)
    if who is None:
        who = gathered[session.visitor.key] = _Gathered(session.visitor.agent.json, session.play_at, at, key)
    who.play_count += 1
    who.first_play = min(who.first_play, session.play_at)
    if (at, key) > (who.last_at, who.last_key):
        who.last_at, who.last_key, who.agent = at, key, session.visitor.agent.json
    known = identity(session)
    if known is not None and (who.identifying_key is None or (at, key) < (who.identified_at, who.identifying_key)):
        who.identified_at, who.identifying_key = at, key
        who.by_gate = session.conversion.type == _EMAIL_GATE
    if known is not None and (known[0] or not who.name):
        who.name, who.email = known


def _seen(key: str, who: _Gathered, seed: int) -> Seen:
    rng = generator(seed, "visitor list", key)
    load_count, play_count = _counts(rng, who.play_count)
    company = organisation(key, seed) if who.name else None
    row: dict[str, Any] = {
        "visitor_key": key,
        "created_at": stamp(_created(rng, key, who)),
        "last_active_at": stamp(who.last_at),
        "last_event_key": who.last_key,
        "load_count": load_count,
        "play_count": play_count,
        "identifying_event_key": who.identifying_key,
        # Observed: three kinds of empty in one object.
        "visitor_identity": {
            "name": who.name,
            "email": who.email,
            "org": {"name": company[0] if company else None, "title": company[1] if company else None},
        },
        "user_agent_details": json.loads(who.agent),
    }
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return Seen(key, who.last_at, text.encode(), who.name, who.email, who.by_gate)


def _counts(rng: Random, plays: int) -> tuple[int, int]:
    """Loads and plays; observed: a few have more plays than loads, and a very few load again and again."""
    if rng.random() < 0.033:
        return plays, plays + 1
    if rng.random() < 0.002:
        return min(_MOST_LOADS, plays + int(_MOST_LOADS * rng.random())), plays
    return plays + int(3.0 * rng.random() ** 3), plays


def _created(rng: Random, key: str, who: _Gathered) -> int:
    """The first load: in the thousand seconds that the key names, or moments before the first play.

    Observed: later than the last activity on 7.4 % of the rows, mostly by a second, at most by 113.
    """
    if who.play_count == 1 and rng.random() < 0.09:
        return who.last_at + (1 if rng.random() < 0.9 else 1 + int(113 * rng.random()))
    prefix = key[:7]
    if prefix.isdecimal() and (int(prefix) + 1) * _BUCKET < who.first_play:
        return int(prefix) * _BUCKET + int(_BUCKET * rng.random())
    return who.first_play - int(20 * rng.random())


def _passes(seen: Seen, wanted: str) -> bool:
    """The three documented filters. Assumed: another value filters nothing, as unknown parameters do."""
    match wanted:
        case "has_name":
            return bool(seen.name)
        case "has_email":
            return bool(seen.email)
        case "identified_by_email_gate":
            return seen.by_gate
    return True


def _holds(seen: Seen, search: str) -> bool:
    """Whether name or e-mail contains the text. Assumed: in any case of letters."""
    texts: Sequence[str] = (seen.name, seen.email or "")
    return not search or any(search.casefold() in text.casefold() for text in texts)
