"""``probe``: look at a live account through small, redacted samples, and find out its zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wistia_lake.cli.group import LazyGroup
from wistia_lake.cli.options import Day, Invocation, command

if TYPE_CHECKING:
    from wistia_lake.probes.samples import Report

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

COMMANDS = {
    "medias": ("probe_commands", "List one page of medias: count, dates, channels, the stable key."),
    "media-stats": ("probe_commands", "Read medias' lifetime statistics: types, ranges, and the laws they keep."),
    "visitors": ("probe_commands", "Sample one page of visitors, redacted: which personal fields are there."),
    "events": ("probe_commands", "Sample play sessions, redacted, and find out how they must be read."),
    "time-zone": (
        "probe_commands",
        "Find out which zone the account's days are in, and what to write into the settings.",
    ),
    "lateness": ("lateness_command", "Measure how late play sessions appear, and how long the late window should be."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS)
def probe() -> None:
    """Look at a live account through small, redacted samples."""


def _output(function: _Decorated) -> _Decorated:
    return click.option(
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        default=Path("exploration/samples"),
        help="Folder of the samples. [default: ./exploration/samples]",
    )(function)


def _size(
    default: int, meaning: str = "Rows asked for; Wistia sends at most 100."
) -> Callable[[_Decorated], _Decorated]:
    return click.option("--per-page", default=default, show_default=True, help=meaning)


_page = click.option("--page", default=1, show_default=True, help="Page of the list.")


@command()
@_page
@_size(25)
@_output
def medias(invocation: Invocation, page: int, per_page: int, output: Path) -> None:
    """List one page of medias: count, dates, channels, the stable key."""
    from wistia_lake.probes.medias import list_medias

    _run(invocation, list_medias, output, page=page, per_page=per_page)


@command()
@click.option("--media-id", default="", metavar="ID[,ID]", help="Hashed ids. [default: MEDIA_IDS]")
@_size(25, "Taken, though the endpoint does not page.")
@click.option("--max-pages", default=3, show_default=True, help="Taken, though the endpoint does not page.")
@_output
def media_stats(invocation: Invocation, media_id: str, per_page: int, max_pages: int, output: Path) -> None:
    """Read medias' lifetime statistics: types, ranges, and the laws they keep."""
    from wistia_lake.probes.media_stats import page_walk_media_stats

    media_ids = [part.strip() for part in media_id.split(",") if part.strip()]
    _run(invocation, page_walk_media_stats, output, media_ids=media_ids, per_page=per_page, max_pages=max_pages)


@command()
@_page
@_size(10)
@_output
def visitors(invocation: Invocation, page: int, per_page: int, output: Path) -> None:
    """Sample one page of visitors, redacted: which personal fields are there.

    Visitors are not ingested; they go no further than this sample.
    """
    from wistia_lake.probes.visitors import sample_visitors

    _run(invocation, sample_visitors, output, page=page, per_page=per_page)


@command()
@click.option("--media-id", metavar="ID", help="One media's hashed id. [default: the whole account]")
@click.option("--start-date", type=Day(), metavar="DAY", help="First day, included.")
@click.option("--end-date", type=Day(), metavar="DAY", help="Last day, included.")
@_size(100)
@click.option("--max-pages", default=3, show_default=True, help="Pages of the sample.")
@_output
def events(
    invocation: Invocation,
    *,
    media_id: str | None,
    start_date: date | None,
    end_date: date | None,
    per_page: int,
    max_pages: int,
    output: Path,
) -> None:
    """Sample play sessions, redacted, and find out how they must be read.

    Beside the sample it writes findings: whether the media filter works, dates are inclusive, days are UTC's; page size
    and cap, order, fields, repeats and twins, the newest row's age, the watermark, and how late rows came.
    """
    from wistia_lake.probes.events import sample_events

    _run(
        invocation,
        sample_events,
        output,
        media_id=media_id,
        start_date=start_date,
        end_date=end_date,
        per_page=per_page,
        max_pages=max_pages,
    )


@command(name="time-zone")
@click.option("--live", is_flag=True, help="Ask the API although there is a lake.")
@click.option("--max-requests", default=60, show_default=True, help="Requests that may be asked of the API.")
def time_zone(invocation: Invocation, live: bool, max_requests: int) -> None:
    """Find out which zone the account's days are in, and what to write into the settings.

    Wistia counts plays by days of the account's zone and does not say which that is. Sessions carry their instant, so
    that each zone's days can be compared with the counts. Reads the lake; without one, or with --live, a bounded number
    of pages of the API. Writes nothing.
    """
    from wistia_lake.probes.time_zone import time_zone as compare

    invocation.start_logging()
    with invocation.reporter() as reporter:
        report = compare(invocation.load(), live=live, max_requests=max_requests, reporter=reporter)
    _show(invocation, report)


def _run(invocation: Invocation, question: Callable[..., Any], output: Path, **options: Any) -> None:
    invocation.start_logging()
    _show(invocation, question(invocation.load(), output, **options))


def _show(invocation: Invocation, report: Report) -> None:
    from wistia_lake.cli.output import print_json

    if invocation.as_json:
        print_json({**report.values, "files": [str(path) for path in report.files]})
    else:
        print(report.text())
    if report.problem is not None:
        raise report.problem
