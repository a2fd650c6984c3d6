"""One complete walk through a paged list that may move while it is read.

Lists are newest first and offset-based: rows that arrive during a walk push others to later pages. Read in ascending
page order, one page at a time, a walk can then meet a row twice but never miss one; read out of order, or by several
tasks, it can. There is no total and no next link: the first short page is the end, and is read twice to be sure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wistia_lake.errors import ApiExhausted
from wistia_lake.log import get_logger
from wistia_lake.wistia.client import Answer, WistiaClient
from wistia_lake.wistia.endpoints import PER_PAGE, Endpoint, shown

_log = get_logger("wistia")
_NEVER_SAME: Final = b""


@dataclass(frozen=True, slots=True)
class Walk:
    """A finished walk. Times are of its first and last request, those of walks that were given up not included."""

    page_count: int
    """Pages that were consumed, an empty last one included."""
    first_requested_at: datetime
    last_requested_at: datetime
    restarts: int


async def walk(
    client: WistiaClient,
    endpoint: Endpoint,
    /,
    *,
    params: Mapping[str, str | int] | None = None,
    agree: Callable[[bytes, bytes], bool],
    count: Callable[[bytes], int],
    consume: Callable[[int, Answer], None],
    reset: Callable[[], None],
    restarts: int = 3,
    **path_values: str,
) -> Walk:
    """Read every page, from 1 to the first one that is short, and hand each to ``consume`` as it comes.

    ``consume`` gets number and answer, in order, each page once; of the last page it gets the second reading. ``reset``
    is called when the walk starts again: forget what was consumed. It does so if the two readings of the last page do
    not ``agree``, or a page is the full page before it once more. Pages are not kept, so memory holds two at most.

    Raises:
        ApiExhausted: the list never held still in ``restarts`` + 1 walks.
        ApiRejected, ApiGone, ApiExhausted, DataError: from the client, ``count`` or ``consume``, as they are.
    """
    query = {**(params or {}), "per_page": PER_PAGE}
    reason = ""
    for restart in range(restarts + 1):
        if restart > 0:
            _log.info("walk.restarted", endpoint=endpoint.name, restart=restart, reason=reason)
            reset()
        once = _Once(client, endpoint, query, path_values)
        found = await once.run(agree, count, consume)
        if isinstance(found, _Ended):
            return Walk(found.page_count, found.first_requested_at, found.last_requested_at, restart)
        reason = found
    place = f"GET {endpoint.label(path_values)}{shown({name: str(value) for name, value in query.items()})}"
    raise ApiExhausted(
        f"{place} did not hold still in {restarts + 1} readings: {reason}. Nothing of it was kept; run again later."
    )


@dataclass(frozen=True, slots=True)
class _Ended:
    page_count: int
    first_requested_at: datetime
    last_requested_at: datetime


@dataclass(frozen=True, slots=True)
class _Once:
    """One pass over the pages."""

    client: WistiaClient
    endpoint: Endpoint
    query: Mapping[str, str | int]
    path_values: Mapping[str, str]

    async def page(self, number: int) -> Answer:
        return await self.client.get(self.endpoint, params={**self.query, "page": number}, **self.path_values)

    async def run(
        self, agree: Callable[[bytes, bytes], bool], count: Callable[[bytes], int],
        consume: Callable[[int, Answer], None],
    ) -> _Ended | str:  # fmt: skip
        """The end of the pass, or why it must start again."""
        number = 1
        previous = _NEVER_SAME
        first = answer = await self.page(number)
        while count(answer.body) >= PER_PAGE:
            if answer.body == previous:
                return f"page {number} is page {number - 1} once more"
            consume(number, answer)
            previous = answer.body
            number += 1
            answer = await self.page(number)
        second = await self.page(number)
        if not agree(answer.body, second.body):
            return f"two readings of page {number}, the last, hold different rows"
        if count(second.body) >= PER_PAGE:
            return f"page {number} became full between two readings"
        consume(number, second)
        return _Ended(number, first.requested_at, second.requested_at)
