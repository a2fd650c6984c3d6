"""A transaction says of its table what PyIceberg's says, and works it out once per change."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.table import Table, Transaction
from pyiceberg.table import update as updating
from pyiceberg.table.metadata import TableMetadata

from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.tables import MEDIA_DURATION
from wistia_lake.lake.transaction import RememberingTransaction

SCHEMA = arrow_schema(MEDIA_DURATION)


def rows(*medias: str) -> pa.Table:
    """Rows that differ in their media only."""
    columns = {field.name: pa.nulls(len(medias), field.type) for field in SCHEMA}
    return pa.table(columns | {"media_id": pa.array(medias, pa.string())}, schema=SCHEMA)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """A table that holds a row."""
    catalog = Catalog(tmp_path)
    catalog.replace(MEDIA_DURATION, None, [rows("a")])
    found = catalog.load(MEDIA_DURATION)
    assert found is not None
    return found


def told(metadata: TableMetadata) -> str:
    """All of it, but for when it was changed."""
    return metadata.model_copy(update={"last_updated_ms": 0}).model_dump_json()


def test_it_says_what_pyiceberg_says_after_every_change(table: Table) -> None:
    transaction, medias = RememberingTransaction(table), iter("bcd")
    for _ in range(3):
        transaction.append(rows(next(medias)))
        assert told(transaction.table_metadata) == told(Transaction.table_metadata.__get__(transaction))
    assert len(transaction.table_metadata.snapshots) == len(table.metadata.snapshots) + 3
    transaction.commit_transaction()
    assert sorted(table.scan().to_arrow()["media_id"].to_pylist()) == ["a", "b", "c", "d"]


def test_asking_again_works_nothing_out(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """That was half of what a small commit took."""
    worked_out: list[int] = []
    real = updating.update_table_metadata
    monkeypatch.setattr(
        "pyiceberg.table.update_table_metadata",
        lambda base, updates, *more: worked_out.append(len(updates)) or real(base, updates, *more),
    )
    with RememberingTransaction(table) as transaction:
        transaction.delete("media_id = 'a'")
        transaction.append(rows("b"))
        transaction.append(rows("c"))
    assert worked_out == sorted(set(worked_out)), "the same state was worked out twice"
    assert len(worked_out) > 2


def test_a_table_that_was_read_anew_is_told_anew(table: Table) -> None:
    """As before another try of a commit that somebody else's came before."""
    transaction = RememberingTransaction(table)
    assert len(transaction.table_metadata.snapshots) == 1
    with Transaction(table.catalog.load_table(table.name())) as other:
        other.append(rows("b"))
    table.refresh()
    assert len(transaction.table_metadata.snapshots) == 2
