"""Page by page from a request log to complete walks, as a careful reader counts them.

An answer that a fault broke is none. What remains may still be a lie, so these rules are part of the truth; they are a
reader's only defence, and what passes them no reader can tell from the real thing:

- The first short page is read a second time and must have the same rows; the second reading is what counts.
- The page before once more makes the whole walk void.
- Rows that are no rows are left out, up to a thousandth of a walk; with more of them the walk is void.
- A walk that lacks more than a hundredth (and more than five) of the rows that a walk of a finished day had before is
  believed only when the next walk of the same round lacks exactly the same rows.

So an empty page is believed where it is served twice and nothing is known to be missing: the next walk finds the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Generic, TypeVar

from wistia_lake.sandbox.fault_kinds import KINDS
from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.world import World, order

_BAD_SHARE = 0.001
_LOST_SHARE, _LOST_COUNT = 0.01, 5


def reach(line: Mapping[str, Any]) -> str:
    """What a reader got of an answered request: see ``fault_kinds.Reach``."""
    fault = line.get("fault")
    return "answer" if fault is None else KINDS[fault].reach


@dataclass(slots=True)
class Page:
    """One page as it was served."""

    number: int
    size: int
    at: datetime
    rows: int
    is_lie: bool = False
    """Served empty though it was not."""
    spoiled: frozenset[int] = frozenset()

    @property
    def is_last(self) -> bool:
        """Whether no reader asks for the next one."""
        return self.rows < self.size


@dataclass(slots=True)
class Walk:
    """Pages of one list in ascending order. Its instant is that of its first page."""

    at: datetime
    number: int
    """Place in the log, which tells walks at the same instant apart."""
    round: int = 0
    """Which run of the reader it belongs to: each begins with the media list."""
    pages: list[Page] = field(default_factory=list)

    @property
    def is_lie(self) -> bool:
        """Whether any of its pages was served empty though it was not."""
        return any(page.is_lie for page in self.pages)

    @property
    def is_plain(self) -> bool:
        """Whether every page is as the account was at the walk's instant."""
        return not any(page.is_lie or page.spoiled or page.at != self.at for page in self.pages)

    @property
    def is_too_bad(self) -> bool:
        """Whether more of its rows are no rows than a reader puts up with."""
        return sum(len(page.spoiled) for page in self.pages) > _BAD_SHARE * sum(page.rows for page in self.pages)


W = TypeVar("W", bound=Walk)


class EventWalk(Walk):
    """One look at a UTC day of sessions, of the account or of one media."""

    day: date
    media_id: str | None
    __slots__ = ("_sessions", "day", "media_id")

    def rows(self, world: World, media_id: str) -> list[tuple[Session, datetime]]:
        """The sessions of one media as this walk saw them, each with the instant of its page."""
        if self.is_plain:
            return [(session, self.at) for session in world.visible(media_id, self.day, self.at)]
        return [found for found in self.seen(world).values() if found[0].media_id == media_id]

    def seen(self, world: World) -> dict[tuple[str, str], tuple[Session, datetime]]:
        """Every session of the walk by its keys; of one repeated inside a walk, the later request counts."""
        try:
            return self._sessions
        except AttributeError:
            self._sessions: dict[tuple[str, str], tuple[Session, datetime]] = {}
        for page in self.pages:
            for place, session in enumerate(page_rows(world, self.day, self.media_id, page)):
                if place not in page.spoiled:
                    self._sessions[session.event_key, session.visitor.key] = session, page.at
        return self._sessions

    def keys(self, world: World) -> set[object]:
        """What tells its sessions apart."""
        return set(self.seen(world))

    def is_of_a_finished_day(self, settle: timedelta) -> bool:
        """Whether the day and the time to settle were over when it began."""
        return self.at >= datetime.combine(self.day, time.min, tzinfo=self.at.tzinfo) + timedelta(days=1) + settle


def page_rows(world: World, day: date, media_id: str | None, page: Page) -> list[Session]:
    """The sessions on one page of a UTC day."""
    if page.is_lie:
        return []
    medias = [media_id] if media_id else list(world.medias)
    rows = [session for media in medias for session in world.visible(media, day, page.at)]
    rows.sort(key=lambda session: order(session, page.at.timestamp()))
    return rows[(page.number - 1) * page.size : page.number * page.size]


@dataclass(slots=True)
class Walker(Generic[W]):
    """Puts the pages of one list together, request by request."""

    begin: Callable[[datetime, int], W]
    agree: Callable[[W, Page, Page], bool]
    complete: list[W] = field(default_factory=list)
    running: W | None = None

    def step(self, number: int, line: Mapping[str, Any], at: datetime, round_: int, size: int) -> None:
        """One request for a page that got an answer."""
        running, got = self.running, reach(line)
        if running is not None and running.round != round_:
            running = self.running = None
        if got == "stale":
            self.running = None
            return
        page = Page(max(1, int(line["query"].get("page") or 1)), size, at, line["rows"], got == "empty",
                    frozenset(line.get("spoiled", ())))  # fmt: skip
        if running is not None and self._is_second_reading(running, page):
            self._finish(running, page)
        elif page.number == 1:
            self.running = self.begin(at, number)
            self.running.round = round_
            self.running.pages.append(page)
        elif running is not None and page.number == running.pages[-1].number + 1 and not running.pages[-1].is_last:
            running.pages.append(page)

    @staticmethod
    def _is_second_reading(running: W, page: Page) -> bool:
        last = running.pages[-1]
        return last.is_last and page.number == last.number

    def _finish(self, running: W, page: Page) -> None:
        self.running = None
        if page.is_last and self.agree(running, running.pages[-1], page):
            running.pages[-1] = page
            if not running.is_too_bad:
                self.complete.append(running)


def believed(walks: Iterable[W], keys: Callable[[W], set[object]], is_final: Callable[[W], bool]) -> list[W]:
    """The walks that a reader keeps of one list, in the order of the log; see the last rule above."""
    kept: list[W] = []
    held: W | None = None
    doubted: tuple[W, set[object]] | None = None
    for walk in walks:
        lost = keys(held) - keys(walk) if held is not None and is_final(held) else set()
        is_doubtful = len(lost) > max(_LOST_COUNT, _LOST_SHARE * len(keys(held))) if held is not None else False
        if doubted is not None and doubted[0].round == walk.round:
            is_kept, doubted = doubted[1] == lost, None
        else:
            is_kept, doubted = not is_doubtful, (walk, lost) if is_doubtful else None
        if is_kept:
            kept.append(walk)
            held = walk
    return kept
