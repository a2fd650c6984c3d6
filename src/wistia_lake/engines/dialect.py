"""One SQL text per model, in DuckDB's dialect, written for another engine. Pure functions of texts.

Translation cannot be trusted blindly: some functions keep their name and change their meaning (``isodow``,
``date_trunc`` of a date, a list's first place). So models are made of what :data:`PROVEN` lists and nothing else: each
of these gives the same rows on every engine, which the worked cases and the parity tests show. A model that needs more
proves it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlglot import exp

SPARK: Final = "spark"
PROVEN: Final = frozenset({
    "Alias", "Boolean", "Column", "CTE", "Distinct", "From", "Group", "Identifier", "Join", "Literal", "Null", "Order",
    "Ordered", "Paren", "Select", "Table", "TableAlias", "Union", "Where", "Window", "With",
    "Add", "And", "Between", "Div", "EQ", "GT", "GTE", "Is", "LT", "LTE", "Mul", "NEQ", "Not", "Or", "Sub",
    "ArraySize", "Case", "Cast", "Coalesce", "Count", "Floor", "If", "Lag", "Max", "Min", "Nullif", "RowNumber", "Sum",
})  # fmt: skip
"""sqlglot's classes of what models may be made of."""
PROVEN_TYPES: Final = frozenset({"BIGINT", "BOOLEAN", "DATE", "DOUBLE", "INT", "TEXT", "TIMESTAMPTZ"})
"""What they may cast to."""
PROVEN_BY_NAME: Final = frozenset({"list_extract"})
"""Functions without a class there, which :func:`render` translates itself."""
_LIST_EXTRACT: Final = {
    SPARK: "try_element_at",
    "databricks": "try_element_at",
    "trino": "element_at",
    "athena": "element_at",
}
"""All count from 1, and give null beyond the end."""


def unproven(sql: str) -> list[str]:
    """What a text uses that is not proven to mean the same on every engine; empty if all is well."""
    found = {_foreign(node) for node in _parsed(sql).walk()}
    return sorted(name for name in found if name is not None)


def _foreign(node: exp.Expr) -> str | None:
    """The name of a part that is not proven, or None."""
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Anonymous):
        return None if node.name.lower() in PROVEN_BY_NAME else node.name.lower()
    if isinstance(node, exp.DataType):
        return None if node.sql() in PROVEN_TYPES else node.sql()
    if isinstance(node, exp.Star):
        # The last SELECT names its columns: they must come in the order of the table.
        of_a_part = isinstance(node.parent, exp.Column) and node.find_ancestor(exp.CTE) is not None
        return None if of_a_part or isinstance(node.parent, exp.Count) else "*"
    return None if kind in PROVEN else kind


def render(sql: str, dialect: str, names: Mapping[str, str] | None = None, *, in_order: bool = True) -> str:
    """The text for another engine; ``names`` says how it calls views and tables, such as ``silver.fact_event``.

    Without ``in_order`` the last ORDER BY is left out: whoever writes rows into files sorts them by file.
    """
    tree = _parsed(sql).copy()
    if names:
        _rename(tree, names)
    if not in_order:
        tree.set("order", None)
    return _with_functions(tree, dialect).sql(dialect, comments=False)


def read_names(sql: str) -> list[str]:
    """The views and tables that a text reads, as it calls them, without its own common table expressions."""
    from sqlglot import exp

    tree = _parsed(sql)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return sorted({_name(table) for table in tree.find_all(exp.Table)} - own)


@cache
def _parsed(sql: str) -> exp.Expression:
    import sqlglot

    parse: Callable[..., exp.Expression] = sqlglot.parse_one
    return parse(sql, read="duckdb")


def _name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _rename(tree: exp.Expression, names: Mapping[str, str]) -> None:
    from sqlglot import exp

    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        name = _name(table)
        if name in names and not (not table.db and name in own):
            alias = table.alias or table.name
            table.replace(exp.alias_(exp.to_table(names[name]), alias, table=True))


def _with_functions(tree: exp.Expression, dialect: str) -> exp.Expression:
    from sqlglot import exp

    def translated(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Anonymous) and node.name.lower() == "list_extract" and dialect in _LIST_EXTRACT:
            return exp.Anonymous(this=_LIST_EXTRACT[dialect], expressions=node.expressions)
        return node

    transform: Callable[..., exp.Expression] = tree.transform
    return transform(translated)
