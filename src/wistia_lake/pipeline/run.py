"""Run: ingest, build, basic checks, and a row in ``ops.run`` that says how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.listed import Handover, Listed
from wistia_lake.bronze.watermark import watermark
from wistia_lake.errors import ApiGone, CheckFailed, WistiaLakeError
from wistia_lake.lake.catalog import open_catalog
from wistia_lake.lake.marker import coverage_start, existing_store, read_marker
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.state import RUN_NOTE
from wistia_lake.lake.store import lake_name, open_store
from wistia_lake.lake.tables import OPS_RUN
from wistia_lake.log import bound, get_logger
from wistia_lake.model import ACCOUNT, Clock, Reporter, instant_text, media_scope
from wistia_lake.pipeline.build import build
from wistia_lake.pipeline.ingest import ingest
from wistia_lake.pipeline.ingest_events import STREAM as EVENTS
from wistia_lake.pipeline.run_checks import check
from wistia_lake.pipeline.summary import BuildSummary, Coverage, IngestSummary, RunSummary
from wistia_lake.settings import Loaded

_log = get_logger("run")


def run(
    loaded: Loaded,
    *,
    clock: Clock,
    reporter: Reporter,
    first: date | None = None,
    last: date | None = None,
    summary: RunSummary | None = None,
) -> RunSummary:
    """Ingest, build and check; slices that failed do not keep the others from being built.

    The error that decides the exit code is in ``problem``, never raised, so that the caller can show what was done. A
    ``summary`` that is given is filled while the work goes on, so that a bug does not hide what was done before it.
    """

    def work(summary: RunSummary, bronze: Handover) -> None:
        _ingest(loaded, summary, bronze, clock=clock, reporter=reporter, first=first, last=last)
        _build_and_check(loaded, summary, bronze, clock=clock, reporter=reporter)

    return _recorded(loaded, "run", clock, work, summary)


def run_backfill(
    loaded: Loaded,
    *,
    clock: Clock,
    reporter: Reporter,
    first: date | None = None,
    last: date | None = None,
    summary: RunSummary | None = None,
) -> RunSummary:
    """Ingest what is missing of some days, or of all that can be read, then build and check; otherwise as :func:`run`.

    What is committed stays, so that it can be stopped at any moment and called again.
    """

    def work(summary: RunSummary, bronze: Handover) -> None:
        _ingest(loaded, summary, bronze, clock=clock, reporter=reporter, first=first, last=last, missing_only=True)
        _build_and_check(loaded, summary, bronze, clock=clock, reporter=reporter)

    return _recorded(loaded, "backfill", clock, work, summary)


def run_ingest(
    loaded: Loaded,
    *,
    clock: Clock,
    reporter: Reporter,
    first: date | None = None,
    last: date | None = None,
    summary: RunSummary | None = None,
) -> RunSummary:
    """Ingest alone; otherwise as :func:`run`."""

    def work(summary: RunSummary, bronze: Handover) -> None:
        _ingest(loaded, summary, bronze, clock=clock, reporter=reporter, first=first, last=last)

    return _recorded(loaded, "ingest", clock, work, summary)


def run_build(
    loaded: Loaded, *, clock: Clock, reporter: Reporter, full: bool = False, summary: RunSummary | None = None
) -> RunSummary:
    """Build and check alone; otherwise as :func:`run`."""

    def work(summary: RunSummary, bronze: Handover) -> None:
        _build_and_check(loaded, summary, bronze, clock=clock, reporter=reporter, full=full)

    return _recorded(loaded, "build", clock, work, summary)


def _ingest(
    loaded: Loaded,
    summary: RunSummary,
    bronze: Handover,
    *,
    clock: Clock,
    reporter: Reporter,
    first: date | None,
    last: date | None,
    missing_only: bool = False,
) -> None:
    counts = IngestSummary(run_id=summary.run_id)
    try:
        ingest(
            loaded, clock=clock, reporter=reporter, first=first, last=last, summary=counts, missing_only=missing_only,
            handover=bronze,
        )  # fmt: skip
        summary.ingest = counts
    finally:
        if counts.request_count:
            summary.ingest = counts


def _build_and_check(
    loaded: Loaded, summary: RunSummary, bronze: Handover, *, clock: Clock, reporter: Reporter, full: bool = False
) -> None:
    summary.build = build(loaded, clock=clock, reporter=reporter, full=full, handover=bronze)
    summary.failed_checks = [
        f"{r.table}: {r.check} ({r.bad_rows} rows)" for r in check(loaded, only_new=not full) if not r.passed
    ]


def _recorded(
    loaded: Loaded, command: str, clock: Clock, work: Callable[[RunSummary, Handover], None], given: RunSummary | None
) -> RunSummary:
    summary, began, bronze = given if given is not None else RunSummary(), time.monotonic(), Handover()
    started = clock()
    summary.command, summary.lake = command, lake_name(loaded.settings.lake)
    summary.run_id, summary.started_at = new_batch_id(started), started
    with bound(run_id=summary.run_id):
        try:
            work(summary, bronze)
            summary.problem = _problem(summary)
        except WistiaLakeError as exc:
            summary.problem = exc
        finally:
            summary.seconds = time.monotonic() - began
        if _is_lake(loaded) and (summary.ingest is not None or summary.build is not None):
            _conclude(loaded, started, clock(), summary, bronze)
        _log.info("run.ended", command=command, outcome=summary.outcome, exit_code=summary.exit_code)
    return summary


def _is_lake(loaded: Loaded) -> bool:
    """Whether there is a lake; asking must not make one."""
    return existing_store(loaded.settings.lake) is not None


def _conclude(loaded: Loaded, started: datetime, finished: datetime, summary: RunSummary, bronze: Handover) -> None:
    """Record the run and see how far the lake has come; neither may hide why the run failed."""
    try:
        summary.coverage = _coverage(loaded, bronze)
        _record(loaded, started, finished, summary)
    except WistiaLakeError as exc:
        _log.warning("run.not_recorded", error=type(exc).__name__)
        summary.problem = summary.problem or exc


def _coverage(loaded: Loaded, bronze: Handover) -> Coverage | None:
    store = open_store(loaded.settings.lake)
    marker, looks = read_marker(store), (bronze.listed or Listed(store)).looks(EVENTS)
    scopes = set(map(media_scope, loaded.settings.media_ids)) or {ACCOUNT}
    scopes &= set(looks.scopes)
    if marker is None or not scopes:
        return None
    start = coverage_start(marker, loaded.settings.start)
    return Coverage(
        min(watermark(looks, scope, start) for scope in scopes), min(looks.days(scope)[-1] for scope in scopes)
    )


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


def _record(loaded: Loaded, started: datetime, finished: datetime, summary: RunSummary) -> None:
    """Append the run to ``ops.run``; its row also stands in the snapshot's summary."""
    import pyarrow as pa

    read = summary.ingest if summary.ingest is not None else IngestSummary()
    built = summary.build if summary.build is not None else BuildSummary()
    row: dict[str, Any] = {
        "run_id": summary.run_id,
        "command": summary.command,
        "started_at": started,
        "finished_at": finished,
        "outcome": summary.outcome,
        "exit_code": summary.exit_code,
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
    with open_catalog(open_store(loaded.settings.lake), loaded.settings) as catalog:
        catalog.append(OPS_RUN, pa.Table.from_pylist([row], schema=arrow_schema(OPS_RUN)), note)
