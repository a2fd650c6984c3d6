"""``wistia-lake tables --ddl``: what Glue holds, and calls by which another Trino sees the tables."""

from __future__ import annotations

import boto3
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from support.servers.seaweed import KEY_ID, REGION, SECRET, Place
from support.servers.trino import Trino
from wistia_lake.lake.catalog import Catalog
from wistia_lake.lake.ddl import athena_table, trino_registration
from wistia_lake.lake.rows import arrow_schema
from wistia_lake.lake.table import Table
from wistia_lake.lake.tables import DIM_MEDIA, TABLES

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_athenas_statement_says_what_glue_holds(table: Table, place: Place, moto: str, monkeypatch: pytest.MonkeyPatch):
    """PyIceberg makes the table in moto's Glue, which keeps what it is given."""
    monkeypatch.setenv("AWS_REGION", REGION)
    glue = {"type": "glue", "glue.endpoint": moto, "glue.region": REGION}
    of_s3 = {name: value for name, value in place.pyiceberg.items() if name.startswith("s3.")}
    with Catalog(place.lake, glue | of_s3, prefix=f"{place.bucket.replace('-', '_')}_") as catalog:
        location = catalog.ensure(table).location()
        (statement,) = sqlglot.parse(athena_table(table, catalog), read="athena")
        namespace, name = catalog.identifier(table)
    client = boto3.session.Session().client(
        "glue", endpoint_url=moto, region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET
    )
    held = client.get_table(DatabaseName=namespace, Name=name)["Table"]["StorageDescriptor"]
    columns = [
        (one.name, one.kind.sql("hive").lower(), one.find(exp.CommentColumnConstraint).name)
        for one in statement.this.expressions
        if isinstance(one, exp.ColumnDef)
    ]
    assert columns == [(one["Name"], one["Type"], one["Comment"]) for one in held["Columns"]]
    assert statement.find(exp.LocationProperty).name == held["Location"] == location
    assert (statement.this.this.db, statement.this.this.name) == (namespace, name)
    partition = statement.find(exp.PartitionedByProperty)
    assert ([one.name for one in partition.this.expressions] if partition else []) == [table.partition][
        : bool(partition)
    ]
    assert (partition is None) == (table.partition is None)
    assert {one.name: one.args["value"].name for one in statement.find_all(exp.Property) if type(one) is exp.Property} == {
        "table_type": "ICEBERG", "format": "parquet", "write_compression": "zstd",
    }  # fmt: skip


@pytest.mark.long
def test_a_registered_table_shows_another_trino_the_last_state(place: Place, trino: Trino):
    rows = pa.Table.from_pylist(
        [dict.fromkeys(DIM_MEDIA.column_names) | {"media_id": name, "title": "It's"} for name in ("a", "b")],
        schema=arrow_schema(DIM_MEDIA),
    )
    with Catalog(place.lake, place.pyiceberg) as catalog:
        catalog.replace(DIM_MEDIA, None, [rows])
        call = trino_registration(DIM_MEDIA, catalog)
    files = {key: value for key, value in place.trino.items() if not key.startswith("iceberg.")}
    metastore = {"iceberg.catalog.type": "TESTING_FILE_METASTORE", "hive.metastore.catalog.dir": f"{place.lake}/other"}
    name = trino.catalog(files | metastore | {"iceberg.register-table-procedure.enabled": "true"})
    trino.rows(f"create schema {name}.silver")
    trino.rows(call.rstrip(";").replace("CALL system.", f"CALL {name}.system."))
    found = trino.rows(f"select media_id, title from {name}.silver.dim_media order by media_id")
    assert found == [["a", "It's"], ["b", "It's"]]
