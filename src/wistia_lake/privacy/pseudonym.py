"""Pseudonyms of visitors and events, and the key they are made with (docs/privacy.md, "Pseudonyms")."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from wistia_lake.errors import SettingsError
from wistia_lake.log import get_logger

KEY_BYTES: Final = 32
_SIZE: Final = 16
_KEY_FORM = re.compile(r"[0-9a-fA-F]{64}")
_log = get_logger("privacy")


class Pseudonymizer:
    """Turns keys as served into 32 hex digits that nobody can turn back without the key.

    The same text gives another pseudonym as a visitor than as an event. ``key`` has 32 bytes.
    """

    __slots__ = ("_event", "_visitor", "fingerprint")

    fingerprint: str
    """16 hex digits that tell keys apart and give nothing of the key away."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise SettingsError(f"The pseudonym key must be {KEY_BYTES} bytes long; this one has {len(key)}.")
        # Keyed states are prepared once and copied per text: a third cheaper than keying anew.
        self._visitor = blake2b(digest_size=_SIZE, key=key, person=b"visitor")
        self._event = blake2b(digest_size=_SIZE, key=key, person=b"event")
        self.fingerprint = blake2b(key, digest_size=8, person=b"fingerprint").hexdigest()

    def __repr__(self) -> str:
        return f"Pseudonymizer(fingerprint={self.fingerprint!r})"

    def visitor(self, text: str) -> str:
        """The pseudonym of a ``visitor_key`` as served."""
        state = self._visitor.copy()
        state.update(text.encode())
        return state.hexdigest()

    def event(self, text: str) -> str:
        """The pseudonym of an ``event_key`` as served."""
        state = self._event.copy()
        state.update(text.encode())
        return state.hexdigest()


def parse_key(hex_text: str, *, source: str = "WISTIA_LAKE_PSEUDONYM_KEY") -> bytes:
    """The 32 bytes behind 64 hex digits; ``source`` says in an error where the text came from.

    Raises:
        SettingsError: the text has another form; it is never shown.
    """
    text = hex_text.strip()
    if _KEY_FORM.fullmatch(text) is None:
        raise SettingsError(
            f"The pseudonym key in {source} must be 64 hexadecimal digits (32 bytes); what is there has "
            f"{len(text)} characters{'' if len(text) != 2 * KEY_BYTES else ', not all of them hexadecimal'}. "
            "Put back the key that this lake was made with; a new one gives every viewer another pseudonym."
        )
    return bytes.fromhex(text)


def load_or_create_key(path: Path) -> bytes:
    """Read the key file, or make one with a fresh random key, readable by its owner only.

    The file appears with its whole content or not at all; of two processes that make it at once both get the same key.

    Raises:
        SettingsError: the file has the wrong form, or cannot be read or made; names the path.
    """
    try:
        return _read_key(path)
    except FileNotFoundError:
        pass
    try:
        _create_key(path)
        return _read_key(path)
    except OSError as exc:
        raise SettingsError(
            f"The pseudonym key file {path} cannot be made ({exc.strerror}). Make its folder writable, or set "
            "WISTIA_LAKE_PSEUDONYM_KEY to 64 hexadecimal digits."
        ) from exc


def _read_key(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii")
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        text, mode = "", 0
    except OSError as exc:
        raise SettingsError(f"The pseudonym key file {path} cannot be read ({exc.strerror}).") from exc
    if os.name == "posix" and mode & 0o077:
        _log.warning("pseudonym_file.readable_by_others", path=str(path), advice=f"chmod 600 {path}")
    return parse_key(text, source=f"the file {path}")


def _create_key(path: Path) -> None:
    """Write beside, then link: a kill in between leaves no half key, and the first of two writers wins."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_new(beside)
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    except OSError:
        # A file system without hard links: still created only if absent, though no longer in one step.
        with suppress(FileExistsError):
            _write_new(path)
    finally:
        beside.unlink()


def _write_new(path: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
