"""What a command did, as plain values for people, ``--json`` and ``ops.run``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from wistia_lake.errors import WistiaLakeError


@dataclass(slots=True)
class IngestSummary:
    """Counts of one ingest; filled while it works, so that an interrupted one can still be told."""

    run_id: str = ""
    request_count: int = 0
    retry_count: int = 0
    throttled_count: int = 0
    slice_count: int = 0
    batch_count: int = 0
    """Looks that wrote a new data object; the others saw what was there already."""
    row_count: int = 0
    added_count: int = 0
    """Rows that the slice's previous look did not have."""
    late_row_count: int = 0
    """Of these, rows of days whose earlier look was already final."""
    quarantined_count: int = 0
    repeat_count: int = 0
    skipped_medias: list[str] = field(default_factory=list)
    """Medias that were listed at the start and answered 404."""
    media_count: int = 0
    """Medias of the scopes that were read."""
    waiting_medias: list[str] = field(default_factory=list)
    """Medias whose statistics were due when the run had made all the requests it may make."""
    waiting_day_count: int = 0
    """Days of sessions that wait for the same reason."""
    problems: list[WistiaLakeError] = field(default_factory=list)
    """Slices that failed while the others went on; the first decides the exit code."""


@dataclass(slots=True)
class BuildSummary:
    """Counts of one build."""

    partition_count: int = 0
    row_count: int = 0
    """Rows written."""
    tables: dict[str, int] = field(default_factory=dict)
    """Partitions rebuilt, by table."""

    def add(self, table: str, partitions: int, rows: int) -> None:
        """Count one commit."""
        self.partition_count += partitions
        self.row_count += rows
        self.tables[table] = self.tables.get(table, 0) + partitions


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the play sessions are read. UTC days; of several scopes the one that is least far."""

    watermark: date
    """The first day without a final look."""
    newest_day: date
    """The newest day that was ever looked at."""


@dataclass(slots=True)
class RunSummary:
    """An ingest, a build and the basic checks, and how it ended."""

    ingest: IngestSummary | None = None
    build: BuildSummary | None = None
    failed_checks: list[str] = field(default_factory=list)
    problem: WistiaLakeError | None = None
    command: str = ""
    lake: str = ""
    """The lake's name: the last part of its place. The rest of it is nobody else's business."""
    run_id: str = ""
    started_at: datetime | None = None
    seconds: float = 0.0
    """How long it took; real seconds, also where the clock is simulated."""
    coverage: Coverage | None = None

    @property
    def outcome(self) -> str:
        """``ok``, or the error's name."""
        return "ok" if self.problem is None else type(self.problem).__name__

    @property
    def exit_code(self) -> int:
        """How the command ends."""
        return 0 if self.problem is None else self.problem.exit_code
