"""What a large account costs a day: requests of the first run and of the daily runs after it, by stream.

    python benchmarks/daily_requests.py [MEDIAS] [DAYS]

A simulated library (``sandbox/catalog_library.py``) is read into an empty lake, then once a simulated day. To ask every
media for its counters and daily counts each day, and for its curve when it moved, would take up to 3 requests per media
and day; that is what the last column compares with. The first run reads ten days of sessions only, so that what it says
of sessions is no measure; statistics are read as always. Goal: at most a fifth.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from wistia_lake.model import Quiet, Secret
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.plan import plan
from wistia_lake.sandbox.catalog_library import library
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.world import World
from wistia_lake.settings import Loaded, Settings

GOAL = 1 / 5
STREAMS = ("events", "media_stats", "media_by_date", "media_engagement", "lists")


def stream_of(path: str) -> str:
    """The stream that a request belongs to."""
    if "/stats/events" in path:
        return "events"
    if "/stats/medias/" not in path:
        return "lists"
    return {"by_date": "media_by_date", "engagement": "media_engagement"}.get(
        path.rsplit("/", maxsplit=1)[-1], "media_stats"
    )


def main(arguments: list[str]) -> int:
    """Print one line a run; 1 if the later runs miss the goal."""
    medias = int(arguments[0]) if arguments else 5000
    days = int(arguments[1]) if len(arguments) > 1 else 8
    # The account's days are one request, but the sandbox would add up every media's for minutes.
    world = World(library(medias), options=Options(account_by_date=False))
    with TemporaryDirectory() as folder, Sandbox(world) as sandbox:
        loaded = Loaded(
            Settings(
                lake=str(Path(folder) / "lake"), base_url=sandbox.base_url, requests_per_minute=600_000,
                zone="America/New_York", start=sandbox.now.date() - timedelta(days=10),
            ),
            Path(folder), Secret(sandbox.token), Secret("0b" * 32),
        )  # fmt: skip
        print(f"{medias:,} medias; asking all of them every day would take up to {3 * medias:,} requests")
        print(
            f"{'run':>5}"
            + "".join(f"{name:>18}" for name in STREAMS)
            + f"{'all':>9}{'planned':>9}{'of 3 x':>8}  seconds"
        )
        worst = 0.0
        for run in range(days + 1):
            planned = plan(loaded, clock=lambda: sandbox.now, missing_only=False).request_count
            before, began = len(sandbox.requests()), time.perf_counter()
            summary = ingest(loaded, clock=lambda: sandbox.now, reporter=Quiet())
            assert summary.problems == [], summary.problems
            seconds = time.perf_counter() - began
            asked = Counter(stream_of(line["path"]) for line in sandbox.requests()[before:])
            share = asked.total() / (3 * medias)
            worst = max(worst, share if run else 0.0)
            columns = "".join(f"{asked[name]:>18,}" for name in STREAMS)
            print(f"{run:>5}{columns}{asked.total():>9,}{planned:>9,}{share:>8.1%}{seconds:>9.1f}", flush=True)
            sandbox.advance(sandbox.now + timedelta(days=1))
    print(f"worst of the daily runs: {worst:.1%} (goal: at most {GOAL:.0%}){'' if worst <= GOAL else '   MISSED'}")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
