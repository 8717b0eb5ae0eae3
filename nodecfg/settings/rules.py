"""Rules between families of settings: each alone is right, together they would lose money, state or time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nodecfg.credentials import adapter_prefix
from nodecfg.errors import NOT_SET, Problem
from nodecfg.settings.binance import BinanceClient, BinanceCredentials
from nodecfg.settings.environment import ConfigEnvironment, TradingEnvironment
from nodecfg.settings.reconciliation import ReconciliationConfig
from nodecfg.settings.risk import RiskSettings
from nodecfg.settings.service import ReadySettings, ShutdownSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nodecfg.settings.exchange import ExchangeCredentials
    from nodecfg.settings.section import Section
    from nodecfg.settings.timeouts import TimeoutSettings

CANCEL_TASKS_SECONDS: Final = 5.0
"""Upstream's timeout_shutdown (nautilus_trader/system/config.py): it waits so long for cancelled tasks at a stop."""

VENUES: Final = ("binance", "binance_spot", "binance_margin", "binance_coin_futures", "bybit")
"""Sections that may be absent, one client each."""


def cross_problems(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between sections; a section that is wrong by itself is absent."""
    accounts: list[ExchangeCredentials] = [sections[name] for name in VENUES if sections.get(name) is not None]
    # A venue whose own settings are wrong is configured all the same, but unknown here.
    complete = all(name in sections for name in VENUES)
    if complete and not accounts:
        yield Problem(
            variable="BINANCE_API_KEY",
            value_masked=NOT_SET,
            problem="no venue is configured, the node would have nothing to trade on",
            fix="set BINANCE_API_KEY, BINANCE_API_SECRET, BINANCE_TESTNET and BINANCE_INSTRUMENT_IDS, "
            "or the same with BYBIT_",
        )
    yield from _between_accounts(accounts)
    environment: ConfigEnvironment | None = sections.get("environment")
    if environment:
        yield from _environment(environment, accounts)
    if complete and accounts:
        yield from _instruments_not_loaded(sections, accounts)
    reconciliation: ReconciliationConfig | None = sections.get("reconciliation")
    if reconciliation:
        yield from _reconciliation(reconciliation, environment, accounts)
    timeouts: TimeoutSettings | None = sections.get("timeouts")
    shutdown: ShutdownSettings | None = sections.get("shutdown")
    if timeouts and shutdown:
        yield from _stop(timeouts, shutdown)


def _environment(environment: ConfigEnvironment, accounts: list[ExchangeCredentials]) -> Iterator[Problem]:
    real = [account for account in accounts if account.is_real_money]
    if environment.environment is TradingEnvironment.SANDBOX and real:
        switch = real[0].variable("testnet")
        yield environment.problem(
            "environment",
            "SANDBOX",
            f"would send orders to the real exchange: {switch}=false",
            f"set {switch}=true, or NAUTILUS_ENVIRONMENT=LIVE to trade real money",
        )
    if environment.debug and real:
        yield environment.problem(
            "debug",
            "true",
            "writes records as JSON; a node that comes after it, or came before, cannot read the other's and does not "
            "start while its orders are open at the real exchange",
            "leave it out where real money is traded",
        )


def _between_accounts(accounts: list[ExchangeCredentials]) -> Iterator[Problem]:
    main = next((account for account in accounts if isinstance(account, BinanceCredentials)), None)
    for account in accounts:
        if (
            main is not None
            and isinstance(account, BinanceClient)
            and account is not main
            and account.kind == main.kind
        ):
            yield main.problem(
                "account_type",
                main.kind.value,
                f"is the account of the client {account.client} too: two clients would report the same orders",
                f"give the main client another account type, or remove the {account.variable('')}* variables",
            )
    if len({account.is_real_money for account in accounts}) > 1:
        play = next(account for account in accounts if not account.is_real_money)
        real = next(account for account in accounts if account.is_real_money)
        yield play.problem(
            "testnet" if play.testnet else "demo",
            "true",
            f"trades play money while {real.client} trades real money: a strategy over both hedges nothing",
            "use testnets for all clients of a node, or for none",
        )
    first: dict[str, ExchangeCredentials] = {}
    for account in accounts:
        prefix = adapter_prefix(account)
        other = first.setdefault(prefix, account)
        for name in ("api_key", "api_secret"):
            if getattr(other, name) != getattr(account, name):
                yield account.problem(
                    name,
                    getattr(account, name),
                    f"differs from {other.variable(name)}, but upstream's adapters read both from {prefix}_"
                    f"{name.upper()}",
                    "use one API key that may trade on both accounts",
                )


def _instruments_not_loaded(sections: Mapping[str, Any], accounts: list[ExchangeCredentials]) -> Iterator[Problem]:
    loaded = {instrument for account in accounts for instrument in account.instrument_ids}
    variables = {account.client: account.variable("instrument_ids") for account in accounts}
    mentioned: list[tuple[type[Section], str, tuple[str, ...]]] = []
    if ready := sections.get("ready"):
        mentioned.append((ReadySettings, "data_except", ready.data_except))
    if risk := sections.get("risk"):
        mentioned.append((RiskSettings, "max_notional_per_order", tuple(risk.max_notional_per_order)))
    if reconciliation := sections.get("reconciliation"):
        mentioned.append((ReconciliationConfig, "instrument_ids", reconciliation.instrument_ids))
    for section, field, ids in mentioned:
        for instrument in ids:
            if instrument not in loaded:
                venue = instrument.rpartition(".")[2]
                yield section.problem(
                    field,
                    instrument,
                    f"{instrument} is not among the loaded instruments",
                    f"add it to {variables.get(venue) or ' or '.join(variables.values())}, or remove it here",
                )


def _reconciliation(
    reconciliation: ReconciliationConfig,
    environment: ConfigEnvironment | None,
    accounts: list[ExchangeCredentials],
) -> Iterator[Problem]:
    live = environment is None or environment.environment is TradingEnvironment.LIVE
    if reconciliation.is_off and live and not reconciliation.force_disabled:
        blamed = "enabled" if "enabled" in reconciliation.model_fields_set else "preset"
        yield reconciliation.problem(
            blamed,
            "false" if blamed == "enabled" else reconciliation.preset.value,
            "means that orders and positions at the venue stay unknown to the node: it would trade on top of them",
            f"choose another preset, or set {reconciliation.variable('force_disabled')}=true if that is what you want",
        )
    asked = "position_check_interval_secs" in reconciliation.model_fields_set
    if asked and reconciliation.position_check_interval_secs is not None:
        for account in accounts:
            if not account.nets_derivatives:
                yield reconciliation.problem(
                    "position_check_interval_secs",
                    f"{reconciliation.position_check_interval_secs:g}",
                    f"cannot be set beside {account.client}: "
                    + (
                        "in hedge mode the check compares the net position with one leg and gives up on the difference"
                        if _hedges(account)
                        else "spot adapters report no positions, so the check would flatten each with a made-up fill"
                    ),
                    "leave it out, or trade spot and hedge mode in a node of their own",
                )
                break


def _hedges(account: ExchangeCredentials) -> bool:
    return bool(getattr(account, "hedge_mode", False) or getattr(account, "position_mode", None))


def _stop(timeouts: TimeoutSettings, shutdown: ShutdownSettings) -> Iterator[Problem]:
    needed = timeouts.post_stop + timeouts.disconnection + CANCEL_TASKS_SECONDS
    if shutdown.timeout < needed:
        yield ShutdownSettings.problem(
            "timeout",
            f"{shutdown.timeout:g}",
            f"is shorter than the stop of upstream may take ({needed:g} s = NAUTILUS_TIMEOUT_POST_STOP "
            f"{timeouts.post_stop:g} + NAUTILUS_TIMEOUT_DISCONNECTION {timeouts.disconnection:g} + "
            f"{CANCEL_TASKS_SECONDS:g} to cancel tasks), so clean stops would be cut off",
            f"set it to at least {needed:g}, or shorten those timeouts",
        )
