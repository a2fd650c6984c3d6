"""Logs: dotted event names and key-values, silent until ``configure`` is called, and never a secret.

structlog is imported by ``configure`` only, so that commands that log nothing do not pay for it. A library user who
never calls ``configure`` sees nothing; stdout is never written to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

if TYPE_CHECKING:
    import logging

DEBUG: Final = 10
INFO: Final = 20
WARNING: Final = 30
ERROR: Final = 40

MASK: Final = "***"

_SECRET_KEY = re.compile(
    r"token|authorization|secret|password|passwd|cookie|api_?key|pseudonym_key|visitor_key|event_key|e_?mail|webhook",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+\S+")


class _Sink(Protocol):
    def log(self, level: int, event: str, **values: Any) -> Any: ...


class _State:
    """What ``configure`` set; one per process, because a process has one stderr."""

    threshold: int = ERROR + 1
    sink: _Sink | None = None
    bound: Mapping[str, object] = {}
    others: logging.Handler | None = None


class Logger:
    """Writes events of one part of the program; costs one comparison while nobody listens."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, /, **values: object) -> None:
        """Once per page or request."""
        self.emit(DEBUG, event, values)

    def info(self, event: str, /, **values: object) -> None:
        """Once per batch or table."""
        self.emit(INFO, event, values)

    def warning(self, event: str, /, **values: object) -> None:
        """Something was survived that somebody should know of."""
        self.emit(WARNING, event, values)

    def error(self, event: str, /, **values: object) -> None:
        """Something failed; the exception that follows says what to do."""
        self.emit(ERROR, event, values)

    def emit(self, level: int, event: str, values: Mapping[str, object]) -> None:
        """One event of any level."""
        if level >= _State.threshold and _State.sink is not None:
            _State.sink.log(level, event, **{"part": self._name, **_State.bound, **values})


def get_logger(name: str) -> Logger:
    """A logger for one part of the program, such as ``wistia`` or ``bronze``; callable before ``configure``."""
    return Logger(name)


@contextmanager
def bound(**values: object) -> Iterator[None]:
    """Add these values to every line of the block, such as the run that it belongs to."""
    before = _State.bound
    _State.bound = {**before, **values}
    try:
        yield
    finally:
        _State.bound = before


def configure(verbose: int, json: bool, stream: TextIO) -> None:
    """Send logs to ``stream``, as JSON lines or for people: warnings, from ``verbose`` 1 INFO, from 2 DEBUG, too."""
    import structlog

    threshold = (WARNING, INFO, DEBUG)[min(max(verbose, 0), 2)]
    renderer: Any
    if json:
        renderer = structlog.processors.JSONRenderer(default=str)
    else:
        # structlog's own choice of traceback shows local variables, among them request headers.
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    processors: list[Any] = [
        structlog.processors.add_log_level,
        # The console's renderer wants its own name for the time.
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time" if json else "timestamp"),
        structlog.processors.format_exc_info if json else _unchanged,
        mask_secrets,
        renderer,
    ]
    # wrap_logger instead of structlog.configure: other libraries' structlog settings are none of our business.
    _State.sink = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
    )
    _State.threshold = threshold
    _listen()


def _listen() -> None:
    """Take what libraries log for themselves; without that Python would print it bare, between lines of ours."""
    import logging

    class Others(logging.Handler):
        """Lines of libraries as lines of ours, without tracebacks: those are the edge's, should they reach it."""

        def emit(self, record: logging.LogRecord) -> None:
            """Write one line."""
            kind = record.exc_info[0] if record.exc_info else None
            more = {} if kind is None else {"error": kind.__name__}
            Logger(record.name).emit(record.levelno, "library.logged", {"message": record.getMessage(), **more})

    if _State.others is None:
        _State.others = Others(WARNING)
        logging.getLogger().addHandler(_State.others)


def is_configured() -> bool:
    """Whether anybody would see a line."""
    return _State.sink is not None


def silence() -> None:
    """Back to the state before ``configure``."""
    _State.sink = None
    _State.threshold = ERROR + 1
    if _State.others is not None:
        import logging

        logging.getLogger().removeHandler(_State.others)
        _State.others = None


def without_credentials(text: str) -> str:
    """The text with what follows ``Bearer`` or ``Basic`` masked."""
    return _BEARER.sub(lambda found: f"{found[1]} {MASK}", text)


def mask_secrets(_logger: object, _method: str, values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide (a structlog processor) values under keys that name a secret or a person, and credentials inside texts."""
    return {key: _masked(key, value) for key, value in values.items()}


def _masked(key: object, value: Any) -> Any:
    if isinstance(key, str) and _SECRET_KEY.search(key) is not None:
        return MASK
    if isinstance(value, Mapping):
        return {inner: _masked(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(None, item) for item in value]
    if isinstance(value, str):
        return without_credentials(value)
    return value


def _unchanged(_logger: object, _method: str, values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return values
