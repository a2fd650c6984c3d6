"""What a ranking of zones says, in words that ``probe time-zone``, ``init`` and ``doctor`` share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from wistia_lake.model import ONE_DAY
from wistia_lake.probes.zone_score import Counts, Ranking, Score, rank
from wistia_lake.probes.zones import Candidate, candidates, midnights

Verdict = Literal["clear", "narrow", "not enough data", "no zone fits"]

FEWEST_DAYS: Final = 4
"""Below, one strange day could decide."""
WIDEST: Final = 4
"""Quarters of an hour between plausible midnights up to which the best one is worth proposing."""
MOST_DISORDER: Final = 0.15
"""Share of days that follow no rule even in the best zone, above which no zone is believed."""
SHOWN: Final = 5
"""Candidates in a list, or all that are plausible."""
NAMED: Final = 6
"""Zones that count alike, named in a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Which zone the account's days are in, as far as the data tells."""

    verdict: Verdict
    """``clear``: one way of counting days is left; ``narrow``: some, at most an hour apart."""
    ranking: Ranking | None
    """None if there is nothing to compare."""
    first: date | None
    """First and last day with plays."""
    last: date | None
    day_count: int
    """Days with plays."""
    media_count: int
    play_count: int
    session_count: int

    @property
    def best(self) -> Candidate | None:
        """The zone to propose; None unless the verdict is clear or narrow."""
        if self.ranking is None or self.verdict not in {"clear", "narrow"}:
            return None
        return self.ranking.scores[0].candidate

    @property
    def plausible(self) -> tuple[Score, ...]:
        """Every candidate that is left; none if nothing can be said."""
        return self.ranking.plausible if self.ranking is not None and self.verdict != "no zone fits" else ()

    def contradicts(self, zone: str) -> bool:
        """Whether the data rules a zone out, although it may not tell which one is right."""
        if self.day_count < FEWEST_DAYS or not self.plausible:
            return False
        left = [one.candidate for one in self.plausible]
        last = left[0].first + (len(left[0].midnights) - 2) * ONE_DAY
        where = midnights(zone, left[0].first, last)
        return all(one.midnights != where for one in left)

    @property
    def conclusion(self) -> str:
        """What it says, in one sentence without its end."""
        if self.verdict == "no zone fits":
            return "too many days have sessions and plays that do not belong together in any zone"
        if self.best is None:
            return "not enough data to tell the account's zone"
        others = [one.candidate.zone for one in self.plausible[1:]]
        certain = f"not ruled out: {', '.join(others)}" if others else "no other way of counting days is left"
        return f"the account's days are most likely those of {self.best.zone}; {certain}"

    @property
    def choice(self) -> str | None:
        """Which zones count like the best one, if any do."""
        if self.best is None or not self.best.alike:
            return None
        more = ", ..." if len(self.best.alike) > NAMED else ""
        return f"zones that count these days alike, so that you choose: {', '.join(self.best.alike[:NAMED])}{more}"

    @property
    def evidence(self) -> str:
        """What it rests on."""
        if self.first is None:
            return "no day is complete on both sides"
        medias = f"{self.media_count:,} media{'s' if self.media_count != 1 else ''}"
        return (
            f"{self.session_count:,} sessions and {self.play_count:,} plays of {medias} on {self.day_count:,} days, "
            f"{self.first} to {self.last}"
        )

    def values(self) -> dict[str, Any]:
        """For programs."""
        shown = self.ranking.scores[: max(SHOWN, len(self.plausible))] if self.ranking is not None else ()
        return {
            "verdict": self.verdict,
            "zone": self.best.zone if self.best is not None else None,
            "first_day": self.first,
            "last_day": self.last,
            "day_count": self.day_count,
            "media_count": self.media_count,
            "play_count": self.play_count,
            "session_count": self.session_count,
            "candidate_count": len(self.ranking.scores) if self.ranking is not None else 0,
            "limit": round(self.ranking.limit, 2) if self.ranking is not None else None,
            "candidates": [
                {
                    "zone": one.candidate.zone,
                    "alike": list(one.candidate.alike),
                    "offset": one.candidate.offset,
                    "score": round(one.score, 2),
                    "misplaced_count": one.misplaced,
                    "plausible": one in self.plausible,
                }
                for one in shown
            ],
        }


def answer(counts: Counts | None, setting: str) -> Answer:
    """Judge what was counted; ``setting`` is compared even if it is no usual zone."""
    active = (
        [] if counts is None else sorted({day for by_day in counts.plays.values() for day in by_day if by_day[day]})
    )
    if counts is None or not active:
        return Answer("not enough data", None, None, None, 0, 0, 0, 0)
    # Days before the first play say nothing, but for the last one of them: a zone may put sessions into it.
    first = max(counts.first, active[0] - ONE_DAY)
    plays = {
        media_id: {day: by_day[day] for day in by_day if day >= first} for media_id, by_day in counts.plays.items()
    }
    counts = Counts(first, counts.last, plays, counts.sessions)
    ranking = rank(counts, candidates(counts.first, counts.last, [setting]))
    return Answer(
        _verdict(ranking, len(active)),
        ranking,
        active[0],
        active[-1],
        len(active),
        sum(map(any, (by_day.values() for by_day in plays.values()))),
        sum(sum(by_day.values()) for by_day in plays.values()),
        _sessions(counts),
    )


def _sessions(counts: Counts) -> int:
    """Sessions of the days whose plays are compared, as UTC counts days."""
    return sum(
        datetime.fromtimestamp(at, UTC).date() in by_day
        for media_id, by_day in counts.plays.items()
        for at in counts.sessions.get(media_id, ())
    )


def _verdict(ranking: Ranking, active_days: int) -> Verdict:
    left = [one.candidate for one in ranking.plausible]
    if ranking.disorder > MOST_DISORDER:
        return "no zone fits"
    if active_days < FEWEST_DAYS or max(_apart(left[0], one) for one in left) > WIDEST:
        return "not enough data"
    return "clear" if len(left) == 1 else "narrow"


def _apart(one: Candidate, other: Candidate) -> int:
    return max(abs(a - b) for a, b in zip(one.midnights, other.midnights, strict=True))
