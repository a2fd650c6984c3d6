"""Run: ingest, build, basic checks, and a row in ``ops.run`` that says how it ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.checks.basic import CheckResult, check_tables
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.errors import ApiGone, CheckFailed, WistiaLakeError
from wistia_lake.lake.catalog import Catalog, arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.tables import OPS_RUN
from wistia_lake.model import Clock, Reporter, instant_text
from wistia_lake.pipeline.build import build, local_root, open_lake
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.summary import BuildSummary, IngestSummary, RunSummary
from wistia_lake.settings import Loaded

RUN_NOTE = "wistia-lake.run"
"""Property of each ``ops.run`` snapshot: its row as JSON, so that ``status`` need not open a data file."""


def run(
    loaded: Loaded, *, clock: Clock, reporter: Reporter, first: date | None = None, last: date | None = None
) -> RunSummary:
    """Ingest, build and check; slices that failed do not keep the others from being built.

    The error that decides the exit code is in ``problem``, never raised, so that the caller can show what was done.
    """

    def work(summary: RunSummary, run_id: str) -> None:
        summary.ingest = ingest(loaded, clock=clock, reporter=reporter, first=first, last=last, run_id=run_id)
        _build_and_check(loaded, summary, clock=clock, reporter=reporter)

    return _recorded(loaded, "run", clock, work)


def run_backfill(
    loaded: Loaded, *, clock: Clock, reporter: Reporter, first: date | None = None, last: date | None = None
) -> RunSummary:
    """Ingest what is missing of some days, or of all that can be read, then build and check; ``problem`` as in ``run``.

    What is committed stays, so that it can be stopped at any moment and called again.
    """

    def work(summary: RunSummary, run_id: str) -> None:
        summary.ingest = ingest(
            loaded, clock=clock, reporter=reporter, first=first, last=last, run_id=run_id, missing_only=True
        )
        _build_and_check(loaded, summary, clock=clock, reporter=reporter)

    return _recorded(loaded, "backfill", clock, work)


def run_ingest(
    loaded: Loaded, *, clock: Clock, reporter: Reporter, first: date | None = None, last: date | None = None
) -> RunSummary:
    """Ingest alone, recorded in ``ops.run``; ``problem`` as in :func:`run`."""

    def work(summary: RunSummary, run_id: str) -> None:
        summary.ingest = ingest(loaded, clock=clock, reporter=reporter, first=first, last=last, run_id=run_id)

    return _recorded(loaded, "ingest", clock, work)


def run_build(loaded: Loaded, *, clock: Clock, reporter: Reporter, full: bool = False) -> RunSummary:
    """Build and check alone, recorded in ``ops.run``; ``problem`` as in :func:`run`."""

    def work(summary: RunSummary, _run_id: str) -> None:
        _build_and_check(loaded, summary, clock=clock, reporter=reporter, full=full)

    return _recorded(loaded, "build", clock, work)


def _build_and_check(
    loaded: Loaded, summary: RunSummary, *, clock: Clock, reporter: Reporter, full: bool = False
) -> None:
    summary.build = build(loaded, clock=clock, reporter=reporter, full=full)
    summary.failed_checks = [f"{r.table}: {r.check} ({r.bad_rows} rows)" for r in check(loaded) if not r.passed]


def _recorded(loaded: Loaded, command: str, clock: Clock, work: Callable[[RunSummary, str], None]) -> RunSummary:
    summary, started = RunSummary(), clock()
    run_id = new_batch_id(started)
    try:
        work(summary, run_id)
        summary.problem = _problem(summary)
    except WistiaLakeError as exc:
        summary.problem = exc
    if summary.ingest is not None or summary.build is not None:
        _record(loaded, command, run_id, started, clock(), summary)
    return summary


def check(loaded: Loaded) -> list[CheckResult]:
    """The basic checks of every table that was built."""
    engine = DuckDBEngine()
    try:
        with Catalog(local_root(open_lake(loaded.settings.lake))) as catalog:
            return check_tables(catalog, engine)
    finally:
        engine.close()


def _problem(summary: RunSummary) -> WistiaLakeError | None:
    if summary.failed_checks:
        return CheckFailed(
            "The tables broke a promise: " + "; ".join(summary.failed_checks) + ". Run `wistia-lake build --full`."
        )
    if summary.ingest is None:
        return None
    if summary.ingest.problems:
        return summary.ingest.problems[0]
    gone = summary.ingest.skipped_medias
    if gone:
        listed = ", ".join(gone[:5]) + (" and others" if len(gone) > 5 else "")
        return ApiGone(
            f"Done, but {len(gone)} medias that were listed at the start answered 404 afterwards: {listed}. "
            "They were probably deleted meanwhile; the next run will tell.",
            path=f"/stats/medias/{gone[0]}",
        )
    return None


def _record(
    loaded: Loaded, command: str, run_id: str, started: datetime, finished: datetime, summary: RunSummary
) -> None:
    """Append the run to ``ops.run``; its row also stands in the snapshot's summary."""
    import pyarrow as pa

    read = summary.ingest if summary.ingest is not None else IngestSummary()
    built = summary.build if summary.build is not None else BuildSummary()
    problem = summary.problem
    row: dict[str, Any] = {
        "run_id": run_id,
        "command": command,
        "started_at": started,
        "finished_at": finished,
        "outcome": "ok" if problem is None else type(problem).__name__,
        "exit_code": 0 if problem is None else problem.exit_code,
        "request_count": read.request_count,
        "retry_count": read.retry_count,
        "throttled_count": read.throttled_count,
        "slice_count": read.slice_count,
        "batch_count": read.batch_count,
        "row_count": read.row_count,
        "late_row_count": read.late_row_count,
        "quarantined_count": read.quarantined_count,
        "partition_count": built.partition_count,
    }
    note = {
        RUN_NOTE: msgspec.json.encode(
            {**row, "started_at": instant_text(started), "finished_at": instant_text(finished)}
        ).decode()
    }
    with Catalog(local_root(open_store(loaded.settings.lake))) as catalog:
        catalog.append(OPS_RUN, pa.Table.from_pylist([row], schema=arrow_schema(OPS_RUN)), note)
