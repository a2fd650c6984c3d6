"""One request per media, one look per scope and UTC day: what ``media_stats`` and ``media_by_date`` share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
import zstandard

from wistia_lake.bronze.batch import encode_lines, read_blocks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.errors import ApiExhausted, ApiGone
from wistia_lake.model import Slice, scope_media
from wistia_lake.pipeline.ingest_work import Findings, Outlook, Seen, Work
from wistia_lake.pipeline.parallel import in_parallel
from wistia_lake.privacy.reading import Decoded
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.wistia.client import Answer
from wistia_lake.wistia.endpoints import Endpoint

SKIPPED_SHARE = 0.05
"""A slice of which this share of medias or more has vanished since they were listed is not committed."""


class _OfMedia(msgspec.Struct, frozen=True):
    """Whose row it is."""

    media_id: str


_of_media = msgspec.json.Decoder(_OfMedia).decode
_encode_lines = msgspec.json.Encoder().encode_lines


@dataclass(frozen=True, slots=True)
class Question:
    """How one stream asks for one media."""

    endpoint: Endpoint
    params: Callable[[str], dict[str, str | int]]
    decode: Callable[[Answer, str], Decoded[Any]]
    answered: Mapping[str, Answer] = field(default_factory=dict)
    """Answers that are there already, by media, which is not asked again."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a look takes over instead of asking for it."""

    lines: Mapping[str, bytes]
    """Per media, its lines of an earlier look, compressed; an answer replaces them."""
    based_on: str | None
    """The batch by which it was decided whom to ask."""
    media_count: int
    """Medias of the scope, asked or not."""
    of_day: date | None = None
    """The UTC day that the lines tell of and count for, if that is not any."""


def packed_rows(work: Outlook, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """The rows of a look by media, each compressed: there may be many, and most are only written again.

    For looks with one row a media.
    """
    for block in read_blocks(work.store, manifest):
        for line in block.splitlines():
            yield _of_media(line).media_id, zstandard.compress(line, 1)


@dataclass(frozen=True, slots=True)
class _Part:
    """One media's answer. Its lines are kept compressed: medias may be many, and their first answer years long."""

    media_id: str
    requested_at: datetime
    lines: bytes
    noticed: Decoded[Any]
    """Without its rows."""


@dataclass(frozen=True, slots=True)
class _Without:
    """Medias of which a look has no answer."""

    skipped: list[str]
    """They were listed and answered 404."""
    unmoved: list[str]
    """Nothing can have changed."""
    waiting: list[str]
    """The run's requests were used up."""


def medias_of(scope: str, medias: Sequence[MediaRow]) -> list[MediaRow]:
    """The existing medias that a scope holds."""
    media_id = scope_media(scope)
    return [media for media in medias if media_id in (None, media.media_id)]


async def fan_out(
    work: Work, slice_: Slice, medias: Sequence[str], question: Question, covers: tuple[date, date] | None = None,
    carried: Carried | None = None, unmoved: Sequence[str] = (),
) -> None:  # fmt: skip
    """Ask for medias in the order given, as far as the run's requests reach, and commit the answers as one look.

    Its rows are ordered by media. Medias that were not reached are noted in it, and in the summary.
    """
    room, answered = work.room(), question.answered.keys() & set(medias)
    ordered = sorted(medias, key=lambda media_id: media_id not in answered)
    reached = ordered if room is None else ordered[: room + len(answered)]
    asked: dict[str, _Part | None] = {}

    async def ask(media_id: str) -> None:
        if work.room() == 0 and media_id not in answered:
            return  # repeated requests took the place
        asked[media_id] = await _ask(work, media_id, question)
        work.reporter.step(slice_.stream, len(asked), len(reached))

    await in_parallel((ask(media_id) for media_id in reached), work.settings.slices_in_flight)
    waiting = [media_id for media_id in medias if media_id not in asked]
    work.put_off(waiting)
    parts = [part for _, part in sorted(asked.items()) if part is not None]
    skipped = [media_id for media_id, part in asked.items() if part is None]
    work.skip(sorted(skipped))
    if not parts:
        return  # nothing was there to look at, so there was no look
    media_count = len(medias) if carried is None else carried.media_count
    if len(skipped) >= SKIPPED_SHARE * media_count:
        raise ApiExhausted(
            f"{slice_}: {len(skipped)} of {media_count} medias that were listed at the start answered 404, too many "
            "to go on without them, so nothing of this slice was kept. Run again: the new list will tell what is left."
        )
    _commit(work, slice_, parts, _Without(skipped, list(unmoved), waiting), covers, carried)


async def _ask(work: Work, media_id: str, question: Question) -> _Part | None:
    answer = question.answered.get(media_id)
    try:
        if answer is None:
            answer = await work.client.get(question.endpoint, params=question.params(media_id), media_id=media_id)
    except ApiGone:
        return None
    decoded = question.decode(answer, media_id)
    lines = zstandard.compress(_encode_lines(decoded.rows), 1) if decoded.rows else b""
    noticed: Decoded[Any] = Decoded([], decoded.bad, decoded.unknown_fields, decoded.dropped_fields)
    return _Part(media_id, answer.requested_at, lines, noticed)


def _commit(
    work: Work, slice_: Slice, parts: list[_Part], without: _Without, covers: tuple[date, date] | None,
    carried: Carried | None,
) -> None:  # fmt: skip
    findings, first_at = Findings(), min(part.requested_at for part in parts)
    slice_ = slice_.read_at(first_at)
    for page, part in enumerate(parts, start=1):
        findings.add(part.noticed, slice_, page)
    lines = dict(carried.lines) if carried is not None and carried.of_day in (None, slice_.day) else {}
    lines |= {part.media_id: part.lines for part in parts if part.lines}
    ordered = sorted(lines.items())
    looks = work.looks(slice_.stream)
    seen = Seen(
        slice_,
        encode_lines(line for _, packed in ordered for line in zstandard.decompress(packed).splitlines()),
        first_at,
        max(part.requested_at for part in parts),
        len(parts),
        lines,
        findings,
        skipped_medias=without.skipped,
        unmoved_medias=without.unmoved,
        waiting_medias=without.waiting,
        covers=covers,
        based_on=None if carried is None else carried.based_on,
    )
    work.commit(seen, looks, work.manifest(looks.latest(slice_.scope)))
