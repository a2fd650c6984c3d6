"""A chat service's webhook on this machine: it keeps what is posted, and answers as a test wants."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "T000-not-a-real-key-0000"
"""In the address, as chat services do it."""


@dataclass
class Receiver:
    """What was posted so far."""

    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    """For the next posts: a status, ``hang`` or ``close``; 200 when none is left."""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def notices(self) -> list[dict[str, Any]]:
        """The bodies, decoded."""
        return [json.loads(body) for body in self.bodies]

    async def take(self, request: web.Request) -> web.Response:
        """One post."""
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        answer = self.answers.pop(0) if self.answers else 200
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "close":
            assert request.transport is not None
            request.transport.close()
        status = answer if isinstance(answer, int) else 200
        return web.Response(status=status, text="ok", headers={"Location": f"/moved/{KEY}"} if status == 302 else {})


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at a loopback address while the block runs."""
    receiver, ready = Receiver(), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", receiver.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/services/{KEY}?also={KEY}"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
