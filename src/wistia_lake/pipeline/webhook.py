"""Telling a chat that a command failed: what is told, and how it gets there.

What is told leaves this machine for people who may not see the account's data. So it is built from counts, names of our
own and one sentence, and that sentence loses whatever others put into it: the API's own words, secrets, queries of
addresses, folders of this machine, anything that looks like an e-mail address, an IP address or a key. Titles of medias
are in none of our sentences, and the API's words, which might hold one, are left out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from wistia_lake.log import MASK, without_credentials
from wistia_lake.model import Secret, instant_text
from wistia_lake.pipeline.summary import BuildSummary, IngestSummary, RunSummary

TIMEOUT_SECONDS = 10.0
"""For one attempt, from the connection to the answer."""
PAUSE_SECONDS = 1.0
"""Before the second and last attempt."""
LONGEST_ERROR = 1000
"""Characters of the sentence; a chat is no place for more."""

_API_WORDS = re.compile(r'\s*\(".*"\)', re.DOTALL)
_PATTERNS = (
    (re.compile(r"(?<=://)[^\s/@]+@"), ""),
    (re.compile(r"""(\bhttps?://[^\s?#"']*)[?#][^\s"']*"""), r"\1"),
    (re.compile(r"[^\s@'\"<>(]+@[^\s@'\"<>)]+\.\w+"), MASK),
    (re.compile(r"\b[0-9A-Fa-f]{32,}\b"), MASK),
    (re.compile(r"\b(?!127\.)\d{1,3}(?:\.\d{1,3}){3}\b"), MASK),
    (re.compile(r"(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]*[0-9a-f]\b"), MASK),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """How a command ended, before anything is taken out of it."""

    command: str
    exit_code: int
    outcome: str
    """The error's name."""
    error: str
    """Its sentence."""
    lake: str | None
    """The lake's name; None if not even the settings could be read."""
    summary: RunSummary | None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted: ``text`` for a chat, the rest for programs."""

    text: str
    command: str
    lake: str | None
    outcome: str
    exit_code: int
    error: str
    run_id: str | None
    started_at: str | None
    seconds: float | None
    counts: dict[str, int]
    """Of rows, requests and the like; empty if nothing was begun."""


def notice_of(failure: Failure, *, secrets: Iterable[Secret], folders: Iterable[Path]) -> Notice:
    """What may be told of a failure."""
    error = redacted(failure.error, secrets=secrets, folders=folders)
    summary = failure.summary
    counts = _counts(summary)
    has_begun = summary is not None and summary.started_at is not None
    return Notice(
        text=_text(failure, error, counts),
        command=failure.command,
        lake=failure.lake,
        outcome=failure.outcome,
        exit_code=failure.exit_code,
        error=error,
        run_id=summary.run_id if summary is not None and has_begun else None,
        started_at=instant_text(summary.started_at) if summary is not None and summary.started_at else None,
        seconds=round(summary.seconds, 1) if summary is not None and has_begun else None,
        counts=counts,
    )


def _text(failure: Failure, error: str, counts: dict[str, int]) -> str:
    place = "" if failure.lake is None else f', lake "{failure.lake}"'
    at = failure.summary.started_at if failure.summary is not None else None
    when = "" if at is None else f", begun {at:%Y-%m-%d %H:%M}Z"
    lines = [f"wistia-lake {failure.command}{place}{when}: exit code {failure.exit_code} ({failure.outcome})", error]
    if counts:
        told = ", ".join(f"{name.removesuffix('_count').replace('_', ' ')} {n:,}" for name, n in counts.items() if n)
        lines.append(f"Counts: {told or 'all 0'}.")
    return "\n".join(lines)


def _counts(summary: RunSummary | None) -> dict[str, int]:
    if summary is None:
        return {}
    counts: dict[str, int] = {}
    for part in (summary.ingest, summary.build):
        if isinstance(part, IngestSummary | BuildSummary):
            prefix = "written_" if isinstance(part, BuildSummary) else ""
            numbers = {item.name: getattr(part, item.name) for item in fields(part) if item.name.endswith("_count")}
            counts |= {prefix + name: value for name, value in numbers.items()}
    if summary.ingest is not None:
        counts["problem_count"] = len(summary.ingest.problems)
    if summary.failed_checks:
        counts["failed_check_count"] = len(summary.failed_checks)
    return counts


def redacted(text: str, *, secrets: Iterable[Secret], folders: Iterable[Path]) -> str:
    """The sentence without what others put into it."""
    for secret in secrets:
        text = text.replace(secret.get_secret_value(), MASK)
    text = without_credentials(_API_WORDS.sub("", text))
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    for folder in sorted(set(folders), key=lambda path: len(str(path)), reverse=True):
        if folder.name:  # the root of a disk is in every path
            for form in (folder.as_uri(), str(folder), folder.as_posix()):
                text = text.replace(f"{form}/", "").replace(f"{form}\\", "").replace(form, folder.name)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_ERROR else text[:LONGEST_ERROR] + "…"


def host_of(webhook: Secret) -> str:
    """The only part of the address that may be shown."""
    return urlsplit(webhook.get_secret_value()).hostname or ""


def deliver(
    webhook: Secret, notice: Notice, *, timeout_seconds: float = TIMEOUT_SECONDS, pause_seconds: float = PAUSE_SECONDS
) -> str | None:
    """Post a notice; gives None, or in words of our own why it was not taken. Never raises because of the network."""
    return asyncio.run(_deliver(webhook, msgspec.json.encode(notice), timeout_seconds, pause_seconds))


async def _deliver(webhook: Secret, body: bytes, timeout_seconds: float, pause_seconds: float) -> str | None:
    timeout = aiohttp.ClientTimeout(total=timeout_seconds)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        reason, may_repeat = await _attempt(session, webhook, body, timeout_seconds)
        if reason is not None and may_repeat:
            await asyncio.sleep(pause_seconds)
            reason, _ = await _attempt(session, webhook, body, timeout_seconds)
    return reason


async def _attempt(
    session: aiohttp.ClientSession, webhook: Secret, body: bytes, timeout_seconds: float
) -> tuple[str | None, bool]:
    """Why the notice was not taken, None if it was; and whether another attempt may help."""
    headers = {"Content-Type": "application/json", "User-Agent": "wistia-lake"}
    try:
        url = URL(webhook.get_secret_value(), encoded=True)
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            status = response.status
    except TimeoutError:
        # It may have arrived all the same: saying it twice is worse than saying that nobody knows.
        return f"no answer within {timeout_seconds:g} seconds", False
    except aiohttp.ClientConnectorCertificateError:
        return "its certificate is not trusted", False
    except (aiohttp.ClientConnectionError, OSError):
        return "it cannot be reached", True
    except (aiohttp.ClientError, ValueError):
        return "its answer is not HTTP, or its address is none", False
    if 200 <= status < 300:
        return None, False
    return f"it answered {status}", status >= 500
