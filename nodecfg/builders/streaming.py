"""Streaming: records what was asked for by name into a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd  # type: ignore[import-untyped]
from nautilus_trader.persistence.config import StreamingConfig
from nautilus_trader.persistence.writer import RotationMode
from nautilus_trader.serialization.arrow.serializer import list_schemas

from nodecfg.settings.streaming import Rotation

if TYPE_CHECKING:
    from nodecfg.settings import StreamingSettings


def build_streaming_config(streaming: StreamingSettings) -> StreamingConfig | None:
    """Build the streaming; None when nothing is recorded.

    `include_types` is never left out: upstream would hand every message to the writer, and a live node dies of KeyError
    at its start. `replace_existing` stays False, it would delete the record of earlier runs.
    """
    if streaming.path is None:
        return None
    known: dict[str, type[Any]] = {kind.__name__: kind for kind in list_schemas()}
    timed = streaming.rotation_mode in {Rotation.INTERVAL, Rotation.SCHEDULED_DATES}
    return StreamingConfig(
        catalog_path=str(streaming.path),
        fs_protocol="file",
        flush_interval_ms=streaming.flush_interval_ms,
        replace_existing=False,
        include_types=[known[name] for name in streaming.include_types],
        rotation_mode=RotationMode[streaming.rotation_mode.value],
        max_file_size=streaming.max_file_size,
        rotation_interval=pd.Timedelta(seconds=streaming.rotation_interval_secs) if timed else None,
    )
