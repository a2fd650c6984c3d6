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
    """A task group that fails with one of its failures, not with a group of them: it raises nothing but such groups.

    A bug comes before an error of ours, for that one would only hide it.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        bugs = [one for one in failed.exceptions if not isinstance(one, WistiaLakeError)]
        raise (bugs or failed.exceptions)[0] from None


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
