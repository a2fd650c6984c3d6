"""From path and query to an answer. Knows nothing of sockets, tokens or limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from wistia_lake.sandbox import as_modern, bodies, curves, measured
from wistia_lake.sandbox.answer import Answer
from wistia_lake.sandbox.listing import Listing
from wistia_lake.sandbox.scenario import Media, Project
from wistia_lake.sandbox.visitor_list import VisitorList
from wistia_lake.sandbox.world import World

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Query = Mapping[str, list[str]]


class Refused(Exception):
    """The request is answered with an error body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def error(status: int, message: str, code: str | None = None) -> Answer:
    """An error as the API words it."""
    body = {"code": code, "error": message} if code else {"error": message}
    return Answer(status, msgspec.json.encode(body))


def _array(rows: list[dict[str, Any]]) -> Answer:
    return Answer(200, msgspec.json.encode(rows), len(rows))


def _whole(query: Query, name: str, default: int) -> int:
    text = query.get(name, [""])[-1]
    if not text:
        return default
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise Refused(422, f"{name} must be an integer")
    return int(text)


def _date(query: Query, name: str) -> date | None:
    text = query.get(name, [""])[-1]
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Refused(422, f"{name} is not a valid date")


def _has_time(query: Query) -> bool:
    """Observed: a start_date with a time part was accepted and gave no rows."""
    texts = [query.get(name, [""])[-1] for name in ("start_date", "end_date")]
    return any(re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text) for text in texts)


class Api:
    """The routes of one account."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._listing = Listing(world)
        self._visitors = VisitorList(world)
        self._projects = {project.hashed_id: project for project in world.scenario.projects}

    def answer(
        self, path: str, query: Query, now: datetime, *, scopes: Iterable[str] = ("all:read",), modern: bool = False
    ) -> Answer:
        """Answer ``GET path`` as of ``now``. ``path`` has neither version prefix nor ``.json``."""
        parts = tuple(part for part in path.split("/") if part)
        try:
            match parts:
                case ("medias",):
                    return self._medias(query, now, modern)
                case ("projects",) if not modern and self.world.options.projects:
                    return self._project_list(query, now, modern)
                case ("folders",) if modern and self.world.options.projects:
                    return self._project_list(query, now, modern)
                case ("medias", media_id):
                    return self._media(media_id, now, modern)
                case ("account",):
                    body = bodies.account(self.world, now)
                    return Answer(200, msgspec.json.encode(as_modern.account(body) if modern else body))
                case ("stats", "events", *_) if modern:
                    return as_modern.events(self._stats(parts[1:], query, now))
                case ("token",):
                    return self._token(scopes)
                case ("stats", *rest):
                    return self._stats(tuple(rest), query, now)
                case ("analytics", "medias", media_id, "timeseries") if modern:
                    return measured.timeseries(self.world, media_id, query, now)
        except Refused as refused:
            return error(refused.status, refused.message)
        return error(404, "Not found")

    def _stats(self, parts: tuple[str, ...], query: Query, now: datetime) -> Answer:
        match parts:
            case ("account",):
                return Answer(200, msgspec.json.encode(bodies.account_stats(self.world, now)))
            case ("account", "by_date") if self.world.options.account_by_date:
                return self._account_by_date(query, now)
            case ("medias", media_id):
                media = self._any_id(media_id, now)
                return Answer(200, msgspec.json.encode(bodies.media_stats(self.world, media, now)))
            case ("medias", media_id, "by_date"):
                return self._by_date(self._any_id(media_id, now), query, now)
            case ("medias", media_id, "engagement"):
                media = self._any_id(media_id, now)
                return Answer(200, msgspec.json.encode(curves.engagement(self.world, media, now)))
            case ("events",):
                return self._events(query, now)
            case ("events", key):
                session = self.world.find_event(key, now)
                if session is None:
                    raise Refused(404, "Event not found")
                return Answer(200, self._listing.encoded(session, now))
            case ("visitors",):
                return self._visitor_page(query, now)
            case ("visitors", key):
                row = self._visitors.find(key, now)
                if row is None:
                    raise Refused(404, "Visitor not found")
                return Answer(200, row)
        return error(404, "Not found")

    def _window(self, query: Query) -> tuple[int, int]:
        """Offset and limit. Observed: too large a page is cut to 100 in silence. Assumed: page 0 is page 1."""
        page, per_page = _whole(query, "page", 1), _whole(query, "per_page", self.world.options.default_per_page)
        if per_page < 1:
            per_page = self.world.options.default_per_page
        per_page = min(per_page, self.world.options.most_per_page)
        return (max(page, 1) - 1) * per_page, per_page

    def _events(self, query: Query, now: datetime) -> Answer:
        offset, limit = self._window(query)
        if _has_time(query):
            return Answer(200, b"[]", 0)
        first, last = _date(query, "start_date"), _date(query, "end_date")
        media_id, visitor = query.get("media_id", [""])[-1], query.get("visitor_key", [""])[-1]
        if media_id and media_id not in self.world.medias:
            return Answer(200, b"[]", 0)
        rows = self._listing.page(first, last, media_id or None, visitor or None, offset, limit, now)
        return Answer(200, b"[" + b",".join(rows) + b"]", len(rows))

    def _visitor_page(self, query: Query, now: datetime) -> Answer:
        """Observed: the list is the whole account's; ``media_id`` and other unknown parameters change nothing."""
        offset, limit = self._window(query)
        wanted, search = query.get("filter", [""])[-1], query.get("search", [""])[-1]
        rows = self._visitors.page(wanted, search, offset, limit, now)
        return Answer(200, b"[" + b",".join(rows) + b"]", len(rows))

    def _by_date(self, media: Media, query: Query, now: datetime) -> Answer:
        return _array(bodies.by_date(self.world, media, *self._span(query, now), now))

    def _span(self, query: Query, now: datetime) -> tuple[date, date]:
        """First and last account day; without dates yesterday and today."""
        today = self.world.calendar.day_of(now)
        first, last = _date(query, "start_date"), _date(query, "end_date")
        last = last or today
        return first or min(last, today - timedelta(days=1)), last

    def _account_by_date(self, query: Query, now: datetime) -> Answer:
        """Newest day first, unlike a media's (documented in 2016); none after today."""
        if self.world.options.dates_required and not (query.get("start_date") and query.get("end_date")):
            raise Refused(500, "Internal server error")
        first, last = self._span(query, now)
        last = min(last, self.world.calendar.day_of(now))
        days = [last - timedelta(days=offset) for offset in range((last - first).days + 1)]
        return _array([bodies.account_day(self.world, day, now) for day in days])

    def _any_id(self, media_id: str, now: datetime) -> Media:
        """Statistics take the hashed or the numeric id."""
        media = self.world.present_media(media_id, now)
        if media is None and media_id.isdecimal():
            numbered = [item for item in self.world.present_medias(now) if item.id == int(media_id)]
            media = numbered[0] if numbered else None
        if media is None:
            raise Refused(404, "Media not found")
        return media

    def _project(self, media: Media) -> Project | None:
        return self._projects.get(media.project or "")

    def _media(self, media_id: str, now: datetime, modern: bool) -> Answer:
        media = self.world.present_media(media_id, now)
        if media is None:
            raise Refused(404, f"Media with ID '{media_id[:40]}' not found.")
        body = bodies.media_show(media, self._project(media))
        return Answer(200, msgspec.json.encode(as_modern.media(body) if modern else body))

    def _medias(self, query: Query, now: datetime, modern: bool) -> Answer:
        offset, limit = self._window(query)
        medias = [media for media in self.world.present_medias(now) if _wanted(media, query, modern)]
        keys: dict[str, Callable[[Media], Any]] = {
            "name": lambda media: media.title,
            "created": lambda media: media.created,
            "updated": lambda media: media.updated or media.created,
        }
        key = keys.get(query.get("sort_by", [""])[-1])
        if key is not None:
            medias.sort(key=key)
        if query.get("sort_direction", ["1"])[-1] == "0":
            medias.reverse()
        rows = [bodies.media_row(media, self._project(media)) for media in medias[offset : offset + limit]]
        return _array([as_modern.media(row) for row in rows] if modern else rows)

    def _project_list(self, query: Query, now: datetime, modern: bool) -> Answer:
        offset, limit = self._window(query)
        wanted = query.get("hashed_ids[]")
        projects = sorted(self.world.scenario.projects, key=lambda project: project.id)
        rows = [
            bodies.project_row(self.world, project, now)
            for project in projects
            if bodies.project_created(self.world, project) <= now and (not wanted or project.hashed_id in wanted)
        ]
        key = query.get("sort_by", ["id"])[-1]
        if key in ("name", "created", "updated", "mediaCount"):
            rows.sort(key=lambda row: row[key])
        if query.get("sort_direction", ["1"])[-1] == "0":
            rows.reverse()
        rows = rows[offset : offset + limit]
        return _array([as_modern.folder(row) for row in rows] if modern else rows)

    @staticmethod
    def _token(scopes: Iterable[str]) -> Answer:
        body = {"type": "permanent", "application": None, "scopes": list(scopes), "name": "sandbox", "expires_at": None}
        return Answer(200, msgspec.json.encode(body))


def _wanted(media: Media, query: Query, modern: bool) -> bool:
    """The list's filters; several tags must all match. The modern API dropped ``hashed_id``, so it is ignored there."""
    served: dict[str, str | None] = {"name": media.title, "type": media.type, "archived": str(media.archived).lower()}
    served |= {"folder_id": media.project} if modern else {"project_id": media.project, "hashed_id": media.hashed_id}
    if any(query[name][-1] != value for name, value in served.items() if query.get(name)):
        return False
    wanted = query.get("hashed_ids[]")
    return (not wanted or media.hashed_id in wanted) and set(query.get("tags[]", ())) <= set(media.tags)
