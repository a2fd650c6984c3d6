"""Settings: defaults, ``wistia-lake.toml``, ``.env`` and environment, flags; later ones win. Loaded once, passed on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from wistia_lake.errors import SettingsError
from wistia_lake.model import Secret, is_loopback, is_media_id, parse_instant

TOKEN = "WISTIA_API_TOKEN"  # noqa: S105  the variable's name, not a token
MEDIA_IDS = "MEDIA_IDS"
PSEUDONYM_KEY = "WISTIA_LAKE_PSEUDONYM_KEY"
WEBHOOK = "WISTIA_LAKE_WEBHOOK"
_PREFIX = "WISTIA_LAKE_"
_NAMED = {"WISTIA_LAKE": "lake", "WISTIA_BASE_URL": "base_url", "WISTIA_LAKE_NOW": "now", MEDIA_IDS: "media_ids"}
_NOT_BY_PREFIX = {"channels", *_NAMED.values()}
DEFAULT_CONFIG = "wistia-lake.toml"


class ChannelRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All given patterns must match the whole value, case-insensitively; ``*`` and ``?`` are wildcards."""

    channel: str
    project: str | None = None
    section: str | None = None
    tag: str | None = None
    title: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a command may be told. Field names are the keys of ``wistia-lake.toml``."""

    lake: str = "./lake"
    """Folder of the lake."""
    base_url: str = "https://api.wistia.com/v1"
    """Base of the API; may end in /v1, in /modern, or in neither, which means /v1."""
    allow_host: bool = False
    """Send the token to a host that is neither Wistia's nor this machine."""
    media_ids: tuple[str, ...] = ()
    """Read only these medias' sessions and statistics; empty: the whole account."""
    zone: str | None = None
    """The account's time zone, such as America/New_York; unset: UTC."""
    start: date | None = None
    """First UTC day that coverage and watermark count from."""
    late_window_days: Annotated[int, Meta(ge=0, le=60)] = 3
    """Days before the watermark that every run reads again."""
    settle_minutes: Annotated[int, Meta(ge=0, le=1440)] = 60
    """Minutes after a day's end before a look at it is final."""
    sweep_days: Annotated[int, Meta(ge=0, le=700)] = 30
    """Days that the sweep keeps fresh."""
    sweep_after_days: Annotated[int, Meta(ge=1, le=60)] = 7
    """Age of a day's last look at which the sweep reads it again."""
    requests_per_minute: Annotated[int, Meta(ge=1)] = 480
    """Request rate; at most 590 against Wistia, whose limit of 600 is shared with the account's other tools."""
    slices_in_flight: Annotated[int, Meta(ge=1, le=64)] = 16
    """Slices that are walked at the same time."""
    channels: tuple[ChannelRule, ...] = ()
    """Ordered channel rules; the first match wins."""
    now: str | None = None
    """Replaces the clock; loopback base URLs only."""

    @property
    def zone_name(self) -> str:
        """The zone in force."""
        return self.zone if self.zone is not None else "UTC"


class Loaded(msgspec.Struct, frozen=True):
    """Settings with the secrets that belong to them and the place where they were found."""

    settings: Settings
    folder: Path
    """Where ``wistia-lake.toml`` lies, or would lie: the pseudonym key's default place."""
    token: Secret | None = None
    pseudonym_key: Secret | None = None
    webhook: Secret | None = None
    """Where failures are told. Chat services put a key into such an address, so that it is a secret as a whole."""


def load_settings(
    *, environ: Mapping[str, str], config: str | None = None, flags: Mapping[str, Any] | None = None,
    working_folder: Path | None = None, config_may_miss: bool = False,
) -> Loaded:  # fmt: skip
    """Merge all sources; a flag that is None was not given.

    Raises:
        SettingsError: naming the source, the key, and what it should be.
    """
    here = working_folder if working_folder is not None else Path.cwd()
    env = _with_dotenv(environ, here)
    path = here / (config if config is not None else env.get("WISTIA_LAKE_CONFIG", DEFAULT_CONFIG))
    is_named = config is not None or "WISTIA_LAKE_CONFIG" in env
    values: dict[str, Any] = _read_toml(path, must_exist=is_named and not config_may_miss)
    _convert(values, f"{path}")
    values |= _from_environment(env)
    _convert(values, "the environment or .env")
    values |= {key: value for key, value in (flags or {}).items() if value is not None}
    settings = _convert(values, "the command line")
    _validate(settings)
    return Loaded(
        settings,
        path.parent,
        Secret(env[TOKEN]) if env.get(TOKEN) else None,
        Secret(env[PSEUDONYM_KEY]) if env.get(PSEUDONYM_KEY) else None,
        _webhook(env),
    )


@dataclass(frozen=True, slots=True)
class Secrets:
    """What stands in the environment or ``.env`` and nowhere else; found even where the settings are wrong."""

    webhook: Secret | None
    others: tuple[Secret, ...]
    """Token and key: what must not be told, not even by accident."""


def find_secrets(environ: Mapping[str, str], working_folder: Path) -> Secrets:
    """The secrets alone, so that also a failure to load the settings can be told.

    Raises:
        SettingsError: the webhook's address may not be used.
    """
    env = _with_dotenv(environ, working_folder)
    return Secrets(_webhook(env), tuple(Secret(env[name]) for name in (TOKEN, PSEUDONYM_KEY) if env.get(name)))


def _webhook(env: Mapping[str, str]) -> Secret | None:
    """The address for failures, refused before any work if it would send them about in the clear."""
    text = env.get(WEBHOOK, "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise SettingsError(
            f"{WEBHOOK} is not an address that failures can be told to: it must begin with https:// and a host. Copy "
            "it again from the chat service, or leave it empty. (It is a secret, so it is not shown here.)"
        )
    return Secret(text)


def _with_dotenv(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment over ``.env``; foreign keys in either are none of our business."""
    path = folder / ".env"
    merged: dict[str, str] = {}
    if path.is_file():
        from dotenv import dotenv_values

        merged = {key: value for key, value in dotenv_values(path).items() if value is not None}
    return merged | dict(environ)


def _read_toml(path: Path, *, must_exist: bool) -> dict[str, Any]:
    if not path.is_file():
        if must_exist:
            raise SettingsError(f"The settings file {path} does not exist; name another with --config.")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The settings file {path} is not valid TOML: {exc}.") from exc


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    known = {_PREFIX + name.upper(): name for name in Settings.__struct_fields__ if name not in _NOT_BY_PREFIX} | _NAMED
    special = {PSEUDONYM_KEY, WEBHOOK, "WISTIA_LAKE_CONFIG"}
    unknown = sorted(key for key in env if key.startswith(_PREFIX) and key not in known and key not in special)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; known are {', '.join(sorted({*known, *special}))}.")
    values: dict[str, Any] = {name: env[key] for key, name in known.items() if env.get(key)}
    if "media_ids" in values:
        values["media_ids"] = [part.strip() for part in values["media_ids"].split(",") if part.strip()]
    return values


def _convert(values: dict[str, Any], source: str) -> Settings:
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as exc:
        known = ", ".join(Settings.__struct_fields__)
        hint = f" Known settings are {known}." if "unknown field" in str(exc) else ""
        raise SettingsError(f"A setting from {source} is wrong: {exc}.{hint}") from exc


def _validate(settings: Settings) -> None:
    for media_id in settings.media_ids:
        if not is_media_id(media_id):
            raise SettingsError(
                f"MEDIA_IDS holds {media_id!r}, which is not a hashed id: "
                "ten lower-case letters or digits, as in a media's address."
            )
    try:
        ZoneInfo(settings.zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise SettingsError(
            f"zone = {settings.zone!r} is not a time zone; write one such as America/New_York."
        ) from exc
    for rule in settings.channels:
        if rule.project is rule.section is rule.tag is rule.title is None:
            raise SettingsError(
                f"The rule for channel {rule.channel!r} needs a project, section, tag or title pattern."
            )
    fixed_now(settings)


def fixed_now(settings: Settings) -> datetime | None:
    """The instant that replaces the clock, or None."""
    if settings.now is None:
        return None
    try:
        return parse_instant(settings.now)
    except ValueError as exc:
        raise SettingsError(f"now = {settings.now!r} is not an instant; write it as 2025-03-12T14:00:00Z.") from exc
