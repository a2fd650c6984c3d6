"""Progress: nothing for short work, plain lines without a terminal, a bar on one."""

from __future__ import annotations

import io

import pytest
from rich.progress import Progress

from wistia_lake.cli import progress
from wistia_lake.cli.progress import TerminalReporter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, as a list whose only item is the time."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_short_work_shows_nothing(clock):
    out = io.StringIO()
    with TerminalReporter(out, is_terminal=False) as reporter:
        reporter.step("events", 0, 2)
        clock[0] += 1.9
        reporter.step("events", 2, 2)
    assert out.getvalue() == ""


def test_long_work_shows_a_line_every_ten_seconds_and_at_its_end(clock):
    out = io.StringIO()
    with TerminalReporter(out, is_terminal=False) as reporter:
        for done in range(0, 1001, 100):
            reporter.step("events", done, 1000)
            clock[0] += 3
        reporter.say("done")
    assert out.getvalue().splitlines() == [
        "events: 400 of 1,000, 2,000 a minute, under a minute left",
        "events: 800 of 1,000, 2,000 a minute, under a minute left",
        "events: 1,000 of 1,000, 2,000 a minute",
        "done",
    ]


def test_the_bar_tells_the_pace(clock):
    bar = Progress(get_time=lambda: clock[0])
    task = bar.add_task("events", total=100)
    assert progress._rate(bar.tasks[0]).plain == ""
    for done in (0, 20, 40):
        bar.update(task, completed=done)
        clock[0] += 10
    assert progress._rate(bar.tasks[0]).plain == "120 a minute"


def test_work_that_begins_anew_is_timed_anew(clock):
    out = io.StringIO()
    with TerminalReporter(out, is_terminal=False) as reporter:
        reporter.step("build", 6, 6)
        clock[0] += 60
        reporter.step("build", 0, 6)
        reporter.step("build", 6, 6)
    assert out.getvalue() == ""


def test_the_remaining_time_is_that_of_the_pace_so_far(clock):
    out = io.StringIO()
    with TerminalReporter(out, is_terminal=False) as reporter:
        reporter.step("events", 1, 91)
        clock[0] += 30
        reporter.step("events", 31, 91)
        clock[0] += 30
        reporter.step("events", 33, 7331)
    assert out.getvalue().splitlines() == [
        "events: 31 of 91, 60 a minute, 1 min left",
        "events: 33 of 7,331, 32 a minute, 3.8 h left",
    ]


def test_a_total_may_be_unknown(clock):
    out = io.StringIO()
    with TerminalReporter(out, is_terminal=False) as reporter:
        reporter.step("pages", 1, None)
        clock[0] += 11
        reporter.step("pages", 12, None)
    assert out.getvalue() == "pages: 12\n"


def test_a_terminal_gets_a_bar_that_does_not_stay(clock):
    out = io.StringIO()
    with TerminalReporter(out, is_terminal=True) as reporter:
        reporter.step("events", 1, 10)
        clock[0] += 2.5
        reporter.step("events", 5, 10)
        reporter.say("a sentence [with brackets]")
    assert "a sentence [with brackets]" in out.getvalue()
    reporter.close()
