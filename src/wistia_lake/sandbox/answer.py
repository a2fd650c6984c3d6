"""What a route answers."""

from __future__ import annotations

from dataclasses import dataclass

_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and, for arrays, how many rows it has."""

    status: int
    body: bytes
    rows: int | None = None
    content_type: str = _JSON
