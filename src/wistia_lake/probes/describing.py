"""Fields of answers described without their values: types, blanks, ranges of numbers and instants."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wistia_lake.model import parse_instant

_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|\+00:00)")
_MISSING: Final = object()


@dataclass(slots=True)
class Field:
    """What was seen of one field; numbers and instants keep their range, texts only whether they were blank."""

    name: str
    rows: int = 0
    absent: int = 0
    types: Counter[str] = field(default_factory=Counter)
    """Rows by JSON type; absent ones are not in it."""
    blank: int = 0
    """Empty texts and empty objects."""
    least: Any = None
    most: Any = None
    decimals: int = 0
    """The most digits after the point."""

    def add(self, value: Any) -> None:
        """Count one row's value."""
        self.rows += 1
        if value is _MISSING:
            self.absent += 1
            return
        self.types[json_type(value)] += 1
        self.blank += value in ("", {}, [])
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._widen(value)
            self.decimals = max(self.decimals, decimals(value))
        elif isinstance(value, str) and _INSTANT.fullmatch(value):
            self._widen(value)

    def _widen(self, value: Any) -> None:
        if self.least is None:
            self.least = self.most = value
        elif isinstance(value, str) is isinstance(self.least, str):
            self.least, self.most = min(self.least, value), max(self.most, value)

    @property
    def nulls(self) -> int:
        """Rows in which it is null."""
        return self.types["null"]

    @property
    def rounding(self) -> str:
        """Whether a number must be rounded."""
        if not self.types.keys() & {"number", "whole number"}:
            return "not a number"
        if not self.decimals:
            return "no rounding needed: whole"
        return f"no rounding to store, a double holds it ({self.decimals} decimals); round only what people read"

    def values(self) -> dict[str, Any]:
        """For programs."""
        return {
            "present": self.rows - self.absent, "absent": self.absent, "null": self.nulls, "blank": self.blank,
            "types": dict(sorted(self.types.items())), "least": self.least, "most": self.most,
            "decimals": self.decimals,
        }  # fmt: skip

    def sentence(self) -> str:
        """For people."""
        if self.absent == self.rows:
            return "absent"
        kinds = ", ".join(name for name in sorted(self.types) if name != "null") or "null only"
        span = "" if self.least is None else f", {self.least!r} to {self.most!r}"
        missing = f", absent {self.absent:,}" if self.absent else ""
        return f"{kinds}, null {self.nulls:,}{missing}{span}; {self.rounding}"


def describe(rows: Sequence[dict[str, Any]], names: Iterable[str]) -> list[Field]:
    """The named fields over all rows; a dot leads into an object."""
    found = []
    for name in names:
        one = Field(name)
        for row in rows:
            one.add(_at(row, name))
        found.append(one)
    return found


def moment(value: Any) -> datetime | None:
    """The instant that a served value is, if it is one."""
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


def json_type(value: Any) -> str:
    """The JSON type of a decoded value, whole numbers apart."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "whole number"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def decimals(value: float) -> int:
    """Digits after the point of the shortest text that reads back as the same number."""
    digits, _, exponent = repr(value).partition("e")
    after = len(digits.partition(".")[2].rstrip("0"))
    return max(0, after - int(exponent or 0))


def _at(row: dict[str, Any], name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return _MISSING
        value = value[part]
    return value
