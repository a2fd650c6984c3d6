"""Questions to Trino and Athena: one SELECT over the lake's tables, and nothing of the text is changed unseen."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from wistia_lake.engines.dialect import render
from wistia_lake.engines.questions import LakeNames, need, question, without_secrets
from wistia_lake.errors import SettingsError, UsageError
from wistia_lake.lake.tables import BY_NAME
from wistia_lake.reader import query_text, stored_queries

LAKE = LakeNames(frozenset(BY_NAME))
PREFIXED = LakeNames(frozenset(BY_NAME), "acme_")
UNPROVEN = (
    exp.DateTrunc, exp.TimestampTrunc, exp.DayOfWeek, exp.DayOfWeekIso, exp.Extract, exp.AtTimeZone, exp.Anonymous,
    exp.RegexpExtract, exp.ApproxDistinct,
)  # fmt: skip
"""What keeps its name and changes its meaning, or has none, on another engine."""


@pytest.mark.parametrize("dialect", ["trino", "athena"])
@pytest.mark.parametrize(
    "text",
    [
        "select count(*) from silver.fact_event",
        'SELECT count(*) FROM Silver."fact_event";',
        "with e as (select * from silver.fact_event) select e.media_id from e",
        "select a.n from (select 1 as n union all select 2) as a order by n",
        "select day from unnest(sequence(date '2025-03-01', date '2025-03-03')) as t(day)",
        "select title from silver.dim_media where media_id in (select media_id from silver.fact_event)",
        "select 'insert into silver.fact_event' as text",
    ],
)
def test_a_select_goes_to_the_engine_as_it_was_written(dialect: str, text: str) -> None:
    assert question(text, dialect, LAKE) == text.rstrip(";")


@pytest.mark.parametrize("dialect", ["trino", "athena"])
@pytest.mark.parametrize(
    "text",
    [
        "delete from silver.fact_event",
        "insert into silver.fact_event select * from silver.fact_event",
        "create table silver.mine as select 1 as n",
        "drop table silver.fact_event",
        "alter table silver.fact_event execute optimize",
        "call system.register_table('a', 'b', 'c')",
        "explain analyze delete from silver.fact_event",
        "set session a.b = true",
        "select 1; select 2",
        "select 1; drop table silver.fact_event",
        "show tables from silver",
        "",
        "-- nothing but a comment",
    ],
)
def test_anything_else_is_refused(dialect: str, text: str) -> None:
    with pytest.raises(UsageError, match=r"must be one SELECT|not valid SQL"):
        question(text, dialect, LAKE)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("select * from silver.secrets", "silver.secrets"),
        ("select * from other.silver.fact_event", "other.silver.fact_event"),
        ("select * from information_schema.tables", "information_schema.tables"),
        ("select 1 as n from silver.fact_event, system.runtime.queries", "system.runtime.queries"),
        ("select (select max(n) from hr.salaries) as n from silver.fact_event", "hr.salaries"),
        ('select * from silver."fact_event$files"', "silver.fact_event$files"),
    ],
)
def test_what_is_no_table_of_the_lake_is_refused_by_its_name(text: str, named: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"reads {named}, which is no table of the lake")):
        question(text, "trino", LAKE)


def test_functions_that_reach_elsewhere_are_refused() -> None:
    with pytest.raises(UsageError):
        question("select * from table(other.system.query(query => 'drop table people'))", "trino", LAKE)


def test_the_prefix_of_a_shared_catalog_stands_before_namespaces_and_nowhere_else() -> None:
    text = (
        "select  silver.fact_event.media_id, 'silver.fact_event' as s, -- silver.fact_event\n"
        '  d.title from SILVER.fact_event join "silver"."dim_media" as d on d.media_id = silver.fact_event.media_id'
    )
    assert question(text, "trino", PREFIXED) == (
        "select  acme_silver.fact_event.media_id, 'silver.fact_event' as s, -- silver.fact_event\n"
        '  d.title from acme_SILVER.fact_event join "acme_silver"."dim_media" as d '
        "on d.media_id = acme_silver.fact_event.media_id"
    )


@pytest.mark.parametrize("dialect", ["trino", "athena"])
@pytest.mark.parametrize("name", stored_queries())
def test_stored_queries_are_questions_on_every_engine(dialect: str, name: str) -> None:
    text = render(query_text(name), dialect)
    assert question(text, dialect, LAKE) == text
    before, after = (
        [one.alias_or_name for one in sqlglot.parse_one(sql, read=read).selects]
        for sql, read in ((query_text(name), "duckdb"), (text, dialect))
    )
    assert before == after


@pytest.mark.parametrize("name", stored_queries())
def test_stored_queries_use_nothing_that_engines_understand_differently(name: str) -> None:
    tree = sqlglot.parse_one(query_text(name), read="duckdb")
    assert [node.sql() for node in tree.find_all(*UNPROVEN)] == []
    assert [node.sql() for node in tree.find_all(exp.Star) if not isinstance(node.parent, exp.Count)] == []
    # A half cast to an integer goes to the even one here and up there.
    casts = [node for node in tree.find_all(exp.Cast) if node.to.sql() in {"BIGINT", "INT"}]
    assert [node.sql() for node in casts if node.this.find(exp.Div) and not isinstance(node.this, exp.Floor)] == []


def test_a_query_of_a_deeper_name_keeps_it() -> None:
    """A column of a row that is called like a namespace is none."""
    text = "select t.silver.fact_event from (select media_id as t from silver.dim_media) as t"
    assert question(text, "trino", PREFIXED) == text.replace("from silver.dim_media", "from acme_silver.dim_media")


def test_a_missing_client_is_named_with_its_extra() -> None:
    need("trino", "sqlglot")
    with pytest.raises(SettingsError, match=r"--engine trino needs no_such_client.*'wistia-lake\[trino\]'"):
        need("trino", "no_such_client")


def test_credentials_have_no_place_among_settings() -> None:
    without_secrets("trino", {"host": "trino.example.org"}, ("password",), "Put it elsewhere.")
    with pytest.raises(
        SettingsError, match=r"\[trino\] in wistia-lake.toml holds password.*Put it elsewhere"
    ) as caught:
        without_secrets("trino", {"password": "so-secret"}, ("password",), "Put it elsewhere.")
    assert "so-secret" not in str(caught.value)
