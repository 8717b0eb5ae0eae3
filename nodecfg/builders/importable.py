"""Client configs as upstream's importable configs: the only form in which they survive JSON inside a node's config."""

from __future__ import annotations

from typing import Any

from nautilus_trader.common.config import ImportableConfig, NautilusConfig


def importable(config: NautilusConfig) -> ImportableConfig:
    """Return a client config in importable form."""
    primitives: Any = config.json_primitives()
    # A frozenset has no order of its own; equal settings shall give equal configs.
    primitives["instrument_provider"]["load_ids"].sort()
    return ImportableConfig(path=type(config).fully_qualified_name(), config=primitives)
