"""Who may act for an account: an api key's account, what proves its requests, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

if TYPE_CHECKING:
    from pydantic import SecretStr


class Permission(StrEnum):
    """What an api key allows: looking at the account, or trading for it."""

    READ = "READ"
    TRADE = "TRADE"


ALL_PERMISSIONS = frozenset(Permission)


@lru_cache(maxsize=1024)
def ed25519_public_key(pem: str) -> Ed25519PublicKey:
    """Read an Ed25519 public key in PEM form.

    Raises:
        ValueError: the text is something else; the message does not repeat it.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(  # noqa: TRY004 - it is the text that is wrong, not its type
            "not an Ed25519 public key in PEM form; make one with openssl pkey -in key.pem -pubout"
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One api key: exactly one of ``secret`` (HMAC) and ``public_key`` (Ed25519, PEM) proves its requests.

    Args:
        account: Whose key it is.
        secret: What requests are signed with; it never prints.
        public_key: What signatures are checked against.
        permissions: What the key may do (default: everything).

    Raises:
        ValueError: both or neither kind of proof, or a public key that is none.
    """

    account: str
    secret: SecretStr | None = None
    public_key: str | None = None
    permissions: frozenset[Permission] = ALL_PERMISSIONS

    def __post_init__(self) -> None:
        """Refuse what could prove nothing, before the first request needs it."""
        if (self.secret is None) == (self.public_key is None):
            raise ValueError("a credential has either a secret or a public key")
        if self.public_key is not None:
            ed25519_public_key(self.public_key)
