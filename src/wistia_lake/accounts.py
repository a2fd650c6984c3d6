"""Several accounts in one settings file, each with a lake, a token and a pseudonym key of its own.

Works on the file's plain values, before they are settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wistia_lake.errors import SettingsError

TABLE = "accounts"
CHOSEN = "WISTIA_LAKE_ACCOUNT"
TOKEN = "WISTIA_API_TOKEN"  # noqa: S105  the variable's name, not a token
PSEUDONYM_KEY = "WISTIA_LAKE_PSEUDONYM_KEY"
_NAME = re.compile(r"[a-z0-9_-]{1,40}")

Values = dict[str, Any]


def token_variable(account: str | None) -> str:
    """The variable that holds the token."""
    return TOKEN + _suffix(account)


def key_variable(account: str | None) -> str:
    """The variable that may hold the pseudonym key."""
    return PSEUDONYM_KEY + _suffix(account)


def key_file(account: str | None) -> str:
    """The file beside the settings that holds the pseudonym key otherwise."""
    return "pseudonym.key" if account is None else f"pseudonym-{account}.key"


def default_lake(account: str) -> str:
    """The lake of an account that names none."""
    return f"./lakes/{account}"


def _suffix(account: str | None) -> str:
    return "" if account is None else "_" + account.upper().replace("-", "_")


def split_accounts(values: Values, path: Path) -> tuple[Values, dict[str, Values]]:
    """The file's own settings, and those of each account: its table over what stands at the top.

    Raises:
        SettingsError: no table of tables, a name of another form, or two names that mean the same variables.
    """
    top = {key: value for key, value in values.items() if key != TABLE}
    tables = values.get(TABLE, {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise SettingsError(
            f"{TABLE} in {path} must be tables: write [{TABLE}.NAME], and the account's settings below."
        )
    by_variable: dict[str, str] = {}
    for name in tables:
        if _NAME.fullmatch(name) is None:
            raise SettingsError(
                f"The account {name!r} in {path} has a name that cannot be used: write 1 to 40 lower-case letters, "
                "digits, - or _."
            )
        other = by_variable.setdefault(token_variable(name), name)
        if other != name:
            raise SettingsError(
                f"The accounts {other!r} and {name!r} in {path} would share the variable {token_variable(name)}; "
                "rename one of them."
            )
    return top, {name: {"lake": default_lake(name), **top, **table} for name, table in tables.items()}


def choose(account: str | None, accounts: Mapping[str, Values], path: Path) -> None:
    """Refuse an account that is not there, and none where there are some.

    Raises:
        SettingsError: with the names that there are.
    """
    if account is None and not accounts:
        return
    if not accounts:
        raise SettingsError(
            f"There is no account {account!r} in {path}, because it has no accounts. Leave --account and {CHOSEN} out, "
            f"or write a table such as [{TABLE}.acme] into it."
        )
    listed = ", ".join(sorted(accounts))
    if account is None:
        raise SettingsError(f"{path} has accounts; say which one is meant with --account or {CHOSEN}: {listed}.")
    if account not in accounts:
        raise SettingsError(
            f"There is no account {account!r} in {path}; there are: {listed}. Name one with --account or {CHOSEN}."
        )


def refuse_shared_lake(lakes: Mapping[str, str], folder: Path) -> None:
    """Two accounts in one lake would be one history that nobody can take apart again.

    Raises:
        SettingsError: naming both accounts and the lake.
    """
    found: dict[str, str] = {}
    for name, lake in lakes.items():
        other = found.setdefault(_place(lake, folder), name)
        if other != name:
            raise SettingsError(
                f"The accounts {other!r} and {name!r} have the same lake, {lake}. Give each a lake of its own: write "
                f'lake = "{default_lake(name)}" into [{TABLE}.{name}]; a lake at the top of the file, --lake or '
                "WISTIA_LAKE must not name another account's."
            )


def refuse_unused_key(account: str, env: Mapping[str, str], folder: Path) -> None:
    """Who set a key expects it to be used, and would back it up instead of the file that would be made.

    Raises:
        SettingsError: only the key of a configuration without accounts is given.
    """
    own = key_variable(account)
    if env.get(PSEUDONYM_KEY) and not env.get(own) and not (folder / key_file(account)).exists():
        raise SettingsError(
            f"{PSEUDONYM_KEY} is set, but the account {account} has a key of its own: put it into {own}, or unset "
            f"{PSEUDONYM_KEY} and the first run makes the file {key_file(account)} beside the settings."
        )


def _place(lake: str, folder: Path) -> str:
    if lake.startswith("file://"):
        from urllib.parse import unquote, urlsplit
        from urllib.request import url2pathname

        lake = url2pathname(unquote(urlsplit(lake).path))
    return lake.rstrip("/") if "://" in lake else str((folder / lake).resolve())
