"""A standalone Spark cluster on loopback: a master and workers, each a process of its own that can be killed."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.servers.programs import Program, answers, free_ports
from support.spark import SHORT_LIVED, spark_home


@dataclass(frozen=True)
class Cluster:
    """What runs where."""

    master: str
    workers: list[Program]

    def kill_worker(self, number: int) -> None:
        """SIGKILL to a worker and to its executors."""
        process = self.workers[number]._process
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """One core and one executor for each worker."""
    program = str(spark_home() / "bin/spark-class")
    port, page, *pages = free_ports(2 + workers)
    environment = {
        "SPARK_HOME": str(spark_home()), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED,
    }  # fmt: skip
    url = f"spark://127.0.0.1:{port}"

    def started(name: str, kind: str, page: int, *words: str) -> Program:
        entry = f"org.apache.spark.deploy.{kind}"
        command = [program, entry, "--host", "127.0.0.1", "--webui-port", str(page), *words]
        return Program(
            name, command, folder, ready=lambda: answers(f"http://127.0.0.1:{page}/json/"), environment=environment
        )

    with ExitStack() as stack:
        stack.enter_context(started("master", "master.Master", page, "--port", str(port)))
        running = []
        for number in range(workers):
            size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}"))
            worker = started(f"worker-{number}", "worker.Worker", pages[number], *size, url)
            running.append(stack.enter_context(worker))
        yield Cluster(url, running)


def asked(url: str) -> Any:
    """What a driver's own pages say, or None while it does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def is_in_the_middle(ui: str, rows: int) -> bool:
    """Whether a stage has read so many rows, and another one has tasks at work now."""
    applications = asked(f"{ui}/api/v1/applications")
    if not applications:
        return False
    stages = asked(f"{ui}/api/v1/applications/{applications[0]['id']}/stages") or []
    has_read = any(stage["status"] == "COMPLETE" and stage["inputRecords"] >= rows for stage in stages)
    return has_read and any(stage["status"] == "ACTIVE" and stage["numActiveTasks"] > 0 for stage in stages)


@dataclass(frozen=True)
class Events:
    """What Spark's event log tells of an application."""

    lines: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [line for line in self.lines if line["Event"] == f"SparkListener{kind}"]

    def readers(self) -> dict[int, tuple[int, set[str]]]:
        """By stage: rows read, and by which executors."""
        rows: dict[int, int] = defaultdict(int)
        who: dict[int, set[str]] = defaultdict(set)
        for event in self.of("TaskEnd"):
            read = ((event.get("Task Metrics") or {}).get("Input Metrics") or {}).get("Records Read", 0)
            if read and event["Task End Reason"]["Reason"] == "Success":
                rows[event["Stage ID"]] += read
                who[event["Stage ID"]].add(event["Task Info"]["Executor ID"])
        return {stage: (rows[stage], who[stage]) for stage in rows}

    def jobs_at(self, instant: int) -> int:
        """How many jobs were at work at an instant."""
        ended = {event["Job ID"]: event["Completion Time"] for event in self.of("JobEnd")}
        return sum(event["Submission Time"] <= instant <= ended[event["Job ID"]] for event in self.of("JobStart"))


def events(folder: Path) -> Events:
    """The event log of the one application that wrote into a folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("appstatus", "."))]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]
    return Events([json.loads(line) for line in lines])
