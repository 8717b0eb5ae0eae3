"""Bybit: where it answers, and what a key may do there, asked with a signed request."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final

from nodecfg.doctor.findings import Verdict
from nodecfg.doctor.http import get
from nodecfg.doctor.venue import Access, finding, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodecfg.doctor.findings import Finding
    from nodecfg.settings.bybit import BybitCredentials

_OK: Final = 200
_RECEIVE_WINDOW: Final = "5000"


def bybit_access(settings: BybitCredentials) -> Access:
    """Return how the Bybit client reaches its venue."""
    url = settings.base_url_http or _upstream_url(settings)
    return Access(
        client=settings.client,
        url=url,
        setting=settings.variable("base_url_http"),
        time_path="/v5/market/time",
        server_ms=lambda document: float(document["time"]),
        key=lambda: tuple(_key(settings, url)),
    )


def _upstream_url(settings: BybitCredentials) -> str:
    from nautilus_trader.core import nautilus_pyo3  # noqa: PLC0415 takes long to import

    name = "TESTNET" if settings.testnet else "DEMO" if settings.demo else "MAINNET"
    url: str = nautilus_pyo3.get_bybit_http_base_url(getattr(nautilus_pyo3.BybitEnvironment, name))
    return url


def _key(settings: BybitCredentials, url: str) -> Iterator[Finding]:
    answer = get(f"{url}/v5/user/query-api", headers(settings, str(int(time.time() * 1000))))
    document = answer.document
    if answer.status != _OK or not isinstance(document, dict) or document.get("retCode") != 0:
        names = f"{settings.variable('api_key')} and {settings.variable('api_secret')}"
        yield refused(settings.client, answer, names)
        return
    products = {product.value for product in settings.product_types}
    yield from permissions(settings.client, document.get("result") or {}, products)


def permissions(client: str, result: dict[str, Any], products: set[str]) -> Iterator[Finding]:
    """Judge what a key may do (GET /v5/user/query-api)."""
    granted: dict[str, list[str]] = result.get("permissions") or {}
    needed = {"Spot"} if products == {"SPOT"} else {"Options"} if products == {"OPTION"} else {"ContractTrade"}
    missing = sorted(name for name in needed if not granted.get(name))
    if result.get("readOnly") == 1:
        yield finding(client, "key", Verdict.FAILED, "accepted, but it may only read", "make a key that may trade")
    elif missing:
        yield finding(client, "key", Verdict.FAILED, f"accepted, without {', '.join(missing)}", "allow it at Bybit")
    else:
        yield finding(client, "key", Verdict.OK, f"accepted; may trade {', '.join(sorted(products))}")
    if "Withdraw" in (granted.get("Wallet") or ()):
        fix = "take that right from the key: whoever steals it takes the money too"
        yield finding(client, "key permissions", Verdict.FAILED, "the key may withdraw", fix)
    elif set(result.get("ips") or ["*"]) == {"*"}:
        fix = "restrict the key to this host's address"
        yield finding(client, "key permissions", Verdict.WARNING, "the key works from every address", fix)
    else:
        yield finding(client, "key permissions", Verdict.OK, "no withdrawals, listed addresses only")


def headers(settings: BybitCredentials, timestamp_ms: str) -> dict[str, str]:
    """Return the headers of a signed request without parameters."""
    key = settings.api_key.get_secret_value()
    payload = f"{timestamp_ms}{key}{_RECEIVE_WINDOW}"
    secret = settings.api_secret.get_secret_value().encode()
    return {
        "X-BAPI-API-KEY": key,
        "X-BAPI-TIMESTAMP": timestamp_ms,
        "X-BAPI-RECV-WINDOW": _RECEIVE_WINDOW,
        "X-BAPI-SIGN": hmac.new(secret, payload.encode(), hashlib.sha256).hexdigest(),
    }
