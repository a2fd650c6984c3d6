"""Trino: one node with a small heap and the Iceberg connector; each test gives it a catalog of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from support.servers.programs import ENGINES, Program, free_ports, needed

VERSION, JAVA = 476, 24
_CONFIG = """\
node.environment=tests
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
plugin.dir={home}/plugin
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
catalog.management=dynamic
catalog.store=memory
"""
_JVM = (
    "-Xmx1G", "-XX:+ExitOnOutOfMemoryError", "-XX:ReservedCodeCacheSize=256M", "-XX:+UseSerialGC",
    "-Duser.timezone=UTC", "-Djdk.nio.maxCachedBufferSize=2000000", "-XX:TieredStopAtLevel=1",
    "--add-modules=jdk.incubator.vector", "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED",
)  # fmt: skip
"""What Trino asks for; the first compiler only, because queries here are small and start is what takes time."""
_numbers = count(1)


@dataclass(frozen=True)
class Trino:
    """A running server."""

    port: int
    log: Path

    def catalog(self, properties: Mapping[str, str]) -> str:
        """Make a catalog of the Iceberg connector and return its name."""
        name = f"lake{next(_numbers)}"
        given = ", ".join(f"\"{key}\" = '{value}'" for key, value in properties.items())
        self.rows(f"create catalog {name} using iceberg with ({given})")
        return name

    def rows(self, statement: str) -> list[list[Any]]:
        """Run one statement."""
        from trino.dbapi import connect

        with closing(connect(host="127.0.0.1", port=self.port, user="tests")) as connection:
            return list(connection.cursor().execute(statement).fetchall())


def newest_java(at_least: int) -> Path:
    """A Java that is new enough: that of ``TRINO_JAVA_HOME``, or one that the system's packages installed."""
    named = os.environ.get("TRINO_JAVA_HOME")
    for home in [Path(named)] if named else sorted(Path("/usr/lib/jvm").glob("*")):
        java = home / "bin/java"
        if java.is_file():
            said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
            found = re.search(r'version "(\d+)', said)
            if found is not None and int(found[1]) >= at_least:
                return java
    pytest.skip(f"Trino {VERSION} needs Java {at_least} or newer; name its folder by TRINO_JAVA_HOME")


@contextmanager
def trino(folder: Path) -> Iterator[Trino]:
    """Start Trino with its configuration and data in ``folder``."""
    home = needed(ENGINES / f"trino-server-{VERSION}")
    java = newest_java(JAVA)
    (port,) = free_ports(1)
    etc = folder / "etc"
    etc.mkdir(parents=True)
    (etc / "config.properties").write_text(_CONFIG.format(home=home, port=port), encoding="utf-8")
    (etc / "log.properties").write_text("io.trino=WARN\norg.apache.iceberg=WARN\nBootstrap=WARN\n", encoding="utf-8")
    command = [
        str(java), *_JVM, "-cp", f"{home}/lib/*", f"-Dconfig={etc}/config.properties",
        f"-Dlog.levels-file={etc}/log.properties", "io.trino.server.TrinoServer",
    ]  # fmt: skip
    with Program("trino", command, folder, ready=lambda: _is_started(port)) as program:
        yield Trino(port, program.log)


def _is_started(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/info", timeout=5) as answer:
            return json.load(answer)["starting"] is False
    except (OSError, ValueError):
        return False
