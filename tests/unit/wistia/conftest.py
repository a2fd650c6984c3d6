"""A real server on this machine, and a time that moves only when somebody sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from wistia_lake.model import Secret
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.pacing import Pacer

TOKEN = "not-a-real-token-" + "0" * 16
START = datetime(2025, 3, 12, 14, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeTime:
    """Monotonic time, wall clock and sleep in one; sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.now - 1000.0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Api:
    """Starts servers and clients; ``requests`` holds what the servers saw."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.requests: list[web.BaseRequest] = []

    @asynccontextmanager
    async def serve(self, handler: Handler):
        """The base URL of a server that answers everything with ``handler``."""

        async def seen(request: web.BaseRequest) -> web.StreamResponse:
            self.requests.append(request)
            return await handler(request)

        server = web.Server(seen)
        runner = web.ServerRunner(server, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    @asynccontextmanager
    async def serve_bytes(self, *answers: bytes):
        """The base URL of a server that sends these bytes, one answer per connection, and hangs up."""
        left = list(answers)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            await server.wait_closed()

    def client(self, base_url: str, *, requests_per_minute: float = 60_000, **options: object) -> WistiaClient:
        pacer = Pacer(requests_per_minute, monotonic=self.time.monotonic, sleep=self.time.sleep)
        given = {"pacer": pacer, "clock": self.time.clock, "sleep": self.time.sleep, "jitter": lambda: 1.0} | options
        return WistiaClient(base_url, Secret(TOKEN), **given)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def api(time: FakeTime) -> Api:
    return Api(time)


def json_answer(text: str = "[]", **more: object) -> web.Response:
    """A 200 with a JSON body."""
    return web.Response(text=text, content_type="application/json", **more)
