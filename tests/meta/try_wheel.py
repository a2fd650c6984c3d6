"""Install the built wheel where no sources are, and see that it starts and has its data files.

Run by `make wheel` as a script: it takes an environment of its own, so it is no test of the quick suite. The packages
that the wheel needs are taken from this environment; the project itself is not.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

CHECK = """
import importlib.resources as r, pathlib, sys, wistia_lake
home = pathlib.Path(wistia_lake.__file__)
assert home.is_relative_to(sys.prefix), f"not the wheel: {home}"
from wistia_lake.lake.tables import TABLES
for table in TABLES:
    if table.namespace != "ops":
        assert r.files(f"wistia_lake.{table.namespace}").joinpath(f"{table.name}.sql").is_file(), table.full_name
from wistia_lake.reader import stored_queries
assert "sanity" in stored_queries(), stored_queries()
assert (home.parent / "py.typed").is_file()
"""


def main(folder: Path) -> int:
    """Try the one wheel in a folder."""
    (wheel,) = folder.glob("*.whl")
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        venv.create(place / "env", with_pip=True)
        scripts = place / "env" / ("Scripts" if sys.platform == "win32" else "bin")
        python, program = str(scripts / "python"), str(scripts / "wistia-lake")
        pip = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
        subprocess.run(pip, check=True)
        # The packages of this environment, behind the new one's own; its .pth files (the sources!) are not read.
        site = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        (Path(site) / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        for words in (
            [program, "--help"],
            [program, "tables"],
            [program, "tables", "fact_event"],
            [python, "-c", CHECK],
        ):
            subprocess.run(words, cwd=place, check=True, stdout=subprocess.DEVNULL)
    print(f"{wheel.name}: starts, explains its tables, has its data files")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
