"""Maintain: keep a lake small. Rewrites scattered files, lets go of what nothing names, and changes no row."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wistia_lake.bronze.lease import Lease, lease
from wistia_lake.bronze.pruning import superseded
from wistia_lake.errors import UsageError
from wistia_lake.lake.catalog import ATTEMPTS, KEPT_SNAPSHOTS, Catalog, Refused, open_catalog
from wistia_lake.lake.store import Store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import TABLES
from wistia_lake.lake.upkeep import Scattered, compact, scattered, unreferenced
from wistia_lake.log import get_logger
from wistia_lake.model import Clock, Reporter
from wistia_lake.pipeline.build import open_lake
from wistia_lake.pipeline.ingest_setup import holder
from wistia_lake.settings import Loaded, Settings

OLDER_THAN_HOURS = 72
LEAST_HOURS = 1
"""A commit under way writes its files before anything names them."""
LEAST_DAYS = 30
"""``status`` and the sweep look back so far."""
_log = get_logger(__name__)


@dataclass(slots=True)
class Compacted:
    """One table whose data lay in more files than it needs."""

    table: str
    partition_count: int
    files_before: int
    files_after: int
    byte_count: int


@dataclass(slots=True)
class Pruned:
    """One stream of which looks are superseded."""

    stream: str
    look_count: int
    object_count: int
    """Data objects that nothing named any more."""
    byte_count: int


@dataclass(slots=True)
class MaintainSummary:
    """What was done, or in a dry run what would be."""

    dry_run: bool
    older_than_hours: int
    prune_days: int | None
    compacted: list[Compacted] = field(default_factory=list)
    expired_snapshot_count: int = 0
    removed_file_count: int = 0
    removed_byte_count: int = 0
    young_file_count: int = 0
    """Files that nothing names either, but younger than ``older_than_hours``."""
    pruned: list[Pruned] = field(default_factory=list)


def maintain(
    loaded: Loaded,
    *,
    clock: Clock,
    reporter: Reporter,
    older_than_hours: int = OLDER_THAN_HOURS,
    prune_days: int | None = None,
    dry_run: bool = False,
) -> MaintainSummary:
    """Compact, expire, remove, and with ``prune_days`` prune bronze. A dry run only looks, and waits for nobody.

    Raises:
        UsageError: an age below what a commit under way or the next run needs.
        LeaseHeld: a build is at work on this lake, or with ``prune_days`` an ingest.
        LakeUnreadable: the folder holds no lake, was moved, or is of a newer version.
        DataError: bronze is damaged, so that it is not known what can go; nothing was pruned.
    """
    _refuse_too_young(loaded.settings, older_than_hours, prune_days)
    store = open_lake(loaded.settings.lake)
    summary = MaintainSummary(dry_run, older_than_hours, prune_days)
    with ExitStack() as stack:
        leases: list[Lease] = []
        if not dry_run:
            names = ("build",) if prune_days is None else ("ingest", "build")
            leases = [stack.enter_context(lease(store, name, holder=holder(), clock=clock)) for name in names]
        work = _Work(store, summary, clock, reporter, leases)
        catalog = stack.enter_context(open_catalog(store, loaded.settings))
        if catalog.is_made():
            work.tables(catalog)
        if prune_days is not None:
            work.bronze(prune_days)
    return summary


def _refuse_too_young(settings: Settings, older_than_hours: int, prune_days: int | None) -> None:
    if older_than_hours < LEAST_HOURS:
        raise UsageError(
            f"--older-than-hours {older_than_hours} could remove what a commit under way has just written; "
            f"give {LEAST_HOURS} or more."
        )
    least = max(LEAST_DAYS, settings.sweep_days, settings.sweep_after_days + 1)
    if prune_days is not None and prune_days < least:
        raise UsageError(
            f"--prune-bronze {prune_days} would take looks that the next runs compare with; give {least} days or more."
        )


@dataclass(slots=True)
class _Work:
    """One maintenance under way."""

    store: Store
    summary: MaintainSummary
    clock: Clock
    reporter: Reporter
    leases: list[Lease]

    def renew(self) -> None:
        """Keep the leases, if there are any."""
        for held in self.leases:
            held.renew()

    def tables(self, catalog: Catalog) -> None:
        """Remove first: what loses its last snapshot today may be open in a reader, and goes the next time."""
        self._remove(catalog)
        for place, spec in enumerate(TABLES):
            self.reporter.step("maintain", place, len(TABLES))
            self.renew()
            self._compact(catalog, spec)
            self._expire(catalog, spec)
        self.reporter.step("maintain", len(TABLES), len(TABLES))

    def _compact(self, catalog: Catalog, spec: Table) -> None:
        found = scattered(catalog, spec)
        if not found.partitions:
            return
        if not self.summary.dry_run:
            _compact(catalog, spec, found)
        done = (spec.full_name, len(found.partitions), found.file_count, found.needed_count, found.byte_count)
        self.summary.compacted.append(Compacted(*done))
        _log.info("table.compacted", table=spec.full_name, files=found.file_count, dry_run=self.summary.dry_run)

    def _expire(self, catalog: Catalog, spec: Table) -> None:
        if self.summary.dry_run:
            table = catalog.load(spec)
            expired = 0 if table is None else max(len(table.snapshots()) - KEPT_SNAPSHOTS, 0)
        else:
            expired = catalog.expire(spec)
        self.summary.expired_snapshot_count += expired

    def _remove(self, catalog: Catalog) -> None:
        found = unreferenced(self.store, catalog, self._ago(timedelta(hours=self.summary.older_than_hours)))
        for number, entry in enumerate(found.old):
            if not self.summary.dry_run:
                if number % 1000 == 0:
                    self.renew()
                self.store.delete(entry.key)
        self.summary.removed_file_count = len(found.old)
        self.summary.removed_byte_count = sum(entry.size for entry in found.old)
        self.summary.young_file_count = len(found.young)
        _log.info("files.removed", files=len(found.old), young=len(found.young), dry_run=self.summary.dry_run)

    def bronze(self, days: int) -> None:
        """Superseded looks go, the newest never."""
        for found in superseded(self.store, self._ago(timedelta(days=days))):
            if not found.looks:
                continue
            for number, key in enumerate(found.keys):
                if not self.summary.dry_run:
                    if number % 1000 == 0:
                        self.renew()
                    self.store.delete(key)
            done = Pruned(found.stream, len(found.looks), len(found.objects), found.byte_count)
            self.summary.pruned.append(done)
            _log.info("bronze.pruned", stream=found.stream, looks=len(found.looks), dry_run=self.summary.dry_run)

    def _ago(self, age: timedelta) -> datetime:
        return self.clock() - age


def _compact(catalog: Catalog, spec: Table, found: Scattered) -> None:
    """A run that ends meanwhile adds its row to ``ops.run`` without a lease: look again, and rewrite that too."""
    for attempt in range(ATTEMPTS):
        try:
            compact(catalog, spec, found)
            return
        except Refused:
            if attempt == ATTEMPTS - 1:
                raise
            found = scattered(catalog, spec)
