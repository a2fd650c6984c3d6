"""docs/settings.md and wistia-lake.example.toml, as they are generated, say what the settings do."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, inspect

from wistia_lake import settings_doc, settings_files
from wistia_lake.errors import SettingsError
from wistia_lake.settings import ChannelRule, Settings, SettingsFile, environment_names, load_settings

PAGE = settings_doc.as_markdown()
EXAMPLE = settings_files.settings_text()
DOCUMENTED = settings_doc.documented(Settings)
ONE_BY_ONE = pytest.mark.parametrize("one", DOCUMENTED, ids=lambda one: one.name)


def _row(name: str) -> list[str]:
    rows = re.findall(rf"^\| `{name}` \|(.*)\|$", PAGE, re.MULTILINE)
    assert len(rows) == 1, f"{name} has {len(rows)} rows"
    return [cell.strip() for cell in rows[0].split(" | ")]


@pytest.mark.parametrize("struct", [SettingsFile, ChannelRule])
def test_every_field_has_words_of_its_own(struct):
    assert [one.name for one in settings_doc.documented(struct) if not one.meaning] == []


@ONE_BY_ONE
def test_the_page_says_type_default_variable_and_meaning(one):
    kind, default, variable, meaning = _row(one.name)
    assert (kind, meaning) == (one.kind, one.meaning)
    value = getattr(Settings(), one.name)
    assert (
        default == "unset" if value is None else "empty" if value in ((), "") else f"`{settings_doc.toml_value(value)}`"
    )
    assert (variable == "") == (one.is_table or one.kind == "table")
    if variable:
        assert environment_names()[variable.strip("`")] == one.name


@ONE_BY_ONE
def test_the_example_shows_each_setting_once_below_its_words_with_its_default(one):
    if one.name in ("now", "time_scale"):
        assert f"{one.name} = " not in EXAMPLE, "it would change the clock of every command"
        return
    found = re.findall(rf"^# (.+)\n(?:# Patterns .*\n)?# (\[\[{one.name}\]\]$|{one.name} = .*$)", EXAMPLE, re.MULTILINE)
    assert [words for words, _ in found] == [one.meaning]
    if not one.is_table:
        default, shown = getattr(Settings(), one.name), tomllib.loads(found[0][1])[one.name]
        if default is None:
            assert one.example is not None, "an unset setting needs an example: Meta(examples=[...])"
        assert (tuple(shown) if isinstance(shown, list) else shown) == (one.example if default is None else default)


def test_the_example_decides_nothing_and_loads_with_every_mark_taken_away(tmp_path):
    path = tmp_path / "wistia-lake.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    assert load_settings(environ={}, working_folder=tmp_path).settings == Settings()
    path.write_text(re.sub(r"^# +(?=\w+ = |\[)", "", EXAMPLE, flags=re.MULTILINE), encoding="utf-8")
    loaded = load_settings(environ={}, account="acme", working_folder=tmp_path).settings
    for one in DOCUMENTED:
        assert one.name == "now" or getattr(loaded, one.name) != () or one.name == "media_ids"
    assert loaded.lake == "./lakes/acme"


@ONE_BY_ONE
def test_a_range_on_the_page_is_the_range_that_holds(one, tmp_path):
    bounds = re.findall(r"\b\d+\b", one.kind)
    for place, bound in enumerate(map(int, bounds)):
        for value, is_good in ((bound, True), (bound + (1 if place else -1), False)):
            flags = {one.name: value}
            if is_good:
                loaded = load_settings(environ={}, flags=flags, working_folder=tmp_path)
                assert getattr(loaded.settings, one.name) == value
            else:
                with pytest.raises(SettingsError, match=one.name):
                    load_settings(environ={}, flags=flags, working_folder=tmp_path)


@pytest.mark.parametrize(("variable", "name"), environment_names().items())
def test_every_variable_on_the_page_sets_its_setting(tmp_path, variable, name):
    one = next(one for one in DOCUMENTED if one.name == name)
    value = one.example if one.default is None else one.default
    if isinstance(value, dict):
        value = "prod"  # a variable names a catalog, it does not describe one
    if value == ():
        value = ("abcde12345", "fghij67890")
    text = ",".join(value) if isinstance(value, tuple) else str(value).lower() if value is False else str(value)
    loaded = load_settings(environ={variable: text}, working_folder=tmp_path)
    assert getattr(loaded.settings, name) == value


def test_every_variable_and_file_of_an_account_on_the_page_is_the_one_that_is_read(tmp_path):
    toml = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0]
    (tmp_path / "wistia-lake.toml").write_text(toml, encoding="utf-8")
    rows = re.findall(r"^\| (?:token|pseudonym key|or its file|lake) \|.*$", PAGE, re.MULTILINE)
    token, key, file, lake = (re.findall(r"`([^`]+)`", row) for row in rows)
    for place, name in ((1, "acme"), (2, "north-shop")):
        environ = {token[place]: "t", key[place]: "0a" * 32}
        loaded = load_settings(environ=environ, account=name, working_folder=tmp_path)
        assert loaded.token is not None
        assert loaded.pseudonym_key is not None
        assert (loaded.key_file, loaded.settings.lake) == (file[place], lake[place])


class Later(msgspec.Struct):
    """Settings of other kinds, as somebody may add them."""

    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """A share."""
    mode: Literal["a", "b"] = "a"
    """A choice
    of two."""
    most: Annotated[int, Meta(ge=1)] | None = None
    """A bound."""
    since: date | None = None
    broken: bytes = b""


def test_a_setting_that_is_added_later_documents_itself_or_fails_loudly():
    described = {name: settings_doc._kind(kind) for name, kind in _kinds(Later).items() if name != "broken"}
    assert described == {
        "share": "number, 0 to 1", "mode": "one of `a`, `b`", "most": "whole number, at least 1", "since": "date",
    }  # fmt: skip
    assert settings_doc._words(Later) == {"share": "A share.", "mode": "A choice of two.", "most": "A bound."}
    with pytest.raises(AssertionError, match="no words for"):
        settings_doc.documented(Later)


def _kinds(struct: type[msgspec.Struct]) -> dict[str, object]:
    return {field.name: field.type for field in inspect.type_info(struct).fields}
