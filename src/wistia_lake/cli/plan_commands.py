"""``plan`` and ``backfill``: large work, known beforehand and done in pieces."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from wistia_lake.cli.options import (
    Invocation,
    clock_of,
    command,
    day_range,
    engine_choice,
    most_requests,
    refuse_reversed,
)

if TYPE_CHECKING:
    from wistia_lake.pipeline.plan import Plan


@command()
@day_range
@most_requests
@click.option("--backfill", "missing_only", is_flag=True, help="Plan a backfill instead of a run.")
def plan(invocation: Invocation, first: date | None, last: date | None, missing_only: bool) -> None:
    """Show what the next run or a backfill would fetch, and how long that takes.

    Per stream: slices, requests, and the size of the answers. Takes the same dates as run and backfill. It asks the API
    for the media list and counts the sessions of days that were never read by looking at single pages; it says how many
    requests that took. It writes nothing.
    """
    refuse_reversed(first, last)
    from wistia_lake.cli.output import print_json
    from wistia_lake.pipeline.plan import plan as make_plan

    invocation.start_logging()
    loaded = invocation.load()
    found = make_plan(loaded, clock=clock_of(loaded), first=first, last=last, missing_only=missing_only)
    if invocation.as_json:
        print_json(found)
    else:
        print("\n".join(plan_lines(found)))


def plan_lines(found: Plan) -> list[str]:
    """The plan as a table and its sum as a sentence."""
    from wistia_lake.cli.output import text_table
    from wistia_lake.pipeline.ingest import duration_text

    rows = [(one.stream, one.slice_count, one.request_count, _size(one.byte_count)) for one in found.streams]
    days = "no day of sessions is due"
    if found.first_day is not None:
        days = f"sessions of {found.first_day} to {found.last_day} (UTC days)"
    total = (
        f"About {found.request_count:,} requests, {duration_text(found.minutes)} at {found.requests_per_minute} a "
        f"minute, {_size(found.byte_count)} of answers; {days}."
    )
    cost = (
        f"To know that, {found.asked_count} requests were made and the sessions of {found.counted_days} days counted; "
        "nothing was written."
    )
    table = text_table(("stream", "slices", "requests", "answers"), rows, numbers=frozenset({1, 2, 3}))
    return [table, "", total, cost]


def _size(count: int) -> str:
    return f"{count / 1_000:,.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


@command()
@day_range
@most_requests
@engine_choice
def backfill(invocation: Invocation, first: date | None, last: date | None) -> None:
    """Read the past, oldest day first; can be stopped and goes on where it was.

    Reads every slice that overlaps the account days --from to --to (without them: all that Wistia still serves) and
    has no final look yet, then builds and checks. Ctrl-C stops it with exit code 130; what was read is kept, and the
    same command reads only the rest. `wistia-lake plan --backfill` says beforehand how long it takes.
    """
    refuse_reversed(first, last)
    from wistia_lake.cli.pipeline_commands import finish
    from wistia_lake.pipeline.run import run_backfill

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = run_backfill(
            loaded, clock=clock_of(loaded), reporter=reporter, first=first, last=last, summary=invocation.begin()
        )
    finish(invocation, summary)
