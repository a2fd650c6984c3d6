"""Stream ``events``: play sessions, one walk per UTC day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wistia_lake.bronze.batch import Encoded, iter_rows, list_unclean
from wistia_lake.bronze.layout import Look, Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.bronze.watermark import Rhythm, asked_days, due_days, has_final, is_cut
from wistia_lake.errors import ApiExhausted, DataError
from wistia_lake.model import ACCOUNT, ONE_DAY, Slice, day_start, scope_media
from wistia_lake.pipeline.ingest_sessions import Key, KeyOfMedia, Sessions
from wistia_lake.pipeline.ingest_work import Outlook, Seen, Work
from wistia_lake.privacy.pages import events_agree, row_count
from wistia_lake.wistia.endpoints import EVENTS, PER_PAGE
from wistia_lake.wistia.paging import Walk, walk

STREAM = "events"
REMOVED_SHARE = 0.01
REMOVED_COUNT = 5
"""A look that lacks more than this share and this number of the sessions shown before is read twice."""


def plan(work: Outlook, looks: Looks, start: date) -> list[Slice]:
    """The slices that this run reads, oldest first."""
    settings, now = work.settings, work.clock()
    rhythm = Rhythm(settings.late_window_days, settings.sweep_days, settings.sweep_after_days, settings.settle_minutes)
    unclean = list_unclean(work.store, STREAM)
    slices: list[Slice] = []
    for scope in work.scopes:
        if work.asked is not None:
            first, last = work.asked.first, work.asked.last
            days = asked_days(looks, scope, first, last, zone=settings.zone_name, now=now)
            if work.asked.missing_only:
                days = [day for day in days if not has_final(looks, scope, day)]
        else:
            days = due_days(looks, scope, start=start, now=now, rhythm=rhythm, unclean=unclean)
        slices += [Slice(STREAM, scope, day) for day in days]
    return sorted(slices, key=lambda slice_: (slice_.day, slice_.scope))


def estimate(
    work: Outlook, looks: Looks, slices: Iterable[Slice], full_pages: Mapping[Slice, float] | None = None
) -> tuple[int, int]:
    """Requests that the slices will take, by the rows they had last time, and how many slices are new.

    ``full_pages`` is what is known better of some slices: how many full pages they will have.
    """
    requests, unknown = 0.0, 0
    for slice_ in slices:
        pages = (full_pages or {}).get(slice_)
        if pages is None:
            count = known_count(work, looks, slice_)
            unknown += count is None
            pages = (count or 0) // PER_PAGE
        # After the full pages comes the last one, which is read twice.
        requests += pages + 2
    return round(requests), unknown


def within(
    work: Outlook, looks: Looks, slices: Sequence[Slice], room: int | None,
    full_pages: Mapping[Slice, float] | None = None,
) -> Sequence[Slice]:  # fmt: skip
    """The first slices, as many as are begun before ``room`` requests are used up; None is enough for all."""
    if room is None:
        return slices
    spent = 0
    for place, slice_ in enumerate(slices):
        if spent >= room:
            return slices[:place]
        spent += estimate(work, looks, [slice_], full_pages)[0]
    return slices


def known_count(work: Outlook, looks: Looks, slice_: Slice) -> int | None:
    """The sessions that the newest look at a slice found; None if there is none."""
    try:
        newest = work.manifest(looks.newest(slice_.scope, slice_.day))
    except DataError:
        return None  # reading the slice will say it, and say it of this slice only
    return None if newest is None else newest.row_count


async def read(work: Work, looks: Looks, slice_: Slice) -> None:
    """Read one slice and commit its look."""
    newest = work.manifest(looks.newest(slice_.scope, slice_.day))
    sessions, walked = await _walk(work, slice_)
    rows = sessions.encoded()
    change = _change(work, newest, sessions, rows)
    others = _others(looks, slice_)
    doubt = _missing(work, others, slice_, sessions) if others else change
    if doubt.lacks_too_much:
        sessions, walked = await _walk(work, slice_)
        rows = sessions.encoded()
        change = _change(work, newest, sessions, rows)
        _confirm(work, slice_, doubt, _missing(work, others, slice_, sessions) if others else change)
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
        twin_count=sessions.twin_count(),
        added_count=change.added,
        removed_count=len(change.removed),
        # The newest look is a final one if there is any.
        late_count=change.added if newest is not None and newest.final else 0,
        final=walked.first_requested_at >= settled_at,
        # By the last request: the edge moves on while a slice is walked.
        cut=is_cut(slice_.day, walked.last_requested_at),
    )
    work.commit(seen, looks, newest)


@dataclass(frozen=True, slots=True)
class _Change:
    """What came and went since the slice's newest look."""

    before: int
    added: int
    removed: frozenset[int] = frozenset()
    """By the bits of their keys."""

    @property
    def lacks_too_much(self) -> bool:
        return len(self.removed) > max(REMOVED_COUNT, REMOVED_SHARE * self.before)


def _change(work: Work, newest: Manifest | None, sessions: Sessions, rows: Encoded) -> _Change:
    if newest is None:
        return _Change(0, rows.row_count)
    if newest.content_hash == rows.content_hash:
        return _Change(newest.row_count, 0)
    kept, removed, holds = 0, set(), sessions.bits()
    for key in iter_rows(work.store, newest, Key):
        bits = key.bits
        if holds(bits):
            kept += 1
        else:
            removed.add(bits)
    return _Change(newest.row_count, rows.row_count - kept, frozenset(removed))


def _others(looks: Looks, slice_: Slice) -> list[Look]:
    """Looks of other scopes whose sessions tables show until this slice is committed; none if it is its own newest."""
    own, media_id = looks.newest(slice_.scope, slice_.day), scope_media(slice_.scope)
    if media_id is not None:
        account = looks.newest(ACCOUNT, slice_.day)
        return [account] if account is not None and (own is None or account > own) else []
    if own is not None:
        return []
    return [look for scope in looks.scopes if (look := looks.newest(scope, slice_.day)) is not None]


def _missing(work: Work, others: Iterable[Look], slice_: Slice, sessions: Sessions) -> _Change:
    """What a walk did not meet of the slice's sessions in other scopes' looks."""
    media_id, holds, before, removed = scope_media(slice_.scope), sessions.bits(), 0, set()
    for look in others:
        manifest = work.manifest(look)
        for key in iter_rows(work.store, manifest, KeyOfMedia) if manifest is not None else ():
            if media_id in (None, key.media_id):
                before += 1
                if not holds(key.bits):
                    removed.add(key.bits)
    return _Change(before, 0, frozenset(removed))


def _confirm(work: Work, slice_: Slice, first: _Change, second: _Change) -> None:
    """Raise unless the second walk lacks the same sessions as the first."""
    if first.removed != second.removed:
        raise ApiExhausted(
            f"{slice_}: two readings disagree about which of the {first.before} sessions of the earlier look are gone, "
            "so neither was kept; the earlier look stays. Run again later."
        )
    work.reporter.say(
        f"{slice_}: {len(second.removed)} of {first.before} sessions of the earlier look are no longer served; a "
        "second reading agrees, so the tables will follow. The earlier look stays in bronze."
    )


async def _walk(work: Work, slice_: Slice) -> tuple[Sessions, Walk]:
    sessions = Sessions(slice_, work.pseudonymizer)
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
