"""Ansible filter: what is wrong with the certificate, key and authority of Redis, found before a host sees them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Callable

_WHERE = "PEM text, from the vault (docs/backup.md, A copy on another host)"


def redis_tls_problems(certificate: str, key: str, ca: str, now: dt.datetime | None = None) -> list[str]:
    """Return one line per problem, each with its variable; never a part of a value.

    Args:
        certificate: The host's own, PEM; the first one counts.
        key: Its private key, PEM, without a passphrase.
        ca: Certificate of the authority that signed it, PEM.
        now: When it must be valid; the present unless given.
    """
    now = now or dt.datetime.now(dt.UTC)
    found: list[str] = []
    own, authority = (
        _certificate(f"redis_tls_{name}", text, now, found) for name, text in (("certificate", certificate), ("ca", ca))
    )
    public = _public(key, found)
    if own and public and own.public_key().public_bytes(*_FORM) != public:
        found.append("redis_tls_key is not the key of redis_tls_certificate: take both from one run of openssl")
    if own and authority:
        try:
            own.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            found.append("redis_tls_certificate is not signed by redis_tls_ca: the other host would refuse it")
    return found


_FORM = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(name: str, text: str, now: dt.datetime, found: list[str]) -> x509.Certificate | None:
    if not text.strip():
        found.append(f"{name} is missing: {_WHERE}")
        return None
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        found.append(f"{name} is not a certificate: {_WHERE}")
        return None
    if now > certificate.not_valid_after_utc:
        found.append(f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}: make a new one")
    if now < certificate.not_valid_before_utc:
        found.append(f"{name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on: wait")
    return certificate


def _public(key: str, found: list[str]) -> bytes | None:
    if not key.strip():
        found.append(f"redis_tls_key is missing: {_WHERE}")
        return None
    try:
        return load_pem_private_key(key.encode(), password=None).public_key().public_bytes(*_FORM)
    except TypeError:
        found.append("redis_tls_key has a passphrase, which Redis cannot type: take it off")
    except (ValueError, UnsupportedAlgorithm):
        found.append(f"redis_tls_key is not a private key: {_WHERE}")
    return None


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filters by their name in templates."""
        return {"redis_tls_problems": redis_tls_problems}
