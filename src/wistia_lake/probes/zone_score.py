"""How well each zone's days explain the daily counts: pure arithmetic, no IO.

Daily counts (plays by day of the account's unstated zone) and sessions (instants in UTC) tell of the same plays. In the
account's zone a day's sessions are its plays, less the few of which no session is known. In any other zone the sessions
around midnight fall on the wrong day: one day has sessions without plays, its neighbour plays without sessions.

The likelihood of a media's day: of its plays each has left a session with the media's own share, which varies by day; a
few strays come from other days; and any day may be out of order altogether, which bounds what one day can say. How much
the share varies, how many strays there are and how long after its play a session is received is unknown, so each
candidate is given the values that suit it best. Media by media, because sums would hide what moves.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, product
from math import exp, lgamma, log
from typing import Final

from wistia_lake.probes.zones import QUARTER, Candidate

DELAYS: Final = (0, 300)
"""Seconds from a play to its session's instant, which may be that of the first beat or of the last one."""
STRAYS: Final = (0.0005, 0.003, 0.02)
"""Sessions of other days, by plays."""
STEADINESS: Final = {3000.0: 1.0, 150.0: 1.5, 20.0: 3.0}
"""How little the share of plays that leave a session varies by day (as if it were drawn from so many plays), and by
what the doubt grows: medias vary together, so that their days are no witnesses of their own."""
UNSTEADY: Final = 2.0
"""Less steady ones must be more likely by this (as a logarithm, each) to be believed."""
DISORDER: Final = 0.01
"""How likely a day is that follows no rule."""
USUAL_SHARE, WEIGHT = 0.98, 20
"""Of plays that leave a session, before anything is known, and how many plays that is worth."""
MOST_SHARE: Final = 0.999
DOUBT: Final = 0.001
"""The account's zone is outside the plausible ones at most this often, if days are as described above."""
FAR, MOST = 60.0, 25
"""Candidates so far behind at first sight, and those beyond so many, are not looked at a second time."""
BROKEN: Final = 0.6
"""A day with less than this of the usual share is not counted into the share."""
TOLD: Final = 5
"""Plays and sessions from which on a day can be seen to be out of order."""

Cell = tuple[int, int, float]
"""Sessions and plays of a media's day, and the media's share of plays that leave a session."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What is known of the same plays from both sides: only days that are complete on both."""

    first: date
    last: date
    plays: Mapping[str, Mapping[date, int]]
    """Of each media by day of the account's zone; a day that is not there was not read."""
    sessions: Mapping[str, Sequence[int]]
    """Of each media the unix seconds at which they were received, ascending."""


@dataclass(frozen=True, slots=True)
class Score:
    """One candidate."""

    candidate: Candidate
    score: float
    """Logarithm of its likelihood, against that of the best: 0 or less."""
    misplaced: int
    """Sessions beyond the plays of their day."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates, the best first: the likeliest, or one that is about as likely and more usual."""

    scores: tuple[Score, ...]
    limit: float
    """Below this score a candidate is ruled out."""
    disorder: float
    """Share of days that even the best candidate does not explain."""

    @property
    def plausible(self) -> tuple[Score, ...]:
        """The candidates that the data does not rule out."""
        return tuple(one for one in self.scores if one.score >= self.limit)


@dataclass(frozen=True, slots=True)
class _Fit:
    likelihood: float
    cells: Sequence[Cell]
    strays: float
    steadiness: float


def rank(counts: Counts, candidates: Sequence[Candidate]) -> Ranking:
    """Score every candidate.

    A wrong candidate is f times as likely as the right one in at most one of f cases. So the right one is as rarely
    ruled out as the doubt says if that takes a factor of the number of candidates by the doubt.
    """
    sight = [_fit(_cells(counts, one, 0), STRAYS[1], min(STEADINESS)).likelihood for one in candidates]
    order = sorted(range(len(candidates)), key=lambda position: -sight[position])
    near = [position for position in order if sight[position] > sight[order[0]] - FAR][:MOST]
    fits = {position: _best_fit(counts, candidates[position]) for position in near}
    # Of candidates that are about as likely the more usual one comes first: few accounts are in the zone of Eucla.
    near.sort(key=lambda position: log(position + 2) - fits[position].likelihood)
    best = max(fits.values(), key=lambda fit: fit.likelihood)
    scored = [(position, fits[position].likelihood - best.likelihood) for position in near]
    scored += [(position, min(sight[position] - sight[order[0]], -FAR)) for position in order if position not in fits]
    return Ranking(
        tuple(
            Score(candidates[position], value, _misplaced(counts, candidates[position])) for position, value in scored
        ),
        -log(len(candidates) / DOUBT) * STEADINESS[best.steadiness],
        _disorder(best),
    )


def _best_fit(counts: Counts, candidate: Candidate) -> _Fit:
    fits = (
        _fit(cells, strays, steadiness)
        for cells in [_cells(counts, candidate, delay) for delay in DELAYS]
        for strays, steadiness in product(STRAYS, STEADINESS)
    )
    return max(fits, key=lambda fit: fit.likelihood)


def _fit(cells: Sequence[Cell], strays: float, steadiness: float) -> _Fit:
    belief = -UNSTEADY * list(STEADINESS).index(steadiness)
    return _Fit(sum(_log_of(cell, strays, steadiness) for cell in cells) + belief, cells, strays, steadiness)


def _cells(counts: Counts, candidate: Candidate, delay: int) -> list[Cell]:
    cells: list[Cell] = []
    for media_id, plays in counts.plays.items():
        found = _by_day(counts, candidate, media_id, delay)
        share = _share([(found[day], play_count) for day, play_count in plays.items()])
        cells += [(found[day], play_count, share) for day, play_count in plays.items() if found[day] or play_count]
    return cells


def _share(days: Sequence[tuple[int, int]]) -> float:
    """Of a media's plays those that leave a session, by its days but for those that lack far more than the others."""
    overall = _share_of(days)
    return _share_of([one for one in days if one[1] < TOLD or one[0] > BROKEN * overall * one[1]])


def _share_of(days: Sequence[tuple[int, int]]) -> float:
    seen, plays = sum(seen for seen, _ in days), sum(plays for _, plays in days)
    return min((seen + USUAL_SHARE * WEIGHT) / (plays + WEIGHT), MOST_SHARE)


def _by_day(counts: Counts, candidate: Candidate, media_id: str, delay: int) -> dict[date, int]:
    sessions, ordinal = counts.sessions.get(media_id, ()), counts.first.toordinal()
    places = [bisect_left(sessions, midnight * QUARTER + delay) for midnight in candidate.midnights]
    return {date.fromordinal(day): after - before for day, (before, after) in enumerate(pairwise(places), ordinal)}


def _misplaced(counts: Counts, candidate: Candidate) -> int:
    return sum(max(0, seen - plays) for seen, plays, _ in _cells(counts, candidate, 0))


def _disorder(fit: _Fit) -> float:
    told = [cell for cell in fit.cells if cell[0] + cell[1] >= TOLD]
    lost = sum(_by_rule(cell, fit.strays, fit.steadiness) < _by_none(cell) for cell in told)
    return lost / len(told) if told else 0.0


def _log_of(cell: Cell, strays: float, steadiness: float) -> float:
    return log(_by_rule(cell, strays, steadiness) + _by_none(cell))


def _by_none(cell: Cell) -> float:
    return DISORDER / (max(cell[0], cell[1]) + 1)


def _by_rule(cell: Cell, strays: float, steadiness: float) -> float:
    """A beta-binomial number of the day's own sessions, and a Poisson number of strays; the likeliest two of them."""
    seen, plays, share = cell
    a, b, mean = share * steadiness, (1 - share) * steadiness, strays * (plays + 1)
    day = lgamma(plays + 1) - lgamma(plays + steadiness) + lgamma(steadiness) - lgamma(a) - lgamma(b) - mean
    total = 0.0
    least = max(0, seen - plays)
    for stray in range(least, min(seen, least + 1) + 1):
        own, lost = seen - stray, plays - seen + stray
        ways = lgamma(own + a) + lgamma(lost + b) - lgamma(own + 1) - lgamma(lost + 1)
        total += exp(day + ways + stray * log(mean) - lgamma(stray + 1))
    return (1 - DISORDER) * total
