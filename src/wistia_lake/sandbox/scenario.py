"""What a scenario is made of: plain frozen data, no behaviour beyond looking things up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Duration = float | int | Literal["absent"] | None
"""Length in seconds as the media list serves it; "absent" leaves the field out (observed on images)."""


@dataclass(frozen=True, slots=True)
class Account:
    """The simulated account."""

    id: int
    name: str
    url: str
    public_token: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the account."""

    id: int
    hashed_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Burst:
    """Extra traffic that begins on a day and decays by half every ``half_life`` days."""

    day: date
    factor: float
    half_life: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a media is watched."""

    plays_per_day: float
    loads_per_play: float = 2.5
    mix: str = "ads"
    engagement: float = 0.45
    weekend: float = 1.0
    """Factor for Saturdays and Sundays."""
    bursts: tuple[Burst, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """A media at one moment; edits make the next version of it."""

    id: int
    hashed_id: str
    title: str
    project: str | None
    """Hashed id of its project."""
    length: float
    """True length in seconds, which decides how long sessions run, whatever the list serves."""
    created: datetime
    traffic: Traffic
    duration: Duration = None
    section: str | None = None
    type: str = "Video"
    archived: bool = False
    status: str = "ready"
    description: str = ""
    tags: tuple[str, ...] = ()
    tags_in_list: bool = False
    """Some list rows carry tags, most do not (observed); the show endpoint always does."""
    asset_bytes: int = 84_512_337
    updated: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def media_id(self) -> str:
        """The hashed id, by the name that the rest of the project gives it."""
        return self.hashed_id

    @property
    def known_seconds(self) -> float | None:
        """The served length, if it says anything: null, 0 and a missing field do not."""
        return self.duration if isinstance(self.duration, (int, float)) and self.duration > 0 else None

    @property
    def updated_at(self) -> datetime:
        """When it was last edited, to the second."""
        return (self.updated or self.created + timedelta(minutes=3)).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a media's fields at an instant. Setting ``deleted_at`` deletes it."""

    at: datetime
    media_id: str
    changes: Mapping[str, object]
    touches_updated: bool = True
    """Editing a project or section does not move a media's ``updated`` (observed)."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole account: medias, traffic, dated edits and the settings its user would write."""

    name: str
    zone: str
    account: Account
    first_day: date
    """First local day with traffic."""
    now: datetime
    """Default simulated present."""
    projects: tuple[Project, ...]
    medias: tuple[Media, ...]
    edits: tuple[Edit, ...] = ()
    toml: str = ""
    visitor_pool: int = 400
    """Visitors who come back, over all medias."""
    returning_share: float = 0.16


@dataclass(frozen=True, slots=True)
class Options:
    """Manners that are unknown at the real API, or differ between observers: each is a switch."""

    received_at: Literal["first", "last"] = "first"
    """Whether a session's received_at is its first beat, or moves with the last one."""
    deleted_sessions: Literal["stay", "vanish"] = "stay"
    """What happens to the sessions of a deleted media."""
    edge: Literal["second", "day"] = "second"
    """Whether the two-year edge cuts to the second or to the UTC day."""
    basic_auth: bool = False
    default_per_page: int = 100
    most_per_page: int = 100
    """Larger pages are cut to this in silence; an account was once stuck at 10."""
    twin_share: float = 0.006
    late_share: float = 0.015
    unseen_share: float = 0.01
    """Plays that never make an event row."""
    account_by_date: bool = True
    """Whether daily counts of the account are offered; they are in some versions of the API only."""
    dates_required: bool = True
    """Whether those counts answer 500 unless both dates are sent (observed; the documents call them optional)."""
    projects: bool = True
    """Whether the list of projects is answered; a token or plan may not see it (404 assumed)."""
    analytics: bool = True
    """Whether the plan has the modern API's analytics; without them they answer 403."""
    bot_share: float = 0.13
    """Plays and loads that analytics take for a bot's and leave out; every other route counts them."""


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """A title, project, section or tag pattern and the channel it stands for."""

    channel: str
    field: Literal["project", "section", "tag", "title"]
    pattern: str
