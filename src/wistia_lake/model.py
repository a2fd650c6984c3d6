"""Words and values shared by every layer. No IO, no clock of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from typing import Protocol

Clock = Callable[[], datetime]
"""Returns the present as an aware UTC instant. Passed in, never imported."""

ACCOUNT = "account"
"""The scope that holds every media of the account."""

LAYOUT_VERSION = 1
"""Version of bronze keys and manifests. A change needs a migration."""

_MEDIA_ID = re.compile(r"[a-z0-9]{10}")
ONE_DAY = timedelta(days=1)


def is_media_id(text: str) -> bool:
    """Whether ``text`` has the form of a hashed id: ten lower-case letters or digits."""
    return _MEDIA_ID.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def media_scope(media_id: str) -> str:
    """The scope that holds one media."""
    return f"media={media_id}"


def scope_media(scope: str) -> str | None:
    """The media of a scope, or None for the account."""
    return scope.removeprefix("media=") if scope.startswith("media=") else None


def day_start(day: date) -> datetime:
    """The UTC instant at which a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included; nothing if reversed."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def first_of_month(day: date) -> date:
    """The month a day belongs to, as its first day."""
    return day.replace(day=1)


def last_of_month(day: date) -> date:
    """The last day of the month that a day belongs to."""
    return first_of_month(first_of_month(day) + 31 * ONE_DAY) - ONE_DAY


def months_between(first: date, last: date) -> Iterator[date]:
    """Every month, as its first day, that has a day from ``first`` to ``last``, both included; nothing if reversed."""
    month = first_of_month(first)
    while month <= last and first <= last:
        yield month
        month = first_of_month(month + 31 * ONE_DAY)


def two_years_before(now: datetime) -> datetime:
    """The rolling edge of the events endpoint: the same wall time two years earlier.

    29 February goes to 28 February. The exact edge at Wistia is unknown (to the second, the UTC day or the
    calendar month), which is why a margin of two days is kept from it.
    """
    try:
        return now.replace(year=now.year - 2)
    except ValueError:
        return now.replace(year=now.year - 2, day=28)


def instant_text(at: datetime) -> str:
    """An instant as ``YYYY-MM-DDTHH:MM:SS[.ffffff]Z``."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """Read an aware instant; raises ValueError if the text has no zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it as 2025-03-12T14:00:00Z")
    return at.astimezone(UTC)


@dataclass(frozen=True, order=True, slots=True)
class Slice:
    """Stream x scope x UTC day: the unit that one look reads completely."""

    stream: str
    scope: str
    day: date

    def __str__(self) -> str:
        return f"{self.stream} {self.scope} {self.day}"

    def read_at(self, at: datetime) -> Slice:
        """The slice of a look that was first answered then, where slices are days of reading.

        A run that goes on past midnight plans a slice on one day and reads it on the next.
        """
        return Slice(self.stream, self.scope, at.astimezone(UTC).date())


class Secret:
    """A text that shows itself only to who asks for it by name; its repr is masked.

    ``name`` says where it came from, for the person who must correct it.
    """

    __slots__ = ("_text", "name")

    def __init__(self, text: str, name: str = "") -> None:
        self._text = text
        self.name = name

    def __repr__(self) -> str:
        return "Secret('***')"

    def get_secret_value(self) -> str:
        """The text itself."""
        return self._text


class Reporter(Protocol):
    """Where long work tells people how far it is. Never gets a secret or anything about a viewer."""

    def say(self, text: str) -> None:
        """Show one finished sentence."""

    def step(self, name: str, done: int, total: int | None) -> None:
        """Show how far a named piece of work is; ``total`` None if unknown."""


class Quiet:
    """A reporter that shows nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def step(self, name: str, done: int, total: int | None) -> None:
        """Show nothing."""
