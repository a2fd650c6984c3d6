"""What a command did, in sentences. "0 new" and "0 found" are different sentences."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from wistia_lake.errors import WistiaLakeError
from wistia_lake.pipeline.summary import BuildSummary, IngestSummary, RunSummary


def run_sentences(summary: RunSummary) -> list[str]:
    """Everything that a run did; what a kind of run does not do has no sentence."""
    others = summary.ingest.problems[1:] if summary.ingest is not None else []
    return [
        *ingest_sentences(summary.ingest),
        *build_sentences(summary.build),
        *(f"Check failed: {name}" for name in summary.failed_checks),
        *(f"Also: {problem}" for problem in others),
    ]


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
        sentences.append(f"Skipped, because listed but gone: {', '.join(summary.skipped_medias)}.")
    sentences.append(
        f"{_counted(summary.request_count, 'request')}, {summary.retry_count:,} of them retries, "
        f"{summary.throttled_count:,} answered 429."
    )
    return sentences


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
