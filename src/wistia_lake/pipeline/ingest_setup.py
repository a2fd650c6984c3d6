"""What must be right before the first page is asked for: settings, dates, the pseudonym key."""

from __future__ import annotations

import os
import socket
from datetime import date, datetime
from pathlib import Path

from wistia_lake.bronze.batch import list_looks, read_manifest
from wistia_lake.bronze.watermark import account_day
from wistia_lake.errors import LakeUnreadable, SettingsError, UsageError
from wistia_lake.lake.store import Store
from wistia_lake.pipeline.ingest_work import Asked
from wistia_lake.privacy.pseudonym import Pseudonymizer, load_or_create_key, parse_key
from wistia_lake.settings import Loaded, Settings


def asked_range(
    settings: Settings,
    first: date | None,
    last: date | None,
    now: datetime,
    default_first: date,
    *,
    missing_only: bool = False,
) -> Asked | None:
    """The account days that were asked for, or None for a regular run.

    Without a last day it is today, without a first one the first day of coverage.

    Raises:
        UsageError: reversed, or in the future.
    """
    if first is None and last is None and not missing_only:
        return None
    today = account_day(now, settings.zone_name)
    for name, day in (("--from", first), ("--to", last)):
        if day is not None and day > today:
            raise UsageError(f"{name} {day} is in the future; today is {today} in the zone {settings.zone_name}.")
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last}; write the earlier day first.")
    ends = last if last is not None else today
    return Asked(first if first is not None else min(default_first, ends), ends, missing_only)


def pseudonymizer_of(loaded: Loaded, store: Store) -> Pseudonymizer:
    """The pseudonymizer of this lake, with its key checked against what the lake was made with.

    Raises:
        SettingsError: no key where one is needed, or its file would lie inside the lake.
        LakeUnreadable: the lake was made with another key.
    """
    earlier = lake_fingerprint(store)
    pseudonymizer = Pseudonymizer(_key(loaded, store, earlier))
    if earlier is not None and earlier != pseudonymizer.fingerprint:
        raise LakeUnreadable(
            f"The lake {store.url} was made with the pseudonym key {earlier}, but the key given is "
            f"{pseudonymizer.fingerprint} (these are fingerprints, not keys): viewers would get second pseudonyms. Put "
            f"the first key back into {loaded.key_file} or {loaded.key_variable}, or use another --lake."
        )
    return pseudonymizer


def lake_fingerprint(store: Store) -> str | None:
    """The fingerprint that the newest look was made with; None if there is no look."""
    # Every ingest begins with the media list, and few objects make a short listing.
    for stream in ("medias", "events"):
        newest = max(list_looks(store, stream), key=lambda look: look.batch_id, default=None)
        if newest is not None:
            return read_manifest(store, newest).key_fingerprint
    return None


def _key(loaded: Loaded, store: Store, earlier: str | None) -> bytes:
    if loaded.pseudonym_key is not None:
        return parse_key(loaded.pseudonym_key.get_secret_value(), source=loaded.key_variable)
    path = key_path(loaded, store.root)
    if earlier is not None and not path.exists():
        raise SettingsError(
            f"The pseudonym key file {path} is missing, and the lake {store.url} was made with the key whose "
            f"fingerprint is {earlier}. Put it back, or set {loaded.key_variable}; a new key would give every viewer a "
            "second pseudonym."
        )
    return load_or_create_key(path)


def key_path(loaded: Loaded, root: Path | None) -> Path:
    """Where the key of the lake in ``root`` lies, or would lie; SettingsError if inside it, or it is no folder."""
    if root is None:
        raise SettingsError(
            f"{loaded.key_variable} is not set, and only a lake in a folder can have a key file; set it to 64 hex "
            "digits, kept with your secrets."
        )
    path = loaded.folder.absolute() / loaded.key_file
    if path.resolve().is_relative_to(root.resolve()):
        raise SettingsError(
            f"The pseudonym key would lie at {path}, inside the lake {root}, where everybody who gets the lake "
            f"gets the key. Choose a lake folder beside it with --lake, or set {loaded.key_variable}."
        )
    return path


def holder() -> str:
    """Who holds a lease, for the person who finds it held."""
    return f"process {os.getpid()} on {socket.gethostname()}"
