"""The Binance account the node trades on."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import Credential, HttpUrl, InstrumentIds, WebSocketUrl

_URLS = ("base_url_http", "base_url_ws", "base_url_ws_stream")
# Hosts of the real exchange end so; its test venues are demo-fapi.binance.com, *.binancefuture.com and so on
# (nautilus_trader/adapters/binance/common/urls.py).
_EXCHANGE = (".binance.com", ".binance.us")
_TEST_HOSTS = ("demo-", "testnet")


class AccountType(StrEnum):
    """Account types that work so far (nautilus_trader/adapters/binance/common/enums.py `BinanceAccountType`)."""

    USDT_FUTURES = "USDT_FUTURES"


class ExchangeCredentials(Section):
    """What every exchange account has: a key and its secret."""

    api_key: Credential = setting(purpose="API key (HMAC).", expected="the API key")
    api_secret: Credential = setting(purpose="Its secret.", expected="the secret of the API key")

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """The key pasted twice is a classic."""
        key, secret = values.get("api_key"), values.get("api_secret")
        if key is not None and secret is not None and key.get_secret_value() == secret.get_secret_value():
            yield cls.problem("api_secret", secret, "is the same as the API key", "copy the secret, not the key again")


class BinanceCredentials(ExchangeCredentials):
    """Account, instruments and addresses of Binance USD-margined futures."""

    model_config = SettingsConfigDict(env_prefix="BINANCE_")
    title = "Binance USD-margined futures"

    testnet: bool = setting(
        purpose="true: Binance's testnet, or a simulated venue with the three base URLs. false: real money.",
        expected="true for testnet or a simulated venue, false for real money",
        example="true",
    )
    account_type: AccountType = setting(
        AccountType.USDT_FUTURES, purpose="USDT_FUTURES; others are not supported yet.", expected="USDT_FUTURES"
    )
    us: bool = setting(False, purpose="Binance US has no futures: false.", expected="false")  # noqa: FBT003 a default, named by its keyword
    instrument_ids: InstrumentIds = setting(
        purpose="Instruments to load, separated by commas. A position in one that is not loaded is invisible upstream.",
        expected="the instruments that are traded or held, such as BTCUSDT-PERP.BINANCE",
        example="BTCUSDT-PERP.BINANCE",
    )
    base_url_http: HttpUrl | None = setting(
        None,
        purpose="REST address of a simulated venue. All three base URLs or none.",
        expected="http://HOST:PORT",
        example="http://127.0.0.1:8101",
    )
    base_url_ws: WebSocketUrl | None = setting(
        None,
        purpose="Market stream address of a simulated venue.",
        expected="ws://HOST:PORT",
        example="ws://127.0.0.1:8101",
    )
    base_url_ws_stream: WebSocketUrl | None = setting(
        None,
        purpose="User stream address of a simulated venue.",
        expected="ws://HOST:PORT",
        example="ws://127.0.0.1:8101",
    )

    @property
    def is_simulated(self) -> bool:
        """Whether the addresses are overridden."""
        return self.base_url_http is not None

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between keys, addresses and the testnet switch."""
        yield from super().conflicts(values)
        if values.get("us") is True:
            yield cls.problem(
                "us",
                "true",
                "Binance US offers no futures",
                "set it to false or leave it out; spot is not supported yet",
            )
        yield from cls._address_conflicts(values)

    @classmethod
    def _address_conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        given = [name for name in _URLS if values.get(name)]
        # A URL that is wrong by itself is absent from values, not missing from the configuration.
        absent = [name for name in _URLS if name in values and values[name] is None]
        if absent and len(absent) < len(_URLS):
            for name in absent:
                yield cls.problem(
                    name,
                    None,
                    "is missing while another base URL is set: the node would talk to two venues at once",
                    "set all three base URLs, or none",
                )
        testnet = values.get("testnet")
        for name in given:
            host = urlsplit(values[name]).hostname or ""
            real = host.endswith(_EXCHANGE) and not host.startswith(_TEST_HOSTS)
            if testnet is True and real:
                yield cls.problem(
                    name,
                    values[name],
                    "is the real exchange while BINANCE_TESTNET=true",
                    "remove the base URLs for the testnet, or set BINANCE_TESTNET=false to trade real money",
                )
            elif testnet is False and not real:
                yield cls.problem(
                    name,
                    values[name],
                    "would send keys of real money to a host that is not the exchange's",
                    "set BINANCE_TESTNET=true for a simulated venue, or remove the base URLs",
                )
