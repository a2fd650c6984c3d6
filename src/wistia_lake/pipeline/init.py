"""Init: the files that a lake's owner edits, written once and never over what is there."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from wistia_lake.errors import WistiaLakeError
from wistia_lake.lake.marker import MARKER_KEY, new_marker
from wistia_lake.lake.store import lake_root, open_store
from wistia_lake.model import Clock
from wistia_lake.pipeline import ingest_medias
from wistia_lake.pipeline.ingest_setup import key_path, pseudonymizer_of
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.privacy.pseudonym import load_or_create_key
from wistia_lake.settings import PSEUDONYM_KEY, TOKEN, WEBHOOK, Loaded, Settings
from wistia_lake.wistia.access import required_token
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.endpoints import ALL_MEDIA_DATA, DETAILED_STATS
from wistia_lake.wistia.pacing import Pacer

ENV_FILE = ".env"
_ENV = f"""\
# Secrets of wistia-lake. Real environment variables win over this file. Never commit it.

# A token with the permissions "{DETAILED_STATS}" and "{ALL_MEDIA_DATA}":
# at Wistia under Account > Settings > API Access, made by the account's owner.
{TOKEN}=

# Optional: read only these medias (hashed ids, separated by commas). Empty: the whole account.
# MEDIA_IDS=

# Optional: the key behind the pseudonyms, 64 hex digits, instead of the file pseudonym.key.
# {PSEUDONYM_KEY}=

# Optional: where a failed run is told, such as the address of an incoming webhook of Slack or Mattermost. A secret.
# {WEBHOOK}=
"""


@dataclass(slots=True)
class Initialised:
    """What was written, what was there already, and what is next."""

    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the account says about settings."""

    media_count: int
    start: date
    oldest: datetime | None
    projects: tuple[str, ...]
    """Names, the one with most medias first."""


def init(
    load: Callable[[], Loaded], clock_of: Callable[[Loaded], Clock], config: Path, meanings: Mapping[str, str]
) -> Initialised:
    """Write settings, the template for the token and the key into the folder of ``config``.

    ``meanings`` explains each setting.

    Raises:
        SettingsError: a setting that is there already is wrong, or the key would lie inside the lake.
    """
    loaded, done = load(), Initialised()
    proposal = None
    if loaded.token is not None and not config.exists():
        try:
            proposal = asyncio.run(_ask(loaded, clock_of(loaded)))
        except WistiaLakeError as exc:
            done.notes.append(f"The account could not be looked at, so that nothing is proposed from it: {exc}")
    _key(loaded, done)
    _write(config.absolute(), settings_text(meanings, proposal), done)
    _write(loaded.folder.absolute() / ENV_FILE, _ENV, done, mode=0o600)
    if proposal is not None:
        done.notes.append(f"The account has {proposal.media_count} medias in {len(proposal.projects)} projects.")
    if loaded.token is None:
        done.next_step = f"put a token into {ENV_FILE}, set the zone in {config.name}, then: wistia-lake doctor"
    else:
        done.next_step = f"set the zone in {config.name}, then: wistia-lake doctor"
    return done


def _write(path: Path, text: str, done: Initialised, mode: int = 0o644) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        done.kept.append(str(path))
        return
    with os.fdopen(file, "w", encoding="utf-8", newline="\n") as out:
        out.write(text)
    done.written.append(str(path))


def _key(loaded: Loaded, done: Initialised) -> None:
    if loaded.pseudonym_key is not None:
        done.notes.append(f"The pseudonym key is in {PSEUDONYM_KEY}, so no file is needed for it.")
        return
    root = lake_root(loaded.settings.lake)
    if root is None:
        done.notes.append(f"Set {PSEUDONYM_KEY}: only a lake in a folder can have a key file.")
        return
    path = key_path(loaded, root)
    (done.kept if path.exists() else done.written).append(str(path))
    if (root / MARKER_KEY).is_file():
        pseudonymizer_of(loaded, open_store(loaded.settings.lake))  # refuses a new key for an old lake
    else:
        load_or_create_key(path)


async def _ask(loaded: Loaded, clock: Clock) -> Proposal:
    settings, token = loaded.settings, required_token(loaded)
    pacer = Pacer(settings.requests_per_minute, monotonic=time.monotonic)
    client = WistiaClient(
        settings.base_url, token, pacer=pacer, clock=clock, allow_host=settings.allow_host, attempts=2
    )
    store = open_store("memory://")
    outlook = Outlook(settings, store, client, clock, None)
    async with client:
        listed = await ingest_medias.look(outlook, outlook.looks(ingest_medias.STREAM))
    oldest = ingest_medias.oldest(listed.rows)
    names = [row.project for row in listed.rows.values() if row.project]
    projects = tuple(sorted(set(names), key=lambda name: (-names.count(name), name)))
    start = new_marker(listed.first_requested_at, oldest).start
    return Proposal(len(listed.rows), start, oldest, projects)


def settings_text(meanings: Mapping[str, str], proposal: Proposal | None) -> str:
    """``wistia-lake.toml``: every setting as a comment with its default, and what was proposed."""
    lines = [
        "# Settings of wistia-lake. Every line is optional; what stands here after a # is the default or a proposal.",
        f"# The token never stands in this file: it belongs in {ENV_FILE}.",
    ]
    defaults = Settings()
    for name, meaning in meanings.items():
        if name not in {"channels", "now"}:
            lines += ["", f"# {meaning}", *_setting(name, getattr(defaults, name), proposal)]
    return "\n".join([*lines, *_channels(proposal)]) + "\n"


def _setting(name: str, default: Any, proposal: Proposal | None) -> list[str]:
    if name == "zone":
        return ['# zone = "America/New_York"']
    if name == "start":
        if proposal is None:
            return ["# start = 2025-01-01"]
        made = f"; the oldest media is from {proposal.oldest.astimezone(UTC):%Y-%m-%d}" if proposal.oldest else ""
        return [
            f"# Of this account the oldest day that can be read is {proposal.start}{made}.",
            f"# start = {proposal.start}",
        ]
    return [f"# {name} = {json.dumps(default if default != () else [])}"]


def _channels(proposal: Proposal | None) -> list[str]:
    lines = [
        "",
        '# Channel rules: the first that matches wins, anything else is "Other". Give project, section, tag or title.',
        "# Patterns match the whole value, case-insensitively; * stands for any text, ? for one character.",
    ]
    projects = proposal.projects if proposal is not None else ()
    if projects:
        lines.append("# Proposed from the names of this account's projects; take the # away where a rule is right:")
    for name in projects or ("Facebook*",):
        # JSON's strings are TOML's, but for one control character that no title needs.
        text = json.dumps(name.replace("\x7f", ""), ensure_ascii=False)
        lines += [
            "# [[channels]]",
            f"# channel = {text if projects else json.dumps('Facebook')}",
            f"# project = {text}",
            "#",
        ]
    return lines[:-1]
