"""What a reader looked at, and when: read from the sandbox's own request log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from wistia_lake.sandbox.clock import parse_instant
from wistia_lake.sandbox.scenario import Media
from wistia_lake.sandbox.truth.walks import EventWalk, Page, Walk, Walker, believed, page_rows, reach
from wistia_lake.sandbox.world import World

__all__ = ["EventWalk", "Looks", "Walk", "Window", "listed"]

_EVENT_PARAMETERS = ("start_date", "end_date", "media_id", "page", "per_page")
_MOST_GONE = 0.05
_ONE_LIST = timedelta(minutes=30)
"""Simulated; a list request that comes later after another belongs to another run."""


@dataclass(frozen=True, slots=True)
class Window:
    """One answered ``by_date``."""

    at: datetime
    number: int
    first: date
    last: date


class Looks:
    """Every look in a request log, sorted by what was looked at."""

    def __init__(
        self, world: World, lines: Iterable[Mapping[str, Any]], settle: timedelta = timedelta(hours=1)
    ) -> None:
        self._world = world
        self._numbers = {str(media.id): media_id for media_id, media in world.medias.items()}
        self._round = 0
        self._list_at: datetime | None = None
        self._list_walker: Walker[Walk] = Walker(Walk, lambda *_: True)
        self._event_walkers: dict[tuple[date, str | None], Walker[EventWalk]] = {}
        self._fans: dict[int, Fan] = defaultdict(Fan)
        self.shows: list[tuple[int, str, int]] = []
        """Place in the log, media and status of every media that was asked for by itself."""
        self.windows: dict[str, list[Window]] = defaultdict(list)
        self.account_windows: list[Window] = []
        self.measured_windows: dict[str, list[Window]] = defaultdict(list)
        self.curves: dict[str, datetime] = {}
        """Per media, the instant of the newest answer about its curve."""
        for number, line in enumerate(lines):
            self._read(number, line, parse_instant(line["at"]))
        self.lists = believed(self._list_walker.complete, lambda walk: {*listed(world, walk)}, lambda _: True)
        self.events: dict[tuple[date, str | None], list[EventWalk]] = defaultdict(list)
        for slice_, walker in self._event_walkers.items():
            walks = walker.complete
            if any(walk.is_lie for walk in walks):
                walks = believed(walks, lambda walk: walk.keys(world), lambda walk: walk.is_of_a_finished_day(settle))
            self.events[slice_] = walks
        self.stats = [found for fan in self._fans.values() for found in fan.kept()]

    def _read(self, number: int, line: Mapping[str, Any], at: datetime) -> None:
        path = str(line["path"]).removeprefix("/v1").removeprefix("/modern").removesuffix(".json")
        parts, query = path.strip("/").split("/"), line["query"]
        ok = line["status"] == 200 and reach(line) != "nothing"
        self._begin_round(at, is_list=parts == ["medias"])
        match parts:
            case ["medias"] if ok and not set(query) - {"page", "per_page", "sort_by", "sort_direction"}:
                self._list_walker.step(number, line, at, self._round, self._size(query))
            case ["medias", media_id] if reach(line) == "answer":
                self.shows.append((number, media_id, line["status"]))
            case ["stats", "events"]:
                self._fans[self._round].by_media |= bool(query.get("media_id"))
                if ok and not set(query) - {*_EVENT_PARAMETERS}:
                    self._step(number, line, at)
            case ["stats", "medias", media_id]:
                self._fans[self._round].add(self._hashed(media_id), line["status"], reach(line) == "answer", at)
            case _ if line["status"] == 200 and reach(line) == "answer":
                self._read_single(parts, number, query, at)

    def _begin_round(self, at: datetime, *, is_list: bool) -> None:
        """Every run of a reader begins with the media list; one that was stopped in the middle of it begins again."""
        if is_list:
            self._round += self._list_at is None or at - self._list_at > _ONE_LIST
        self._list_at = at if is_list else None

    def _read_single(self, parts: list[str], number: int, query: Mapping[str, str], at: datetime) -> None:
        """What is answered in one piece; a row of it that is none makes the whole worthless."""
        match parts:
            case ["stats", "medias", media_id, "by_date"]:
                self.windows[self._hashed(media_id)].append(self._window(number, query, at))
            case ["analytics", "medias", media_id, "timeseries"]:
                self.measured_windows[media_id].append(self._measured_window(number, query, at))
            case ["stats", "medias", media_id, "engagement"]:
                self.curves[self._hashed(media_id)] = at
            case ["stats", "account", "by_date"]:
                self.account_windows.append(self._window(number, query, at))

    def _hashed(self, media_id: str) -> str:
        return media_id if media_id in self._world.medias else self._numbers.get(media_id, media_id)

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

    def _size(self, query: Mapping[str, str]) -> int:
        options = self._world.options
        return min(int(query.get("per_page") or options.default_per_page), options.most_per_page)

    def _step(self, number: int, line: Mapping[str, Any], at: datetime) -> None:
        """One page of a walk through a UTC day."""
        query = line["query"]
        if not query.get("start_date") or query["start_date"] != query.get("end_date"):
            return
        slice_ = date.fromisoformat(query["start_date"]), query.get("media_id")
        if slice_ not in self._event_walkers:
            self._event_walkers[slice_] = Walker(lambda at, number: _event_walk(at, number, slice_), self._agree)
        self._event_walkers[slice_].step(number, line, at, self._round, self._size(query))

    def _agree(self, walk: EventWalk, one: Page, other: Page) -> bool:
        """Whether two readings of one page have the same rows; a field that was spoiled is no reason to differ."""
        if (one.at, one.is_lie) == (other.at, other.is_lie):
            return True
        both = [page_rows(self._world, walk.day, walk.media_id, page) for page in (one, other)]
        first, second = ({(session.event_key, session.visitor.key) for session in rows} for rows in both)
        return first == second

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


def listed(world: World, walk: Walk) -> dict[str, Media]:
    """The medias that a list walk held."""
    present = world.present_medias(walk.at)
    lies = [range((page.number - 1) * page.size, page.number * page.size) for page in walk.pages if page.is_lie]
    return {
        media.hashed_id: media for place, media in enumerate(present) if not any(place in hidden for hidden in lies)
    }


def _event_walk(at: datetime, number: int, slice_: tuple[date, str | None]) -> EventWalk:
    walk = EventWalk(at, number)
    walk.day, walk.media_id = slice_
    return walk


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """One answer about a media's lifetime counters, and the day for which it counts."""

    at: datetime
    media_id: str
    day: date


@dataclass(slots=True)
class Fan:
    """The lifetime counters that one round asked for, media by media: a reader keeps all of them or none.

    None, if any media had no answer in the end, or a twentieth of them were not there any more. Rounds that ask for
    single medias' sessions keep each media by itself. What is kept together is of the UTC day of the first answer.
    """

    by_media: bool = False
    last: dict[str, int] = field(default_factory=dict)
    """Per media, the status of its last answer; 0 if that was no answer."""
    good: list[tuple[datetime, str]] = field(default_factory=list)

    def add(self, media_id: str, status: int, is_good: bool, at: datetime) -> None:
        """One answer; that of a repeated request counts."""
        self.last[media_id] = status if is_good else 0
        if is_good and status == 200:
            self.good.append((at, media_id))

    def kept(self) -> list[Counted]:
        """The answers that a reader keeps."""
        gone = sum(status == 404 for status in self.last.values())
        is_whole = {*self.last.values()} <= {200, 404} and gone < _MOST_GONE * len(self.last)
        if self.by_media:
            return [Counted(at, media_id, at.date()) for at, media_id in self.good]
        return list(self._together()) if is_whole else []

    def _together(self) -> Iterator[Counted]:
        """Every answer with its day; who asks for a media again looks again."""
        day, seen = date.min, set[str]()
        for at, media_id in self.good:
            if not seen or media_id in seen:
                day, seen = at.date(), set()
            seen.add(media_id)
            yield Counted(at, media_id, day)
