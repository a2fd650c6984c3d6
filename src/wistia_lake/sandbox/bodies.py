"""Answers about medias, account and statistics, in the observed shapes and key orders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from wistia_lake.sandbox.scenario import Media, Project
from wistia_lake.sandbox.world import World

_STILL = "?image_crop_resized=200x120"
_ASSETS = ("OriginalFile", "IphoneVideoFile", "Mp4VideoFile", "MdMp4VideoFile", "HdMp4VideoFile", "StillImageFile")


def media_time(at: datetime) -> str:
    """Medias carry an offset (``+00:00``), unlike the Stats API's ``.000Z`` (observed)."""
    return at.replace(microsecond=0).isoformat()


def _delivery(media: Media, what: str) -> str:
    return hashlib.blake2b(f"{media.hashed_id}/{what}".encode(), digest_size=16).hexdigest()


def event_tail(world: World, media: Media) -> tuple[str, str]:
    """The end of an event row: fields of the media, without and with the thumbnail."""
    name = json.dumps(media.title, ensure_ascii=False)
    url = f"{world.scenario.account.url}/medias/{media.hashed_id}"
    bare = f'"media_id":"{media.hashed_id}","media_name":{name},"media_url":"{url}"'
    still = (
        f'"thumbnail":{{"url":"http://embed.wistia.com/deliveries/{_delivery(media, "still")}.bin",'
        f'"width":1920,"height":1080,"fileSize":{100_000 + media.id % 70_000},"contentType":"image/jpeg",'
        f'"type":"StillImageFile"}}'
    )
    return f"{bare}}}", f"{bare},{still}}}"


def media_row(media: Media, project: Project | None) -> dict[str, Any]:
    """A row of the media list. ``section`` is left out when there is none, ``duration`` where it has no meaning."""
    row: dict[str, Any] = {
        "id": media.id,
        "name": media.title,
        "type": media.type,
        "archived": media.archived,
        "created": media_time(media.created),
        "updated": media_time(media.updated_at),
    }
    if media.duration != "absent":
        row["duration"] = media.duration
    row |= {
        "hashed_id": media.hashed_id,
        "description": media.description,
        "progress": 0.25 if media.status == "queued" else 1.0,
        "status": media.status,
        "thumbnail": {
            "url": f"https://embed-ssl.wistia.com/deliveries/{_delivery(media, 'still')}.jpg{_STILL}",
            "width": 200,
            "height": 120,
        },
    }
    if media.section is not None:
        row["section"] = media.section
    if project is not None:
        row["project"] = {"id": project.id, "name": project.name, "hashed_id": project.hashed_id}
        row["assets"] = list(_assets(media))
    if media.tags and media.tags_in_list:
        row["tags"] = [{"name": tag} for tag in media.tags]
    return row


def _assets(media: Media) -> Iterator[dict[str, Any]]:
    for place, kind in enumerate(_ASSETS):
        yield {
            "url": f"http://embed.wistia.com/deliveries/{_delivery(media, kind)}.bin",
            "width": 1920 >> (place % 3),
            "height": 1080 >> (place % 3),
            "fileSize": media.asset_bytes >> place,
            "contentType": "image/jpeg" if kind == "StillImageFile" else "video/mp4",
            "type": kind,
        }


def media_show(media: Media, project: Project | None) -> dict[str, Any]:
    """The show endpoint's object: like a list row, but tags, subfolder and section are always there (observed)."""
    row = media_row(media, project)
    row["section"] = media.section
    row["tags"] = [{"name": tag} for tag in media.tags]
    row["subfolder"] = None
    return row


def project_row(world: World, project: Project, now: datetime) -> dict[str, Any]:
    """A row of the project list: documented, none was recorded. It is a day older than its first media (assumed)."""
    medias = [media for media in world.present_medias(now) if media.project == project.hashed_id]
    created = project_created(world, project)
    return {
        "id": project.id,
        "name": project.name,
        "description": None,
        "mediaCount": len(medias),
        "created": media_time(created),
        "updated": media_time(max([created, *(media.created for media in medias)])),
        "hashedId": project.hashed_id,
        "public": False,
        "publicId": None,
        "anonymousCanUpload": False,
        "anonymousCanDownload": False,
    }


def project_created(world: World, project: Project) -> datetime:
    """When a project was made."""
    made = (media.created for media in world.medias.values() if media.project == project.hashed_id)
    return min(made, default=world.scenario.now) - timedelta(days=1)


def account(world: World, now: datetime) -> dict[str, Any]:
    """The v1 account object."""
    who, count = world.scenario.account, len(world.present_medias(now))
    return {
        "id": who.id, "name": who.name, "url": who.url, "mediaCount": count, "videoLimit": 250,
        "projectCount": len(world.scenario.projects), "channelCount": 0,
    }  # fmt: skip


def hours_watched(plays: int, engagement: float, seconds: float | None) -> float:
    """Derived, not measured; this order of operations reproduces recorded answers to the last digit."""
    return plays * engagement * seconds / 3600 if seconds else 0.0


def media_stats(world: World, media: Media, now: datetime) -> dict[str, Any]:
    """Lifetime statistics; ``actions`` is left out because no media here has calls to action."""
    counters = world.counters(media.hashed_id, now)
    return {
        "load_count": counters.load_count,
        "play_count": counters.play_count,
        "play_rate": counters.play_rate,
        "hours_watched": hours_watched(counters.play_count, counters.engagement, media.known_seconds),
        "engagement": counters.engagement,
        "visitors": counters.visitors,
    }


def account_stats(world: World, now: datetime) -> dict[str, Any]:
    """Sums over the account's medias."""
    each = [media_stats(world, media, now) for media in world.present_medias(now)]
    totals: dict[str, Any] = {"load_count": 0, "play_count": 0, "hours_watched": 0.0}
    for item in each:
        for key in totals:  # not sum(): since Python 3.12 it adds floats in another way
            totals[key] += item[key]
    return totals


def account_day(world: World, day: date, now: datetime) -> dict[str, Any]:
    """One day of the account: the sums over the medias that exist now, as :func:`by_date` has them."""
    loads, plays, hours = 0, 0, 0.0
    for media in world.present_medias(now):
        row = by_date(world, media, day, day, now)[0]
        # Not sum(): since Python 3.12 it adds floats in another way.
        loads, plays, hours = loads + row["load_count"], plays + row["play_count"], hours + row["hours_watched"]
    return {"date": day.isoformat(), "load_count": loads, "play_count": plays, "hours_watched": hours or 0}


def by_date(world: World, media: Media, first: date, last: date, now: datetime) -> list[dict[str, Any]]:
    """One row per account day, oldest first, zeros too, none after today.

    Observed: hours of every day are its plays times one constant of the media as it is now, so past hours change.
    """
    constant = world.counters(media.hashed_id, now).engagement * (media.known_seconds or 0.0)
    rows, last = [], min(last, world.calendar.day_of(now))
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        loads, plays = world.day_counts(media.hashed_id, day, now)
        hours = plays * constant / 3600 if plays and constant else 0
        rows.append({"date": day.isoformat(), "load_count": loads, "play_count": plays, "hours_watched": hours})
    return rows
