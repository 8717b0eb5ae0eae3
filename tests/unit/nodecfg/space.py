"""The whole space of settings as hypothesis strategies, for the tests that build configs and nodes from it."""

from __future__ import annotations

import base64
import string
from typing import Any

from hypothesis import strategies as st

from nodecfg.settings.streaming import STREAMABLE

_SEED = bytes.fromhex("302e020100300506032b657004220420")
_WORD = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=7)
_KEY = st.text(string.ascii_letters + string.digits, min_size=16, max_size=64).filter(lambda text: len(set(text)) > 4)
_HMAC = _KEY.map(lambda text: f"secret{text}")
_ED25519 = st.binary(min_size=32, max_size=32).map(lambda seed: base64.b64encode(_SEED + seed).decode())
_BASE = st.text(string.ascii_uppercase, min_size=1, max_size=8)
_FLAG = st.sampled_from(["true", "false", "1", "no"])
_RATE = st.tuples(st.integers(1, 999), st.integers(0, 59)).map(lambda pair: f"{pair[0]}/00:{pair[1]:02d}:01")


def _text(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return strategy.map(str)


def _off(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.one_of(st.just("off"), strategy.map(str))


_PLAIN: dict[str, st.SearchStrategy[str]] = {
    "NAUTILUS_LOG_LEVEL": st.sampled_from(["TRACE", "debug", "Info", "WARN", "ERROR"]),
    "NAUTILUS_LOG_COLORS": _FLAG,
    "NAUTILUS_LOG_FILE_FORMAT": st.sampled_from(["text", "json"]),
    "NAUTILUS_LOG_FILE_MAX_SIZE": _text(st.integers(100_000, 10**9)),
    "NAUTILUS_LOG_FILE_MAX_BACKUPS": _text(st.integers(0, 100)),
    "NAUTILUS_LOG_COMPONENT_LEVELS": st.sampled_from(["RiskEngine=DEBUG", "A=INFO,B-1=error"]),
    "NAUTILUS_TIMEOUT_CONNECTION": _text(st.floats(1, 600)),
    "NAUTILUS_TIMEOUT_RECONCILIATION": _text(st.integers(1, 1800)),
    "NAUTILUS_TIMEOUT_PORTFOLIO": _text(st.integers(1, 600)),
    "NAUTILUS_TIMEOUT_POST_STOP": _text(st.floats(0.1, 30)),
    "REDIS_SSL": st.just("false"),
    "REDIS_CONNECTION_TIMEOUT": _text(st.integers(1, 120)),
    "REDIS_RESPONSE_TIMEOUT": _text(st.integers(1, 120)),
    "REDIS_RETRIES": _text(st.integers(3600, 10**9)),
    "NAUTILUS_CACHE_TICK_CAPACITY": _text(st.integers(1, 10**6)),
    "NAUTILUS_CACHE_BAR_CAPACITY": _text(st.integers(1, 10**6)),
    "NAUTILUS_CACHE_BULK_READ_BATCH_SIZE": _text(st.integers(1, 10**5)),
    "NAUTILUS_DATA_TIME_BARS_INTERVAL_TYPE": st.sampled_from(["left-open", "right-open"]),
    "NAUTILUS_DATA_TIME_BARS_TIMESTAMP_ON_CLOSE": _FLAG,
    "NAUTILUS_DATA_TIME_BARS_SKIP_FIRST_NON_FULL_BAR": _FLAG,
    "NAUTILUS_DATA_TIME_BARS_BUILD_WITH_NO_UPDATES": _FLAG,
    "NAUTILUS_DATA_TIME_BARS_BUILD_DELAY": _text(st.integers(0, 10**6)),
    "NAUTILUS_DATA_VALIDATE_DATA_SEQUENCE": _FLAG,
    "NAUTILUS_DATA_BUFFER_DELTAS": _FLAG,
    "NAUTILUS_DATA_EMIT_QUOTES_FROM_BOOK": _FLAG,
    "NAUTILUS_DATA_QSIZE": _text(st.integers(1000, 10**6)),
    "NAUTILUS_EXEC_MANAGE_OWN_ORDER_BOOKS": _FLAG,
    "NAUTILUS_EXEC_ALLOW_OVERFILLS": _FLAG,
    "NAUTILUS_EXEC_QSIZE": _text(st.integers(1000, 10**6)),
    "NAUTILUS_PORTFOLIO_USE_MARK_PRICES": _FLAG,
    "NAUTILUS_PORTFOLIO_BAR_UPDATES": _FLAG,
    "NAUTILUS_PORTFOLIO_MIN_ACCOUNT_STATE_LOGGING_INTERVAL_MS": _off(st.integers(1, 10**6)),
    "RECONCILIATION_PRESET": st.sampled_from(["CONSERVATIVE", "STANDARD", "AGGRESSIVE", "DISABLED"]),
    "RECONCILIATION_FORCE_DISABLED": st.just("true"),
    "RECONCILIATION_STARTUP_DELAY_SECS": _text(st.floats(10, 600)),
    "RECONCILIATION_INFLIGHT_CHECK_INTERVAL_MS": _text(st.integers(0, 3000)),
    "RECONCILIATION_INFLIGHT_CHECK_THRESHOLD_MS": _text(st.integers(5000, 60_000)),
    "RECONCILIATION_INFLIGHT_CHECK_RETRIES": _text(st.integers(1, 100)),
    "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": _off(st.floats(1, 3600)),
    "RECONCILIATION_OPEN_CHECK_OPEN_ONLY": _FLAG,
    "RECONCILIATION_OPEN_CHECK_LOOKBACK_MINS": _text(st.integers(60, 43_200)),
    "RECONCILIATION_POSITION_CHECK_RETRIES": _text(st.integers(1, 100)),
    "RECONCILIATION_PURGE_CLOSED_ORDERS_INTERVAL_MINS": _off(st.integers(1, 1000)),
    "RECONCILIATION_PURGE_CLOSED_POSITIONS_BUFFER_MINS": _text(st.integers(1, 1000)),
    "RECONCILIATION_GENERATE_MISSING_ORDERS": _FLAG,
    "RISK_MAX_ORDER_SUBMIT_RATE": _RATE,
    "RISK_MAX_ORDER_MODIFY_RATE": _RATE,
    "RISK_QSIZE": _text(st.integers(1000, 10**6)),
    "READY_TIMEOUT": _text(st.integers(1, 3600)),
    "SHUTDOWN_POLICY": st.sampled_from(["keep", "cancel", "flatten"]),
    "SHUTDOWN_TIMEOUT": _text(st.integers(45, 80)),
}
_BUS: dict[str, st.SearchStrategy[str]] = {
    "NAUTILUS_BUS_ENCODING": st.sampled_from(["json", "msgpack"]),
    "NAUTILUS_BUS_AUTOTRIM_MINS": _text(st.integers(1, 10_080)),
    "NAUTILUS_BUS_STREAMS_PREFIX": _WORD,
    "NAUTILUS_BUS_STREAM_PER_TOPIC": _FLAG,
    "NAUTILUS_BUS_HEARTBEAT_INTERVAL_SECS": _off(st.integers(1, 3600)),
}
_CATALOG: dict[str, st.SearchStrategy[str]] = {
    "NAUTILUS_CATALOG_FLUSH_INTERVAL_MS": _text(st.integers(10, 600_000)),
    "NAUTILUS_CATALOG_ROTATION_MODE": st.sampled_from(["NO_ROTATION", "SIZE", "INTERVAL", "SCHEDULED_DATES"]),
    "NAUTILUS_CATALOG_MAX_FILE_SIZE": _text(st.integers(10**6, 10**10)),
    "NAUTILUS_CATALOG_ROTATION_INTERVAL_SECS": _text(st.integers(60, 86_400)),
}
# Client, how its symbols end, its venue.
_CLIENTS = {
    "BINANCE": ("USDT-PERP", "BINANCE"),
    "BINANCE_SPOT": ("USDT", "BINANCE_SPOT"),
    "BINANCE_MARGIN": ("USDT", "BINANCE_MARGIN"),
    "BINANCE_COIN_FUTURES": ("USD-PERP", "BINANCE_COIN_FUTURES"),
    "BYBIT": ("USDT-LINEAR", "BYBIT"),
}


@st.composite
def right_variables(draw: st.DrawFn, catalog: str = "/nowhere/catalog") -> dict[str, str]:
    """Draw variables that are right by themselves and together."""
    variables = {"NAUTILUS_TRADER_ID": f"{draw(_WORD)}-{draw(_WORD)}"}
    variables |= draw(st.fixed_dictionaries({}, optional=_PLAIN))
    if variables.get("RECONCILIATION_PRESET") == "DISABLED":
        variables["RECONCILIATION_FORCE_DISABLED"] = "true"
    names = draw(st.lists(st.sampled_from(sorted(_CLIENTS)), min_size=1, unique=True))
    real = draw(st.booleans()) and "BINANCE_COIN_FUTURES" not in names
    key, secret = draw(_KEY), draw(_ED25519)
    if names in (["BINANCE"], ["BINANCE_COIN_FUTURES"]) or "BINANCE_COIN_FUTURES" in names:
        # The one account type without a WebSocket API on its testnet shares its keys with the main client.
        names = [name for name in names if name != "BINANCE_COIN_FUTURES"] or names
        secret = draw(_HMAC) if names in (["BINANCE"], ["BINANCE_COIN_FUTURES"]) else secret
    for name in names:
        variables |= _client(draw, name, key=key, secret=draw(_HMAC) if name == "BYBIT" else secret, real=real)
    if draw(st.booleans()):
        variables |= {"NAUTILUS_BUS_ENABLED": "true", **draw(st.fixed_dictionaries({}, optional=_BUS))}
    if draw(st.booleans()):
        types = draw(st.lists(st.sampled_from(STREAMABLE), min_size=1, max_size=5, unique=True))
        variables |= {"NAUTILUS_CATALOG_PATH": catalog, "NAUTILUS_CATALOG_INCLUDE_TYPES": ",".join(types)}
        variables |= draw(st.fixed_dictionaries({}, optional=_CATALOG))
    if not real and draw(st.booleans()):
        variables["NAUTILUS_DEBUG"] = "true"
    return variables


def _client(draw: st.DrawFn, name: str, *, key: str, secret: str, real: bool) -> dict[str, str]:
    ending, venue = _CLIENTS[name]
    # Four letters and USD can be three letters and BUSD: upstream takes longer coin-margined names for USD-margined.
    base = _BASE if name != "BINANCE_COIN_FUTURES" else _BASE.filter(lambda text: len(text) < 4)
    bases = draw(st.lists(base, min_size=1, max_size=4, unique=True))
    ids = [f"{base}{ending}.{venue}" for base in bases]
    demo = not real and draw(st.booleans())
    values = {
        "API_KEY": key,
        "API_SECRET": secret,
        "TESTNET": "false" if real or demo else "true",
        "DEMO": "true" if demo else "false",
        "INSTRUMENT_IDS": ",".join(ids),
        "RECV_WINDOW_MS": str(draw(st.integers(1, 60_000))),
    }
    if name not in {"BINANCE_SPOT", "BINANCE_MARGIN"} and draw(st.booleans()):
        values["LEVERAGES"] = f'{{"{ids[0]}": {draw(st.integers(1, 125))}}}'
    if name == "BINANCE" and draw(st.booleans()):
        values |= {"HEDGE_MODE": "true", "MARGIN_TYPES": f'{{"{ids[0]}": "CROSSED"}}'}
    if name == "BYBIT" and draw(st.booleans()):
        values |= {"DATA_PRODUCT_TYPES": "SPOT", "MARGIN_MODE": "REGULAR_MARGIN"}
        values["POSITION_MODE"] = f'{{"{ids[0]}": "{draw(st.sampled_from(["MERGED_SINGLE", "BOTH_SIDES"]))}"}}'
    return {f"{name}_{field}": value for field, value in values.items()}
