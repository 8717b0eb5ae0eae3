"""What no single value shows: values that contradict each other, names that nobody knows, files that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.config.models import ReplayConfig
from simvenue.config.problems import suggest
from simvenue.exchange.types import MARKET_ACCOUNT
from simvenue.venues.catalogue import VENUES

if TYPE_CHECKING:
    from simvenue.config.models import AccountConfig, SimvenueConfig


def conflicts(config: SimvenueConfig) -> list[str]:
    """Tell every contradiction within a configuration whose single values are good."""
    return [*_venues(config), *_ports(config), *_accounts(config.accounts), *_replay(config)]


def _venues(config: SimvenueConfig) -> list[str]:
    problems = []
    for name, venue in config.venues.items():
        if name not in VENUES:
            problems.append(f"venues.{name} is not a venue; {suggest(name, VENUES)}")
            continue
        known = VENUES[name].instruments
        if venue.invented and VENUES[name].invented is None:
            able = ", ".join(name for name, kind in VENUES.items() if kind.invented)
            problems.append(f"venues.{name}.invented is for {able} only; leave it out")
        for index, symbol in enumerate(venue.instruments):
            key = f"venues.{name}.instruments.{index} {symbol}"
            if symbol not in known:
                problems.append(f"{key} is unknown; {suggest(symbol, known)}")
            if symbol in venue.instruments[:index]:
                problems.append(f"{key} stands twice; remove one")
    return problems


def _ports(config: SimvenueConfig) -> list[str]:
    problems = []
    taken = {(config.admin.host, config.admin.port): "admin"}
    for name, venue in config.venues.items():
        address = (venue.host, venue.port)
        if venue.port and address in taken:
            problems.append(f"venues.{name}.port {venue.port} is {taken[address]}.port too; give each its own")
        taken.setdefault(address, f"venues.{name}")
    return problems


def _accounts(accounts: tuple[AccountConfig, ...]) -> list[str]:
    problems = []
    names: set[str] = set()
    keys: set[str] = set()
    for index, account in enumerate(accounts):
        if account.name == MARKET_ACCOUNT:
            problems.append(f"accounts.{index}.name {account.name} is the market's own; choose another name")
        if account.name in names:
            problems.append(f"accounts.{index}.name {account.name} stands twice; choose another name")
        names.add(account.name)
        for number, key in enumerate(account.keys):
            text = key.api_key.get_secret_value()
            if text in keys:
                problems.append(f"accounts.{index}.keys.{number}.api_key is the same as another key; make a new one")
            keys.add(text)
    return problems


def _replay(config: SimvenueConfig) -> list[str]:
    market = config.market
    if not isinstance(market, ReplayConfig):
        return []
    problems = [
        f"market.{key} {path} does not exist; set it to a recording"
        for key, path in (("file", market.file), ("book", market.book))
        if path is not None and not path.is_file()
    ]
    if market.venue is None and len(config.venues) > 1:
        return [*problems, f"market.venue is missing; set it to one of {', '.join(config.venues)}"]
    name = market.venue or next(iter(config.venues))
    if name not in config.venues:
        return [*problems, f"market.venue {name} is not served; {suggest(name, config.venues)}"]
    if market.symbol not in config.venues[name].instruments:
        problems.append(
            f"market.symbol {market.symbol} is not among venues.{name}.instruments; add it there or choose another"
        )
    return problems
