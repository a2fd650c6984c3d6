"""``probe events``: a sample of play sessions, and the answers to what an incremental reader must know."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from wistia_lake.errors import ApiRejected, UsageError
from wistia_lake.model import day_start, instant_text, is_media_id
from wistia_lake.privacy.samples import EVENT, redact
from wistia_lake.probes.asking import Api, Page, ask, refuse_media_ids, refuse_paging
from wistia_lake.probes.describing import moment
from wistia_lake.probes.event_findings import UNKNOWN, Answered, Border, days_utc, findings
from wistia_lake.probes.event_lines import lines_of_findings
from wistia_lake.probes.samples import Report, field_lines, lines_of, personal_lines, pretty, stamp, write_samples
from wistia_lake.settings import Loaded
from wistia_lake.wistia.endpoints import EVENTS, PER_PAGE

NO_MEDIA: Final = "0000000000"
"""A hashed id that no media has: a filter that works finds nothing by it."""
LARGE: Final = 200
"""A page size above the documented most."""
MIDNIGHTS: Final = 5
"""Most that are looked at."""
_ONE_DAY: Final = timedelta(days=1)

Params = dict[str, str | int]


def sample_events(
    loaded: Loaded,
    output: Path,
    *,
    media_id: str | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    per_page: int = 100,
    max_pages: int = 3,
) -> Report:
    """Read some pages of play sessions, ask what else decides how they are read, and write both down, redacted.

    Raises:
        UsageError: reversed dates, or a page size or number below 1.
    """
    refuse_paging(per_page=per_page, max_pages=max_pages)
    if start_date is not None and end_date is not None and start_date > end_date:
        raise UsageError(f"--start-date {start_date} is after --end-date {end_date}; write the earlier day first.")
    refuse_media_ids([media_id] if media_id else [])
    scope: Params = {"media_id": media_id} if media_id else {}
    days = {"start_date": start_date, "end_date": end_date}
    params = scope | {name: day.isoformat() for name, day in days.items() if day is not None}

    async def question(api: Api) -> tuple[Answered, int]:
        return await _ask_all(api, scope, params, per_page, max_pages), api.client.stats.requests

    answered, requests = ask(loaded, question)
    sample = redact([row for page in answered.walk for row in page.rows], EVENT)
    found = {
        "probe": "events",
        "asked_at": instant_text(answered.asked_at),
        "asked": {**params, "per_page": per_page, "max_pages": max_pages},
        "request_count": requests,
        **findings(answered),
        "personal_fields": dict(sorted(sample.personal.items())),
        "dropped_fields": sorted(sample.dropped),
        "unknown_fields": sorted(sample.unknown),
    }
    texts = {".ndjson": lines_of(sample.rows), ".findings.json": pretty(found)}
    files = write_samples(output / "events", f"events_{stamp(answered.asked_at)}", texts)
    return Report([*lines_of_findings(found), *personal_lines(sample), *field_lines(sample)], found, files)


async def _ask_all(api: Api, scope: Params, params: Params, per_page: int, max_pages: int) -> Answered:
    asked_at = api.clock()
    walk = await api.pages(EVENTS, per_page, max_pages, params)
    rows = [row for page in walk for row in page.rows if isinstance(row, dict)]
    media_id = str(scope["media_id"]) if scope else _most_frequent(rows)
    days: Params = {name: value for name, value in params.items() if name != "media_id"}
    newest = max(filter(None, (moment(row.get("received_at")) for row in rows)), default=None)
    large = await api.page(EVENTS, 1, LARGE, params)
    return Answered(
        asked_at=asked_at,
        per_page=per_page,
        walk=walk,
        media_id=media_id,
        of_media=None if media_id is None else await api.page(EVENTS, 1, PER_PAGE, {**days, "media_id": media_id}),
        of_no_media=await _rows_or_none(api, {**days, "media_id": NO_MEDIA}),
        large_asked=LARGE,
        large=large,
        after_large=await api.page(EVENTS, 2, LARGE, params) if large.rows else None,
        border=None if newest is None else await _border(api, scope, newest),
    )


def _most_frequent(rows: list[dict[str, Any]]) -> str | None:
    found = Counter(row["media_id"] for row in rows if is_media_id(str(row.get("media_id"))))
    return found.most_common(1)[0][0] if found else None


async def _rows_or_none(api: Api, params: Params) -> Page | None:
    """A page, or None where the API refuses to answer for a media that it does not know."""
    try:
        return await api.page(EVENTS, 1, PER_PAGE, params)
    except ApiRejected as exc:
        if exc.status in (404, 422):
            return None
        raise


async def _border(api: Api, scope: Params, newest: datetime) -> Border:
    """A midnight with sessions close to it on both sides, which tell whose days the filter means.

    The newest one is tried first; a quiet account has another chance at the ones before.
    """
    newest_border = border = await _border_at(api, scope, newest.date())
    for earlier in range(1, MIDNIGHTS):
        if days_utc(border)["verdict"] != UNKNOWN:
            return border
        border = await _border_at(api, scope, newest.date() - earlier * _ONE_DAY)
    return newest_border if days_utc(border)["verdict"] == UNKNOWN else border


async def _border_at(api: Api, scope: Params, day: date) -> Border:
    """The beginning of a UTC day."""

    def one_day(which: date) -> Params:
        return {**scope, "start_date": which.isoformat(), "end_date": which.isoformat()}

    newest_after, oldest_after = await api.both_ends(EVENTS, one_day(day))
    return Border(
        day_start(day),
        await api.page(EVENTS, 1, PER_PAGE, one_day(day - _ONE_DAY)),
        newest_after,
        oldest_after,
    )
