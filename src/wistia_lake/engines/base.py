"""What an engine is given and what it must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wistia_lake.lake.rows import TableInput

if TYPE_CHECKING:
    import pyarrow as pa


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


class Engine(Protocol):
    """Computes jobs. Session zone UTC; the same rows on every engine."""

    dialect: str

    def select(self, job: Job, *, rows_per_group: int) -> Iterator[pa.Table]:
        """The job's rows in order, in groups of about ``rows_per_group``.

        Raises:
            DataError: a data object does not hold the rows that its manifest promises.
        """

    def close(self) -> None:
        """Release memory and temporary files."""
