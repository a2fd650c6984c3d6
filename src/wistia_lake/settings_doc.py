"""What every setting means, read from the settings' fields, and ``docs/settings.md``, which is written from it."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from msgspec import inspect as kinds

from wistia_lake import accounts
from wistia_lake.environment import WEBHOOK
from wistia_lake.settings import CONFIG, ChannelRule, MediaRule, Settings, SettingsFile, environment_names

_PAGE = f"""\
# Settings

Written by `make docs` from the fields of the settings. `wistia-lake init` writes a `wistia-lake.toml` that holds them
all as comments; every one is optional.

Sources, later ones win: defaults, `wistia-lake.toml`, `.env` and the environment, options. Unknown names are errors, in
the file and for variables that begin with `WISTIA_LAKE_`. A list in a variable is separated by commas.

{{settings}}
## Rules for medias

`channels`, `include` and `exclude` are tables: write one `[[channels]]` for each rule.

{{matching}}

A media's channel is that of the first `[[channels]]` rule that matches it. Tables show a media if an `[[include]]` rule
matches it, or there is none, and no `[[exclude]]` rule does. Its attributes are those of the newest list that held it;
a media known only from play sessions has nothing but a title.

{{rules}}
## Accounts

{{accounts}}
```toml
zone = "America/New_York"           # for all accounts that say nothing else

[accounts.acme]

[accounts.north-shop]
zone = "Europe/Berlin"
lake = "/data/north"

[[accounts.north-shop.channels]]    # in place of the rules at the top, not beside them
channel = "Facebook"
project = "Social*"
```

Where there are accounts, every command needs to know which one is meant: `--account NAME` or `{accounts.CHOSEN}`. A
setting in an account's table wins over the same one at the top. What an account has of its own:

| of the account | without accounts | of `acme` | of `north-shop` |
|---|---|---|---|
{{own}}
`{accounts.TOKEN}` is never used for an account: it would read another account into the lake. Variables of settings,
such as `WISTIA_LAKE` or `MEDIA_IDS`, hold for whichever account is chosen; what differs between accounts belongs into
the file. Two accounts with the same lake are refused.

To make an account of what has been the only one: write its table, with `lake` as it was; rename `pseudonym.key` to
`{accounts.key_file("acme")}`, and in `.env` the token and, if it stands there, the key.

## Other variables

| variable | meaning |
|---|---|
| `{accounts.TOKEN}` | The token; it never stands in `wistia-lake.toml`. |
| `{accounts.token_variable("NAME")}` | The token of an account. |
| `{accounts.PSEUDONYM_KEY}` | The key behind the pseudonyms, 64 hex digits, instead of the file. |
| `{accounts.key_variable("NAME")}` | The key of an account. |
| `{WEBHOOK}` | Where a failed command is told (https); a secret too. |
| `{CONFIG}` | The settings file, as `--config`. |
| `{accounts.CHOSEN}` | The account, as `--account`. |
"""


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """One field of a settings structure, as people read about it."""

    name: str
    kind: str
    """Its type and range in words."""
    default: Any
    example: Any
    """A value for settings that are unset by default."""
    meaning: str

    @property
    def is_table(self) -> bool:
        """Whether it is written as ``[[name]]``."""
        return self.kind == "tables"


def documented(struct: type[msgspec.Struct]) -> list[SettingDoc]:
    """The fields of a structure with their types, defaults and own words."""
    words: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            words |= _words(base)
    described = kinds.type_info(struct)
    assert isinstance(described, kinds.StructType)
    return [_documented(field, words.get(field.name, "")) for field in described.fields]


def _documented(field: kinds.Field, meaning: str) -> SettingDoc:
    extra = field.type.extra_json_schema if isinstance(field.type, kinds.Metadata) else None
    example = (extra or {}).get("examples", [None])[0]
    default = None if field.default is msgspec.NODEFAULT else field.default
    return SettingDoc(field.name, _kind(field.type), default, example, meaning)


def _words(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text below each field in the source."""
    body = ast.parse(inspect.getsource(struct)).body[0]
    assert isinstance(body, ast.ClassDef)
    words = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(found))):
                words[name] = " ".join(found.split())
    return words


def _kind(described: kinds.Type) -> str:
    """A type in words; a kind that is not known here is a bug, because nobody could read about it."""
    match described:
        case kinds.Metadata(type=inner):
            return _kind(inner)
        case kinds.UnionType(types=types) if any(isinstance(one, kinds.DictType) for one in types):
            return "table or text" if any(isinstance(one, kinds.StrType) for one in types) else "table"
        case kinds.UnionType(types=types):
            return " or ".join(_kind(one) for one in types if not isinstance(one, kinds.NoneType))
        case kinds.IntType() | kinds.FloatType():
            return _range("whole number" if isinstance(described, kinds.IntType) else "number", described)
        case kinds.LiteralType(values=values):
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case kinds.StrType():
            return "text"
        case kinds.BoolType():
            return "`true` or `false`"
        case kinds.DateType():
            return "date"
        case kinds.VarTupleType(item_type=kinds.StructType()) | kinds.DictType():
            return "tables"
        case kinds.VarTupleType(item_type=item):
            return f"list of {_kind(item)}s"
    raise AssertionError(f"no words for {described}")


def _range(name: str, described: kinds.IntType | kinds.FloatType) -> str:
    least = described.ge if described.ge is not None else described.gt
    most = described.le if described.le is not None else described.lt
    if least is not None and most is not None:
        return f"{name}, {least} to {most}"
    return name if least is None else f"{name}, at least {least}"


# --- the page --------------------------------------------------------------------------------------------------------


def as_markdown() -> str:
    """``docs/settings.md``."""
    variables = {name: variable for variable, name in environment_names().items()}
    rows = [
        (f"`{one.name}`", one.kind, _default(one), _code(variables.get(one.name)), one.meaning)
        for one in documented(Settings)
    ]
    rules = [(f"`{one.name}`", one.kind, one.meaning) for one in rule_fields()]
    names = (None, "acme", "north-shop")
    own = [
        ("token", *(_code(accounts.token_variable(name)) for name in names)),
        ("pseudonym key", *(_code(accounts.key_variable(name)) for name in names)),
        ("or its file", *(_code(accounts.key_file(name)) for name in names)),
        ("lake", _code(Settings().lake), _code(accounts.default_lake("acme")), "`/data/north`, as it says"),
    ]
    return _PAGE.format(
        settings=_table(("setting", "type", "default", "variable", "meaning"), rows),
        matching=" ".join(inspect.cleandoc(MediaRule.__doc__ or "").split()),
        rules=_table(("field", "type", "meaning"), rules),
        accounts=meaning_of_accounts() + "\n",
        own="".join(f"| {' | '.join(row)} |\n" for row in own),
    )


def rule_fields() -> list[SettingDoc]:
    """``channel`` last, because only one of the three kinds has it."""
    return sorted(documented(ChannelRule), key=lambda one: one.name == "channel")


def meaning_of_accounts() -> str:
    """What the setting ``accounts`` means."""
    return next(one.meaning for one in documented(SettingsFile) if one.name == accounts.TABLE)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(text: str | None) -> str:
    return f"`{text}`" if text is not None else ""


def _default(one: SettingDoc) -> str:
    if one.default is None:
        return "unset"
    return "empty" if one.default in ((), "") else _code(toml_value(one.default))


def toml_value(value: Any) -> str:
    """A value as TOML writes it; JSON does the same but for dates and tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)
