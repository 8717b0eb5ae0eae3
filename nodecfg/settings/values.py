"""Kinds of values that settings share: each refuses what upstream would take and choke on later, and says why."""

from __future__ import annotations

import base64
import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from nodecfg.settings.section import fault

_PLACEHOLDER = re.compile(
    r"(?:[x*._?#0-]{3,}"
    r"|change[-_ .]?(?:me|it|this)!?|replace[-_ .]?(?:me|this)!?|fill[-_ .]?(?:me|this)?[-_ .]?in"
    r"|(?:your|my|enter|insert|put|example|sample|dummy|fake|placeholder|todo|fixme|tbd)(?:[-_ .].*)?"
    r"|<.*>|\$\{.*\}|\{\{.*\}\}"
    r"|(?:api[-_ .]?)?(?:key|secret)|password|passwd|pass|test|none|null|undefined|secret123|password123|123456\d*)",
    re.IGNORECASE | re.DOTALL,
)
_TRADER_ID = re.compile(r"[A-Za-z0-9_]+-[A-Za-z0-9_]+")
_LONGEST_TRADER_ID: Final = 32
LONGEST_TAG: Final = 7
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?\.?")
_RATE = re.compile(r"([0-9]{1,9})/([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
# What breaks a redis:// URL into which upstream pastes the value unescaped, or a line of a configuration file.
_URL_BREAKERS: Final = frozenset("/#?%[]\\\"'`<>^{|}")
_SHORTEST_KEY: Final = 8
_ED25519_OID: Final = b"\x06\x03\x2b\x65\x70"
_PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".lan", ".internal", ".test", ".home.arpa")


def one_line(text: str) -> None:
    """Refuse line breaks and other control characters."""
    if any(not c.isprintable() for c in text):
        raise fault(
            "contains a line break or another control character", "write it on one line, without invisible characters"
        )


def _no_placeholder(text: str) -> None:
    if _PLACEHOLDER.fullmatch(text.strip()):
        raise fault("is a placeholder, not a real value", "put in the real value")


def check_credential(secret: SecretStr) -> SecretStr:
    """Refuse what cannot be a key of an exchange or an HMAC secret."""
    text = secret.get_secret_value()
    if "PRIVATE KEY" in text:
        raise fault("is a private key in PEM form, which has no place here", "put in the key that the exchange shows")
    one_line(text)
    _no_placeholder(text)
    if not text.isascii() or any(c.isspace() or c in "\"'" for c in text):
        raise fault("contains a space, a quote or a non-ASCII character", "copy it again, without quotes around it")
    if len(text) < _SHORTEST_KEY:
        raise fault(f"is shorter than {_SHORTEST_KEY} characters, so it was cut off", "copy the whole value")
    return secret


def is_ed25519(text: str) -> bool:
    """Tell an Ed25519 private key (PKCS#8, as PEM or base64) from an HMAC secret, as upstream does.

    Source: nautilus_trader/adapters/binance/common/credentials.py `is_ed25519_private_key`.
    """
    data = "".join(line for line in text.splitlines() if not line.startswith("-----"))
    try:
        return _ED25519_OID in base64.b64decode(data, validate=True)
    except ValueError:
        return False


def _signing_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if "ENCRYPTED" in text:
        raise fault(
            "is an encrypted PEM key, which upstream cannot open",
            "decrypt it with `openssl pkey -in encrypted.pem -out key.pem` and give its text",
        )
    if is_ed25519(text):
        return secret
    if "PRIVATE KEY" in text:
        raise fault(
            "is a private key in PEM form, but not an Ed25519 key in PKCS#8; upstream takes no RSA key for execution",
            "create an Ed25519 key, or an HMAC (system generated) one",
        )
    return check_credential(secret)


def _url_safe(text: str, what: str) -> None:
    one_line(text)
    bad = sorted({c for c in text if c in _URL_BREAKERS or c.isspace() or not c.isascii()})
    if bad:
        raise fault(
            f"contains {'a character' if len(bad) == 1 else 'characters'} that upstream pastes unescaped into the "
            f"redis:// URL, where the {what} would be cut or refused",
            "use letters, digits, '_' and '-' only",
        )


def _redis_password(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    _url_safe(text, "password")
    _no_placeholder(text)
    return secret


def _redis_username(text: str) -> str:
    _url_safe(text, "user name")
    if "@" in text or ":" in text:
        raise fault("contains '@' or ':', which end the user name in a URL", "use letters, digits, '_' and '-' only")
    return text


def _host(text: str) -> str:
    if "://" in text:
        raise fault(
            "is a URL, not a host", "give the host name or address alone; port and TLS have their own variables"
        )
    if ":" in text:
        raise fault(
            "contains ':'; upstream builds redis://HOST:PORT from it, so neither a port nor an IPv6 address can stand "
            "here",
            "give a host name or an IPv4 address, and the port in REDIS_PORT",
        )
    if not _HOST.fullmatch(text) or ".." in text:
        raise fault("is not a host name or an IPv4 address", "use letters, digits, '.' and '-'")
    return text


def _trader_id(text: str) -> str:
    if any(c in text for c in ":*?[]^\\"):
        raise fault(
            "contains ':' or a glob character; Redis keys are split at ':' and searched by pattern, so the node's own "
            "state would not be found again",
            "use letters, digits and one hyphen, such as MM-001",
        )
    if not _TRADER_ID.fullmatch(text):
        raise fault(
            "is not of the form NAME-TAG (upstream aborts the whole process on an id it cannot parse)",
            "use letters, digits, '_' and exactly one hyphen, such as MM-001",
        )
    if len(text) > _LONGEST_TRADER_ID:
        raise fault(f"is longer than {_LONGEST_TRADER_ID} characters", "choose a shorter one, such as MM-001")
    if len(text.rpartition("-")[2]) > LONGEST_TAG:
        raise fault(
            f"has a tag longer than {LONGEST_TAG} characters; the tag goes into every client order id, and the venue "
            "allows 36 characters in all",
            "choose a short tag, such as 001",
        )
    return text


def _rate(text: str) -> str:
    match = _RATE.fullmatch(text)
    if not match:
        raise fault("is not COUNT/HH:MM:SS", "write for example 100/00:00:01 (one hundred a second)")
    count, hours, minutes, seconds = (int(group) for group in match.groups())
    if count == 0:
        raise fault("allows no order at all", "write a count of at least 1, such as 100/00:00:01")
    if hours + minutes + seconds == 0:
        raise fault("has an interval of zero", "write for example 100/00:00:01 (one hundred a second)")
    return text


def _url(text: str, schemes: tuple[str, str]) -> str:
    wanted = f"write {schemes[0]}://HOST:PORT or {schemes[1]}://HOST"
    one_line(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise fault("is not a URL", wanted) from None
    if parts.scheme not in schemes:
        raise fault(f"does not start with {schemes[0]}:// or {schemes[1]}://", wanted)
    if parts.username is not None or parts.password is not None:
        raise fault("holds a user name or password", "leave it out: keys have their own variables")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or port == 0:
        raise fault("names no valid host and port", wanted)
    if parts.query or parts.fragment or any(c.isspace() for c in text):
        raise fault("holds a query, a fragment or a space", wanted)
    if parts.scheme == schemes[0] and not is_private_host(parts.hostname):
        raise fault(
            f"sends the API key unencrypted to {parts.hostname}, which is not a private address",
            f"use {schemes[1]}://, or a loopback or private address for a simulated venue",
        )
    return text.rstrip("/")


def is_private_host(host: str) -> bool:
    """Tell by its name alone (nothing is resolved) whether a host is on this machine or a private network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_SUFFIXES)


def _file(path: Path) -> Path:
    one_line(str(path))
    return path


TraderIdText = Annotated[str, AfterValidator(_trader_id)]
"""NAME-TAG, safe in Redis keys and client order ids."""

Host = Annotated[str, AfterValidator(_host)]
"""Host name or IPv4 address."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""TCP port."""

Credential = Annotated[SecretStr, AfterValidator(check_credential)]
"""API key or HMAC secret."""

SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
"""HMAC secret or unencrypted Ed25519 private key."""

RedisPassword = Annotated[SecretStr, AfterValidator(_redis_password)]
"""Password that survives upstream's unescaped URL."""

RedisUsername = Annotated[str, AfterValidator(_redis_username)]
"""ACL user name that survives upstream's unescaped URL."""

Rate = Annotated[str, AfterValidator(_rate)]
"""COUNT/HH:MM:SS."""

HttpUrl = Annotated[str, AfterValidator(lambda text: _url(text, ("http", "https")))]
"""Base URL for REST."""

WebSocketUrl = Annotated[str, AfterValidator(lambda text: _url(text, ("ws", "wss")))]
"""Base URL for WebSocket streams."""

FilePath = Annotated[Path, AfterValidator(_file)]
"""Path without control characters."""


def _off(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    return None if isinstance(value, str) and value.lower() in {"off", "none"} else value


OrOff = BeforeValidator(_off)
"""Takes the word off for a check that is not done; leaving the variable empty means its default."""


def seconds(lowest: float, highest: float) -> Any:  # noqa: ANN401 constraint object of pydantic
    """Return the constraint of a duration in seconds."""
    return Field(ge=lowest, le=highest, allow_inf_nan=False)
