"""Which of upstream's factories builds which client of a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodecfg.settings import TradingNodeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFactories:
    """Factories by client name, for `TradingNode.add_data_client_factory` and `add_exec_client_factory`."""

    data: dict[str, type[Any]]
    execution: dict[str, type[Any]]


def client_factories(settings: TradingNodeSettings) -> ClientFactories:
    """Return the factories of every configured venue; imports an adapter only when its venue is configured.

    They are registered by hand because a factory named inside an importable config is broken upstream for execution:
    nautilus_trader/live/node_builder.py asks the instance it made of it for `__name__`.
    """
    factories = ClientFactories(data={}, execution={})
    if settings.binance is not None:
        from nautilus_trader.adapters.binance import (  # noqa: PLC0415 the adapter takes long to import
            BinanceLiveDataClientFactory,
            BinanceLiveExecClientFactory,
        )

        from nodecfg.builders.binance import CLIENT  # noqa: PLC0415 imports the adapter too

        factories.data[CLIENT] = BinanceLiveDataClientFactory
        factories.execution[CLIENT] = BinanceLiveExecClientFactory
    return factories
