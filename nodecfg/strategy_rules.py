"""Rules between strategies and settings: each of these alone is right, together they would lose money or orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId

from nodecfg.errors import Problem, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nodecfg.components import LoadedComponent
    from nodecfg.settings import TradingNodeSettings
    from nodecfg.strategies import LoadedStrategy

# "O-20260101-120000-" and the hyphens around the tags leave 16 of Binance's 36 characters for both tags and the count.
_LONGEST_TAGS: Final = 10
_SYNTHETIC: Final = "SYNTH"
_MOST_NAMED: Final = 5


def strategy_problems(settings: TradingNodeSettings, strategies: Sequence[LoadedStrategy]) -> Iterator[Problem]:
    """Yield what is wrong between strategies and settings."""
    for strategy in strategies:
        yield from _order_ids(settings, strategy)
        yield from _market_exit(settings, strategy)
    yield from _claims(strategies)


def instrument_problems(
    settings: TradingNodeSettings, components: Sequence[LoadedStrategy | LoadedComponent]
) -> Iterator[Problem]:
    """Yield the instruments that strategies, actors and algorithms name and that the node does not load.

    Synthetic instruments are the strategies' own, and another venue's data may come over the message bus.
    """
    loaded = settings.instrument_ids
    variables = {account.client: account.variable("instrument_ids") for account in settings.accounts}
    from_bus = bool(settings.message_bus.external_streams or settings.data_engine.external_clients)
    for component in components:
        for field in component.config.__struct_fields__:
            for instrument in sorted(set(_instruments_in(getattr(component.config, field)))):
                venue = instrument.rpartition(".")[2]
                foreign = venue == _SYNTHETIC or (venue not in variables and from_bus)
                if instrument in loaded or foreign:
                    continue
                yield Problem(
                    variable=f"{component.where}.config.{field}",
                    value_masked=shown(instrument, secret=False),
                    problem=f"{instrument} is not loaded, so it would never be seen or traded",
                    fix=f"add it to {variables[venue]}"
                    if venue in variables
                    else f"the node has no client {venue}: name one of {', '.join(loaded[:_MOST_NAMED])}",
                )


def _instruments_in(value: Any) -> Iterator[str]:  # noqa: ANN401 a strategy's config may hold anything
    if isinstance(value, InstrumentId):
        yield str(value)
    elif isinstance(value, BarType):
        yield str(value.instrument_id)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _instruments_in(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _instruments_in(item)


def _order_ids(settings: TradingNodeSettings, strategy: LoadedStrategy) -> Iterator[Problem]:
    config = strategy.config
    tag = config.order_id_tag
    if tag is None or config.use_uuid_client_order_ids:
        return
    trader_tag = settings.environment.trader_id.rpartition("-")[2]
    if len(trader_tag) + len(tag) > _LONGEST_TAGS:
        yield Problem(
            variable=f"{strategy.where}.config.order_id_tag",
            value_masked=shown(tag, secret=False),
            problem=f"together with the trader's tag {trader_tag!r} it is longer than {_LONGEST_TAGS} characters: "
            "client order ids would exceed the venue's 36",
            fix="use three characters, such as 001",
        )


def _market_exit(settings: TradingNodeSettings, strategy: LoadedStrategy) -> Iterator[Problem]:
    config = strategy.config
    longest = config.market_exit_interval_ms * config.market_exit_max_attempts / 1000
    if config.manage_stop and longest >= settings.timeouts.post_stop:
        yield Problem(
            variable=f"{strategy.where}.config.manage_stop",
            value_masked="true",
            problem=f"its market exit may take {longest:g} s (market_exit_interval_ms x market_exit_max_attempts), but "
            f"the node waits only NAUTILUS_TIMEOUT_POST_STOP={settings.timeouts.post_stop:g} s before it disconnects",
            fix=f"set NAUTILUS_TIMEOUT_POST_STOP above {longest:g}, or lower market_exit_max_attempts",
        )


def _claims(strategies: Sequence[LoadedStrategy]) -> Iterator[Problem]:
    claimed: dict[str, str] = {}
    for strategy in strategies:
        for instrument in strategy.config.external_order_claims or ():
            owner = claimed.setdefault(str(instrument), strategy.where)
            if owner != strategy.where:
                yield Problem(
                    variable=f"{strategy.where}.config.external_order_claims",
                    value_masked=str(instrument),
                    problem=f"{instrument} is claimed by {owner} already; an external order can have one owner only",
                    fix="claim each instrument in one strategy",
                )
