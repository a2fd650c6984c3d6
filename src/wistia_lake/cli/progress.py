"""Progress on stderr: a bar on a terminal for work over two seconds, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID
    from rich.text import Text

PATIENCE_S = 2.0
"""Work shorter than this shows nothing."""
LINE_EVERY_S = 10.0
"""Without a terminal, a line as often as this and no more."""


class TerminalReporter:
    """Says sentences and shows steps; a context manager, so that the bar never stays behind."""

    def __init__(self, stream: TextIO | None = None, *, is_terminal: bool | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._is_terminal = self._stream.isatty() if is_terminal is None else is_terminal
        self._lock = Lock()
        self._began: dict[str, float] = {}
        self._done: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._lined: dict[str, float] = {}
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away."""
        with self._lock:
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def say(self, text: str) -> None:
        """Show one finished sentence."""
        with self._lock:
            if self._bar is not None:
                self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
            else:
                print(text, file=self._stream, flush=True)

    def step(self, name: str, done: int, total: int | None) -> None:
        """Show how far a named piece of work is."""
        now = time.monotonic()
        with self._lock:
            if done < self._done.get(name, 0):
                self._forget(name)  # the same piece of work, begun anew
            self._done[name] = done
            began = self._began.setdefault(name, now)
            self._first.setdefault(name, done)
            if now - began < PATIENCE_S and name not in self._tasks:
                return
            if self._is_terminal:
                self._show_bar(name, done, total)
            else:
                self._show_line(name, done, total, now)

    def _forget(self, name: str) -> None:
        self._began.pop(name, None)
        self._first.pop(name, None)
        self._lined.pop(name, None)
        task = self._tasks.pop(name, None)
        if task is not None and self._bar is not None:
            self._bar.remove_task(task)

    def _show_line(self, name: str, done: int, total: int | None, now: float) -> None:
        finished = total is not None and done >= total
        if not finished and now - self._lined.get(name, self._began[name]) < LINE_EVERY_S:
            return
        self._lined[name] = now
        of = "" if total is None else f" of {total:,}"
        print(f"{name}: {done:,}{of}{self._pace(name, done, total, now)}", file=self._stream, flush=True)

    def _pace(self, name: str, done: int, total: int | None, now: float) -> str:
        """How fast it goes and how long it will still take, since this command began it."""
        seconds, steps = now - self._began[name], done - self._first[name]
        if total is None or seconds <= 0 or steps <= 0:
            return ""
        left = (total - done) * seconds / steps
        remains = f", {_duration(left)} left" if done < total else ""
        return f", {60 * steps / seconds:,.0f} a minute{remains}"

    def _show_bar(self, name: str, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = _new_bar(self._stream)
            self._bar.start()
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=total)
        self._bar.update(self._tasks[name], completed=done, total=total)


def _duration(seconds: float) -> str:
    """Seconds as a person would say them while waiting."""
    if seconds < 60:
        return "under a minute"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _rate(task: Task) -> Text:
    """Steps a minute."""
    from rich.text import Text

    return Text("" if task.speed is None else f"{60 * task.speed:,.0f} a minute")


def _new_bar(stream: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    class Rate(ProgressColumn):
        """How fast it goes."""

        def render(self, task: Task) -> Text:
            return _rate(task)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    return Progress(*columns, console=Console(file=stream), transient=True)
