"""The Bybit account the node trades on; one client serves several product types."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.exchange import ExchangeCredentials
from nodecfg.settings.instruments import (
    InstrumentIds,
    Leverages,
    PositionModes,
    bybit_symbol_fault,
    split_list,
    venue_fault,
)
from nodecfg.settings.section import setting
from nodecfg.settings.values import HttpUrl, WebSocketUrl


class ProductType(StrEnum):
    """Product types (nautilus_pyo3.BybitProductType)."""

    SPOT = "SPOT"
    LINEAR = "LINEAR"
    INVERSE = "INVERSE"
    OPTION = "OPTION"


class MarginMode(StrEnum):
    """Margin modes of a unified account (nautilus_pyo3.BybitMarginMode)."""

    ISOLATED_MARGIN = "ISOLATED_MARGIN"
    REGULAR_MARGIN = "REGULAR_MARGIN"
    PORTFOLIO_MARGIN = "PORTFOLIO_MARGIN"


def _products(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    parts = split_list(value, of="product types", longest=len(ProductType))
    return tuple(dict.fromkeys(parts)) if isinstance(parts, tuple) else parts


ProductTypes = Annotated[tuple[ProductType, ...], BeforeValidator(_products)]


class BybitCredentials(ExchangeCredentials):
    """Account, product types, instruments and addresses of Bybit."""

    model_config = SettingsConfigDict(env_prefix="BYBIT_")
    title = "Bybit"
    client: ClassVar[str] = "BYBIT"
    urls: ClassVar[tuple[str, ...]] = (
        "base_url_http",
        "base_url_ws_public",
        "base_url_ws_private",
        "base_url_ws_trade",
    )
    real_hosts: ClassVar[tuple[str, ...]] = (".bybit.com", ".bybit.nl", ".bytick.com", ".bybit.eu")

    instrument_ids: InstrumentIds = setting(
        purpose="Instruments to load, separated by commas. A position in one that is not loaded is invisible upstream.",
        expected="the instruments that are traded or held, such as BTCUSDT-LINEAR.BYBIT",
        example="BTCUSDT-LINEAR.BYBIT",
    )
    product_types: ProductTypes = setting(
        (ProductType.LINEAR,),
        purpose="What is traded: SPOT alone, or any of LINEAR,INVERSE,OPTION.",
        expected="SPOT, or LINEAR, INVERSE, OPTION separated by commas",
    )
    data_product_types: ProductTypes = setting(
        (),
        purpose="What market data is read of beside product_types; here SPOT may stand beside derivatives.",
        expected="SPOT, LINEAR, INVERSE, OPTION separated by commas",
        example="",
    )
    position_mode: PositionModes = Field(
        default_factory=dict,
        description="MERGED_SINGLE (one-way) or BOTH_SIDES (hedge) to set per instrument, as JSON. Unset: one-way.",
        json_schema_extra={
            "expected": "a JSON object from instrument id to MERGED_SINGLE or BOTH_SIDES",
            "example": "",
        },
    )
    margin_mode: MarginMode | None = setting(
        None,
        purpose="ISOLATED_MARGIN | REGULAR_MARGIN (cross) | PORTFOLIO_MARGIN to set. Unset: left as it is.",
        expected="ISOLATED_MARGIN, REGULAR_MARGIN or PORTFOLIO_MARGIN",
        example="REGULAR_MARGIN",
    )
    leverages: Leverages = Field(
        default_factory=dict,
        description="Leverage to set at each start per instrument, as JSON. Unset: left as it is.",
        json_schema_extra={"expected": "a JSON object from instrument id to leverage", "example": ""},
    )
    recv_window_ms: Annotated[int, Field(ge=1, le=60_000)] = setting(
        5000,
        purpose="Milliseconds a request may be on its way before the exchange refuses it.",
        expected="whole milliseconds from 1 to 60000",
    )
    base_url_http: HttpUrl | None = setting(
        None,
        purpose="REST address of a simulated venue. All base URLs or none.",
        expected="http://HOST:PORT",
        example="http://127.0.0.1:8103",
    )
    base_url_ws_public: WebSocketUrl | None = setting(
        None,
        purpose="Public stream address of a simulated venue, without the path.",
        expected="ws://HOST:PORT",
        example="ws://127.0.0.1:8103",
    )
    base_url_ws_private: WebSocketUrl | None = setting(
        None,
        purpose="Private stream address of a simulated venue, without the path.",
        expected="ws://HOST:PORT",
        example="ws://127.0.0.1:8103",
    )
    base_url_ws_trade: WebSocketUrl | None = setting(
        None,
        purpose="Trade stream address of a simulated venue, without the path.",
        expected="ws://HOST:PORT",
        example="ws://127.0.0.1:8103",
    )

    @property
    def all_product_types(self) -> tuple[ProductType, ...]:
        """Product types of the data client."""
        return tuple(dict.fromkeys((*self.product_types, *self.data_product_types)))

    @property
    def trades_spot(self) -> bool:
        """Whether orders go to spot."""
        return ProductType.SPOT in self.product_types

    @property
    def nets_derivatives(self) -> bool:
        """Whether the client trades derivatives in one-way mode."""
        return not self.trades_spot and "BOTH_SIDES" not in self.position_mode.values()

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between product types, instruments, modes and addresses."""
        yield from super().conflicts(values)
        products = values.get("product_types")
        if products is None:
            return
        if not products:
            yield cls.problem("product_types", None, "names none", "write LINEAR or SPOT")
        if ProductType.SPOT in products and len(products) > 1:
            yield cls.problem(
                "product_types",
                ",".join(products),
                "mixes SPOT with derivatives for execution: upstream makes one margin account of both, and position "
                "checks of the derivatives would flatten every spot position",
                f"write SPOT alone or derivatives alone; spot market data alone goes into "
                f"{cls.variable('data_product_types')}",
            )
        everything = ",".join((*products, *(values.get("data_product_types") or ())))
        wrong = venue_fault(values.get("instrument_ids") or (), cls.client, everything, bybit_symbol_fault)
        if wrong:
            yield cls.problem("instrument_ids", ",".join(values["instrument_ids"]), *wrong)
        for name in ("leverages", "position_mode"):
            for instrument in values.get(name) or ():
                if instrument.endswith(("-SPOT.BYBIT", "-OPTION.BYBIT")):
                    yield cls.problem(
                        name, instrument, "is for LINEAR and INVERSE only; upstream skips others silently", "remove it"
                    )
                    break
