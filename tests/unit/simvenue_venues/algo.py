"""What the tests of algo orders ask for."""

from __future__ import annotations

ORDER = "/fapi/v1/order"
ALGO = "/fapi/v1/algoOrder"
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "STOP_MARKET",
    "quantity": "0.010",
    "triggerPrice": "61000",
}


def ask(**changes: str) -> dict[str, str]:
    """The parameters of a stop above the market, with changes; an empty value leaves one out."""
    return {name: value for name, value in {**STOP, **changes}.items() if value}
