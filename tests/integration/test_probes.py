"""The four probes, as scripts and as commands, against the simulated account: flags, samples, findings, privacy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.leaks import search
from wistia_lake.cli.main import main
from wistia_lake.privacy import samples
from wistia_lake.privacy.samples import redact
from wistia_lake.sandbox.harness import Sandbox
from wistia_lake.sandbox.private import private_values
from wistia_lake.sandbox.scenario import Options
from wistia_lake.sandbox.world import World

ROOT = Path(__file__).parents[2]
MEDIAS = ("t1nyaaaa01", "t1nybbbb02")
AT = "20250312T140000Z"
"""The simulated present, as samples are named."""


@dataclass
class Project:
    """A folder as somebody who cloned the project has it, with an account behind it."""

    folder: Path
    sandbox: Sandbox

    @property
    def samples(self) -> Path:
        return self.folder / "exploration" / "samples"

    def env(self, **more: str) -> None:
        """Write ``.env``."""
        values = {
            "WISTIA_API_TOKEN": self.sandbox.token,
            "WISTIA_BASE_URL": self.sandbox.base_url,
            "WISTIA_LAKE_NOW": self.sandbox.now.isoformat(),
            "WISTIA_LAKE_REQUESTS_PER_MINUTE": "60000",
        } | more
        text = "".join(f"{name}={value}\n" for name, value in values.items() if value)
        (self.folder / ".env").write_text(text, encoding="utf-8")

    def script(self, line: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one line as it stands in the documentation; from elsewhere, by the script's whole path."""
        program, script, *words = line.split()
        assert program == "python"
        place = script if cwd is None else str(self.folder / script)
        command = [sys.executable, place, *words]
        return subprocess.run(command, cwd=cwd or self.folder, capture_output=True, text=True, check=False)

    def written(self) -> list[str]:
        """Every sample, by its path below the samples' folder."""
        return sorted(path.relative_to(self.samples).as_posix() for path in self.samples.rglob("*") if path.is_file())

    def json(self, name: str) -> Any:
        """A sample's content."""
        return json.loads((self.samples / name).read_text(encoding="utf-8"))

    def queries(self, path: str) -> list[dict[str, str]]:
        """What was asked of one path."""
        return [line["query"] for line in self.sandbox.requests() if line["path"] == path]


@contextmanager
def project_of(folder: Path, world: World) -> Iterator[Project]:
    shutil.copytree(
        ROOT / "exploration", folder / "exploration", ignore=shutil.ignore_patterns("samples", "__pycache__")
    )
    (folder / "wistia-lake.toml").write_text(world.scenario.toml, encoding="utf-8")
    with Sandbox(world) as sandbox:
        project = Project(folder, sandbox)
        project.env()
        yield project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "project").mkdir()
    with project_of(tmp_path / "project", World("tiny")) as project:
        yield project


@pytest.fixture
def call(project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """``wistia-lake probe …`` in the project's folder; gives stdout, or with ``code`` stderr."""
    monkeypatch.chdir(project.folder)

    def run(*words: str, code: int = 0) -> str:
        capfd.readouterr()
        assert main(["probe", *words]) == code
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return out if code == 0 else err

    return run


LINES = {
    "python exploration/scripts/list_medias.py --page 1 --per-page 25": [f"medias/list_medias_{AT}.json"],
    f"python exploration/scripts/page_walk_media_stats.py --media-id {','.join(MEDIAS)} --per-page 25 --max-pages 3": [
        f"media_stats/media_stats_{AT}.json"
    ],
    "python exploration/scripts/sample_visitors.py --page 1 --per-page 10": [f"visitors/visitors_page_1_{AT}.json"],
    "python exploration/scripts/sample_events.py": [
        f"events/events_{AT}.findings.json",
        f"events/events_{AT}.ndjson",
    ],
}


# -- the command lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", LINES)
def test_each_line_runs_as_it_stands_and_from_elsewhere(line: str, project: Project, tmp_path: Path):
    here = project.script(line)
    assert (here.returncode, here.stderr) == (0, "")
    assert project.written() == LINES[line]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there = project.script(line, elsewhere)
    assert (there.returncode, there.stderr) == (0, "")
    assert list(elsewhere.iterdir()) == []
    # The same instant again: nothing is written over.
    assert len(project.written()) == 2 * len(LINES[line])
    assert re.sub(r"sample: .*", "", there.stdout) == re.sub(r"sample: .*", "", here.stdout)


def test_the_documented_lines_are_these():
    page = (ROOT / "docs/api_exploration.md").read_text(encoding="utf-8")
    assert [line for line in LINES if line.replace(",".join(MEDIAS), "abc123,def456") not in page] == []
    assert [line for line in LINES if line.split()[1].replace("/", "\\") not in page] == []


def test_each_script_explains_itself(project: Project):
    for line in LINES:
        done = project.script(f"{' '.join(line.split()[:2])} --help")
        assert done.returncode == 0
        assert "--base-url" in done.stdout


def test_the_base_url_of_the_command_line_wins(project: Project):
    url = project.sandbox.base_url
    project.env(WISTIA_BASE_URL="http://127.0.0.1:1")
    done = project.script(f"python exploration/scripts/list_medias.py --base-url {url}/v1")
    assert done.returncode == 0, done.stderr


def test_a_python_without_the_project_is_told_so(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    for line in LINES:
        command = [sys.executable, "-S", *line.split()[1:]]
        done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert "make install" in done.stderr


def test_a_script_says_what_is_wrong_in_one_sentence(project: Project):
    project.env(WISTIA_API_TOKEN="")
    for line in LINES:
        done = project.script(line)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert "WISTIA_API_TOKEN is not set" in done.stderr
    assert project.written() == []


# -- medias -------------------------------------------------------------------------------------------------------


def test_medias_are_counted_dated_and_sorted_into_channels(project: Project, call):
    out = call("medias")
    assert "2 medias on page 1 (25 were asked for; this is the last page)" in out
    assert "created: 2025-03-03T09:00:00+00:00 to 2025-03-04T15:20:11+00:00" in out
    assert "channels: Facebook 1, Other 1" in out
    assert "stable key: hashed_id" in out
    assert "left out of the sample: assets, description, thumbnail" in out
    rows = project.json(f"medias/list_medias_{AT}.json")
    assert [row["hashed_id"] for row in rows] == list(MEDIAS)
    assert project.queries("/v1/medias")[0] == {"page": "1", "per_page": "25"}


def test_the_medias_page_is_the_one_asked_for(project: Project, call):
    found = json.loads(call("medias", "--page", "2", "--per-page", "1", "--json"))
    assert (found["count"], found["more_pages"], found["stuck"]) == (1, False, False)
    assert [row["hashed_id"] for row in project.json(f"medias/list_medias_{AT}.json")] == [MEDIAS[1]]
    assert "0 found: page 9 of the media list is empty." in call("medias", "--page", "9")


def test_without_channel_rules_it_is_said(project: Project, call):
    (project.folder / "wistia-lake.toml").unlink()
    out = call("medias")
    assert "channels: Other 2" in out
    assert "no channel rules are set" in out


# -- media statistics ---------------------------------------------------------------------------------------------


def test_statistics_are_written_as_served_one_record_for_each_media(project: Project, call):
    out = call("media-stats", "--media-id", ", ".join(MEDIAS))
    records = project.json(f"media_stats/media_stats_{AT}.json")
    assert [record["media_id"] for record in records] == list(MEDIAS)
    world, now = project.sandbox.world, project.sandbox.now
    for record in records:
        assert list(record) == ["media_id", "requested_at", "stats"]
        assert record["requested_at"] == "2025-03-12T14:00:00Z"
        counters = world.counters(record["media_id"], now)
        assert record["stats"]["play_count"] == counters.play_count
        assert record["stats"]["play_rate"] == counters.play_rate
    assert "The endpoint does not page" in out
    assert out.count("holds:") == 4
    assert "play_count: whole number, null 0" in out


def test_the_medias_of_the_settings_are_the_default(project: Project, call):
    project.env(MEDIA_IDS=MEDIAS[1])
    call("media-stats")
    assert [record["media_id"] for record in project.json(f"media_stats/media_stats_{AT}.json")] == [MEDIAS[1]]


def test_paging_flags_are_taken_and_change_nothing(project: Project, call):
    out = call("media-stats", "--media-id", MEDIAS[0], "--per-page", "7", "--max-pages", "9")
    assert "--per-page 7 and --max-pages 9 change nothing" in out
    assert project.queries(f"/v1/stats/medias/{MEDIAS[0]}") == [{}]


def test_a_numeric_id_has_statistics_but_no_known_length(project: Project, call):
    out = call("media-stats", "--media-id", "501")
    assert "cannot be told: no duration is known" in out
    assert out.count("holds:") == 1


def test_statistics_of_no_media_and_of_an_unknown_one(project: Project, call):
    assert "give hashed ids with --media-id, or set MEDIA_IDS" in call("media-stats", code=2)
    err = call("media-stats", "--media-id", "abc123,abc124", code=3)
    assert "abc123 answered 404" in err
    assert "Take a hashed id from the media list" in err
    assert not project.samples.exists()


def test_one_media_that_is_gone_does_not_hide_the_others(project: Project, call):
    err = call("media-stats", "--media-id", f"abc123,{MEDIAS[0]}", code=5)
    assert "404 was answered to: GET /stats/medias/abc123." in err
    assert [record["media_id"] for record in project.json(f"media_stats/media_stats_{AT}.json")] == [MEDIAS[0]]
    done = project.script(f"python exploration/scripts/page_walk_media_stats.py --media-id abc123,{MEDIAS[0]}")
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    assert "1 media read." in done.stdout


# -- visitors -----------------------------------------------------------------------------------------------------


def test_visitors_are_written_without_anybody_in_them(project: Project, call):
    out = call("visitors", "--page", "2", "--per-page", "100")
    rows = project.json(f"visitors/visitors_page_2_{AT}.json")
    assert len(rows) == 100
    for row in rows:
        assert re.fullmatch(r"([0-9]{7}_)?\*{3}redacted\*{3}", row["visitor_key"])
        assert re.fullmatch(r"[0-9]{7}_\*{3}redacted\*{3}", row["last_event_key"])
        assert row["visitor_identity"] == {"name": "", "email": None, "org": {"name": None, "title": None}}
        assert row["user_agent_details"]["browser"]
        assert row["play_count"] >= 1
    assert "visitor_key: filled in 100 of 100 rows" in out
    assert "visitor_identity.email: filled in" in out
    assert "the endpoint has no filter by media" in out
    assert project.queries("/v1/stats/visitors")[0] == {"page": "2", "per_page": "100"}


# -- events -------------------------------------------------------------------------------------------------------


def findings(project: Project) -> dict[str, Any]:
    return project.json(f"events/events_{AT}.findings.json")


def lines(project: Project) -> list[dict[str, Any]]:
    text = (project.samples / f"events/events_{AT}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_findings_answer_every_question(project: Project, call):
    out = call("events")
    found = findings(project)
    for name in ("media_filter", "dates_inclusive", "days_utc", "page_size", "order", "watermark"):
        assert found[name]["verdict"] == "yes", name
    assert found["watermark"]["field"] == "received_at"
    assert found["page_size"] | {"pages": [100, 100, 100], "cap": 100, "rows_large": 100} == found["page_size"]
    assert found["newest"]["age_seconds"] > 0
    assert found["repeats"]["repeated_rows"] == 0
    assert found["lateness"]["rows"] == found["row_count"] == len(lines(project)) == 300
    assert found["fields"]["percent_viewed"]["types"] == {"number": 300}
    assert found["refused"]["rows"] == 0
    assert found["asked"] == {"per_page": 100, "max_pages": 3}
    assert found["request_count"] == len(project.sandbox.requests())
    assert "watermark: received_at" in out
    assert "ip: filled in 300 of 300 rows" in out


def test_the_sample_holds_what_was_asked_for(project: Project, call):
    call(
        "events", "--media-id", MEDIAS[1], "--start-date", "2025-03-08", "--end-date", "2025-03-09", "--per-page", "5",
        "--max-pages", "2",
    )  # fmt: skip
    rows, found = lines(project), findings(project)
    assert len(rows) == 10
    assert {row["media_id"] for row in rows} == {MEDIAS[1]}
    assert {row["received_at"][:10] for row in rows} <= {"2025-03-08", "2025-03-09"}
    assert found["asked"] == {
        "media_id": MEDIAS[1], "start_date": "2025-03-08", "end_date": "2025-03-09", "per_page": 5, "max_pages": 2,
    }  # fmt: skip
    assert found["media_filter"]["verdict"] == "yes"
    assert found["dates_inclusive"]["verdict"] == "yes"
    assert found["page_size"]["pages"] == [5, 5]


def test_the_scripts_pass_every_flag_on(project: Project):
    scripts = "python exploration/scripts"
    days = "--start-date 2025-03-06 --end-date 2025-03-07"
    for line in (
        f"{scripts}/list_medias.py --page 2 --per-page 1", f"{scripts}/sample_visitors.py --page 3 --per-page 4",
        f"{scripts}/sample_events.py --media-id {MEDIAS[0]} {days} --per-page 7 --max-pages 2",
    ):  # fmt: skip
        assert project.script(line).returncode == 0
    assert {"page": "2", "per_page": "1"} in project.queries("/v1/medias")
    assert {"page": "3", "per_page": "4"} in project.queries("/v1/stats/visitors")
    asked = {"media_id": MEDIAS[0], "start_date": "2025-03-06", "end_date": "2025-03-07", "per_page": "7"}
    walked = [query for query in project.queries("/v1/stats/events") if query.get("per_page") == "7"]
    assert walked == [asked | {"page": "1"}, asked | {"page": "2"}]
    assert len(lines(project)) == 14
    assert f"visitors/visitors_page_3_{AT}.json" in project.written()


def test_no_sessions_is_a_sentence_and_an_empty_sample(project: Project, call):
    assert "0 found: the API has no play sessions" in call("events", "--end-date", "2025-01-01")
    assert lines(project) == []
    assert findings(project)["days_utc"]["verdict"] == "cannot tell"


def test_a_page_that_is_the_last_one_is_found_in_a_long_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The border of days needs the oldest session of a day with many pages: it is found, with few requests."""
    with project_of(tmp_path, World("demo")) as project:
        monkeypatch.chdir(project.folder)
        assert main(["probe", "events", "--end-date", "2025-02-22", "--max-pages", "1"]) == 0
        found = json.loads(next(project.samples.rglob("*.findings.json")).read_text(encoding="utf-8"))
        assert found["days_utc"]["verdict"] == "yes"
        assert found["days_utc"]["first_after"][:14] == "2025-02-22T00:"
        assert found["request_count"] < 20


def test_the_modern_api_is_probed_alike(project: Project, call):
    project.env(WISTIA_BASE_URL=f"{project.sandbox.base_url}/modern")
    assert "channels: Facebook 1, Other 1" in call("medias")
    assert call("media-stats", "--media-id", MEDIAS[0]).count("holds:") == 2
    assert "visitors of the whole account" in call("visitors")
    call("events")
    assert {findings(project)[name]["verdict"] for name in ("media_filter", "days_utc", "order", "watermark")} == {
        "yes"
    }
    assert findings(project)["unknown_fields"] == []
    assert "attributes" in findings(project)["dropped_fields"]


@pytest.mark.parametrize(
    ("seed", "verdict", "midnight", "days"),
    [(1, "yes", "2025-03-11T00:00:00Z", 3), (2, "cannot tell", "2025-03-12T00:00:00Z", 6)],
)
def test_a_quiet_media_has_five_midnights_to_tell(
    seed, verdict, midnight, days, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A handful of sessions a day: perhaps one midnight has neighbours within the hour; if not, nothing is claimed."""
    with project_of(tmp_path, World("tiny", seed)) as project:
        monkeypatch.chdir(project.folder)
        assert main(["probe", "events", "--media-id", MEDIAS[1]]) == 0
        found = findings(project)["days_utc"]
        asked = {query["start_date"] for query in project.queries("/v1/stats/events") if "start_date" in query}
    assert (found["verdict"], found["midnight"], len(asked)) == (verdict, midnight, days)


# -- what may be wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["medias", "visitors", "events"])
def test_stuck_at_ten_rows_is_noticed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd):
    """An API that sends ten rows whatever is asked for."""
    world = World("demo" if name == "medias" else "tiny", options=Options(most_per_page=10))
    with project_of(tmp_path, world) as project:
        monkeypatch.chdir(project.folder)
        assert main(["probe", name, "--per-page", "25"]) == 0
    out = capfd.readouterr().out
    assert "stuck" in out
    assert '"Stuck at 10 rows" in docs/api_exploration.md' in out
    assert "# Stuck at 10 rows" in (ROOT / "docs/api_exploration.md").read_text(encoding="utf-8")


def test_a_default_of_ten_rows_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd):
    """``per_page`` is always sent, so that the API's own default is never met."""
    with project_of(tmp_path, World("tiny", options=Options(default_per_page=10))) as project:
        monkeypatch.chdir(project.folder)
        for words in (["medias"], ["visitors"], ["events"], ["media-stats", "--media-id", MEDIAS[0]]):
            assert main(["probe", *words]) == 0
        asked = [
            line
            for line in project.sandbox.requests()
            if line["path"].split("/")[-1] in {"medias", "visitors", "events"}
        ]
        assert asked
        assert all("per_page" in line["query"] for line in asked)
    assert "stuck" not in capfd.readouterr().out


@pytest.mark.parametrize("words", [["medias"], ["media-stats", "--media-id", MEDIAS[0]], ["visitors"], ["events"]])
def test_a_wrong_token_and_a_missing_permission_are_told_apart(words: list[str], project: Project, call):
    project.env(WISTIA_API_TOKEN="wrong")
    assert "check WISTIA_API_TOKEN and its permission Read detailed stats" in call(*words, code=3)
    if words[0] != "medias":
        project.env(WISTIA_API_TOKEN="sandbox-token-no-stats")
        assert "lacks the permission Read detailed stats" in call(*words, code=3)
    assert not project.samples.exists()


@pytest.mark.parametrize("words", [["medias"], ["visitors"], ["events"]])
def test_a_list_that_answers_404_is_a_wrong_base_url(words: list[str], project: Project, call):
    project.env(WISTIA_BASE_URL=f"{project.sandbox.base_url}/elsewhere/v1")
    assert "Check the base URL" in call(*words, code=3)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["medias", "--page", "0"], "--page 0 is not possible"),
        (["visitors", "--per-page", "-3"], "--per-page -3 is not possible"),
        (["events", "--max-pages", "0"], "--max-pages 0 is not possible"),
        (["events", "--start-date", "2025-03-09", "--end-date", "2025-03-08"], "write the earlier day first"),
        (["events", "--start-date", "8.3."], "write it as 2025-03-12"),
        (["media-stats", "--per-page", "0"], "--per-page 0 is not possible"),
        (["media-stats", "--media-id", "abc/def"], "--media-id 'abc/def' is not an id"),
        (["events", "--media-id", "abc123,def456"], "--media-id 'abc123,def456' is not an id"),
    ],
)
def test_bad_words_ask_nothing(words: list[str], sentence: str, project: Project, call):
    assert sentence in call(*words, code=2)
    assert project.sandbox.requests() == []


def test_samples_go_where_output_says(project: Project, call, tmp_path: Path):
    out = call("medias", "--output", str(tmp_path / "there"))
    assert [path.name for path in (tmp_path / "there").rglob("*.json")] == [f"list_medias_{AT}.json"]
    assert not project.samples.exists()
    assert f"sample: {tmp_path / 'there'}" in out
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in call("medias", "--output", str(tmp_path / "file" / "x"), code=2)


# -- privacy ------------------------------------------------------------------------------------------------------


def probe_everything(project: Project) -> None:
    for words in (
        ["medias"], ["media-stats", "--media-id", ",".join(MEDIAS)], ["visitors", "--per-page", "100"],
        ["visitors", "--per-page", "100", "--page", "2"], ["events", "--max-pages", "20"],
    ):  # fmt: skip
        assert main(["probe", *words]) == 0


def private(project: Project) -> dict[str, set[str]]:
    """What no sample may hold; short values would be found by chance."""
    values = private_values(project.sandbox.world, project.sandbox.now)
    values["token"].add(project.sandbox.token)
    return {kind: {value for value in found if len(value) >= 5} for kind, found in values.items()}


def test_no_private_value_reaches_a_sample_or_the_screen(project: Project, call, capfd):
    capfd.readouterr()
    probe_everything(project)
    printed = "".join(capfd.readouterr()).encode()
    result = search([project.samples], private(project), {"what was printed": printed})
    assert result.files == 6
    assert result.size > 200_000
    assert result.found == []
    assert all(
        private(project)[kind] for kind in ("ip", "city", "email", "name", "organisation", "visitor_key", "query")
    )


@pytest.mark.parametrize("rule", ["_hidden", "_null", "_empty", "redacted_key", "_address", "_nothing"])
def test_one_rule_that_lets_values_through_is_found(rule: str, project: Project, call, monkeypatch: pytest.MonkeyPatch):
    """The positive control: without any one of the rules the search finds what it let through."""

    def leaking(rows: list[Any], rules: samples.Rules) -> samples.Redaction:
        return redact(rows, _without(rules, getattr(samples, rule)))

    for module in ("events", "visitors"):
        monkeypatch.setattr(f"wistia_lake.probes.{module}.redact", leaking)
    probe_everything(project)
    assert search([project.samples], private(project)).found


def _without(rules: samples.Rules, rule: samples.Rule) -> samples.Rules:
    return {
        name: _without(inner, rule) if isinstance(inner, dict) else (lambda value: value) if inner is rule else inner
        for name, inner in rules.items()
    }


def test_git_ignores_samples():
    assert "/exploration/samples/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_scripts_are_thin():
    for path in (ROOT / "exploration/scripts").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path
