"""The options that every command takes, before or after its name, and what they lead to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from wistia_lake.cli.progress import TerminalReporter
    from wistia_lake.model import Clock
    from wistia_lake.pipeline.summary import RunSummary
    from wistia_lake.settings import Loaded

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class Invocation:
    """What the global options said; given to every command."""

    given: dict[str, Any] = field(default_factory=dict)
    command: str | None = None
    """Its name; known once the command was found."""
    loaded: Loaded | None = None
    """The settings, once they could be loaded."""
    summary: RunSummary | None = None
    """What a command that works on the lake has done so far."""

    @property
    def as_json(self) -> bool:
        """Whether stdout is to be one JSON object."""
        return bool(self.given.get("as_json"))

    def load(self, *, config_may_miss: bool = False) -> Loaded:
        """The settings from all sources, the flags last."""
        from wistia_lake.settings import load_settings

        names = ("lake", "base_url", "allow_host", "now", "max_requests", "engine")
        flags = {name: self.given[name] for name in names if name in self.given}
        self.loaded = load_settings(
            environ=os.environ,
            config=self.given.get("config"),
            account=self.given.get("account"),
            flags=flags,
            config_may_miss=config_may_miss,
        )
        return self.loaded

    def begin(self) -> RunSummary:
        """The summary that a command fills while it works, so that it is known also if it ends with a bug."""
        from wistia_lake.pipeline.summary import RunSummary

        self.summary = RunSummary()
        return self.summary

    def start_logging(self) -> None:
        """Send log lines to stderr: warnings, with -v what happened, with -vv every page."""
        from wistia_lake.log import configure

        configure(self.given.get("verbosity", 0), not sys.stderr.isatty(), sys.stderr)

    def reporter(self) -> TerminalReporter:
        """Progress on stderr; a context manager."""
        from wistia_lake.cli.progress import TerminalReporter

        return TerminalReporter()


def clock_of(loaded: Loaded) -> Clock:
    """The real clock, or a fixed one against an API on this machine."""
    from wistia_lake.errors import SettingsError
    from wistia_lake.settings import fixed_now
    from wistia_lake.wistia.base_url import parse_base_url

    now = fixed_now(loaded.settings)
    if now is None:
        return lambda: datetime.now(UTC)
    base_url = parse_base_url(loaded.settings.base_url, allow_host=loaded.settings.allow_host)
    if not base_url.is_loopback:
        raise SettingsError(
            f"now = {loaded.settings.now!r} replaces the clock, which is only for a simulated account on this machine, "
            f"and base_url is {loaded.settings.base_url!r}. Leave --now (WISTIA_LAKE_NOW) out, or name the sandbox "
            "with --base-url."
        )
    return lambda: now


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep what was given; the command's own position, parsed later, wins over the group's."""
    invocation = ctx.ensure_object(Invocation)
    if value not in (None, False, 0) and param.name is not None:
        invocation.given[param.name] = value


def global_options(*, hidden: bool = True) -> Callable[[_Decorated], _Decorated]:
    """Add the options that every command takes; shown in the group's help only."""

    def decorate(function: _Decorated) -> _Decorated:
        for names, attributes in reversed(_GLOBAL):
            option = click.option(*names, callback=_remember, expose_value=False, hidden=hidden, **attributes)
            function = option(function)
        return function

    return decorate


_GLOBAL: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--lake",), {"metavar": "PATH", "help": "Folder of the lake. [WISTIA_LAKE; default: ./lake]"}),
    (("--config",), {"metavar": "FILE", "help": "Settings file. [WISTIA_LAKE_CONFIG; default: ./wistia-lake.toml]"}),
    (
        ("--account",),
        {"metavar": "NAME", "help": "Which account, where the settings file has several. [WISTIA_LAKE_ACCOUNT]"},
    ),
    (
        ("--base-url",),
        {"metavar": "URL", "help": "Base of the API; may end in /v1 or /modern. [WISTIA_BASE_URL; default: Wistia's]"},
    ),
    (
        ("--allow-host",),
        {"is_flag": True, "help": "Send the token to a host that is neither Wistia's nor this machine."},
    ),
    (("--json", "as_json"), {"is_flag": True, "help": "Print one JSON object instead of text."}),
    (("-v", "--verbose", "verbosity"), {"count": True, "help": "More log lines on stderr; -vv for every page."}),
    (
        ("--now",),
        {"metavar": "INSTANT", "help": "Replace the clock; for a simulated account only. [WISTIA_LAKE_NOW]"},
    ),
)


class Day(click.ParamType[date]):
    """A date written as 2025-03-12."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the date, or say how one is written."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            self.fail(f"{value!r} is not a date; write it as 2025-03-12.", param, ctx)


def command(**attributes: Any) -> Callable[[Callable[..., None]], click.Command]:
    """A command that takes the global options too and gets the Invocation as its first argument."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> None:
            function(click.get_current_context().ensure_object(Invocation), *args, **kwargs)

        epilog = "Global options (--lake, --config, --json, ...) may stand here too: see wistia-lake --help."
        return click.command(cls=click.Command, epilog=epilog, **attributes)(global_options()(wrapped))

    return decorate


def day_range(function: _Decorated) -> _Decorated:
    """Add --from and --to."""
    function = click.option("--to", "last", type=Day(), metavar="DAY", help="Last account day, included.")(function)
    return click.option("--from", "first", type=Day(), metavar="DAY", help="First account day, included.")(function)


def most_requests(function: _Decorated) -> _Decorated:
    """Add --max-requests."""
    return click.option(
        "--max-requests", type=click.IntRange(min=1), metavar="N", callback=_remember, expose_value=False,
        help="Begin nothing new once N requests were made; what is left waits for the next run. A day of sessions that "
        "was begun is read to its end. [WISTIA_LAKE_MAX_REQUESTS; default: no limit]",
    )(function)  # fmt: skip


def engine_choice(function: _Decorated) -> _Decorated:
    """Add --engine."""
    return click.option(
        "--engine", type=click.Choice(["duckdb", "spark"]), callback=_remember, expose_value=False,
        help="What computes the tables: this machine, or the Apache Spark that Spark's own configuration names. "
        "[WISTIA_LAKE_ENGINE; default: duckdb]",
    )(function)  # fmt: skip


def refuse_reversed(first: date | None, last: date | None) -> None:
    """Dates in the wrong order are a slip of the hand, not an empty range."""
    if first is not None and last is not None and last < first:
        raise click.UsageError(f"--from {first} is after --to {last}; swap them.")
