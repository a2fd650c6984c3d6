"""How every command gets its client: with the pace, and on the time scale, of the settings."""

from __future__ import annotations

import asyncio
import time

from wistia_lake.model import Clock, Secret
from wistia_lake.settings import Settings
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.pacing import Pacer


def open_client(settings: Settings, token: Secret, clock: Clock, *, attempts: int = 6) -> WistiaClient:
    """A client with a pacer of its own, as the settings want them; both live on the settings' time scale."""
    scale = settings.time_scale

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / scale)

    pacer = Pacer(settings.requests_per_minute, monotonic=lambda: time.monotonic() * scale, sleep=sleep)
    return WistiaClient(
        settings.base_url, token, pacer=pacer, clock=clock, allow_host=settings.allow_host, attempts=attempts,
        timeout_seconds=settings.timeout_seconds, time_scale=scale, sleep=sleep,
    )  # fmt: skip
