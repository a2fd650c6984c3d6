"""The pace of requests: even, shared by everything that asks, slower after a refusal, stopped when told to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from wistia_lake.errors import SettingsError
from wistia_lake.log import get_logger

Monotonic = Callable[[], float]
Sleep = Callable[[float], Awaitable[object]]

_SHORTEST_SLEEP: Final = 0.001
"""Seconds; event loops do not sleep shorter. What is left is made up for by the schedule."""
_LONGEST_LAG: Final = 0.02
"""Seconds by which a late waking is made up for: a fifth of the gap at 600 a minute. What is longer was idleness."""
_RECOVERY_SECONDS: Final = 10.0
_RECOVERY_SHARE: Final = 0.05
_LEAST_SHARE: Final = 1 / 32

_log = get_logger("wistia")


class Pacer:
    """Lets requests go one by one, ``requests_per_minute`` evenly spaced, whoever asks and however many.

    There is no saved-up burst: an idle minute gives nothing to the next. Every attempt counts, so retries cannot
    exceed the limit either. Ask for ``acquire`` before every request and tell the pacer how it went.
    """

    def __init__(self, requests_per_minute: float, *, monotonic: Monotonic, sleep: Sleep = asyncio.sleep) -> None:
        if not requests_per_minute > 0:
            raise SettingsError(f"requests_per_minute = {requests_per_minute:g} must be more than 0.")
        self.requests_per_minute = requests_per_minute
        self._rate = float(requests_per_minute)
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._last = float("-inf")
        self._not_before = float("-inf")
        self._halved_at = float("-inf")
        self._raised_at = float("-inf")

    @property
    def current_rate(self) -> float:
        """Requests per minute at present: the configured rate, or less after refusals."""
        return self._rate

    async def acquire(self) -> float:
        """Wait for this request's turn; returns when it was let go, which ``throttled`` and ``succeeded`` want back."""
        # Only the first in line sleeps, so that a pause or a lower rate holds at once for everybody behind.
        async with self._turn:
            while True:
                now = self._monotonic()
                due = max(self._last + 60.0 / self._rate, self._not_before)
                if due - now < _SHORTEST_SLEEP:
                    break
                await self._sleep(due - now)
            # The schedule counts from the time that was due, not from the late waking, or the rate would fall short.
            # After an idle time it counts from now, or the next requests would come in a burst.
            self._last = due if now - due <= _LONGEST_LAG else now
            return now

    def throttled(self, let_go_at: float, retry_after: float | None = None) -> None:
        """The API refused a request for coming too often: halve the rate; everybody waits ``retry_after`` s.

        Requests that were let go before the last halving do not halve it again: they are the same burst.
        """
        now = self._monotonic()
        if retry_after is not None:
            self._not_before = max(self._not_before, now + retry_after)
        if let_go_at > self._halved_at:
            self._rate = max(self._rate / 2, self.requests_per_minute * _LEAST_SHARE)
            self._halved_at = now
            _log.warning("pace.lowered", requests_per_minute=round(self._rate, 1), pause_seconds=retry_after)

    def succeeded(self, let_go_at: float) -> None:
        """A request was answered: after 10 s without refusals the rate rises by 5 % of the configured one."""
        if self._rate >= self.requests_per_minute or let_go_at <= self._halved_at:
            return
        now = self._monotonic()
        if now - max(self._halved_at, self._raised_at, self._not_before) >= _RECOVERY_SECONDS:
            self._rate = min(self._rate + self.requests_per_minute * _RECOVERY_SHARE, self.requests_per_minute)
            self._raised_at = now
