"""The same answers as the modern API words them: folders for projects, snake_case, null where v1 leaves a key out.

Documented: statistics have the same paths and shapes, and ``thumbnail`` inside events stays camelCase; newer releases
add ``attributes`` to events, a free-form mirror of the other fields.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from wistia_lake.sandbox.answer import Answer

_ACCOUNT = {
    "mediaCount": "media_count", "videoLimit": "video_limit", "projectCount": "folder_count",
    "channelCount": "channel_count",
}  # fmt: skip
_FOLDER = {
    "mediaCount": "media_count", "hashedId": "hashed_id", "publicId": "public_id",
    "anonymousCanUpload": "anonymous_can_upload", "anonymousCanDownload": "anonymous_can_download",
}  # fmt: skip
_ASSET = {"fileSize": "file_size", "contentType": "content_type"}
_NULL_IF_NONE = ("duration", "section")
_MIRRORED = ("ip", "city", "org", "email", "visitor_key", "embed_url")


def account(body: dict[str, Any]) -> dict[str, Any]:
    """The account."""
    return {_ACCOUNT.get(key, key): value for key, value in body.items()}


def folder(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the project list, which the modern API calls folders."""
    medias = {"url": f"https://api.wistia.com/modern/folders/{row['hashedId']}/medias"}
    modern = {_FOLDER.get(key, key): value for key, value in row.items()}
    return modern | {"medias": medias, "kind": "shared", "personal_library": False, "cursor": None}


def media(row: dict[str, Any]) -> dict[str, Any]:
    """A media of the list, or by itself."""
    modern = {key: value for key, value in row.items() if key not in ("project", "assets")}
    modern |= {key: row.get(key) for key in _NULL_IF_NONE}
    modern["folder"] = row.get("project")
    modern["protected"] = False
    if "assets" in row:
        modern["assets"] = [{_ASSET.get(key, key): value for key, value in asset.items()} for asset in row["assets"]]
    return modern


def events(answer: Answer) -> Answer:
    """Events, by themselves or in a list, with ``attributes``."""
    if answer.status != 200:
        return answer
    body = msgspec.json.decode(answer.body)
    for event in body if isinstance(body, list) else [body]:
        event["attributes"] = {key: event[key] for key in _MIRRORED}
    return replace(answer, body=msgspec.json.encode(body))
