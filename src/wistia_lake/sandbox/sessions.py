"""Play sessions of one media and one local day, and what the API would show of them at an instant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from time import gmtime

from wistia_lake.sandbox.draw import Wheel, pick
from wistia_lake.sandbox.pages import Page
from wistia_lake.sandbox.visitors import Visitor

DAY = 86_400
BEAT = 5
"""Seconds between the beats of a running player (observed in the official player's code)."""
LONGEST_RUN = 600
"""A session grows for at most ten minutes; older rows were never seen to change."""
LONGEST_DELAY = 72 * 3600
LONGEST_LAG = 15 * 3600
"""Observed once: a session was received about 14 hours after its key was made."""

_TENTHS = Wheel(*enumerate((129, 30, 21, 9, 5, 11, 14, 7, 12, 17)))


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a form did: type and data as served, and whether anything was converted."""

    json: str
    type: str | None = None
    converted: bool = False


_PLAIN = Conversion('"conversion_type":"","conversion_data":{}')
_KINDS: tuple[str | int, ...] = ("", "Turnstile", "Call to Action", 1)
_ZERO = Conversion('"conversion_type":0,"conversion_data":{}')


@dataclass(slots=True)
class Session:
    """One play session. Instants are unix seconds."""

    media_id: str
    event_key: str
    visitor: Visitor
    ip: str
    page: Page
    conversion: Conversion
    play_at: int
    first_at: int
    run: int
    visible_at: int
    percent: float
    thumbnail: bool
    last_beat: bool

    def received_at(self, now: float) -> int:
        """The instant on the row as served at ``now``: the first beat, or (by a switch) the last one so far."""
        return self.first_at + self._elapsed(now) if self.last_beat else self.first_at

    def percent_at(self, now: float) -> float:
        """The share viewed as served at ``now``: grows while the session runs, then stays."""
        elapsed = self._elapsed(now)
        return self.percent if elapsed >= self.run else self.percent * (elapsed / self.run)

    def days(self) -> range:
        """UTC days (since 1970) in which the row may be found over its life."""
        last = self.first_at + self.run if self.last_beat else self.first_at
        return range(self.first_at // DAY, last // DAY + 1)

    def _elapsed(self, now: float) -> int:
        gone = max(0.0, now - self.first_at)
        return self.run if gone >= self.run else int(gone) // BEAT * BEAT


def percent(rng: Random, engagement: float) -> float:
    """A share viewed with the observed mix: many exact zeros and ones, tiny values, long doubles."""
    fate = rng.random()
    if fate < 0.065:
        return 0.0
    if fate < 0.11:
        return float(f"{rng.random() * 0.0009 + 1e-6:.2g}")
    if fate < 0.30:
        return 1.0
    if rng.random() < engagement:
        return 0.3 + 0.69 * rng.random()
    return (_TENTHS.spin(rng) + rng.random()) / 10.0


def delay(rng: Random, late_share: float) -> int:
    """Seconds until a row becomes visible: mostly seconds to minutes, with a tail of up to three days."""
    if rng.random() < late_share:
        return min(LONGEST_DELAY, int(3600 * 72.0 ** rng.random()))
    return 20 + int(rng.random() ** 3 * 580)


def conversion(rng: Random, who: Visitor) -> Conversion:
    """What a form did in the session; almost always nothing."""
    fate = rng.random()
    if fate > 0.05:
        return _PLAIN
    if fate > 0.02:
        return _ZERO
    data = {
        "email": f"{who.last_name.lower()}{int(rng.random() * 1000)}@example.org",
        "first_name": who.first_name,
        "last_name": who.last_name,
        "is_new_lead": rng.random() < 0.7,
    }
    kind = pick(rng, _KINDS)
    served = json.dumps({"conversion_type": kind, "conversion_data": data}, ensure_ascii=False, separators=(",", ":"))
    return Conversion(served[1:-1], str(kind) or None, True)


@lru_cache(maxsize=4096)
def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def stamp(seconds: int) -> str:
    """An instant as the Stats API writes it: UTC, milliseconds always zero."""
    at = gmtime(seconds)
    return f"{at[0]:04d}-{at[1]:02d}-{at[2]:02d}T{at[3]:02d}:{at[4]:02d}:{at[5]:02d}.000Z"


def encode(session: Session, now: float, public_token: str, tail: tuple[str, str]) -> bytes:
    """The row as served at ``now``, its 21 fields in the observed order.

    ``tail`` is the part that repeats the media's own fields, with and without its thumbnail.
    """
    who, key = session.visitor, session.event_key
    return (
        f'{{"received_at":"{stamp(session.received_at(now))}","event_key":"{key}","ip":"{session.ip}",'
        f'{who.place.json},"org":{_quoted(who.organisation)},"email":{_quoted(who.email)},'
        f'"percent_viewed":{session.percent_at(now)!r},"embed_url":{json.dumps(session.page.url, ensure_ascii=False)},'
        f"{session.conversion.json},"
        f'"iframe_heatmap_url":"https://api.wistia.com/v1/stats/events/{key}/iframe.html?public_token={public_token}",'
        f'"visitor_key":"{who.key}","user_agent_details":{who.agent.json},{tail[session.thumbnail]}'
    ).encode()
