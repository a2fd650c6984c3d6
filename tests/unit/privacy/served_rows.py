"""A page of events with invented values: documentation addresses, made-up people."""

from __future__ import annotations

import copy
import json

EVENT = {
    "received_at": "2025-05-12T16:44:26.000Z",
    "event_key": "1747051_3a4b5c6d-7e8f-4012-9345-67890abcdef1-0a1b2c3d4-5e6f70819203-a4b5",
    "ip": "203.0.113.17",
    "country": "US",
    "region": "Example State",
    "city": "Exampleville",
    "lat": 12.3456,
    "lon": -12.3456,
    "org": "Example Broadband",
    "email": None,
    "percent_viewed": 0.43756789012345678,
    "embed_url": "https://www.example.com/landing?utm_source=newsletter&secret=1",
    "conversion_type": "",
    "conversion_data": {},
    "iframe_heatmap_url": "https://api.wistia.com/v1/stats/events/x/iframe.html?public_token=xxxxxxxxxx",
    "visitor_key": "1747051_4b5c6d7e-8f90-4123-a456-7890abcdef12-1b2c3d4e5-6f7081920314-b5c6",
    "user_agent_details": {"browser": "Chrome", "browser_version": "136", "platform": "Android", "mobile": True},
    "media_id": "abcde12345",
    "media_name": "Example video",
    "media_url": "https://example.wistia.com/medias/abcde12345",
    "thumbnail": {"url": "http://embed.wistia.com/deliveries/0.bin", "width": 1920, "height": 1080},
}
ABSENT = object()


def event(**changes):
    """One event as served, with these fields changed; ``ABSENT`` leaves one out."""
    row = copy.deepcopy(EVENT) | changes
    return {name: value for name, value in row.items() if value is not ABSENT}


def page(*rows):
    """The body of a page."""
    return json.dumps(list(rows)).encode()
