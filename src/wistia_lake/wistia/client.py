"""One request to the API: token, pace, retries, time-outs, and bodies that are whole.

The token is in the ``Authorization`` header and nowhere else. Errors are raised outside of ``except`` blocks and never
carry aiohttp's exceptions: those hold the request, with its headers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from wistia_lake.errors import ApiExhausted, ApiRejected, DataError, SettingsError, WistiaLakeError
from wistia_lake.log import get_logger
from wistia_lake.model import Clock, Secret
from wistia_lake.settings import TOKEN
from wistia_lake.wistia.base_url import parse_base_url
from wistia_lake.wistia.endpoints import Endpoint, shown
from wistia_lake.wistia.pacing import Pacer
from wistia_lake.wistia.received import Moved, is_json, read_body, redirected
from wistia_lake.wistia.statuses import Again, Asked, Refusal, judge

LARGEST_BODY: Final = 64 * 2**20
"""Bytes after decompression. A page of 100 events has about 0.1 MB."""
MOST_REDIRECTS: Final = 3

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_log = get_logger("wistia")


@dataclass(frozen=True, slots=True)
class Answer:
    """A body that is complete JSON, and when it was asked for (aware UTC; the attempt that succeeded)."""

    body: bytes = field(repr=False)
    requested_at: datetime


@dataclass(slots=True)
class ClientStats:
    """What a client did so far. ``requests`` counts every attempt, retries and redirects included."""

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    """Attempts that were refused for coming too often."""
    bytes: int = 0
    """Of the bodies of good answers, decompressed."""
    server_date: str | None = None
    """The ``Date`` header of the last answer, whatever its status."""


class WistiaClient:
    """Asks the API; use it in ``async with``. One client and one pacer serve any number of tasks.

    ``attempts`` is the most a request is tried; ``sleep`` and ``jitter`` (0..1) are replaceable so that tests take no
    time, and ``time_scale`` says how many times faster than real time a time-out passes.

    Raises:
        SettingsError: the base URL may not be sent the token, the token has a wrong form, or the pace is too high.
    """

    def __init__(
        self,
        base_url: str,
        token: Secret,
        *,
        pacer: Pacer,
        clock: Clock,
        allow_host: bool = False,
        timeout_seconds: float = 60.0,
        time_scale: float = 1.0,
        attempts: int = 6,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        base = parse_base_url(base_url, allow_host=allow_host)
        base.check_rate(pacer.requests_per_minute)
        _check_token(token)
        self.base_url = base.text
        self.api_version = base.api_version
        self._version_header = {} if base.api_version == "v1" else {"X-Wistia-Api-Version": base.api_version}
        self.stats = ClientStats()
        self._token = token
        self._pacer = pacer
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._time_scale = time_scale
        self._attempts = attempts
        self._sleep = sleep
        self._jitter = jitter
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"WistiaClient({self.base_url!r})"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._timeout_seconds / self._time_scale),
            # The pacer says how many requests are under way; waiting for a connection would count as a time-out.
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_sent_once,),
            headers={"Accept": "application/json", "User-Agent": "wistia-lake"} | self._version_header,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self, endpoint: Endpoint, /, *, params: Mapping[str, str | int] | None = None, **path_values: str
    ) -> Answer:
        """Ask one endpoint, repeating what may be repeated.

        Raises:
            ApiRejected: 400, 401, 403, 422 and the like, or a redirect to another host.
            ApiGone: 404.
            ApiExhausted: no usable answer in all attempts, or asked to wait for too long.
            DataError: the body is larger than any page can be.
        """
        query = {name: str(value) for name, value in (params or {}).items()}
        place = f"GET {endpoint.label(path_values)}{shown(query)}"
        url = self.base_url + endpoint.filled(path_values) + (f"?{urlencode(query)}" if query else "")
        again = Again("not asked")
        for attempt in range(1, self._attempts + 1):
            if attempt > 1:
                self.stats.retries += 1
                await self._before_retry(attempt, again, place)
            outcome = await self._attempt(url, endpoint, place)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, WistiaLakeError):
                raise outcome
            again = outcome
        raise ApiExhausted(
            f"{place} gave no usable answer in {self._attempts} attempts; the last: {again.reason}. "
            "What was read completely is kept; run the command again later."
        )

    async def _before_retry(self, attempt: int, again: Again, place: str) -> None:
        _log.info("request.retried", request=place, attempt=attempt, reason=again.reason)
        # A wait that the API named is the pacer's, for everybody; without one each request backs off by itself.
        if not again.retry_after:
            wait = min(_FIRST_WAIT * 2 ** (attempt - 2), _LONGEST_WAIT)
            await self._sleep(wait * (0.5 + 0.5 * self._jitter()))

    async def _attempt(self, url: str, endpoint: Endpoint, place: str) -> Answer | Again | WistiaLakeError:
        """One attempt with its redirects, each of which takes its turn at the pacer."""
        for _ in range(MOST_REDIRECTS + 1):
            let_go_at = await self._pacer.acquire()
            requested_at = self._clock()
            self.stats.requests += 1
            received = await self._receive(url, place)
            if isinstance(received, bytes):
                self._pacer.succeeded(let_go_at)
                self.stats.bytes += len(received)
                return Answer(received, requested_at)
            if isinstance(received, Again | WistiaLakeError):
                return received
            if isinstance(received, Moved):
                url = received.url
                continue
            return self._judged(received, let_go_at, endpoint, place)
        return ApiRejected(f"{place} is redirected more than {MOST_REDIRECTS} times.", status=302)

    def _judged(self, refusal: Refusal, let_go_at: float, endpoint: Endpoint, place: str) -> Again | WistiaLakeError:
        asked = Asked(endpoint, place, self._token.name or TOKEN)
        outcome = judge(refusal, asked, now=self._clock(), clean=self._without_token)
        if isinstance(outcome, Again) and outcome.throttled:
            self.stats.throttled += 1
            self._pacer.throttled(let_go_at, outcome.retry_after)
        return outcome

    async def _receive(self, url: str, place: str) -> bytes | Refusal | Moved | Again | WistiaLakeError:
        if self._session is None:
            raise AssertionError("WistiaClient is used outside of 'async with'")
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            async with self._session.get(URL(url, encoded=True), headers=headers, allow_redirects=False) as response:
                self.stats.server_date = response.headers.get("Date")
                if response.status in _REDIRECTS:
                    return redirected(url, response.headers.get("Location", ""), response.status, place)
                body = await read_body(response, LARGEST_BODY)
                if body is None:
                    return DataError(f"{place} answered with more than {LARGEST_BODY >> 20} MB, too much for any page.")
                if response.status != 200:
                    return Refusal(response.status, body, response.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError) as exc:
            return Again(self._what_broke(exc))
        return body if is_json(body) else Again("status 200 with a body that is not JSON")

    def _what_broke(self, error: Exception) -> str:
        """A reason in our own words: aiohttp's may hold the address with its query, or the headers."""
        if isinstance(error, TimeoutError):
            return f"no complete answer within {self._timeout_seconds:g} seconds"
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return "the server's certificate is not trusted"
        if isinstance(error, aiohttp.ClientConnectorError):
            return f"cannot connect to {error.host}:{error.port}"
        if isinstance(error, aiohttp.ClientPayloadError):
            return "the answer broke off or is damaged"
        if isinstance(error, aiohttp.ClientConnectionError | OSError):
            return "the connection was closed"
        return "the answer is not HTTP"

    def _without_token(self, text: str) -> str:
        return text.replace(self._token.get_secret_value(), "***")


class _HungUp(aiohttp.ClientConnectionError):
    """The server closed the connection before it answered."""


async def _sent_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a request by itself when the server hangs up: unpaced and uncounted."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise _HungUp from None


def _check_token(token: Secret) -> None:
    text, name = token.get_secret_value(), token.name or TOKEN
    if not text.strip():
        raise SettingsError(f"{name} is not set. The account's owner makes a token in Wistia's API settings.")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SettingsError(f"{name} holds blanks, line ends or other characters that no token has; copy it again.")
