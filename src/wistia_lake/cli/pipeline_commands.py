"""``run``, ``ingest``, ``build``: the commands that work on the lake."""

from __future__ import annotations

import sys
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
    from wistia_lake.pipeline.summary import RunSummary


@command()
@day_range
@most_requests
@engine_choice
def run(invocation: Invocation, first: date | None, last: date | None) -> None:
    """Ingest, build and check: the command a schedule calls.

    Reads what is new, late or due, computes the tables whose inputs changed, and checks them. Run it as often as you
    like: what is there already is not read or written again. With --from and --to it reads those account days.
    """
    refuse_reversed(first, last)
    from wistia_lake.pipeline.run import run as run_all

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = run_all(
            loaded, clock=clock_of(loaded), reporter=reporter, first=first, last=last, summary=invocation.begin()
        )
    finish(invocation, summary)


@command()
@day_range
@most_requests
def ingest(invocation: Invocation, first: date | None, last: date | None) -> None:
    """Read from the API what is new, late or due into bronze.

    Without dates it reads from the watermark, less the late window, to today, and whatever the sweep finds due. With
    --from and --to it reads every slice that overlaps those account days.
    """
    refuse_reversed(first, last)
    from wistia_lake.pipeline.run import run_ingest

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = run_ingest(
            loaded, clock=clock_of(loaded), reporter=reporter, first=first, last=last, summary=invocation.begin()
        )
    finish(invocation, summary)


@command()
@click.option("--full", is_flag=True, help="Compute everything anew from bronze.")
@engine_choice
def build(invocation: Invocation, full: bool) -> None:
    """Compute the tables whose inputs changed.

    Never calls the API. The result is always what --full would give.
    """
    from wistia_lake.pipeline.run import run_build

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = run_build(loaded, clock=clock_of(loaded), reporter=reporter, full=full, summary=invocation.begin())
    finish(invocation, summary)


def finish(invocation: Invocation, summary: RunSummary) -> None:
    """Show what was done, then raise what went wrong."""
    from wistia_lake.cli.output import print_json
    from wistia_lake.cli.sentences import run_block, run_values
    from wistia_lake.errors import UsageError

    if invocation.as_json:
        print_json(run_values(summary))
    elif not isinstance(summary.problem, UsageError):  # a slip of the hand is no run
        print("\n".join(run_block(summary)))
    # Whoever sends both to one file finds the error below the block, not above it.
    sys.stdout.flush()
    if summary.problem is not None:
        raise summary.problem
