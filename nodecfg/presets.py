"""Named sets of reconciliation values, so that an operator chooses a character instead of twenty numbers."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ReconciliationPreset(StrEnum):
    """How eagerly the node compares its state with the venue's."""

    CONSERVATIVE = "CONSERVATIVE"
    STANDARD = "STANDARD"
    AGGRESSIVE = "AGGRESSIVE"
    DISABLED = "DISABLED"


DESCRIPTIONS: Final[Mapping[ReconciliationPreset, str]] = MappingProxyType(
    {
        ReconciliationPreset.CONSERVATIVE: "few requests and long patience: many nodes on one address, slow strategies",
        ReconciliationPreset.STANDARD: "what a node should do that has no reason for anything else",
        ReconciliationPreset.AGGRESSIVE: "differences found within seconds, at the price of more requests per minute",
        ReconciliationPreset.DISABLED: "nothing is compared, at the start neither: not with real orders, unless forced",
    }
)

# Off upstream: both checks. Purging keeps start-up time from growing with history (100,000 orders: 23 s, 1 GB).
_STANDARD: Final[dict[str, Any]] = {
    "enabled": True,
    "startup_delay_secs": 10.0,
    "inflight_check_interval_ms": 2000,
    "inflight_check_threshold_ms": 5000,
    "inflight_check_retries": 5,
    "open_check_interval_secs": 10.0,
    "open_check_lookback_mins": 60,
    "open_check_threshold_ms": 5000,
    "open_check_missing_retries": 5,
    "position_check_interval_secs": 60.0,
    "position_check_lookback_mins": 60,
    "position_check_threshold_ms": 5000,
    "position_check_retries": 3,
    "purge_closed_orders_interval_mins": 10,
    "purge_closed_orders_buffer_mins": 60,
    "purge_closed_positions_interval_mins": 10,
    "purge_closed_positions_buffer_mins": 60,
    "purge_from_database": True,
}

PRESETS: Final[Mapping[ReconciliationPreset, Mapping[str, Any]]] = MappingProxyType(
    {
        ReconciliationPreset.CONSERVATIVE: MappingProxyType(
            {
                **_STANDARD,
                "startup_delay_secs": 20.0,
                "inflight_check_interval_ms": 5000,
                "inflight_check_threshold_ms": 15_000,
                "inflight_check_retries": 8,
                "open_check_interval_secs": 30.0,
                "open_check_lookback_mins": 240,
                "open_check_threshold_ms": 10_000,
                "open_check_missing_retries": 8,
                "position_check_interval_secs": 180.0,
                "position_check_lookback_mins": 240,
                "position_check_threshold_ms": 15_000,
                "purge_closed_orders_interval_mins": 30,
                "purge_closed_orders_buffer_mins": 240,
                "purge_closed_positions_interval_mins": 30,
                "purge_closed_positions_buffer_mins": 240,
            }
        ),
        ReconciliationPreset.STANDARD: MappingProxyType(_STANDARD),
        ReconciliationPreset.AGGRESSIVE: MappingProxyType(
            {
                **_STANDARD,
                "inflight_check_interval_ms": 1000,
                "inflight_check_threshold_ms": 3000,
                "open_check_interval_secs": 5.0,
                "position_check_interval_secs": 15.0,
            }
        ),
        ReconciliationPreset.DISABLED: MappingProxyType(
            {
                **_STANDARD,
                "enabled": False,
                "inflight_check_interval_ms": 0,
                "open_check_interval_secs": None,
                "position_check_interval_secs": None,
            }
        ),
    }
)


def preset_value(name: str) -> Callable[[dict[str, Any]], Any]:
    """Return the default of a field: what the chosen preset says, STANDARD while none is chosen."""

    def default(chosen: dict[str, Any]) -> Any:  # noqa: ANN401 fields have many types
        return PRESETS[chosen.get("preset", ReconciliationPreset.STANDARD)][name]

    return default
