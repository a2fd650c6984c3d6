"""The entry point, and the one edge where errors become a paragraph and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from wistia_lake.cli.group import LazyGroup
from wistia_lake.cli.options import Invocation, global_options
from wistia_lake.errors import WistiaLakeError

INTERRUPTED = 130
PIPE_CLOSED = 141
COMMANDS = {
    "init": ("setup_commands", "Write commented settings, a template for the token, and the pseudonym key."),
    "doctor": ("setup_commands", "Look at everything that a run needs, and say what to do about it."),
    "run": ("pipeline_commands", "Ingest, build and check: the command a schedule calls."),
    "plan": ("plan_commands", "Show what the next run or a backfill would fetch, and how long that takes."),
    "backfill": ("plan_commands", "Read the past, oldest day first; can be stopped and goes on where it was."),
    "ingest": ("pipeline_commands", "Read from the API what is new, late or due into bronze."),
    "build": ("pipeline_commands", "Compute the tables whose inputs changed."),
    "check": ("check_command", "Check the finished tables against their promises and against Wistia's numbers."),
    "status": ("status_command", "Show coverage, watermark, freshness, rows and the last runs."),
    "query": ("query_commands", "Answer SQL, or a stored query by its name."),
    "export": ("export_command", "Write a table to a CSV, Parquet or Excel file, or all tables to a DuckDB file."),
    "tables": ("query_commands", "List the tables, or explain every column of one."),
    "maintain": ("maintain_command", "Keep the lake small: fewer files, and none that nothing needs."),
    "demo": ("demo", "Run the whole way against a simulated account and compare with the truth."),
    "sandbox": ("sandbox_commands", "Serve and question a simulated Wistia account."),
    "probe": ("probe_commands", "Look at a live account through small, redacted samples."),
}
"""Every command: the module that holds it, and its line in the list (the same as its own first line)."""


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wistia-lake", message="wistia-lake %(version)s")
@global_options(hidden=False)
def wistia_lake() -> None:
    """Keep a complete, correct and private copy of a Wistia account's viewing history, and question it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the only place that catches everything."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    invocation = Invocation()
    code, error = _ended(words, invocation)
    if error is not None and code not in (0, INTERRUPTED):
        _tell(invocation, code, error)
    return code


def _ended(words: list[str], invocation: Invocation) -> tuple[int, BaseException | None]:
    """Run one command; its exit code, and the error that was shown."""
    try:
        with wistia_lake.make_context("wistia-lake", words, obj=invocation) as context:
            try:
                wistia_lake.invoke(context)
            finally:
                invocation.command = context.invoked_subcommand
    except click.exceptions.Exit as exc:
        return exc.exit_code, None
    except click.ClickException as exc:
        exc.show(sys.stderr)
        return exc.exit_code, exc
    except WistiaLakeError as exc:
        _complain(f"{exc}")
        return exc.exit_code, exc
    except (KeyboardInterrupt, click.Abort) as exc:
        _complain("Stopped. What was committed so far is kept; the same command goes on from there.")
        return INTERRUPTED, exc
    except BrokenPipeError as exc:
        # Whoever read our output has gone; a second error at interpreter exit would be noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED, exc
    except Exception as exc:  # noqa: BLE001  the edge: anything left is a bug, and is shown whole
        traceback.print_exc()
        _complain("This is a bug in wistia-lake. Please report it with the lines above; what was committed is kept.")
        return 1, exc
    return 0, None


def _tell(invocation: Invocation, code: int, error: BaseException) -> None:
    """Tell the webhook, which may neither change how the command ended nor show its own address."""
    from wistia_lake.cli.failure import TOLD, tell

    if invocation.command not in TOLD:
        return
    try:
        tell(invocation, code, error)
    except KeyboardInterrupt:
        _complain("Stopped before the failure was told to the webhook.")
    except Exception as exc:  # noqa: BLE001  whatever it is, it must not hide the failure itself
        _complain(f"The failure could not be told to the webhook ({type(exc).__name__}).")


def _complain(paragraph: str) -> None:
    print(f"wistia-lake: {' '.join(paragraph.split())}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
