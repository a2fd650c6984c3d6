"""The environment and ``.env``, and the secrets that stand in them and in no other file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wistia_lake.accounts import PSEUDONYM_KEY, TOKEN
from wistia_lake.errors import SettingsError
from wistia_lake.model import Secret, is_loopback

WEBHOOK = "WISTIA_LAKE_WEBHOOK"


def with_dotenv(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment over ``.env``; foreign keys in either are none of our business."""
    path = folder / ".env"
    merged: dict[str, str] = {}
    if path.is_file():
        from dotenv import dotenv_values

        merged = {key: value for key, value in dotenv_values(path).items() if value is not None}
    return merged | dict(environ)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What stands in the environment or ``.env`` and nowhere else; found even where the settings are wrong."""

    webhook: Secret | None
    others: tuple[Secret, ...]
    """Tokens and keys, of every account: what must not be told, not even by accident."""


def find_secrets(environ: Mapping[str, str], working_folder: Path) -> Secrets:
    """The secrets alone, so that also a failure to load the settings can be told.

    Raises:
        SettingsError: the webhook's address may not be used.
    """
    env = with_dotenv(environ, working_folder)
    others = tuple(Secret(text) for name, text in env.items() if name.startswith((TOKEN, PSEUDONYM_KEY)) and text)
    return Secrets(webhook_of(env), others)


def webhook_of(env: Mapping[str, str]) -> Secret | None:
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
