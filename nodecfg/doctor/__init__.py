"""Looks outside: Redis, the venues, the host. The one part of nodecfg that opens sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodecfg.doctor.binance import binance_access
from nodecfg.doctor.bybit import bybit_access
from nodecfg.doctor.findings import Area, Diagnosis, Finding, Verdict
from nodecfg.doctor.host import examine_host
from nodecfg.doctor.redis_extras import examine_redis
from nodecfg.doctor.retrying import MOST_RETRIES, Patience
from nodecfg.doctor.venue import examine_venue
from nodecfg.settings.binance import BinanceClient
from nodecfg.settings.bybit import BybitCredentials
from nodecfg.settings.node import VENUES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nodecfg.doctor.venue import Access
    from nodecfg.instance import Instance
    from nodecfg.settings import TradingNodeSettings

__all__ = ["MOST_RETRIES", "Area", "Diagnosis", "Finding", "Patience", "Verdict", "accesses", "examine"]


def examine(settings: TradingNodeSettings, instance: Instance | None, patience: Patience) -> Iterator[Finding]:
    """Look at everything the node depends on, and yield each finding when it is known.

    Args:
        settings: Of the node.
        instance: Adds the directories of that instance on this host; None off the host.
        patience: How often to ask what does not answer.
    """
    # The prefix derives from the trader id alone (nodecfg.instance).
    yield from examine_redis(settings.redis, f"trader-{settings.environment.trader_id}:", patience)
    for access in accesses(settings):
        yield from examine_venue(access, patience)
    yield from examine_host(_directories(settings, instance))


def accesses(settings: TradingNodeSettings) -> Iterator[Access]:
    """Yield how every client of the node reaches its venue, upstream's own addresses included."""
    for name in VENUES:
        client = getattr(settings, name)
        if isinstance(client, BinanceClient):
            yield binance_access(client)
        elif isinstance(client, BybitCredentials):
            yield bybit_access(client)


def _directories(settings: TradingNodeSettings, instance: Instance | None) -> Iterator[Path]:
    if instance is not None:
        yield from (instance.state_dir, instance.log_dir)
    if settings.logging.directory is not None:
        yield settings.logging.directory
