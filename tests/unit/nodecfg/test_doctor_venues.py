"""What the doctor makes of a venue's clock, of a key's rights and of an account's mode, and where it asks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from nautilus_trader.core.nautilus_pyo3 import ed25519_signature

from nodecfg import TradingNodeSettings, derive
from nodecfg.doctor import Patience, Verdict, _directories, accesses
from nodecfg.doctor.binance import binance_access, position_mode, restrictions, sign, trading
from nodecfg.doctor.bybit import bybit_access, headers, permissions
from nodecfg.doctor.http import Answer, get
from nodecfg.doctor.retrying import NoAnswerError
from nodecfg.doctor.venue import clock_offset, examine_venue, refused
from nodecfg.settings.binance import AccountType, BinanceClient, BinanceCredentials, BinanceMarginCredentials
from nodecfg.settings.bybit import BybitCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
# RFC 8410's example private key: a seed that everybody knows.
ED25519 = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
NO_PATIENCE = Patience(retries=0, wait=lambda _: None, tell=lambda _: None)


def _binance(cls: type[BinanceClient] = BinanceCredentials, **changes: object) -> BinanceClient:
    values: dict[str, Any] = {
        "api_key": "kQ7pLr2vTz9XbN4mWc8s",
        "api_secret": "sJ5hGn8qBv2tRx7kMz4w",
        "testnet": True,
        "instrument_ids": "BTCUSDT-PERP.BINANCE",
    }
    return cls(**{**values, **changes})


def _bybit(**changes: object) -> BybitCredentials:
    values: dict[str, Any] = {
        "api_key": "kQ7pLr2vTz9XbN4mWc8s",
        "api_secret": "sJ5hGn8qBv2tRx7kMz4w",
        "testnet": True,
        "product_types": "LINEAR",
        "instrument_ids": "BTCUSDT-LINEAR.BYBIT",
    }
    return BybitCredentials(**{**values, **changes})


@pytest.mark.parametrize(
    ("offset", "took", "verdict"),
    [
        (0.0, 10.0, OK),
        (-400.0, 10.0, OK),
        (600.0, 10.0, WARNING),
        (-1500.0, 10.0, FAILED),
        (1100.0, 400.0, WARNING),
        (300.0, 5000.0, OK),
    ],
)
def test_clock_offset(offset: float, took: float, verdict: Verdict) -> None:
    """Half a second is a warning and a second a failure, beyond what the round trip leaves unknown."""
    assert clock_offset("X", offset, took).verdict is verdict


def test_a_key_that_may_not_trade() -> None:
    """An account without trading, futures and margin alike, is a failure that names the variable."""
    assert trading("BINANCE", {"canTrade": True}, "BINANCE_API_KEY").verdict is OK
    assert trading("BINANCE", {"tradeEnabled": True}, "BINANCE_API_KEY").verdict is OK
    refused_account = trading("BINANCE", {"canTrade": False}, "BINANCE_API_KEY")
    assert refused_account.verdict is FAILED
    assert "BINANCE_API_KEY" in refused_account.fix


@pytest.mark.parametrize(
    ("dual", "hedge", "verdict"), [(False, False, OK), (True, True, OK), (True, False, FAILED), (False, True, FAILED)]
)
def test_position_mode(*, dual: bool, hedge: bool, verdict: Verdict) -> None:
    """The account's mode has to be the settings'; the fix is the variable's right value."""
    found = position_mode("BINANCE", {"dualSidePosition": dual}, "BINANCE_HEDGE_MODE", hedge=hedge)
    assert found.verdict is verdict
    assert verdict is OK or f"BINANCE_HEDGE_MODE={'true' if dual else 'false'}" in found.fix


@pytest.mark.parametrize(
    ("changes", "kind", "verdict"),
    [
        ({}, AccountType.USDT_FUTURES, OK),
        ({"enableFutures": False}, AccountType.USDT_FUTURES, FAILED),
        ({"enableSpotAndMarginTrading": False}, AccountType.SPOT, FAILED),
        ({"enableWithdrawals": True}, AccountType.USDT_FUTURES, FAILED),
        ({"ipRestrict": False}, AccountType.USDT_FUTURES, WARNING),
    ],
)
def test_rights_of_a_binance_key(changes: dict[str, bool], kind: AccountType, verdict: Verdict) -> None:
    """A key for real money has to trade its account type, must not withdraw, and should be bound to addresses."""
    document = {
        "ipRestrict": True,
        "enableWithdrawals": False,
        "enableFutures": True,
        "enableSpotAndMarginTrading": True,
        **changes,
    }
    (found,) = restrictions("BINANCE", document, kind)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("changes", "products", "verdicts"),
    [
        ({}, {"LINEAR"}, [OK, OK]),
        ({"readOnly": 1}, {"LINEAR"}, [FAILED, OK]),
        ({"permissions": {"Spot": ["SpotTrade"]}}, {"LINEAR"}, [FAILED, OK]),
        ({"permissions": {"Spot": ["SpotTrade"]}}, {"SPOT"}, [OK, OK]),
        ({"permissions": {"Options": ["OptionsTrade"]}}, {"OPTION"}, [OK, OK]),
        ({"ips": ["*"]}, {"LINEAR"}, [OK, WARNING]),
        ({"permissions": {"ContractTrade": ["Order"], "Wallet": ["Withdraw"]}}, {"LINEAR"}, [OK, FAILED]),
    ],
)
def test_rights_of_a_bybit_key(changes: dict[str, Any], products: set[str], verdicts: list[Verdict]) -> None:
    """A key has to trade the products, must not withdraw, and should be bound to addresses."""
    result = {"readOnly": 0, "ips": ["192.0.2.1"], "permissions": {"ContractTrade": ["Order", "Position"]}, **changes}
    assert [found.verdict for found in permissions("BYBIT", result, products)] == verdicts


def test_signatures() -> None:
    """HMAC and Ed25519 keys sign as the exchange documents it."""
    settings = _binance()
    expected = hmac.new(b"sJ5hGn8qBv2tRx7kMz4w", b"timestamp=1", hashlib.sha256).hexdigest()
    assert sign(settings, "timestamp=1") == expected
    seed = base64.b64decode(ED25519)[-32:]
    assert unquote(sign(_binance(api_secret=ED25519), "timestamp=1")) == ed25519_signature(seed, "timestamp=1")
    signed = headers(_bybit(), "1")
    payload = b"1kQ7pLr2vTz9XbN4mWc8s5000"
    assert signed["X-BAPI-SIGN"] == hmac.new(b"sJ5hGn8qBv2tRx7kMz4w", payload, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("make", "url"),
    [
        (_binance, "https://demo-fapi.binance.com"),
        (lambda: _binance(testnet=False, demo=True), "https://demo-fapi.binance.com"),
        (lambda: _binance(testnet=False), "https://fapi.binance.com"),
    ],
)
def test_addresses_of_binance_are_upstreams(make: Callable[[], BinanceClient], url: str) -> None:
    """Without base URLs the doctor asks where upstream's adapter would."""
    access = binance_access(make())
    assert (access.client, access.url, access.time_path) == ("BINANCE", url, "/fapi/v1/time")
    assert access.server_ms({"serverTime": 5}) == 5.0


def test_margin_is_asked_at_the_spot_host() -> None:
    """Upstream's margin host answers no public clock."""
    margin = _binance(
        BinanceMarginCredentials, testnet=False, api_secret=ED25519, instrument_ids="BTCUSDT.BINANCE_MARGIN"
    )
    assert binance_access(margin).url == "https://api.binance.com"


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({}, "api-testnet.bybit.com"),
        ({"testnet": False, "demo": True}, "api-demo.bybit.com"),
        ({"testnet": False}, "api.bybit.com"),
    ],
)
def test_addresses_of_bybit_are_upstreams(changes: dict[str, Any], host: str) -> None:
    """The same for Bybit."""
    access = bybit_access(_bybit(**changes))
    assert (access.url, access.server_ms({"time": "5"})) == (f"https://{host}", 5.0)


def test_every_client_is_looked_at(variables: dict[str, str]) -> None:
    """All configured clients of both exchanges, and the directories of instance and log."""
    bybit = {
        "BYBIT_API_KEY": "kQ7pLr2vTz9XbN4mWc8s",
        "BYBIT_API_SECRET": "sJ5hGn8qBv2tRx7kMz4w",
        "BYBIT_TESTNET": "true",
        "BYBIT_PRODUCT_TYPES": "LINEAR",
        "BYBIT_INSTRUMENT_IDS": "BTCUSDT-LINEAR.BYBIT",
        "NAUTILUS_LOG_DIRECTORY": "/var/log/x",
    }
    settings = TradingNodeSettings.from_env({**variables, **bybit})
    assert [access.client for access in accesses(settings)] == ["BINANCE", "BYBIT"]
    listed = [str(path) for path in _directories(settings, derive("alpha"))]
    assert listed == ["/var/lib/tradingnode/alpha", "/var/log/tradingnode/alpha", "/var/log/x"]
    assert [str(path) for path in _directories(settings, None)] == ["/var/log/x"]


def test_a_venue_that_is_away(free_port: int) -> None:
    """Nothing at the address: DNS is fine, reach fails, the rest is skipped; the same for a Bybit client."""
    url = f"http://127.0.0.1:{free_port}"
    ws = url.replace("http", "ws")
    simulated = _binance(base_url_http=url, base_url_ws=ws, base_url_ws_stream=ws)
    found = [f.verdict for f in examine_venue(binance_access(simulated), NO_PATIENCE)]
    assert found == [OK, FAILED, SKIPPED]
    with pytest.raises(NoAnswerError, match="connection refused"):
        bybit_access(
            _bybit(base_url_http=url, base_url_ws_public=ws, base_url_ws_private=ws, base_url_ws_trade=ws)
        ).key()


def test_answers_are_told_in_the_venues_words() -> None:
    """A refusal carries the venue's code and text, cut; an answer without JSON its status."""
    answer = Answer(status=401, document={"code": -2015, "msg": "Invalid API-key" + "x" * 500})
    found = refused("BINANCE", answer, "BINANCE_API_KEY")
    assert found.detail.startswith("refused: HTTP 401, -2015: Invalid API-key")
    assert len(found.detail) < 250
    assert Answer(status=404, document=None).said == "HTTP 404"


def test_an_address_that_is_none_does_not_crash() -> None:
    """A URL that cannot be opened is an answer that does not come."""
    with pytest.raises(NoAnswerError):
        get("http://127.0.0.1:1:1/")
    with pytest.raises(NoAnswerError):
        get("http://\udc80/")
