"""S3 as the standard AWS chain reaches it: the environment, profiles, roles. No setting of ours holds a credential.

Endpoint, region and encryption come from the same variables that every AWS tool reads (``AWS_ENDPOINT_URL_S3``,
``AWS_REGION``, ``AWS_SERVER_SIDE_ENCRYPTION``, ``AWS_SSE_KMS_KEY_ID``, ...).
"""

from __future__ import annotations

import os
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wistia_lake.errors import SettingsError, StoreError, WistiaLakeError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Store

SCHEME = "s3://"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_REFUSED = {
    "NoSuchBucket": "there is no such bucket; check the lake's address for a typing error",
    "InvalidAccessKeyId": "the access key is not known there; check which credentials the AWS chain finds",
    "SignatureDoesNotMatch": "the secret key does not fit the access key; check AWS_SECRET_ACCESS_KEY or the profile",
    "ExpiredToken": "the credentials have expired; get new ones (such as by `aws sso login`) and run again",
    "TokenRefreshRequired": "the credentials have expired; get new ones (such as by `aws sso login`) and run again",
    "InvalidToken": "the session token is not valid; get new credentials and run again",
    "PermanentRedirect": "the bucket is in another region; name its region in AWS_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region; name its region in AWS_REGION",
    "IllegalLocationConstraint": "the bucket is in another region; name its region in AWS_REGION",
    "without LocationConstraint": "the bucket is in another region; name its region in AWS_REGION",
    "incorrectly configured region": "the bucket is in another region; name its region in AWS_REGION",
    "AccessDenied": "the credentials may not do this; it takes s3:ListBucket, s3:GetObject, s3:PutObject and "
    "s3:DeleteObject on the lake's bucket and prefix",
    "403 Forbidden": "the credentials may not do this; check which ones the AWS chain finds, and what they may do",
    "KMS.": "the key that encrypts the bucket's objects refuses; check AWS_SSE_KMS_KEY_ID and what the credentials may",
    "credential": "no AWS credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
}
"""What S3 calls an error, and what to do about it; the first that stands in the answer counts."""


def endpoint() -> str | None:
    """Where S3 is if it is not Amazon's."""
    return next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)


def region() -> str | None:
    """The region that the AWS chain names; None leaves it to each library's default."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if os.environ.get(name):
            return os.environ[name]
    if find_spec("boto3") is None:
        return None
    import boto3

    found: str | None = boto3.session.Session().region_name
    return found


def open_s3(url: str) -> S3Store:
    """The store of ``s3://bucket/prefix``.

    Raises:
        SettingsError: the address names no bucket.
    """
    from obstore.store import S3Store

    parts = urlsplit(url)
    if not parts.netloc:
        raise SettingsError(f"The lake {url!r} names no bucket; write it as s3://bucket/prefix.")
    place = endpoint()
    options: ClientConfig = {"allow_http": place is not None and urlsplit(place).hostname in _LOOPBACK}
    if os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true":
        options["allow_http"] = True
    named = {key: value for key, value in (("endpoint", place), ("region", region())) if value is not None}
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=named,  # type: ignore[arg-type]  # two of its keys, which TypedDict cannot tell
        client_options=options,
        retry_config={"max_retries": 6, "retry_timeout": timedelta(seconds=60)},
        credential_provider=_provider(),
    )


def _provider() -> Any:
    """The whole AWS chain if boto3 is there (profiles, SSO, roles); else variables and the machine's own role."""
    if find_spec("boto3") is None or os.environ.get("AWS_ACCESS_KEY_ID"):
        return None
    import boto3
    from botocore.exceptions import BotoCoreError
    from obstore.auth.boto3 import Boto3CredentialProvider

    try:
        return Boto3CredentialProvider(boto3.session.Session())
    except (BotoCoreError, ValueError) as exc:
        raise SettingsError(
            f"The AWS credentials cannot be used: {exc}. Check AWS_PROFILE and the files in ~/.aws."
        ) from exc


def iceberg_properties() -> dict[str, str]:
    """The same endpoint and region in PyIceberg's words; credentials it finds in the same chain."""
    found = {"s3.endpoint": endpoint(), "s3.region": region()}
    return {name: value for name, value in found.items() if value is not None}


def explained(action: str, url: str, error: Exception) -> WistiaLakeError:
    """An error of a store or of a table's files in the words of this project."""
    text = str(error)
    if url.startswith(SCHEME):
        for sign, remedy in _REFUSED.items():
            if sign in text:
                return SettingsError(f"The store {url} refused while {action}: {remedy}.")
    return StoreError(
        f"The store {url} failed while {action}: {_short(text)}. Check that it is reachable, then try again."
    )


def _short(text: str) -> str:
    """The first line of an error: what follows is the library's own trace."""
    return next((line.strip().rstrip(".") for line in text.splitlines() if line.strip()), "no reason given")
