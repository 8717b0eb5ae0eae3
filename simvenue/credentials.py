"""Who may act for an account: the api key's account and its secret, which never prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The account an api key belongs to and the secret its requests are signed with."""

    account: str
    secret: SecretStr
