"""Binance: where each account type answers, and what a key may do there, asked with a signed request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from nodecfg.doctor.findings import Verdict
from nodecfg.doctor.http import get
from nodecfg.doctor.venue import Access, finding, refused
from nodecfg.settings.binance import AccountType, KeyType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodecfg.doctor.findings import Finding
    from nodecfg.settings.binance import BinanceClient

_OK: Final = 200
_NOT_FOUND: Final = 404
_RECEIVE_WINDOW: Final = "recvWindow=5000"
_TIME: Final = {
    AccountType.SPOT: "/api/v3/time",
    AccountType.MARGIN: "/api/v3/time",
    AccountType.USDT_FUTURES: "/fapi/v1/time",
    AccountType.COIN_FUTURES: "/dapi/v1/time",
}
_ACCOUNT: Final = {
    AccountType.SPOT: "/api/v3/account",
    AccountType.MARGIN: "/sapi/v1/margin/account",
    AccountType.USDT_FUTURES: "/fapi/v2/account",
    AccountType.COIN_FUTURES: "/dapi/v1/account",
}
_POSITION_MODE: Final = {
    AccountType.USDT_FUTURES: "/fapi/v1/positionSide/dual",
    AccountType.COIN_FUTURES: "/dapi/v1/positionSide/dual",
}
# Real money only; the test venues have no such path.
_SPOT_API: Final = "https://api.binance.com"
_RESTRICTIONS: Final = "/sapi/v1/account/apiRestrictions"


def binance_access(settings: BinanceClient) -> Access:
    """Return how a Binance client reaches its venue."""
    url = settings.base_url_http or _upstream_url(settings)
    return Access(
        client=settings.client,
        url=url,
        setting=settings.variable("base_url_http"),
        time_path=_TIME[settings.kind],
        server_ms=lambda document: float(document["serverTime"]),
        key=lambda: tuple(_key(settings, url)),
    )


def _upstream_url(settings: BinanceClient) -> str:
    from nautilus_trader.adapters.binance.common.enums import (  # noqa: PLC0415 takes long to import
        BinanceAccountType,
        BinanceEnvironment,
    )
    from nautilus_trader.adapters.binance.common.urls import get_http_base_url  # noqa: PLC0415 see above

    environment = BinanceEnvironment.LIVE
    if settings.testnet:
        environment = BinanceEnvironment.TESTNET
    elif settings.demo:
        environment = BinanceEnvironment.DEMO
    url: str = get_http_base_url(BinanceAccountType[settings.kind.value], environment, settings.us)
    # Upstream's host for margin (sapi.binance.com) has no public clock; the API itself is at the spot host.
    return _SPOT_API if settings.kind is AccountType.MARGIN and settings.is_real_money else url


def _key(settings: BinanceClient, url: str) -> Iterator[Finding]:
    client = settings.client
    answer = get(_signed(settings, f"{url}{_ACCOUNT[settings.kind]}"), _headers(settings))
    names = f"{settings.variable('api_key')} and {settings.variable('api_secret')}"
    if answer.status != _OK or not isinstance(answer.document, dict):
        yield refused(client, answer, names)
        return
    yield trading(client, answer.document, settings.variable("api_key"))
    if path := _POSITION_MODE.get(settings.kind):
        mode = get(_signed(settings, f"{url}{path}"), _headers(settings))
        if mode.status == _OK and isinstance(mode.document, dict):
            yield position_mode(client, mode.document, settings.variable("hedge_mode"), hedge=settings.hedge_mode)
    if settings.is_real_money and not settings.us:
        limits = get(_signed(settings, f"{_SPOT_API}{_RESTRICTIONS}"), _headers(settings))
        if limits.status == _OK and isinstance(limits.document, dict):
            yield from restrictions(client, limits.document, settings.kind)
        elif limits.status != _NOT_FOUND:
            yield finding(client, "key permissions", Verdict.WARNING, f"not told: {limits.said}", "look at the website")


def trading(client: str, account: dict[str, Any], variable: str) -> Finding:
    """Judge whether the account behind the key may trade."""
    if account.get("canTrade", account.get("tradeEnabled")) is True:
        return finding(client, "key", Verdict.OK, "accepted; the account may trade")
    fix = f"allow trading for the account and the key in {variable}"
    return finding(client, "key", Verdict.FAILED, "accepted, but the account may not trade", fix)


def position_mode(client: str, document: dict[str, Any], variable: str, *, hedge: bool) -> Finding:
    """Judge whether the account's position mode is what the settings say."""
    dual = document.get("dualSidePosition") is True
    mode = "hedge mode" if dual else "one-way mode"
    if dual == hedge:
        return finding(client, "position mode", Verdict.OK, mode)
    fix = f"set {variable}={'true' if dual else 'false'}, or change the account while it is flat"
    return finding(
        client, "position mode", Verdict.FAILED, f"the account is in {mode}, the settings say otherwise", fix
    )


def restrictions(client: str, document: dict[str, Any], kind: AccountType) -> Iterator[Finding]:
    """Judge what else a key for real money may do (GET /sapi/v1/account/apiRestrictions)."""
    name = "enableSpotAndMarginTrading" if kind in {AccountType.SPOT, AccountType.MARGIN} else "enableFutures"
    if document.get(name) is not True:
        yield finding(client, "key permissions", Verdict.FAILED, f"without {name}", "allow it at the exchange")
    elif document.get("enableWithdrawals"):
        fix = "take that right from the key: whoever steals it takes the money too"
        yield finding(client, "key permissions", Verdict.FAILED, "the key may withdraw", fix)
    elif not document.get("ipRestrict"):
        fix = "restrict the key to this host's address"
        yield finding(client, "key permissions", Verdict.WARNING, "the key works from every address", fix)
    else:
        yield finding(client, "key permissions", Verdict.OK, "trading only, from listed addresses only")


def _headers(settings: BinanceClient) -> dict[str, str]:
    return {"X-MBX-APIKEY": settings.api_key.get_secret_value()}


def _signed(settings: BinanceClient, url: str) -> str:
    query = f"{_RECEIVE_WINDOW}&timestamp={int(time.time() * 1000)}"
    return f"{url}?{query}&signature={sign(settings, query)}"


def sign(settings: BinanceClient, payload: str) -> str:
    """Return the signature of a query, by the kind of key that is configured."""
    secret = settings.api_secret.get_secret_value()
    if settings.key_type is KeyType.HMAC:
        return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    from nautilus_trader.adapters.binance.common.credentials import (  # noqa: PLC0415 takes long to import
        extract_ed25519_private_key,
    )
    from nautilus_trader.core.nautilus_pyo3 import ed25519_signature  # noqa: PLC0415 see above

    signature: str = ed25519_signature(extract_ed25519_private_key(secret), payload)
    base64.b64decode(signature, validate=True)
    return quote(signature, safe="")
