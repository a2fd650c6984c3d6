"""The simulated account: what exists and what has happened, at any instant, from scenario and seed alone."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wistia_lake.sandbox.catalog import scenario as named_scenario
from wistia_lake.sandbox.clock import DAY, Calendar, day_number, from_seconds, two_years_before, utc_day
from wistia_lake.sandbox.scenario import Edit, Media, Options, Scenario
from wistia_lake.sandbox.sessions import Session
from wistia_lake.sandbox.traffic import DayTraffic, SessionMaker, account_days, day_traffic, plays_and_loads

KEPT_SESSIONS = 60_000
"""Sessions held in memory at most (beyond the day just made), about 50 MB."""
KEPT_DAYS = 2_000


@dataclass(frozen=True, slots=True)
class Counters:
    """Lifetime counters of one media at an instant."""

    load_count: int
    play_count: int
    visitors: int
    unique_plays: int
    engagement: float

    @property
    def play_rate(self) -> float:
        """Players per visitor; reproduces recorded answers to the last digit."""
        return self.unique_plays / self.visitors if self.visitors else 0.0


class World:
    """One account with its history. Time is always passed in."""

    def __init__(
        self, scenario: Scenario | str, seed: int = 1, options: Options | None = None, edits: Sequence[Edit] = ()
    ) -> None:
        self.scenario = named_scenario(scenario) if isinstance(scenario, str) else scenario
        self.seed = seed
        self.options = options or Options()
        self.calendar = Calendar(self.scenario.zone)
        self.medias: dict[str, Media] = {media.hashed_id: media for media in self.scenario.medias}
        self._edits: dict[str, list[Edit]] = defaultdict(list)
        self.version = 0
        """Moves with every change made by hand, so that nobody keeps an answer from before it."""
        for edit in (*self.scenario.edits, *edits):
            self.apply(edit)
        first_bucket = self.calendar.bounds(self.scenario.first_day)[0] // 1000
        self._maker = SessionMaker(self.scenario, seed, self.options, first_bucket)
        self._sessions: OrderedDict[tuple[str, date], dict[int, list[Session]]] = OrderedDict()
        self._held = 0
        self._traffic: OrderedDict[tuple[str, date], DayTraffic] = OrderedDict()
        self._totals: dict[str, list[tuple[int, int]]] = {}

    # -- changes by hand ------------------------------------------------------------------------------------------

    def apply(self, edit: Edit) -> None:
        """Add one dated edit."""
        self._edits[edit.media_id].append(edit)
        self._edits[edit.media_id].sort(key=lambda item: item.at)
        self.version += 1

    def edit(self, media_id: str, at: datetime, **changes: object) -> None:
        """Change fields of a media from ``at`` on."""
        self.apply(Edit(at, media_id, changes))

    def rename(self, media_id: str, title: str, at: datetime) -> None:
        """Give a media another title; its sessions show it too, as title at reading."""
        self.edit(media_id, at, title=title)

    def delete(self, media_id: str, at: datetime) -> None:
        """Delete a media: it leaves the list and answers 404."""
        self.edit(media_id, at, deleted_at=at)

    def restore(self, media_id: str, at: datetime) -> None:
        """Bring a deleted media back."""
        self.edit(media_id, at, deleted_at=None)

    def set_duration(self, media_id: str, duration: float | None, at: datetime) -> None:
        """Change the length that the list serves."""
        self.edit(media_id, at, duration=duration)

    def add_media(self, media: Media) -> None:
        """Add a media; it exists from its ``created`` on."""
        self.medias[media.hashed_id] = media
        self.version += 1

    # -- medias ---------------------------------------------------------------------------------------------------

    def media_at(self, media_id: str, now: datetime) -> Media | None:
        """The media as it is at ``now``, deleted or not; None before it is created or if unknown."""
        media = self.medias.get(media_id)
        if media is None or media.created > now:
            return None
        for edit in self._edits[media_id]:
            if edit.at > now:
                break
            changes: dict[str, Any] = dict(edit.changes)
            if edit.touches_updated:
                changes.setdefault("updated", edit.at)
            media = replace(media, **changes)
        return media

    def present_medias(self, now: datetime) -> list[Media]:
        """Every media that exists at ``now``, in rising id order."""
        states = (self.media_at(media_id, now) for media_id in self.medias)
        return sorted((state for state in states if state and not state.deleted_at), key=lambda state: state.id)

    def present_media(self, media_id: str, now: datetime) -> Media | None:
        """The media if it exists at ``now``."""
        media = self.media_at(media_id, now)
        return None if media is None or media.deleted_at else media

    # -- counters -------------------------------------------------------------------------------------------------

    def day_counts(self, media_id: str, day: date, now: datetime) -> tuple[int, int]:
        """Loads and plays of one local day as far as they have happened by ``now``."""
        media = self.medias[media_id]
        if day < self._first_day(media):
            return 0, 0
        today = self.calendar.day_of(now)
        if day > today:
            return 0, 0
        if day < today:
            plays, loads = plays_and_loads(media, day, self.seed)
            return loads, plays
        return self._day_traffic(media, day).until(now.timestamp())

    def counters(self, media_id: str, now: datetime) -> Counters:
        """Lifetime counters: sums of the days before today, and today so far."""
        media, today = self.medias[media_id], self.calendar.day_of(now)
        first = self._first_day(media)
        loads, plays = self._total_before(media, (today - first).days)
        more_loads, more_plays = self.day_counts(media_id, today, now)
        loads, plays = loads + more_loads, plays + more_plays
        unique = plays - plays * 7 // 100
        # Both steps only ever rise with the counters, and keep unique_plays <= visitors <= loads.
        visitors = unique + (loads - plays) - (loads - plays) * 14 // 100
        return Counters(loads, plays, visitors, unique, self._engagement(media, plays))

    def _engagement(self, media: Media, plays: int) -> float:
        if not plays:
            return 0.0
        drift = (plays // 25 * 37 + media.id) % 101 - 50
        return round(media.traffic.engagement + drift * 0.000031, 6)

    def _first_day(self, media: Media) -> date:
        return max(self.scenario.first_day, self.calendar.day_of(media.created))

    def _total_before(self, media: Media, days: int) -> tuple[int, int]:
        """Loads and plays of the first ``days`` days of a media's life."""
        sums = self._totals.setdefault(media.hashed_id, [(0, 0)])
        first = self._first_day(media)
        while len(sums) <= days:
            plays, loads = plays_and_loads(media, first + timedelta(days=len(sums) - 1), self.seed)
            sums.append((sums[-1][0] + loads, sums[-1][1] + plays))
        return sums[max(0, days)]

    def _day_traffic(self, media: Media, day: date) -> DayTraffic:
        key = (media.hashed_id, day)
        found = self._traffic.get(key)
        if found is None:
            start, end = self.calendar.bounds(day)
            start = min(max(start, int(media.created.timestamp()) + 60), end - 1)
            found = self._traffic[key] = day_traffic(media, day, (start, end), self.seed)
            if len(self._traffic) > KEPT_DAYS:
                self._traffic.popitem(last=False)
        return found

    # -- sessions -------------------------------------------------------------------------------------------------

    def local_day_sessions(self, media_id: str, day: date) -> dict[int, list[Session]]:
        """The sessions of a media's local day, by the UTC days in which they may be found."""
        key = (media_id, day)
        found = self._sessions.get(key)
        if found is not None:
            self._sessions.move_to_end(key)
            return found
        media = self.medias[media_id]
        found = defaultdict(list)
        if day >= self._first_day(media):
            for session in self._maker.sessions(media, day, self._day_traffic(media, day).plays):
                for number in session.days():
                    found[number].append(session)
        self._sessions[key] = found
        self._held += sum(map(len, found.values()))
        while self._held > KEPT_SESSIONS and len(self._sessions) > 1:
            _, dropped = self._sessions.popitem(last=False)
            self._held -= sum(map(len, dropped.values()))
        return found

    def visible(self, media_id: str, day: date, now: datetime) -> list[Session]:
        """The media's sessions that the API shows for a UTC day at ``now``, newest first."""
        rows, seconds = self.shown(media_id, day, now), now.timestamp()
        rows.sort(key=lambda session: order(session, seconds))
        return rows

    def shown(self, media_id: str, day: date, now: datetime) -> list[Session]:
        """The same in no particular order."""
        state, seconds, number = self.media_at(media_id, now), now.timestamp(), day_number(day)
        if state is None or (state.deleted_at and self.options.deleted_sessions == "vanish"):
            return []
        ended = state.deleted_at.timestamp() if state.deleted_at else seconds
        first, end = max(self.edge(now), number * DAY), (number + 1) * DAY
        return [
            session
            for session in self._candidates(media_id, number)
            if session.visible_at <= seconds
            and session.play_at <= ended
            and first <= session.received_at(seconds) < end
        ]

    def edge(self, now: datetime) -> float:
        """Unix seconds of the oldest row shown at ``now``."""
        edge = two_years_before(now).timestamp()
        return edge // DAY * DAY if self.options.edge == "day" else edge

    def first_session_day(self) -> date:
        """No session is older than this UTC day."""
        return from_seconds(self.calendar.bounds(self.scenario.first_day)[0]).date()

    def _candidates(self, media_id: str, number: int) -> Iterator[Session]:
        first, last = account_days(number)
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if self.calendar.bounds(day)[0] < (number + 1) * DAY:
                yield from self.local_day_sessions(media_id, day).get(number, ())

    def find_event(self, key: str, now: datetime) -> Session | None:
        """The session of an event key that is visible at ``now``; of twins the one viewed more (unknown: assumed)."""
        prefix = key[:7]
        if not (prefix.isdecimal() and prefix.isascii()):
            return None
        born = from_seconds(int(prefix) * 1000).date()
        found: list[Session] = []
        for media_id in self.medias:
            for offset in range(-1, 2):
                rows = self.visible(media_id, born + timedelta(days=offset), now)
                found += [session for session in rows if session.event_key == key]
        return max(found, key=lambda session: session.percent_at(now.timestamp()), default=None)


def order(session: Session, seconds: float) -> tuple[int, str, str]:
    """Newest first; ties by key, so that the order is total and stable."""
    return -session.received_at(seconds), session.event_key, session.visitor.key


__all__ = ["Counters", "World", "order", "utc_day"]
