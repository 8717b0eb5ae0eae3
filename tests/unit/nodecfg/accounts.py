"""Right variables of each kind of client, for the tests that put several into one node."""

from __future__ import annotations

import base64

HMAC = "sJ5hGn8qBv2tRx7kMz4wCp9yLd6fTe3a"
KEY = "kQ7pLr2vTz9XbN4mWc8sYd3fHj6gAe1u"
# PKCS#8 of an Ed25519 key: fixed header with the algorithm's OID, then 32 bytes of seed.
ED25519 = base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))).decode()
PEM = f"-----BEGIN PRIVATE KEY-----\n{ED25519}\n-----END PRIVATE KEY-----"
NODE = {"NAUTILUS_TRADER_ID": "MM-001"}


def _client(prefix: str, instruments: str, secret: str = ED25519, **more: str) -> dict[str, str]:
    values = {"API_KEY": KEY, "API_SECRET": secret, "TESTNET": "true", "INSTRUMENT_IDS": instruments, **more}
    return {f"{prefix}_{name}": value for name, value in values.items()}


FUTURES = _client("BINANCE", "BTCUSDT-PERP.BINANCE")
SPOT = _client("BINANCE_SPOT", "BTCUSDT.BINANCE_SPOT")
MARGIN = _client("BINANCE_MARGIN", "BTCUSDT.BINANCE_MARGIN")
COIN = _client("BINANCE_COIN_FUTURES", "BTCUSD-PERP.BINANCE_COIN_FUTURES", HMAC)
BYBIT = _client("BYBIT", "BTCUSDT-LINEAR.BYBIT", HMAC)
SIMULATED_BYBIT = {
    "BYBIT_BASE_URL_HTTP": "http://127.0.0.1:1",
    "BYBIT_BASE_URL_WS_PUBLIC": "ws://127.0.0.1:1",
    "BYBIT_BASE_URL_WS_PRIVATE": "ws://127.0.0.1:1",
    "BYBIT_BASE_URL_WS_TRADE": "ws://127.0.0.1:1",
}
REAL = {"BINANCE_TESTNET": "false", "BINANCE_SPOT_TESTNET": "false", "BYBIT_TESTNET": "false"}
