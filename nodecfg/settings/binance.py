"""The Binance accounts the node trades on: a main client, and further ones beside it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.exchange import ExchangeCredentials
from nodecfg.settings.instruments import (
    InstrumentIds,
    Leverages,
    MarginTypes,
    binance_symbol_fault,
    venue_fault,
)
from nodecfg.settings.section import setting
from nodecfg.settings.values import HttpUrl, SigningSecret, WebSocketUrl, is_ed25519


class AccountType(StrEnum):
    """Account types (nautilus_trader/adapters/binance/common/enums.py `BinanceAccountType`)."""

    SPOT = "SPOT"
    MARGIN = "MARGIN"
    USDT_FUTURES = "USDT_FUTURES"
    COIN_FUTURES = "COIN_FUTURES"

    @property
    def is_futures(self) -> bool:
        """Whether positions are reported by the venue."""
        return self in {AccountType.USDT_FUTURES, AccountType.COIN_FUTURES}


class KeyType(StrEnum):
    """Kinds of API keys; detected from the secret."""

    HMAC = "HMAC"
    ED25519 = "ED25519"


def _instruments(example: str) -> Any:  # noqa: ANN401 pydantic's own Field is typed so
    return setting(
        purpose="Instruments to load, separated by commas. A position in one that is not loaded is invisible upstream.",
        expected=f"the instruments that are traded or held, such as {example}",
        example=example,
    )


class BinanceClient(ExchangeCredentials):
    """What every Binance client has, whatever its account type."""

    urls: ClassVar[tuple[str, ...]] = ("base_url_http", "base_url_ws", "base_url_ws_stream")
    # nautilus_trader/adapters/binance/common/urls.py
    real_hosts: ClassVar[tuple[str, ...]] = (".binance.com", ".binance.us")
    fixed: ClassVar[AccountType | None] = None
    """Account type of a client that is named after it; the main client's is a setting."""

    api_secret: SigningSecret = setting(
        purpose="Its secret: HMAC, or an unencrypted Ed25519 private key as PEM or base64. The kind is detected.",
        expected="the secret of the API key",
    )
    us: bool = setting(False, purpose="true for Binance US, which has spot only.", expected="true or false")  # noqa: FBT003 a default, named by its keyword
    instrument_ids: InstrumentIds = _instruments("BTCUSDT-PERP.BINANCE")
    hedge_mode: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true for a futures account in hedge mode: no reduce-only orders, no position checks.",
        expected="true or false, as the account is set at the exchange",
    )
    leverages: Leverages = Field(
        default_factory=dict,
        description="Leverage to set at each start per instrument, as JSON; futures only. Unset: left as it is.",
        json_schema_extra={"expected": "a JSON object from instrument id to leverage", "example": ""},
    )
    margin_types: MarginTypes = Field(
        default_factory=dict,
        description="CROSSED or ISOLATED to set at each start per instrument, as JSON; futures only. A change that "
        "Binance refuses, because of open orders (-4047) or a position (-4048), ends the start.",
        json_schema_extra={"expected": "a JSON object from instrument id to CROSSED or ISOLATED", "example": ""},
    )
    recv_window_ms: Annotated[int, Field(ge=1, le=60_000)] = setting(
        5000,
        purpose="Milliseconds an order may be on its way before the exchange refuses it.",
        expected="whole milliseconds from 1 to 60000 (the exchange takes no more)",
    )
    use_agg_trade_ticks: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: aggregated trades instead of single ones, where the exchange offers both.",
        expected="true or false",
    )
    base_url_http: HttpUrl | None = setting(
        None,
        purpose="REST address of a simulated venue. All base URLs or none.",
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
        purpose="User stream address of a simulated venue; futures only.",
        expected="ws://HOST:PORT",
        example="ws://127.0.0.1:8101",
    )

    @property
    def key_type(self) -> KeyType:
        """The kind of key that the secret is."""
        return KeyType.ED25519 if is_ed25519(self.api_secret.get_secret_value()) else KeyType.HMAC

    @property
    def kind(self) -> AccountType:
        """The account type."""
        kind = self.account_type_of(self.__dict__)
        return kind or AccountType.USDT_FUTURES

    @property
    def nets_derivatives(self) -> bool:
        """Whether the client trades futures in one-way mode."""
        return self.kind.is_futures and not self.hedge_mode

    @classmethod
    def account_type_of(cls, values: Mapping[str, Any]) -> AccountType | None:
        """Return the account type; None while it is wrong."""
        return cls.fixed or values.get("account_type")

    @classmethod
    def needed_urls(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Spot gets its user events over the WebSocket API and has no user stream address."""
        kind = cls.account_type_of(values)
        return cls.urls if kind is None or kind.is_futures else cls.urls[:2]

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between account type, keys, instruments, addresses and switches."""
        yield from super().conflicts(values)
        kind = cls.account_type_of(values)
        if kind is None:
            return
        if values.get("us") is True and kind is not AccountType.SPOT:
            yield cls.problem(
                "us", "true", "Binance US offers no futures and no margin, only spot", "set it to false or leave it out"
            )
        elif values.get("us") is True and (values.get("testnet") or values.get("demo")) and not _simulated(values):
            yield cls.problem(
                "us",
                "true",
                "Binance US has no testnet; upstream would connect to that of binance.com",
                "set it to false, or trade real money",
            )
        wrong = venue_fault(values.get("instrument_ids") or (), cls.client, kind.value, binance_symbol_fault)
        if wrong:
            yield cls.problem("instrument_ids", ",".join(values["instrument_ids"]), *wrong)
        yield from cls._key_conflicts(kind, values)
        if not kind.is_futures:
            for name in ("leverages", "margin_types", "hedge_mode"):
                if values.get(name):
                    yield cls.problem(
                        name, values[name], f"is for futures only, and this is a {kind.value} account", "remove it"
                    )

    @classmethod
    def _key_conflicts(cls, kind: AccountType, values: Mapping[str, Any]) -> Iterator[Problem]:
        secret = values.get("api_secret")
        if secret is None or _simulated(values):
            return
        ed25519 = is_ed25519(secret.get_secret_value())
        if not kind.is_futures and not ed25519:
            yield cls.problem(
                "api_secret",
                secret,
                f"is an HMAC secret; user events of a {kind.value} account come over the WebSocket API, whose "
                "session.logon takes Ed25519 keys only, so the node would never connect",
                "create an Ed25519 key at the exchange and give its private key",
            )
        if kind is AccountType.COIN_FUTURES and ed25519 and (values.get("testnet") or values.get("demo")):
            yield cls.problem(
                "api_secret",
                secret,
                "is an Ed25519 key, which needs the WebSocket API; COIN_FUTURES has none on testnet and demo "
                "(nautilus_trader/adapters/binance/common/urls.py)",
                "use an HMAC key there",
            )


def _simulated(values: Mapping[str, Any]) -> bool:
    return any(values.get(name) for name in BinanceClient.urls)


class BinanceCredentials(BinanceClient):
    """The main Binance client; its venue is BINANCE."""

    model_config = SettingsConfigDict(env_prefix="BINANCE_")
    title = "Binance (main client)"
    client: ClassVar[str] = "BINANCE"

    account_type: AccountType = setting(
        AccountType.USDT_FUTURES,
        purpose="SPOT | MARGIN | USDT_FUTURES | COIN_FUTURES.",
        expected="SPOT, MARGIN, USDT_FUTURES or COIN_FUTURES",
    )


class BinanceSpotCredentials(BinanceClient):
    """A spot client beside the main one; its venue is BINANCE_SPOT."""

    model_config = SettingsConfigDict(env_prefix="BINANCE_SPOT_")
    title = "Binance spot beside the main client (venue BINANCE_SPOT)"
    client: ClassVar[str] = "BINANCE_SPOT"
    fixed: ClassVar[AccountType | None] = AccountType.SPOT

    instrument_ids: InstrumentIds = _instruments("BTCUSDT.BINANCE_SPOT")


class BinanceMarginCredentials(BinanceClient):
    """A margin client beside the main one; its venue is BINANCE_MARGIN."""

    model_config = SettingsConfigDict(env_prefix="BINANCE_MARGIN_")
    title = "Binance margin beside the main client (venue BINANCE_MARGIN)"
    client: ClassVar[str] = "BINANCE_MARGIN"
    fixed: ClassVar[AccountType | None] = AccountType.MARGIN

    instrument_ids: InstrumentIds = _instruments("BTCUSDT.BINANCE_MARGIN")


class BinanceCoinFuturesCredentials(BinanceClient):
    """A coin-margined futures client beside the main one; its venue is BINANCE_COIN_FUTURES."""

    model_config = SettingsConfigDict(env_prefix="BINANCE_COIN_FUTURES_")
    title = "Binance coin-margined futures beside the main client (venue BINANCE_COIN_FUTURES)"
    client: ClassVar[str] = "BINANCE_COIN_FUTURES"
    fixed: ClassVar[AccountType | None] = AccountType.COIN_FUTURES

    instrument_ids: InstrumentIds = _instruments("BTCUSD-PERP.BINANCE_COIN_FUTURES")
