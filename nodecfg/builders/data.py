"""Data engine: stop under control when a handler raises."""

from __future__ import annotations

from nautilus_trader.live.config import LiveDataEngineConfig


def build_data_engine_config() -> LiveDataEngineConfig:
    """Build the data engine. Without the flag an exception in a handler is os._exit(1), with nothing saved."""
    return LiveDataEngineConfig(graceful_shutdown_on_exception=True)
