"""The spot market in a real simvenue process, its customers, and nodes that trade on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.integration.venue.processes import Customer, Node
from tests.integration.venue.venue_process import VenueProcess

if TYPE_CHECKING:
    from pathlib import Path

BALANCES = {"USDT": "1000000", "BTC": "10", "ETH": "100", "DOGE": "100000"}


@dataclass(slots=True, kw_only=True)
class SpotVenue(VenueProcess):
    """Binance's spot market, and who trades there.

    Attributes:
        customer: Signs with Ed25519, as the venue's sessions ask for.
        hmac: The same account's other key.
        reader: A third key of it, which may only look.
    """

    customer: Customer
    hmac: Customer
    reader: Customer

    @classmethod
    def start(cls, directory: Path) -> SpotVenue:
        """Write the configuration and start; returns when the venue serves."""
        venue = cls(
            directory=directory,
            name="binance_spot",
            customer=Customer.ed25519("node"),
            hmac=Customer.hmac("node"),
            reader=Customer.hmac("node"),
        )
        keys = [venue.customer.key, venue.hmac.key, {**venue.reader.key, "permissions": ["read"]}]
        venue.configure(
            {"instruments": ["BTCUSDT", "ETHUSDT", "XRPUSDT", "DOGEUSDT"]},
            [{"name": "node", "keys": keys, "balances": BALANCES}],
            market={"kind": "synthetic", "seed": 7, "speed": 1.0},
            debug=True,
        )
        venue.resume()
        return venue


def node(venue: SpotVenue, directory: Path, scenario: str, *, seconds: float, customer: Customer | None = None) -> Node:
    """Start a node on the spot adapter."""
    return Node(
        venue,
        directory,
        scenario,
        seconds=seconds,
        customer=customer or venue.customer,
        module="tests.integration.venue_spot.node_process",
    )
