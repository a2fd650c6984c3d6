"""User agents as served, each with what a careful reader would make of it.

Observed: the words changed in 2025 and both vocabularies occur; versions are free text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wistia_lake.sandbox.draw import Wheel


@dataclass(frozen=True, slots=True)
class Agent:
    """A user agent: the served words and the meaning behind them."""

    json: str
    """``user_agent_details`` as served."""
    browser: str | None
    major: int | None
    platform: str | None
    mobile: bool


_CHROME = (("136", 136), ("138", 138), ("131.0.6778.103", 131), ("140", 140))
_SAFARI = (("18", 18), ("17.6", 17), ("15.6,2", 15), ("AppleWebKit/605", None))
_FACEBOOK = (("492", 492), ("362.1.0.16.239", 362), ("501.0.0.29.107", 501))
_EDGE = (("133", 133), ("130.0.2849.68", 130))
_OTHER = (("12", 12), ("28.0.1.4", 28))

_TABLE: tuple[tuple[str, str, bool, tuple[tuple[str, int | None], ...], str | None, str | None, float], ...] = (
    # browser and platform as served, mobile, versions, browser and platform as meant, weight
    ("Chrome", "Android", True, _CHROME, "Chrome", "Android", 96),
    ("Facebook", "Android", True, _FACEBOOK, "Facebook", "Android", 36),
    ("Facebook", "iOS (iPhone)", True, _FACEBOOK, "Facebook", "iOS", 50),
    ("Instagram", "iOS (iPhone)", True, _OTHER, "Instagram", "iOS", 30),
    ("Instagram", "Android", True, _OTHER, "Instagram", "Android", 12),
    ("Safari", "iOS (iPhone)", True, _SAFARI, "Safari", "iOS", 30),
    ("Safari", "iOS", True, _SAFARI, "Safari", "iOS", 8),
    ("Safari", "iOS (iPad)", False, _SAFARI, "Safari", "iOS", 4),
    ("Samsung Browser", "Android", True, _OTHER, "Samsung Browser", "Android", 8),
    ("SamsungBrowser", "Android", True, _OTHER, "Samsung Browser", "Android", 3),
    ("Google Search App", "iOS (iPhone)", True, _OTHER, "Google Search App", "iOS", 3),
    ("Miui Browser", "Android", True, _OTHER, "Miui Browser", "Android", 1.5),
    ("Mi Browser", "android", False, _OTHER, "Miui Browser", "Android", 1),
    ("Unknown Browser", "Android", False, (("0", None),), None, "Android", 2),
)
_DESKTOP: tuple[tuple[str, str, bool, tuple[tuple[str, int | None], ...], str | None, str | None, float], ...] = (
    ("Chrome", "Windows", False, _CHROME, "Chrome", "Windows", 14),
    ("Chrome", "windows", False, _CHROME, "Chrome", "Windows", 2),
    ("Microsoft Edge", "Windows", False, _EDGE, "Microsoft Edge", "Windows", 5),
    ("Edge", "Windows", False, _EDGE, "Microsoft Edge", "Windows", 2),
    ("Safari", "macOS", False, _SAFARI, "Safari", "macOS", 6),
    ("Chrome", "Mac OS", False, _CHROME, "Chrome", "macOS", 3),
    ("Safari", "mac", False, _SAFARI, "Safari", "macOS", 1),
    ("Firefox", "Generic Linux", False, (("135.0", 135), ("128", 128)), "Firefox", "Linux", 2),
    ("Firefox", "Linux", False, (("20250101.7", None), ("134", 134)), "Firefox", "Linux", 1),
    ("Unknown Browser", "", False, (("0", None), ("", None)), None, None, 1),
)


def _agents(scale: float) -> Iterator[tuple[Agent, float]]:
    for rows, factor in ((_TABLE, 1.0), (_DESKTOP, scale)):
        for browser, platform, mobile, versions, meant, system, weight in rows:
            for version, major in versions:
                text = (
                    f'{{"browser":"{browser}","browser_version":"{version}",'
                    f'"platform":"{platform}","mobile":{str(mobile).lower()}}}'
                )
                yield Agent(text, meant, major, system, mobile), weight * factor / len(versions)


AGENTS = {
    "ads": Wheel(*_agents(0.8)),
    "course": Wheel(*_agents(9.0)),
    "site": Wheel(*_agents(16.0)),
}
"""By traffic mix: advertisements are watched on telephones, lessons and the site at desks too."""
