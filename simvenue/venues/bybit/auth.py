"""Who is calling: API key, HMAC signature over the raw bytes, and the age of the request."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from simvenue.venues.bybit import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.credentials import Credential

DEFAULT_RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 120_000
MAX_AHEAD_MS = 1_000
_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)


def signature(secret: str, payload: bytes) -> str:
    """Lowercase hex HMAC-SHA256 of ``payload``, as Bybit documents it."""
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def verify_request(
    headers: Mapping[str, str], payload: bytes, credentials: Mapping[str, Credential], now_ms: int
) -> Credential:
    """Prove that a REST request is fresh and signed; give whose it is.

    Args:
        headers: The request's, with the four ``X-BAPI-…`` ones.
        payload: The raw query string of a GET, the raw body of a POST.
        credentials: API key to credential.
        now_ms: The venue's time.

    Raises:
        VenueError: 10001 for absent headers, 10003 key, 10002 age, 10004 signature.
    """
    key, stamp = headers.get("X-BAPI-API-KEY", ""), headers.get("X-BAPI-TIMESTAMP", "")
    sign, window = headers.get("X-BAPI-SIGN", ""), headers.get("X-BAPI-RECV-WINDOW", "")
    if not (key and stamp and sign):
        absent = {"apiTimestamp": stamp, "apiKey": key, "apiSignature": sign}
        raise errors.VenueError(
            10001, "empty value: " + " ".join(f"{n}[{'…' if v else ''}]" for n, v in absent.items())
        )
    credential, secret = _find(key, credentials)
    check_age(stamp, window, now_ms)
    _compare(secret, f"{stamp}{key}{window}".encode("utf-8", "surrogateescape") + payload, sign)
    return credential


def verify_login(
    key: object, expires: object, sign: object, credentials: Mapping[str, Credential], now_ms: int
) -> Credential:
    """Prove a socket's ``auth`` frame; give whose the socket is.

    Raises:
        VenueError: 10001 for arguments of another form, 10003, 10004; 10002 when ``expires`` (ms) is over.
    """
    text = str(expires)
    if not isinstance(key, str) or not isinstance(sign, str) or not _INTEGER.fullmatch(text):
        raise errors.VenueError(10001, "Params Error")
    credential, secret = _find(key, credentials)
    if int(text) <= now_ms:
        raise errors.VenueError(10002, f"Request has expired, expires[{text}],server_timestamp[{now_ms}]")
    _compare(secret, f"GET/realtime{text}".encode(), sign)
    return credential


def _find(key: str, credentials: Mapping[str, Credential]) -> tuple[Credential, str]:
    # A key that signs in a way this venue does not take is no key here.
    credential = credentials.get(key)
    if credential is None or credential.secret is None:
        raise errors.invalid_key()
    return credential, credential.secret.get_secret_value()


def check_age(stamp: str, window: str, now_ms: int) -> None:
    """Refuse a request that is too old or from the future (10002), by its own receive window (default 5000 ms)."""
    if not _INTEGER.fullmatch(stamp):
        raise errors.invalid("X-BAPI-TIMESTAMP")
    if window and not _INTEGER.fullmatch(window):
        raise errors.invalid("X-BAPI-RECV-WINDOW")
    allowed = min(int(window), MAX_RECV_WINDOW_MS) if window else DEFAULT_RECV_WINDOW_MS
    if not now_ms - allowed <= int(stamp) < now_ms + MAX_AHEAD_MS:
        raise errors.timestamp(now_ms, int(stamp), allowed)


def _compare(secret: str, signed: bytes, sign: str) -> None:
    if not hmac.compare_digest(signature(secret, signed).encode(), sign.encode("utf-8", "surrogateescape")):
        raise errors.invalid_signature()
