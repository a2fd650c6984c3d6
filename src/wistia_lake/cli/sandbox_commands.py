"""``sandbox``: a simulated Wistia account to try everything on, with a known truth."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wistia_lake.cli.group import LazyGroup
from wistia_lake.cli.options import Invocation, command
from wistia_lake.cli.output import print_json

if TYPE_CHECKING:
    from wistia_lake.sandbox.fault_kinds import Fault

COMMANDS = {
    "serve": ("sandbox_commands", "Serve a simulated account on this machine until Ctrl-C."),
    "truth": ("sandbox_commands", "Write the rows that a perfect reader of a served account would hold."),
    "advance": ("sandbox_commands", "Move the simulated present of a served account."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS)
def sandbox() -> None:
    """Serve and question a simulated Wistia account."""


class Instant(click.ParamType[datetime]):
    """An instant with its zone, written as 2025-03-12T14:00:00Z."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the instant, or say how one is written."""
        from wistia_lake.model import parse_instant

        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it as 2025-03-12T14:00:00Z.", param, ctx)


@command()
@click.option("--scenario", default="demo", show_default=True, help="Which account: tiny, demo or edge.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another history of the same account.")
@click.option("--port", default=0, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--latency", default=0.0, show_default=True, metavar="MS", help="Milliseconds that every answer waits.")
@click.option("--rate-limit", default=600, show_default=True, help="Requests in any 60 seconds before 429.")
@click.option(
    "--request-log", type=click.Path(dir_okay=False, path_type=Path), help="Append every answered request as JSON."
)
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Go wrong by this script (TOML, or JSON if so named): tables [[fault]] with what, and when.",
)
@click.option("--list-faults", is_flag=True, help="List what can go wrong, and end.")
@click.option(
    "--time-scale",
    default=1.0,
    show_default=True,
    type=click.FloatRange(1, 1000),
    help="How many times faster than real time delays pass; readers want WISTIA_LAKE_TIME_SCALE.",
)
@click.option(
    "--setup",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="When ready, write into FOLDER what a user of this account would have there: wistia-lake.toml, and a .env "
    "with address, token, present and request rate. Never over an existing file.",
)
def serve(
    invocation: Invocation,
    *,
    scenario: str,
    seed: int,
    port: int,
    latency: float,
    rate_limit: int,
    request_log: Path | None,
    faults: Path | None,
    list_faults: bool,
    time_scale: float,
    setup: Path | None,
) -> None:
    """Serve a simulated account on this machine until Ctrl-C.

    Prints one line of JSON when it is ready: base_url, token, now. The simulated time is the scenario's own, or --now;
    it stands still until `sandbox advance` moves it.
    """
    from wistia_lake.sandbox.catalog import SCENARIOS, scenario_toml
    from wistia_lake.sandbox.fault_kinds import KINDS
    from wistia_lake.sandbox.main import serve_forever

    if list_faults:
        print("\n".join(f"{name:<20}{kind.meaning}" for name, kind in KINDS.items()))
        return
    invocation.start_logging()
    if scenario not in SCENARIOS:
        raise click.UsageError(f"There is no scenario {scenario!r}; there are {', '.join(SCENARIOS)}.")
    if setup is not None:
        _write_new(setup / "wistia-lake.toml", scenario_toml(scenario))

    def ready(line: str) -> None:
        if setup is not None:
            _write_new(setup / ".env", _env_file(line, rate_limit))
        print(line, flush=True)

    serve_forever(
        scenario=scenario,
        seed=seed,
        now=_start(invocation),
        port=port,
        latency_ms=latency,
        rate_limit=rate_limit,
        request_log=request_log,
        faults=() if faults is None else _script(faults),
        time_scale=time_scale,
        echo=ready,
    )


def _script(path: Path) -> list[Fault]:
    from wistia_lake.sandbox.faults import read_script

    try:
        return read_script(path)
    except (OSError, ValueError) as problem:
        raise click.UsageError(f"{str(path)!r} is no script of faults: {problem}.") from problem


def _env_file(ready_line: str, rate_limit: int) -> str:
    """The settings that lead to a served sandbox, and stay below its limit as the defaults do below Wistia's."""
    ready = json.loads(ready_line)
    values = {
        "WISTIA_BASE_URL": ready["base_url"],
        "WISTIA_API_TOKEN": ready["token"],
        "WISTIA_LAKE_NOW": ready["now"],
        "WISTIA_LAKE_REQUESTS_PER_MINUTE": max(1, rate_limit * 8 // 10),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise click.UsageError(f"{str(path)!r} exists and may be yours; name another folder.") from exc
    except OSError as exc:
        raise click.UsageError(f"{str(path)!r} cannot be written: {exc.strerror}.") from exc


def _start(invocation: Invocation) -> datetime | None:
    text = invocation.given.get("now") or os.environ.get("WISTIA_LAKE_NOW")
    return None if text is None else Instant().convert(text, None, None)


@command()
@click.option(
    "--to", type=Instant(), required=True, metavar="INSTANT", help="The new present, such as 2025-03-12T14:00:00Z."
)
def advance(invocation: Invocation, to: datetime) -> None:
    """Move the simulated present of a served account.

    Name the account with --base-url or WISTIA_BASE_URL. Time never goes back.
    """
    from wistia_lake.errors import SettingsError, TryAgain, UsageError
    from wistia_lake.model import instant_text
    from wistia_lake.sandbox.main import advance as advance_to
    from wistia_lake.wistia.base_url import parse_base_url

    base_url = parse_base_url(invocation.load().settings.base_url)
    if not base_url.is_loopback:
        raise SettingsError(f"{base_url.text} is not a sandbox on this machine; name one with --base-url.")
    try:
        now = advance_to(base_url.text, to)
    except ValueError as exc:
        raise UsageError(f"The sandbox at {base_url.text} did not move: {exc}.") from exc
    except OSError as exc:
        raise TryAgain(
            f"No sandbox answers at {base_url.text}. Start one with `wistia-lake sandbox serve` and use the address "
            "that it prints."
        ) from exc
    if invocation.as_json:
        print_json({"now": now})
    else:
        print(instant_text(now))


@command()
@click.argument("table")
@click.option(
    "--looks",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the reader looked at, and when: the file that serve --request-log wrote.",
)
@click.option(
    "--pseudonym-key-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The reader's pseudonym key: 64 hex digits.",
)
@click.option("--scenario", default="demo", show_default=True, help="The account that was served.")
@click.option("--seed", default=1, show_default=True, help="The seed it was served with.")
@click.option("--format", "format_", default="csv", show_default=True, type=click.Choice(["csv", "parquet"]))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout.")
def truth(
    invocation: Invocation,  # noqa: ARG001  every command gets one
    *,
    table: str,
    looks: Path,
    pseudonym_key_file: Path,
    scenario: str,
    seed: int,
    format_: str,
    output: Path | None,
) -> None:
    """Write the rows that a perfect reader of a served account would hold.

    Computed from the simulated account's own knowledge, by code that shares nothing with the pipeline. TABLE is a full
    name such as silver.fact_event.
    """
    from wistia_lake.cli.output import write_rows
    from wistia_lake.sandbox.catalog import SCENARIOS
    from wistia_lake.sandbox.main import truth_rows
    from wistia_lake.sandbox.truth import COLUMNS
    from wistia_lake.sandbox.truth.output import arrow

    if scenario not in SCENARIOS:
        raise click.UsageError(f"There is no scenario {scenario!r}; there are {', '.join(SCENARIOS)}.")
    if table not in COLUMNS:
        raise click.UsageError(f"There is no truth about {table!r}; there is about {', '.join(COLUMNS)}.")
    key = _pseudonym_key(pseudonym_key_file)
    rows = truth_rows(table=table, looks=looks, pseudonym_key=key, scenario=scenario, seed=seed)
    write_rows(arrow(table, rows), format_, output)


def _pseudonym_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise click.UsageError(f"{str(path)!r} does not hold a pseudonym key: 64 hex digits.")
    return key
