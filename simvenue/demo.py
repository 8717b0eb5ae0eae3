"""`simvenue serve` without a configuration: every venue on loopback, with keys made up at the first start."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from simvenue.venues.catalogue import VENUES

CONFIG = "simvenue.yaml"
KEYS = "keys.env"
_FIRST_PORT = 8101
_ADMIN_PORT = 8190
_ACCOUNT = "node"
_BALANCES = {"USDT": "100000", "BTC": "1", "ETH": "10"}


def directory() -> Path:
    """Where a run without a configuration lives: `$XDG_STATE_HOME/simvenue`, by default ~/.local/state/simvenue."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "simvenue"


def prepare(place: Path) -> Path:
    """Write configuration and keys unless they are there; give the configuration's path.

    Both files are for their owner only. They are the user's from then on: never written again, free to edit.

    Raises:
        OSError: the directory cannot be written.
    """
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = place / CONFIG
    if not config.exists():
        hmac = {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}
        private, ed25519 = Ed25519PrivateKey.generate(), secrets.token_hex(32)
        # Keys first: a configuration without them would be taken for a whole one at the next start.
        _write(place / KEYS, _keys(hmac, ed25519, private))
        document = _configuration(hmac, {"api_key": ed25519, "public_key": _public_pem(private)})
        _write(config, "# Made by `simvenue serve`; edit it, or delete it for a new one.\n" + _yaml(document))
    return config


def _configuration(*keys: dict[str, str]) -> dict[str, Any]:
    return {
        "data_dir": "data",
        "admin": {"host": "127.0.0.1", "port": _ADMIN_PORT},
        "venues": {
            name: {"host": "127.0.0.1", "port": port, "instruments": list(kind.instruments)}
            for port, (name, kind) in enumerate(VENUES.items(), _FIRST_PORT)
        },
        "accounts": [{"name": _ACCOUNT, "keys": list(keys), "balances": _BALANCES}],
        "market": {"kind": "synthetic", "seed": 7, "speed": 1.0},
    }


def _keys(hmac: dict[str, str], ed25519: str, private: Ed25519PrivateKey) -> str:
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    lines = ["# Keys and addresses of a local simvenue, as a node's environment file has them."]
    for port, name in enumerate(VENUES, _FIRST_PORT):
        prefix, address = _PREFIXES[name], f"127.0.0.1:{port}"
        spot = name == "binance_spot"  # its user stream takes Ed25519 keys, as the real one
        lines += [
            f"{prefix}_API_KEY={ed25519 if spot else hmac['api_key']}",
            f"{prefix}_API_SECRET={base64.b64encode(der).decode() if spot else hmac['api_secret']}",
            f"{prefix}_TESTNET=true",
            f"{prefix}_BASE_URL_HTTP=http://{address}",
        ]
        sockets = ("WS_PUBLIC", "WS_PRIVATE", "WS_TRADE") if name == "bybit" else ("WS", "WS_STREAM")
        lines += [f"{prefix}_BASE_URL_{socket}=ws://{address}" for socket in sockets]
    return "\n".join(lines) + "\n"


_PREFIXES = {"binance_futures": "BINANCE", "binance_spot": "BINANCE_SPOT", "bybit": "BYBIT"}
"""The variables' first words, by venue."""


def _public_pem(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
