"""Stream ``media_engagement``: how a media is watched from position to position. Read once per UTC day and scope.

A curve moves only when the media's lifetime counters do. So a media is asked only if its counters differ from those in
the ``media_stats`` batch that the last look was based on (its manifest says which: ``based_on``), if no look has a row
of it, or if it answered 404 then. Everybody else's row is carried forward: the newest batch tells all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import zstandard

from wistia_lake.bronze.batch import iter_rows, read_blocks
from wistia_lake.bronze.layout import Look, Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.model import Slice
from wistia_lake.pipeline.ingest_counts import STATS
from wistia_lake.pipeline.ingest_fan import Carried, Question, fan_out, medias_of
from wistia_lake.pipeline.ingest_work import Outlook, Work
from wistia_lake.privacy.rows import MediaRow, MediaStatsRow
from wistia_lake.privacy.statistics import decode_engagement
from wistia_lake.wistia.endpoints import MEDIA_ENGAGEMENT

STREAM = "media_engagement"


class _OfMedia(msgspec.Struct, frozen=True):
    """Whose row it is."""

    media_id: str


_of_media = msgspec.json.Decoder(_OfMedia).decode


async def read(work: Work, scope: str, medias: Sequence[MediaRow]) -> None:
    """One look at the curves of a scope's medias, if it is due and any of them moved."""
    looked_at = work.clock()
    slice_ = Slice(STREAM, scope, looked_at.date())
    looks, counted = work.looks(STREAM), work.looks(STATS)
    now = counted.latest(scope)
    if looks.newest(scope, slice_.day) is not None or now is None or now.slice.day != slice_.day:
        return  # read today; or today's counters could not be read, and without them nobody knows who moved
    last = work.manifest(looks.latest(scope))
    listed = [media.media_id for media in medias_of(scope, medias)]
    rows = {} if last is None else dict(_lines(work, last))
    asked = set(listed) - rows.keys()
    if last is not None:
        asked |= set(listed) & (_moved(work, counted, last, now) | set(last.skipped_medias))
    if not asked:
        return  # nothing was there to look at, so there was no look
    question = Question(
        MEDIA_ENGAGEMENT,
        lambda _: {},
        lambda body, media_id: decode_engagement(body, media_id=media_id, looked_at=looked_at),
    )
    await fan_out(work, slice_, sorted(asked), question, carried=Carried(rows, now.batch_id, len(listed)))


def least(outlook: Outlook, scope: str, medias: Sequence[MediaRow]) -> int:
    """How many requests a look will need at least: every media at first, later perhaps none."""
    return 0 if scope in outlook.looks(STREAM).scopes else len(medias_of(scope, medias))


def expected(outlook: Outlook, scope: str, medias: Sequence[MediaRow]) -> int:
    """How many requests a look will need, if as many medias move as between the last two looks at the counters.

    Which ones moved is known only when today's counters are read; with one look at them so far, all are expected to.
    """
    looks, counted = outlook.looks(STREAM), outlook.looks(STATS)
    if looks.newest(scope, outlook.clock().date()) is not None:
        return 0
    days = counted.days(scope)
    if scope not in looks.scopes or len(days) < 2:
        return len(medias_of(scope, medias))
    last, before = (outlook.manifest(counted.newest(scope, day)) for day in (days[-1], days[-2]))
    assert last is not None and before is not None  # noqa: PT018  both days have looks
    known = {row.media_id: row for row in iter_rows(outlook.store, before, MediaStatsRow)}
    return sum(known.get(row.media_id) != row for row in iter_rows(outlook.store, last, MediaStatsRow))


def _lines(work: Work, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """The rows of a look by media, each compressed: there may be many, and most are only written again."""
    for block in read_blocks(work.store, manifest):
        for line in block.splitlines():
            yield _of_media(line).media_id, zstandard.compress(line, 1)


def _moved(work: Work, counted: Looks, last: Manifest, now: Look) -> set[str]:
    """The medias whose counters are not what they were when the last look was made."""
    before = next((look for look in counted if look.batch_id == last.based_on), None)
    known = _counters(work, before)
    return {media_id for media_id, row in _counters(work, now).items() if known.get(media_id) != row}


def _counters(work: Work, look: Look | None) -> dict[str, MediaStatsRow]:
    manifest = work.manifest(look)
    if manifest is None:
        return {}
    return {row.media_id: row for row in iter_rows(work.store, manifest, MediaStatsRow)}
