"""Checks of promises that the tables make among themselves: a finding is a failure."""

from __future__ import annotations

from wistia_lake.checks.basic import check_tables
from wistia_lake.checks.evidence import Evidence
from wistia_lake.checks.findings import Finding, Judged
from wistia_lake.lake.tables import DIM_MEDIA, FACT_MEDIA_DAY, OPS_BUILT
from wistia_lake.silver.relations import relation


def data_tests(evidence: Evidence) -> Judged:
    """The tests that follow from the table registry, as every build is followed by."""
    results = check_tables(evidence.catalog, evidence.engine)
    findings = [
        Finding(
            f"{one.table}: {one.check} ({one.bad_rows:,} rows break it)", one.bad_rows, expected=0, found=one.bad_rows
        )
        for one in results
        if not one.passed
    ]
    return Judged(f"{len(results):,} tests of {len({one.table for one in results}):,} tables", findings, bool(results))


def partition_rows(evidence: Evidence) -> Judged:
    """Rows of each partition against the record of its build."""
    columns = {"table_name": "text", "partition": "text", "row_count": "number"}
    counted = list(evidence.partition_rows())
    rows = evidence.ask("partition_rows", tables=[OPS_BUILT], partition_rows=relation(columns, counted))
    findings = [
        Finding(
            f"{row['table_name']}, partition {row['partition']}: {_rows(row['found'])}, and {_rows(row['expected'])} "
            "when it was built",
            abs(row["found"] - row["expected"]),
            expected=row["expected"],
            found=row["found"],
        )
        for row in rows
    ]
    return Judged(f"{len({one[:2] for one in counted}):,} partitions", findings, bool(counted))


def sessions_per_day(evidence: Evidence) -> Judged:
    """Sessions of each media and day in the two tables that hold them."""
    rows = evidence.ask("sessions_per_day", tables=[FACT_MEDIA_DAY], event_days=evidence.event_days)
    findings = [
        Finding(
            f"{row['day']}: {row['found']:,} sessions in silver.fact_event, {row['expected']:,} in "
            f"silver.fact_media_day; {row['day_count']:,} days of this media differ, by {row['difference']:,} in all",
            row["difference"],
            row["media_id"],
            row["day"],
            row["expected"],
            row["found"],
            0,
        )
        for row in rows
    ]
    return Judged(f"{evidence.event_days.num_rows:,} media days", findings, evidence.event_days.num_rows > 0)


def doubled_days(evidence: Evidence) -> Judged:
    """Days that hold their sessions twice under other keys."""
    rows = evidence.ask("doubled_days", event_days=evidence.event_days)
    findings = [
        Finding(
            f"{row['day']} (UTC date): {row['found']:,} sessions, of which only {row['expected']:,} differ in more "
            "than their keys",
            row["found"] - row["expected"],
            row["media_id"],
            row["day"],
            row["expected"],
            row["found"],
        )
        for row in rows
    ]
    return Judged(f"{evidence.event_days.num_rows:,} media days", findings, evidence.event_days.num_rows > 0)


def titles(evidence: Evidence, media_ids: set[str]) -> dict[str, str | None]:
    """The titles of some medias, for showing."""
    if not media_ids:
        return {}
    wanted = relation({"media_id": "text"}, [(media_id,) for media_id in sorted(media_ids)])
    rows = evidence.ask("titles", tables=[DIM_MEDIA], wanted_medias=wanted)
    return {row["media_id"]: row["title"] for row in rows}


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")
