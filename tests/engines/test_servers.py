"""The servers that stand for the cloud are real, and several engines share one table of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog

from support.servers.seaweed import Place
from support.servers.trino import Trino
from wistia_lake.lake.iceberg import iceberg_schema
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.table import Type
from wistia_lake.lake.tables import BY_NAME

pytestmark = pytest.mark.engines

SPEC = BY_NAME["silver.fact_event"]
_VALUES = {
    Type.STRING: "ä", Type.INT: 2**31 - 1, Type.LONG: 2**53 + 1, Type.DOUBLE: 0.1, Type.BOOL: True,
    Type.DATE: date(2025, 3, 9), Type.INSTANT: datetime(2025, 3, 9, 23, 59, 59, 999_999, tzinfo=UTC),
}  # fmt: skip


def test_trino_reads_what_pyiceberg_wrote_into_the_same_catalog(place: Place, trino: Trino):
    full = {column.name: _VALUES[column.type] for column in SPEC.columns}
    rows = [full, {SPEC.partition: date(2025, 3, 10)}]
    schema, partition, order = iceberg_schema(SPEC)
    catalog = load_catalog("lake", **place.pyiceberg)
    catalog.create_namespace("silver")
    table = catalog.create_table(("silver", SPEC.name), schema=schema, partition_spec=partition, sort_order=order)
    table.append(pa.Table.from_pylist(rows, schema=arrow_schema(SPEC)))
    found = trino.rows(f"select * from {trino.catalog(place.trino)}.{SPEC.full_name} order by {SPEC.partition}")
    assert [dict(zip(SPEC.column_names, row, strict=True)) for row in found] == [
        dict.fromkeys(SPEC.column_names) | row for row in rows
    ]


def test_a_place_is_nobody_elses(place: Place, seaweed):
    other = seaweed.place()
    load_catalog("lake", **place.pyiceberg).create_namespace("silver")
    assert load_catalog("other", **other.pyiceberg).list_namespaces() == []
