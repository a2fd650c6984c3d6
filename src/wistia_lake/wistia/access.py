"""Who may ask, and what time it is: the same for everything that asks the API."""

from __future__ import annotations

from datetime import UTC, datetime

from wistia_lake.errors import SettingsError
from wistia_lake.model import Clock, Secret
from wistia_lake.settings import TOKEN, Loaded, fixed_now
from wistia_lake.wistia.base_url import parse_base_url
from wistia_lake.wistia.endpoints import ALL_MEDIA_DATA, DETAILED_STATS


def required_token(loaded: Loaded) -> Secret:
    """The token; SettingsError if there is none, or if the clock is simulated against the real API."""
    if loaded.token is None:
        own = ""
        if loaded.account is not None:
            own = f" {TOKEN} is not used for the account {loaded.account}: it may be another account's."
        raise SettingsError(
            f"{loaded.token_variable} is not set: put it into the environment or .env; the account's owner makes one "
            f"at Wistia under Account > Settings > API Access, with the permissions {DETAILED_STATS} and "
            f"{ALL_MEDIA_DATA}.{own}"
        )
    base = parse_base_url(loaded.settings.base_url, allow_host=loaded.settings.allow_host)
    if loaded.settings.now is not None and not base.is_loopback:
        raise SettingsError(
            f"now = {loaded.settings.now} replaces the clock, which is allowed only against a sandbox on this machine; "
            f"the base URL names {base.host}. Unset --now and WISTIA_LAKE_NOW."
        )
    if loaded.settings.time_scale != 1 and not base.is_loopback:
        raise SettingsError(
            f"time_scale = {loaded.settings.time_scale:g} makes waits shorter, which is allowed only against a sandbox "
            f"on this machine; the base URL names {base.host}. Unset WISTIA_LAKE_TIME_SCALE."
        )
    return loaded.token


def clock_of(loaded: Loaded) -> Clock:
    """The real clock, or the fixed one of a simulated account; ask for the token first, which refuses a wrong one."""
    now = fixed_now(loaded.settings)
    return (lambda: datetime.now(UTC)) if now is None else (lambda: now)
