"""How many event pages of 100 rows the sandbox serves in a second of one core.

    python benchmarks/sandbox_pages.py [--scenario demo] [--repeat 3]

The server runs in a process of its own; the clients only read bytes. The rate is taken over the server's own processor
time, so that clients on the same machine do not count. The first pass makes the sessions, the others only serve them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

SERVE = "import sys; from wistia_lake.sandbox.main import serve_forever; serve_forever(scenario=sys.argv[1], rate_limit=None)"
HEADERS = {"Authorization": "Bearer sandbox-token"}
CLIENTS = 4


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_days(address: str, days: list[date]) -> tuple[int, int, int]:
    """Walk every day to its end; returns pages, rows and bytes."""
    pages = rows = size = 0
    connection = http.client.HTTPConnection(address)
    for day in days:
        page = 0
        while True:
            page += 1
            path = f"/v1/stats/events?start_date={day}&end_date={day}&per_page=100&page={page}"
            connection.request("GET", path, headers=HEADERS)
            body = connection.getresponse().read()
            found = body.count(b'{"received_at"')
            pages, rows, size = pages + 1, rows + found, size + len(body)
            if found < 100:
                break
    return pages, rows, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="demo")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    server = subprocess.Popen([sys.executable, "-c", SERVE, options.scenario], stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(server.stdout.readline())
        address, today = urlsplit(ready["base_url"]).netloc, date.fromisoformat(ready["now"][:10])
        days = [today - timedelta(days=back) for back in range(125)]
        for number in range(1, options.repeat + 1):
            wall, used = time.perf_counter(), processor_seconds(server.pid)
            with ThreadPoolExecutor(CLIENTS) as pool:
                results = list(pool.map(lambda part: read_days(address, days[part::CLIENTS]), range(CLIENTS)))
            wall, used = time.perf_counter() - wall, max(0.01, processor_seconds(server.pid) - used)
            pages, rows, size = (sum(column) for column in zip(*results, strict=True))
            print(
                f"pass {number}: {pages} pages, {rows} rows, {size / 1e6:.1f} MB; {pages / used:.0f} pages and "
                f"{rows / used:.0f} rows a second of one core; {pages / wall:.0f} pages/s by the clock"
            )
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


if __name__ == "__main__":
    main()
