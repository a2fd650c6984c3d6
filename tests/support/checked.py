"""A lake whose finished tables are written by hand, day by day, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from support.cases import write_look
from wistia_lake.checks.evidence import Evidence
from wistia_lake.checks.findings import Verdict, verdict
from wistia_lake.checks.registry import BY_NAME as CHECKS
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.store import open_store
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import DIM_MEDIA, FACT_EVENT, FACT_MEDIA_DAY, FACT_MEDIA_ENGAGEMENT, OPS_BUILT
from wistia_lake.settings import Settings
from wistia_lake.silver.history import History

ONE_DAY = timedelta(days=1)
MONDAY = date(2025, 1, 6)
MEDIA = "media00001"
OTHER = "media00002"


class Checked:
    """Rows are gathered by ``traffic`` and its like, written by ``check``."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(lake=str(folder / "lake"), **settings)
        self.store = open_store(self.settings.lake)
        self.catalog = Catalog(folder / "lake")
        self.now = datetime(2025, 7, 1, 12, tzinfo=UTC)
        self.events: list[dict[str, Any]] = []
        self.days: list[dict[str, Any]] = []
        self.medias: dict[str, dict[str, Any]] = {}
        self.snapshots: list[dict[str, Any]] = []
        self._number = count()

    def media(self, media_id: str = MEDIA, **columns: Any) -> None:
        """A media; those with traffic are there anyway."""
        self.medias[media_id] = {
            "media_id": media_id, "title": f"Title of {media_id}", "channel": "Other", "is_deleted": False, **columns
        }  # fmt: skip

    def traffic(
        self, plays: Sequence[int], sessions: Sequence[int], media_id: str = MEDIA, first: date = MONDAY, **columns: Any
    ) -> None:
        """Days in a row with their plays, as Wistia counts them, and their sessions, spread over the day."""
        for number, (played, seen) in enumerate(zip(plays, sessions, strict=True)):
            day = first + number * ONE_DAY
            self.day(day, played, seen, media_id, **columns)
            self.sessions(day, seen, media_id)

    def day(self, day: date, plays: int | None, sessions: int | None, media_id: str = MEDIA, **columns: Any) -> None:
        """A row of ``fact_media_day``."""
        if media_id not in self.medias:
            self.media(media_id)
        self.days.append({
            "media_id": media_id, "day": day, "month": day.replace(day=1), "load_count": plays, "play_count": plays,
            "event_count": sessions, "is_final": True, "is_settled": True, **columns,
        })  # fmt: skip

    def sessions(self, day: date, number: int, media_id: str = MEDIA, **columns: Any) -> None:
        """Rows of ``fact_event``, each with a viewer and a share viewed of its own."""
        begins = datetime.combine(day, time(), tzinfo=ZoneInfo(self.settings.zone_name)).astimezone(UTC)
        for place in range(number):
            at = begins + timedelta(seconds=(place + 0.5) * 86_000 / number)
            self.event(at.replace(microsecond=0), day, media_id, **columns)

    def event(self, at: datetime, day: date, media_id: str = MEDIA, **columns: Any) -> None:
        """One row of ``fact_event``."""
        number = next(self._number)
        self.events.append({
            "event_id": f"event {number}", "visitor_id": f"viewer {number}", "is_twin": False, "media_id": media_id,
            "received_at": at, "received_day": at.date(), "day": day, "percent_viewed": (number % 9973) / 10007,
            "is_identified": False, "is_converted": False, "batch_id": "b", **columns,
        })  # fmt: skip

    def snapshot(self, day: date, plays: int, media_id: str = MEDIA, **columns: Any) -> None:
        """A row of ``fact_media_engagement``."""
        self.snapshots.append({
            "media_id": media_id, "snapshot_day": day, "month": day.replace(day=1), "load_count": plays,
            "play_count": plays, **columns,
        })  # fmt: skip

    def look(self, stream: str = "events", *, day: date, at: datetime | None = None, **more: Any) -> None:
        """A look in bronze; without ``at`` an hour and a half after its UTC day."""
        began = at or datetime.combine(day + ONE_DAY, time(1, 30), tzinfo=UTC)
        write_look(self.store, {"stream": stream, "day": day.isoformat(), "at": began.isoformat(), **more})

    def looked_until(self, last: date, **more: Any) -> None:
        """The tables are final up to an account day."""
        self.look(day=last + ONE_DAY, at=datetime.combine(last + 2 * ONE_DAY, time(2), tzinfo=UTC), **more)

    def check(self, name: str, *, write: bool = True) -> Verdict:
        """One check of the lake as it stands."""
        if write:
            self.write()
        engine = DuckDBEngine()
        try:
            evidence = Evidence(History(self.store), self.settings, self.catalog, engine, self.now)
            return verdict(CHECKS[name], CHECKS[name].judge(evidence))
        finally:
            engine.close()

    def write(self) -> None:
        """Write the tables, and the record of their partitions."""
        tables = {
            DIM_MEDIA: list(self.medias.values()), FACT_EVENT: self.events, FACT_MEDIA_DAY: self.days,
            FACT_MEDIA_ENGAGEMENT: self.snapshots,
        }  # fmt: skip
        built = []
        for table, rows in tables.items():
            put(self.catalog, table, rows)
            keys = [str(row[table.partition]) if table.partition else "*" for row in rows]
            built += [
                {"table_name": table.full_name, "partition": key, "input_digest": "d", "row_count": keys.count(key),
                 "built_at": self.now}
                for key in sorted({*keys})
            ]  # fmt: skip
        put(self.catalog, OPS_BUILT, built)


def put(catalog: Catalog, table: Table, rows: list[dict[str, Any]]) -> None:
    """Replace a table by some rows; columns that a row does not name are null."""
    whole = [dict.fromkeys(table.column_names) | row for row in rows]
    catalog.replace(table, None, [pa.Table.from_pylist(whole, schema=arrow_schema(table))])
