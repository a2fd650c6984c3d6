"""Athena as a reader: a question goes to the service, whose data catalog (Glue) holds the lake's tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from wistia_lake.engines.answers import arrow_rows
from wistia_lake.engines.dialect import render
from wistia_lake.engines.questions import LakeNames, need, question, without_secrets
from wistia_lake.errors import SettingsError, TryAgain, UsageError, WistiaLakeError

if TYPE_CHECKING:
    import pyarrow as pa

_SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_WORDS = (
    "catalog_name", "duration_seconds", "encryption_option", "endpoint_url", "kms_key", "poll_interval", "profile_name",
    "region_name", "result_reuse_enable", "result_reuse_minutes", "role_arn", "role_session_name", "s3_staging_dir",
    "verify", "work_group",
)  # fmt: skip
"""PyAthena overlooks a word that it does not know, and with it a slip of the hand."""


class AthenaReader:
    """``AthenaReader({"work_group": …}).sql("select …")``; credentials and region come from the usual AWS chain."""

    dialect: Final = "athena"

    def __init__(self, properties: Mapping[str, Any] | None, lake: LakeNames) -> None:
        self._given, self._lake = dict(properties or {}), lake

    def sql(self, text: str) -> pa.Table:
        """The rows of one SELECT in Athena's dialect.

        Raises:
            UsageError: the text is not one SELECT over the lake's tables, or Athena refuses it.
            SettingsError: credentials, region or a place for results are missing.
            TryAgain: Athena does not answer.
        """
        need("athena", "pyathena")
        query = question(text, self.dialect, self._lake)
        with _explained(), closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            columns = [(column[0], _kind(column)) for column in cursor.description]
            return arrow_rows(columns, cursor)

    def stored(self, text: str) -> pa.Table:
        """The rows of a stored query, which is written in DuckDB's dialect."""
        need("athena", "pyathena")
        return self.sql(render(text, self.dialect))

    def _connect(self) -> Any:
        from pyathena import connect

        instead = "The AWS chain finds credentials in the environment, in a profile or in the machine's role."
        without_secrets("athena", self._given, _SECRETS, instead)
        for word in self._given:
            if word not in _WORDS:
                raise SettingsError(f"[athena] holds {word!r}, which is not known; known are {', '.join(_WORDS)}.")
        logging.getLogger("pyathena").setLevel(logging.CRITICAL)  # it logs each error with a traceback; we raise it
        return connect(**self._given)


def _kind(column: tuple[Any, ...]) -> str:
    """The type with precision and scale, which a decimal needs."""
    name, precision, scale = column[1], column[4], column[5]
    return f"decimal({precision},{scale})" if name == "decimal" else str(name)


_BUSY = ("InternalServerException", "ThrottlingException", "TooManyRequestsException")


@contextmanager
def _explained() -> Iterator[None]:
    """What Athena and the way to it may answer, in the words of this project."""
    from botocore.exceptions import BotoCoreError, ClientError
    from pyathena import error as athena

    try:
        yield
    except (athena.Error, BotoCoreError, ClientError, AssertionError, TypeError) as exc:
        raise _in_our_words(exc.__cause__ or exc) from exc


def _in_our_words(error: BaseException) -> WistiaLakeError:
    from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
    from pyathena import error as athena

    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if isinstance(error, EndpointConnectionError | HTTPClientError) or code in _BUSY:
        return TryAgain(f"Athena did not answer: {error}. Check the network and AWS_REGION, or try again later.")
    is_refusal = isinstance(error, athena.Error) or code == "InvalidRequestException"
    if is_refusal and not any(word in str(error).lower() for word in ("output location", "workgroup")):
        return UsageError(f"Athena refuses the query: {error}")
    return SettingsError(
        f"Athena could not be asked: {error}. Check AWS_REGION, the credentials and their rights, and work_group or "
        "s3_staging_dir in [athena] of wistia-lake.toml."
    )
