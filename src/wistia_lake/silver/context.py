"""What every model of a build is given, and what a model is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from wistia_lake.bronze.manifest import Manifest
from wistia_lake.engines.base import WHOLE, BronzeInput, Engine, Job
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import TableInput
from wistia_lake.lake.table import SCHEMA_VERSION, Table
from wistia_lake.lake.tables import MEDIA_DURATION
from wistia_lake.settings import Settings
from wistia_lake.silver.attributes import Visibility
from wistia_lake.silver.calendar import AccountCalendar
from wistia_lake.silver.history import History

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["WHOLE", "Context", "Model", "Plan", "digest", "sql_of"]

Plan = dict[str, str]
"""Partition (ISO date or ``*``) to the digest of everything that its rows depend on."""


@dataclass
class Context:
    """One build: bronze as it stood at its beginning, the settings, and the tables built so far."""

    history: History
    settings: Settings
    catalog: Catalog
    engine: Engine
    plans: dict[str, Plan] = field(default_factory=dict)
    """Plans of the tables already built, by full name."""

    @cached_property
    def visibility(self) -> Visibility:
        """Which medias the tables show."""
        return Visibility(self.history, self.settings)

    def bronze(self, stream: str, manifests: Iterable[Manifest]) -> BronzeInput:
        """The rows of some looks as a job's input, without those of hidden medias.

        Digests of what is made from them must hold ``visibility.hidden_in`` of the looks.
        """
        looks = list(manifests)
        return replace(self.history.bronze(stream, looks), hidden=tuple(self.visibility.hidden_in(*looks)))

    @cached_property
    def calendar(self) -> AccountCalendar:
        """The account's days."""
        return AccountCalendar(self.settings.zone_name)

    @cached_property
    def durations(self) -> dict[str, list[tuple[date, int]]]:
        """``silver.media_duration`` in memory: media to its (valid_from_day, duration_ms), ascending."""
        result: dict[str, list[tuple[date, int]]] = {}
        for row in (
            self.rows(MEDIA_DURATION).sort_by([("media_id", "ascending"), ("valid_from_day", "ascending")]).to_pylist()
        ):
            result.setdefault(row["media_id"], []).append((row["valid_from_day"], row["duration_ms"]))
        return result

    def duration_on(self, media_id: str, day: date) -> int | None:
        """The length that counts on a UTC day: the one valid then, else the earliest later one."""
        known = self.durations.get(media_id, [])
        valid = [duration for since, duration in known if since <= day]
        return valid[-1] if valid else (known[0][1] if known else None)

    def table(self, spec: Table, first: date | None = None, last: date | None = None) -> TableInput:
        """A table's rows for a job, of partitions from ``first`` to ``last`` if given."""
        return self.catalog.input(spec, first, last, as_known=True)

    def rows(self, spec: Table) -> pa.Table:
        """All of a small table's rows."""
        return self.catalog.read(spec, as_known=True)

    def table_in(self, spec: Table, partitions: Collection[date]) -> TableInput:
        """The rows of some of a table's partitions for a job, possibly with those of partitions between them."""
        return self.catalog.input_of(spec, partitions, as_known=True)


@dataclass(frozen=True, slots=True)
class Model:
    """How one table is planned and computed."""

    table: Table
    plan: Callable[[Context], Plan]
    jobs: Callable[[Context, list[str]], Iterator[Job]]
    """One or more jobs that together give all rows of the wanted partitions."""
    reads_itself: bool = False
    """Partitions are computed from earlier ones of the table: each job is committed before the next is asked for."""


@cache
def sql_of(table: Table) -> str:
    """The text of a table's model, packaged beside its registry."""
    return files(f"wistia_lake.{table.namespace}").joinpath(f"{table.name}.sql").read_text(encoding="utf-8")


def digest(table: Table, *parts: Any) -> str:
    """A digest of a model's text and of what its rows depend on."""
    payload = msgspec.json.encode([_model_digest(table), *parts], order="deterministic")
    return blake2b(payload, digest_size=16).hexdigest()


@cache
def _model_digest(table: Table) -> str:
    return blake2b(f"{table.full_name} {SCHEMA_VERSION} {sql_of(table)}".encode(), digest_size=16).hexdigest()
