"""What a reader looked at, and when: read from the sandbox's own request log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from wistia_lake.sandbox.clock import parse_instant
from wistia_lake.sandbox.scenario import Media
from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.world import World, order

_PER_PAGE = 100


@dataclass(slots=True)
class Walk:
    """Pages of one list in ascending order. Its instant is that of its first page."""

    at: datetime
    number: int
    """Place in the log, which tells walks at the same instant apart."""
    pages: list[tuple[int, int, datetime]] = field(default_factory=list)
    """Page number, page size and instant of every page that was served."""
    complete: bool = False
    void: bool = False
    """The first short page was read a second time and had other rows: the walk does not count."""


class EventWalk(Walk):
    """One look at a UTC day of sessions, of the account or of one media."""

    day: date
    media_id: str | None
    __slots__ = ("day", "media_id")

    def rows(self, world: World, media_id: str) -> list[tuple[Session, datetime]]:
        """The sessions of one media as this walk saw them, each with the instant of its page."""
        if all(at == self.at for _, _, at in self.pages):
            return [(session, self.at) for session in world.visible(media_id, self.day, self.at)]
        seen: dict[tuple[str, str], tuple[Session, datetime]] = {}
        for page, size, at in self.pages:  # of a row repeated inside a walk, the later request counts
            for session in page_rows(world, self.day, self.media_id, (page, size, at)):
                if session.media_id == media_id:
                    seen[session.event_key, session.visitor.key] = session, at
        return list(seen.values())


def page_rows(world: World, day: date, media_id: str | None, page: tuple[int, int, datetime]) -> list[Session]:
    """The sessions on one page of a UTC day."""
    number, size, at = page
    medias = [media_id] if media_id else list(world.medias)
    rows = [session for media in medias for session in world.visible(media, day, at)]
    rows.sort(key=lambda session: order(session, at.timestamp()))
    return rows[(number - 1) * size : number * size]


@dataclass(frozen=True, slots=True)
class Window:
    """One answered ``by_date``."""

    at: datetime
    number: int
    first: date
    last: date


class Looks:
    """Every look in a request log, sorted by what was looked at."""

    def __init__(self, world: World, lines: Iterable[Mapping[str, Any]]) -> None:
        self._world = world
        self._numbers = {str(media.id): media_id for media_id, media in world.medias.items()}
        self._walks: dict[tuple[str | None, ...], Walk] = {}
        self.events: dict[tuple[date, str | None], list[EventWalk]] = defaultdict(list)
        self.lists: list[Walk] = []
        self.shows: list[tuple[int, str, int]] = []
        """Place in the log, media and status of every media that was asked for by itself."""
        self.stats: list[tuple[datetime, str]] = []
        self.windows: dict[str, list[Window]] = defaultdict(list)
        self.account_windows: list[Window] = []
        self.measured_windows: dict[str, list[Window]] = defaultdict(list)
        self.curves: dict[str, datetime] = {}
        """Per media, the instant of the newest answer about its curve."""
        for number, line in enumerate(lines):
            self._read(number, line, parse_instant(line["at"]))
        for walks in self.events.values():
            walks[:] = [walk for walk in walks if walk.complete and not walk.void]
        self.lists = [walk for walk in self.lists if walk.complete and not walk.void]

    def _read(self, number: int, line: Mapping[str, Any], at: datetime) -> None:
        path = str(line["path"]).removeprefix("/v1").removeprefix("/modern").removesuffix(".json")
        query, ok = line["query"], line["status"] == 200
        match path.strip("/").split("/"):
            case ["medias"] if ok and not set(query) - {"page", "per_page", "sort_by", "sort_direction"}:
                self._step(("medias",), number, line, at)
            case ["medias", media_id]:
                self.shows.append((number, media_id, line["status"]))
            case ["stats", "events"] if ok and not set(query) - {*_EVENT_PARAMETERS}:
                if query.get("start_date") and query.get("start_date") == query.get("end_date"):
                    self._step(("events", query["start_date"], query.get("media_id")), number, line, at)
            case ["stats", "medias", media_id] if ok:
                self.stats.append((at, self._hashed(media_id)))
            case ["stats", "medias", media_id, "by_date"] if ok:
                self.windows[self._hashed(media_id)].append(self._window(number, query, at))
            case ["analytics", "medias", media_id, "timeseries"] if ok:
                self.measured_windows[media_id].append(self._measured_window(number, query, at))
            case ["stats", "medias", media_id, "engagement"] if ok:
                self.curves[self._hashed(media_id)] = at
            case ["stats", "account", "by_date"] if ok:
                self.account_windows.append(self._window(number, query, at))

    def _hashed(self, media_id: str) -> str:
        return media_id if media_id in self._world.medias else self._numbers[media_id]

    def _window(self, number: int, query: Mapping[str, str], at: datetime) -> Window:
        """The account days that the answer had rows for; none after today."""
        today = self._world.calendar.day_of(at)
        last = date.fromisoformat(query["end_date"]) if query.get("end_date") else today
        yesterday = date.fromordinal(today.toordinal() - 1)
        first = date.fromisoformat(query["start_date"]) if query.get("start_date") else min(last, yesterday)
        return Window(at, number, first, min(last, today))

    def _measured_window(self, number: int, query: Mapping[str, str], at: datetime) -> Window:
        """The same where the end is exclusive."""
        last = date.fromordinal(date.fromisoformat(query["end_date"]).toordinal() - 1)
        today = self._world.calendar.day_of(at)
        return Window(at, number, date.fromisoformat(query["start_date"]), min(last, today))

    def _step(self, key: tuple[str | None, ...], number: int, line: Mapping[str, Any], at: datetime) -> None:
        """One page of a walk: page 1 begins a new one, any other goes on with the running one."""
        page = max(1, int(line["query"].get("page") or 1))
        size = min(int(line["query"].get("per_page") or self._world.options.default_per_page), _PER_PAGE)
        walk = self._walks.get(key)
        if page == 1:
            walk = self._walks[key] = self._begin(key, number, at)
        elif walk is None or page > walk.pages[-1][0] + 1:
            return  # a page out of order belongs to no walk
        elif walk.complete and page == walk.pages[-1][0]:
            walk.void = walk.void or not self._agrees(walk, (page, size, at))
        walk.pages.append((page, size, at))
        walk.complete = walk.complete or line["rows"] < size

    def _agrees(self, walk: Walk, again: tuple[int, int, datetime]) -> bool:
        if not isinstance(walk, EventWalk) or walk.pages[-1][2] == again[2]:
            return True
        both = [page_rows(self._world, walk.day, walk.media_id, page) for page in (walk.pages[-1], again)]
        first, second = ({(session.event_key, session.visitor.key) for session in rows} for rows in both)
        return first == second

    def _begin(self, key: tuple[str | None, ...], number: int, at: datetime) -> Walk:
        if key[0] == "medias":
            self.lists.append(Walk(at, number))
            return self.lists[-1]
        walk = EventWalk(at, number)
        walk.day, walk.media_id = date.fromisoformat(str(key[1])), key[2]
        self.events[walk.day, walk.media_id].append(walk)
        return walk

    def deciding(self, media_id: str, day: date) -> EventWalk | None:
        """The newest complete look at a UTC day whose scope contains the media.

        A look that the two-year edge cut does not replace an earlier whole one of another scope, made when the day was
        over: only the edge has hidden what it lacks.
        """
        walks = [*self.events.get((day, None), ()), *self.events.get((day, media_id), ())]
        newest = _newest(walks)
        if newest is None or not self._is_cut(newest):
            return newest
        whole = [walk for walk in walks if walk.media_id != newest.media_id and not self._is_cut(walk)]
        over = [walk for walk in whole if walk.at.date() > day]
        return _newest(over) or newest

    def _is_cut(self, walk: EventWalk) -> bool:
        return self._world.edge(walk.at) > datetime.combine(walk.day, time.min, tzinfo=UTC).timestamp()

    def first(self, walk: EventWalk) -> EventWalk:
        """The first complete look at the same slice."""
        return self.events[walk.day, walk.media_id][0]

    def event_days(self, media_id: str) -> list[date]:
        """The UTC days of which a look contains the media, ascending."""
        return sorted({day for (day, scope), walks in self.events.items() if scope in (None, media_id) and walks})

    def media_lists(self) -> list[Walk]:
        """Every complete media list, oldest first."""
        return sorted(self.lists, key=lambda walk: (walk.at, walk.number))


def _newest(walks: Iterable[EventWalk]) -> EventWalk | None:
    return max(walks, key=lambda walk: (walk.at, walk.number), default=None)


_EVENT_PARAMETERS = ("start_date", "end_date", "media_id", "page", "per_page")


def listed(world: World, walk: Walk) -> dict[str, Media]:
    """The medias that a list walk held."""
    return {media.hashed_id: media for media in world.present_medias(walk.at)}
