"""Lateness as a lake knows it: every look at the play sessions of the last days, read from bronze, nothing asked.

A day can tell if it was watched from the beginning to after its late window. Days that were read late (a backfill, a
pause), or whose first looks were pruned, cannot: their sessions are all in the first look that is left, whenever they
appeared. Days are taken or left as a whole: leaving out single sessions would leave out the punctual ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from wistia_lake.bronze.batch import iter_rows, list_looks, read_manifest
from wistia_lake.bronze.layout import Looks
from wistia_lake.bronze.manifest import Manifest
from wistia_lake.lake.store import Store
from wistia_lake.model import ONE_DAY, day_start, days_between
from wistia_lake.probes.lateness import (
    Appearance,
    Keys,
    Percentile,
    Recommendation,
    Row,
    Seen,
    Tally,
    appearances,
    later_than,
    percentiles,
    recommend,
)

STREAM = "events"
FIRST_LOOK_WITHIN = timedelta(days=1)
"""After the day's end: a daily run that comes later has not watched the day."""

ENOUGH_DAYS = 7
"""After the first final look: who watches a day longer than that has seen enough, however long the late window is."""

Verdict = Literal["tells", "never read", "read too late", "not swept yet", "bad rows", "cut"]


class Lateness(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. Days are UTC days."""

    first_day: date
    last_day: date
    days: dict[str, int]
    """How many days tell, and of the others why not; with several scopes each day counts in each."""
    session_count: int
    percentiles: list[Percentile]
    found_after_days: dict[int, int]
    """Sessions by the days between the first final look at their day and the look that found them."""
    late_window_days: int
    later_than_window_count: int
    recommendation: Recommendation


def measure(store: Store, scopes: Sequence[str], *, today: date, days: int, window: int) -> Lateness:
    """Measure the lateness of the sessions of the last ``days`` UTC days, today not included."""
    first, last = today - days * ONE_DAY, today - ONE_DAY
    tally, verdicts, told = Tally(), Counter[str](), set[date]()
    looks = list_looks(store, STREAM)
    for scope in scopes:
        for day, verdict, found in days_of(store, looks, scope, first, last, window):
            verdicts[verdict] += 1
            if verdict == "tells":
                told.add(day)
            for one in found:
                tally.add(one)
    return Lateness(
        first_day=first,
        last_day=last,
        days=dict(verdicts),
        session_count=tally.session_count,
        percentiles=percentiles(tally),
        found_after_days=dict(sorted(tally.window_at_most.items())),
        late_window_days=window,
        later_than_window_count=later_than(tally, window),
        recommendation=recommend(tally, told_days=len(told), window=window),
    )


def days_of(
    store: Store, looks: Looks, scope: str, first: date, last: date, window: int
) -> Iterator[tuple[date, Verdict, Iterator[Appearance]]]:
    """Each day with its verdict and, if it tells, its sessions; take them before the next day."""
    # The day before the first only lends its keys.
    days = list(days_between(first - ONE_DAY, last))
    manifests = [_manifests(store, looks, scope, day) for day in days]
    verdicts = [_verdict(day, of_day, window) for day, of_day in zip(days, manifests, strict=True)]
    before = Keys()
    for place, (day, verdict) in enumerate(zip(days, verdicts, strict=True)):
        known, is_asked, tells = Keys(), place > 0, verdict == "tells"
        found = appearances(_with_rows(store, manifests[place]), known, before)
        if is_asked:
            yield day, verdict, found if tells else iter(())
        if "tells" in verdicts[place + 1 : place + 2]:
            for _ in found:
                pass  # what nobody took, so that the next day knows all keys
        before = known


def _manifests(store: Store, looks: Looks, scope: str, day: date) -> list[Manifest]:
    """Those of all looks at a day, in the order in which they were made."""
    return [read_manifest(store, look) for look in sorted(looks.of(scope, day), key=lambda look: look.batch_id)]


def _verdict(day: date, manifests: Sequence[Manifest], window: int) -> Verdict:
    if not manifests:
        return "never read"
    if any(one.cut for one in manifests):
        return "cut"
    if any(one.quarantined_count for one in manifests):
        return "bad rows"  # a row that was set aside appears when it is read clean, which is our lateness, not Wistia's
    if manifests[0].first_requested_at > day_start(day) + ONE_DAY + FIRST_LOOK_WITHIN:
        return "read too late"
    if _seen(manifests)[-1].days_after <= min(window, ENOUGH_DAYS):
        return "not swept yet"
    return "tells"


def _seen(manifests: Sequence[Manifest]) -> list[Seen]:
    final = next((one.first_requested_at.date() for one in manifests if one.final), None)
    return [
        Seen(
            one.first_requested_at,
            one.last_requested_at,
            0 if final is None else max(0, (one.first_requested_at.date() - final).days),
        )
        for one in manifests
    ]


def _with_rows(store: Store, manifests: Sequence[Manifest]) -> Iterator[tuple[Seen, Iterator[Row]]]:
    """The looks, with the rows of those that differ from the look before.

    ``added_count`` would save more reading, but counts from a look that may have been pruned since.
    """
    content = None
    for seen, one in zip(_seen(manifests), manifests, strict=True):
        yield seen, iter_rows(store, one, Row) if one.content_hash != content else iter(())
        content = one.content_hash
