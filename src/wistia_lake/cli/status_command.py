"""``status``: how the lake stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from wistia_lake.cli.options import Invocation, clock_of, command

if TYPE_CHECKING:
    from wistia_lake.status import LakeStatus, ScopeStatus

_SHOWN_DAYS = 5


@command()
def status(invocation: Invocation) -> None:
    """Show coverage, watermark, freshness, rows and the last runs.

    Reads the lake only, never the API, and changes nothing.
    """
    from wistia_lake.cli.output import print_json
    from wistia_lake.status import lake_status

    loaded = invocation.load()
    found = lake_status(loaded, clock_of(loaded))
    if invocation.as_json:
        print_json(asdict(found))
    else:
        print("\n".join(status_lines(found)))


def status_lines(found: LakeStatus) -> list[str]:
    """The whole picture as text."""
    lines = [f"lake  {found.lake}", f"zone  {found.zone if found.zone_is_set else 'UTC (no zone set)'}"]
    if not found.scopes:
        lines += ["", "No play sessions were read yet: wistia-lake run"]
    for scope in found.scopes:
        lines += ["", *_scope_lines(scope)]
    if found.streams:
        streams = [(one.stream, f"{one.look_count:,}", _minute(one.newest_look_at)) for one in found.streams]
        lines += ["", *_aligned(("stream", "looks", "newest look"), streams)]
    tables = [(one.name, _rows(one.row_count), _minute(one.committed_at)) for one in found.tables]
    lines += ["", *_aligned(("table", "rows", "committed"), tables)]
    if found.runs:
        names = ("run", "command", "started", "outcome", "rows read", "late")
        lines += ["", *_aligned(names, [_run_cells(run) for run in found.runs])]
    return lines + [f"\nnote: {note}" for note in found.notes]


def _scope_lines(scope: ScopeStatus) -> list[str]:
    whole = "whole account" if scope.scope == "account" else scope.scope
    gaps = ", ".join(_stretch(*gap) for gap in scope.gaps) if scope.gaps else "none"
    received = scope.newest_received_day or "none in the last 30 covered days"
    return [
        f"play sessions, {whole} (UTC days)",
        f"  watermark   {scope.watermark}  (first day without a final look)",
        f"  covered     {scope.first_day} to {scope.last_day}; gaps: {gaps}",
        f"  open days   {_days(scope.open_days)}",
        f"  cut days    {_days(scope.cut_days)}",
        f"  bad rows    {_unclean(scope)}",
        f"  newest day with sessions: {received}",
        f"  late rows   {_late(scope)}",
    ]


def _late(scope: ScopeStatus) -> str:
    if not scope.late_row_count:
        return "none found in the last 30 days"
    later = f"{scope.later_row_count:,} of them" if scope.later_row_count else "none"
    told = f"{scope.late_row_count:,} found in the last 30 days, {later} after the late window"
    return f"{told}: see wistia-lake probe lateness" if scope.later_row_count else told


def _unclean(scope: ScopeStatus) -> str:
    if not scope.unclean_days:
        return "none"
    return f"set aside in quarantine; each run reads these days again: {_days(scope.unclean_days)}"


def _days(days: Sequence[date]) -> str:
    if not days:
        return "none"
    shown = ", ".join(map(str, days[-_SHOWN_DAYS:]))
    return shown if len(days) <= _SHOWN_DAYS else f"{len(days)}, the last are {shown}"


def _stretch(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _minute(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%MZ}" if at is not None else "never"


def _rows(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _run_cells(run: dict[str, Any]) -> tuple[str, ...]:
    started = str(run.get("started_at", ""))[:16].replace("T", " ")
    read, late = (f"{int(run.get(key, 0)):,}" for key in ("row_count", "late_row_count"))
    return (
        str(run.get("run_id", "")),
        str(run.get("command", "")),
        f"{started}Z",
        str(run.get("outcome", "")),
        read,
        late,
    )


def _aligned(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Plain columns; counts to the right. Without rich, which costs more than the rest of the command."""
    widths = [max(len(row[column]) for row in (names, *rows)) for column in range(len(names))]
    right = {column for column, name in enumerate(names) if name in {"rows", "looks", "rows read", "late"}}
    return [
        "  ".join(
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ).rstrip()
        for row in (names, *rows)
    ]
