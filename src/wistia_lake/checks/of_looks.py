"""What was read, when, and what Wistia stopped showing: from the looks in bronze."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from wistia_lake.bronze.layout import Look
from wistia_lake.bronze.watermark import is_hidden
from wistia_lake.checks.chance import surprise
from wistia_lake.checks.evidence import Evidence
from wistia_lake.checks.findings import Finding, Judged
from wistia_lake.lake.tables import DIM_MEDIA, FACT_MEDIA_DAY
from wistia_lake.model import ONE_DAY, days_between, first_of_month, scope_media
from wistia_lake.silver.relations import relation

RECENT = timedelta(days=30)
STALE = timedelta(hours=36)
BEHIND = timedelta(days=3)
"""By how much a stream may lag behind the sessions."""
SILENCE_PERIOD = timedelta(days=60)
LEAST_A_DAY, LEAST_A_WEEK = 3, 10
"""A media was busy if each of seven days, or each of three weeks, had so many sessions."""
REMOVED_SHARE, REMOVED_FLOOR = 0.01, 5


def coverage(evidence: Evidence) -> Judged:
    """Days between the first and the last one read that have no look, or none after their end."""
    findings: list[Finding] = []
    day_count = 0
    for scope in evidence.scopes:
        looks = evidence.newest_looks(scope)
        if not looks:
            continue
        first, last = min(looks), max(looks)
        day_count += (last - first).days + 1
        days = [day for day in days_between(first, last) if not is_hidden(day, evidence.now)]
        findings += _stretches(scope, [day for day in days if day not in looks], "never read")
        yesterday = last - ONE_DAY
        unfinished = [day for day in days if day < yesterday and day in looks and not looks[day].final]
        findings += _stretches(scope, unfinished, "not read again after their end")
    return Judged(f"{day_count:,} days that were to be read", findings, day_count > 0)


def _stretches(scope: str, days: list[date], what: str) -> Iterator[Finding]:
    """One finding for each stretch of neighbouring days."""
    begins = [day for place, day in enumerate(days) if place == 0 or days[place - 1] != day - ONE_DAY]
    for place, first in enumerate(begins):
        until = begins[place + 1] if place + 1 < len(begins) else None
        count = sum(1 for day in days if day >= first and (until is None or day < until))
        last = first + (count - 1) * ONE_DAY
        span = f"{first}" if count == 1 else f"{count:,} days, {first} to {last},"
        yield Finding(f"{span} (UTC dates): {what}", count, scope_media(scope), first, found=count, expected=0)


def freshness(evidence: Evidence) -> Judged:
    """How long ago each stream was read."""
    newest = {
        stream: max((look.began_at for look in looks), default=None) for stream, looks in evidence.history.looks.items()
    }
    events = newest["events"]
    if events is None:
        return Judged("no look yet", is_enough=False)
    findings = []
    age = evidence.now - events
    if age > STALE:
        hours = age / timedelta(hours=1)
        findings.append(
            Finding(
                f"sessions were last read {hours:,.0f} hours ago, at {events:%Y-%m-%d %H:%M} UTC",
                hours,
                day=events.date(),
                expected=STALE / timedelta(hours=1),
                found=hours,
            )
        )
    for stream, at in newest.items():
        if at is not None and events - at > BEHIND:
            lag = (events - at) / ONE_DAY
            findings.append(
                Finding(
                    f"{stream} was last read on {at:%Y-%m-%d} (UTC date), {lag:,.0f} days before the newest sessions",
                    lag,
                    day=at.date(),
                    expected=BEHIND / ONE_DAY,
                    found=lag,
                )
            )
    return Judged(f"{sum(at is not None for at in newest.values()):,} streams", findings)


def sudden_silence(evidence: Evidence) -> Judged:
    """Medias that were busy every day (or every week) until a day, and have had no session since."""
    last = evidence.last_final_day
    if last is None:
        return Judged("no final day yet", is_enough=False)
    first = last - SILENCE_PERIOD
    rows = evidence.ask(
        "sudden_silence",
        tables=[FACT_MEDIA_DAY, DIM_MEDIA],
        since=first_of_month(first),
        event_days=evidence.event_days,
        period=relation({"first_day": "day", "last_day": "day"}, [(first, last)]),
        wanted_medias=relation({"media_id": "text"}, [(one,) for one in evidence.settings.media_ids]),
    )
    unlikely = surprise(len(rows) * SILENCE_PERIOD.days)
    findings = []
    for row in rows:
        a_day = row["first_week"] / 7
        daily = row["silent_days"] >= 2 and row["least_in_a_day"] >= LEAST_A_DAY
        weekly = row["silent_days"] >= 7 and row["least_in_a_week"] >= LEAST_A_WEEK
        if (daily or weekly) and a_day * row["silent_days"] > unlikely:
            findings.append(
                Finding(
                    f"no session on the {row['silent_days']:,} days since {row['last_active_day']}, after "
                    f"{a_day:,.1f} a day in the week before; Wistia counts {row['play_count']:,} plays on those days",
                    a_day * row["silent_days"],
                    row["media_id"],
                    row["last_active_day"] + ONE_DAY,
                    a_day * row["silent_days"],
                    0,
                )
            )
    return Judged("the last 60 days of every media", findings)


def removed_sessions(evidence: Evidence) -> Judged:
    """Days of which a later look showed clearly fewer of the sessions that were there before."""
    findings = []
    looks = list(evidence.recent_looks("events", RECENT))
    for look in looks:
        manifest = evidence.history.manifest(look)
        before = manifest.row_count + manifest.removed_count - manifest.added_count
        allowed = max(REMOVED_SHARE * before, REMOVED_FLOOR)
        if manifest.removed_count > allowed:
            findings.append(
                Finding(
                    f"{look.slice.day} (UTC date): {manifest.removed_count:,} of {before:,} sessions were gone when "
                    f"it was read again on {look.began_at:%Y-%m-%d}{_gone_medias(evidence, look)}",
                    manifest.removed_count,
                    scope_media(look.slice.scope),
                    look.slice.day,
                    before,
                    before - manifest.removed_count,
                    allowed,
                )
            )
    return Judged(f"{len(looks):,} days read in the last 30 days", findings, bool(looks))


def _gone_medias(evidence: Evidence, look: Look) -> str:
    """Medias of which nothing is left in the slice: the usual reason is that they were deleted."""
    looks = evidence.history.looks["events"].of(look.slice.scope, look.slice.day)
    if len(looks) < 2:
        return ""
    before = max((one for one in looks if one != look), key=lambda one: one.batch_id)
    gone = sorted({*evidence.history.manifest(before).medias} - {*evidence.history.manifest(look).medias})
    listed = ", ".join(gone[:3]) + (" and others" if len(gone) > 3 else "")
    return f"; nothing is left of {listed}" if gone else ""


def set_aside_rows(evidence: Evidence) -> Judged:
    """Slices whose look that counts had rows which could not be read."""
    findings, count = [], 0
    for stream in evidence.history.looks:
        for look in evidence.recent_looks(stream, RECENT):
            count += 1
            manifest = evidence.history.manifest(look)
            if manifest.quarantined_count:
                findings.append(
                    Finding(
                        f"{stream}, {look.slice.day} (UTC date): {manifest.quarantined_count:,} rows were set aside, "
                        f"{manifest.row_count:,} were kept",
                        manifest.quarantined_count,
                        scope_media(look.slice.scope),
                        look.slice.day,
                        0,
                        manifest.quarantined_count,
                    )
                )
    return Judged(f"{count:,} slices read in the last 30 days", findings, count > 0)
