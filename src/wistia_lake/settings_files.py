"""``wistia-lake.toml`` and ``.env`` as ``init`` and the examples have them, written from the fields of the settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from wistia_lake import accounts
from wistia_lake.environment import WEBHOOK
from wistia_lake.settings import Settings
from wistia_lake.settings_doc import documented, meaning_of_accounts, rule_fields, toml_value
from wistia_lake.wistia.endpoints import ALL_MEDIA_DATA, DETAILED_STATS

_HEAD = """\
# Settings of wistia-lake. Every line is optional; what stands here after a # is the default, an example or a proposal.
# The token never stands in this file: it belongs in .env.
"""
_EXAMPLES = {
    "channels": ('channel = "Facebook"', 'project = "Facebook*"'),
    "include": ('project = "Public*"',),
    "exclude": ('title = "*draft*"',),
}
"""A first rule of each kind; every setting that is a table has one."""


def settings_text(proposed: Mapping[str, Sequence[str]] | None = None, projects: Sequence[str] = ()) -> str:
    """``wistia-lake.toml``: every setting as a comment with its default or an example.

    ``proposed`` are lines that stand for a setting instead, ``projects`` the names of projects that channels are
    proposed from.
    """
    lines = [_HEAD.rstrip()]
    # What follows a table's heading belongs to the table, so that plain settings come first.
    for one in sorted(documented(Settings), key=lambda one: one.is_table):
        if one.is_table:
            lines += ["", f"# {one.meaning}", *_rules(one.name, projects if one.name == "channels" else ())]
        elif one.name not in ("now", "time_scale"):  # not for a file: they would change every command's clock
            shown = one.example if one.default is None else one.default
            own = [f"# {one.name} = {toml_value(shown)}"]
            lines += ["", f"# {one.meaning}", *(proposed or {}).get(one.name, own)]
    return "\n".join([*lines, "", *_accounts_example()]) + "\n"


def _rules(name: str, projects: Sequence[str]) -> Iterator[str]:
    patterns = [one for one in rule_fields() if one.name != "channel"]
    yield f"# Patterns ({', '.join(one.name for one in patterns)}) must match the whole value; * and ? are wildcards."
    if projects:
        yield "# Proposed from the names of this account's projects; take the # away where a rule is right:"
        for place, project in enumerate(projects):
            # JSON's strings are TOML's, but for one control character that no title needs.
            text = json.dumps(project.replace("\x7f", ""), ensure_ascii=False)
            yield from (["#"] if place else [])
            yield from ("# [[channels]]", f"# channel = {text}", f"# project = {text}")
        return
    yield f"# [[{name}]]"
    yield from (f"# {line}" for line in _EXAMPLES[name])


def _accounts_example() -> list[str]:
    """Indented, so that nobody takes it for a proposal."""
    return [
        f"# {meaning_of_accounts()}",
        f"# Choose one with --account NAME; its token is {accounts.token_variable('NAME')}.",
        "#     [accounts.acme]",
        f'#     lake = "{accounts.default_lake("acme")}"',
    ]


def env_text(account: str | None = None) -> str:
    """A template for ``.env``."""
    return f"""\
# Secrets of wistia-lake. Real environment variables win over this file. Never commit it.

# A token with the permissions "{DETAILED_STATS}" and "{ALL_MEDIA_DATA}":
# at Wistia under Account > Settings > API Access, made by the account's owner.
{accounts.token_variable(account)}=

# Optional: read only these medias (hashed ids, separated by commas). Empty: the whole account.
# MEDIA_IDS=

# Optional: the key behind the pseudonyms, 64 hex digits, instead of the file {accounts.key_file(account)}.
# {accounts.key_variable(account)}=

# Optional: where a failed run is told, such as the address of an incoming webhook of Slack or Mattermost. A secret.
# {WEBHOOK}=
"""
