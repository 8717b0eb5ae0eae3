"""Who is calling: API key, HMAC signature over the raw query, and the age of the request."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.credentials import Credential
    from simvenue.venues.binance.parameters import Parameters

DEFAULT_RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
MAX_AHEAD_MS = 1_000


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
        raise errors.VenueError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    return credential


def verify(credential: Credential, payload: str, parameters: Parameters, now_ms: int) -> None:
    """Prove that a request is fresh and signed.

    Args:
        credential: Whose secret must have signed.
        payload: The raw, still percent-encoded parameters, signature included.
        parameters: The same, decoded.
        now_ms: The venue's time.

    Raises:
        VenueError: -1102, -1131, -1021 or -1022.
    """
    timestamp = parameters.integer("timestamp")
    signature = parameters.text("signature")
    window = parameters.optional_integer("recvWindow")
    window = DEFAULT_RECV_WINDOW_MS if window is None else window
    if window > MAX_RECV_WINDOW_MS:
        raise errors.VenueError(-1131, f"recvWindow must be less than {MAX_RECV_WINDOW_MS}.")
    if timestamp >= now_ms + MAX_AHEAD_MS:
        raise errors.VenueError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - timestamp > window:
        raise errors.VenueError(-1021, "Timestamp for this request is outside of the recvWindow.")
    signed, separator, rest = payload.rpartition("&signature=")
    # What stands behind the signature is not covered by it.
    covered = separator and "&" not in rest
    expected = hmac_signature(credential.secret.get_secret_value(), signed) if covered else ""
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise errors.VenueError(-1022, "Signature for this request is not valid.")
