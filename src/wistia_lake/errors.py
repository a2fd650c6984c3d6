"""Every error a caller may catch, named by what happens next.

    WistiaLakeError
    ├── UsageError          exit 2   the command was called wrongly
    ├── ChangeNeeded        exit 3   somebody must change something first
    │   ├── SettingsError            a setting, key or file is wrong or missing
    │   ├── ApiRejected              400, 401, 403, 422: the API will not answer this
    │   └── LakeUnreadable           the lake cannot be used as it is
    ├── TryAgain            exit 4   nothing is wrong with the settings; later may work
    │   ├── ApiExhausted             retries used up
    │   ├── StoreError               the store did not answer
    │   ├── EngineError              the engine had too little memory or disk
    │   └── LeaseHeld                another process is at work on this lake
    ├── ApiGone             exit 5   404 on one thing that was listed
    └── DataError           exit 6   data broke a promise; no table was changed
        └── CheckFailed              a check of the finished tables failed

Bugs are ``AssertionError`` and friends, outside this tree, and exit 1 with a traceback.
Every message says what, where and what to do, in one plain paragraph.
"""

from __future__ import annotations


class WistiaLakeError(Exception):
    """Root of everything this package raises on purpose."""

    exit_code = 1


class UsageError(WistiaLakeError):
    """The command was called wrongly: unknown option, reversed dates."""

    exit_code = 2


class ChangeNeeded(WistiaLakeError):
    """Somebody must change a setting, a token or a file before this can work."""

    exit_code = 3


class SettingsError(ChangeNeeded):
    """A setting is missing, unknown or of the wrong form."""


class ApiRejected(ChangeNeeded):
    """The API understood the request and will not answer it (400, 401, 403, 422).

    ``status`` is the HTTP status, ``code`` the API's own code if it sent one.
    """

    def __init__(self, message: str, *, status: int, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class LakeUnreadable(ChangeNeeded):
    """The lake is of another version, another key, or was moved."""


class TryAgain(WistiaLakeError):
    """Nothing needs changing; the same command may work later."""

    exit_code = 4


class ApiExhausted(TryAgain):
    """The API did not give a usable answer within the allowed attempts."""


class StoreError(TryAgain):
    """The object store did not answer."""


class EngineError(TryAgain):
    """The engine had too little memory or disk for a job; no table was changed."""


class LeaseHeld(TryAgain):
    """Another process holds the lease for this work."""


class ApiGone(WistiaLakeError):
    """The API answered 404; ``path`` names what is gone."""

    exit_code = 5

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


class DataError(WistiaLakeError):
    """Data broke a promise: corrupt batch, manifest without data, too many bad rows."""

    exit_code = 6


class CheckFailed(DataError):
    """A check of the finished tables failed."""
