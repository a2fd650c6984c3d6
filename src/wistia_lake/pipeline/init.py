"""Init: the files that a lake's owner edits, written once and never over what is there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from wistia_lake.errors import WistiaLakeError
from wistia_lake.lake.marker import MARKER_KEY, new_marker
from wistia_lake.lake.store import lake_root, open_store
from wistia_lake.model import Clock, Reporter
from wistia_lake.pipeline import ingest_medias
from wistia_lake.pipeline.ingest_setup import key_path, pseudonymizer_of
from wistia_lake.pipeline.ingest_work import Outlook
from wistia_lake.privacy.pseudonym import load_or_create_key
from wistia_lake.probes.asking import Api
from wistia_lake.probes.zone_answer import Answer, answer
from wistia_lake.probes.zone_live import counts_of_account
from wistia_lake.settings import Loaded
from wistia_lake.settings_files import env_text, settings_text
from wistia_lake.wistia.access import required_token
from wistia_lake.wistia.opening import open_client

ENV_FILE = ".env"


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
    zone: Answer | WistiaLakeError
    """What few sessions and daily counts say, or why they could not be read."""


def init(
    load: Callable[[], Loaded], clock_of: Callable[[Loaded], Clock], config: Path, reporter: Reporter
) -> Initialised:
    """Write settings, the template for the token and the key into the folder of ``config``.

    Raises:
        SettingsError: a setting that is there already is wrong, or the key would lie inside the lake.
    """
    loaded, done = load(), Initialised()
    proposal = None
    if loaded.token is not None and not config.exists():
        try:
            proposal = asyncio.run(_ask(loaded, clock_of(loaded), reporter))
        except WistiaLakeError as exc:
            done.notes.append(f"The account could not be looked at, so that nothing is proposed from it: {exc}")
    _key(loaded, done)
    proposed = {} if proposal is None else {"zone": _zone_lines(proposal.zone), "start": _start_lines(proposal)}
    text = settings_text(proposed, proposal.projects if proposal is not None else ())
    _write(config.absolute(), text, done)
    _write(loaded.folder.absolute() / ENV_FILE, env_text(loaded.account), done, mode=0o600)
    if proposal is not None:
        done.notes.append(f"The account has {proposal.media_count} medias in {len(proposal.projects)} projects.")
        done.notes += _zone_notes(proposal.zone)
    first = "" if loaded.token is not None else f"put a token into {ENV_FILE} ({loaded.token_variable}), "
    done.next_step = f"{first}set the zone in {config.name}, then: wistia-lake doctor"
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
        done.notes.append(f"The pseudonym key is in {loaded.key_variable}, so no file is needed for it.")
        return
    root = lake_root(loaded.settings.lake)
    if root is None:
        done.notes.append(f"Set {loaded.key_variable}: only a lake in a folder can have a key file.")
        return
    path = key_path(loaded, root)
    (done.kept if path.exists() else done.written).append(str(path))
    if (root / MARKER_KEY).is_file():
        pseudonymizer_of(loaded, open_store(loaded.settings.lake))  # refuses a new key for an old lake
    else:
        load_or_create_key(path)


async def _ask(loaded: Loaded, clock: Clock, reporter: Reporter) -> Proposal:
    settings, token = loaded.settings, required_token(loaded)
    client = open_client(settings, token, clock, attempts=2)
    store = open_store("memory://")
    outlook = Outlook(settings, store, client, clock, None)
    async with client:
        listed = await ingest_medias.look(outlook, outlook.looks(ingest_medias.STREAM))
        zone = await _zone(Api(client, settings, clock), reporter)
    oldest = ingest_medias.oldest(listed.rows)
    names = [row.project for row in listed.rows.values() if row.project]
    projects = tuple(sorted(set(names), key=lambda name: (-names.count(name), name)))
    start = new_marker(listed.first_requested_at, oldest).start
    return Proposal(len(listed.rows), start, oldest, projects, zone)


async def _zone(api: Api, reporter: Reporter) -> Answer | WistiaLakeError:
    try:
        return answer(await counts_of_account(api, reporter=reporter), api.settings.zone_name)
    except WistiaLakeError as exc:
        return exc  # the other proposals stand without it


def _zone_notes(zone: Answer | WistiaLakeError) -> list[str]:
    """What people should know of the proposed zone, as sentences."""
    if isinstance(zone, WistiaLakeError):
        return [f"The account's zone could not be looked for: {zone}"]
    found = f"{zone.conclusion[0].upper()}{zone.conclusion[1:]} ({zone.evidence})."
    return [found] if zone.choice is None else [found, f"{zone.choice[0].upper()}{zone.choice[1:]}."]


def _zone_lines(zone: Answer | WistiaLakeError) -> list[str]:
    best = zone.best if isinstance(zone, Answer) else None
    notes = [f"# {' '.join(note.split())}" for note in _zone_notes(zone)]
    return [*notes, f'# zone = "{best.zone if best is not None else "America/New_York"}"']


def _start_lines(proposal: Proposal) -> list[str]:
    made = f"; the oldest media is from {proposal.oldest.astimezone(UTC):%Y-%m-%d}" if proposal.oldest else ""
    return [
        f"# Of this account the oldest day that can be read is {proposal.start}{made}.",
        f"# start = {proposal.start}",
    ]
