"""The tables of a lake as statements for those who look at, or register, them elsewhere."""

from __future__ import annotations

from wistia_lake.errors import LakeUnreadable, SettingsError
from wistia_lake.lake.catalog import FOLDER, Catalog
from wistia_lake.lake.table import Table, Type

_ATHENA = {
    Type.STRING: "string", Type.INT: "int", Type.LONG: "bigint", Type.DOUBLE: "double", Type.BOOL: "boolean",
    Type.DATE: "date", Type.INSTANT: "timestamp",
}  # fmt: skip
"""As Glue holds them; Athena reads the zone of instants from the table's own metadata."""
ATHENA_NOTE = (
    '-- What Glue holds of this lake. With [catalog] type = "glue" the tables are there as soon as they are built:\n'
    "-- execute nothing. Athena makes an empty table of its own of each of these, never one of files that exist."
)


def athena_table(spec: Table, catalog: Catalog) -> str:
    """``CREATE TABLE`` in Athena's words.

    Raises:
        SettingsError: the lake is not in S3, where Athena reads.
    """
    if not catalog.url.startswith("s3://"):
        raise SettingsError(f"Athena reads lakes in S3, and this one is {catalog.url}. Name another with --lake.")
    loaded = catalog.load(spec)
    place = loaded.location() if loaded is not None else f"{catalog.url}/{FOLDER}/{spec.namespace}/{spec.name}"
    columns = ",\n".join(
        f"  `{column.name}` {_ATHENA[column.type]} COMMENT {_hive_text(column.meaning)}" for column in spec.columns
    )
    partition = f"PARTITIONED BY (`{spec.partition}`)\n" if spec.partition is not None else ""
    return (
        f"CREATE TABLE {'.'.join(catalog.identifier(spec))} (\n{columns}\n)\n{partition}LOCATION {_hive_text(place)}\n"
        "TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd');"
    )


def trino_registration(spec: Table, catalog: Catalog) -> str:
    """The call that shows a Trino, whose catalog is not the lake's, the table's last committed state.

    Raises:
        LakeUnreadable: the table was never built.
    """
    loaded = catalog.load(spec) if catalog.is_made() else None
    if loaded is None:
        raise LakeUnreadable(f"The table {spec.full_name} was never built in {catalog.url}; run: wistia-lake build")
    namespace, name = catalog.identifier(spec)
    file = loaded.metadata_location.rsplit("/", 1)[-1]
    return (
        f"CALL system.register_table(schema_name => {_text(namespace)}, table_name => {_text(name)}, "
        f"table_location => {_text(loaded.location())}, metadata_file_name => {_text(file)});"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _hive_text(value: str) -> str:
    """Athena's statements about tables are Hive's, where a backslash stands before a quote."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
