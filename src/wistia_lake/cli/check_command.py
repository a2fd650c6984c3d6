"""``check``: the finished tables against their promises and against Wistia's own numbers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from wistia_lake.cli.options import Invocation, clock_of, command

if TYPE_CHECKING:
    from wistia_lake.checks.findings import Finding, Verdict
    from wistia_lake.pipeline.check import CheckReport

_SHOWN = 3
"""Findings of one check that are shown as text."""


@command()
@click.option("--only", "only", multiple=True, metavar="NAME", help="Make only this check; may be given several times.")
def check(invocation: Invocation, only: tuple[str, ...]) -> None:
    """Check the finished tables against their promises and against Wistia's numbers.

    A check that fails means that data broke a promise of the lake: exit code 6. A warning means that Wistia's numbers
    disagree with each other or that something deserves a look: exit code 0. Each comes with its worst media and with
    what to do. The findings are added to ops.check_result; nothing else changes. `wistia-lake query checks` shows the
    newest ones.
    """
    from wistia_lake.cli.output import print_json
    from wistia_lake.pipeline.check import check_lake

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        report = check_lake(loaded, clock=clock_of(loaded), reporter=reporter, only=only)
    if invocation.as_json:
        print_json(_values(report))
    else:
        _show(report)
    # Whoever sends both to one file finds the error below the table, not above it.
    sys.stdout.flush()
    if report.problem is not None:
        raise report.problem


def _values(report: CheckReport) -> dict[str, Any]:
    from wistia_lake.checks.findings import State

    return {
        "run_id": report.run_id,
        "checked_at": report.checked_at,
        "check_count": len(report.verdicts),
        "failed_count": report.count(State.FAIL),
        "warned_count": report.count(State.WARN),
        "unknown_count": report.count(State.UNKNOWN),
        "checks": [_verdict_values(report, one) for one in report.verdicts],
    }


def _verdict_values(report: CheckReport, one: Verdict) -> dict[str, Any]:
    return {
        "name": one.check.name,
        "question": one.check.question,
        "severity": one.check.severity,
        "state": one.state,
        "compared": one.compared,
        "remedy": one.check.remedy if one.findings else None,
        "finding_count": one.finding_count,
        "findings": [_finding_values(report, finding) for finding in one.findings],
    }


def _finding_values(report: CheckReport, finding: Finding) -> dict[str, Any]:
    return {
        "media_id": finding.media_id,
        "title": _title(report, finding),
        "day": finding.day,
        "expected": finding.expected,
        "found": finding.found,
        "tolerance": finding.tolerance,
        "message": finding.message,
    }


def _title(report: CheckReport, finding: Finding) -> str | None:
    return report.titles.get(finding.media_id) if finding.media_id is not None else None


def _show(report: CheckReport) -> None:
    from wistia_lake.checks.findings import State
    from wistia_lake.cli.output import text_table

    names = ("check", "state", "compared", "expected", "found", "worst media")
    print(text_table(names, [_row(report, one) for one in report.verdicts], numbers=frozenset({3, 4})))
    for one in report.verdicts:
        if one.findings:
            print("\n".join(["", *_paragraph(one)]))
    failed, warned, unknown = (report.count(state) for state in (State.FAIL, State.WARN, State.UNKNOWN))
    waiting = f" {unknown:,} have too little data yet." if unknown else ""
    print(f"\n{len(report.verdicts):,} checks, {failed:,} failed, {warned:,} warnings.{waiting}")


def _paragraph(one: Verdict) -> list[str]:
    """What a check found, in words: the worst few, how many more, and what to do."""
    lines = [f"{one.check.name}: {one.check.question}"]
    for finding in one.findings[:_SHOWN]:
        media = f"{finding.media_id}: " if finding.media_id is not None else ""
        lines.append(f"  {one.state}: {media}{finding.message}.")
    more = one.finding_count - _SHOWN
    if more > 0:
        lines.append(f"  and {more:,} more")
    return [*lines, f"  To do: {one.check.remedy}"]


def _row(report: CheckReport, one: Verdict) -> tuple[str | None, ...]:
    name, state = one.check.name, str(one.state)
    if not one.findings:
        return name, state, one.compared, None, None, None
    worst = one.findings[0]
    media = " ".join(part for part in (worst.media_id, _title(report, worst)) if part is not None)
    return name, state, one.compared, _number(worst.expected), _number(worst.found), media


def _number(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.2f}"
