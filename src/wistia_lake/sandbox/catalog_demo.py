"""The ``demo`` scenario: an invented gardening company, 24 medias, 120 days over a daylight-saving change."""

from __future__ import annotations

from datetime import UTC, date, datetime

from wistia_lake.sandbox.scenario import Account, Burst, Duration, Edit, Media, Project, Scenario, Traffic

_FACEBOOK, _YOUTUBE, _SITE = "fh4a7c2m9x", "fh8y1d5k3q", "fh2w6s0p4z"
_FIRST = date(2024, 11, 14)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _ad(
    number: int, key: str, title: str, length: float, created: str, plays: float, engagement: float,
    *bursts: Burst, section: str | None = None,
) -> Media:  # fmt: skip
    traffic = Traffic(plays, 2.6, "ads", engagement, 1.12, bursts)
    return Media(number, key, title, _FACEBOOK, length, _at(created), traffic, duration=length, section=section)


def _lesson(
    number: int, key: str, title: str, length: float, created: str, plays: float, engagement: float,
    *bursts: Burst, section: str | None = "Season 1",
) -> Media:  # fmt: skip
    traffic = Traffic(plays, 1.8, "course", engagement, 1.3, bursts)
    return Media(
        number, key, title, _YOUTUBE, length, _at(created), traffic, duration=length, section=section,
        tags=("lesson",), tags_in_list=number % 3 == 0, asset_bytes=2_465_037_615,
    )  # fmt: skip


def _page(
    number: int, key: str, title: str, length: float, created: str, plays: float, engagement: float,
    *bursts: Burst, section: str | None = None, duration: Duration = None, kind: str = "Video",
) -> Media:  # fmt: skip
    traffic = Traffic(plays, 4.2, "site", engagement, 0.55, bursts)
    return Media(
        number, key, title, _SITE, length, _at(created), traffic, duration=length if duration is None else duration,
        section=section, type=kind, description="<p>See the guide below.</p>\n" if number % 2 else "\n",
    )  # fmt: skip


_MEDIAS = (
    _page(120031, "w1h9gfen01", "Welcome to Fernhill", 74.32, "2023-02-07T14:10:05", 21, 0.52, section="Help centre"),
    _page(120044, "w2h9gfen02", "How delivery works", 58.04, "2023-02-09T10:00:41", 12, 0.61, section="Help centre"),
    _page(120058, "w3h9gfen03", "Return a pot, step by step", 41.9, "2023-03-01T16:22:00", 5, 0.66,
          section="Help centre"),
    _lesson(120101, "y1q4tbed01", "Lesson 1: Soil you can trust", 612.48, "2024-10-02T12:00:00", 46, 0.38,
            Burst(date(2025, 1, 6), 1.4, 6)),
    _lesson(120102, "y2q4tbed02", "Lesson 2: Sowing under glass", 734.91, "2024-10-09T12:00:00", 34, 0.36),
    _lesson(120103, "y3q4tbed03", "Lesson 3: Pricking out", 655.0, "2024-10-16T12:00:00", 27, 0.37),
    _lesson(120104, "y4q4tbed04", "Lesson 4: Pests, politely", 803.27, "2024-10-23T12:00:00", 23, 0.34),
    _lesson(120105, "y5q4tbed05", "Lesson 5: Compost & patience", 1288.64, "2024-10-30T12:00:00", 18, 0.29),
    _lesson(120106, "y6q4tbed06", "Q&amp;A with the nursery", 2417.3, "2024-11-20T18:30:00", 9, 0.22,
            Burst(date(2024, 11, 20), 3.0, 3), section=None),
    _ad(120201, "a1k7rose01", "Winter roses \U0001f339 30s", 30.06, "2024-10-28T08:00:00", 58, 0.55,
        Burst(date(2024, 11, 29), 2.2, 3), section="Winter"),
    _ad(120202, "a2k7rose02", "Winter roses \U0001f339 15s", 15.02, "2024-10-28T08:05:00", 44, 0.68,
        section="Winter"),
    _ad(120203, "a3k7rose03", "Gift box, \u201cunboxed\u201d", 44.88, "2024-11-25T08:00:00", 20, 0.49,
        Burst(date(2024, 12, 2), 3.5, 4), section="Winter"),
    _ad(120204, "a4k7bulb04", "Bulbs\u00a0by post", 27.6, "2025-01-13T08:00:00", 40, 0.57,
        Burst(date(2025, 1, 14), 1.6, 5)),
    _ad(120205, "a5k7bulb05", "Bulbs\u00a0by post", 27.6, "2025-01-13T08:10:00", 22, 0.56),
    _ad(120206, "a6k7seed06", "Seed swap  Saturday ", 36.4, "2025-02-10T08:00:00", 30, 0.53,
        Burst(date(2025, 2, 22), 70.0, 0.7)),
    _ad(120207, "a7k7seed07", "Three tomatoes, one balcony", 61.75, "2025-02-17T08:00:00", 38, 0.47,
        Burst(date(2025, 2, 18), 1.2, 4), section="Spring"),
    _lesson(120301, "y7q4tbed07", "Season 2 trailer", 92.0, "2025-01-27T12:00:00", 30, 0.59,
            Burst(date(2025, 2, 3), 2.0, 5), section="Season 2"),
    _lesson(120302, "y8q4tbed08", "S2E1: Moss, the movie", 701.13, "2025-02-24T12:00:00", 36, 0.4,
            Burst(date(2025, 2, 25), 1.8, 4), section="Season 2"),
    _page(120401, "w4h9gfen04", "Tools we repair", 129.5, "2024-07-15T09:30:00", 7, 0.44, section="Workshop"),
    _page(120402, "w5h9gfen05", "Meet Ambrose, head gardener", 186.23, "2024-08-19T09:30:00", 6, 0.48,
          section="Workshop"),
    _page(120403, "w6h9gfen06", "Opening hours (loop)", 12.0, "2024-09-02T09:30:00", 3, 0.7, duration=0),
    _page(120404, "w7h9gfen07", "Catalogue cover", 20.0, "2025-01-02T09:30:00", 0.4, 0.9, kind="Image",
          duration="absent"),
    _ad(120208, "a8k7lawn08", "Lawn in a box", 33.0, "2025-03-03T08:00:00", 34, 0.51,
        Burst(date(2025, 3, 4), 1.5, 4), section="Spring"),
    Media(120209, "a9k7lawn09", "a9k7lawn09_FINAL_v3.mp4", None, 48.4, _at("2025-03-13T09:12:30"),
          Traffic(26, 2.4, "ads", 0.5, 1.1, (Burst(date(2025, 3, 14), 1.0, 5),)), duration=None, status="queued"),
)  # fmt: skip

_EDITS = (
    Edit(_at("2025-03-13T21:40:00"), "a9k7lawn09",
         {"status": "ready", "title": "Lawn in a box, long cut", "project": _FACEBOOK, "section": "Spring"}),
    Edit(_at("2025-03-14T06:15:00"), "a9k7lawn09", {"duration": 48.4}),
    Edit(_at("2025-03-13T19:05:00"), "y8q4tbed08", {"title": "S2E1: Moss \u2014 the director\u2019s cut"}),
    Edit(_at("2025-03-14T10:30:00"), "a5k7bulb05", {"deleted_at": _at("2025-03-14T10:30:00")}),
    Edit(_at("2025-03-14T20:00:00"), "w3h9gfen03", {"archived": True}),
    Edit(_at("2025-03-14T17:00:00"), "a6k7seed06", {"section": "Spring"}, touches_updated=False),
)  # fmt: skip

DEMO = Scenario(
    name="demo",
    zone="America/New_York",
    account=Account(88120, "Fernhill Gardens", "https://fernhill.example.com", "q8z4m2v6tt"),
    first_day=_FIRST,
    now=_at("2025-03-13T14:00:00"),
    projects=(
        Project(44001, _FACEBOOK, "Facebook Ads"),
        Project(44002, _YOUTUBE, "YouTube: Garden School"),
        Project(44003, _SITE, "Website & Help Centre"),
    ),
    medias=_MEDIAS,
    edits=_EDITS,
    toml="""\
# Settings that the user of this simulated account would write.
zone = "America/New_York"

[[channels]]
channel = "Facebook"
project = "Facebook*"

[[channels]]
channel = "YouTube"
project = "youtube*"

[[channels]]
channel = "Organic"
section = "help centre"

[[channels]]
channel = "Organic"
title = "Meet *"
""",
    visitor_pool=900,
)
