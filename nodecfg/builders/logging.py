"""Logging: everything to the console, for the journal; a file only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.common.config import LoggingConfig

if TYPE_CHECKING:
    from nodecfg.settings import LoggingSettings


def build_logging_config(logging: LoggingSettings) -> LoggingConfig:
    """Build the logging. Without `use_pyo3` the Rust side logs nothing, not even that Redis writes are lost."""
    return LoggingConfig(
        log_level=logging.level.value,
        log_level_file=logging.file_level.value if logging.file_level else None,
        log_directory=str(logging.directory) if logging.directory else None,
        log_colors=logging.colors,
        use_pyo3=True,
    )
