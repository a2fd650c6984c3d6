"""What checks may look at: the finished tables as they stood at one moment, and what bronze knows of its looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from importlib.resources import files
from typing import Any

import pyarrow as pa

from wistia_lake.bronze.layout import Look, Looks
from wistia_lake.engines.base import Engine, Job
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import TableInput
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import BY_NAME, FACT_EVENT, TABLES
from wistia_lake.model import ACCOUNT, ONE_DAY, media_scope
from wistia_lake.settings import Settings
from wistia_lake.silver.calendar import AccountCalendar
from wistia_lake.silver.context import WHOLE
from wistia_lake.silver.history import History

_EPOCH = date(1970, 1, 1)
_EVENT_DAYS = pa.schema(
    [
        ("media_id", pa.string()),
        ("received_day", pa.date32()),
        ("day", pa.date32()),
        ("row_count", pa.int64()),
        ("twin_count", pa.int64()),
        ("distinct_count", pa.int64()),
    ]
)


@dataclass
class Evidence:
    """One lake at one moment. Everything is read when it is first asked for, and only once."""

    history: History
    settings: Settings
    catalog: Catalog
    engine: Engine
    now: datetime

    @cached_property
    def calendar(self) -> AccountCalendar:
        """The account's days, as the settings have them."""
        return AccountCalendar(self.settings.zone_name)

    @cached_property
    def event_days(self) -> pa.Table:
        """Play sessions counted by media, received_day and day: the only scan of all sessions."""
        groups = self._groups("event_days", {FACT_EVENT.full_name: self.catalog.input(FACT_EVENT)}, {})
        return pa.concat_tables(groups) if groups else _EVENT_DAYS.empty_table()

    def ask(
        self,
        name: str,
        *,
        tables: Iterable[Table] = (),
        since: date | None = None,
        until: date | None = None,
        **relations: pa.Table,
    ) -> list[dict[str, Any]]:
        """The rows of a check's query; of partitioned tables only the partitions between two dates, if given."""
        needed = {table.full_name: self.catalog.input(table, since, until) for table in tables}
        return [row for group in self._groups(name, needed, relations) for row in group.to_pylist()]

    def _groups(self, name: str, tables: dict[str, TableInput], relations: dict[str, pa.Table]) -> list[pa.Table]:
        sql = files("wistia_lake.checks").joinpath(f"{name}.sql").read_text(encoding="utf-8")
        return list(self.engine.select(Job(sql, (), relations, tables), rows_per_group=1_000_000))

    def partition_rows(self) -> Iterator[tuple[str, str, int]]:
        """(table, partition, rows) of every computed table, as its files themselves say."""
        for table in TABLES:
            loaded = self.catalog.load(table) if table.namespace != "ops" else None
            for task in loaded.scan().plan_files() if loaded is not None else ():
                partition = WHOLE
                if table.partition is not None:
                    value = task.file.partition[0]
                    partition = (value if isinstance(value, date) else _EPOCH + value * ONE_DAY).isoformat()
                yield table.full_name, partition, task.file.record_count

    def is_built(self, name: str) -> bool:
        """Whether a table exists."""
        return self.catalog.load(BY_NAME[name]) is not None

    # -- looks ----------------------------------------------------------------------------------------------------

    @property
    def scopes(self) -> list[str]:
        """The scopes that the settings ask for."""
        return [media_scope(media_id) for media_id in self.settings.media_ids] or [ACCOUNT]

    def newest_looks(self, scope: str) -> dict[date, Look]:
        """UTC day to the look at its sessions that counts for a scope; one at the whole account serves each media."""
        looks = self.history.looks["events"]
        found: dict[date, Look] = {}
        for one in {scope, ACCOUNT}:
            for day in looks.days(one):
                look = looks.newest(one, day)
                if look is not None and (day not in found or look > found[day]):
                    found[day] = look
        return found

    @cached_property
    def last_final_day(self) -> date | None:
        """The last account day that every scope asked for has read after its end, settle time included."""
        days = []
        for scope in self.scopes:
            final = [day for day, look in self.newest_looks(scope).items() if look.final]
            if not final:
                return None
            days.append(max(final))
        # The UTC day itself may end within an account day; the account day before it is over in every zone.
        return min(days) - ONE_DAY

    def recent_looks(self, stream: str, within: timedelta) -> Iterator[Look]:
        """The look that counts of every slice whose newest look began not long ago."""
        looks: Looks = self.history.looks[stream]
        for scope in looks.scopes:
            for day in looks.days(scope):
                look = looks.newest(scope, day)
                if look is not None and look.began_at >= self.now - within:
                    yield look
