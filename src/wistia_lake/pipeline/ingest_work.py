"""What all streams share while one ingest runs: the client, the store, the lease, and how a look is committed."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import msgspec

from wistia_lake.bronze.batch import Committed, Encoded, Note, commit_look, read_manifest
from wistia_lake.bronze.layout import Look, Looks, new_batch_id
from wistia_lake.bronze.lease import Lease
from wistia_lake.bronze.listed import Listed
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.errors import ApiExhausted, ApiGone, ApiRejected, DataError
from wistia_lake.lake.store import Store
from wistia_lake.log import get_logger
from wistia_lake.model import Clock, Reporter, Slice
from wistia_lake.pipeline.summary import IngestSummary
from wistia_lake.privacy.policy import POLICY_VERSION
from wistia_lake.privacy.pseudonym import Pseudonymizer
from wistia_lake.privacy.reading import BadRow, Decoded
from wistia_lake.settings import Settings
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.statuses import means_not_offered

T = TypeVar("T")
BAD_SHARE = 0.001
"""Most of a slice's rows that may be set aside; above it something else is wrong than a row."""

_log = get_logger("ingest")


@dataclass(frozen=True, slots=True)
class Asked:
    """Account days that somebody asked for by hand, both included."""

    first: date
    last: date
    missing_only: bool = False
    """Leave out what bronze holds for good already: a backfill that goes on where it was stopped."""


@dataclass(slots=True)
class Findings:
    """What was noticed while a slice was read, beside its good rows."""

    notes: list[Note] = field(default_factory=list)
    unknown_fields: set[str] = field(default_factory=set)
    dropped_fields: set[str] = field(default_factory=set)

    def add(self, decoded: Decoded[Any], slice_: Slice, page: int) -> None:
        """Take over what was noticed on one page."""
        self.unknown_fields |= decoded.unknown_fields
        self.dropped_fields |= decoded.dropped_fields
        self.notes += [note_of(bad, slice_, page) for bad in decoded.bad]


def note_of(bad: BadRow, slice_: Slice, page: int) -> Note:
    """A bad row as it stands in quarantine."""
    return Note(
        stream=slice_.stream, scope=slice_.scope, day=slice_.day.isoformat(), page=page, position=bad.position,
        field=bad.field, expected=bad.expected, found=bad.found, event_id=bad.event_id, visitor_id=bad.visitor_id,
    )  # fmt: skip


@dataclass(slots=True)
class Seen(Generic[T]):
    """A slice as it was read: what its manifest will say."""

    slice: Slice
    rows: T
    first_requested_at: datetime
    last_requested_at: datetime
    page_count: int
    medias: Iterable[str]
    findings: Findings = field(default_factory=Findings)
    repeat_count: int = 0
    twin_count: int = 0
    added_count: int = 0
    removed_count: int = 0
    late_count: int = 0
    skipped_medias: list[str] = field(default_factory=list)
    covers: tuple[date, date] | None = None
    based_on: str | None = None
    unmoved_medias: list[str] = field(default_factory=list)
    waiting_medias: list[str] = field(default_factory=list)
    final: bool = False
    cut: bool = False


@dataclass(slots=True)
class Outlook:
    """What decides which slices are read, and how: all that planning needs. Nothing here writes."""

    settings: Settings
    store: Store
    client: WistiaClient
    clock: Clock
    asked: Asked | None
    listed: Listed = field(init=False)

    def __post_init__(self) -> None:
        self.listed = Listed(self.store)

    @property
    def scopes(self) -> list[str]:
        """The scopes of events and statistics."""
        return [f"media={media_id}" for media_id in self.settings.media_ids] or ["account"]

    def looks(self, stream: str) -> Looks:
        """Every committed look of a stream, those of this command included."""
        return self.listed.looks(stream)

    def manifest(self, look: Look | None) -> Manifest | None:
        """A look's manifest, if there is a look."""
        return None if look is None else read_manifest(self.store, look)


@dataclass(slots=True)
class Work(Outlook):
    """One ingest under way."""

    pseudonymizer: Pseudonymizer
    reporter: Reporter
    lease: Lease
    summary: IngestSummary
    unknown_fields: set[str] = field(default_factory=set)
    """Names of fields that no allow-list knows, over all streams."""
    _exhausted_in_a_row: int = 0

    def room(self) -> int | None:
        """Requests that this run may still make; None without a limit."""
        most = self.settings.max_requests
        return None if most is None else max(0, most - self.client.stats.requests)

    def commit(self, seen: Seen[Encoded], looks: Looks, newest: Manifest | None) -> Committed:
        """Commit one look, if the lease is still ours and not too many of its rows were bad."""
        refuse_if_bad(seen.slice, len(seen.findings.notes), seen.rows.row_count)
        self.lease.renew()
        earlier = looks.of(seen.slice.scope, seen.slice.day)
        latest = max((look.batch_id for look in earlier), default=None)
        manifest = Manifest(
            policy_version=POLICY_VERSION,
            batch_id=new_batch_id(seen.first_requested_at, after=latest),
            stream=seen.slice.stream,
            scope=seen.slice.scope,
            day=seen.slice.day,
            final=seen.final,
            cut=seen.cut,
            run_id=self.summary.run_id,
            api_base=self.client.base_url,
            api_version=self.client.api_version,
            key_fingerprint=self.pseudonymizer.fingerprint,
            first_requested_at=seen.first_requested_at,
            last_requested_at=seen.last_requested_at,
            page_count=seen.page_count,
            row_count=seen.rows.row_count,
            repeat_count=seen.repeat_count,
            twin_count=seen.twin_count,
            added_count=seen.added_count,
            removed_count=seen.removed_count,
            late_count=seen.late_count,
            medias=sorted(seen.medias),
            dropped_fields=sorted(seen.findings.dropped_fields),
            unknown_fields=sorted(seen.findings.unknown_fields),
            skipped_medias=sorted(seen.skipped_medias),
            covers=seen.covers,
            based_on=seen.based_on,
            unmoved_medias=sorted(seen.unmoved_medias),
            waiting_medias=sorted(seen.waiting_medias),
            content_hash=seen.rows.content_hash,
        )
        committed = commit_look(self.store, manifest, seen.rows, notes=seen.findings.notes, newest=newest)
        self.listed.add(Look(manifest.final, manifest.batch_id, manifest.slice), committed.manifest.data)
        self._count(committed)
        return committed

    def _count(self, committed: Committed) -> None:
        manifest, summary = committed.manifest, self.summary
        summary.slice_count += 1
        summary.batch_count += committed.wrote_data
        summary.row_count += manifest.row_count
        summary.added_count += manifest.added_count
        summary.late_row_count += manifest.late_count
        summary.quarantined_count += manifest.quarantined_count
        summary.repeat_count += manifest.repeat_count
        self.skip(manifest.skipped_medias)
        self.unknown_fields |= {f"{manifest.stream}.{name}" for name in manifest.unknown_fields}
        _log.info(
            "look.committed",
            stream=manifest.stream,
            scope=manifest.scope,
            day=manifest.day.isoformat(),
            batch_id=manifest.batch_id,
            final=manifest.final,
            cut=manifest.cut,
            wrote_data=committed.wrote_data,
            **_facts(manifest),
        )

    def skip(self, medias: Iterable[str]) -> None:
        """Remember medias that were listed and answered 404."""
        known = self.summary.skipped_medias
        known += [media_id for media_id in medias if media_id not in known]

    def put_off(self, medias: Iterable[str]) -> None:
        """Remember medias whose statistics wait for the next run."""
        self.summary.waiting_medias = sorted({*self.summary.waiting_medias, *medias})

    def not_offered(self, stream: str, consequence: str, exc: ApiGone | ApiRejected) -> None:
        """Say that the API does not have a stream for this account; the run goes on.

        Raises:
            ApiRejected: it was refused for another reason.
        """
        if not means_not_offered(exc):
            raise exc
        status = 404 if isinstance(exc, ApiGone) else exc.status
        _log.info("stream.not_offered", stream=stream, status=status)
        self.reporter.say(f"Wistia does not offer {stream} to this account ({status}), so {consequence}.")

    async def attempt(self, work: Awaitable[None], what: str) -> None:
        """Read one slice; its failure is remembered and does not stop the others.

        It stops them if the API gave no answer to any of the last slices: then it is down, not the slice at fault.
        """
        try:
            await work
        except (ApiExhausted, DataError) as exc:
            _log.warning("slice.failed", slice=what, error=type(exc).__name__)
            self.summary.problems.append(exc)
            if isinstance(exc, ApiExhausted):
                self._exhausted_in_a_row += 1
                if self._exhausted_in_a_row >= 2 * self.settings.slices_in_flight:
                    raise
            return
        self._exhausted_in_a_row = 0


def _facts(manifest: Manifest) -> dict[str, object]:
    """The counts of a manifest that are not zero, for the log."""
    names = (
        "page_count", "row_count", "repeat_count", "twin_count", "added_count", "removed_count", "late_count",
        "quarantined_count", "unknown_fields", "skipped_medias",
    )  # fmt: skip
    values = msgspec.structs.asdict(manifest)
    return {name: values[name] for name in names if values[name]}


def refuse_if_bad(slice_: Slice, bad: int, good: int) -> None:
    """DataError if more of a slice's rows are bad than single bad rows can explain."""
    if bad > BAD_SHARE * (bad + good):
        raise DataError(
            f"{slice_}: {bad} of {bad + good} rows do not have the form that Wistia documents, more than "
            f"{BAD_SHARE:.1%}, so nothing of this slice was kept; earlier looks at it stay. Run with -v to see the "
            "fields; if Wistia changed its answers, install a newer wistia-lake."
        )
