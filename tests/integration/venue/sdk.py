"""Binance's own SDK for USDⓈ-M futures, told only where the venue is and who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

if TYPE_CHECKING:
    from tests.integration.venue.processes import Customer, Simvenue


def sdk(venue: Simvenue, customer: Customer | None = None) -> Any:  # noqa: ANN401 - its annotations are wrong
    """A client of the venue for one of its customers, the node's by default."""
    customer = customer or venue.customer
    proof: dict[str, Any] = (
        {"private_key": customer.api_secret} if customer.public_key else {"api_secret": customer.api_secret}
    )
    return DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(api_key=customer.api_key, base_path=venue.http, retries=0, **proof),
        config_ws_api=ConfigurationWebSocketAPI(api_key=customer.api_key, stream_url=f"{venue.ws}/ws-fapi/v1", **proof),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=venue.ws),
    )
