"""What a route answers, and how it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_JSON = "application/json; charset=utf-8"

Sent = Literal["whole", "never", "reset"]
"""``never``: the connection stays open and silent. ``reset``: it breaks in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and, for arrays, how many rows it has."""

    status: int
    body: bytes
    rows: int | None = None
    content_type: str = _JSON
    retry_after: str | None = None
    """The header's text."""
    seconds: float = 0.0
    """How long a reader waits for it."""
    sent: Sent = "whole"
