"""Logging: everything to the console, for the journal; a file only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.common.config import LoggingConfig

from nodecfg.settings.logging import LogFileFormat

if TYPE_CHECKING:
    from nodecfg.settings import LoggingSettings


def build_logging_config(logging: LoggingSettings) -> LoggingConfig:
    """Build the logging.

    Without `use_pyo3` the Rust side logs nothing, not even that Redis writes are lost. `log_file_name` stays unset, it
    would disable the daily rotation; `print_config` stays off, it would print the Redis password.
    """
    return LoggingConfig(
        log_level=logging.level.value,
        log_level_file=logging.file_level.value if logging.file_level else None,
        log_directory=str(logging.directory) if logging.directory else None,
        log_file_format="json" if logging.file_format is LogFileFormat.JSON else None,
        log_file_max_size=logging.file_max_size,
        log_file_max_backup_count=logging.file_max_backups,
        log_component_levels={name: level.value for name, level in logging.component_levels.items()} or None,
        log_colors=logging.colors,
        use_pyo3=True,
    )
