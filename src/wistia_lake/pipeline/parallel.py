"""Several things at once, of which the first failure stops the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from wistia_lake.errors import WistiaLakeError

T = TypeVar("T")


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that fails with the one failure that says most, not with a group of them."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise _first_failure(failures) from None


async def in_parallel(jobs: Iterable[Coroutine[Any, Any, T]], at_once: int) -> list[T]:
    """Run jobs, at most ``at_once`` at a time, started in order; results in order. The first failure stops them all."""
    gate = asyncio.Semaphore(at_once)

    async def guarded(job: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await job

    pending = list(jobs)
    try:
        async with together() as group:
            tasks = [group.create_task(guarded(job)) for job in pending]
    finally:
        for job in pending:
            job.close()  # those that never began would warn that nobody awaited them
    return [task.result() for task in tasks]


def _first_failure(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure that says most: a bug before an error of ours, for that one would only hide it."""
    leaves: list[BaseException] = []

    def collect(found: BaseException) -> None:
        if isinstance(found, BaseExceptionGroup):
            for inner in found.exceptions:
                collect(inner)
        else:
            leaves.append(found)

    collect(failures)
    return next((leaf for leaf in leaves if not isinstance(leaf, WistiaLakeError)), leaves[0])
