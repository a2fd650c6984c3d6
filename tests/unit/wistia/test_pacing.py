"""The pace: even, shared, halved once per burst, slowly recovered, stopped for everybody."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from itertools import pairwise

import pytest

from wistia_lake.errors import SettingsError
from wistia_lake.wistia.pacing import Pacer


def paced(time, rate, count, tasks=1):
    """When ``count`` requests per task are let go."""
    pacer = Pacer(rate, monotonic=time.monotonic, sleep=time.sleep)
    moments = []

    async def ask():
        for _ in range(count):
            moments.append(await pacer.acquire())  # noqa: PERF401  in the order of all tasks

    async def go():
        await asyncio.gather(*(ask() for _ in range(tasks)))

    asyncio.run(go())
    return moments


@pytest.mark.parametrize("tasks", [1, 7])
def test_requests_are_evenly_spaced_whoever_asks(time, tasks):
    moments = paced(time, 600, 70 // tasks, tasks)
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == pytest.approx([0.1] * 69)


@pytest.mark.parametrize("rate", [480, 590, 60_000])
def test_no_window_of_a_minute_holds_more_than_the_rate(time, rate):
    moments = paced(time, rate, rate * 2 + 50, 1)
    for first, moment in enumerate(moments):
        assert bisect_left(moments, moment + 60) - first <= rate + 2
    assert moments[-1] - moments[0] <= (len(moments) - 1) * 60 / rate + 0.001


def test_the_rate_is_kept_although_wakings_are_late(time):
    """Sleep that always takes 7 ms too long does not lower the rate."""
    exact = time.sleep

    async def late(seconds):
        await exact(seconds + 0.007)

    time.sleep = late
    moments = paced(time, 600, 201)
    assert moments[-1] - moments[0] == pytest.approx(20.0, abs=0.02)


def test_an_idle_minute_saves_nothing_up(time):
    pacer = Pacer(600, monotonic=time.monotonic, sleep=time.sleep)

    async def go():
        await pacer.acquire()
        time.now += 60
        return [await pacer.acquire() for _ in range(3)]

    first, second, third = asyncio.run(go())
    assert (second - first, third - second) == pytest.approx((0.1, 0.1))


def test_nothing_shorter_than_a_millisecond_is_slept(time):
    paced(time, 6_000_000, 2000)
    assert min(time.slept) >= 0.001


def test_a_burst_of_refusals_halves_the_rate_once(time):
    pacer = Pacer(600, monotonic=time.monotonic, sleep=time.sleep)

    async def go():
        in_flight = [await pacer.acquire() for _ in range(5)]
        for let_go_at in in_flight:
            pacer.throttled(let_go_at)
        assert pacer.current_rate == 300
        time.now += 1
        pacer.throttled(await pacer.acquire())
        assert pacer.current_rate == 150

    asyncio.run(go())


def test_the_rate_never_falls_to_nothing(time):
    pacer = Pacer(480, monotonic=time.monotonic, sleep=time.sleep)

    async def go():
        for _ in range(20):
            pacer.throttled(await pacer.acquire())

    asyncio.run(go())
    assert pacer.current_rate == 15


def test_the_rate_recovers_by_a_twentieth_every_ten_seconds(time):
    pacer = Pacer(600, monotonic=time.monotonic, sleep=time.sleep)

    async def go():
        pacer.throttled(await pacer.acquire())
        rates = []
        while pacer.current_rate < 600:
            let_go_at = await pacer.acquire()
            before = pacer.current_rate
            pacer.succeeded(let_go_at)
            if pacer.current_rate != before:
                rates.append((round(time.now - 1000), pacer.current_rate))
        return rates

    rates = asyncio.run(go())
    assert [rate for _, rate in rates] == [330 + 30 * step for step in range(10)]
    assert rates[0][0] == 10
    assert rates[-1][0] >= 100


def test_answers_to_requests_from_before_the_refusal_do_not_raise_the_rate(time):
    pacer = Pacer(600, monotonic=time.monotonic, sleep=time.sleep)

    async def go():
        early = await pacer.acquire()
        pacer.throttled(await pacer.acquire())
        time.now += 60
        pacer.succeeded(early)
        assert pacer.current_rate == 300

    asyncio.run(go())


def test_a_pause_holds_for_those_who_already_wait(time):
    pacer = Pacer(60, monotonic=time.monotonic, sleep=time.sleep)

    async def go():
        let_go_at = await pacer.acquire()
        waiting = [asyncio.create_task(pacer.acquire()) for _ in range(3)]
        pacer.throttled(let_go_at, 100)
        return await asyncio.gather(*waiting)

    assert asyncio.run(go()) == pytest.approx([1100, 1102, 1104])


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_must_be_positive(time, rate):
    with pytest.raises(SettingsError):
        Pacer(rate, monotonic=time.monotonic)
