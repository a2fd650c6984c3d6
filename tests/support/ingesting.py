"""A lake that only ingest writes, and an API whose answers a test sets row by row."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from wistia_lake.bronze.batch import list_looks, read_batch, read_manifest
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import Store, open_store
from wistia_lake.model import Secret
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.summary import IngestSummary
from wistia_lake.settings import Loaded, Settings

KEY = "0b" * 32
OTHER_KEY = "0c" * 32


class Heard:
    """A reporter that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, name: str, done: int, total: int | None) -> None:
        pass


@dataclass
class Lake:
    """A lake in a folder, read from ``base_url`` at ``now``."""

    folder: Path
    base_url: str
    now: Callable[[], datetime]
    settings: dict[str, Any] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)

    def loaded(self, *, key: str | None = KEY, token: str | None = "sandbox-token", **changed: Any) -> Loaded:
        values = {"lake": str(self.folder / "lake"), "base_url": self.base_url, "requests_per_minute": 600_000}
        return Loaded(
            Settings(**{**values, **self.settings, **changed}),
            self.folder,
            None if token is None else Secret(token),
            None if key is None else Secret(key),
        )

    def ingest(self, first: date | None = None, last: date | None = None, **changed: Any) -> IngestSummary:
        return ingest(self.loaded(**changed), clock=self.now, reporter=self.heard, first=first, last=last)

    @property
    def store(self) -> Store:
        return open_store(str(self.folder / "lake"))

    def manifests(self, stream: str, scope: str = "account", day: date | None = None) -> list[Manifest]:
        """Manifests of a stream and scope, the newest of each day last."""
        looks = list_looks(self.store, stream)
        days = looks.days(scope) if day is None else [day]
        return [read_manifest(self.store, look) for one in days for look in looks.of(scope, one)]

    def newest(self, stream: str, day: date, scope: str = "account") -> Manifest:
        return self.manifests(stream, scope, day)[-1]

    def rows(self, stream: str, day: date, scope: str = "account") -> list[dict[str, Any]]:
        """The rows of a slice's newest look."""
        return msgspec.json.Decoder(dict).decode_lines(read_batch(self.store, self.newest(stream, day, scope)))

    def data_objects(self) -> set[str]:
        return {key for key in self.store.list("bronze/") if key.endswith(".ndjson.zst")}

    def files(self) -> set[str]:
        """Every object but the lease."""
        return {key for key in self.store.list("") if not key.startswith("locks/")}


def media(media_id: str, created: str = "2025-03-01T00:00:00+00:00", **more: Any) -> dict[str, Any]:
    """A row of ``/medias``."""
    return {"id": 1, "name": f"Title of {media_id}", "type": "Video", "archived": False, "created": created,
            "updated": created, "duration": 60.0, "hashed_id": media_id, "status": "ready", **more}  # fmt: skip


def event(number: int, received_at: str, media_id: str = "aaaaaaaaaa", **more: Any) -> dict[str, Any]:
    """A row of ``/stats/events``."""
    return {"received_at": received_at, "event_key": f"event-{number}", "visitor_key": f"visitor-{number}",
            "percent_viewed": 0.5, "media_id": media_id, "media_name": "Title", "email": None, **more}  # fmt: skip


def events_of(day: date, count: int, **more: Any) -> list[dict[str, Any]]:
    """``count`` sessions spread over a UTC day, numbered by day."""
    base = datetime(day.year, day.month, day.day, tzinfo=UTC)
    step = 86_000 // max(count, 1)
    return [
        event(day.toordinal() * 100_000 + n, f"{base + timedelta(seconds=n * step):%Y-%m-%dT%H:%M:%S}.000Z", **more)
        for n in range(count)
    ]


class ScriptedApi:
    """Serves what ``medias`` and ``events`` hold; ``before`` sees every request first and may change them or answer."""

    def __init__(self) -> None:
        self.now = datetime(2025, 3, 12, 14, tzinfo=UTC)
        self.medias: dict[str, dict[str, Any]] = {"aaaaaaaaaa": media("aaaaaaaaaa")}
        self.events: list[dict[str, Any]] = []
        self.projects = [{"id": 7, "name": "Films", "mediaCount": 2, "hashedId": "project001", "public": False}]
        self.gone: set[str] = set()
        """Medias that answer 404, listed or not."""
        self.before: Callable[[str, dict[str, str]], tuple[int, Any] | None] = lambda path, query: None
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        with self.lock:
            self.requests.append((path, query))
            found = self.before(path, query)
            return found if found is not None else self._answer(path, query)

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        path = path.replace("/modern/", "/v1/").replace("/v1/folders", "/v1/projects")
        parts = path.removeprefix("/v1/").split("/")
        if path == "/v1/account":
            return 200, {"id": 1, "name": "Example", "url": "https://example.wistia.com"}
        if path == "/v1/medias":
            return 200, self._page(list(self.medias.values()), query)
        if path == "/v1/projects":
            return 200, self._page(self.projects, query)
        if path == "/v1/stats/events":
            return 200, self._page(self._sessions(query), query)
        if path == "/v1/stats/account/by_date":
            return 200, self._daily(query)[::-1]
        media_id = parts[-2] if parts[-1] in ("by_date", "engagement", "timeseries") else parts[-1]
        if media_id not in self.medias or media_id in self.gone:
            return 404, {"error": "not found"}
        if parts[0] == "medias":
            return 200, self.medias[media_id]
        if parts[-1] == "by_date":
            return 200, self._daily(query)
        if parts[-1] == "timeseries":
            return 200, self._buckets(query)
        if parts[-1] == "engagement":
            return 200, {"engagement": 0.5, "engagement_data": [2, 1, 0], "rewatch_data": [1, 0, 0]}
        return 200, {"load_count": 3, "play_count": 2, "play_rate": 0.5, "hours_watched": 1.0, "engagement": 0.5,
                     "visitors": 2}  # fmt: skip

    @staticmethod
    def _daily(query: dict[str, str]) -> list[dict[str, Any]]:
        first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [{"date": str(d), "load_count": 3, "play_count": d.day, "hours_watched": 0.5} for d in days]

    @staticmethod
    def _buckets(query: dict[str, str]) -> list[dict[str, Any]]:
        """Days of New York; every fifth of the month is idle. The end is exclusive."""
        first, end = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        days = [first + timedelta(days=n) for n in range((end - first).days)]
        measures = {"plays": 2, "unique_plays": 2, "unique_loads": 4, "unique_visitors": 3, "played_time": 61,
                    "play_rate": 0.5, "engagement_rate": 0.25, "form_conversions": None, "cta_impressions": 0}  # fmt: skip
        return [{"timestamp": f"{d} 05:00:00.000Z"} | (measures if d.day % 5 else {}) for d in days]

    def _sessions(self, query: dict[str, str]) -> list[dict[str, Any]]:
        first, last = query["start_date"], query["end_date"]
        found = [
            row for row in self.events
            if first <= row.get("served_on", row["received_at"][:10]) <= last
            and query.get("media_id") in (None, row["media_id"])
        ]  # fmt: skip
        ordered = sorted(found, key=lambda row: row["received_at"], reverse=True)
        return [{name: value for name, value in row.items() if name != "served_on"} for row in ordered]

    @staticmethod
    def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
        page, size = int(query["page"]), int(query["per_page"])
        return rows[(page - 1) * size : page * size]


@contextmanager
def served(api: ScriptedApi) -> Iterator[str]:
    """The API's base URL while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two would wait for each other's acknowledgement

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            status, found = api.answer(url.path, dict(parse_qsl(url.query)))
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # the default of 5 makes a burst of connections wait a second

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
