"""The API's limit: used to the last percent, never exceeded, and shared with others without a storm.

Clocks run ten times faster than real ones, at the server and at the client alike; ``--real-limit`` takes real time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from support.counters import count as counted
from wistia_lake.model import Secret
from wistia_lake.pipeline.parallel import in_parallel
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.settings import Settings
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.endpoints import MEDIA_STATS
from wistia_lake.wistia.opening import open_client

pytestmark = [pytest.mark.slow, pytest.mark.long]
WISTIAS_LIMIT, OURS = 600, 590
LATENCY = 1300.0
"""Milliseconds; a slow day at Wistia."""
MEDIA = "t1nyaaaa01"
LONG = 6000


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> float:
    return 1.0 if request.config.getoption("--real-limit") else 10.0


@pytest.fixture
def account(scale: float) -> Iterator[Sandbox]:
    with Sandbox("tiny", rate_limit=WISTIAS_LIMIT, latency_ms=LATENCY, time_scale=scale) as sandbox:
        yield sandbox


def client_of(account: Sandbox, scale: float, requests_per_minute: int) -> WistiaClient:
    settings = Settings(base_url=account.base_url, requests_per_minute=requests_per_minute, time_scale=scale)
    return open_client(settings, Secret(account.token), lambda: datetime.now(UTC))


async def ask(client: WistiaClient, count: int) -> float:
    """Ask so many times, as many at once as an ingest does; the minutes that it took on the scaled clock."""
    began = time.monotonic()
    async with client:
        in_flight = Settings().slices_in_flight
        await in_parallel((client.get(MEDIA_STATS, media_id=MEDIA) for _ in range(count)), in_flight)
    return (time.monotonic() - began) / 60


def test_the_limit_is_used_and_never_exceeded(
    account: Sandbox, scale: float, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 1.3 seconds an answer: no 429, and 0.97 of the rate that Wistia may be asked with.

    The share is held only in long runs on a quiet machine (``make torture``); anywhere it is printed.
    """
    count = request.config.getoption("--limit-requests")
    client = client_of(account, scale, OURS)
    minutes = asyncio.run(ask(client, count)) * scale
    counted(requests=count)
    # The last answers come after the last request has been let go.
    used = count / ((minutes - LATENCY / 60_000) * OURS)
    with capsys.disabled():
        print(
            f"\n{count} requests in {minutes:.2f} minutes: {used:.3f} of {OURS} a minute, {client.stats.throttled} 429s"
        )
    assert client.stats.throttled == 0
    if count >= LONG:
        assert used >= 0.97


def test_with_two_other_tools_on_the_account_everything_is_answered_without_a_storm(
    account: Sandbox, scale: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Together they want twice the limit: refusals stay few, nobody fails, and the pace comes back when they are gone."""

    async def together() -> WistiaClient:
        ours = client_of(account, scale, 480)
        others = [client_of(account, scale, 360) for _ in range(2)]
        await asyncio.gather(ask(ours, 600), *(ask(other, 450) for other in others))
        return ours

    ours = asyncio.run(together())
    lines = account.requests()
    refused = [line["status"] == 429 for line in lines]
    longest, run = 0, 0
    for is_refused in refused:
        run = run + 1 if is_refused else 0
        longest = max(longest, run)
    with capsys.disabled():
        print(f"\n{len(lines)} requests of three tools: {sum(refused)} refused, at most {longest} in a row")
    assert ours.stats.throttled > 0, "they did not get in each other's way"
    assert len(lines) - sum(refused) == 600 + 2 * 450
    assert sum(refused) < 0.1 * len(lines)
    assert longest < 60
