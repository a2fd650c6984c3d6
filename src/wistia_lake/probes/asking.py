"""How every probe asks: one client, pages one after the other, ``per_page`` always sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from wistia_lake.errors import ApiGone, ApiRejected, UsageError
from wistia_lake.model import Clock
from wistia_lake.privacy.reading import split_rows
from wistia_lake.settings import Loaded, Settings
from wistia_lake.wistia.access import clock_of, required_token
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.endpoints import PER_PAGE, Endpoint
from wistia_lake.wistia.opening import open_client

T = TypeVar("T")

STUCK: Final = 'see "Stuck at 10 rows" in docs/api_exploration.md'


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, decoded and not yet redacted: for looking at, never for writing."""

    number: int
    body: bytes
    rows: list[Any]
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one account."""

    client: WistiaClient
    settings: Settings
    clock: Clock

    async def page(self, endpoint: Endpoint, number: int, per_page: int, params: Mapping[str, str | int]) -> Page:
        """One page of a list.

        Raises:
            ApiRejected: also on 404, because a list cannot be gone: the base URL is not that of the API.
        """
        query = {**params, "page": number, "per_page": per_page}
        try:
            answer = await self.client.get(endpoint, params=query)
        except ApiGone as exc:
            raise ApiRejected(f"{exc} Check the base URL {self.client.base_url}.", status=404) from exc
        rows = split_rows(answer.body, f"GET {endpoint.path}")
        return Page(number, answer.body, [msgspec.json.decode(row) for row in rows], answer.requested_at)

    async def pages(
        self, endpoint: Endpoint, per_page: int, most: int, params: Mapping[str, str | int], first: int = 1
    ) -> list[Page]:
        """Pages from ``first`` on, to an empty one or ``most`` of them. A short page is not the end: it may be that
        ``per_page`` is ignored.
        """
        found: list[Page] = []
        while len(found) < most:
            page = await self.page(endpoint, first + len(found), per_page, params)
            if not page.rows:
                break
            found.append(page)
        return found

    async def one_page(
        self, endpoint: Endpoint, number: int, per_page: int, params: Mapping[str, str | int]
    ) -> tuple[Page, bool]:
        """One page, and whether another follows; a short one that is followed by another is stuck."""
        page = await self.page(endpoint, number, per_page, params)
        if not page.rows:
            return page, False
        return page, bool((await self.page(endpoint, number + 1, per_page, params)).rows)

    async def both_ends(self, endpoint: Endpoint, params: Mapping[str, str | int]) -> tuple[Page, Page]:
        """The first page and the last one that is not empty, found by doubling and halving."""
        first = best = await self.page(endpoint, 1, PER_PAGE, params)
        if not first.rows:
            return first, first
        step = 1
        while (page := await self.page(endpoint, best.number + step, PER_PAGE, params)).rows:
            best, step = page, step * 2
        while step > 1:
            step //= 2
            page = await self.page(endpoint, best.number + step, PER_PAGE, params)
            best = page if page.rows else best
        return first, best


def stuck(rows: int, per_page: int, more: bool) -> bool:
    """Whether a page is shorter than asked though others follow it."""
    return more and rows < min(per_page, PER_PAGE)


def ask(loaded: Loaded, question: Callable[[Api], Awaitable[T]]) -> T:
    """Ask a question with the settings' token, base URL and pace.

    Raises:
        SettingsError: no token, or a base URL that must not get it.
        ApiRejected, ApiGone, ApiExhausted, DataError: from the client.
    """
    token, clock, settings = required_token(loaded), clock_of(loaded), loaded.settings
    client = open_client(settings, token, clock)

    async def asked() -> T:
        async with client:
            return await question(Api(client, settings, clock))

    return asyncio.run(asked())


def refuse_media_ids(media_ids: Iterable[str]) -> None:
    """A media is named by its hashed id, or by its numeric one where the API takes it; UsageError otherwise."""
    for media_id in media_ids:
        if not media_id.isascii() or not media_id.isalnum():
            raise UsageError(
                f"--media-id {media_id!r} is not an id: it has letters and digits only, such as abcde12345."
            )


def refuse_paging(**values: int) -> None:
    """Page numbers and sizes begin at 1; UsageError otherwise."""
    for name, value in values.items():
        if value < 1:
            raise UsageError(f"--{name.replace('_', '-')} {value} is not possible; it is 1 or more.")
