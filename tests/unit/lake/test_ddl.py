"""Statements about a lake's tables; tests/engines/test_ddl.py holds them against Glue and Trino."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlglot
from sqlglot import exp

from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.ddl import athena_table
from wistia_lake.lake.table import Column, Table, Type

ODD = Table(
    "silver", "odd", "a row", ("name",), (Column("name", Type.STRING, "it's a \\ 'quoted' name"),)
)  # fmt: skip


@pytest.mark.parametrize("partition", [None, "name"])
def test_comments_may_hold_quotes(partition: str | None) -> None:
    with Catalog("s3://acme-media/lake", {"type": "in-memory"}, prefix="acme_") as catalog:
        (statement,) = sqlglot.parse(athena_table(replace(ODD, partition=partition), catalog), read="athena")
    assert statement.find(exp.CommentColumnConstraint).name == ODD.columns[0].meaning
    assert statement.find(exp.LocationProperty).name == "s3://acme-media/lake/tables/silver/odd"
    assert statement.this.this.sql() == "acme_silver.odd"
    assert (statement.find(exp.PartitionedByProperty) is None) == (partition is None)
