"""Of several things at once the first failure stops the others, and is told by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from wistia_lake.errors import DataError
from wistia_lake.pipeline.parallel import in_parallel, together


async def _fails(with_what: Exception) -> None:
    raise with_what


async def _waits() -> None:
    await asyncio.Event().wait()


def _run(*jobs: Coroutine[Any, Any, None]) -> None:
    asyncio.run(in_parallel(jobs, at_once=8))


@pytest.mark.parametrize("bug_at", [0, 1, 2])
def test_a_bug_is_told_before_an_error_of_ours(bug_at: int) -> None:
    failures: list[Exception] = [DataError("ours"), DataError("ours too")]
    failures.insert(bug_at, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        _run(*map(_fails, failures))


def test_an_error_of_ours_stops_what_still_waits() -> None:
    with pytest.raises(DataError, match="ours"):
        _run(_waits(), _fails(DataError("ours")), _waits())


def test_what_is_raised_beside_the_tasks_comes_alone_too() -> None:
    async def work() -> None:
        async with together() as group:
            group.create_task(_waits())
            raise DataError("ours")

    with pytest.raises(DataError, match="ours"):
        asyncio.run(work())


def test_groups_within_groups_come_out_as_one_failure() -> None:
    with pytest.raises(DataError, match="inner"):
        _run(in_parallel([_fails(DataError("inner"))], at_once=1), _waits())  # type: ignore[arg-type]
