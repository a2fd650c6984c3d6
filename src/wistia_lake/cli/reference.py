"""``docs/cli.md``, written from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click

_INTRO = """\
# Command line

Written by `make docs` from the commands themselves. Results go to stdout, progress and log lines to stderr.
`-h` after any command shows its help.
"""
_EXIT_CODES = """\
## Exit codes

| code | meaning |
|---|---|
| 0 | done; also when there was nothing new |
| 1 | a bug in wistia-lake; the traceback is shown |
| 2 | the command was called wrongly |
| 3 | something must be changed first: a setting, a token, a permission, a file, the lake |
| 4 | try again later: the API or the store did not answer, or another process is at work on this lake |
| 5 | done, but a media that was listed at the start answered 404 |
| 6 | data broke a promise, or a check failed |
| 130 | stopped by Ctrl-C; what was committed is kept |
"""
_SETTINGS = """\
## Settings

Everything that can be set, in `wistia-lake.toml` and by variables: [settings](settings.md).
"""


def as_markdown() -> str:
    """The whole page."""
    sections = [
        f"## {context.command_path}\n\n```text\n{_help(command, context)}\n```\n"
        for context, command in every_command()
    ]
    return "\n".join([_INTRO, *sections, _EXIT_CODES, _SETTINGS])


def every_command() -> Iterator[tuple[click.Context, click.Command]]:
    """The program itself and every command below it, groups included."""
    from wistia_lake.cli.main import wistia_lake

    root = click.Context(wistia_lake, info_name="wistia-lake", **wistia_lake.context_settings)
    yield root, wistia_lake
    yield from _below(wistia_lake, root)


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None, name
        inner = click.Context(found, info_name=name, parent=context)
        yield inner, found
        if isinstance(found, click.Group):
            yield from _below(found, inner)


def _help(command: click.Command, context: click.Context) -> str:
    # A fixed width, so that the page does not depend on the terminal it was written in.
    context.terminal_width = context.max_content_width = 100
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
