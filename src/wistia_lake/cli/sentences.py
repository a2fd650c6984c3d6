"""What a command did, in sentences. "0 new" and "0 found" are different sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

from wistia_lake.errors import ApiGone, WistiaLakeError
from wistia_lake.pipeline.summary import BuildSummary, IngestSummary, RunSummary

_SHOWN = 5
"""Of a kind of sentence, or of medias, before the rest is only counted."""


def run_block(summary: RunSummary) -> list[str]:
    """The whole of a run, to be pasted somewhere: what, where, when, how it ended, what it did, how far the lake is."""
    when = f"{summary.started_at:%Y-%m-%d %H:%M}Z" if summary.started_at is not None else "not begun"
    block = [f'wistia-lake {summary.command}, lake "{summary.lake}", {when}, {_duration(summary.seconds)}: ok']
    if summary.problem is not None:
        word = "done, but" if summary.exit_code == ApiGone.exit_code else "failed,"
        block = [f"{block[0].removesuffix('ok')}{word} exit code {summary.exit_code} ({summary.outcome})"]
        # What to do about it stands in the error itself, which follows on stderr.
        block.append(_first_sentence(str(summary.problem)))
    block += run_sentences(summary)
    if summary.coverage is not None:
        far = summary.coverage
        block.append(f"Watermark {far.watermark} (first UTC day without a final look), newest day {far.newest_day}.")
    return block


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) (?=[A-Z`])", " ".join(text.split()), maxsplit=1)[0]


def _duration(seconds: float) -> str:
    if seconds < 120:
        return "under a second" if seconds < 1 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def run_sentences(summary: RunSummary) -> list[str]:
    """Everything that a run did; what a kind of run does not do has no sentence."""
    others = summary.ingest.problems[1:] if summary.ingest is not None else []
    return [
        *_ingest_part(summary),
        *build_sentences(summary.build),
        *_few(f"Check failed: {name}" for name in summary.failed_checks),
        *_few(f"Also: {problem}" for problem in others),
    ]


def _ingest_part(summary: RunSummary) -> list[str]:
    sentences = ingest_sentences(summary.ingest)
    if summary.ingest is not None and summary.problem is not None and not summary.ingest.slice_count:
        return sentences[1:]  # it failed before the first slice, which is not the same as "nothing was due"
    return sentences


def _few(sentences: Iterable[str]) -> list[str]:
    """The first of many: a block that nobody can paste helps nobody."""
    all_of_them = list(sentences)
    more = len(all_of_them) - _SHOWN
    return all_of_them if more <= 0 else [*all_of_them[:_SHOWN], f"And {more:,} more of these."]


def ingest_sentences(summary: IngestSummary | None) -> list[str]:
    """One sentence on the rows, then one for everything that deserves attention."""
    if summary is None:
        return []
    sentences = [_rows_sentence(summary)]
    if summary.late_row_count:
        sentences.append(
            f"{_counted(summary.late_row_count, 'session')} arrived late: an earlier look at their day was final."
        )
    if summary.quarantined_count:
        sentences.append(f"{_counted(summary.quarantined_count, 'row')} set aside in quarantine.")
    if summary.skipped_medias:
        shown = ", ".join(summary.skipped_medias[:_SHOWN])
        more = len(summary.skipped_medias) - _SHOWN
        sentences.append(f"Skipped, because listed but gone: {shown}{f' and {more:,} more' if more > 0 else ''}.")
    sentences += _waiting(summary)
    sentences.append(
        f"{_counted(summary.request_count, 'request')}, {summary.retry_count:,} of them retries, "
        f"{summary.throttled_count:,} answered 429."
    )
    return sentences


def _waiting(summary: IngestSummary) -> list[str]:
    """What a run left to the next one because it may make so many requests only."""
    left = []
    if summary.waiting_day_count:
        left.append(f"{_counted(summary.waiting_day_count, 'day')} of sessions")
    if summary.waiting_medias:
        left.append(f"the statistics of {len(summary.waiting_medias):,} of {_counted(summary.media_count, 'media')}")
    if not left:
        return []
    verb = "waits" if left == ["1 day of sessions"] else "wait"
    return [f"The run made the requests that max_requests allows: {' and '.join(left)} {verb} for the next run."]


def _rows_sentence(summary: IngestSummary) -> str:
    if summary.slice_count == 0:
        return "Nothing was due: no slice was read."
    slices = _counted(summary.slice_count, "slice")
    if summary.row_count == 0:
        return f"0 found: the API has no rows in the {slices} that were read."
    if summary.added_count == 0:
        return f"0 new: all {_counted(summary.row_count, 'row')} found in {slices} were known already."
    found = _counted(summary.row_count, "row")
    return (
        f"{summary.added_count:,} new of {found} found in {slices}; {_counted(summary.batch_count, 'batch')} written."
    )


def build_sentences(summary: BuildSummary | None) -> list[str]:
    """What was computed."""
    if summary is None:
        return []
    if summary.partition_count == 0:
        return ["The tables are up to date: nothing was computed."]
    tables = ", ".join(f"{name} {count:,}" for name, count in summary.tables.items() if count)
    partitions = _counted(summary.partition_count, "partition")
    return [f"{partitions} computed, {_counted(summary.row_count, 'row')} written ({tables})."]


def run_values(summary: Any) -> Any:
    """A summary as plain values, errors as their name, sentence and exit code."""
    if isinstance(summary, WistiaLakeError):
        return {"error": type(summary).__name__, "message": str(summary), "exit_code": summary.exit_code}
    if is_dataclass(summary):
        return {item.name: run_values(getattr(summary, item.name)) for item in fields(summary)}
    if isinstance(summary, list):
        return [run_values(item) for item in summary]
    return summary


def _counted(count: int, thing: str) -> str:
    if count == 1:
        return f"1 {thing}"
    return f"{count:,} {thing}{'es' if thing.endswith('ch') else 's'}"
