"""Which Iceberg catalog a lake has, and how it is reached: SQLite in a folder, or one that several engines share."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wistia_lake.errors import LakeUnreadable, SettingsError, StoreError, TryAgain, WistiaLakeError
from wistia_lake.lake import s3

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as IcebergCatalog

DATABASE = "catalog.db"
NAME = "wistia_lake"
"""Under this name PyIceberg's own configuration is looked up (``PYICEBERG_CATALOG__WISTIA_LAKE__URI``, ...)."""


class Refused(TryAgain):
    """Another writer changed the same partitions first; the caller plans again."""


def sqlite_catalog(root: Path) -> IcebergCatalog:
    """The catalog of a lake folder: a file in it."""
    from pyiceberg.catalog.sql import SqlCatalog

    root.mkdir(parents=True, exist_ok=True)
    uri = f"sqlite:///{(root / DATABASE).as_posix()}"
    return SqlCatalog("lake", uri=uri, warehouse=f"{root.as_uri()}/tables")


def shared_catalog(properties: Mapping[str, str]) -> IcebergCatalog:
    """The catalog that ``[catalog]`` describes, in PyIceberg's words; its own configuration fills in what is missing.

    Raises:
        SettingsError: the properties describe none, or a library for it is missing.
    """
    from pyiceberg.catalog import load_catalog
    from pyiceberg.exceptions import NotInstalledError

    rest = dict(properties)
    name = rest.pop("name", NAME)
    try:
        return load_catalog(
            name, **{"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO", **s3.iceberg_properties(), **rest}
        )
    except (NotInstalledError, ImportError) as exc:
        raise SettingsError(
            f"A library for the catalog {name!r} is missing ({exc}). For Glue install it by pip install "
            "'wistia-lake[aws]'; for another kind see PyIceberg's own extras."
        ) from exc
    except (ValueError, KeyError) as exc:
        raise SettingsError(
            f"The catalog {name!r} cannot be set up: {exc}. Check [catalog] in wistia-lake.toml, or PyIceberg's own "
            'configuration of that name; it takes at least type = "glue", or type = "rest" with a uri.'
        ) from exc


@contextmanager
def reached(place: str, action: str) -> Iterator[None]:
    """Give what a catalog or the files behind it may answer the words of this project.

    A race lost becomes :class:`Refused`; the hint that a delete found nothing is no news here.
    """
    from pyiceberg import exceptions as iceberg
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Delete operation did not match any records")
            yield
    except (iceberg.CommitFailedException, iceberg.ValidationException) as exc:
        raise Refused(f"Another writer was faster while {action}: {exc}. Run the command again.") from exc
    except (SQLAlchemyError, iceberg.CommitStateUnknownException) as exc:
        raise SettingsError(
            f"The catalog could not commit while {action}: {exc}. Check that it can be written ({DATABASE} in a "
            "folder), then run the command again; readers still see the last state."
        ) from exc
    except (iceberg.UnauthorizedError, iceberg.ForbiddenError, iceberg.OAuthError) as exc:
        raise SettingsError(
            f"The catalog refused while {action}: {exc}. Check its credentials and what they may do."
        ) from exc
    except RequestException as exc:
        raise StoreError(
            f"The catalog did not answer while {action}: {type(exc).__name__}. Check its address in [catalog] and that "
            "it runs, then try again; readers still see the last state."
        ) from exc
    except iceberg.RESTError as exc:
        raise StoreError(f"The catalog failed while {action}: {exc}. Try again later.") from exc
    except (LakeUnreadable, FileNotFoundError):
        raise
    except OSError as exc:
        if not place.startswith(s3.SCHEME):
            raise
        raise s3.explained(action, place, exc) from exc
    except _aws_errors() as exc:
        raise _of_aws(exc, action) from exc


def _aws_errors() -> tuple[type[Exception], ...]:
    """What boto3 raises, if it was at work: its import takes longer than many a command."""
    if "botocore.exceptions" not in sys.modules:
        return ()
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def _of_aws(error: Exception, action: str) -> WistiaLakeError:
    text = f"{type(error).__name__}: {error}"
    kind = StoreError if "EndpointConnectionError" in text or "Timeout" in text else SettingsError
    return kind(
        f"AWS Glue could not be used while {action}: {text}. Check AWS_REGION, which credentials the AWS chain finds, "
        "and that they may use Glue."
    )
