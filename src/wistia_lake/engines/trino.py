"""Trino as a reader: a question goes to a server whose catalog holds the lake's tables."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from wistia_lake.engines.answers import arrow_rows
from wistia_lake.engines.dialect import render
from wistia_lake.engines.questions import LakeNames, need, question, without_secrets
from wistia_lake.errors import SettingsError, TryAgain, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

PASSWORD: Final = "TRINO_PASSWORD"  # noqa: S105  the variable's name
_EXAMPLE = '[trino] with host = "trino.example.org" and catalog = "lake"'


class TrinoReader:
    """``TrinoReader({"host": …, "catalog": …}, environ).sql("select …")``."""

    dialect: Final = "trino"

    def __init__(self, properties: Mapping[str, Any] | None, lake: LakeNames, environ: Mapping[str, str]) -> None:
        self._given, self._lake = dict(properties or {}), lake
        self._password = environ.get(PASSWORD)

    def sql(self, text: str) -> pa.Table:
        """The rows of one SELECT in Trino's dialect.

        Raises:
            UsageError: the text is not one SELECT over the lake's tables, or Trino refuses it.
            SettingsError: the connection is not described, or not allowed.
            TryAgain: Trino does not answer.
        """
        need("trino", "trino")
        query = question(text, self.dialect, self._lake)
        host = str(self._given.get("host"))
        # Closing the cursor cancels a query that still runs.
        with _explained(host), closing(self._connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            first = cursor.fetchmany(1)  # the columns are known when the first rows are
            columns = [(column.name, column.type_code) for column in cursor.description]
            return arrow_rows(columns, (row for rows in (first, iter(cursor.fetchone, None)) for row in rows))

    def stored(self, text: str) -> pa.Table:
        """The rows of a stored query, which is written in DuckDB's dialect."""
        need("trino", "trino")
        return self.sql(render(text, self.dialect))

    def _connect(self) -> Any:
        from trino.auth import BasicAuthentication
        from trino.dbapi import connect

        instead = f"Put the password into the variable {PASSWORD}."
        without_secrets("trino", self._given, ("auth", "password", "http_headers", "extra_credential"), instead)
        if not {"host", "catalog"} <= self._given.keys():
            raise SettingsError(f"--engine trino needs to know the server and the catalog of the lake: {_EXAMPLE}.")
        given = {"user": _who(), "timezone": "UTC", "source": "wistia-lake"} | self._given
        if self._password is not None:
            if given.setdefault("http_scheme", "https") != "https":
                raise SettingsError(
                    f'{PASSWORD} is set, and [trino] has http_scheme = "{given["http_scheme"]}", which would send it '
                    "in the clear. Use https, or take the variable away."
                )
            given["auth"] = BasicAuthentication(given["user"], self._password)
        try:
            return connect(**given)  # type: ignore[no-untyped-call]
        except (TypeError, ValueError) as exc:
            raise SettingsError(
                f"[trino] in wistia-lake.toml is wrong: {exc}. It takes what trino.dbapi.connect takes."
            ) from exc


def _who() -> str:
    """Trino wants a name of whoever asks; a container may have none."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):
        return "wistia-lake"


@contextmanager
def _explained(host: str) -> Iterator[None]:
    """What Trino and the way to it may answer, in the words of this project."""
    from requests.exceptions import RequestException
    from trino import exceptions as trino

    try:
        yield
    except trino.TrinoUserError as exc:
        raise UsageError(f"Trino refuses the query: {exc.message}") from exc
    except trino.TrinoAuthError as exc:
        raise SettingsError(
            f"Trino at {host} refused the user or the password: set {PASSWORD}. It said: {exc}"
        ) from exc
    except (trino.Error, trino.HttpError, RequestException) as exc:
        raise TryAgain(
            f"Trino at {host} could not answer: {exc}. Check host, port and http_scheme in [trino], or try again later."
        ) from exc
