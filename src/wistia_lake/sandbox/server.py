"""The HTTP side: authorisation, sliding limit, latency, request log, control paths."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

import msgspec
from aiohttp import web

from wistia_lake.sandbox.answer import Answer
from wistia_lake.sandbox.clock import instant_text, parse_instant
from wistia_lake.sandbox.faults import Ask, Fault, Faults, Outcome, parse_script
from wistia_lake.sandbox.routes import Api, error
from wistia_lake.sandbox.world import World

TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the simulation
TOKEN_WITHOUT_STATS = "sandbox-token-no-stats"  # noqa: S105
DEFAULT_LIMIT = 600
WINDOW = 60.0
_SECRET_PARAMETERS = ("access_token", "api_password", "public_token", "token")


class Backwards(ValueError):
    """Simulated time never goes back."""


class Site:
    """The state behind the server: world, simulated now, limit, log. Safe to use from another thread."""

    def __init__(
        self, world: World, now: datetime | None = None, *, rate_limit: int | None = DEFAULT_LIMIT,
        latency_ms: float = 0.0, log: io.TextIOBase | None = None, faults: Iterable[Fault] = (),
        time_scale: float = 1.0,
    ) -> None:  # fmt: skip
        self.world = world
        self.now = now or world.scenario.now
        self.api = Api(world)
        self.rate_limit = rate_limit
        self.latency_ms = latency_ms
        self.time_scale = time_scale
        """How many times faster than real time delays and the minute of the limit pass."""
        self._faults = Faults(faults)
        self._log = log
        self._requests: list[dict[str, Any]] = []
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def advance(self, to: datetime) -> None:
        """Move the simulated present; raises Backwards."""
        with self._lock:
            if to < self.now:
                raise Backwards(f"it is {instant_text(self.now)}; time does not go back to {instant_text(to)}")
            self.now = to

    def set_faults(self, script: Iterable[Fault] = ()) -> None:
        """Go wrong by another script from now on, or by none; a revoked token is good again."""
        with self._lock:
            self._faults = Faults(script)

    def requests(self) -> list[dict[str, Any]]:
        """Every answered API request so far."""
        with self._lock:
            return list(self._requests)

    def handle(self, path: str, query: Mapping[str, list[str]], authorization: str) -> tuple[Answer, dict[str, str]]:
        """Answer one GET and log it; also returns extra headers."""
        with self._lock:
            refusal = self._refusal(path, query, authorization)
            outcome = Outcome(refusal) if refusal is not None else self._answer(path, query, authorization)
            self._record(path, query, outcome)
            answer = outcome.answer
            return answer, {} if answer.retry_after is None else {"Retry-After": answer.retry_after}

    def _answer(self, path: str, query: Mapping[str, list[str]], authorization: str) -> Outcome:
        scopes = ("all:read",) if _token(authorization, True) == TOKEN else ("media:read",)
        ask = Ask(route(path), query)
        self.now += self._faults.step(ask)
        return self._faults.answer(
            ask, self.now, lambda: self.api.answer(ask.path, query, self.now, scopes=scopes, modern=is_modern(path))
        )

    def _refusal(self, path: str, query: Mapping[str, list[str]], authorization: str) -> Answer | None:
        token = _token(authorization, self.world.options.basic_auth)
        if token not in (TOKEN, TOKEN_WITHOUT_STATS) or "api_password" in query or "access_token" in query:
            return error(401, "Invalid credentials.", "unauthorized_credentials")
        if token == TOKEN_WITHOUT_STATS and route(path).startswith(("/stats/", "/analytics/")):
            return error(401, "This token does not have permission to read detailed stats.", "unauthorized_scope")
        wait = self._wait()
        if wait is None:
            return None
        return Answer(429, b"Rate limit exceeded", None, "text/plain; charset=utf-8", str(max(1, ceil(wait))))

    def _wait(self) -> float | None:
        """Seconds until the sliding minute has room again; None if it has.

        It runs on the site's time scale, not with the simulated present: it protects a real server.
        """
        if self.rate_limit is None:
            return None
        now, recent = time.monotonic() * self.time_scale, self._recent
        while recent and recent[0] <= now - WINDOW:
            recent.popleft()
        if len(recent) >= self.rate_limit:
            return recent[0] + WINDOW - now
        recent.append(now)
        return None

    def _record(self, path: str, query: Mapping[str, list[str]], outcome: Outcome) -> None:
        line: dict[str, Any] = {
            "n": len(self._requests) + 1,
            "at": instant_text(self.now),
            "method": "GET",
            "path": path,
            "query": {
                name: "***" if name in _SECRET_PARAMETERS else values[0] if len(values) == 1 else values
                for name, values in query.items()
            },
            "status": outcome.answer.status,
            "rows": outcome.answer.rows,
        }
        if outcome.fault is not None:
            line["fault"] = outcome.fault
        if outcome.spoiled:
            line["spoiled"] = list(outcome.spoiled)
        self._requests.append(line)
        if self._log is not None:
            self._log.write(msgspec.json.encode(line).decode() + "\n")
            self._log.flush()


def route(path: str) -> str:
    """A request's path without version and ``.json``."""
    for version in ("/v1", "/modern"):
        if path.startswith(f"{version}/"):
            return path.removeprefix(version).removesuffix(".json")
    return "/unknown"


def is_modern(path: str) -> bool:
    """Whether the modern API is asked: documented as the same statistics with folders for projects and snake_case."""
    return path.startswith("/modern/")


def _token(authorization: str, basic: bool) -> str | None:
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic" and basic:
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
        return password if user == "api" else None
    return None


async def _new_script(site: Site, request: web.Request) -> web.Response:
    try:
        script = parse_script(msgspec.json.decode(await request.read()))
    except (msgspec.DecodeError, ValueError) as problem:
        return web.json_response({"error": f"expected a list of faults: {problem}"}, status=422)
    site.set_faults(script)
    return web.json_response({"faults": len(script)})


async def _sent(request: web.Request, answer: Answer, headers: Mapping[str, str]) -> web.StreamResponse:
    """The answer, or half of it and a broken connection, or nothing until the reader gives up."""
    if answer.sent == "whole":
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers)
    if answer.sent == "never":
        await asyncio.Event().wait()  # the handler ends when the reader hangs up, or the server is stopped
    response.content_length = max(len(answer.body), 2)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()  # what was written is sent first, then the connection ends
    return response


def application(site: Site) -> web.Application:
    """The aiohttp application of a site."""

    async def advance(request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, str])
            site.advance(parse_instant(body["to"]))
        except Backwards as refused:
            return web.json_response({"error": str(refused)}, status=409)
        except (msgspec.DecodeError, KeyError, ValueError) as problem:
            return web.json_response({"error": f'expected {{"to": "…Z"}}: {problem}'}, status=422)
        return web.json_response({"now": instant_text(site.now)})

    async def requests(_: web.Request) -> web.Response:
        return web.json_response(site.requests())

    async def get(request: web.Request) -> web.StreamResponse:
        if site.latency_ms:
            await asyncio.sleep(site.latency_ms / 1000.0 / site.time_scale)
        query: dict[str, list[str]] = {}
        for name, value in request.rel_url.query.items():
            query.setdefault(name, []).append(value)
        path = request.rel_url.path
        answer, headers = site.handle(path, query, request.headers.get("Authorization", ""))
        headers["x-request-id"] = str(uuid.uuid4())
        headers["Content-Type"] = answer.content_type
        await asyncio.sleep(answer.seconds / site.time_scale)
        return await _sent(request, answer, headers)

    app = web.Application()
    app.router.add_post("/_sandbox/advance", advance)
    app.router.add_post("/_sandbox/faults", partial(_new_script, site))
    app.router.add_get("/_sandbox/requests", requests)
    app.router.add_get("/{path:.*}", get)
    return app
