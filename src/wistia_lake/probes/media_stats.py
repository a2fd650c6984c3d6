"""``probe media-stats``: lifetime counters of some medias, and whether they keep the laws that are built on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import Any, Final

import msgspec

from wistia_lake.errors import ApiGone, ApiRejected, UsageError
from wistia_lake.model import instant_text
from wistia_lake.privacy.reading import split_rows
from wistia_lake.privacy.samples import MEDIA_STATS, redact
from wistia_lake.probes.asking import Api, ask, refuse_media_ids, refuse_paging
from wistia_lake.probes.describing import Field, describe
from wistia_lake.probes.samples import Report, field_lines, pretty, stamp, write_samples
from wistia_lake.settings import Loaded
from wistia_lake.wistia.endpoints import MEDIA
from wistia_lake.wistia.endpoints import MEDIA_STATS as STATS

FIELDS: Final = ("load_count", "play_count", "play_rate", "hours_watched", "engagement", "visitors")
_ADVICE: Final = "Take a hashed id from the media list (probe medias, list_medias.py)."
_CLOSE: Final = 1e-9
_WHOLE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Read:
    """One media's counters as served, when they were asked for, and its length in seconds if that could be read."""

    media_id: str
    requested_at: datetime
    stats: dict[str, Any]
    duration: float | None


def page_walk_media_stats(
    loaded: Loaded, output: Path, *, media_ids: Sequence[str] = (), per_page: int = 25, max_pages: int = 3
) -> Report:
    """Read each media's statistics, write them as a sample, and say what they show.

    Raises:
        UsageError: neither ``media_ids`` nor ``MEDIA_IDS`` names a media.
        ApiRejected: every media answered 404. If only some did, the report's problem names them.
    """
    refuse_paging(per_page=per_page, max_pages=max_pages)
    wanted = list(dict.fromkeys(media_ids or loaded.settings.media_ids))
    refuse_media_ids(wanted)
    if not wanted:
        raise UsageError("No media is named: give hashed ids with --media-id, or set MEDIA_IDS in .env.")

    async def question(api: Api) -> list[Read | ApiGone]:
        return [await _read(api, media_id) for media_id in wanted]

    answers = ask(loaded, question)
    found = [one for one in answers if isinstance(one, Read)]
    gone = [one for one in answers if isinstance(one, ApiGone)]
    if not found:
        raise ApiRejected(f"{gone[0]} {_ADVICE} Nothing was written.", status=404)
    sample = redact([one.stats for one in found], MEDIA_STATS)
    records = [
        {"media_id": one.media_id, "requested_at": instant_text(one.requested_at), "stats": stats}
        for one, stats in zip(found, sample.rows, strict=True)
    ]
    fields = describe([one.stats for one in found], FIELDS)
    laws = {one.media_id: laws_of(one.stats, one.duration) for one in found}
    values = {
        "count": len(found), "pages": False, "fields": {item.name: item.values() for item in fields}, "laws": laws,
        "dropped_fields": sorted(sample.dropped), "unknown_fields": sorted(sample.unknown),
    }  # fmt: skip
    at = stamp(found[0].requested_at)
    files = write_samples(output / "media_stats", f"media_stats_{at}", {".json": pretty(records)})
    lines = [_paging_line(len(found), per_page, max_pages), *map(_field_line, fields), *_law_lines(laws)]
    return Report([*lines, *field_lines(sample)], values, files, _problem(gone))


def _problem(gone: Sequence[ApiGone]) -> ApiGone | None:
    """The medias that are not there, if others are."""
    if not gone:
        return None
    paths = "; ".join(one.path for one in gone)
    return ApiGone(f"The others were read, but 404 was answered to: {paths}. {_ADVICE}", path=gone[0].path)


async def _read(api: Api, media_id: str) -> Read | ApiGone:
    try:
        answer = await api.client.get(STATS, media_id=media_id)
    except ApiGone as exc:
        return exc
    stats = _object(answer.body, "GET /stats/medias/{media_id}")
    return Read(media_id, answer.requested_at, stats, await _duration(api, media_id))


async def _duration(api: Api, media_id: str) -> float | None:
    """The length, or None: the token may lack the permission for it, and a numeric id has no single answer."""
    try:
        answer = await api.client.get(MEDIA, media_id=media_id)
    except (ApiRejected, ApiGone):
        return None
    value = _object(answer.body, "GET /medias/{media_id}").get("duration")
    return float(value) if isinstance(value, int | float) and value > 0 else None


def _object(body: bytes, what: str) -> dict[str, Any]:
    (raw,) = split_rows(b"[" + body + b"]", what)
    found = msgspec.json.decode(raw)
    return found if isinstance(found, dict) else {}


def laws_of(stats: dict[str, Any], duration: float | None) -> dict[str, Any]:
    """Whether the two laws of lifetime counters hold: True, False, or None where it cannot be told."""
    plays, engagement, hours, rate, visitors = (
        _number(stats.get(name)) for name in ("play_count", "engagement", "hours_watched", "play_rate", "visitors")
    )
    hold_hours: bool | None = None
    expected: float | None = None
    if duration is not None and plays is not None and engagement is not None and hours is not None:
        # This order of operations reproduces recorded answers to the last digit.
        expected = plays * engagement * duration / 3600
        hold_hours = isclose(hours, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)
    players = rate * visitors if rate is not None and visitors is not None else None
    return {
        "duration": duration,
        "hours_watched": hours,
        "expected_hours": expected,
        "hours_law_holds": hold_hours,
        "players": players,
        "players_whole": None if players is None else abs(players - round(players)) < _WHOLE,
    }


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _paging_line(count: int, per_page: int, max_pages: int) -> str:
    medias = "1 media" if count == 1 else f"{count:,} medias"
    return (
        f"{medias} read. The endpoint does not page: one request gives all there is, so that --per-page {per_page} and "
        f"--max-pages {max_pages} change nothing"
    )


def _field_line(field: Field) -> str:
    return f"  {field.name}: {field.sentence()}"


def _law_lines(laws: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for media_id, found in laws.items():
        match found["hours_law_holds"]:
            case True:
                hours = "holds: hours are derived, not measured"
            case False:
                hours = f"does NOT hold: {found['hours_watched']!r} served, {found['expected_hours']!r} expected"
            case _:
                hours = "cannot be told: no duration is known"
        match found["players_whole"]:
            case True:
                players = f"holds: {round(found['players']):,} visitors played"
            case False:
                players = f"does NOT hold: {found['players']!r}"
            case _:
                players = "cannot be told: a number is missing"
        lines += [
            f"{media_id}: hours_watched = play_count * engagement * duration / 3600 {hours}",
            f"{media_id}: play_rate * visitors is whole: {players}",
        ]
    return lines
