"""Wistia's numbers against each other: where days begin, daily counts against lifetime counters, two lifetime laws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from wistia_lake.checks.chance import allowance
from wistia_lake.checks.evidence import Evidence
from wistia_lake.checks.findings import Finding, Judged
from wistia_lake.lake.tables import DIM_MEDIA, FACT_EVENT, FACT_MEDIA_DAY, FACT_MEDIA_ENGAGEMENT
from wistia_lake.model import ONE_DAY, days_between, first_of_month
from wistia_lake.silver.relations import relation

COMPARED_DAYS = 56
"""Days by which it is judged where days begin."""
SHIFTS = range(-14, 15)
ENOUGH_DAYS, ENOUGH_SESSIONS = 7, 200
COUNTER_DAYS = timedelta(days=45)
"""Looks at daily counts that are held against counters."""
COUNTER_TOLERANCE, COUNTER_FLOOR = 0.05, 5
HOURS_TOLERANCE = 0.001
"""Relative: engagement is served with six decimals."""
WHOLE_TOLERANCE = 1e-5
"""Absolute: far above what doubles lose, far below what a rounded rate would show."""


def day_boundaries(evidence: Evidence) -> Judged:
    """Whether the account's days begin where the configured zone says."""
    last = evidence.last_final_day
    if last is None:
        return Judged("no final day yet", is_enough=False)
    first = last - COMPARED_DAYS * ONE_DAY
    rows = evidence.ask(
        "day_boundaries",
        tables=[FACT_MEDIA_DAY, FACT_EVENT],
        since=min(first_of_month(first), first - ONE_DAY),
        compared_days=_compared_days(evidence, first, last),
        shifts=relation({"hours": "number"}, [(hours,) for hours in SHIFTS]),
    )
    configured = next((row for row in rows if row["hours"] == 0), None)
    if (
        configured is None
        or configured["day_count"] < ENOUGH_DAYS
        or max(row["session_count"] for row in rows) < ENOUGH_SESSIONS
    ):
        return Judged(f"fewer than {ENOUGH_DAYS} settled days or {ENOUGH_SESSIONS} sessions", is_enough=False)
    best = min(rows, key=lambda row: (row["difference"], abs(row["hours"])))
    compared = f"{configured['day_count']:,} days, if they began up to {max(SHIFTS)} hours earlier or later"
    # Noise moves the better of two fits by chance; a wrong zone makes a fit worse by far more than that.
    margin = allowance(best["difference"], len(SHIFTS))
    if configured["difference"] <= 2 * best["difference"] + margin:
        return Judged(compared)
    return Judged(compared, [_shifted(evidence, configured, best)])


def _compared_days(evidence: Evidence, first: date, last: date) -> pa.Table:
    rows = [(day, evidence.calendar.begins_at(day), first < day < last) for day in days_between(first, last)]
    return relation({"day": "day", "begins_at": "instant", "is_inner": "flag"}, rows)


def _shifted(evidence: Evidence, configured: Mapping[str, Any], best: Mapping[str, Any]) -> Finding:
    zone = evidence.settings.zone_name + ("" if evidence.settings.zone else " (none is set)")
    way = "later" if best["hours"] > 0 else "earlier"
    return Finding(
        f"Wistia's days seem to begin {abs(best['hours'])} hours {way} than in zone {zone}: sessions and plays per day "
        f"would then differ by {best['difference']:,.0f} in all, and not by {configured['difference']:,.0f}",
        configured["difference"] - best["difference"],
        expected=best["difference"],
        found=configured["difference"],
    )


def plays_and_counters(evidence: Evidence) -> Judged:
    """Sums of daily counts against the change of lifetime counters."""
    columns = {"media_id": "text", "first_day": "day", "last_day": "day"}
    counted = list(_counted_days(evidence))
    rows = evidence.ask(
        "plays_and_counters",
        tables=[FACT_MEDIA_ENGAGEMENT, FACT_MEDIA_DAY],
        since=first_of_month(min((first for _, first, _ in counted), default=evidence.now.date())),
        counted_days=relation(columns, counted),
    )
    found = [_off(row, what) for row in rows for what in ("load", "play")]
    return Judged(f"{len(rows):,} medias, loads and plays", [one for one in found if one is not None], bool(rows))


def _counted_days(evidence: Evidence) -> Iterator[tuple[str, date, date]]:
    """Per media, the last stretch of days without a gap whose daily counts were read after their end.

    A media that a look left out because it had not moved counts as read: it had no plays. One that is waiting for a
    later run is not compared until then.
    """
    settle = timedelta(minutes=evidence.settings.settle_minutes)
    days: dict[str, set[date]] = defaultdict(set)
    newest: dict[str, set[str]] = {}
    looks = sorted(evidence.recent_looks("media_by_date", COUNTER_DAYS), key=lambda look: look.batch_id)
    for manifest in map(evidence.history.manifest, looks):
        if manifest.covers is not None:
            last = min(manifest.covers[1], evidence.calendar.day_of(manifest.first_requested_at - settle) - ONE_DAY)
            first = max(manifest.covers[0], last - COUNTER_DAYS)
            newest[manifest.scope] = {*manifest.medias, *manifest.unmoved_medias}
            for media_id in newest[manifest.scope]:
                days[media_id].update(days_between(first, last))
    for media_id in sorted(set().union(*newest.values())):
        known = days[media_id]
        if known:
            first = last = max(known)
            while first - ONE_DAY in known:
                first -= ONE_DAY
            yield media_id, first, last


def _off(row: Mapping[str, Any], what: str) -> Finding | None:
    change, least, most = row[f"{what}_change"], row[f"least_{what}s"], row[f"most_{what}s"]
    nearest = min(max(change, least), most)
    allowed = COUNTER_FLOOR + COUNTER_TOLERANCE * nearest
    if abs(change - nearest) <= allowed:
        return None
    return Finding(
        f"{row['first_day']} to {row['last_day']} (UTC dates): the lifetime count of {what}s moved by {change:,}, the "
        f"daily counts in between are {least:,} to {most:,}",
        abs(change - nearest) - allowed,
        row["media_id"],
        row["last_day"],
        nearest,
        change,
        allowed,
    )


def lifetime_laws(evidence: Evidence) -> Judged:
    """The two laws between the counters of a media's newest snapshot."""
    rows = evidence.ask("lifetime_laws", tables=[FACT_MEDIA_ENGAGEMENT, DIM_MEDIA])
    findings = [finding for row in rows for finding in _broken_laws(row)]
    return Judged(f"{len(rows):,} medias", findings, bool(rows))


def _broken_laws(row: Mapping[str, Any]) -> Iterator[Finding]:
    hours, expected, players = row["hours_watched"], row["expected_hours"], row["players"]
    if hours is not None and expected is not None and abs(hours - expected) > HOURS_TOLERANCE * max(expected, 1.0):
        yield Finding(
            f"{row['day']} (UTC date): {hours:,.2f} hours watched are served, plays x engagement x length are "
            f"{expected:,.2f}",
            abs(hours - expected),
            row["media_id"],
            row["day"],
            expected,
            hours,
            HOURS_TOLERANCE * max(expected, 1.0),
        )
    if players is not None and abs(players - round(players)) > WHOLE_TOLERANCE:
        yield Finding(
            f"{row['day']} (UTC date): play rate x visitors is {players:,.4f}, no whole number of players",
            abs(players - round(players)),
            row["media_id"],
            row["day"],
            round(players),
            players,
            WHOLE_TOLERANCE,
        )
