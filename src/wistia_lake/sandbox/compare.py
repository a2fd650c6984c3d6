"""Holds found rows against expected ones, cell for cell, doubles bit for bit."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

IGNORED = ("batch_id",)
"""Columns that say how a reader works, not what happened."""
SHOWN = 10

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that differs. A whole row has the column ``missing``, ``extra`` or ``repeated``."""

    key: tuple[Any, ...]
    column: str
    expected: object
    found: object

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        return f"({key}) {self.column}: expected {self.expected!r}, found {self.found!r}"


@dataclass(frozen=True, slots=True)
class Differences:
    """The outcome of a comparison. False if there are none."""

    expected: int
    found: int
    missing: int
    extra: int
    repeated: int
    differing: int
    """Cells, in rows that both sides have."""
    first: tuple[Difference, ...]

    @property
    def count(self) -> int:
        """Everything that is not as it should be."""
        return self.missing + self.extra + self.repeated + self.differing

    def __bool__(self) -> bool:
        return self.count > 0

    def __str__(self) -> str:
        counts = (
            f"{self.expected} expected, {self.found} found, {self.missing} missing, {self.extra} extra, "
            f"{self.repeated} repeated, {self.differing} cells differ"
        )
        return "\n".join([counts, *(f"  {item}" for item in self.first)])


def compare(expected: object, found: object, key: Sequence[str], *, shown: int = SHOWN) -> Differences:
    """Compare two sets of rows (plain dicts or Arrow tables) by key; their order does not matter."""
    wanted, _ = _indexed(_rows(expected), key)
    have, repeats = _indexed(_rows(found), key)
    missing = [at for at in wanted if at not in have]
    extra = [at for at in have if at not in wanted]
    cells = list(_cells(wanted, have))
    first = [
        *(Difference(at, "missing", "a row", None) for at in missing[:shown]),
        *(Difference(at, "extra", None, "a row") for at in extra[:shown]),
        *(Difference(at, "repeated", 1, "more") for at in repeats[:shown]),
        *cells,
    ]
    found_count = len(have) + len(repeats)
    return Differences(
        len(wanted), found_count, len(missing), len(extra), len(repeats), len(cells), tuple(first[:shown])
    )


def _rows(table: object) -> Rows:
    if hasattr(table, "to_pylist"):
        return cast("Rows", table.to_pylist())
    return cast("Rows", table)


def _indexed(rows: Rows, key: Sequence[str]) -> tuple[dict[tuple[Any, ...], Mapping[str, Any]], list[tuple[Any, ...]]]:
    indexed: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    repeats = []
    for row in rows:
        at = tuple(row[name] for name in key)
        if at in indexed:
            repeats.append(at)
        indexed[at] = row
    return indexed, repeats


def _cells(
    wanted: Mapping[tuple[Any, ...], Mapping[str, Any]], have: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> Iterator[Difference]:
    for at, row in wanted.items():
        other = have.get(at)
        if other is None:
            continue
        for column in dict.fromkeys((*row, *other)):
            if column not in IGNORED and not _same(row.get(column, _ABSENT), other.get(column, _ABSENT)):
                yield Difference(at, column, row.get(column, _ABSENT), other.get(column, _ABSENT))


class _Absent:
    def __repr__(self) -> str:
        return "no such column"


_ABSENT = _Absent()


def _same(expected: object, found: object) -> bool:
    if type(expected) is not type(found):
        return False
    if isinstance(expected, float) and isinstance(found, float):
        return struct.pack("<d", expected) == struct.pack("<d", found)
    if isinstance(expected, datetime) and isinstance(found, datetime):
        return expected.tzinfo is not None and found.tzinfo is not None and expected.astimezone(UTC) == found
    return expected == found
