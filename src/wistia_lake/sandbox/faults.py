"""What goes wrong at a simulated account, as a script: plain data, from a test or a TOML or JSON file.

    [[fault]]
    what = "error_503"
    endpoint = "/stats/medias/*/by_date"
    every = 3

A fault says *what* happens and *when*: to which requests (endpoint, media, day, page), to which of these (the n-th,
each n-th, a share) and how often. All that is given must hold. The outcome depends on the script and the order of
requests alone: shares are drawn from the fault's own seed. ``KINDS`` lists what there is.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from wistia_lake.sandbox.answer import Answer
from wistia_lake.sandbox.fault_kinds import KINDS, REVOKED, STEP, Ask, Fault, Outcome

__all__ = ["KINDS", "Ask", "Fault", "Faults", "Outcome", "parse_script", "read_script"]


class _Script(msgspec.Struct, forbid_unknown_fields=True):
    fault: list[Fault] = []


def read_script(path: Path | str) -> list[Fault]:
    """The faults of a TOML or JSON file; ValueError says what is wrong with it."""
    text = Path(path).read_text(encoding="utf-8")
    try:
        found: Any = json.loads(text) if str(path).endswith(".json") else tomllib.loads(text)
    except ValueError as problem:  # both kinds of parser raise a kind of it
        raise ValueError(f"it is neither TOML nor, named *.json, JSON: {problem}") from problem
    return parse_script(found)


def parse_script(found: object) -> list[Fault]:
    """Faults from plain data: a list of them, or that list under ``fault``; ValueError says what is wrong."""
    try:
        script = msgspec.convert({"fault": found} if isinstance(found, list) else found, _Script).fault
    except msgspec.ValidationError as problem:
        raise ValueError(str(problem)) from problem
    for fault in script:
        if fault.what not in KINDS:
            raise ValueError(f"there is no fault {fault.what!r}; there are {', '.join(KINDS)}")
        if sum(value is not None for value in (fault.call, fault.every, fault.rate)) > 1:
            raise ValueError(f"the fault {fault.what} has more than one of call, every and rate")
    return script


@dataclass(slots=True)
class _Running:
    """A fault and what it has met so far."""

    fault: Fault
    met: int = 0
    done: int = 0
    random: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        self.random = Random(self.fault.seed)

    def is_due(self, ask: Ask) -> bool:
        """Whether this request is to go wrong; counts it."""
        fault = self.fault
        if not _concerns(fault, ask):
            return False
        self.met += 1
        if fault.times is not None and self.done >= fault.times:
            return False
        if fault.call is not None:
            return self.met == fault.call
        if fault.every is not None:
            return self.met % fault.every == 0
        return fault.rate is None or self.random.random() < fault.rate


def _concerns(fault: Fault, ask: Ask) -> bool:
    if fault.endpoint is not None and not fnmatchcase(ask.path, fault.endpoint):
        return False
    if fault.media is not None and fault.media not in (*ask.path.split("/"), ask.one("media_id")):
        return False
    if fault.day is not None and not fault.day == ask.one("start_date") == ask.one("end_date"):
        return False
    return fault.page is None or ask.page == fault.page


class Faults:
    """A script under way: how one site goes wrong."""

    def __init__(self, script: Iterable[Fault] = ()) -> None:
        self._script = [_Running(fault) for fault in script]
        self._is_revoked = False
        self._keeps_pages = any(running.fault.what == "page_twice" for running in self._script)
        self._pages: dict[object, tuple[int, Answer]] = {}

    def step(self, ask: Ask) -> timedelta:
        """How far the simulated present moves before this request is answered."""
        steps = [run for run in self._script if run.fault.what == STEP and run.is_due(ask)]
        for run in steps:
            run.done += 1
        return timedelta(seconds=sum(run.fault.seconds_or(60) for run in steps))

    def answer(self, ask: Ask, now: datetime, true_answer: Callable[[], Answer]) -> Outcome:
        """What is answered instead of, or as, the true answer: the first fault that is due decides."""
        if self._is_revoked:
            return KINDS[REVOKED].answer(Fault(what=REVOKED), ask, now, true_answer)
        for run in [run for run in self._script if run.fault.what != STEP and run.is_due(ask)]:
            outcome = self._outcome(run.fault, ask, now, true_answer)
            if outcome is not None:
                run.done += 1
                return outcome
        return Outcome(self._remembered(ask, true_answer()))

    def _outcome(self, fault: Fault, ask: Ask, now: datetime, true_answer: Callable[[], Answer]) -> Outcome | None:
        self._is_revoked = fault.what == REVOKED
        if fault.what == "page_twice":
            before = self._pages.get(ask.list_key)
            return Outcome(before[1], fault.what) if before is not None and before[0] == ask.page - 1 else None
        found = KINDS[fault.what].answer(fault, ask, now, true_answer)
        return found if found.fault is not None else None

    def _remembered(self, ask: Ask, answer: Answer) -> Answer:
        if self._keeps_pages:
            self._pages[ask.list_key] = ask.page, answer
        return answer
