"""What the answers about play sessions say: pure judgement, no requests, and never a value that tells of a person.

Every question has a verdict in words (``yes``, ``no``, ``cannot tell``) and the numbers it rests on.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wistia_lake.model import instant_text
from wistia_lake.privacy.reading import Reader, plain_name
from wistia_lake.privacy.served import EventServed
from wistia_lake.probes.asking import Page
from wistia_lake.probes.describing import describe, moment
from wistia_lake.wistia.endpoints import PER_PAGE

YES: Final = "yes"
NO: Final = "no"
UNKNOWN: Final = "cannot tell"

FIELDS: Final = (
    "received_at", "event_key", "visitor_key", "media_id", "media_name", "percent_viewed", "country", "region",
    "embed_url", "email", "conversion_type", "conversion_data", "user_agent_details", "user_agent_details.browser",
    "user_agent_details.browser_version", "user_agent_details.platform", "user_agent_details.mobile",
)  # fmt: skip
"""Everything that the daily facts are made of."""
_KEY_TIME = re.compile(r"([0-9]{7})_")
_BUCKET: Final = 1000
"""An event key begins with the thousands of seconds since 1970 at which it was made."""
_CLOSE_TO_MIDNIGHT: Final = timedelta(hours=1)
_EVENTS = Reader(EventServed, "GET /stats/events")


@dataclass(frozen=True, slots=True)
class Border:
    """Both sides of a UTC midnight, each asked for as one day: ``start_date = end_date``."""

    midnight: datetime
    before: Page
    """The newest page of the day before."""
    after: Page
    """The newest page of the day after."""
    after_oldest: Page
    """The oldest one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Everything that was asked for."""

    asked_at: datetime
    per_page: int
    walk: Sequence[Page]
    """The pages of the sample, newest first."""
    media_id: str | None
    """The media whose filter was tried."""
    of_media: Page | None
    of_no_media: Page | None
    """What a media that does not exist has; None if the API refuses such a question."""
    large_asked: int
    large: Page
    """Page 1, with more rows asked for than are documented, and page 2."""
    after_large: Page | None
    border: Border | None


def findings(found: Answered) -> dict[str, Any]:
    """The answer to every question, in the order in which people ask them."""
    rows = [row for page in found.walk for row in page.rows if isinstance(row, dict)]
    return {
        "row_count": len(rows),
        "media_filter": media_filter(found, rows),
        "dates_inclusive": dates_inclusive(found.border),
        "days_utc": days_utc(found.border),
        "page_size": page_size(found),
        "order": order(rows),
        "fields": {field.name: field.values() for field in describe(rows, FIELDS)},
        "refused": refused(found.walk),
        "repeats": repeats(rows),
        "newest": newest(rows, found.asked_at),
        "watermark": watermark(rows),
        "lateness": lateness(rows),
    }


def _moments(rows: Sequence[Any]) -> list[datetime]:
    found = (moment(row.get("received_at")) for row in rows if isinstance(row, dict))
    return [at for at in found if at is not None]


def media_filter(found: Answered, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """It works if a media's page holds that media only, and a media that does not exist has no rows."""
    page, nobody = found.of_media, found.of_no_media
    others = sum(row.get("media_id") != found.media_id for row in page.rows) if page is not None else 0
    nobodys = 0 if nobody is None else len(nobody.rows)
    verdict = UNKNOWN if page is None or not page.rows else NO if others or nobodys else YES
    return {
        "verdict": verdict,
        "media_id": found.media_id,
        "rows": 0 if page is None else len(page.rows),
        "rows_of_other_medias": others,
        "rows_of_a_media_that_does_not_exist": nobodys,
        "unknown_media": "refused" if nobody is None else "answered with a list",
        "medias_in_sample": len({row.get("media_id") for row in rows}),
    }


def dates_inclusive(border: Border | None) -> dict[str, Any]:
    """``start_date = end_date = D`` can give rows only if both ends belong to the range."""
    if border is None:
        return {"verdict": UNKNOWN, "day": None, "rows": 0}
    rows = len(border.after.rows)
    return {"verdict": YES if rows else NO, "day": border.midnight.date().isoformat(), "rows": rows}


def days_utc(border: Border | None) -> dict[str, Any]:
    """The filter's days are UTC's if the change of day lies at UTC's midnight, seen from both sides."""
    if border is None:
        return {"verdict": UNKNOWN, "last_before": None, "first_after": None}
    before = _moments(border.before.rows)
    after = _moments([*border.after.rows, *border.after_oldest.rows])
    last, first = max(before, default=None), min(after, default=None)
    day_after = border.midnight + timedelta(days=1)
    inside = all(border.midnight - timedelta(days=1) <= at < border.midnight for at in before)
    inside = inside and all(border.midnight <= at < day_after for at in after)
    if last is None or first is None:
        verdict = UNKNOWN
    elif not inside:
        verdict = NO
    else:
        # A wide gap at midnight would hide a zone that is as far from UTC.
        near = max(border.midnight - last, first - border.midnight) <= _CLOSE_TO_MIDNIGHT
        verdict = YES if near else UNKNOWN
    return {
        "verdict": verdict,
        "midnight": instant_text(border.midnight),
        "last_before": None if last is None else instant_text(last),
        "first_after": None if first is None else instant_text(first),
    }


def page_size(found: Answered) -> dict[str, Any]:
    """How many rows a page has when some number is asked for, and when too many are."""
    sizes = [len(page.rows) for page in found.walk]
    large, more = len(found.large.rows), bool(found.after_large and found.after_large.rows)
    expected = min(found.per_page, PER_PAGE)
    return {
        "verdict": UNKNOWN if not sizes else NO if any(size != expected for size in sizes[:-1]) else YES,
        "asked": found.per_page,
        "pages": sizes,
        "stuck_at": sizes[0] if len(sizes) > 1 and sizes[0] < expected else None,
        "asked_large": found.large_asked,
        "rows_large": large,
        "cap": large if more else None,
    }


def order(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Newest first by ``received_at``, and how many neighbours share an instant."""
    moments = _moments(rows)
    pairs = list(itertools.pairwise(moments))
    rising = sum(earlier < later for earlier, later in pairs)
    verdict = UNKNOWN if not pairs else NO if rising else YES
    return {"verdict": verdict, "by": "received_at", "out_of_order": rising, "ties": sum(a == b for a, b in pairs)}


def refused(walk: Sequence[Page]) -> dict[str, Any]:
    """Rows that ingest would set aside, by field and what was there instead."""
    reasons: Counter[str] = Counter()
    for page in walk:
        for fault, _ in _EVENTS.page(page.body).faults:
            reasons[f"{fault.field or 'row'}: {fault.expected} expected, {fault.found} found"] += 1
    return {"rows": sum(reasons.values()), "reasons": dict(reasons.most_common())}


def repeats(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows that came twice (pages shift while they are read), and twins: one event key, several visitors."""
    whole = Counter((row.get("event_key"), row.get("visitor_key")) for row in rows)
    keys = Counter(event_key for event_key, _ in whole)
    return {
        "repeated_rows": sum(count - 1 for count in whole.values()),
        "twin_keys": sum(count > 1 for count in keys.values()),
        "distinct_event_keys": len(keys),
        "distinct_event_and_visitor_keys": len(whole),
        "key": "event_key and visitor_key together",
    }


def newest(rows: Sequence[dict[str, Any]], asked_at: datetime) -> dict[str, Any]:
    """How old the newest row was when it was asked for."""
    latest = max(_moments(rows), default=None)
    age = None if latest is None else round((asked_at - latest).total_seconds())
    return {"received_at": None if latest is None else instant_text(latest), "age_seconds": age}


def watermark(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The field to go on from: an instant on every row, by which the list is ordered. There is only one."""
    names = {name for row in rows for name, value in row.items() if moment(value) is not None and "T" in value}
    whole = sorted(plain_name(name) for name in names if all(moment(row.get(name)) is not None for row in rows))
    fits = "received_at" in whole and order(rows)["verdict"] != NO
    verdict = UNKNOWN if not rows else YES if fits else NO
    return {"verdict": verdict, "field": "received_at" if fits else None, "instants_on_every_row": whole}


def lateness(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Seconds from the making of a row's key to its receipt; a key's time is exact to a thousand seconds only."""
    late: list[int] = []
    crossed = 0
    for row in rows:
        key, at = row.get("event_key"), moment(row.get("received_at"))
        made = _KEY_TIME.match(key) if isinstance(key, str) else None
        if made is None or at is None:
            continue
        # The end of its thousand seconds, so that a row is never called later than it was.
        end = datetime.fromtimestamp((int(made[1]) + 1) * _BUCKET, UTC)
        late.append(max(0, round((at - end).total_seconds())))
        crossed += end.date() < at.date()
    late.sort()
    return {
        "rows": len(late),
        "keys_without_a_time": len(rows) - len(late),
        "median_seconds": late[len(late) // 2] if late else None,
        "largest_seconds": late[-1] if late else None,
        "over_an_hour": sum(seconds > 3600 for seconds in late),
        "over_a_day": sum(seconds > 86_400 for seconds in late),
        "received_on_a_later_utc_day": crossed,
    }
