"""Stream ``medias``: the whole list, whatever MEDIA_IDS says, and what became of medias that left it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from wistia_lake.bronze.batch import encode_lines, read_rows
from wistia_lake.bronze.layout import Looks
from wistia_lake.errors import ApiExhausted, ApiGone, ApiRejected, SettingsError
from wistia_lake.lake.marker import Marker, make_marker, read_marker
from wistia_lake.model import ACCOUNT, Slice, media_scope
from wistia_lake.pipeline.ingest_work import Findings, Outlook, Seen, Work
from wistia_lake.privacy.pages import medias_agree, row_count
from wistia_lake.privacy.policy import decode_account, decode_media, decode_medias
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.wistia.client import Answer
from wistia_lake.wistia.endpoints import ACCOUNT as ACCOUNT_ENDPOINT
from wistia_lake.wistia.endpoints import MEDIA, MEDIAS
from wistia_lake.wistia.paging import Walk, walk

STREAM = "medias"
MISSING_SHARE = 0.01
MISSING_COUNT = 5
"""A list that lacks more than this share and this number of the previous one's medias is read twice."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Listed:
    """The media list as one walk gave it; of a media met twice, the later row counts."""

    slice: Slice
    rows: dict[str, MediaRow] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    repeat_count: int = 0

    def forget(self) -> None:
        """Start again: the walk does."""
        self.rows, self.findings, self.repeat_count = {}, Findings(), 0

    def take(self, page: int, answer: Answer) -> None:
        """Add a page."""
        decoded = decode_medias(answer.body)
        self.findings.add(decoded, self.slice, page)
        for row in decoded.rows:
            self.repeat_count += row.media_id in self.rows
            self.rows[row.media_id] = row


async def read(work: Work) -> tuple[Marker, list[MediaRow]]:
    """Read and commit the list; returns the lake's marker and every media that exists, in order of id.

    Raises:
        SettingsError: MEDIA_IDS names a media that never existed.
    """
    looks = work.looks(STREAM)
    seen = await look(work, looks)
    rows = seen.rows
    marker = read_marker(work.store) or make_marker(work.store, seen.first_requested_at, oldest(rows))
    encoded = encode_lines(map(_encode, rows.values()))
    work.commit(replace(seen, rows=encoded), looks, work.manifest(looks.latest(ACCOUNT)))  # type: ignore[arg-type]
    return marker, existing(rows)


async def look(work: Outlook, looks: Looks) -> Seen[dict[str, MediaRow]]:
    """Read the list, and what became of medias that are not in it; nothing is committed yet."""
    slice_ = Slice(STREAM, ACCOUNT, work.clock().date())
    previous = {row.media_id: row for row in _previous(work, looks)}
    listed, walked = await _walk_guarded(work, slice_, previous)
    rows = dict(listed.rows)
    last_at = await _missing(work, listed, previous, rows)
    account = await _account_url(work)
    rows = {
        media_id: row
        if row.is_deleted or account is None
        else msgspec.structs.replace(row, url=f"{account}/medias/{media_id}")
        for media_id, row in sorted(rows.items())
    }
    return Seen(
        slice_.read_at(walked.first_requested_at),
        rows,
        walked.first_requested_at,
        max(last_at, walked.last_requested_at),
        walked.page_count,
        rows,
        listed.findings,
        repeat_count=listed.repeat_count,
        added_count=sum(media_id not in previous for media_id in rows),
        removed_count=sum(media_id not in rows for media_id in previous),
    )


def existing(rows: dict[str, MediaRow]) -> list[MediaRow]:
    """The medias of a list that were not deleted."""
    return [row for row in rows.values() if not row.is_deleted]


def known(work: Work) -> list[MediaRow]:
    """The medias that existed by the newest committed list; for a run whose own list failed."""
    return [row for row in _previous(work, work.looks(STREAM)) if not row.is_deleted]


def _previous(work: Outlook, looks: Looks) -> list[MediaRow]:
    manifest = work.manifest(looks.latest(ACCOUNT))
    return [] if manifest is None else read_rows(work.store, manifest, MediaRow)


async def _walk(work: Outlook, slice_: Slice) -> tuple[Listed, Walk]:
    listed = Listed(slice_)
    walked = await walk(
        work.client, MEDIAS, agree=medias_agree, count=row_count, consume=listed.take, reset=listed.forget
    )
    return listed, walked


async def _walk_guarded(work: Outlook, slice_: Slice, previous: dict[str, MediaRow]) -> tuple[Listed, Walk]:
    """One walk, or two that agree if the first lacks so much that the API rather than the account may be at fault."""
    listed, walked = await _walk(work, slice_)
    before = {media_id for media_id, row in previous.items() if not row.is_deleted}
    missing = before - listed.rows.keys()
    if len(missing) <= MISSING_COUNT or len(missing) <= MISSING_SHARE * len(before):
        return listed, walked
    listed, walked = await _walk(work, slice_)
    if before - listed.rows.keys() != missing:
        raise ApiExhausted(
            f"{slice_}: two readings of the media list disagree about which of {len(before)} medias are gone, so "
            "neither was kept; the earlier list stays. Run again later."
        )
    return listed, walked


async def _missing(work: Outlook, listed: Listed, previous: dict[str, MediaRow], rows: dict[str, MediaRow]) -> datetime:
    """Find out what became of medias that are not listed (any more) and add a row for each; time of the last request.

    A media is deleted if it is missing from the whole list *and* answers 404. Known deletions are carried forward, so
    that the newest list always tells all.
    """
    last_at = work.clock()
    for media_id in [media_id for media_id in previous if media_id not in rows]:
        if previous[media_id].is_deleted:
            rows[media_id] = previous[media_id]
        else:
            found = await _one(work, listed, media_id)
            rows[media_id] = found or msgspec.structs.replace(previous[media_id], is_deleted=True)
            last_at = work.clock()
    for media_id in [media_id for media_id in work.settings.media_ids if media_id not in rows]:
        found = await _one(work, listed, media_id)
        last_at = work.clock()
        if found is not None:
            rows[media_id] = found
        elif media_scope(media_id) not in work.looks("events").scopes:
            raise SettingsError(
                f"MEDIA_IDS holds {media_id}, which is not in the account's media list, answers 404, and was never "
                "seen by this lake. Correct it, or leave it out."
            )
    return last_at


async def _one(work: Outlook, listed: Listed, media_id: str) -> MediaRow | None:
    """The media by itself; None if it is gone."""
    try:
        answer = await work.client.get(MEDIA, media_id=media_id)
    except ApiGone:
        return None
    decoded = decode_media(answer.body)
    listed.findings.add(decoded, listed.slice, 0)
    return next((row for row in decoded.rows if row.media_id == media_id), None)


async def _account_url(work: Outlook) -> str | None:
    """The account's address at Wistia; None if the token may not ask for it."""
    try:
        answer = await work.client.get(ACCOUNT_ENDPOINT)
    except ApiGone:
        return None
    except ApiRejected as exc:
        if exc.code == "unauthorized_scope":
            return None
        raise
    account = next(iter(decode_account(answer.body).rows), None)
    return None if account is None or not account.url else account.url.rstrip("/")


def oldest(rows: dict[str, MediaRow]) -> datetime | None:
    """When the oldest media was made."""
    return min((created_at(row) for row in rows.values() if row.created is not None), default=None)


def created_at(row: MediaRow) -> datetime:
    """When a media was made, as an aware instant."""
    assert row.created is not None
    return datetime.fromisoformat(row.created)
