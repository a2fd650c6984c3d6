"""``maintain``: keep a lake small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wistia_lake.cli.options import Invocation, clock_of, command

if TYPE_CHECKING:
    from wistia_lake.pipeline.maintain import MaintainSummary


@command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--older-than-hours", type=int, metavar="HOURS", default=72, show_default=True,
    help="Remove files that no kept snapshot needs once they are so old.",
)  # fmt: skip
@click.option(
    "--prune-bronze", "prune_days", type=int, metavar="DAYS",
    help="Also delete looks of bronze that newer ones supersede and that are older than this.",
)  # fmt: skip
def maintain(invocation: Invocation, dry_run: bool, older_than_hours: int, prune_days: int | None) -> None:
    """Keep the lake small: fewer files, and none that nothing needs.

    Rewrites partitions that lie in many small files, lets go of all but the last 20 snapshots of each table, and
    removes files that none of these needs. No row changes and nothing is computed anew. Once a week is enough.
    Bronze is kept for ever unless --prune-bronze is given; the newest looks stay even then, so that a full build gives
    the same tables.
    """
    from wistia_lake.cli.output import print_json
    from wistia_lake.pipeline.maintain import maintain as keep_small

    invocation.start_logging()
    loaded = invocation.load()
    with invocation.reporter() as reporter:
        summary = keep_small(
            loaded,
            clock=clock_of(loaded),
            reporter=reporter,
            older_than_hours=older_than_hours,
            prune_days=prune_days,
            dry_run=dry_run,
        )
    if invocation.as_json:
        print_json(summary)
        return
    for sentence in sentences(summary):
        print(sentence)


def sentences(summary: MaintainSummary) -> list[str]:
    """What was done, or what would be."""
    would = "would be " if summary.dry_run else ""
    lines = [
        f"{one.table}: {_counted(one.files_before, 'file')} ({_size(one.byte_count)}) of "
        f"{_counted(one.partition_count, 'partition')} {would}rewritten as {one.files_after:,}."
        for one in summary.compacted
    ]
    if not summary.compacted:
        lines.append("No partition lies in more files than it needs.")
    files, size = _counted(summary.removed_file_count, "file"), _size(summary.removed_byte_count)
    lines += [
        f"{_counted(summary.expired_snapshot_count, 'snapshot')} {would}expired; the last 20 of each table stay.",
        f"{files} that no kept snapshot needs {would}removed ({size}).",
    ]
    if summary.young_file_count:
        lines.append(
            f"{_counted(summary.young_file_count, 'more file')} younger than {summary.older_than_hours} hours "
            "left for a later time."
        )
    return [*lines, *_pruned(summary, would)]


def _pruned(summary: MaintainSummary, would: str) -> list[str]:
    if summary.prune_days is None:
        return ["Bronze is kept whole; --prune-bronze DAYS deletes superseded looks."]
    if not summary.pruned:
        return [f"No look of bronze older than {summary.prune_days} days is superseded."]
    return [
        f"{one.stream}: {_counted(one.look_count, 'superseded look')} {would}deleted, with "
        f"{_counted(one.object_count, 'object')} ({_size(one.byte_count)})."
        for one in summary.pruned
    ]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    """Bytes as people read them."""
    size = float(count)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
