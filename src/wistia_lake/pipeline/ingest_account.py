"""Stream ``account_by_date``: daily counts of the whole account, whatever MEDIA_IDS says. One request.

The days that are asked for are found as those of a media are: see ``ingest_counts``. Some versions of the API do not
offer this list; that is said once in a run and is no error, because everything else can be read without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from wistia_lake.bronze.batch import encode_lines
from wistia_lake.errors import ApiGone, ApiRejected
from wistia_lake.model import ACCOUNT, Slice
from wistia_lake.pipeline.ingest_counts import plan_account_range
from wistia_lake.pipeline.ingest_work import Findings, Seen, Work
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.privacy.statistics import decode_account_by_date
from wistia_lake.wistia.endpoints import ACCOUNT_BY_DATE

STREAM = "account_by_date"
_encode = msgspec.json.Encoder().encode


async def read(work: Work, medias: Sequence[MediaRow], start: date) -> None:
    """One look at the account's daily counts."""
    slice_ = Slice(STREAM, ACCOUNT, work.clock().date())
    days = plan_account_range(work, slice_, medias, start)
    if days is None:
        return
    first, last = days
    # Always with both dates: without them the API was seen to answer 500.
    params: dict[str, str | int] = {"start_date": first.isoformat(), "end_date": last.isoformat()}
    try:
        answer = await work.client.get(ACCOUNT_BY_DATE, params=params)
    except (ApiGone, ApiRejected) as exc:
        work.not_offered(STREAM, "silver.fact_account_day gets no new days", exc)
        return
    decoded = decode_account_by_date(answer.body)
    at, findings = answer.requested_at, Findings()
    slice_ = slice_.read_at(at)
    findings.add(decoded, slice_, 1)
    looks = work.looks(STREAM)
    rows = encode_lines(map(_encode, decoded.rows))
    seen = Seen(slice_, rows, at, at, 1, (), findings, covers=(first, last))
    work.commit(seen, looks, work.manifest(looks.latest(ACCOUNT)))
