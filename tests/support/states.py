"""The tables of a lake as readers see them, to compare one moment with another."""

from __future__ import annotations

import pyarrow as pa

from support.counters import count
from support.simulation import FACTS, Simulation
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.sandbox.compare import compare

Tables = dict[str, pa.Table]


def tables_of(account: Simulation) -> Tables:
    """Every table, sorted, without the name of the batch that a row came from: each run gives its batches new ones."""
    found = account.tables().items()
    return {name: rows.drop_columns("batch_id") if "batch_id" in rows.column_names else rows for name, rows in found}


def assert_same(found: Tables, expected: Tables, told: str) -> None:
    """Fail unless both hold the same cells, and say which differ."""
    wrong = []
    for name in FACTS:
        count(rows=expected[name].num_rows)
        if not found[name].equals(expected[name]):
            difference = compare(expected[name], found[name], BY_NAME[name].key)
            count(differences=difference.count)
            wrong.append(f"{name}: {difference}")
    assert not wrong, "\n".join([told, *wrong])


def assert_committed_only(seen: Tables, before: Tables, after: Tables, told: str) -> None:
    """Each partition is wholly what it was before a run, or wholly what the run makes of it."""
    for name in FACTS:
        now, old, new = (_partitions(name, tables[name]) for tables in (seen, before, after))
        for key in now.keys() | old.keys() | new.keys():
            assert now.get(key) in (old.get(key), new.get(key)), f"{told}: {name} {key} was never committed like this"


def _partitions(name: str, rows: pa.Table) -> dict[object, list[dict[str, object]]]:
    column = BY_NAME[name].partition
    parts: dict[object, list[dict[str, object]]] = {}
    for row in rows.to_pylist():
        parts.setdefault(row[column] if column is not None else None, []).append(row)
    return parts
