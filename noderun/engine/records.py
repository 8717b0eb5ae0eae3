"""Reads every record of a trader's cache the way upstream does at a start, one by one, and knows how it writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from nautilus_trader.cache.database import CacheDatabaseAdapter
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, InstrumentId, PositionId, TraderId
from nautilus_trader.serialization.serializer import MsgSpecSerializer

from noderun.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from multiprocessing.connection import Connection

    from nautilus_trader.cache.config import CacheConfig
    from nautilus_trader.config import TradingNodeConfig


def serializer(config: CacheConfig) -> MsgSpecSerializer:
    """Return what upstream writes its records with (nautilus_trader/system/kernel.py)."""
    return MsgSpecSerializer(
        encoding=msgspec.msgpack if config.encoding.lower() == "msgpack" else msgspec.json,
        timestamps_as_str=True,
        timestamps_as_iso8601=config.timestamps_as_iso8601,
    )


def examine(config: TradingNodeConfig, done: Collection[str], report: Connection) -> None:
    """Read, in a process of its own, what is not done yet.

    Sends ("at", key) before and ("read", key, problem or None) after each record, ("end",) when all were read. Some
    records end the interpreter: then ("at", key) is the last word.
    """
    database = open_cache(config)
    loaders: tuple[tuple[str, Callable[[str], Any]], ...] = (
        ("currencies", database.load_currency),
        ("instruments", lambda name: database.load_instrument(InstrumentId.from_str(name))),
        ("accounts", lambda name: database.load_account(AccountId(name))),
        ("orders", lambda name: database.load_order(ClientOrderId(name))),
        ("positions", lambda name: database.load_position(PositionId(name))),
    )
    for kind, load in loaders:
        for key in sorted(database.keys(f"{kind}:*")):
            name = key.rsplit(":", maxsplit=1)[1]
            label = f"{kind}:{name}"
            if label in done:
                continue
            report.send(("at", label))
            report.send(("read", label, _read(load, name)))
    report.send(("end",))


def _read(load: Callable[[str], Any], name: str) -> str | None:
    try:
        record = load(name)
    except Exception as error:
        return one_line(error)
    # Upstream skips such a record at a start, with a line in the log.
    return "is skipped at a start: what it needs is missing or empty" if record is None else None


def open_cache(config: TradingNodeConfig) -> CacheDatabaseAdapter:
    """Connect to the Redis of a node as its cache does.

    Raises:
        ValueError: The node keeps no state.
    """
    if (cache := config.cache) is None:
        raise ValueError("the node keeps no state")
    return CacheDatabaseAdapter(
        trader_id=TraderId(str(config.trader_id)),
        instance_id=UUID4(),
        serializer=serializer(cache),
        config=cache,
    )
