"""The small scenarios: ``tiny`` (two medias, a week over a daylight-saving change) and ``edge`` (two years)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from wistia_lake.sandbox.scenario import Account, Burst, Media, Project, Scenario, Traffic

_ACCOUNT = Account(70411, "Pebble & Pine", "https://pebblepine.example.com", "k3v9q1x7ab")
_PROJECTS = (
    Project(91001, "p7n2c4x8aa", "Facebook Launch"),
    Project(91002, "p7n2c4x8bb", "Website"),
)
_TOML = """\
# Settings that the user of this simulated account would write.
zone = "America/New_York"

[[channels]]
channel = "Facebook"
project = "Facebook*"
"""

TINY = Scenario(
    name="tiny",
    zone="America/New_York",
    account=_ACCOUNT,
    first_day=date(2025, 3, 5),
    now=datetime(2025, 3, 12, 14, tzinfo=UTC),
    projects=_PROJECTS,
    medias=(
        Media(
            501, "t1nyaaaa01", "Planting \u201cbare root\u201d trees \U0001f333", "p7n2c4x8aa", 91.52,
            datetime(2025, 3, 4, 15, 20, 11, tzinfo=UTC),
            Traffic(38, 2.2, "ads", 0.41, 1.15, (Burst(date(2025, 3, 8), 1.0, 2.0),)), duration=91.52,
        ),
        Media(
            502, "t1nybbbb02", "Workshop tour, part&nbsp;1", "p7n2c4x8bb", 312.0,
            datetime(2025, 3, 3, 9, 0, 0, tzinfo=UTC), Traffic(11, 3.1, "site", 0.57, 0.6),
            duration=312, section="Tours",
        ),
    ),
    toml=_TOML,
    visitor_pool=60,
)  # fmt: skip

EDGE = Scenario(
    name="edge",
    zone="America/New_York",
    account=_ACCOUNT,
    first_day=date(2023, 2, 20),
    now=datetime(2025, 3, 12, 14, tzinfo=UTC),
    projects=_PROJECTS,
    medias=(
        Media(
            601, "edgeaaaa01", "Old faithful", "p7n2c4x8bb", 64.25, datetime(2023, 2, 1, 12, tzinfo=UTC),
            Traffic(5, 2.0, "site", 0.5), duration=64.25,
        ),
    ),
    toml=_TOML,
    visitor_pool=60,
)  # fmt: skip
