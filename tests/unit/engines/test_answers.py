"""Rows of another engine's client become the Arrow table that DuckDB would have given."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from wistia_lake.engines.answers import arrow_rows

AT = datetime(2025, 3, 9, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "expected", "told"),
    [
        ("varchar", "ä", pa.string(), "ä"),
        ("varchar(3)", "", pa.string(), ""),
        ("BIGINT", 2**53 + 1, pa.int64(), 2**53 + 1),
        ("integer", -(2**31), pa.int32(), -(2**31)),
        ("double", 0.1, pa.float64(), 0.1),
        ("real", 0.5, pa.float32(), 0.5),
        ("boolean", False, pa.bool_(), False),
        ("date", date(1, 1, 1), pa.date32(), date(1, 1, 1)),
        ("timestamp(6) with time zone", AT, pa.timestamp("us", tz="UTC"), AT),
        ("timestamp(3) with time zone", AT.astimezone(ZoneInfo("Asia/Tokyo")), pa.timestamp("us", tz="UTC"), AT),
        ("timestamp(6)", AT.replace(tzinfo=None), pa.timestamp("us"), AT.replace(tzinfo=None)),
        ("decimal(12, 2)", Decimal("12.50"), pa.decimal128(12, 2), Decimal("12.50")),
        ("varbinary", b"\x00", pa.binary(), b"\x00"),
        ("array(bigint)", [1, 2], pa.string(), "[1, 2]"),
    ],
)
def test_a_value_keeps_its_type_and_null_stays_null(
    kind: str, value: object, expected: pa.DataType, told: object
) -> None:
    table = arrow_rows([("x", kind)], [(value,), (None,)])
    assert table.schema.field("x").type == expected
    assert table.column("x").to_pylist() == [told, None]


def test_no_rows_have_columns_and_a_nameless_column_has_a_place() -> None:
    table = arrow_rows([("n", "bigint"), ("", "varchar")], iter(()))
    assert (table.num_rows, table.column_names) == (0, ["n", "column1"])


def test_many_rows_are_read_in_groups_and_none_is_lost() -> None:
    table = arrow_rows([("n", "bigint")], ((number,) for number in range(25_000)))
    assert table.column("n").to_pylist() == list(range(25_000))
    assert table.column("n").num_chunks == 3
