"""What docs/operations.md says people will read is what they read."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.zone_worlds import zone_world
from wistia_lake.bronze.lease import lease
from wistia_lake.cli.main import COMMANDS, main, wistia_lake
from wistia_lake.lake.store import open_store
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.server import TOKEN_WITHOUT_STATS
from wistia_lake.wistia.client import WistiaClient

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Troubleshooting\n")[1].split("\n## ")[0]
MESSAGES = re.findall(r"^\| `([^`]+)` \|", SECTION, re.MULTILINE)


class Scene:
    """A folder, an account, and a way to call the command line there."""

    def __init__(self, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.sandbox, self.env = folder, sandbox, monkeypatch
        self.until_the_end = ExitStack()

    def run(self) -> None:
        assert main(["run"]) == 0


def _another_ingest(scene: Scene) -> list[str]:
    scene.run()
    held = lease(open_store("lake"), "ingest", holder="process 1", clock=lambda: datetime.now(UTC))
    scene.until_the_end.enter_context(held)
    return ["run"]


def _other_key(scene: Scene) -> list[str]:
    scene.run()
    scene.env.setenv("WISTIA_LAKE_PSEUDONYM_KEY", "0c" * 32)
    return ["run"]


def _lost_key(scene: Scene) -> list[str]:
    scene.run()
    (scene.folder / "pseudonym.key").unlink()
    return ["run"]


def _moved(scene: Scene) -> list[str]:
    scene.run()
    (scene.folder / "lake").rename(scene.folder / "elsewhere")
    return ["status", "--lake", "elsewhere"]


def _with_accounts(*words: str, toml: str = "[accounts.acme]\n[accounts.north-shop]\n") -> Callable[[Scene], list[str]]:
    def write(scene: Scene) -> list[str]:
        (scene.folder / "wistia-lake.toml").write_text(toml, encoding="utf-8")
        return list(words)

    return write


def _unused_key(scene: Scene) -> list[str]:
    scene.env.setenv("WISTIA_LAKE_PSEUDONYM_KEY", "0c" * 32)
    return _with_accounts("run", "--account", "acme")(scene)


def _wrong_zone(scene: Scene) -> list[str]:
    """A lake of an account with enough sessions to tell its zone, which is set to another one."""
    account = zone_world(3, zone="America/Denver", days=20, sessions=1500)
    sandbox = scene.until_the_end.enter_context(Sandbox(account.world, now=account.now))
    scene.env.setenv("WISTIA_BASE_URL", sandbox.base_url)
    scene.env.setenv("WISTIA_LAKE_NOW", f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}")
    scene.env.setenv("WISTIA_LAKE_ZONE", "Asia/Tokyo")
    assert main(["ingest"]) == 0
    return ["doctor"]


def _unreachable(scene: Scene) -> list[str]:
    scene.env.setenv("WISTIA_BASE_URL", "http://127.0.0.1:9")
    scene.env.setenv("WISTIA_LAKE_TIME_SCALE", "100")  # nobody waits for an API that is not there
    return ["run"]


def _set(name: str, value: str, *words: str) -> Callable[[Scene], list[str]]:
    def set_it(scene: Scene) -> list[str]:
        scene.env.setenv(name, value)
        return list(words or ["run"])

    return set_it


SCENES: dict[str, Callable[[Scene], list[str]]] = {
    "WISTIA_API_TOKEN is not set": _set("WISTIA_API_TOKEN", ""),
    "check WISTIA_API_TOKEN and its permission": _set("WISTIA_API_TOKEN", "wrong"),
    "the token is valid, but lacks the permission": _set("WISTIA_API_TOKEN", TOKEN_WITHOUT_STATS),
    "cannot connect to": _unreachable,
    "Another ingest is at work on this lake": _another_ingest,
    "There is no lake in": lambda _: ["status"],
    "There are no tables in": lambda _: ["query", "sanity"],
    "was made with the pseudonym key": _other_key,
    "is missing, and the lake": _lost_key,
    "The catalog points outside this folder": _moved,
    "is not a setting; known are": _set("WISTIA_LAKE_ZONES", "UTC"),
    "say which one is meant with": _with_accounts("run"),
    "There is no account": _with_accounts("run", "--account", "acne"),
    "have the same lake": _with_accounts("run", "--account", "acme", "--lake", "lakes/north-shop"),
    "is not used for the account": _with_accounts("run", "--account", "acme"),
    "has a key of its own": _unused_key,
    "is not a time zone": _set("WISTIA_LAKE_ZONE", "New York"),
    "which is not in the account's media list": _set("MEDIA_IDS", "zzzzzzzzzz"),
    "is in the future; today is": lambda _: ["run", "--from", "2025-04-01"],
    "is not an address that failures can be told to": _set("WISTIA_LAKE_WEBHOOK", "http://hooks.example.com/x"),
    "replaces the clock": _set("WISTIA_BASE_URL", "https://api.wistia.com/v1"),
    "which contradicts the data": _wrong_zone,
    "a worksheet holds": lambda _: [],
    "needs to know the server and the catalog of the lake": lambda _: ["query", "sanity", "--engine", "trino"],
    "which is no table of the lake": lambda _: ["query", "select 1 as n from hr.people", "--engine", "trino"],
}
"""How each message comes about. The last one has its own test, because it needs a million rows."""


def test_every_message_of_the_page_has_a_scene_and_the_other_way_round():
    assert set(MESSAGES) == set(SCENES)


@pytest.mark.parametrize("message", [message for message in SCENES if message != "a worksheet holds"])
def test_the_message_is_what_people_read(tmp_path, monkeypatch, capfd, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(WistiaClient.__init__.__kwdefaults__, "attempts", 1)
    with Sandbox("tiny") as sandbox:
        for name, value in {
            "WISTIA_BASE_URL": sandbox.base_url,
            "WISTIA_API_TOKEN": sandbox.token,
            "WISTIA_LAKE_NOW": f"{sandbox.now:%Y-%m-%dT%H:%M:%SZ}",
            "WISTIA_LAKE_REQUESTS_PER_MINUTE": "500",
        }.items():
            monkeypatch.setenv(name, value)
        if SCENES[message] in (_another_ingest, _other_key, _lost_key, _moved, _wrong_zone):
            monkeypatch.setenv("WISTIA_LAKE_REQUESTS_PER_MINUTE", "60000")
        scene = Scene(tmp_path, sandbox, monkeypatch)
        words = SCENES[message](scene)
        capfd.readouterr()
        with scene.until_the_end:
            code = main(words)
    out, err = capfd.readouterr()
    assert message in " ".join((out + err).split())
    assert "Traceback" not in err
    assert code in {0, 2, 3, 4}


def test_commands_in_the_pages_exist_with_their_options():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.name != "cli.md")
    found = re.findall(r"wistia-lake(?:\.exe)? ([a-z]+)((?: [^\s`|;&>)]+)*)", text)
    assert len(found) > 25
    known = {name: wistia_lake.get_command(None, name) for name in COMMANDS}  # type: ignore[arg-type]
    for name, words in found:
        if name not in known:
            continue  # prose: "wistia-lake needs"
        command = known[name]
        options = {option for parameter in command.params for option in parameter.opts}
        if not hasattr(command, "commands"):
            assert {word for word in words.split() if word.startswith("--")} <= options, (name, words)


def test_the_examples_for_schedulers_are_whole():
    cron = re.findall(r"^(\S+ \S+ \S+ \S+ \S+)  cd (\S+) && (.*)$", PAGE, re.MULTILINE)
    assert [line[0].split() for line in cron] == [["30", "6", "*", "*", "*"]] * 3
    assert [re.findall(r"--account (\S+)", line[2]) for line in cron] == [[], ["acme"], ["north-shop"]]
    units = dict(re.findall(r"^```ini\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    assert set(units) == {"/etc/systemd/system/wistia-lake.service", "/etc/systemd/system/wistia-lake.timer"}
    service, timer = units.values()
    assert "ExecStart=/srv/wistia/.venv/bin/wistia-lake run" in service
    assert "Persistent=true" in timer
    assert "SuccessExitStatus=5" in service
    assert "Register-ScheduledTask" in PAGE
