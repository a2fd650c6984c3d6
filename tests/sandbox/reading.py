"""A plain reader for the sandbox's tests: one request at a time, no library of ours on the way."""

from __future__ import annotations

import http.client
import json
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

AUTHORIZATION = "Bearer sandbox-token"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def fetch(sandbox, path, authorization=AUTHORIZATION, method="GET", body=None, **query):
    """One HTTP request; header names come back in lower case."""
    connection = http.client.HTTPConnection(urlsplit(sandbox.base_url).netloc, timeout=20)
    try:
        headers = {"Authorization": authorization} if authorization else {}
        connection.request(method, path + ("?" + urlencode(query, doseq=True) if query else ""), body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def ask(site, path, version="v1", **query):
    """The same without a socket: straight to the server's state."""
    answer, _ = site.handle(f"/{version}{path}", {name: [str(value)] for name, value in query.items()}, AUTHORIZATION)
    return answer


def walk(site, path, per_page=100, between=None, **query):
    """Every row of a list, page by page; the first short page is read twice, as a careful reader does."""
    rows, page = [], 0
    while True:
        page += 1
        answer = ask(site, path, page=page, per_page=per_page, **query)
        assert answer.status == 200, answer
        rows += json.loads(answer.body)
        if answer.rows < per_page:
            ask(site, path, page=page, per_page=per_page, **query)
            return rows
        if between is not None:
            between()


def days(first, last):
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def run(site, first, media_ids=None, known=()):
    """What a daily run reads: lists, shows of vanished medias, statistics, by_date, measured days, events."""
    listed = [row["hashed_id"] for row in walk(site, "/medias")]
    for media_id in known:
        if media_id not in listed:
            ask(site, f"/medias/{media_id}")
    today = site.now.date()
    for media_id in listed:
        ask(site, f"/stats/medias/{media_id}")
        ask(site, f"/stats/medias/{media_id}/engagement")
        ask(site, f"/stats/medias/{media_id}/by_date", start_date=first, end_date=today)
        measured = {"start_date": max(first, today - timedelta(days=10)), "end_date": today + timedelta(days=1)}
        ask(site, f"/analytics/medias/{media_id}/timeseries", "modern", granularity="daily", **measured)
    scopes = [{"media_id": media_id} for media_id in media_ids] if media_ids else [{}]
    ask(site, "/stats/account/by_date", start_date=first, end_date=today)
    return [
        row
        for day in days(first, today)
        for scope in scopes
        for row in walk(site, "/stats/events", start_date=day, end_date=day, **scope)
    ]


def utc_day(row):
    return date.fromisoformat(row["received_at"][:10])
