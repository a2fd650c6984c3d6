"""Questions to an engine that reads the lake's tables in a catalog: one SELECT, over the lake's tables only.

Stored queries are written once, in DuckDB's dialect, and translated. A text of the user's is not: its dialect is the
engine's own, because a translation that is silently wrong is worse than an error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from wistia_lake.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from sqlglot import exp

_FUNCTIONS_OF_ROWS: Final = {"unnest", "sequence"}
"""Functions in FROM that read nothing but their arguments."""


@dataclass(frozen=True, slots=True)
class LakeNames:
    """What the lake's tables are called: in SQL here, and in the catalog."""

    tables: frozenset[str]
    """Such as ``silver.fact_event``."""
    prefix: str = ""
    """Stands before the namespace in a catalog that holds several lakes; nobody writes it in SQL."""


def question(sql: str, dialect: str, lake: LakeNames) -> str:
    """The text as the engine gets it, if it is one SELECT over the lake's tables and nothing else.

    Raises:
        UsageError: it is not; what it says instead.
    """
    import sqlglot
    from sqlglot import exp

    try:
        statements = sqlglot.parse(sql, read=dialect)
    except sqlglot.errors.SqlglotError as exc:
        raise UsageError(f"The query is not valid SQL of {dialect}: {_first_line(exc)}") from exc
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise UsageError("A query must be one SELECT: the lake can be read here, not changed.")
    own = {cte.alias.lower() for cte in statements[0].find_all(exp.CTE)}
    for table in statements[0].find_all(exp.Table):
        if (name := _read(table)) not in lake.tables and name not in own | _FUNCTIONS_OF_ROWS:
            raise UsageError(
                f"The query reads {name}, which is no table of the lake. `wistia-lake tables` lists them; write them "
                "as silver.fact_event, without a catalog before it."
            )
    return _with_prefix(sql.strip().rstrip(";"), dialect, lake)


def _read(table: exp.Table) -> str:
    from sqlglot import exp

    if isinstance(table.this, exp.Func):
        return table.this.name.lower() if isinstance(table.this, exp.Anonymous) else table.this.sql_name().lower()
    return ".".join(part.name for part in table.parts).lower()


def _with_prefix(sql: str, dialect: str, lake: LakeNames) -> str:
    """The text with the prefix before the namespaces of the lake's tables; all else stays as it was written."""
    from sqlglot import TokenType, tokenize

    if not lake.prefix:
        return sql
    tokens = tokenize(sql, read=dialect)
    parts, done = [], 0
    for before, namespace, dot, name in zip([None, *tokens], tokens, tokens[1:], tokens[2:], strict=False):
        is_name = dot.token_type == TokenType.DOT and f"{namespace.text}.{name.text}".lower() in lake.tables
        if is_name and (before is None or before.token_type != TokenType.DOT):
            place = namespace.start + (namespace.token_type == TokenType.IDENTIFIER)  # after an opening quote
            parts += [sql[done:place], lake.prefix]
            done = place
    return "".join([*parts, sql[done:]])


def need(extra: str, module: str) -> None:
    """Say which extra to install where the client of an engine, or the translator, is missing.

    Raises:
        SettingsError: it is.
    """
    missing = [name for name in (module, "sqlglot") if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"--engine {extra} needs {' and '.join(missing)}, not installed here: pip install 'wistia-lake[{extra}]'."
        )


def without_secrets(table: str, properties: Mapping[str, object], secrets: Collection[str], instead: str) -> None:
    """Settings files are shared and kept in version control: a credential in one is refused.

    Raises:
        SettingsError: it is there; ``instead`` says where it belongs.
    """
    for name in properties:
        if name in secrets:
            raise SettingsError(f"[{table}] in wistia-lake.toml holds {name}, which is a credential. {instead}")


def _first_line(exc: Exception) -> str:
    return str(exc).splitlines()[0]
