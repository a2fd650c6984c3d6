"""Settings: defaults, ``wistia-lake.toml``, ``.env`` and environment, flags; later ones win. Loaded once, passed on.

Every field's docstring is its documentation: docs/settings.md and wistia-lake.example.toml are written from them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from wistia_lake import accounts
from wistia_lake.accounts import PSEUDONYM_KEY, TOKEN
from wistia_lake.environment import WEBHOOK, webhook_of, with_dotenv
from wistia_lake.errors import SettingsError
from wistia_lake.model import Secret, is_media_id, parse_instant

__all__ = ["PSEUDONYM_KEY", "TOKEN", "ChannelRule", "Loaded", "MediaRule", "Settings", "fixed_now", "load_settings"]

MEDIA_IDS = "MEDIA_IDS"
CONFIG = "WISTIA_LAKE_CONFIG"
_PREFIX = "WISTIA_LAKE_"
_NAMED = {"WISTIA_LAKE": "lake", "WISTIA_BASE_URL": "base_url", "WISTIA_LAKE_NOW": "now", MEDIA_IDS: "media_ids"}
_TABLES = {"channels", "include", "exclude", "trino", "athena"}
"""Settings that are tables, which no variable can hold."""
_SECRET_WORDS = ("access-key", "secret", "token", "credential", "password")
DEFAULT_CONFIG = "wistia-lake.toml"


class MediaRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule has one pattern at least, and all that it has must match the whole value, whatever the case of letters.

    `*` stands for any text, `?` for one character.
    """

    project: str | None = None
    """Pattern for the name of the media's project."""
    section: str | None = None
    """Pattern for the section of the project that the media is in."""
    tag: str | None = None
    """Pattern for the media's tags; one of them must match."""
    title: str | None = None
    """Pattern for the media's title."""


class ChannelRule(MediaRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel, and which medias belong to it."""

    channel: str
    """Name of the channel; in `[[channels]]` only, where it must stand."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a command may be told. Field names are the keys of ``wistia-lake.toml``."""

    lake: str = "./lake"
    """Where the lake is: a folder, or s3://bucket/prefix with a [catalog]."""
    base_url: str = "https://api.wistia.com/v1"
    """Base of the API; may end in /v1, in /modern, or in neither, which means /v1."""
    allow_host: bool = False
    """Send the token to a host that is neither Wistia's nor this machine."""
    media_ids: tuple[str, ...] = ()
    """Read only these medias' sessions and statistics; empty: the whole account."""
    zone: Annotated[str | None, Meta(examples=["America/New_York"])] = None
    """The account's time zone, such as America/New_York; unset: UTC."""
    start: Annotated[date | None, Meta(examples=[date(2025, 1, 1)])] = None
    """First UTC day that coverage and watermark count from; unset: what Wistia still had at the first run."""
    late_window_days: Annotated[int, Meta(ge=0, le=60)] = 3
    """Days before the watermark that every run reads again."""
    settle_minutes: Annotated[int, Meta(ge=0, le=1440)] = 60
    """Minutes after a day's end before a look at it is final."""
    sweep_days: Annotated[int, Meta(ge=0, le=700)] = 30
    """Days that the sweep keeps fresh."""
    sweep_after_days: Annotated[int, Meta(ge=1, le=60)] = 7
    """Age of a day's last look at which the sweep reads it again."""
    rotate_above: Annotated[int, Meta(ge=0)] = 500
    """With more medias than this in a scope, idle ones are asked for statistics in turn; 0: always."""
    max_requests: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(examples=[2000])] = None
    """Requests that one run may make; what is left waits for the next one. Unset: no limit."""
    requests_per_minute: Annotated[int, Meta(ge=1)] = 480
    """Request rate; at most 590 against Wistia, whose limit of 600 is shared with the account's other tools."""
    slices_in_flight: Annotated[int, Meta(ge=1, le=64)] = 16
    """Slices that are walked at the same time."""
    timeout_seconds: Annotated[int, Meta(ge=10, le=3600)] = 60
    """Seconds that a request may take before it is given up and repeated."""
    namespace_prefix: Annotated[str, Meta(pattern="^[a-z0-9_]*$", examples=["acme_"])] = ""
    """Stands before silver, gold and ops in a shared catalog, so that it can hold several lakes; never in SQL here."""
    catalog: Annotated[str | dict[str, str] | None, Meta(examples=[{"type": "glue"}])] = None
    """An Iceberg catalog that several programs share: PyIceberg's properties, or a name in its configuration."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    """What computes the tables: duckdb on this machine, or the Apache Spark that Spark's own configuration names."""
    spark_catalog: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")] = "lake"
    """Name that the lake's Iceberg catalog has in Spark's configuration: `spark.sql.catalog.<name>`."""
    spark_s3: Literal["s3a", "s3"] = "s3a"
    """How Spark's cluster calls buckets when it reads bronze: s3a with Hadoop's own client, s3 with Amazon EMR's."""
    trino: Annotated[
        dict[str, str | int | bool] | None, Meta(examples=[{"host": "trino.example.org", "catalog": "lake"}])
    ] = None
    """For query --engine trino: what trino.dbapi.connect takes; a password is TRINO_PASSWORD in the environment."""
    athena: Annotated[dict[str, str | int | bool] | None, Meta(examples=[{"work_group": "primary"}])] = None
    """For query --engine athena: what pyathena.connect takes; credentials come from the AWS chain."""
    channels: tuple[ChannelRule, ...] = ()
    """Ordered channel rules: the first that matches a media gives its channel; anything else is "Other"."""
    include: tuple[MediaRule, ...] = ()
    """Rules for the medias that tables show; empty: all. What is read and kept in bronze stays the same."""
    exclude: tuple[MediaRule, ...] = ()
    """Rules for the medias that tables do not show, whatever includes them; they too change nothing in bronze."""
    now: Annotated[str | None, Meta(examples=["2025-03-12T14:00:00Z"])] = None
    """Replaces the clock; loopback base URLs only."""
    time_scale: Annotated[float, Meta(ge=1, le=1000)] = 1.0
    """How many times faster than real time waits and time-outs pass; loopback base URLs only."""

    @property
    def zone_name(self) -> str:
        """The zone in force."""
        return self.zone if self.zone is not None else "UTC"


class SettingsFile(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``wistia-lake.toml`` may hold: settings, and accounts that have settings of their own."""

    accounts: dict[str, dict[str, Any]] = {}
    """Accounts by name (lower-case letters, digits, - and _), each with any of these settings in a table of its own."""


class Loaded(msgspec.Struct, frozen=True):
    """Settings with the secrets that belong to them and the place where they were found."""

    settings: Settings
    folder: Path
    """Where ``wistia-lake.toml`` lies, or would lie: the pseudonym key's default place."""
    token: Secret | None = None
    pseudonym_key: Secret | None = None
    account: str | None = None
    """The account that was chosen, where the settings file has several."""
    webhook: Secret | None = None
    """Where failures are told. Chat services put a key into such an address, so that it is a secret as a whole."""

    @property
    def token_variable(self) -> str:
        """The variable that the token comes from."""
        return accounts.token_variable(self.account)

    @property
    def key_variable(self) -> str:
        """The variable that the pseudonym key may come from."""
        return accounts.key_variable(self.account)

    @property
    def key_file(self) -> str:
        """The file in ``folder`` that the pseudonym key comes from otherwise."""
        return accounts.key_file(self.account)


def load_settings(
    *, environ: Mapping[str, str], config: str | None = None, account: str | None = None,
    flags: Mapping[str, Any] | None = None, working_folder: Path | None = None, config_may_miss: bool = False,
) -> Loaded:  # fmt: skip
    """Merge all sources; a flag that is None was not given. ``account`` names one where the file has accounts.

    Raises:
        SettingsError: naming the source, the key, and what it should be.
    """
    here = working_folder if working_folder is not None else Path.cwd()
    env = with_dotenv(environ, here)
    path = here / (config if config is not None else env.get(CONFIG, DEFAULT_CONFIG))
    is_named = config is not None or CONFIG in env
    in_file = _read_toml(path, must_exist=is_named and not config_may_miss)
    values, tables = accounts.split_accounts(in_file, path)
    _convert(values, f"{path}")
    lakes = {name: _convert(table, f"[accounts.{name}] in {path}").lake for name, table in tables.items()}
    chosen = account if account is not None else env.get(accounts.CHOSEN) or None
    accounts.choose(chosen, tables, path)
    values = values if chosen is None else tables[chosen]
    values |= _from_environment(env, tables)
    _convert(values, "the environment or .env")
    values |= {key: value for key, value in (flags or {}).items() if value is not None}
    settings = _convert(values, "the command line")
    _validate(settings)
    if chosen is not None:
        accounts.refuse_shared_lake(lakes | {chosen: settings.lake}, here)
        accounts.refuse_unused_key(chosen, env, path.parent)
    token, key = accounts.token_variable(chosen), accounts.key_variable(chosen)
    return Loaded(
        settings,
        path.parent,
        Secret(env[token], token) if env.get(token) else None,
        Secret(env[key], key) if env.get(key) else None,
        chosen,
        webhook_of(env),
    )


def environment_names() -> dict[str, str]:
    """Variable to setting, for every setting that a variable can hold."""
    by_prefix = [name for name in Settings.__struct_fields__ if name not in {*_TABLES, *_NAMED.values()}]
    return _NAMED | {_PREFIX + name.upper(): name for name in by_prefix}


def _read_toml(path: Path, *, must_exist: bool) -> dict[str, Any]:
    if not path.is_file():
        if must_exist:
            raise SettingsError(f"The settings file {path} does not exist; name another with --config.")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The settings file {path} is not valid TOML: {exc}.") from exc


def _from_environment(env: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    known = environment_names()
    special = {CONFIG, accounts.CHOSEN, PSEUDONYM_KEY, WEBHOOK, *map(accounts.key_variable, names)}
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
        known = ", ".join(SettingsFile.__struct_fields__)
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
    for name, rules in (("channels", settings.channels), ("include", settings.include), ("exclude", settings.exclude)):
        for place, rule in enumerate(rules, 1):
            if rule.project is rule.section is rule.tag is rule.title is None:
                raise SettingsError(f"Rule {place} of [[{name}]] needs a project, section, tag or title pattern.")
    for name in settings.catalog if isinstance(settings.catalog, dict) else ():
        if any(word in name.lower() for word in _SECRET_WORDS):
            raise SettingsError(
                f"[catalog] holds {name!r}, which is a secret and must not stand in a file. AWS credentials come from "
                "the AWS chain (AWS_PROFILE, AWS_ACCESS_KEY_ID, a role); anything else from PyIceberg's own variables, "
                "such as PYICEBERG_CATALOG__WISTIA_LAKE__TOKEN."
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
