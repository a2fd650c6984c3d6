"""Bad input gives one plain paragraph and its exit code, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from wistia_lake.cli import pipeline_commands
from wistia_lake.cli.main import COMMANDS, main, wistia_lake

LOCAL = ("--base-url", "http://127.0.0.1:1")


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["bild"], 2, "Did you mean 'build'?"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["status", "--frobnicate"], 2, "--frobnicate"),
        (["run", "--from", "2025-03-12", "--to", "2025-03-01"], 2, "--from 2025-03-12 is after --to 2025-03-01"),
        (["ingest", "--from", "12.03.2025"], 2, "write it as 2025-03-12"),
        (["query"], 2, "SQL|NAME"),
        (["query", "select 1", "--format", "xls"], 2, "xls"),
        (["tables", "fact_evnt"], 2, "there are silver.media_duration"),
        (["sandbox", "serve", "--scenario", "huge"], 2, "there are tiny"),
        (["sandbox", "advance", "--to", "tomorrow", *LOCAL], 2, "write it as 2025-03-12T14:00:00Z"),
        (["sandbox", "advance", "--to", "2025-03-12T14:00:00Z"], 3, "is not a sandbox on this machine"),
        (["sandbox", "advance", "--to", "2025-03-12T14:00:00Z", *LOCAL], 4, "No sandbox answers"),
        (["status"], 3, "There is no lake in"),
        (["query", "select 1 as x"], 3, "wistia-lake run"),
        (["status", "--config", "none.toml"], 3, "none.toml does not exist"),
        (["status", "--now", "yesterday"], 3, "write it as 2025-03-12T14:00:00Z"),
        (["status", "--lake", "gs://bucket/lake"], 3, "cannot open"),
        (["status", "--base-url", "https://example.com", "--now", "2025-03-12T14:00:00Z"], 3, "--allow-host"),
    ],
)
def test_bad_words(call, folder, words, code, sentence):
    result = call(*words)
    assert (result.code, result.out) == (code, "")
    assert sentence in result.err
    assert "Traceback" not in result.err
    assert _files(folder) == []


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("late_window = 3", "late_window"),
        ("late_window_days = -1", "late_window_days"),
        ("late_window_days = 'three'", "late_window_days"),
        ("zone = 'New York'", "write one such as America/New_York"),
        ("media_ids = ['12345']", "is not a hashed id"),
        ("lake = ", "not valid TOML"),
        ("[[channels]]\nchannel = 'x'", "needs a project, section, tag or title pattern"),
        ("[[exclude]]\ntag = 'x'\n[[exclude]]", "Rule 2 of [[exclude]] needs a project, section, tag or title pattern"),
        ("[[include]]\nchannel = 'x'\ntag = 'x'", "unknown field `channel`"),
        ("include = 'Facebook*'", "include"),
    ],
)
def test_bad_settings_file(call, folder, toml, sentence):
    (folder / "wistia-lake.toml").write_text(toml)
    result = call("status")
    assert (result.code, result.out) == (3, "")
    assert sentence in result.err
    assert result.err.count("\n") == 1


def test_an_unknown_variable_of_ours_is_an_error(call, monkeypatch):
    monkeypatch.setenv("WISTIA_LAKE_LATE_WINDOW", "5")
    result = call("status")
    assert result.code == 3
    assert "WISTIA_LAKE_LATE_WINDOW is not a setting; known are" in result.err


def test_a_foreign_key_in_dotenv_is_nobodys_business(call, folder):
    (folder / ".env").write_text("DATABASE_URL=postgres://elsewhere\n")
    assert "There is no lake" in call("status").err


def test_a_lake_that_is_a_file_is_named(call, folder):
    (folder / "lake").write_text("")
    result = call("status")
    assert result.code == 3
    assert "lake" in result.err


def test_what_was_committed_is_said_to_be_kept_after_an_interrupt(call, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wistia_lake, "invoke", interrupted)
    result = call("status")
    assert result.code == 130
    assert (
        result.err == "wistia-lake: Stopped. What was committed so far is kept; the same command goes on from there.\n"
    )


def test_a_bug_shows_its_traceback_and_exits_1(call, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(wistia_lake, "invoke", broken)
    result = call("status")
    assert result.code == 1
    assert "ZeroDivisionError: a bug" in result.err
    assert "This is a bug in wistia-lake" in result.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_its_help(call, name):
    result = call(name, "-h")
    assert result.code == 0
    assert result.out.startswith(f"Usage: wistia-lake {name}")


def test_version_is_shown(call):
    assert call("--version").out.startswith("wistia-lake 0.")


def test_global_options_stand_before_or_after_the_command_and_the_later_place_wins(call):
    assert "'/nowhere/b'" in call("--lake", "/nowhere/a", "status", "--lake", "/nowhere/b").err
    assert "'/nowhere/a'" in call("--lake", "/nowhere/a", "status").err


def test_reading_stops_quietly_when_the_reader_has_gone(monkeypatch):
    def gone(*_: object) -> None:
        raise BrokenPipeError

    class Stdout:
        def fileno(self) -> int:
            import os

            return os.open(os.devnull, os.O_WRONLY)

    monkeypatch.setattr(wistia_lake, "invoke", gone)
    monkeypatch.setattr("sys.stdout", Stdout())
    assert main(["tables"]) == 141


def test_the_pipeline_commands_share_one_end():
    assert {pipeline_commands.run.name, pipeline_commands.ingest.name, pipeline_commands.build.name} <= set(COMMANDS)
