"""Instrument provider: exactly the instruments that were named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.common.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import InstrumentId

if TYPE_CHECKING:
    from collections.abc import Iterable


def build_instrument_provider_config(instrument_ids: Iterable[str]) -> InstrumentProviderConfig:
    """Build the provider of one client.

    Explicit ids: neither load_all (one strange symbol at the venue stops every start) nor upstream's default of none,
    with which every position is invisible and reconciliation succeeds all the same.
    """
    return InstrumentProviderConfig(
        load_all=False, load_ids=frozenset(InstrumentId.from_str(text) for text in instrument_ids)
    )
