"""Several accounts in one settings file: which one is meant, and what it has of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wistia_lake.errors import SettingsError
from wistia_lake.settings import Loaded, load_settings
from wistia_lake.wistia.access import required_token

TWO = """
zone = "America/New_York"
sweep_days = 10

[[channels]]
channel = "Facebook"
project = "Facebook*"

[accounts.acme]

[accounts.north-shop]
zone = "Europe/Berlin"
lake = "north"

[[accounts.north-shop.channels]]
channel = "Web"
title = "*"
"""


def load(folder: Path, toml: str, account: str | None = None, **more: Any) -> Loaded:
    (folder / "wistia-lake.toml").write_text(toml, encoding="utf-8")
    return load_settings(**{"environ": {}, "account": account, "working_folder": folder, **more})


def test_an_accounts_own_setting_wins_over_the_top_and_the_rest_is_shared(tmp_path):
    acme, north = (load(tmp_path, TWO, name) for name in ("acme", "north-shop"))
    assert (acme.settings.zone, north.settings.zone) == ("America/New_York", "Europe/Berlin")
    assert (acme.settings.sweep_days, north.settings.sweep_days) == (10, 10)
    assert (acme.settings.lake, north.settings.lake) == ("./lakes/acme", "north")
    assert [rule.channel for rule in acme.settings.channels] == ["Facebook"]
    assert [rule.channel for rule in north.settings.channels] == ["Web"], "rules are replaced as a whole"
    assert (acme.account, north.account) == ("acme", "north-shop")


def test_variables_and_flags_win_over_an_accounts_own(tmp_path):
    north = load(tmp_path, TWO, "north-shop", environ={"WISTIA_LAKE_ZONE": "UTC"}, flags={"lake": "elsewhere"})
    assert (north.settings.zone, north.settings.lake) == ("UTC", "elsewhere")


def test_the_variable_chooses_and_the_option_wins_over_it(tmp_path):
    environ = {"WISTIA_LAKE_ACCOUNT": "acme"}
    assert load(tmp_path, TWO, environ=environ).account == "acme"
    assert load(tmp_path, TWO, "north-shop", environ=environ).account == "north-shop"
    assert load(tmp_path, "", environ={"WISTIA_LAKE_ACCOUNT": ""}).account is None


@pytest.mark.parametrize("account", [None, "north", "", "Acme"])
def test_an_account_must_be_named_and_be_there(tmp_path, account):
    with pytest.raises(SettingsError, match=r"--account or WISTIA_LAKE_ACCOUNT") as refused:
        load(tmp_path, TWO, account)
    assert "acme, north-shop" in str(refused.value)


def test_an_account_where_there_are_none_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="it has no accounts"):
        load(tmp_path, 'zone = "UTC"', "acme")


def test_an_account_has_a_token_of_its_own_and_never_anothers(tmp_path):
    environ = {"WISTIA_API_TOKEN": "t0", "WISTIA_API_TOKEN_NORTH_SHOP": "t1"}
    north = load(tmp_path, TWO, "north-shop", environ=environ)
    assert north.token is not None
    assert (north.token.get_secret_value(), north.token.name) == ("t1", "WISTIA_API_TOKEN_NORTH_SHOP")
    acme = load(tmp_path, TWO, "acme", environ=environ)
    assert acme.token is None
    with pytest.raises(SettingsError) as refused:
        required_token(acme)
    assert str(refused.value).startswith("WISTIA_API_TOKEN_ACME is not set")
    assert str(refused.value).endswith(
        "WISTIA_API_TOKEN is not used for the account acme: it may be another account's."
    )


def test_an_account_has_a_pseudonym_key_of_its_own(tmp_path):
    environ = {"WISTIA_LAKE_PSEUDONYM_KEY_ACME": "0a" * 32}
    acme, north = (load(tmp_path, TWO, name, environ=environ) for name in ("acme", "north-shop"))
    assert acme.pseudonym_key is not None
    assert acme.pseudonym_key.get_secret_value() == "0a" * 32
    assert (north.pseudonym_key, north.key_file) == (None, "pseudonym-north-shop.key")


def test_a_key_that_would_not_be_used_is_refused_unless_the_account_has_one(tmp_path):
    environ = {"WISTIA_LAKE_PSEUDONYM_KEY": "0a" * 32}
    with pytest.raises(SettingsError, match="put it into WISTIA_LAKE_PSEUDONYM_KEY_ACME"):
        load(tmp_path, TWO, "acme", environ=environ)
    own = {"WISTIA_LAKE_PSEUDONYM_KEY_ACME": "0b" * 32}
    assert load(tmp_path, TWO, "acme", environ=environ | own).pseudonym_key is not None
    (tmp_path / "pseudonym-acme.key").touch()
    assert load(tmp_path, TWO, "acme", environ=environ).pseudonym_key is None


def test_a_key_variable_of_no_account_is_a_slip(tmp_path):
    with pytest.raises(SettingsError, match=r"WISTIA_LAKE_PSEUDONYM_KEY_ACNE is not a setting; known are.*_KEY_ACME"):
        load(tmp_path, TWO, "acme", environ={"WISTIA_LAKE_PSEUDONYM_KEY_ACNE": "0a" * 32})


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("accounts = 3", r"must be tables: write \[accounts.NAME\]"),
        ("[accounts]\nacme = 3", "must be tables"),
        ("[accounts.Acme]", "'Acme'.*1 to 40 lower-case letters"),
        (f"[accounts.{'a' * 41}]", "1 to 40"),
        ("[accounts.a-b]\n[accounts.a_b]", "'a-b' and 'a_b'.*WISTIA_API_TOKEN_A_B; rename"),
        ("[accounts.a]\n[accounts.acme]\nlate_window = 3", r"\[accounts.acme\].*late_window"),
        ("[accounts.a]\nsweep_days = 900", r"\[accounts.a\].*sweep_days"),
        ("[accounts.a.accounts.b]", "unknown field `accounts`"),
        ("[acounts.a]", "acounts.*Known settings are.*accounts"),
        ('lake = "x"\n[accounts.a]\n[accounts.b]', "'a' and 'b' have the same lake, x"),
        ('[accounts.a]\n[accounts.b]\nlake = "lakes/../lakes/a"', "'a' and 'b' have the same lake"),
        ('[accounts.a]\n[accounts.b]\nlake = "{folder}/lakes/a/"', "have the same lake"),
        ('[accounts.a]\nlake = "s3://x/y"\n[accounts.b]\nlake = "s3://x/y/"', "have the same lake"),
    ],
)
def test_what_the_file_says_wrongly_is_named(tmp_path, toml, sentence):
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, toml.replace("{folder}", tmp_path.as_posix()), "a")


def test_a_file_address_and_a_path_of_one_lake_are_the_same(tmp_path):
    with pytest.raises(SettingsError, match="have the same lake"):
        load(tmp_path, f'[accounts.a]\n[accounts.b]\nlake = "{(tmp_path / "lakes/a").as_uri()}"', "b")


@pytest.mark.parametrize(("environ", "flags"), [({"WISTIA_LAKE": "north"}, {}), ({}, {"lake": "./north"})])
def test_no_variable_or_option_leads_into_another_accounts_lake(tmp_path, environ, flags):
    with pytest.raises(SettingsError, match="'acme' and 'north-shop' have the same lake"):
        load(tmp_path, TWO, "acme", environ=environ, flags=flags)


def test_one_account_may_have_the_lake_at_the_top(tmp_path):
    assert load(tmp_path, 'lake = "x"\n[accounts.a]', "a").settings.lake == "x"
