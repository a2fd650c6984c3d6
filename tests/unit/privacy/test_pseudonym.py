"""The pseudonym formula of docs/privacy.md, and the key's life."""

from __future__ import annotations

import os
import threading
from hashlib import blake2b

import pytest

from wistia_lake.errors import SettingsError
from wistia_lake.privacy.pseudonym import Pseudonymizer, load_or_create_key, parse_key

KEY = bytes(range(32))


def test_pseudonyms_are_those_of_the_formula(pseudonymizer):
    text = "1747051_é"
    visitor = blake2b(text.encode("utf-8"), digest_size=16, key=KEY, person=b"visitor").hexdigest()
    event = blake2b(text.encode("utf-8"), digest_size=16, key=KEY, person=b"event").hexdigest()
    assert pseudonymizer.visitor(text) == visitor
    assert pseudonymizer.event(text) == event
    assert visitor != event
    assert len(visitor) == 32
    assert pseudonymizer.visitor(text) == visitor, "a prepared state must not remember"


def test_known_pseudonyms_stay_what_they_are():
    """A change here would make every viewer of every lake a new one."""
    zero = Pseudonymizer(bytes(32))
    assert zero.visitor("abc") == "c0bfd923f519fd411dac5a5e91cde782"
    assert zero.event("abc") == "189ed71bb77f61248b65f184b13d2f94"
    assert zero.fingerprint == "3c1f0617bfea8aef"


def test_another_key_gives_other_pseudonyms_and_another_fingerprint(pseudonymizer):
    other = Pseudonymizer(bytes(32))
    assert other.visitor("a") != pseudonymizer.visitor("a")
    assert other.fingerprint != pseudonymizer.fingerprint
    assert len(other.fingerprint) == 16


def test_the_key_is_not_in_the_repr(pseudonymizer):
    assert KEY.hex() not in repr(pseudonymizer)
    assert repr(pseudonymizer) == f"Pseudonymizer(fingerprint='{pseudonymizer.fingerprint}')"


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_has_32_bytes(key):
    with pytest.raises(SettingsError, match="32 bytes"):
        Pseudonymizer(key)


def test_a_key_is_read_from_hex_in_either_case_and_with_a_line_end():
    assert parse_key(KEY.hex()) == parse_key(KEY.hex().upper() + "\n") == KEY


@pytest.mark.parametrize("text", ["", "beef", "g" * 64, KEY.hex() + "00", "é" * 64])
def test_a_key_of_a_wrong_form_is_refused_without_showing_it(text):
    with pytest.raises(SettingsError, match="64 hexadecimal digits") as caught:
        parse_key(text, source="the file k")
    assert "the file k" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_a_key_file_is_made_once_and_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "pseudonym.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert load_or_create_key(path) == key
    assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"


def test_two_lakes_get_different_keys(tmp_path):
    assert load_or_create_key(tmp_path / "a") != load_or_create_key(tmp_path / "b")


def test_of_many_that_make_the_key_at_once_all_get_the_same(tmp_path):
    path = tmp_path / "pseudonym.key"
    ready = threading.Barrier(8)
    keys = []

    def make():
        ready.wait()
        keys.append(load_or_create_key(path))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff\xfe", b"ab" * 31])
def test_a_damaged_key_file_is_named_and_never_replaced(tmp_path, content):
    path = tmp_path / "pseudonym.key"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"pseudonym\.key"):
        load_or_create_key(path)
    assert path.read_bytes() == content


def test_a_folder_that_does_not_exist_is_a_sentence(tmp_path):
    with pytest.raises(SettingsError, match="cannot be made"):
        load_or_create_key(tmp_path / "missing" / "pseudonym.key")


def test_a_folder_in_the_files_place_is_a_sentence(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_or_create_key(tmp_path)
