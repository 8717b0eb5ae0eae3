"""What an override may not do: fields that a variable owns, and values that lose money, orders or state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nodecfg.errors import Problem
from nodecfg.importing import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def _is_true(value: object) -> bool:
    return value is True


def _is_false(value: object) -> bool:
    return value is False


def _is_set(value: object) -> bool:
    return value is not None


def _is_null(value: object) -> bool:
    return value is None


@dataclass(frozen=True, slots=True)
class _Rule:
    path: re.Pattern[str]
    wrong: Callable[[Any], bool]
    reason: str
    fix: str


def _rule(path: str, wrong: Callable[[Any], bool], reason: str, fix: str = "remove the override") -> _Rule:
    return _Rule(re.compile(path.replace(".", r"\.").replace("*", "[^.]*")), wrong, reason, fix)


def _owned(path: str, owner: str) -> _Rule:
    # The service reads the variable for its own checks and deadlines; a second opinion in the node would split the two.
    return _rule(path, lambda _: True, f"is decided by {owner}, which the service acts on too", f"set {owner}")


_CLIENTS: Final = "(data|exec)_clients.*"

_RULES: Final = (
    _owned("trader_id", "NAUTILUS_TRADER_ID"),
    _owned("environment", "NAUTILUS_ENVIRONMENT"),
    _owned("(strategies|actors|exec_algorithms)", "NAUTILUS_STRATEGIES_FILE"),
    _owned("cache.database.host", "REDIS_HOST"),
    _owned("cache.database.port", "REDIS_PORT"),
    _owned("cache.database.username", "REDIS_USERNAME"),
    _owned("cache.database.ssl", "REDIS_SSL"),
    _owned("cache.database.connection_timeout", "REDIS_CONNECTION_TIMEOUT"),
    _owned("cache.database.response_timeout", "REDIS_RESPONSE_TIMEOUT"),
    _owned("timeout_connection", "NAUTILUS_TIMEOUT_CONNECTION"),
    _owned("timeout_reconciliation", "NAUTILUS_TIMEOUT_RECONCILIATION"),
    _owned("timeout_portfolio", "NAUTILUS_TIMEOUT_PORTFOLIO"),
    _owned("timeout_disconnection", "NAUTILUS_TIMEOUT_DISCONNECTION"),
    _owned("timeout_post_stop", "NAUTILUS_TIMEOUT_POST_STOP"),
    _owned(
        f"{_CLIENTS}.(environment|us|account_type|venue|key_type|product_types|base_url_[a-z_]+)",
        "the variables of that venue (BINANCE_… or BYBIT_…)",
    ),
    _owned(f"{_CLIENTS}.instrument_provider.load_ids", "the variable with the instruments of that venue"),
    _owned("streaming.catalog_path", "NAUTILUS_CATALOG_PATH"),
    _owned("streaming.include_types", "NAUTILUS_CATALOG_INCLUDE_TYPES"),
    _rule(
        "timeout_shutdown",
        lambda _: True,
        "is part of the time a stop may take, on which SHUTDOWN_TIMEOUT is checked",
        "remove the override; SHUTDOWN_TIMEOUT decides how long a stop may take",
    ),
    _rule("cache", _is_null, "would leave the node without a memory: no order or position survives a restart"),
    _rule("cache.database", _is_null, "would leave the node without a memory: no order or position survives a restart"),
    _rule("cache.database.type", lambda value: value != "redis", "is not redis, the only kind upstream has"),
    _rule("cache.flush_on_start", _is_true, "is FLUSHDB at every start: the state of all traders on that Redis"),
    _rule("cache.use_instance_id", _is_true, "puts a random id into every key: no state is found after a restart"),
    _rule("cache.use_trader_prefix", _is_false, "moves the keys out of what the Redis user of this trader may write"),
    _rule(
        "cache.buffer_interval_ms",
        _is_set,
        "keeps writes in memory: with 100 ms a kill within 20 ms of a fill lost the whole order and position",
    ),
    _rule("risk_engine.bypass", _is_true, "switches off every limit before an order, and the trading halt with them"),
    _rule("risk_engine", _is_null, "switches off every limit before an order"),
    _rule(
        "exec_engine.reconciliation",
        _is_false,
        "starts the node blind to what is open at the venue",
        "set RECONCILIATION_PRESET=DISABLED and RECONCILIATION_FORCE_DISABLED=true, if that is what you want",
    ),
    _rule(
        "exec_engine.reconciliation_lookback_mins",
        _is_set,
        "limits how far reconciliation looks back: upstream makes up fills for a position that is older",
        "set RECONCILIATION_LOOKBACK_MINS and RECONCILIATION_ALLOW_LIMITED_LOOKBACK=true, if that is what you want",
    ),
    _rule("exec_engine.load_cache", _is_false, "starts the node without its own orders and positions"),
    _rule(
        "exec_engine.open_check_open_only",
        _is_false,
        "asks for the full history: an order missing from five replies is resolved as rejected while it lives",
    ),
    _rule(
        "exec_engine.generate_missing_orders",
        _is_false,
        "leaves positions at the venue that the node does not know unexplained, so it trades beside them",
    ),
    _rule("exec_engine.filter_position_reports", _is_true, "hides positions of the venue from reconciliation"),
    _rule(
        "exec_engine.snapshot_(orders|positions)",
        _is_true,
        "writes one list per order or position that nothing ever removes",
    ),
    _rule(
        "(data|risk|exec)_engine.graceful_shutdown_on_exception",
        _is_false,
        "makes an exception in a handler os._exit(1): nothing cancelled, nothing saved",
    ),
    _rule("(load|save)_state", _is_false, "loses the state of strategies at every restart"),
    _rule("logging", _is_null, "silences upstream's Rust side, which alone tells of lost Redis writes"),
    _rule("logging.use_pyo3", _is_false, "silences upstream's Rust side, which alone tells of lost Redis writes"),
    _rule("logging.bypass_logging", _is_true, "silences the node; a silent node cannot be operated"),
    _rule(
        f"{_CLIENTS}.instrument_provider.load_all",
        _is_true,
        "loads every instrument of the venue: one strange symbol there stops every start",
    ),
    _rule("exec_clients.*.use_position_ids", _is_false, "nets the two legs of a hedge account into one"),
    _rule(
        "exec_clients.BINANCE*.max_retries",
        _is_set,
        "repeats an order whose fate is unknown; the venue answers 'duplicate', and upstream calls the live order "
        "rejected",
    ),
)


def forbidden(where: str, leaves: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield every override that is refused although upstream would take it.

    Args:
        where: Name of the file, for the problems.
        leaves: Value by full dotted path, without the `.config.` of importable clients.
    """
    for path, value in leaves.items():
        for rule in _RULES:
            if rule.path.fullmatch(path) and rule.wrong(value):
                yield Problem(
                    variable=f"{where} {path}",
                    value_masked=masked(path, value),
                    problem=rule.reason,
                    fix=rule.fix,
                )
                break
