"""What a small build saves: CPU time beside that of the plain way, in turns, as medians and ratios.

A commit of one row to a table with all the snapshots it ever keeps, once as this project commits and once as PyIceberg
does by itself; and a job of one row, once in the engine's instance of DuckDB and once in an instance of its own. Not a
test: a busy machine lies, though less about CPU time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyarrow as pa
from pyiceberg.table import Table, Transaction

from wistia_lake.engines.base import Job
from wistia_lake.engines.duckdb import DuckDBEngine
from wistia_lake.lake.catalog import KEPT_SNAPSHOTS, Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import MEDIA_DURATION
from wistia_lake.lake.transaction import RememberingTransaction

ROUNDS = 15
SCHEMA = arrow_schema(MEDIA_DURATION)
ROW = pa.table({field.name: pa.nulls(1, field.type) for field in SCHEMA}, schema=SCHEMA)


def milliseconds(done: Callable[[], object]) -> float:
    """CPU time of one call."""
    began = time.process_time()
    done()
    return (time.process_time() - began) * 1000


def commit(kind: type[Transaction], table: Table) -> None:
    """Replace all rows by one, staged and given up: the table stays as it is for the next round."""
    transaction = kind(table)
    transaction.delete("media_id is null")
    transaction.append(ROW)


def job(engine: DuckDBEngine) -> None:
    """A job as small as a job can be."""
    list(engine.select(Job("select 1 as one", ())))


def alone() -> None:
    """The same in an engine that has no instance yet."""
    with closing(DuckDBEngine()) as engine:
        job(engine)


def main() -> None:
    """Measure in turns, so that a busy moment hits all alike."""
    with TemporaryDirectory() as folder, Catalog(Path(folder)) as catalog, closing(DuckDBEngine()) as engine:
        for _ in range(KEPT_SNAPSHOTS):
            catalog.replace(MEDIA_DURATION, None, [ROW])
        table = catalog.load(MEDIA_DURATION)
        assert table is not None
        ways: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "commit": (lambda: commit(RememberingTransaction, table), lambda: commit(Transaction, table)),
            "job": (lambda: job(engine), alone),
        }
        for name, (ours, plain) in ways.items():
            times = [(milliseconds(ours), milliseconds(plain)) for _ in range(ROUNDS)]
            mine, others = (median(column) for column in zip(*times, strict=True))
            print(f"{name:8} {mine:7.1f} ms   plain {others:7.1f} ms   {mine / others:5.2f} x")


if __name__ == "__main__":
    main()
