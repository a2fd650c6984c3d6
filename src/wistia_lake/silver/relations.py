"""The small relations that Python computes for the models: calendars, which look counts where, words, channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa

from wistia_lake.model import ONE_DAY, day_start, first_of_month
from wistia_lake.settings import ChannelRule, MediaRule, Settings
from wistia_lake.silver.calendar import AccountCalendar
from wistia_lake.silver.columns import USER_AGENT_WORDS
from wistia_lake.silver.history import History, Shown

_TYPES = {
    "text": pa.string(), "day": pa.date32(), "instant": pa.timestamp("us", tz="UTC"), "flag": pa.bool_(),
    "number": pa.int64(),
}  # fmt: skip


def relation(columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A relation from rows; ``columns`` maps names to text, day, instant, flag or number."""
    listed = list(rows)
    arrays = [pa.array([row[place] for row in listed], _TYPES[kind]) for place, kind in enumerate(columns.values())]
    return pa.table(arrays, names=list(columns))


def user_agent_words() -> pa.Table:
    """Kind, word as served, word kept."""
    return relation({"kind": "text", "served": "text", "kept": "text"}, USER_AGENT_WORDS)


def wanted_days(days: Iterable[date]) -> pa.Table:
    """The UTC days whose rows are wanted; the neighbours are only read."""
    return relation({"received_day": "day"}, [(day,) for day in days])


def day_parts(calendar: AccountCalendar, days: Iterable[date]) -> pa.Table:
    """For each UTC day, the account days that it overlaps and their bounds."""
    columns = {"received_day": "day", "day": "day", "begins_at": "instant", "ends_at": "instant"}
    return relation(columns, [(utc_day, *part) for utc_day in days for part in calendar.parts(utc_day)])


def duration_spans(durations: Mapping[str, Sequence[tuple[date, int]]]) -> pa.Table:
    """From which UTC day (included) to which (excluded) each length of a media counts.

    The first known length also serves the days before it was known.
    """
    rows = []
    for media_id, known in durations.items():
        starts = [date.min, *(since for since, _ in known[1:]), date.max]
        rows += [(media_id, starts[place], starts[place + 1], ms) for place, (_, ms) in enumerate(known)]
    return relation({"media_id": "text", "from_day": "day", "to_day": "day", "duration_ms": "number"}, rows)


def event_sources(shown: dict[date, list[Shown]]) -> pa.Table:
    """Which object gives the rows of which UTC day, and for which media (null: every one not excluded)."""
    columns = {"batch_id": "text", "received_day": "day", "media_id": "text"}
    rows = [
        (one.manifest.data.batch_id, day, one.media_id)
        for day, ones in shown.items()
        for one in ones
        if one.manifest.data
    ]
    return relation(columns, rows)


def event_exclusions(shown: dict[date, list[Shown]]) -> pa.Table:
    """Medias whose rows in the account's object are superseded by a newer look of their own."""
    rows = [
        (one.manifest.data.batch_id, media_id)
        for ones in shown.values()
        for one in ones
        if one.manifest.data
        for media_id in one.excluded
    ]
    return relation({"batch_id": "text", "media_id": "text"}, rows)


def account_days(calendar: AccountCalendar, days: Iterable[date], settle: timedelta) -> pa.Table:
    """The account days wanted, their month, and from when a look at them is final."""
    columns = {"day": "day", "month": "day", "final_at": "instant"}
    return relation(columns, [(day, first_of_month(day), calendar.ends_at(day) + settle) for day in days])


Flags = tuple[bool, bool, bool]
"""(covered, final, settled) of an account day."""


def event_day_flags(
    history: History, settings: Settings, calendar: AccountCalendar, day: date
) -> dict[str | None, Flags]:
    """What the looks at the overlapping UTC days say of an account day.

    Keys are the medias that have a look of their own; None stands for all the others.
    """
    utc_days = calendar.utc_days(day)
    shown = {utc_day: history.shown("events", utc_day) for utc_day in utc_days}
    medias: set[str | None] = {None, *(one.media_id for ones in shown.values() for one in ones)}
    result: dict[str | None, Flags] = {}
    for media_id in medias:
        chosen = [_look_for(shown[utc_day], media_id) for utc_day in utc_days]
        result[media_id] = _flags(settings, utc_days, chosen, calendar.ends_at(day))
    return result


def _look_for(shown: list[Shown], media_id: str | None) -> Shown | None:
    by_media = {one.media_id: one for one in shown}
    return by_media.get(media_id) or by_media.get(None)


def _flags(settings: Settings, utc_days: list[date], chosen: list[Shown | None], ends_at: datetime) -> Flags:
    covered, final, settled = True, True, True
    previous: datetime | None = None
    for utc_day, one in zip(utc_days, chosen, strict=True):
        if one is None:
            # A UTC day that had not begun when the day before it was looked at hides nothing yet.
            covered = covered and previous is not None and previous < day_start(utc_day)
            final = settled = False
            continue
        began = previous = one.manifest.first_requested_at
        final = final and not one.manifest.cut and began >= ends_at + timedelta(minutes=settings.settle_minutes)
        settled = settled and began >= day_start(utc_day + ONE_DAY) + timedelta(days=settings.late_window_days)
    return covered, covered and final, covered and final and settled


def event_days(flags: dict[date, dict[str | None, Flags]]) -> pa.Table:
    """The flags of account days as a relation."""
    columns = {"day": "day", "media_id": "text", "is_covered": "flag", "is_final": "flag", "is_settled": "flag"}
    return relation(
        columns, [(day, media_id, *values) for day, medias in flags.items() for media_id, values in medias.items()]
    )


def channel_of(
    rules: Sequence[ChannelRule], *, project: str | None, section: str | None, tags: Sequence[str], title: str | None
) -> str:
    """The first rule that matches decides; ``Other`` if none does."""
    for rule in rules:
        if matches(rule, project=project, section=section, tags=tags, title=title):
            return rule.channel
    return "Other"


def matches(
    rule: MediaRule, *, project: str | None, section: str | None, tags: Sequence[str], title: str | None
) -> bool:
    """Whether all patterns of a rule match; a value that is unknown matches none."""
    wanted = ((rule.project, [project]), (rule.section, [section]), (rule.tag, tags), (rule.title, [title]))
    return all(pattern is None or any(_fits(pattern, text) for text in texts) for pattern, texts in wanted)


def _fits(pattern: str, text: str | None) -> bool:
    # Brackets are common in titles, so only * and ? are wildcards.
    return text is not None and fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))
