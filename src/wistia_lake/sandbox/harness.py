"""A sandbox in a background thread of the same process, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from wistia_lake.sandbox.fault_kinds import Fault
from wistia_lake.sandbox.scenario import Scenario
from wistia_lake.sandbox.server import TOKEN, Site, application
from wistia_lake.sandbox.world import World

_STARTUP_SECONDS = 10.0


async def start(site: Site, port: int) -> tuple[web.AppRunner, int]:
    """Listen on loopback; returns the runner and the port."""
    runner = web.AppRunner(
        application(site),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=1.0,
        handler_cancellation=True,
    )
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", port)
    await tcp.start()
    return runner, int(runner.addresses[0][1])


class Sandbox:
    """``with Sandbox("tiny") as sandbox:`` serves a world on loopback until the block ends.

    Without ``rate_limit`` nothing is throttled; pass 600 for the real API's limit.
    """

    token = TOKEN

    def __init__(
        self, world: World | Scenario | str = "tiny", *, now: datetime | None = None, seed: int = 1,
        rate_limit: int | None = None, latency_ms: float = 0.0, port: int = 0, faults: Iterable[Fault] = (),
        time_scale: float = 1.0,
    ) -> None:  # fmt: skip
        self.world = world if isinstance(world, World) else World(world, seed)
        self.site = Site(
            self.world, now, rate_limit=rate_limit, latency_ms=latency_ms, faults=faults, time_scale=time_scale
        )
        self.base_url = ""
        self._port = port
        self._ready: Future[str] = Future()
        self._served: Future[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")

    @property
    def now(self) -> datetime:
        """The simulated present."""
        return self.site.now

    def advance(self, to: datetime) -> None:
        """Move the simulated present; never backwards."""
        self.site.advance(to)

    def set_faults(self, script: Iterable[Fault] = ()) -> None:
        """Go wrong by another script from now on, or by none."""
        self.site.set_faults(script)

    def requests(self) -> list[dict[str, Any]]:
        """The log of every answered API request; what the truth calls looks."""
        return self.site.requests()

    def __enter__(self) -> Self:
        self._served = self._thread.submit(asyncio.run, self._serve())
        either: list[Future[Any]] = [self._ready, self._served]
        wait(either, _STARTUP_SECONDS, FIRST_COMPLETED)
        if not self._ready.done():
            if self._served.done():
                self._served.result()
            raise RuntimeError("the sandbox did not start")
        self.base_url = self._ready.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.shutdown()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner, port = await start(self.site, self._port)
        self._ready.set_result(f"http://127.0.0.1:{port}")
        await self._stop.wait()
        await runner.cleanup()
