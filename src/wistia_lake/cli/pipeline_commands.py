"""``run``, ``ingest``, ``build``, ``check``: the commands that work on the lake."""

from __future__ import annotations

from datetime import date

import click

from wistia_lake.cli.options import Invocation, clock_of, command, day_range, refuse_reversed
from wistia_lake.cli.output import print_json
from wistia_lake.cli.sentences import build_sentences, check_sentences, ingest_problem, ingest_sentences, run_values


@command()
@day_range
def run(invocation: Invocation, first: date | None, last: date | None) -> None:
    """Ingest, build and check: the command a schedule calls.

    Reads what is new, late or due, computes the tables whose inputs changed, and checks them. Run it as often as you
    like: what is there already is not read or written again. With --from and --to it reads those account days too.
    """
    from wistia_lake.pipeline.run import run as run_pipeline

    refuse_reversed(first, last)
    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = run_pipeline(loaded, clock=clock_of(loaded), reporter=reporter, first=first, last=last)
    if invocation.as_json:
        print_json(run_values(summary))
    else:
        for sentence in (
            *ingest_sentences(summary.ingest),
            *build_sentences(summary.build),
            *check_sentences(summary.failed_checks),
        ):
            print(sentence)
    if summary.problem is not None:
        raise summary.problem


@command()
@day_range
def ingest(invocation: Invocation, first: date | None, last: date | None) -> None:
    """Read from the API what is new, late or due into bronze.

    Without dates it reads from the watermark, less the late window, to today, and whatever the sweep finds due. With
    --from and --to it reads every slice that overlaps those account days.
    """
    from wistia_lake.pipeline.ingest import ingest as ingest_bronze

    refuse_reversed(first, last)
    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = ingest_bronze(loaded, clock=clock_of(loaded), reporter=reporter, first=first, last=last)
    problem = ingest_problem(summary)
    if invocation.as_json:
        print_json(run_values(summary))
    else:
        for sentence in ingest_sentences(summary):
            print(sentence)
    if problem is not None:
        raise problem


@command()
@click.option("--full", is_flag=True, help="Compute everything anew from bronze.")
def build(invocation: Invocation, full: bool) -> None:
    """Compute the tables whose inputs changed.

    Never calls the API. The result is always what --full would give.
    """
    from wistia_lake.pipeline.build import build as build_tables

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = build_tables(loaded, clock=clock_of(loaded), reporter=reporter, full=full)
    if invocation.as_json:
        print_json(run_values(summary))
    else:
        for sentence in build_sentences(summary):
            print(sentence)


@command()
def check(invocation: Invocation) -> None:
    """Check the finished tables: keys, nulls, ranges, references.

    Exit code 6 if a check fails. Changes nothing.
    """
    from wistia_lake.errors import CheckFailed
    from wistia_lake.pipeline.run import check as check_tables

    results = check_tables(invocation.load())
    failed = [result for result in results if not result.ok]
    if invocation.as_json:
        print_json({"check_count": len(results), "failed_count": len(failed), "checks": results})
    else:
        for result in failed:
            print(f"failed: {result}")
        print(f"{len(results):,} checks, {len(failed):,} failed.")
    if failed:
        raise CheckFailed(f"{len(failed)} of {len(results)} checks failed; the first is: {failed[0]}.")
