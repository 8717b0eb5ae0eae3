"""Who is calling: API key, signature (HMAC or Ed25519) over the raw parameters, permission, age of the request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

from simvenue.credentials import Permission, ed25519_public_key
from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.credentials import Credential
    from simvenue.venues.binance.parameters import Parameters

DEFAULT_RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
MAX_AHEAD_MS = 1_000
FIRST_MICROSECONDS = 10**14
"""Timestamps may be sent in microseconds; from here on they cannot be milliseconds (of the year 5138)."""


def hmac_signature(secret: str, payload: str) -> str:
    """Lowercase hex HMAC-SHA256 of ``payload``, as Binance documents it."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def identify(api_key: str | None, credentials: Mapping[str, Credential]) -> Credential:
    """The credential behind an ``X-MBX-APIKEY`` header.

    Raises:
        VenueError: -2014 without a key, -2015 for a key nobody holds (HTTP 401 both).
    """
    if not api_key:
        raise errors.VenueError(-2014, "API-key format invalid.", status=401)
    credential = credentials.get(api_key)
    if credential is None:
        raise errors.no_permission()
    return credential


def permit(credential: Credential, permission: Permission) -> None:
    """Refuse what a key does not allow; trading includes nothing else.

    Raises:
        VenueError: -2015 (HTTP 401).
    """
    if permission not in credential.permissions:
        raise errors.no_permission()


def verify(credential: Credential, payload: str, parameters: Parameters, now_ms: int) -> None:
    """Prove that a request is fresh and signed.

    Args:
        credential: Whose key must have signed.
        payload: The raw, still percent-encoded parameters, signature included.
        parameters: The same, decoded.
        now_ms: The venue's time.

    Raises:
        VenueError: -1102, -1131, -1021 or -1022.
    """
    check_age(parameters, now_ms)
    signature = parameters.text("signature")
    signed, separator, rest = payload.rpartition("&signature=")
    # What stands behind the signature is not covered by it.
    covered = bool(separator) and "&" not in rest
    if not (covered and proves(credential, signed, signature)):
        raise errors.invalid_signature()


def check_age(parameters: Parameters, now_ms: int) -> None:
    """Refuse a request from the past or the future: -1102, -1131 or -1021."""
    timestamp = parameters.integer("timestamp")
    if timestamp >= FIRST_MICROSECONDS:
        timestamp //= 1000
    window = parameters.decimal("recvWindow") if parameters.optional_text("recvWindow") else DEFAULT_RECV_WINDOW_MS
    if window > MAX_RECV_WINDOW_MS:
        raise errors.VenueError(-1131, f"recvWindow must be less than {MAX_RECV_WINDOW_MS}.")
    if timestamp >= now_ms + MAX_AHEAD_MS:
        raise errors.VenueError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - timestamp > window:
        raise errors.VenueError(-1021, "Timestamp for this request is outside of the recvWindow.")


def proves(credential: Credential, signed: str, signature: str) -> bool:
    """Whether ``signature`` (hex for HMAC, base64 for Ed25519) is the key's own over ``signed``."""
    if credential.public_key is not None:
        try:
            ed25519_public_key(credential.public_key).verify(
                base64.b64decode(signature, validate=True), signed.encode()
            )
        except (binascii.Error, ValueError, InvalidSignature):
            return False
        return True
    if credential.secret is None:
        return False
    expected = hmac_signature(credential.secret.get_secret_value(), signed)
    # Hex digits may be of either case, as the venue documents.
    return hmac.compare_digest(expected.encode(), signature.lower().encode())
