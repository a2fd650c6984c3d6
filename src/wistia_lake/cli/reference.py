"""``docs/cli.md``, written from the commands themselves and the fields of the settings."""

from __future__ import annotations

import ast
import inspect
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

Sources, later ones win: defaults, `wistia-lake.toml`, `.env` and the environment, options. In the environment a
setting is called `WISTIA_LAKE_` and its name in capitals; `WISTIA_LAKE`, `WISTIA_BASE_URL`, `MEDIA_IDS` and
`WISTIA_LAKE_NOW` are the names of `lake`, `base_url`, `media_ids` and `now`. The token is `WISTIA_API_TOKEN` and stands
in no file but `.env`. The pseudonym key is `WISTIA_LAKE_PSEUDONYM_KEY`, or the file `pseudonym.key` beside
`wistia-lake.toml`. `WISTIA_LAKE_WEBHOOK` is where failures are told; it is a secret too, and no setting of the file.
"""


def as_markdown() -> str:
    """The whole page."""
    sections = [
        f"## {context.command_path}\n\n```text\n{_help(command, context)}\n```\n"
        for context, command in every_command()
    ]
    return "\n".join([_INTRO, *sections, _EXIT_CODES, _SETTINGS, _settings_table()])


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


def setting_meanings() -> dict[str, str]:
    """Each setting's own words: the text below its field in ``settings.py``."""
    from wistia_lake.settings import Settings

    body = ast.parse(inspect.getsource(Settings)).body[0]
    assert isinstance(body, ast.ClassDef)
    meanings = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                meanings[name] = " ".join(words.split())
    return meanings


def _settings_table() -> str:
    from wistia_lake.settings import Settings

    defaults = Settings()
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for name, meaning in setting_meanings().items():
        value = getattr(defaults, name)
        shown = (
            "unset"
            if value is None
            else "empty"
            if value == ()
            else f"`{str(value).lower() if value is False else value}`"
        )
        lines.append(f"| `{name}` | {shown} | {meaning} |")
    return "\n".join(lines) + "\n"
