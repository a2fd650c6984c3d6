"""What an engine is given and what it must do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wistia_lake.lake.rows import TableInput
from wistia_lake.model import ONE_DAY, first_of_month

if TYPE_CHECKING:
    import pyarrow as pa

    from wistia_lake.lake.catalog import Catalog
    from wistia_lake.lake.table import Table

WHOLE = "*"
"""The partition of a table without partitions."""


@dataclass(frozen=True, slots=True)
class BronzeInput:
    """Data objects of one stream, with the rows that their manifests promise."""

    stream: str
    columns: Mapping[str, str]
    """Column to type, in DuckDB's words."""
    files: Mapping[str, str]
    """Batch id to the object's URL, whose last part begins with the batch id."""
    row_counts: Mapping[str, int]
    fetch: Callable[[Sequence[str]], AbstractContextManager[Sequence[Path]]]
    """The objects of some batches as files of this machine, under the same names, while the context lasts."""
    hidden: Sequence[str] = ()
    """Medias whose rows SQL must not see; they count among the rows that the manifests promise."""

    @property
    def view(self) -> str:
        """The name under which SQL reads it; it has one more column, ``batch_id``."""
        return f"bronze_{self.stream}"


@dataclass(frozen=True, slots=True)
class Job:
    """One SELECT in DuckDB's dialect and everything that it names."""

    sql: str
    bronze: tuple[BronzeInput, ...] = ()
    relations: Mapping[str, pa.Table] = field(default_factory=dict)
    """Small relations that Python computed: the same for every engine."""
    tables: Mapping[str, TableInput] = field(default_factory=dict)
    """Full table name to the rows meant."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a commit left behind."""

    snapshot_id: int | None
    """None if the table never held anything and still does not."""
    row_counts: Mapping[str, int]
    """Rows by partition, for each that was named."""


class Engine(Protocol):
    """Computes jobs. Session zone UTC; the same rows on every engine."""

    rows_per_job: int
    """Rows of bronze that one job may read; one day that has more is a job of its own."""
    days_per_job: int
    """Days that one job may read, likewise."""
    months_per_job: int
    """Months that one job may compute of a table that is partitioned by month."""

    def begin(self, catalog: Catalog, tables: Sequence[Table]) -> None:
        """Called before bronze is listed: from now on, what others write to the tables must not be overwritten."""

    def select(self, job: Job, *, rows_per_group: int) -> Iterator[pa.Table]:
        """The job's rows in order, in groups of about ``rows_per_group``.

        Raises:
            DataError: a data object does not hold the rows that its manifest promises.
        """

    def replace(
        self, catalog: Catalog, table: Table, partitions: Sequence[str], jobs: Iterable[Job], beat: Callable[[], None]
    ) -> Written:
        """Replace whole partitions by what the jobs give, in one commit; those that get no rows are emptied.

        ``beat`` is called now and then, and last before the commit: it raises if the work must not go on.

        Raises:
            DataError: a data object does not hold the rows that its manifest promises; nothing was written.
            Refused: another writer changed the same partitions meanwhile; nothing was written.
        """

    def close(self) -> None:
        """Release memory and temporary files."""


def partition_days(table: Table, partitions: Sequence[str]) -> list[date] | None:
    """Partitions as dates; None is the whole of a table without partitions."""
    return None if table.partition is None else [date.fromisoformat(key) for key in partitions]


def groups_of(months: Iterable[date], size: int) -> Iterator[list[date]]:
    """Months in a row, at most so many at a time."""
    group: list[date] = []
    for month in sorted(months):
        if group and (len(group) == size or first_of_month(group[-1] + 31 * ONE_DAY) != month):
            yield group
            group = []
        group.append(month)
    if group:
        yield group
