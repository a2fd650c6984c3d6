"""Where viewers are: real countries and regions, invented cities and providers, documentation addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from wistia_lake.sandbox.draw import Wheel, pick


@dataclass(frozen=True, slots=True)
class Place:
    """One place: the fields as served and the two that a reader keeps."""

    json: str
    """``country`` to ``lon`` as served."""
    country: str
    region: str | None


def _place(country: str, region: str, city: str, lat: float, lon: float) -> Place:
    words = {"country": country, "region": region, "city": city, "lat": lat, "lon": lon}
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"))[1:-1]
    return Place(text, country, region or None)


PLACES = Wheel(
    (_place("US", "New York", "Exampleville", 40.9127, -73.7912), 150),
    (_place("US", "South Carolina", "Fernmouth", 33.8361, -81.1637), 80),
    (_place("US", "California", "Port Marrow", 36.7783, -119.4179), 110),
    (_place("US", "Texas", "Dry Larkspur", 31.0545, -97.5635), 95),
    (_place("US", "Ohio", "", 40.3888, -82.7649), 22),
    (_place("US", "", "", 37.751, -97.822), 4),  # observed: the GeoIP default point of the United States
    (_place("US", "Hawai\u02bbi", "Kapulena Falls", 20.7967, -156.3319), 5),
    (_place("GB", "England", "Little Thistling", 52.3555, -1.1743), 24),
    (_place("CA", "Qu\u00e9bec", "Saint-Exemple", 52.9399, -73.5491), 18),
    (_place("DE", "Baden-W\u00fcrttemberg", "M\u00fchlbeispiel", 48.6616, 9.3501), 9),
    (_place("FR", "\u00cele-de-France", "Exempleau", 48.8499, 2.6370), 8),
    (_place("BR", "S\u00e3o Paulo", "Vila Exemplo", -23.5329, -46.6395), 7),
    (_place("JP", "\u6771\u4eac\u90fd", "\u4f8b\u5e02", 35.6895, 139.6917), 3),
    (_place("AU", "New South Wales", "Billabeera", -31.2532, 146.9211), 6),
    (_place("NL", "", "", 52.3824, 4.8995), 1.5),
    (_place("ES", 'Castilla "La" Mancha', "", 39.2796, -3.0977), 2),
)
"""The mix of countries follows the recorded one: nine tenths from one country, some blanks."""

ORGANISATIONS = Wheel(
    ("Example Broadband", 60),
    ("Harbour Cable Test Co", 40),
    ("T\u00e9l\u00e9com Exemple", 10),
    ("Quillwire Mobile", 50),
    ("", 0.7),
)

_V4 = ("192.0.2.", "198.51.100.", "203.0.113.")


def address(rng: Random) -> str:
    """An address from the ranges kept for documentation; every twelfth is IPv6."""
    if rng.random() < 0.08:
        return f"2001:db8:{rng.getrandbits(16):x}:{rng.getrandbits(8):x}::{rng.getrandbits(16) + 1:x}"
    return pick(rng, _V4) + str(int(rng.random() * 256))
