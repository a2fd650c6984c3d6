"""What the command line calls: serve in the foreground, move time, print the truth."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from wistia_lake.sandbox.catalog import channel_rules, media_filter
from wistia_lake.sandbox.clock import instant_text
from wistia_lake.sandbox.fault_kinds import Fault
from wistia_lake.sandbox.harness import start
from wistia_lake.sandbox.scenario import ChannelRule, Options
from wistia_lake.sandbox.server import DEFAULT_LIMIT, TOKEN, Site
from wistia_lake.sandbox.truth import truth
from wistia_lake.sandbox.world import World


def serve_forever(
    *,
    scenario: str = "tiny",
    seed: int = 1,
    now: datetime | None = None,
    port: int = 0,
    latency_ms: float = 0.0,
    rate_limit: int | None = DEFAULT_LIMIT,
    request_log: Path | str | None = None,
    options: Options | None = None,
    faults: Iterable[Fault] = (),
    time_scale: float = 1.0,
    echo: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Prints one JSON line when ready: base_url, token, now."""
    gc.set_threshold(100_000, 20, 100)  # sessions are many and never in cycles: a tenth less time
    world = World(scenario, seed, options)
    with ExitStack() as stack:
        log: io.TextIOBase | None = None
        if request_log is not None:
            log = stack.enter_context(Path(request_log).open("a", encoding="utf-8"))
        site = Site(
            world, now, rate_limit=rate_limit, latency_ms=latency_ms, log=log, faults=faults, time_scale=time_scale
        )
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(site, port, echo or _say))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _serve(site: Site, port: int, echo: Callable[[str], None]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        # Not the loop's own way, which Windows does not have.
        signal.signal(name, lambda *_: loop.call_soon_threadsafe(stop.set))
    runner, bound = await start(site, port)
    try:
        ready = {"base_url": f"http://127.0.0.1:{bound}", "token": TOKEN, "now": instant_text(site.now)}
        echo(json.dumps(ready))
        await stop.wait()
    finally:
        await runner.cleanup()


def advance(base_url: str, to: datetime) -> datetime:
    """Move a served sandbox's simulated present; raises ValueError with the server's reason."""
    body = json.dumps({"to": instant_text(to)}).encode()
    request = urllib.request.Request(  # noqa: S310 - only ever a loopback address
        f"{base_url.removesuffix('/').removesuffix('/v1')}/_sandbox/advance",
        data=body, headers={"Content-Type": "application/json"}, method="POST",
    )  # fmt: skip
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy
    try:
        with opener.open(request, timeout=10) as answer:
            return datetime.fromisoformat(json.load(answer)["now"])
    except urllib.error.HTTPError as refused:
        raise ValueError(json.load(refused).get("error", f"status {refused.code}")) from None


def truth_rows(
    *,
    table: str,
    looks: Path | str,
    pseudonym_key: bytes,
    scenario: str = "tiny",
    seed: int = 1,
    options: Options | None = None,
    zone: str | None = None,
    rules: Sequence[ChannelRule] | None = None,
    late_window_days: int = 3,
    settle_minutes: int = 60,
) -> list[dict[str, Any]]:
    """The true rows of a table for a request log. Zone and rules are the scenario's unless given."""
    world = World(scenario, seed, options)
    return truth(
        table,
        world=world,
        looks=read_looks(looks),
        zone=zone or world.scenario.zone,
        pseudonym_key=pseudonym_key,
        channel_rules=channel_rules(world.scenario.toml) if rules is None else rules,
        late_window_days=late_window_days,
        settle_minutes=settle_minutes,
        media_filter=media_filter(world.scenario.toml),
    )


def read_looks(path: Path | str) -> list[dict[str, Any]]:
    """The lines of a request log."""
    with Path(path).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
