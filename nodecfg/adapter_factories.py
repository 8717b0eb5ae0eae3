"""Client factories for a rendered config, named so that upstream's own `python -m nautilus_trader.live` can use them.

Upstream calls what an importable config names as its factory and then asks the result for `__name__`
(nautilus_trader/live/node_builder.py), which an instance of a factory does not have. So each name of this module is a
function that returns the factory's class. Upstream resolves it before it decodes the client's config, so this is also
where its decoder learns of Binance's symbols.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def factory_path(factory: type[Any]) -> str:
    """Return the path under which a rendered config names a factory of upstream."""
    adapter = factory.__module__.split(".")[2]
    return f"{__name__}:{adapter}_{factory.__name__}"


def __getattr__(name: str) -> Callable[[], type[Any]]:
    """Return the function that returns the class `ADAPTER_CLASS` stands for."""
    adapter, _, class_name = name.partition("_")
    if adapter not in {"binance", "bybit"} or not class_name.endswith("ClientFactory"):
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    if adapter == "binance":
        learn_binance_symbols()
    factory: type[Any] = getattr(import_module(f"nautilus_trader.adapters.{adapter}"), class_name)
    return lambda: factory


def learn_binance_symbols() -> None:
    """Teach upstream's decoder the keys of futures_leverages and futures_margin_types.

    It writes them and cannot read them back ("Decoding objects of type <class '…BinanceSymbol'> is unsupported").
    """
    from nautilus_trader.adapters.binance.common.symbol import BinanceSymbol  # noqa: PLC0415 takes long to import
    from nautilus_trader.common.config import register_config_decoding  # noqa: PLC0415 see above

    register_config_decoding(BinanceSymbol, BinanceSymbol)
