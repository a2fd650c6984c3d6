"""PyIceberg's transaction, made cheap for the small commits of a daily run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.table import Transaction

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.update import TableUpdate

__all__ = ["RememberingTransaction"]


class RememberingTransaction(Transaction):
    """Works out what the table will be once per change of it, and not each time it is asked.

    PyIceberg 0.12 asks some thirty times per commit and copies all snapshots deeply each time, which was half of what
    a small commit took. Nothing changes metadata in place, so one copy may be told to all who ask.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._worked_out: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The table with what was staged so far; worked out anew after another change, or a refresh for another try."""
        base, updates = self._table.metadata, self._updates
        if self._worked_out is None or self._worked_out[0] is not base or self._worked_out[1] is not updates:
            self._worked_out = base, updates, super().table_metadata
        return self._worked_out[2]
