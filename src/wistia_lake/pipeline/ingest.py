"""Ingest: read what is due from the API into bronze, and nothing else.

The order matters: everything that can be wrong is found before the first page; the lease comes before any look; the
media list before everything that is asked media by media. After that all slices are independent: each is read
completely and committed, or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any

from wistia_lake.bronze.layout import Looks, new_batch_id
from wistia_lake.bronze.lease import TTL, Lease, lease
from wistia_lake.bronze.listed import Handover
from wistia_lake.errors import ApiExhausted, ApiGone, ApiRejected, DataError
from wistia_lake.lake.marker import Marker, coverage_start, first_whole_day, read_marker
from wistia_lake.lake.store import Store, open_store
from wistia_lake.model import Clock, Reporter, Slice
from wistia_lake.pipeline import (
    ingest_account,
    ingest_counts,
    ingest_engagement,
    ingest_events,
    ingest_measured,
    ingest_medias,
    ingest_projects,
)
from wistia_lake.pipeline.expecting import least
from wistia_lake.pipeline.ingest_fan import medias_of
from wistia_lake.pipeline.ingest_setup import asked_range, holder, pseudonymizer_of
from wistia_lake.pipeline.ingest_work import Work
from wistia_lake.pipeline.parallel import in_parallel, together
from wistia_lake.pipeline.rotation import spares
from wistia_lake.pipeline.summary import IngestSummary
from wistia_lake.privacy.rows import MediaRow
from wistia_lake.settings import Loaded
from wistia_lake.wistia.access import required_token
from wistia_lake.wistia.opening import open_client


def ingest(
    loaded: Loaded,
    *,
    clock: Clock,
    reporter: Reporter,
    first: date | None = None,
    last: date | None = None,
    summary: IngestSummary | None = None,
    missing_only: bool = False,
    handover: Handover | None = None,
) -> IngestSummary:
    """Read everything that is due, or the account days ``first`` to ``last``, and commit it slice by slice.

    With ``missing_only`` slices that have a final look are left out; without days it then means all that can be read.
    Slices that failed while others went on are in the summary's ``problems``. A ``summary`` that is given is filled
    while the work goes on, so that it tells what was done also when it ends with an error. What is known of bronze at
    the end is given to the ``handover``.

    Raises:
        SettingsError, UsageError, LakeUnreadable: found before any page was asked for.
        LeaseHeld: another ingest is at work on this lake, or took it over.
        ApiRejected: the API will not answer this token.
        ApiExhausted: the API is down.
        StoreError: the store is.
    """
    required_token(loaded)  # before a folder is made for the lake
    store = open_store(loaded.settings.lake)
    return asyncio.run(ingest_into(store, loaded, clock, reporter, first, last, summary, missing_only, handover))


async def ingest_into(
    store: Store,
    loaded: Loaded,
    clock: Clock,
    reporter: Reporter,
    first: date | None = None,
    last: date | None = None,
    summary: IngestSummary | None = None,
    missing_only: bool = False,
    handover: Handover | None = None,
) -> IngestSummary:
    """:func:`ingest` into a store that is already open."""
    settings, now = loaded.settings, clock()
    token = required_token(loaded)
    marker = read_marker(store)
    start = first_whole_day(now) if marker is None else coverage_start(marker, settings.start)
    asked = asked_range(settings, first, last, now, settings.start or start, missing_only=missing_only)
    client = open_client(settings, token, clock)
    pseudonymizer = pseudonymizer_of(loaded, store)
    summary = summary if summary is not None else IngestSummary(run_id=new_batch_id(now))
    with lease(store, "ingest", holder=holder(), clock=clock) as held:
        work = Work(settings, store, client, clock, asked, pseudonymizer, reporter, held, summary)
        async with client:
            try:
                await with_heartbeat(_read_all(work), held)
                if handover is not None:
                    handover.give(work.listed, held)
            except ApiGone as exc:
                # Single medias may vanish; lists cannot, so that the base URL is not that of the API.
                raise ApiRejected(f"{exc} Check the base URL {client.base_url}.", status=404) from exc
            finally:
                summary.request_count = client.stats.requests
                summary.retry_count = client.stats.retries
                summary.throttled_count = client.stats.throttled
    return summary


async def with_heartbeat(
    work: Coroutine[Any, Any, None], held: Lease, seconds: float = TTL.total_seconds() / 3
) -> None:
    """Do the work while the lease is kept alive, also through a slice that takes longer than the lease.

    The work is stopped as soon as the lease is lost.
    """

    async def beat() -> None:
        while True:
            await asyncio.sleep(seconds)
            held.renew()

    async def do(beating: asyncio.Task[None]) -> None:
        await work
        beating.cancel()

    async with together() as group:
        group.create_task(do(group.create_task(beat())))


async def _read_all(work: Work) -> None:
    if work.settings.zone is None:
        work.reporter.say(
            "No zone is set, so days are UTC days; set the account's, which wistia-lake probe time-zone finds."
        )
    marker, medias = await _read_medias(work)
    start = coverage_start(marker, work.settings.start)
    looks = work.looks(ingest_events.STREAM)
    slices = ingest_events.plan(work, looks, start)
    _announce(work, looks, slices, medias)
    await _read_slices(work, looks, slices, medias, start)
    if work.unknown_fields:
        names = ", ".join(sorted(work.unknown_fields))
        work.reporter.say(f"Wistia sent fields that this version does not know; they were dropped: {names}.")


async def _read_medias(work: Work) -> tuple[Marker, list[MediaRow]]:
    """The media list; if it cannot be had, what bronze knows of it, so that the sessions are read all the same."""
    try:
        return await ingest_medias.read(work)
    except (ApiExhausted, DataError) as exc:
        marker = read_marker(work.store)
        if marker is None:
            raise  # nothing is known yet, and without the list it is not known where coverage starts
        work.summary.problems.append(exc)
    try:
        return marker, ingest_medias.known(work)
    except DataError:
        return marker, []  # the very damage that is noted already


def _announce(work: Work, looks: Looks, slices: list[Slice], medias: list[MediaRow]) -> None:
    """Say what is to come, before it takes its time."""
    requests, unknown = ingest_events.estimate(work, looks, slices)
    of_scopes = [least(work, scope, medias) for scope in work.scopes]
    requests += 1 + 2 + sum(asked for _, asked in of_scopes)  # the account's days, projects
    requests += ingest_measured.least(work, medias)
    count, known = sum(count for count, _ in of_scopes), _number(len(medias), "media")
    whose = known if count >= len(medias) else f"{count} of {known}"
    room = work.room()
    limited = room is not None and room < requests
    requests = requests if room is None else min(requests, room)
    rate = work.settings.requests_per_minute
    more = f", more if what is read for the first time ({_number(unknown, 'day')}) was busy" if unknown else ""
    more = ", all that this run may still make; the rest waits for the next one" if limited else more
    work.reporter.say(
        f"Reading {_number(len(slices), 'day')} of sessions and the statistics of {whose}: "
        f"{'up to' if limited else 'at least'} {requests} requests, {duration_text(requests / rate)} at {rate} a "
        f"minute{more}."
    )


def duration_text(minutes: float) -> str:
    """Minutes as people say them."""
    if minutes < 1:
        return "under a minute"
    return "a minute" if minutes < 1.5 else f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


async def _read_slices(work: Work, looks: Looks, slices: list[Slice], medias: list[MediaRow], start: date) -> None:
    """All slices, ``slices_in_flight`` of events at a time, and the statistics beside them.

    Where requests are spared the statistics come after the sessions, which tell who moved, and get what these left.
    """

    async def counts(scope: str) -> None:
        await work.attempt(ingest_counts.read_stats(work, scope, medias), f"media_stats {scope}")
        await work.attempt(ingest_counts.read_by_date(work, scope, medias, start), f"media_by_date {scope}")
        await work.attempt(ingest_engagement.read(work, scope, medias), f"{ingest_engagement.STREAM} {scope}")

    listed = {scope: medias_of(scope, medias) for scope in work.scopes}
    work.summary.media_count = len({media.media_id for of_scope in listed.values() for media in of_scope})
    later = any(spares(work.settings, of_scope) for of_scope in listed.values())
    # Scopes that share what is left of the run's requests take it in turn.
    at_once = work.settings.slices_in_flight if work.settings.max_requests is None else 1

    async def statistics() -> None:
        await in_parallel(map(counts, work.scopes), at_once)
        # After all the counters, which tell who moved; and one media tells for all scopes whether it is offered.
        measured = ingest_measured.read(work, medias, start)
        await work.attempt(measured, f"{ingest_measured.STREAM} account")

    async with together() as group:
        account = ingest_account.read(work, medias, start)
        lists = [
            group.create_task(work.attempt(account, f"{ingest_account.STREAM} account")),
            group.create_task(work.attempt(ingest_projects.read(work), f"{ingest_projects.STREAM} account")),
        ]
        if work.settings.max_requests is not None:
            await asyncio.gather(*lists)  # few requests, which are made before any is denied to others
        group.create_task(_read_events(work, looks, slices))
        if not later:
            group.create_task(statistics())
    if later:
        await statistics()


async def _read_events(work: Work, looks: Looks, slices: list[Slice]) -> None:
    """Slices of sessions, oldest first, as far as the run's requests reach; what was begun is read to its end."""
    reached = ingest_events.within(work, looks, slices, work.room())
    work.summary.waiting_day_count = len(slices)
    waiting = iter(reached)
    done = 0

    async def events() -> None:
        nonlocal done
        for slice_ in waiting:
            if work.room() == 0:
                return
            work.summary.waiting_day_count -= 1
            await work.attempt(ingest_events.read(work, looks, slice_), str(slice_))
            done += 1
            work.reporter.step(ingest_events.STREAM, done, len(reached))

    async with together() as group:
        for _ in range(work.settings.slices_in_flight):
            group.create_task(events())
