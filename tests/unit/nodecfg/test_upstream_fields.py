"""Every field of every upstream config struct is given by a builder, or left at its default for a reason told here.

A new, removed or renamed field of upstream fails these tests: whoever upgrades decides about it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig
from nautilus_trader.adapters.bybit.config import BybitDataClientConfig, BybitExecClientConfig
from nautilus_trader.cache.config import CacheConfig
from nautilus_trader.common.config import DatabaseConfig, InstrumentProviderConfig, LoggingConfig, MessageBusConfig
from nautilus_trader.live.config import (
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    TradingNodeConfig,
)
from nautilus_trader.persistence.config import StreamingConfig
from nautilus_trader.portfolio.config import PortfolioConfig

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "credentials never stand in config objects, which upstream writes out; adapter_environment hands them over"
PROXY = "a proxy URL may hold a password; reach it by overrides.yaml where one is needed"
TRANSPORT = "a field without effect in the Python clients"
ROUTING = "each client routes its own venue; another default would send orders astray"
RETRY = "without retries there is nothing to delay"
FIXED = "nobody has needed another value yet; overrides.yaml reaches it"

DEFAULTS: dict[type[Any], dict[str, str]] = {
    TradingNodeConfig: {
        "instance_id": "fresh at each start: streams and records of two runs must differ",
        "emulator": "order emulation needs no setting",
        "catalogs": "a live node reads no history from disk; overrides.yaml reaches it",
        "controller": "one node per process, nobody creates strategies at run time",
        "loop_debug": "asyncio's debug mode slows the order path",
    },
    CacheConfig: {"drop_instruments_on_reset": "a live node is never reset"},
    DatabaseConfig: {},
    MessageBusConfig: {"types_filter": "upstream writes it and cannot read it back"},
    LiveDataEngineConfig: {"time_bars_origin_offset": "holds pandas objects that JSON cannot carry"},
    LiveRiskEngineConfig: {},
    LiveExecEngineConfig: {
        "snapshot_positions_interval_secs": "snapshots are off: lists that nobody removes",
        "purge_account_events_interval_mins": "warns of each instead of deleting it from Redis; noderun purges memory",
        "purge_account_events_lookback_mins": "see purge_account_events_interval_mins",
    },
    PortfolioConfig: {"snapshot_interval_ms": "no effect in this generation of upstream"},
    LoggingConfig: {
        "log_file_name": "would disable the daily rotation",
        "log_components_only": "would silence every component that was not named",
        "bypass_logging": "a silent node cannot be operated",
        "print_config": "would print the Redis password",
        "use_tracing": "Rust's own tracing is for developers of upstream",
        "clear_log_file": "would delete the log of the run that crashed",
        "fileout_sync_on_flush": "true upstream: a log that survives the host",
        "buffered_stdout": "would hold back the last lines before a crash",
    },
    StreamingConfig: {
        "fs_storage_options": "upstream does not pass it to the live writer",
        "fs_rust_storage_options": "upstream does not pass it to the live writer",
        "rotation_time": "midnight; overrides.yaml reaches it",
        "rotation_timezone": "UTC, like every other time of the node",
    },
    InstrumentProviderConfig: {
        "filters": "explicit ids leave nothing to filter",
        "filter_callable": "explicit ids leave nothing to filter",
        "log_warnings": "an instrument that cannot be parsed deserves its line",
        "use_gamma_markets": "for another exchange",
    },
    BinanceDataClientConfig: {
        "handle_revised_bars": FIXED,
        "routing": ROUTING,
        "api_key": KEYS,
        "api_secret": KEYS,
        "key_type": "detected from the secret",
        "proxy_url": PROXY,
        "transport_backend": TRANSPORT,
        "update_instruments_interval_mins": FIXED,
    },
    BinanceExecClientConfig: {
        "routing": ROUTING,
        "api_key": KEYS,
        "api_secret": KEYS,
        "key_type": "detected from the secret",
        "proxy_url": PROXY,
        "transport_backend": TRANSPORT,
        "use_gtd": FIXED,
        "use_trade_lite": "fills without fees and with other position ids",
        "treat_expired_as_canceled": "an expiry is told as what it is",
        "retry_delay_initial_ms": RETRY,
        "retry_delay_max_ms": RETRY,
        "log_rejected_due_post_only_as_warning": FIXED,
    },
    BybitDataClientConfig: {
        "handle_revised_bars": FIXED,
        "routing": ROUTING,
        "api_key": KEYS,
        "api_secret": KEYS,
        "proxy_url": PROXY,
        "transport_backend": TRANSPORT,
        "update_instruments_interval_mins": FIXED,
        "max_retries": "reads may be repeated: upstream's three tries",
        "retry_delay_initial_ms": "see max_retries",
        "retry_delay_max_ms": "see max_retries",
        "bars_timestamp_on_close": FIXED,
        "instrument_status_poll_secs": FIXED,
    },
    BybitExecClientConfig: {
        "routing": ROUTING,
        "api_key": KEYS,
        "api_secret": KEYS,
        "proxy_url": PROXY,
        "transport_backend": TRANSPORT,
        "use_gtd": "Bybit has no such orders",
        "use_ws_execution_fast": TRANSPORT,
        "use_http_batch_api": TRANSPORT,
        "ignore_uncached_instrument_executions": "a fill in an instrument that is not loaded must be seen",
        "auto_repay_spot_borrows": FIXED,
        "repay_queue_interval_secs": FIXED,
        "retry_delay_initial_ms": RETRY,
        "retry_delay_max_ms": RETRY,
        "ws_trade_timeout_secs": TRANSPORT,
        "ws_auth_timeout_secs": TRANSPORT,
    },
}
STRUCTS = list(DEFAULTS)


def _given(repository: Path) -> dict[str, set[str]]:
    given: dict[str, set[str]] = {}
    for path in (*(repository / "nodecfg/builders").glob("*.py"), repository / "nodecfg/factory.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                given.setdefault(node.func.id, set()).update(word.arg for word in node.keywords if word.arg)
    return given


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_field_is_given_or_left_for_a_reason(struct: type[Any], repository: Path) -> None:
    """The fields that a builder gives and those left alone are together all that upstream has, and none is both."""
    fields = {field.name for field in msgspec.structs.fields(struct)}
    given, left = _given(repository)[struct.__name__], set(DEFAULTS[struct])
    assert fields - given - left == set(), "upstream has fields that nobody decided about"
    assert (given | left) - fields == set(), "upstream has no such field any more"
    assert given & left == set(), "given by a builder, and listed as left alone"
    assert all(DEFAULTS[struct].values())


def test_every_struct_of_a_node_is_looked_at() -> None:
    """No config struct hangs on TradingNodeConfig that this file does not know."""
    known = {struct.__name__ for struct in STRUCTS}
    # Lists of what the user configures, proven by their own decoders, and one empty struct.
    known |= {"OrderEmulatorConfig", "DataCatalogConfig", "ImportableControllerConfig", "RoutingConfig"}
    known |= {f"Importable{kind}Config" for kind in ("Actor", "Strategy", "ExecAlgorithm")}
    found: set[str] = set()
    for struct in STRUCTS:
        for field in msgspec.structs.fields(struct):
            found |= {word for word in _words(str(field.type)) if word.endswith("Config")}
    assert found <= known


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()
