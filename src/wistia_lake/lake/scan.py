"""Which of a table's files hold the wanted rows, in one committed state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from wistia_lake.errors import DataError
from wistia_lake.lake.iceberg import filesystem_of
from wistia_lake.lake.rows import TableInput
from wistia_lake.lake.table import Table

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import FileScanTask
    from pyiceberg.table import Table as IcebergTable


def planned(
    spec: Table, table: IcebergTable, where: BooleanExpression, first: date | None, last: date | None,
    is_wanted: Callable[[FileScanTask], bool],
) -> TableInput:  # fmt: skip
    """The files that may hold rows of ``where`` and are wanted; ``first`` and ``last`` partition are noted only.

    Raises:
        DataError: something else deleted rows by delete files.
    """
    tasks = [task for task in table.scan(row_filter=where).plan_files() if is_wanted(task)]
    if any(task.delete_files for task in tasks):
        raise DataError(
            f"Something else deleted rows of {spec.full_name} by delete files, which this lake never writes. "
            "Rebuild the table from bronze with: wistia-lake build --full"
        )
    snapshot = table.current_snapshot()
    files = sorted((task.file.file_path, task.file.file_size_in_bytes) for task in tasks)
    return TableInput(
        spec, tuple(path for path, _ in files), filesystem_of(table),
        snapshot.snapshot_id if snapshot is not None else None, first, last, tuple(size for _, size in files),
    )  # fmt: skip
