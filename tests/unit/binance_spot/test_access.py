"""Keys, signatures, times and permissions over REST, and the venue's rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from simvenue.credentials import Credential
from simvenue.exchange.types import Side
from simvenue.venues.binance.auth import hmac_signature, proves
from simvenue.venues.binance.limits import Counted, RateLimit
from simvenue.venues.binance_spot import VenueOptions
from tests.unit.binance_spot.client import ED_KEY, KEY, PUBLIC_PEM, READ_KEY, SECRET, ed25519_signature

if TYPE_CHECKING:
    from tests.unit.binance_spot.client import Client

ACCOUNT = "/api/v3/account"
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000",
}


@pytest.mark.parametrize("key", [KEY, ED_KEY])
async def test_both_kinds_of_key_are_known(venue: Client, key: str) -> None:
    """HMAC and Ed25519 signatures over the raw query are taken, with brackets and quotes still encoded."""
    assert (await venue.ok("GET", ACCOUNT, key=key))["accountType"] == "SPOT"
    both = await venue.ok("GET", "/api/v3/exchangeInfo", key=key, symbols='["BTCUSDT","ETHUSDT"]')
    assert [row["symbol"] for row in both["symbols"]] == ["BTCUSDT", "ETHUSDT"]


async def test_a_key_of_one_kind_does_not_take_signatures_of_the_other(venue: Client) -> None:
    """An HMAC under an Ed25519 key, another key's signature and a changed query are all invalid."""
    query = f"timestamp={venue.clock()}"
    other = Ed25519PrivateKey.generate().sign(query.encode()).hex()
    for key, signature in ((ED_KEY, hmac_signature(SECRET, query)), (ED_KEY, other), (KEY, ed25519_signature("x"))):
        status, body = await venue.public(
            "GET", ACCOUNT, f"{query}&signature={signature}", headers={"X-MBX-APIKEY": key}
        )
        assert (status, body["code"]) == (400, -1022)
    signed = venue.query(KEY)
    status, body = await venue.public("GET", ACCOUNT, f"recvWindow=50000&{signed}", headers={"X-MBX-APIKEY": KEY})
    assert (status, body["code"]) == (400, -1022)


async def test_parameters_may_stand_in_query_and_body(venue: Client) -> None:
    """The signature covers both as they follow one another, and each is read for itself."""
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
    body = f"quantity=0.01&price=59000&timestamp={venue.clock()}"
    body += f"&signature={hmac_signature(SECRET, query + body)}"
    headers = {"X-MBX-APIKEY": KEY, "Content-Type": "application/x-www-form-urlencoded"}
    status, order = await venue.public("POST", "/api/v3/order", query, headers, body.encode())
    assert (status, order["timeInForce"], order["origQty"]) == (200, "GTC", "0.01000000")


async def test_a_reading_key_may_not_trade(venue: Client) -> None:
    """Queries work; orders and cancels are refused with -2015 and HTTP 401."""
    await venue.ok("GET", "/api/v3/openOrders", key=READ_KEY)
    for method, path in (("POST", "/api/v3/order"), ("DELETE", "/api/v3/openOrders")):
        status, body = await venue.signed(method, path, key=READ_KEY, **ORDER)
        assert (status, body["code"]) == (401, -2015)
    assert venue.exchange.open_orders("node") == []


@pytest.mark.parametrize(
    ("offset", "window", "code"),
    [(1500, None, -1021), (-6000, None, -1021), (-6000, "7000", None), (-100, "50.5", -1021)],
)
async def test_requests_must_be_fresh(venue: Client, offset: int, window: str | None, code: int | None) -> None:
    """A timestamp ahead of the venue, or older than recvWindow (which may have decimals), is refused."""
    parameters: dict[str, Any] = {"timestamp": venue.clock() + offset} | ({"recvWindow": window} if window else {})
    status, body = await venue.signed("GET", ACCOUNT, **parameters)
    assert (status, body.get("code")) == ((200, None) if code is None else (400, code))


async def test_timestamps_may_be_in_microseconds(venue: Client) -> None:
    """A timestamp a thousand times as large is the same moment."""
    await venue.ok("GET", ACCOUNT, timestamp=venue.clock() * 1000)


def test_hex_signatures_may_be_of_either_case() -> None:
    """An HMAC in capitals proves the same."""
    credential = Credential(account="node", secret=SecretStr(SECRET))
    assert proves(credential, "a=1", hmac_signature(SECRET, "a=1").upper())


def test_a_credential_has_exactly_one_proof() -> None:
    """Neither, both, and a public key that is none are refused when the venue starts, without repeating the text."""
    with pytest.raises(ValueError, match="either"):
        Credential(account="node")
    with pytest.raises(ValueError, match="either"):
        Credential(account="node", secret=SecretStr("s"), public_key=PUBLIC_PEM)
    with pytest.raises(ValueError, match="Ed25519") as refused:
        Credential(account="node", public_key="-----BEGIN NONSENSE-----")
    assert "NONSENSE" not in str(refused.value)


class TestLimits:
    """A venue with small limits."""

    @pytest.fixture
    def options(self) -> VenueOptions:
        """Forty weight and three orders a minute, a ban after two refusals."""
        limits = (
            RateLimit(counted=Counted.REQUEST_WEIGHT, interval="MINUTE", count=1, limit=50),
            RateLimit(counted=Counted.ORDERS, interval="DAY", count=1, limit=3),
        )
        return VenueOptions(limits=limits, ban_after=2, ban_seconds=120)

    async def test_weight_is_counted_told_and_refused(self, venue: Client) -> None:
        """Headers tell the weight used; over the limit it is 429, going on regardless 418, each with Retry-After."""
        venue.clock.begin_minute()
        response, _ = await venue.raw("GET", "/api/v3/exchangeInfo")
        assert response.headers["X-MBX-USED-WEIGHT-1M"] == "20"
        response, _ = await venue.raw("GET", "/api/v3/trades", "symbol=BTCUSDT")
        assert response.headers["X-MBX-USED-WEIGHT-1M"] == "45"
        for _ in range(2):
            response, body = await venue.raw("GET", "/api/v3/exchangeInfo")
            assert (response.status, body["code"]) == (429, -1003)
            assert 0 < int(response.headers["Retry-After"]) <= 60
        response, body = await venue.raw("GET", "/api/v3/ping")
        assert (response.status, body["code"]) == (418, -1003)
        assert int(response.headers["Retry-After"]) == 120
        venue.clock.offset_ms += 60_000
        assert (await venue.public("GET", "/api/v3/ping"))[0] == 418
        venue.clock.offset_ms += 61_000
        assert (await venue.public("GET", "/api/v3/ping"))[0] == 200

    async def test_orders_are_counted_by_account(self, venue: Client) -> None:
        """Replies to orders tell the count; one too many is -1015, on REST and on the WebSocket API."""
        for count in (1, 2, 3):
            response, _ = await venue.raw("POST", "/api/v3/order", venue.query(**ORDER), headers={"X-MBX-APIKEY": KEY})
            assert response.status == 200
            assert response.headers["X-MBX-ORDER-COUNT-1D"] == str(count)
        status, body = await venue.signed("POST", "/api/v3/order", **ORDER)
        assert (status, body["code"]) == (429, -1015)
        assert body["msg"] == "Too many new orders; current limit is 3 orders per 1 DAY."
        api = await venue.api()
        reply = await api.signed("order.place", **ORDER)
        assert (reply["status"], reply["error"]["code"]) == (429, -1015)
        assert reply["error"]["data"]["retryAfter"] > reply["error"]["data"]["serverTime"]
        assert len(venue.exchange.open_orders("node")) == 3

    async def test_orders_that_trade_do_not_count(self, venue: Client) -> None:
        """The first fill of a taker gives one order back, that of a maker five, down to none."""
        venue.quote(Side.SELL, "59000.00", "0.015")
        counts = []
        for _ in range(3):
            response, _ = await venue.raw("POST", "/api/v3/order", venue.query(**ORDER), headers={"X-MBX-APIKEY": KEY})
            counts.append(int(response.headers["X-MBX-ORDER-COUNT-1D"]))
        assert counts == [0, 0, 1]
        # The second order is first in the queue, but it has traded before.
        venue.take(Side.SELL, "0.006")
        assert [row["count"] for row in await venue.ok("GET", "/api/v3/rateLimit/order")] == [0]
