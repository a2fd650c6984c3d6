"""Pages that embed a media: the address as served, and the parts that a private reader may keep of it.

A page is put together from parts whose meaning is known here, so nothing has to be parsed to know the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from wistia_lake.sandbox.draw import Wheel, hexes, pick


@dataclass(frozen=True, slots=True)
class Page:
    """A page address and what remains of it: host, masked path, three campaign values."""

    url: str
    domain: str | None = None
    path: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    secrets: tuple[str, ...] = ()
    """Parts of the address that must not be kept, as served."""


@dataclass(frozen=True, slots=True)
class _Site:
    """Scheme and host as served, host as kept, path as served and kept alike."""

    origin: str
    domain: str
    path: str


MASK = "***"
FIRST_NAMES = ("Mira", "Otis", "Juno", "Tavi", "Elke", "Rolf", "Ines", "Wren", "Zo\u00eb", "Basil")
LAST_NAMES = ("Holt", "Marlowe", "Quist", "Ferrow", "Dunmore", "Aldane", "Pellby", "Storrow")

_SITES: dict[str, Wheel[_Site]] = {
    "ads": Wheel(
        (_Site("https://landing.fernhill.example", "landing.fernhill.example", "/spring"), 40),
        (_Site("https://landing.fernhill.example", "landing.fernhill.example", "/gift-box/"), 20),
        (_Site("https://WWW.Fernhill.Example", "www.fernhill.example", "/offers/march%202025"), 6),
        (_Site("http://m.shop.example.com:8080", "m.shop.example.com", "/l/bulbs.html"), 8),
    ),
    "course": Wheel(
        (_Site("https://school.fernhill.example", "school.fernhill.example", "/lessons/soil"), 30),
        (_Site("https://school.fernhill.example", "school.fernhill.example", "/lessons/sowing/2"), 20),
        (_Site("https://videos.example.org", "videos.example.org", "/watch"), 30),
        (_Site("https://school.fernhill.example", "school.fernhill.example", "/le%C3%A7ons/\u00e9t\u00e9"), 3),
    ),
    "site": Wheel(
        (_Site("https://www.fernhill.example", "www.fernhill.example", "/"), 30),
        (_Site("https://www.fernhill.example", "www.fernhill.example", ""), 20),
        (_Site("https://help.fernhill.example", "help.fernhill.example", "/articles/42-delivery"), 25),
        (_Site("https://editor@staging.fernhill.example:8443", "staging.fernhill.example", "/help//index"), 2),
    ),
}

_Value = tuple[str, str | None]
"""A parameter as served, and what is kept of it."""

_SOURCES: dict[str, Wheel[_Value]] = {
    "ads": Wheel((("facebook", "facebook"), 60), (("ig", "ig"), 20), (("Facebook%5FMobile", "Facebook_Mobile"), 8)),
    "course": Wheel((("youtube", "youtube"), 60), (("newsletter", "newsletter"), 20)),
    "site": Wheel((("google", "google"), 40), (("+newsletter%20", "newsletter"), 6), (("", None), 5)),
}
_MEDIUMS: dict[str, Wheel[_Value]] = {
    "ads": Wheel((("paid_social", "paid_social"), 60), (("cpc", "cpc"), 20)),
    "course": Wheel((("video", "video"), 60), (("email", "email"), 20)),
    "site": Wheel((("organic", "organic"), 40), (("e%2Dmail", "e-mail"), 10)),
}
_CAMPAIGNS: Wheel[_Value] = Wheel(
    (("spring+sale", "spring sale"), 30),
    (("2025_q1_bulbs", "2025_q1_bulbs"), 30),
    (("Fr%C3%BChling", "Fr\u00fchling"), 8),
    (("6700512345678", None), 2),  # nine or more digits in a row
    (("%2B1+%28555%29+010-0199", None), 1),  # a telephone number
    (("x" * 30 + "-" + "y" * 180, None), 0.5),  # longer than 200 characters
)
_SHARE_TAGGED = {"ads": 0.85, "course": 0.4, "site": 0.25}


def _personal_segment(rng: Random) -> str:
    first, last = pick(rng, FIRST_NAMES[:8]).lower(), pick(rng, LAST_NAMES).lower()
    kinds = (
        f"{first}.{last}@example.com",
        f"{first}.{last}%40example.org",
        uuid4(rng),
        f"ref-{uuid4(rng).upper()}",
        "t" + hexes(rng, 24) + "9",  # a piece of letters and digits
        f"order-{rng.getrandbits(30) + 1_000_000_000}",  # ten digits in a row
        "QwErTyUiOpAsDfGhJkLzXcVb",  # upper and lower case, 24 characters
    )
    return pick(rng, kinds)


def uuid4(rng: Random) -> str:
    """A random UUID."""
    text = hexes(rng, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


def _personal_utm(rng: Random) -> str:
    first, last = pick(rng, FIRST_NAMES[:8]).lower(), pick(rng, LAST_NAMES).lower()
    return pick(rng, (f"{first}%40example.net", f"{first}.{last}@example.com", uuid4(rng), f"u{hexes(rng, 20)}7"))


def _campaign(rng: Random, mix: str, secrets: list[str]) -> tuple[list[str], list[str | None]]:
    """The three campaign parameters as served, and what is kept of them."""
    source, medium, name = _SOURCES[mix].spin(rng), _MEDIUMS[mix].spin(rng), _CAMPAIGNS.spin(rng)
    if rng.random() < 0.02:
        source = (_personal_utm(rng), None)
        secrets.append(source[0])
    if name[1] is None:
        secrets.append(name[0])
    parts = [f"utm_source={source[0]}", f"utm_medium={medium[0]}", f"utm_campaign={name[0]}"]
    kept = [source[1], medium[1], name[1]]
    fate = rng.random()
    if fate < 0.04:  # a blank one before the real one: the first non-blank counts
        parts.insert(0, "utm_campaign=")
    elif fate < 0.10:
        parts.pop()
        kept[2] = None
    return parts, kept


def _clicks(rng: Random, mix: str, email: str | None, secrets: list[str]) -> list[str]:
    """Click ids of advertisements and the viewer's e-mail address, as observed in real queries."""
    parts = []
    if mix == "ads" and rng.random() < 0.6:
        text = hexes(rng, 62)
        secrets.append(f"IwAR{text[:40]}_aem_{text[40:]}")
        parts.append("fbclid=" + secrets[-1])
    elif rng.random() < 0.1:
        secrets.append(f"Cj0KCQ{hexes(rng, 48)}")
        parts.append("gclid=" + secrets[-1])
    if email and rng.random() < 0.5:
        secrets.append(email.replace("@", "%40"))
        parts.append("wemail=" + secrets[-1])
    return parts


def page(rng: Random, mix: str, email: str | None) -> Page:
    """One page that embeds a media of this traffic mix, with its query and all."""
    kind = rng.random()
    if kind < 0.013:
        return Page("")
    if kind < 0.015:
        return Page("about:blank")
    if kind < 0.017:
        return Page("android-app://com.example.reader/")
    site = _SITES[mix].spin(rng)
    served, kept_path, secrets = site.path, site.path or "/", list[str]()
    if rng.random() < 0.02:
        secrets.append(_personal_segment(rng))
        served = f"{site.path.rstrip('/')}/u/{secrets[0]}/hello"
        kept_path = f"{site.path.rstrip('/')}/u/{MASK}/hello"
    parts: list[str] = []
    kept: list[str | None] = [None, None, None]
    if rng.random() < _SHARE_TAGGED[mix]:
        parts, kept = _campaign(rng, mix, secrets)
    parts += _clicks(rng, mix, email, secrets)
    query = "?" + "&".join(parts) if parts else ""
    fragment = "#player" if rng.random() < 0.02 else ""
    return Page(
        site.origin + served + query + fragment, site.domain, kept_path, kept[0], kept[1], kept[2], tuple(secrets)
    )
