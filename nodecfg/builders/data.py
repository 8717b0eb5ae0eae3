"""Data engine: stop under control when a handler raises."""

from __future__ import annotations

from nautilus_trader.live.config import LiveDataEngineConfig
from nautilus_trader.model.identifiers import ClientId

from nodecfg.settings.engines import DataEngineSettings


def build_data_engine_config(data: DataEngineSettings | None = None, *, debug: bool = False) -> LiveDataEngineConfig:
    """Build the data engine. Without the flag an exception in a handler is os._exit(1), with nothing saved."""
    data = data or DataEngineSettings()
    return LiveDataEngineConfig(
        time_bars_interval_type=data.time_bars_interval_type.value,
        time_bars_timestamp_on_close=data.time_bars_timestamp_on_close,
        time_bars_skip_first_non_full_bar=data.time_bars_skip_first_non_full_bar,
        time_bars_build_with_no_updates=data.time_bars_build_with_no_updates,
        time_bars_build_delay=data.time_bars_build_delay,
        validate_data_sequence=data.validate_data_sequence,
        buffer_deltas=data.buffer_deltas,
        emit_quotes_from_book=data.emit_quotes_from_book,
        emit_quotes_from_book_depths=data.emit_quotes_from_book_depths,
        external_clients=[ClientId(name) for name in data.external_clients] or None,
        debug=debug,
        qsize=data.qsize,
        graceful_shutdown_on_exception=True,
    )
