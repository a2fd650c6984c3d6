"""``probe lateness``: how late play sessions appear, from the looks that a lake holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wistia_lake.cli.options import Invocation, clock_of, command

if TYPE_CHECKING:
    from wistia_lake.probes.lateness_lake import Lateness


@command()
@click.option(
    "--days", default=60, show_default=True, type=click.IntRange(1, 365), help="How many UTC days back, from yesterday."
)
def lateness(invocation: Invocation, days: int) -> None:
    """Measure how late play sessions appear, and how long the late window should be.

    Reads every look at the last days from the lake and asks nothing. A session appeared between the last look without
    it and the first look with it; so each percentile has two bounds, and runs that lie closer together narrow them. A
    day tells once the sweep has read it again after its late window. Recommends late_window_days, from two weeks and a
    thousand sessions on.
    """
    from wistia_lake.cli.output import print_json
    from wistia_lake.model import ACCOUNT, media_scope
    from wistia_lake.pipeline.build import open_lake
    from wistia_lake.probes.lateness_lake import measure

    invocation.start_logging()
    loaded = invocation.load()
    settings = loaded.settings
    scopes = list(map(media_scope, settings.media_ids)) or [ACCOUNT]
    today = clock_of(loaded)().date()
    found = measure(open_lake(settings.lake), scopes, today=today, days=days, window=settings.late_window_days)
    if invocation.as_json:
        print_json(found)
    else:
        print("\n".join(lateness_lines(found)))


_WHY_NOT = {
    "never read": "never read",
    "read too late": "without a look up to a day after their end",
    "not swept yet": "not read again yet after their late window",
    "bad rows": "with rows in quarantine",
    "cut": "cut by the two-year edge",
}


def lateness_lines(found: Lateness) -> list[str]:
    """What was measured, as text."""
    from wistia_lake.cli.output import text_table

    told = found.days.get("tells", 0)
    others = "; ".join(f"{found.days[key]} {why}" for key, why in _WHY_NOT.items() if key in found.days)
    which = f"UTC days {found.first_day} to {found.last_day}"
    lines = [f"{which}: {told} tell how late their sessions came{f' ({others})' if others else ''}."]
    if found.percentiles:
        rows = [
            (f"{one.share:.4g}", _duration(one.at_least_minutes), _duration(one.at_most_minutes))
            for one in found.percentiles
        ]
        table = text_table(("share of sessions", "there after at least", "at most"), rows, numbers=frozenset({0, 1, 2}))
        lines += [f"{found.session_count:,} sessions, from received_at to their appearance:", "", table, ""]
        by_days = ", ".join(f"{days}: {count:,}" for days, count in found.found_after_days.items())
        lines += [
            f"Sessions by days after the first final look at their day: {by_days}.",
            f"Found only after the late window ({found.late_window_days}): {found.later_than_window_count:,}.",
        ]
    return [*lines, found.recommendation.evidence]


def _duration(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    return " ".join(parts[:2]) or "0 min"
