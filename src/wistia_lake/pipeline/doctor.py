"""Doctor: everything that a run needs, looked at one by one, each with its remedy. Changes nothing unless told to."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from wistia_lake.bronze.leftovers import Leftover, clean, leftovers
from wistia_lake.environment import WEBHOOK
from wistia_lake.errors import ApiExhausted, ApiGone, LeaseHeld, SettingsError, WistiaLakeError
from wistia_lake.lake.marker import existing_store
from wistia_lake.lake.store import Store, lake_root, open_store
from wistia_lake.model import Clock, Secret
from wistia_lake.pipeline.doctor_zone import zone_finding
from wistia_lake.pipeline.findings import Finding, State
from wistia_lake.pipeline.ingest_setup import holder, key_path, pseudonymizer_of
from wistia_lake.pipeline.webhook import host_of
from wistia_lake.privacy.pseudonym import Pseudonymizer, load_or_create_key, parse_key
from wistia_lake.settings import Loaded
from wistia_lake.status import lake_status
from wistia_lake.wistia.access import required_token
from wistia_lake.wistia.client import WistiaClient
from wistia_lake.wistia.endpoints import ACCOUNT, MEDIAS, STATS_ACCOUNT, Endpoint
from wistia_lake.wistia.opening import open_client

PACKAGES = ("wistia-lake", "aiohttp", "duckdb", "obstore", "pyarrow", "pyiceberg")
SKEW_WARN, SKEW_FAIL = timedelta(minutes=1), timedelta(minutes=10)
"""A clock that is ahead calls a day over before it is; the settle time forgives minutes, not hours."""
DISK_WARN, DISK_FAIL = 5_000_000_000, 500_000_000


def doctor(load: Callable[[], Loaded], clock_of: Callable[[Loaded], Clock], *, clean_up: bool = False) -> list[Finding]:
    """Look at everything. Settings that cannot be loaded are a finding too, after which little can be looked at.

    With ``clean_up`` leftovers of killed processes are removed, and each is a finding.
    """
    findings = [_versions()]
    try:
        loaded = load()
        clock = clock_of(loaded)
    except SettingsError as exc:
        return [*findings, Finding("settings", "fail", str(exc))]
    whose = "loaded" if loaded.account is None else f"loaded for the account {loaded.account}"
    findings += [
        Finding("settings", "ok", f"{whose}; they belong to {loaded.folder.absolute()}"),
        zone_finding(loaded),
        _webhook(loaded),
    ]
    findings += asyncio.run(_api(loaded, clock))
    return [*findings, *_lake(loaded, clock, clean_up=clean_up)]


def _versions() -> Finding:
    missing, found = [], [f"Python {python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        remedy = "Install the package wistia-lake anew, with everything it asks for."
        return Finding("versions", "fail", f"not installed: {', '.join(missing)}", remedy)
    return Finding("versions", "ok", ", ".join(found))


def _webhook(loaded: Loaded) -> Finding:
    """Whether failures are told; nothing is sent, and of the address only the host is shown."""
    if loaded.webhook is None:
        return Finding("webhook", "ok", f"not set: a failure is told by exit code and log only ({WEBHOOK} sets it)")
    return Finding("webhook", "ok", f"set: failures are told to {host_of(loaded.webhook)}")


async def _api(loaded: Loaded, clock: Clock) -> list[Finding]:
    settings = loaded.settings
    try:
        token = required_token(loaded)
        client = _client(loaded, token, clock)
    except SettingsError as exc:
        return [Finding("token", "fail", str(exc))]
    findings = []
    async with client:
        for name, endpoint in (("api", ACCOUNT), ("media list", MEDIAS), ("statistics", STATS_ACCOUNT)):
            findings.append(await _asked(client, name, endpoint))
            if findings[-1].state == "fail" and name == "api":
                break  # the others would only say it again
    if client.stats.server_date is not None:
        findings.append(clock_finding(client.stats.server_date, clock(), is_simulated=settings.now is not None))
    return findings


def _client(loaded: Loaded, token: Secret, clock: Clock) -> WistiaClient:
    # One attempt: somebody waits for the answer, and "not now" is an answer.
    return open_client(loaded.settings, token, clock, attempts=1)


async def _asked(client: WistiaClient, name: str, endpoint: Endpoint) -> Finding:
    """Whether the token may ask this."""
    try:
        await client.get(endpoint, params={"per_page": 1, "page": 1} if endpoint.paged else {})
    except ApiExhausted as exc:
        remedy = f"Check the network and {client.base_url}; status.wistia.com tells whether Wistia is down."
        return Finding(name, "fail", str(exc), remedy)
    except ApiGone as exc:
        return Finding(name, "fail", str(exc), f"Check the base URL {client.base_url}.")
    except WistiaLakeError as exc:
        return Finding(name, "fail", str(exc))
    if endpoint.permission is None:
        return Finding(name, "ok", f"{client.base_url} answers this token")
    return Finding(name, "ok", f"the token may read it ({endpoint.permission})")


def clock_finding(server_date: str, now: datetime, *, is_simulated: bool) -> Finding:
    """How far this machine's clock is from the API's."""
    if is_simulated:
        return Finding("clock", "ok", f"replaced by --now or WISTIA_LAKE_NOW: {now:%Y-%m-%d %H:%M}Z")
    try:
        skew = now - parsedate_to_datetime(server_date)
    except (ValueError, TypeError):
        return Finding("clock", "warn", "the API does not tell the time, so the clock could not be compared")
    seconds = round(skew.total_seconds())
    message = f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the API's"
    if abs(skew) <= SKEW_WARN:
        return Finding("clock", "ok", message)
    remedy = (
        "Set the clock, or switch time synchronisation on: a wrong clock takes days for finished too early or late."
    )
    return Finding("clock", "warn" if abs(skew) <= SKEW_FAIL else "fail", message, remedy)


def _lake(loaded: Loaded, clock: Clock, *, clean_up: bool) -> Iterator[Finding]:
    root = lake_root(loaded.settings.lake)
    try:
        is_lake = existing_store(loaded.settings.lake) is not None
    except WistiaLakeError as exc:
        yield Finding("store", "fail", str(exc))
        return
    yield _store(root, is_lake=is_lake) if root is not None else _bucket(loaded.settings.lake, is_lake=is_lake)
    if root is not None:
        yield _disk(root)
    yield _key(loaded, root, is_lake=is_lake)
    yield _catalog(loaded, clock, is_lake=is_lake)
    if is_lake:
        yield from _leftovers(open_store(loaded.settings.lake), clock, clean_up=clean_up)


def _bucket(lake: str, *, is_lake: bool) -> Finding:
    if not is_lake:
        return Finding("store", "ok", f"there is no lake in {lake} yet; the first run makes it")
    return Finding("store", "ok", f"the lake in {lake} can be read")


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def _store(root: Path, *, is_lake: bool) -> Finding:
    place = _nearest(root)
    if not place.is_dir():
        return Finding("store", "fail", f"{place} is a file", "Name a folder with --lake or WISTIA_LAKE.")
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        return Finding("store", "fail", f"{place} cannot be written", "Change its owner or permissions, or use --lake.")
    if not is_lake:
        return Finding("store", "ok", f"there is no lake in {root} yet; the first run makes it")
    return Finding("store", "ok", f"the lake in {root} can be read and written")


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(_nearest(root)).free
    state: State = "ok" if free >= DISK_WARN else "warn" if free >= DISK_FAIL else "fail"
    remedy = None if state == "ok" else "Make room, or put the lake on another disk with --lake."
    return Finding("disk", state, f"{free / 1e9:,.1f} GB free for the lake", remedy)


def _key(loaded: Loaded, root: Path | None, *, is_lake: bool) -> Finding:
    try:
        path = key_path(loaded, root) if loaded.pseudonym_key is None else None
        if path is not None and not path.exists() and not is_lake:
            return Finding("key", "ok", f"the first run makes {path}; back it up with your secrets")
        if is_lake:
            fingerprint = pseudonymizer_of(loaded, open_store(loaded.settings.lake)).fingerprint
        else:
            fingerprint = Pseudonymizer(_key_bytes(loaded, path)).fingerprint
    except WistiaLakeError as exc:
        return Finding("key", "fail", str(exc))
    if path is not None and os.name == "posix" and path.stat().st_mode & 0o077:
        return Finding("key", "warn", f"others can read {path}", f"chmod 600 {path}")
    return Finding("key", "ok", f"from {path or loaded.key_variable}, fingerprint {fingerprint}")


def _key_bytes(loaded: Loaded, path: Path | None) -> bytes:
    """The key, which exists."""
    if path is not None:
        return load_or_create_key(path)
    assert loaded.pseudonym_key is not None
    return parse_key(loaded.pseudonym_key.get_secret_value(), source=loaded.key_variable)


def _catalog(loaded: Loaded, clock: Clock, *, is_lake: bool) -> Finding:
    if not is_lake:
        return Finding("catalog", "ok", "there are no tables yet")
    try:
        found = lake_status(loaded, clock)
    except WistiaLakeError as exc:
        return Finding("catalog", "fail", str(exc))
    if found.notes:
        return Finding("catalog", "fail", " ".join(found.notes))
    built = sum(table.row_count is not None for table in found.tables)
    return Finding("catalog", "ok", f"{built} of {len(found.tables)} tables are built")


def _leftovers(store: Store, clock: Clock, *, clean_up: bool) -> Iterator[Finding]:
    """What killed processes left, told; or removed, each told."""
    try:
        if clean_up:
            for one in clean(store, clock, holder()):
                yield Finding("leftovers", "ok", f"removed {one.entry.key} ({one.what}, {one.entry.size:,} bytes)")
        found = leftovers(store, clock)
    except LeaseHeld as exc:
        yield Finding("leftovers", "warn", f"nothing was removed: {exc}")
        return
    except WistiaLakeError as exc:
        yield Finding("leftovers", "fail", str(exc))
        return
    if not found:
        yield Finding("leftovers", "ok", "killed processes left nothing behind that is older than a day")
        return
    size = sum(one.entry.size for one in found)
    kinds = [f"{count} x {what}" for what, count in sorted(Counter(one.what for one in found).items())]
    message = f"killed processes left {'; '.join(kinds)} ({size:,} bytes), the oldest {_oldest(found)}"
    yield Finding("leftovers", "warn", message, "They do no harm; `wistia-lake doctor --clean` removes them.")


def _oldest(found: list[Leftover]) -> str:
    return min(found, key=lambda one: one.entry.written_at).entry.key
