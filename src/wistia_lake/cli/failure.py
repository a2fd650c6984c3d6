"""A failure is told to the webhook, if there is one. Nothing here changes how the command ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from wistia_lake.cli.options import Invocation
from wistia_lake.errors import SettingsError

TOLD = frozenset({"run", "ingest", "build", "check", "backfill", "maintain"})
"""Commands that a schedule calls, so that nobody may be looking."""


def tell(invocation: Invocation, exit_code: int, error: BaseException) -> None:
    """Post how the command ended, and warn on stderr if that did not work."""
    from wistia_lake.environment import find_secrets

    try:
        found = find_secrets(os.environ, Path.cwd())
    except SettingsError:
        return  # its address is refused, which is what the command has just said
    if found.webhook is None:
        return
    from wistia_lake import log
    from wistia_lake.lake.store import lake_name
    from wistia_lake.pipeline.webhook import Failure, deliver, host_of, notice_of

    if not log.is_configured():
        invocation.start_logging()
    lake = None if invocation.loaded is None else lake_name(invocation.loaded.settings.lake)
    sentence = _sentence(error, exit_code)
    command = invocation.command or ""
    failure = Failure(command, exit_code, type(error).__name__, sentence, lake, invocation.summary)
    notice = notice_of(failure, secrets=(found.webhook, *found.others), folders=_folders(invocation))
    logger = log.get_logger("webhook")
    with log.bound(**({"run_id": notice.run_id} if notice.run_id else {})):
        reason = deliver(found.webhook, notice)
        if reason is None:
            logger.info("webhook.sent", host=host_of(found.webhook))
        else:
            logger.warning("webhook.failed", host=host_of(found.webhook), reason=reason)


def _sentence(error: BaseException, exit_code: int) -> str:
    import click

    if exit_code == 1:
        # A bug's own text may hold anything that the program ever held.
        return f"A bug in wistia-lake ({type(error).__name__}). The log of this command has the traceback."
    if isinstance(error, BrokenPipeError):
        return "Whoever read the output of the command closed it."
    return error.format_message() if isinstance(error, click.ClickException) else str(error)


def _folders(invocation: Invocation) -> Iterator[Path]:
    """Folders of this machine that sentences name: of each, what lies in it is enough."""
    from wistia_lake.lake.store import lake_root

    yield Path.cwd()
    yield Path.home()
    if invocation.loaded is not None:
        yield invocation.loaded.folder.absolute()
        root = lake_root(invocation.loaded.settings.lake)
        if root is not None:
            yield root.absolute().parent
