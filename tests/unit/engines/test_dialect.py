"""One SQL text per model: made of what is proven to mean the same everywhere, and written for other engines."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from wistia_lake.engines.dialect import SPARK, read_names, render, unproven
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.pipeline.build import MODELS
from wistia_lake.silver.columns import BRONZE_COLUMNS
from wistia_lake.silver.context import Model, sql_of


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.full_name)
def test_a_model_uses_only_what_is_proven_on_every_engine(model: Model) -> None:
    """A function that nobody has proven yet is named here before it gives other rows somewhere."""
    assert unproven(sql_of(model.table)) == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.full_name)
def test_a_model_has_no_part_of_its_own_that_is_called_like_a_table(model: Model) -> None:
    """What it reads is known by name: bronze, tables of the lake, and the relations that its comment lists."""
    text = sql_of(model.table)
    for name in read_names(text):
        is_bronze = name.removeprefix("bronze_") in BRONZE_COLUMNS
        assert is_bronze or name in BY_NAME or f"{name}(" in text, f"{name} is not explained in the model's comment"


EVERY_PAIR = {("gold.kpi_media_28d", "period"), ("silver.fact_media_curve", "curve_positions")}
"""Joins without an equality: a single row; and the places of a curve, each of which becomes a row anyway."""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.full_name)
def test_a_model_joins_by_an_equality(model: Model) -> None:
    """Not every engine joins by ranges: Spark holds every row against every other, days times sessions."""
    found = _joined_without_an_equality(sql_of(model.table))
    assert found == {name for table, name in EVERY_PAIR if table == model.table.full_name}


def _joined_without_an_equality(text: str) -> set[str]:
    found = set()
    for join in sqlglot.parse_one(text, read="duckdb").find_all(exp.Join):
        on = join.args.get("on")
        wanted = on.flatten() if isinstance(on, exp.And) else [on]
        by_columns = [part for part in wanted if isinstance(part, exp.EQ) and len(_tables(part)) > 1]
        if not by_columns:
            found.add(join.this.name)
    return found


def _tables(part: exp.Expression) -> set[str]:
    return {column.table for column in part.find_all(exp.Column)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("select isodow(day) from t", "DayOfWeekIso"),
        ("select dayofweek(day) from t", "DayOfWeek"),
        ("select date_part('dow', day) from t", "date_part"),
        ("select date_trunc('month', day) from t", "TimestampTrunc"),
        ("select timezone('UTC', at) from t", "timezone"),
        ("select at at time zone 'UTC' from t", "AtTimeZone"),
        ("select cast(at as timestamp) from t", "TIMESTAMPNTZ"),
        ("select cast(share as decimal(9, 2)) from t", "DECIMAL(9, 2)"),
        ("select a // b from t", "IntDiv"),
        ("select a % b from t", "Mod"),
        ("select places[1] from t", "Bracket"),
        ("select list_filter(places, x -> x > 1) from t", "ArrayFilter"),
        ("select list_sort(places) from t", "ArraySort"),
        ("select round(share, 6) from t", "Round"),
        ("select avg(share) from t", "Avg"),
        ("select regexp_matches(path, 'a.*') from t", "RegexpLike"),
        ("select * from t", "*"),
        ("select t.* from t", "*"),
        ("select a from t qualify row_number() over (order by a) = 1", "Qualify"),
        ("select count(*) filter (where a) from t", "Filter"),
        ("select day + interval 1 day from t", "Interval"),
        ("select a from unnest([1, 2]) as t(a)", "Unnest"),
        ("select strftime(day, '%Y') from t", "TimeToStr"),
        ("select a from t limit 1", "Limit"),
    ],
)
def test_what_engines_read_differently_is_found(text: str, named: str) -> None:
    """Each of these would run somewhere and mean something else, or not run at all."""
    assert named in unproven(text)


def test_names_of_the_engine_take_the_place_of_views() -> None:
    """Views, tables and their columns' prefix; a common table expression keeps its name."""
    text = (
        "with days as (select a.x from silver.fact_event as a, days_wanted) select days.x, t.y from days, t order by 1"
    )
    names = {"silver.fact_event": "lake.silver.fact_event", "t": "own_1_t", "days": "wrong", "days_wanted": "own_2"}
    assert render(text, SPARK, names, in_order=False) == (
        "WITH days AS (SELECT a.x FROM lake.silver.fact_event AS a, own_2 AS days_wanted) "
        "SELECT days.x, t.y FROM days, own_1_t AS t"
    )
    assert render(text, SPARK, names).endswith("ORDER BY 1 NULLS LAST")


def test_a_place_in_a_list_counts_from_one_on_every_engine() -> None:
    """And is null beyond its end; in brackets it would be another place on Spark."""
    text = "select list_extract(a, 1) from t"
    assert render(text, SPARK) == "SELECT TRY_ELEMENT_AT(a, 1) FROM t"
    assert render(text, "trino") == "SELECT ELEMENT_AT(a, 1) FROM t"
    assert render(text, "duckdb") == "SELECT LIST_EXTRACT(a, 1) FROM t"
