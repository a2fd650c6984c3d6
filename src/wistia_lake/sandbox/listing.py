"""Pages of event rows, newest first, without holding the account's history in memory."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date, datetime, timedelta
from itertools import islice

from wistia_lake.sandbox.bodies import event_tail
from wistia_lake.sandbox.sessions import Session, encode
from wistia_lake.sandbox.world import World, order

KEPT_ROWS = 40_000
"""Encoded rows held at most (beyond the day being read), about 60 MB."""


class DayView:
    """The visible sessions of one UTC day at one instant; rows are encoded when a page first needs them."""

    __slots__ = ("_rows", "sessions")

    def __init__(self, sessions: list[Session]) -> None:
        self.sessions = sessions
        self._rows: list[bytes | None] = [None] * len(sessions)

    def rows(self, first: int, last: int, now: float, token: str, tails: dict[str, tuple[str, str]]) -> list[bytes]:
        """The encoded rows of one stretch."""
        out = []
        for place in range(first, min(last, len(self.sessions))):
            row = self._rows[place]
            if row is None:
                session = self.sessions[place]
                row = self._rows[place] = encode(session, now, token, tails[session.media_id])
            out.append(row)
        return out


class Listing:
    """The events endpoint's rows for any window, scope and instant."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._views: OrderedDict[tuple[date, str | None], DayView] = OrderedDict()
        self._counts: dict[tuple[date, str | None], int] = {}
        self._tails: dict[str, tuple[str, str]] = {}
        self._state: tuple[datetime, int] | None = None
        self._held = 0

    def page(
        self, first: date | None, last: date | None, media_id: str | None, visitor: str | None,
        offset: int, limit: int, now: datetime,
    ) -> list[bytes]:  # fmt: skip
        """Rows ``offset`` to ``offset + limit`` of the window's UTC days, both included."""
        self._refresh(now)
        oldest = self._world.first_session_day()
        first, last = max(first or oldest, oldest), min(last or now.date(), now.date())
        rows: list[bytes] = []
        day = last
        while day >= first and len(rows) < limit:
            if visitor is not None:
                found = self._of_visitor(day, media_id, visitor, now)
                rows += islice(found, offset, offset + limit - len(rows))
                offset = max(0, offset - len(found))
            elif (size := self._size(day, media_id, now)) <= offset:
                offset -= size
            else:
                rows += self._rows(self._view(day, media_id, now), offset, offset + limit - len(rows), now)
                offset = 0
            day -= timedelta(days=1)
        return rows

    def encoded(self, session: Session, now: datetime) -> bytes:
        """One row by itself."""
        self._refresh(now)
        return encode(session, now.timestamp(), self._token, self._tails[session.media_id])

    @property
    def _token(self) -> str:
        return self._world.scenario.account.public_token

    def _rows(self, view: DayView, first: int, last: int, now: datetime) -> list[bytes]:
        return view.rows(first, last, now.timestamp(), self._token, self._tails)

    def _of_visitor(self, day: date, media_id: str | None, visitor: str, now: datetime) -> list[bytes]:
        sessions = self._view(day, media_id, now).sessions
        return [self.encoded(session, now) for session in sessions if session.visitor.key == visitor]

    def _size(self, day: date, media_id: str | None, now: datetime) -> int:
        key = (day, media_id)
        if key not in self._counts:
            self._view(day, media_id, now)
        return self._counts[key]

    def _view(self, day: date, media_id: str | None, now: datetime) -> DayView:
        key = (day, media_id)
        view = self._views.get(key)
        if view is None:
            medias = [media_id] if media_id else list(self._world.medias)
            sessions = [session for media in medias for session in self._world.shown(media, day, now)]
            seconds = now.timestamp()
            sessions.sort(key=lambda session: order(session, seconds))
            view = self._views[key] = DayView(sessions)
            self._counts[key] = len(sessions)
            self._held += len(sessions)
            while self._held > KEPT_ROWS and len(self._views) > 1:
                _, dropped = self._views.popitem(last=False)
                self._held -= len(dropped.sessions)
        else:
            self._views.move_to_end(key)
        return view

    def _refresh(self, now: datetime) -> None:
        """Forget everything when time or the world has moved."""
        state = (now, self._world.version)
        if state == self._state:
            return
        self._views.clear()
        self._counts.clear()
        self._held = 0
        self._tails.clear()
        for media_id in self._world.medias:
            media = self._world.media_at(media_id, now)
            if media is not None:
                self._tails[media_id] = event_tail(self._world, media)
        self._state = state
