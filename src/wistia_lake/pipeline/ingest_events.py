"""Stream ``events``: play sessions, one walk per UTC day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import msgspec

from wistia_lake.bronze.batch import Encoded, Note, encode_lines, read_rows
from wistia_lake.bronze.layout import Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.bronze.watermark import Rhythm, asked_days, due_days, is_cut
from wistia_lake.errors import ApiExhausted
from wistia_lake.model import ONE_DAY, Slice, day_start, scope_media
from wistia_lake.pipeline.ingest_work import Findings, Seen, Work
from wistia_lake.privacy.pages import events_agree, row_count
from wistia_lake.privacy.policy import decode_events
from wistia_lake.wistia.client import Answer
from wistia_lake.wistia.endpoints import EVENTS, PER_PAGE
from wistia_lake.wistia.paging import Walk, walk

STREAM = "events"
REMOVED_SHARE = 0.01
REMOVED_COUNT = 5
"""A look that lacks more than this share and this number of the previous final look's sessions is read twice."""

_encode = msgspec.json.Encoder().encode


class _Key(msgspec.Struct, frozen=True):
    """What tells the sessions of a slice apart."""

    event_id: str
    visitor_id: str


@dataclass(slots=True)
class Sessions:
    """The sessions of one walk, by key. Of a session met again on a later page, the later one counts."""

    work: Work
    slice: Slice
    lines: dict[bytes, bytes] = field(default_factory=dict)
    medias: set[str] = field(default_factory=set)
    findings: Findings = field(default_factory=Findings)
    repeat_count: int = 0

    def forget(self) -> None:
        """Start again: the walk does."""
        self.lines, self.medias, self.findings, self.repeat_count = {}, set(), Findings(), 0

    def take(self, page: int, answer: Answer) -> None:
        """Add a page."""
        decoded = decode_events(answer.body, self.work.pseudonymizer)
        self.findings.add(decoded, self.slice, page)
        day = self.slice.day.isoformat()
        for position, row in enumerate(decoded.rows):
            if not row.received_at.startswith(day):
                self.findings.notes.append(self._stray(page, position, row.event_id, row.visitor_id))
                continue
            key = bytes.fromhex(row.event_id + row.visitor_id)
            self.repeat_count += key in self.lines
            self.lines[key] = _encode(row)
            self.medias.add(row.media_id)

    def _stray(self, page: int, position: int, event_id: str, visitor_id: str) -> Note:
        """A session that the API served for another day than the one asked for."""
        slice_ = self.slice
        return Note(
            stream=STREAM, scope=slice_.scope, day=slice_.day.isoformat(), page=page, position=position,
            field="received_at", expected="instant of the day asked for", found="instant of another day",
            event_id=event_id, visitor_id=visitor_id,
        )  # fmt: skip

    @property
    def twin_count(self) -> int:
        """Sessions whose event key another viewer's session bears too."""
        seen: set[bytes] = set()
        shared: set[bytes] = set()
        for key in self.lines:
            (shared if key[:16] in seen else seen).add(key[:16])
        return sum(key[:16] in shared for key in self.lines) if shared else 0

    def encoded(self) -> Encoded:
        """All lines, ordered by their beginning: received_at, event_id, visitor_id."""
        return encode_lines(sorted(self.lines.values()))


def plan(work: Work, looks: Looks, start: date) -> list[Slice]:
    """The slices that this run reads, oldest first."""
    settings, now = work.settings, work.clock()
    rhythm = Rhythm(settings.late_window_days, settings.sweep_days, settings.sweep_after_days)
    slices: list[Slice] = []
    for scope in work.scopes:
        if work.asked is not None:
            first, last = work.asked.first, work.asked.last
            days = asked_days(looks, scope, first, last, zone=settings.zone_name, now=now)
        else:
            days = due_days(looks, scope, start=start, now=now, rhythm=rhythm)
        slices += [Slice(STREAM, scope, day) for day in days]
    return sorted(slices, key=lambda slice_: (slice_.day, slice_.scope))


def estimate(work: Work, looks: Looks, slices: Iterable[Slice]) -> tuple[int, int]:
    """Requests that the slices will take, by the rows they had last time, and how many slices are new."""
    requests, unknown = 0, 0
    for slice_ in slices:
        newest = work.manifest(looks.newest(slice_.scope, slice_.day))
        unknown += newest is None
        # The last page is read twice.
        requests += (newest.row_count if newest is not None else 0) // PER_PAGE + 2
    return requests, unknown


async def read(work: Work, looks: Looks, slice_: Slice) -> None:
    """Read one slice and commit its look."""
    newest = work.manifest(looks.newest(slice_.scope, slice_.day))
    sessions, walked = await _walk(work, slice_)
    rows = sessions.encoded()
    before: set[bytes] = set()
    if newest is not None and newest.content_hash != rows.content_hash:
        before = _keys(work, newest)
        if newest.final and _lacks_too_much(before, sessions):
            sessions, walked = await _read_again(work, slice_, before, sessions)
            rows = sessions.encoded()
    settled_at = day_start(slice_.day) + ONE_DAY + timedelta(minutes=work.settings.settle_minutes)
    seen = Seen(
        slice_,
        rows,
        walked.first_requested_at,
        walked.last_requested_at,
        walked.page_count,
        sessions.medias,
        sessions.findings,
        repeat_count=sessions.repeat_count,
        twin_count=sessions.twin_count,
        final=walked.first_requested_at >= settled_at,
        # By the last request: the edge moves on while a slice is walked.
        cut=is_cut(slice_.day, walked.last_requested_at),
    )
    _compare(seen, newest, before, sessions)
    work.commit(seen, looks, newest)


def _compare(seen: Seen[Encoded], newest: Manifest | None, before: set[bytes], sessions: Sessions) -> None:
    """Count what came and went since the slice's newest look."""
    if newest is None:
        seen.added_count = len(sessions.lines)
    elif newest.content_hash != seen.rows.content_hash:
        seen.added_count = sum(key not in before for key in sessions.lines)
        seen.removed_count = sum(key not in sessions.lines for key in before)
        # The newest look is the last final one if there is any.
        seen.late_count = seen.added_count if newest.final else 0


async def _walk(work: Work, slice_: Slice) -> tuple[Sessions, Walk]:
    sessions = Sessions(work, slice_)
    day = slice_.day.isoformat()
    params: dict[str, str | int] = {"start_date": day, "end_date": day}
    media_id = scope_media(slice_.scope)
    if media_id is not None:
        params["media_id"] = media_id
    walked = await walk(
        work.client, EVENTS, params=params, agree=events_agree, count=row_count, consume=sessions.take,
        reset=sessions.forget,
    )  # fmt: skip
    return sessions, walked


def _keys(work: Work, manifest: Manifest) -> set[bytes]:
    return {bytes.fromhex(key.event_id + key.visitor_id) for key in read_rows(work.store, manifest, _Key)}


def _lacks_too_much(before: set[bytes], sessions: Sessions) -> bool:
    missing = sum(key not in sessions.lines for key in before)
    return missing > REMOVED_COUNT and missing > REMOVED_SHARE * len(before)


async def _read_again(work: Work, slice_: Slice, before: set[bytes], first: Sessions) -> tuple[Sessions, Walk]:
    """A second walk, which must lack the same sessions as the first."""
    second, walked = await _walk(work, slice_)
    missing = before - first.lines.keys()
    if before - second.lines.keys() != missing:
        raise ApiExhausted(
            f"{slice_}: two readings disagree about which of the {len(before)} sessions of the earlier look are gone, "
            "so neither was kept; the earlier look stays. Run again later."
        )
    work.reporter.say(
        f"{slice_}: {len(missing)} of {len(before)} sessions of the earlier look are no longer served; a second "
        "reading agrees, so the tables will follow. The earlier look stays in bronze."
    )
    return second, walked
