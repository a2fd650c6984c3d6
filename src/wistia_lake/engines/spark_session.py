"""A session with the Spark that Spark's own configuration names, and what its errors mean here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wistia_lake.errors import DataError, EngineError, SettingsError, WistiaLakeError
from wistia_lake.lake.catalog import Refused

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ICEBERG: Final = "org.apache.iceberg.spark.SparkCatalog"
OURS: Final = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
"""What the models' meaning hangs on: instants are UTC, and a value that does not fit is an error instead of null."""
OLDEST: Final = (3, 5)


def open_session(catalog: str) -> SparkSession:
    """The session of the process, or a new one; it can reach the Iceberg catalog of that name.

    Raises:
        SettingsError: pyspark, the catalog's configuration or Iceberg's jar is missing.
        EngineError: Spark does not answer.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as exc:
        raise SettingsError(
            "The engine spark needs the package pyspark, which is not installed here. Install it in the version of "
            "your Spark (pip install 'wistia-lake[spark]'), or submit the command to a cluster: see docs/spark.md."
        ) from exc
    with meaning("start"):
        session = SparkSession.builder.getOrCreate()
        version = session.version
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise SettingsError(f"This is Spark {version}; the engine spark needs 3.5 or newer.")
    _check_catalog(session, catalog)
    return session


def _check_catalog(session: SparkSession, catalog: str) -> None:
    with meaning("read its configuration"):
        kind = session.conf.get(f"spark.sql.catalog.{catalog}", None)
    if kind is None:
        raise SettingsError(
            f"Spark knows no catalog {catalog!r}: its configuration lacks spark.sql.catalog.{catalog} = {ICEBERG} and "
            "the lines that belong to it (docs/spark.md shows them). Add them to spark-defaults.conf or as --conf; if "
            "the catalog has another name there, set spark_catalog in wistia-lake.toml."
        )
    with meaning(f"open its catalog {catalog}"):
        session.sql(f"show namespaces in {catalog}").collect()


@contextmanager
def in_our_terms(session: SparkSession) -> Iterator[None]:
    """What models mean by an instant and a cast, for as long as the block lasts."""
    before = {name: session.conf.get(name, None) for name in OURS}
    for name, value in OURS.items():
        session.conf.set(name, value)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                session.conf.unset(name)
            else:
                session.conf.set(name, old)


def spark_errors() -> tuple[type[Exception], ...]:
    """What pyspark raises; its thin client comes without py4j."""
    from pyspark.errors import PySparkException

    try:
        from py4j.protocol import Py4JError
    except ImportError:
        return (PySparkException,)
    return (PySparkException, Py4JError)


@contextmanager
def meaning(doing: str) -> Iterator[None]:
    """Give Spark's errors the words of this project; ``doing`` completes "Spark could not …"."""
    try:
        yield
    except spark_errors() as exc:
        raise _translated(str(exc), doing) from exc


_DAMAGED = (
    "MALFORMED_RECORD_IN_PARSING", "Malformed records are detected", "Unknown frame descriptor", "ZstdException",
    "Truncated source", "MalformedInputException", "CANNOT_READ_FILE_FOOTER", "io.airlift.compress",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What Spark's errors with one of these signs mean here, and what to do."""

    signs: tuple[str, ...]
    error: type[WistiaLakeError]
    what: str
    remedy: str


_MEANINGS: Final = (
    _Meaning(
        signs=("ValidationException", "CommitFailedException"),
        error=Refused,
        what="another writer changed a table meanwhile",
        remedy="Run the command again.",
    ),
    _Meaning(
        signs=("Cannot find catalog plugin class", "CATALOG_PLUGIN_CLASS_NOT_FOUND", "PLUGIN_CLASS_NOT_FOUND"),
        error=SettingsError,
        what="it lacks Iceberg's jar",
        remedy="Add the package iceberg-spark-runtime that fits your version of Spark, by spark.jars.packages or "
        "--packages; see docs/spark.md.",
    ),
    _Meaning(
        signs=("native zStandard library not available", "built without zstd support"),
        error=SettingsError,
        what="it cannot read zstd",
        remedy="Set spark.hadoop.io.compression.codecs = io.airlift.compress.zstd.ZstdCodec, which Spark brings along.",
    ),
    _Meaning(
        signs=("No FileSystem for scheme", "UnsupportedFileSystemException", "S3AFileSystem not found"),
        error=SettingsError,
        what="it cannot open such an address",
        remedy="Add the package hadoop-aws in the version of Spark's Hadoop, or set spark_s3 in wistia-lake.toml to "
        "the scheme that your cluster knows.",
    ),
    _Meaning(
        signs=_DAMAGED,
        error=DataError,
        what="bronze data is damaged, it is not the JSON it should be",
        remedy="No table was changed. Restore the object, or delete its manifest: the slice is then read again while "
        "Wistia still serves it.",
    ),
)
"""The first that fits counts."""


def _translated(text: str, doing: str) -> WistiaLakeError:
    said = _first_line(text)
    for known in _MEANINGS:
        if any(sign in text for sign in known.signs):
            return known.error(f"Spark could not {doing}: {known.what} ({said}). {known.remedy}")
    return EngineError(
        f"Spark could not {doing}: {said}. No table was changed by it; Spark's own log says more. Run it again."
    )


def _first_line(text: str) -> str:
    """What a person needs of an error that brings the stacks of two languages along."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
    causes = [line for line in lines if line.startswith("Caused by:")]
    chosen = causes[-1].removeprefix("Caused by:").strip() if causes else (lines[0] if lines else "no reason given")
    return chosen[:300].rstrip(".")
