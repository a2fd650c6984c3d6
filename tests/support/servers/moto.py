"""moto: Glue and Athena as far as calls go. It keeps no promise about races and runs no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.servers.programs import VENVS, Program, answers, free_ports, needed


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Start moto; yields its URL, which serves every service."""
    program = needed(VENVS / "servers/bin/moto_server")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [str(program), "-H", "127.0.0.1", "-p", str(port)]
    with Program("moto", command, folder, ready=lambda: answers(f"{url}/moto-api/")):
        yield url
