"""Stream ``media_engagement``: how a media is watched from position to position. Read once per UTC day and scope.

A curve moves only when the media's lifetime counters do. So a media is asked only if its counters differ from those
that were known when the last look was made (its manifest names the newest ``media_stats`` batch of then: ``based_on``),
if no look has a row of it, or if it answered 404 then, or had to wait. Everybody else's row is carried forward: the
newest batch tells all. A media whose counters were not read since then has not moved, as far as anybody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wistia_lake.bronze.manifest import Manifest
from wistia_lake.model import Slice
from wistia_lake.pipeline.counted import STATS, Counted
from wistia_lake.pipeline.ingest_fan import Carried, Question, fan_out, medias_of, packed_rows
from wistia_lake.pipeline.ingest_work import Work
from wistia_lake.pipeline.rotation import spares
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.privacy.statistics import decode_engagement
from wistia_lake.wistia.endpoints import MEDIA_ENGAGEMENT

STREAM = "media_engagement"


async def read(work: Work, scope: str, medias: Sequence[MediaRow]) -> None:
    """One look at the curves of a scope's medias, if it is due and any of them moved."""
    looked_at = work.clock()
    slice_ = Slice(STREAM, scope, looked_at.date())
    looks, now = work.looks(STREAM), work.looks(STATS).latest(scope)
    if looks.newest(scope, slice_.day) is not None or now is None or now.slice.day != slice_.day:
        return  # read today; or no counters could be read today, and without them nobody knows who moved
    last = work.manifest(looks.latest(scope))
    listed = medias_of(scope, medias)
    names = {media.media_id for media in listed}
    rows = {} if last is None else dict(packed_rows(work, last))
    counted = Counted(work, scope, listed)
    asked, again = names - rows.keys(), set[str]()
    if last is not None:
        again = {*last.skipped_medias, *last.waiting_medias}
        asked |= names & (_moved(counted, last, looked_at) | again)
    if spares(work.settings, listed):
        asked &= counted.asked_on().keys()  # else nobody would know later whether a media has moved
    if not asked:
        return  # nothing was there to look at, so there was no look
    question = Question(
        MEDIA_ENGAGEMENT,
        lambda _: {},
        lambda answer, media: decode_engagement(answer.body, media_id=media, looked_at=answer.requested_at),
    )
    ordered = sorted(asked, key=lambda media_id: (media_id not in again, media_id))
    await fan_out(work, slice_, ordered, question, carried=Carried(rows, now.batch_id, len(listed)))


def _moved(counted: Counted, last: Manifest, until: datetime) -> set[str]:
    """The medias whose counters are not what they were when the last look was made."""
    then_at, read = counted.since(last.based_on or "")
    if then_at is None:
        return read
    now, then = (counted.as_of(dict.fromkeys(read, limit)) for limit in (until, then_at))
    return {media_id for media_id, (_, row) in now.items() if media_id not in then or then[media_id][1] != row}
