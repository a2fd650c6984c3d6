"""Check: every check of the registry over the finished tables, and rows in ``ops.check_result`` with what it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wistia_lake.bronze.layout import new_batch_id
from wistia_lake.bronze.lease import refuse_if_held
from wistia_lake.checks.evidence import Evidence
from wistia_lake.checks.findings import Check, Finding, State, Verdict, verdict
from wistia_lake.checks.of_tables import titles
from wistia_lake.checks.registry import BY_NAME, CHECKS
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.errors import CheckFailed, LeaseHeld, UsageError
from wistia_lake.lake.catalog import Catalog, open_catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import OPS_BUILT
from wistia_lake.lake.tables_checks import OPS_CHECK_RESULT
from wistia_lake.model import Clock, Reporter
from wistia_lake.pipeline.build import open_lake
from wistia_lake.settings import Loaded
from wistia_lake.silver.history import History


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one ``check`` found."""

    run_id: str
    checked_at: datetime
    verdicts: tuple[Verdict, ...]
    titles: dict[str, str | None]
    """Titles of the medias that findings name."""

    def count(self, state: State) -> int:
        """How many checks ended so."""
        return sum(one.state is state for one in self.verdicts)

    @property
    def problem(self) -> CheckFailed | None:
        """The error that decides the exit code, if data broke a promise."""
        failed = [one for one in self.verdicts if one.state is State.FAIL]
        if not failed:
            return None
        first = failed[0]
        return CheckFailed(
            f"{len(failed)} of {len(self.verdicts)} checks failed; the first is {first.check.name}: "
            f"{first.findings[0].message}. {first.check.remedy}"
        )


def check_lake(loaded: Loaded, *, clock: Clock, reporter: Reporter, only: Sequence[str] = ()) -> CheckReport:
    """Make every check, or some by name, and append what they found to ``ops.check_result``.

    Raises:
        UsageError: a name in ``only`` is no check's.
        LakeUnreadable: the folder holds no lake, was moved, or is of a newer version.
        LeaseHeld: a build is at work, so that the tables do not fit together at the moment.
    """
    chosen = _chosen(only)
    store = open_lake(loaded.settings.lake)
    now = clock()
    engine = DuckDBEngine()
    try:
        with open_catalog(store, loaded.settings) as catalog:
            refuse_if_held(store, "build", clock=clock)
            state = _state(catalog)
            evidence = Evidence(History(store), loaded.settings, catalog, engine, now)
            verdicts = []
            for place, one in enumerate(chosen):
                reporter.step("check", place, len(chosen))
                verdicts.append(verdict(one, one.judge(evidence)))
            reporter.step("check", len(chosen), len(chosen))
            named = {finding.media_id for one in verdicts for finding in one.findings if finding.media_id is not None}
            report = CheckReport(new_batch_id(now), now, tuple(verdicts), titles(evidence, named))
            if _state(catalog) != state:
                raise LeaseHeld("A build changed the tables while they were checked. Run the check again.")
            _record(catalog, report)
    finally:
        engine.close()
    return report


def _chosen(only: Sequence[str]) -> Sequence[Check]:
    unknown = [name for name in only if name not in BY_NAME]
    if unknown:
        raise UsageError(f"There is no check {unknown[0]!r}; there are {', '.join(BY_NAME)}.")
    return [check for check in CHECKS if not only or check.name in only]


def _state(catalog: Catalog) -> int | None:
    """What the last build recorded: each one that changes a table moves it."""
    table = catalog.load(OPS_BUILT)
    return table.metadata.current_snapshot_id if table is not None else None


def _record(catalog: Catalog, report: CheckReport) -> None:
    import pyarrow as pa

    rows = [row for one in report.verdicts for row in _rows(report, one)]
    catalog.append(OPS_CHECK_RESULT, pa.Table.from_pylist(rows, schema=arrow_schema(OPS_CHECK_RESULT)))


def _rows(report: CheckReport, one: Verdict) -> Iterator[dict[str, Any]]:
    clean = [(0, Finding(one.compared, 0.0))]
    for place, finding in enumerate(one.findings, start=1) if one.findings else clean:
        yield {
            "run_id": report.run_id,
            "checked_at": report.checked_at,
            "check_name": one.check.name,
            "severity": str(one.check.severity),
            "state": str(one.state),
            "place": place,
            "finding_count": one.finding_count,
            "media_id": finding.media_id,
            "day": finding.day,
            "expected": finding.expected,
            "found": finding.found,
            "tolerance": finding.tolerance,
            "message": finding.message,
        }
