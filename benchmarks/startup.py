"""How much longer than an empty Python the commands take from start to end: medians, printed as ratios.

Goals: `--help` at most 6 times, `status` at most 25 times `python -c pass`. Not a test: a busy machine lies.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROUNDS = 15
GOALS = {"--help": 6.0, "status": 25.0, "tables": None, "query sanity": None}


def seconds(words: list[str], folder: Path) -> float:
    """One start to its end."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(arguments: list[str]) -> int:
    """Measure in turns, so that a busy moment hits all alike; a lake's folder may be given, else one is simulated."""
    program = Path(sys.executable).with_name("wistia-lake")
    with TemporaryDirectory() as temporary:
        folder = Path(arguments[0]) if arguments else Path(temporary)
        if not arguments:
            simulate(program, folder)
        commands = {"empty": [sys.executable, "-c", "pass"]}
        commands |= {name: [str(program), *name.split()] for name in GOALS}
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, words in commands.items():
                times[name].append(seconds(words, folder))
    empty = median(times["empty"])
    print(f"{'python -c pass':22} {empty * 1000:7.1f} ms")
    for name, goal in GOALS.items():
        ratio = median(times[name]) / empty
        wanted = "" if goal is None else f"   goal {goal:g}   {'ok' if ratio <= goal else 'MISSED'}"
        print(f"wistia-lake {name:10} {ratio * empty * 1000:7.1f} ms   {ratio:5.1f} x{wanted}")
    return 0


def simulate(program: Path, folder: Path) -> None:
    """A lake of the demo account."""
    if shutil.which("wistia-lake") is None and not program.exists():
        sys.exit("wistia-lake is not installed beside this Python; run `make install` first")
    words = [str(program), "sandbox", "serve", "--setup", str(folder), "--rate-limit", "60000"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        server.stdout.readline()
        with (folder / "wistia-lake.toml").open("r+", encoding="utf-8") as file:
            text = file.read()
            file.seek(0)
            file.write("requests_per_minute = 60000\n" + text)
        subprocess.run([str(program), "run"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
