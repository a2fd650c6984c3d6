"""Write the generated pages, or with --check say which of them are not what the code says."""

from __future__ import annotations

import sys
from pathlib import Path

from wistia_lake import settings_doc, settings_files, tables_doc
from wistia_lake.cli import reference

PAGES = {
    "tables.md": tables_doc.as_markdown,
    "cli.md": reference.as_markdown,
    "settings.md": settings_doc.as_markdown,
    "../wistia-lake.example.toml": settings_files.settings_text,
    "../.env.example": settings_files.env_text,
}


def stale(folder: Path) -> list[str]:
    """The pages whose text differs from what their generator gives."""
    return [
        name
        for name, render in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != render()
    ]


def main(arguments: list[str]) -> int:
    """Write, or check."""
    folder = Path(__file__).parent
    if arguments == ["--check"]:
        names = stale(folder)
        if names:
            print(f"out of date: {', '.join(names)}; run `make docs` and commit the result", file=sys.stderr)
        return 1 if names else 0
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
