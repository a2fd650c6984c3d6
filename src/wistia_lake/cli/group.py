"""A command group that lists its commands without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands by name: the module under ``wistia_lake.cli`` that holds each one, and its line in the list."""

    def __init__(self, *args: Any, commands_by_name: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_by_name = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names in the order of the registry, which is the order of use."""
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of one command."""
        if cmd_name not in self.commands_by_name:
            return None
        module, _ = self.commands_by_name[cmd_name]
        command = getattr(import_module(f"wistia_lake.cli.{module}"), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command), command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list, from the registry alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.commands_by_name.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name what was probably meant when there is no such command."""
        if args and args[0] not in self.commands_by_name and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.commands_by_name, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else " `wistia-lake --help` lists them."
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx=ctx)
        return super().resolve_command(ctx, args)
