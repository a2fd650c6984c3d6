"""The zones an account may be set to, and which of them mean the same days in a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from wistia_lake.model import ONE_DAY, day_start, days_between
from wistia_lake.silver.calendar import AccountCalendar

QUARTER: Final = 900
"""Seconds: no zone's midnight lies between two quarters of a UTC hour any more."""
_QUARTERS: Final = 96
"""Of a day."""

_NAMES = """
America/New_York Europe/London America/Los_Angeles America/Chicago Europe/Paris America/Denver UTC Australia/Sydney
Asia/Kolkata America/Sao_Paulo Asia/Singapore Europe/Athens America/Phoenix Asia/Tokyo Asia/Dubai Europe/Istanbul
Pacific/Auckland America/Bogota America/Mexico_City America/Halifax Asia/Jerusalem Africa/Johannesburg
Australia/Brisbane Australia/Adelaide Asia/Bangkok Africa/Lagos America/Argentina/Buenos_Aires America/Puerto_Rico
Asia/Karachi Pacific/Honolulu America/Anchorage America/Santiago America/St_Johns Africa/Cairo Asia/Dhaka
Africa/Casablanca Asia/Kathmandu Asia/Tehran Australia/Darwin Asia/Beirut Asia/Kabul Asia/Yangon Europe/Berlin
Europe/Madrid Europe/Rome Europe/Amsterdam Europe/Stockholm Europe/Warsaw Europe/Zurich Europe/Dublin Europe/Lisbon
Europe/Helsinki Europe/Kyiv Europe/Bucharest Europe/Moscow Asia/Riyadh Africa/Nairobi Asia/Shanghai Asia/Hong_Kong
Asia/Manila Asia/Kuala_Lumpur Australia/Perth Asia/Taipei Asia/Seoul Asia/Jakarta Asia/Ho_Chi_Minh Asia/Colombo
Asia/Tashkent Asia/Almaty Asia/Baku Asia/Yerevan Africa/Accra Africa/Algiers Australia/Melbourne Australia/Hobart
America/Toronto America/Detroit America/Vancouver America/Edmonton America/Winnipeg America/Regina America/Lima
America/Panama America/Jamaica America/Havana America/Caracas America/La_Paz America/Guatemala America/Costa_Rica
America/Montevideo Atlantic/Bermuda America/Tijuana America/Asuncion America/Coyhaique America/Nuuk America/Miquelon
America/Noronha America/Scoresbysund Atlantic/Azores Atlantic/Cape_Verde Atlantic/Reykjavik Antarctica/Troll
Antarctica/Casey Antarctica/Vostok Asia/Gaza Asia/Omsk Asia/Yekaterinburg Asia/Krasnoyarsk Asia/Vladivostok
Asia/Magadan Asia/Kamchatka Australia/Eucla Australia/Lord_Howe Pacific/Guam Pacific/Noumea Pacific/Norfolk
Pacific/Fiji Pacific/Tongatapu Pacific/Chatham Pacific/Kiritimati Pacific/Pago_Pago Pacific/Marquesas
Pacific/Gambier Pacific/Pitcairn Pacific/Easter America/Adak
"""
USUAL: Final = tuple(_NAMES.split())
"""Every way of counting days that tzdata knows for these years, the more usual zones first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way of counting the days of a stretch, and the zones that count so."""

    zone: str
    """The most usual of its names."""
    alike: tuple[str, ...]
    """The others: in this stretch nothing tells them apart."""
    first: date
    midnights: tuple[int, ...]
    """Where each day from the first on begins, and the last one ends, in quarters of an hour since 1970."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of its zones."""
        return (self.zone, *self.alike)

    @property
    def offset(self) -> str:
        """How far its days are from UTC's, such as ``UTC-05:00, then UTC-04:00``."""
        begins = quarter(day_start(self.first))
        offsets = [begins + number * _QUARTERS - midnight for number, midnight in enumerate(self.midnights)]
        changed = [now for before, now in pairwise([None, *offsets]) if now != before]
        return ", then ".join(_offset_text(quarters) for quarters in changed if quarters is not None)


def _offset_text(quarters: int) -> str:
    hours, rest = divmod(abs(quarters), 4)
    return f"UTC{'-' if quarters < 0 else '+'}{hours:02d}:{rest * 15:02d}"


def candidates(first: date, last: date, extra: Iterable[str] = ()) -> list[Candidate]:
    """Every way of counting the days from ``first`` to ``last``, the most usual first.

    ``extra`` names zones, such as the one that is set, that need not be in the list.
    """
    found: dict[tuple[int, ...], list[str]] = {}
    for zone in dict.fromkeys((*USUAL, *extra)):
        found.setdefault(midnights(zone, first, last), []).append(zone)
    return [Candidate(names[0], tuple(names[1:]), first, where) for where, names in found.items()]


def midnights(zone: str, first: date, last: date) -> tuple[int, ...]:
    """Where each day of a zone begins, and the last one ends, in quarters of an hour since 1970."""
    calendar = AccountCalendar(zone)
    return tuple(quarter(calendar.begins_at(day)) for day in days_between(first, last + ONE_DAY))


def quarter(at: datetime) -> int:
    """The quarter of an hour that an instant lies in, counted since 1970."""
    return int(at.timestamp()) // QUARTER
