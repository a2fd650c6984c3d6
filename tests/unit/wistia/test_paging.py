"""The walk: every page in order, the last one twice, nothing lost while rows arrive."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wistia_lake.errors import ApiExhausted
from wistia_lake.wistia.endpoints import EVENTS
from wistia_lake.wistia.paging import walk


class MovingList:
    """A newest-first list that grows before given requests (counted from 0), as served by Wistia."""

    def __init__(self, rows: int, arrivals: dict[int, int] | None = None) -> None:
        self.rows = list(range(rows, 0, -1))
        self.arrivals = arrivals or {}
        self.pages: list[int] = []

    async def __call__(self, request):
        page, per_page = int(request.query["page"]), int(request.query["per_page"])
        for _ in range(self.arrivals.get(len(self.pages), 0)):
            self.rows.insert(0, len(self.rows) + 1)
        self.pages.append(page)
        return web.json_response(self.rows[(page - 1) * per_page : page * per_page])


def walked(api, handler, **options):
    """The walk, and what it consumed."""
    consumed: list[tuple[int, list[int]]] = []

    async def go():
        async with api.serve(handler) as base, api.client(base) as client:
            return await walk(
                client,
                EVENTS,
                params={"start_date": "2025-03-12"},
                agree=lambda first, second: json.loads(first) == json.loads(second),
                count=lambda body: len(json.loads(body)),
                consume=lambda number, answer: consumed.append((number, json.loads(answer.body))),
                reset=consumed.clear,
                **options,
            )

    return asyncio.run(go()), consumed


@pytest.mark.parametrize(
    ("rows", "asked"),
    [(0, [1, 1]), (1, [1, 1]), (99, [1, 1]), (100, [1, 2, 2]), (101, [1, 2, 2]), (350, [1, 2, 3, 4, 4])],
)
def test_pages_are_read_in_order_and_the_last_one_twice(api, rows, asked):
    source = MovingList(rows)
    result, consumed = walked(api, source)
    assert source.pages == asked
    assert [number for number, _ in consumed] == list(range(1, result.page_count + 1))
    assert [row for _, page in consumed for row in page] == source.rows
    assert result.restarts == 0
    assert api.requests[0].query["per_page"] == "100"
    assert api.requests[0].query["start_date"] == "2025-03-12"


def test_times_are_those_of_the_first_and_the_last_request(api, time):
    start = time.clock()
    result, _ = walked(api, MovingList(250))
    assert result.first_requested_at == start
    assert result.last_requested_at == time.clock()
    assert result.last_requested_at > start


def test_a_last_page_that_changes_starts_the_walk_again(api):
    source = MovingList(150, {2: 1})
    result, consumed = walked(api, source)
    assert source.pages == [1, 2, 2, 1, 2, 2]
    assert result.restarts == 1
    assert [row for _, page in consumed for row in page] == source.rows


def test_a_last_page_that_fills_up_starts_the_walk_again(api):
    result, consumed = walked(api, MovingList(99, {1: 1}))
    assert result.restarts == 1
    assert len(consumed) == 2
    assert consumed[1] == (2, [])


def test_of_the_last_page_the_second_reading_counts(api):
    """A running session's share viewed may have grown between the two."""
    shares = iter([0.25, 0.5])

    async def growing(_request):
        return web.json_response([next(shares)])

    consumed = []

    async def go():
        async with api.serve(growing) as base, api.client(base) as client:
            await walk(
                client, EVENTS, agree=lambda first, second: True, count=lambda body: len(json.loads(body)),
                consume=lambda number, answer: consumed.append((number, answer.body)), reset=consumed.clear,
            )  # fmt: skip

    asyncio.run(go())
    assert consumed == [(1, b"[0.5]")]


def test_a_list_that_never_holds_still_is_given_up_by_name(api):
    source = MovingList(50, dict.fromkeys(range(1, 100, 2), 1))
    with pytest.raises(ApiExhausted, match=r"GET /stats/events \(start_date 2025-03-12\).*4 readings.*last"):
        walked(api, source)
    assert source.pages == [1, 1] * 4


def test_a_server_that_sends_the_same_page_for_ever_is_found_out(api):
    async def stuck(_request):
        return web.json_response(list(range(100)))

    with pytest.raises(ApiExhausted, match="page 2 is page 1 once more"):
        walked(api, stuck)
    assert len(api.requests) == 8


def test_the_number_of_restarts_can_be_chosen(api):
    with pytest.raises(ApiExhausted, match="1 readings"):
        walked(api, MovingList(50, {1: 1}), restarts=0)


def test_there_is_no_page_cap(api):
    result, consumed = walked(api, MovingList(30_000))
    assert result.page_count == 301
    assert sum(len(page) for _, page in consumed) == 30_000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
@given(rows=st.integers(0, 420), arrivals=st.dictionaries(st.integers(0, 12), st.integers(1, 130), max_size=4))
def test_no_row_that_was_there_at_the_start_is_lost_while_rows_arrive(api, rows, arrivals):
    source = MovingList(rows, arrivals)
    _, consumed = walked(api, source, restarts=20)
    found = {row for _, page in consumed for row in page}
    assert set(range(1, rows + 1)) <= found
    assert found <= set(source.rows)
