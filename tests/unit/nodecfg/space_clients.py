"""The part of the space that is about venues: every client, account type, product, key kind, switch and address."""

from __future__ import annotations

import base64
import json
import string
from typing import Any

from hypothesis import strategies as st

_SEED = bytes.fromhex("302e020100300506032b657004220420")
_BASE = st.text(string.ascii_uppercase, min_size=3, max_size=6)
# Longer names that end in USD could be BUSD pairs, which upstream takes for USD-margined ones.
_SHORT = st.text("BCEGHLT", min_size=2, max_size=3)
KEY = st.text(string.ascii_letters + string.digits, min_size=16, max_size=60).map(lambda text: f"key{text}")
HMAC = KEY.map(lambda text: f"secret{text}")
ED25519 = st.binary(min_size=32, max_size=32).map(lambda seed: base64.b64encode(_SEED + seed).decode())
PEM = ED25519.map(lambda text: f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")
FLAG = st.sampled_from(["true", "false"])
KINDS = {"BINANCE_SPOT": "SPOT", "BINANCE_MARGIN": "MARGIN", "BINANCE_COIN_FUTURES": "COIN_FUTURES"}
_DERIVATIVES = ("LINEAR", "INVERSE", "OPTION")
_HOSTS = st.sampled_from(["127.0.0.1:8101", "localhost:8102", "10.1.2.3", "venue.internal:443"])


@st.composite
def clients(draw: st.DrawFn, *, real: bool) -> dict[str, str]:
    """Draw one to five clients that may stand beside each other, all with real money or none."""
    names = draw(st.lists(st.sampled_from(["BINANCE", *KINDS, "BYBIT"]), min_size=1, unique=True))
    kinds = {name: KINDS[name] for name in names if name in KINDS}
    if "BINANCE" in names:
        free = [kind for kind in ("USDT_FUTURES", *KINDS.values()) if kind not in kinds.values()]
        kinds["BINANCE"] = draw(st.sampled_from(free))
    modes = {name: draw(_mode(kinds[name], real=real)) for name in kinds}
    variables: dict[str, str] = {}
    secrets: dict[str, tuple[str, str]] = {}
    for name, kind in kinds.items():
        # Upstream reads the keys of some clients from one place: they have to be the same there.
        shared = _shared(kind, modes[name])
        beside = [(kinds[other], modes[other]) for other in kinds if _shared(kinds[other], modes[other]) == shared]
        if shared not in secrets:
            secrets[shared] = (draw(KEY), draw(_secret(beside)))
        variables |= draw(_binance(name, kind, modes[name], secrets[shared]))
    if "BYBIT" in names:
        variables |= draw(_bybit(draw(_mode("BYBIT", real=real))))
    return variables


def nets_derivatives(variables: dict[str, str]) -> bool:
    """Tell whether every client trades derivatives in one-way mode."""
    for name in ("BINANCE", *KINDS):
        if f"{name}_API_KEY" in variables:
            kind = variables.get(f"{name}_ACCOUNT_TYPE") or KINDS.get(name, "USDT_FUTURES")
            if not kind.endswith("FUTURES") or variables.get(f"{name}_HEDGE_MODE") == "true":
                return False
    spot = variables.get("BYBIT_PRODUCT_TYPES") == "SPOT"
    return not spot and "BOTH_SIDES" not in variables.get("BYBIT_POSITION_MODE", "")


@st.composite
def _mode(draw: st.DrawFn, kind: str, *, real: bool) -> str:
    if real:
        return "US" if kind == "SPOT" and draw(st.booleans()) else "REAL"
    modes = ["TESTNET", "DEMO", "SIMULATED", "SIMULATED_DEMO"]
    if kind == "SPOT":
        modes.append("SIMULATED_US")
    # Its keys on the demo venue would be those of a spot client too, which needs the other kind of key.
    return draw(st.sampled_from([mode for mode in modes if kind != "COIN_FUTURES" or "DEMO" not in mode]))


def _shared(kind: str, mode: str) -> str:
    if mode.endswith("DEMO"):
        return "DEMO"
    if mode in {"REAL", "US"}:
        return "REAL"
    return "FUTURES_TESTNET" if kind.endswith("FUTURES") else "TESTNET"


def _secret(beside: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    outside = [(kind, mode) for kind, mode in beside if not mode.startswith("SIMULATED")]
    if any(not kind.endswith("FUTURES") for kind, _ in outside):
        return st.one_of(ED25519, PEM)
    if any(kind == "COIN_FUTURES" and mode != "REAL" for kind, mode in outside):
        return HMAC
    return st.one_of(HMAC, ED25519, PEM)


@st.composite
def _binance(draw: st.DrawFn, name: str, kind: str, mode: str, secret: tuple[str, str]) -> dict[str, str]:
    ids = draw(
        st.lists(_symbols(kind), min_size=1, max_size=4, unique=True).map(lambda all_: [f"{s}.{name}" for s in all_])
    )
    futures = kind.endswith("FUTURES")
    values: dict[str, Any] = {
        "API_KEY": secret[0],
        "API_SECRET": secret[1],
        "TESTNET": "true" if mode in {"TESTNET", "SIMULATED", "SIMULATED_US"} else "false",
        "INSTRUMENT_IDS": ",".join(ids),
    }
    if name == "BINANCE" and (kind != "USDT_FUTURES" or draw(st.booleans())):
        values["ACCOUNT_TYPE"] = kind
    if mode.endswith("DEMO") or draw(st.booleans()):
        values["DEMO"] = "true" if mode.endswith("DEMO") else "false"
    if mode.endswith("US") or draw(st.booleans()):
        values["US"] = "true" if mode.endswith("US") else "false"
    if mode.startswith("SIMULATED"):
        host, letter = draw(_HOSTS), draw(st.sampled_from(["", "s"]))
        values |= {"BASE_URL_HTTP": f"http{letter}://{host}", "BASE_URL_WS": f"ws{letter}://{host}"}
        if futures or draw(st.booleans()):
            values["BASE_URL_WS_STREAM"] = f"ws{letter}://{host}/private"
    values |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "RECV_WINDOW_MS": st.integers(1, 60_000).map(str),
                "USE_AGG_TRADE_TICKS": FLAG,
                "HEDGE_MODE": FLAG if futures else st.just("false"),
                "LEVERAGES": _per(ids, st.integers(1, 125)) if futures else st.just("{}"),
                "MARGIN_TYPES": _per(ids, st.sampled_from(["CROSSED", "ISOLATED"])) if futures else st.just("{}"),
            },
        )
    )
    return {f"{name}_{field}": value for field, value in values.items()}


@st.composite
def _bybit(draw: st.DrawFn, mode: str) -> dict[str, str]:
    traded = draw(st.one_of(st.just(["SPOT"]), st.lists(st.sampled_from(_DERIVATIVES), min_size=1, unique=True)))
    read = draw(st.lists(st.sampled_from(["SPOT", *_DERIVATIVES]), unique=True))
    products = st.sampled_from([*traded, *read])
    first = draw(_bybit_symbol(draw(st.sampled_from(traded))))
    others = draw(st.lists(products.flatmap(_bybit_symbol), max_size=3))
    ids = [f"{symbol}.BYBIT" for symbol in dict.fromkeys([first, *others])]
    values: dict[str, Any] = {
        "API_KEY": draw(KEY),
        "API_SECRET": draw(HMAC),
        "TESTNET": "true" if mode in {"TESTNET", "SIMULATED"} else "false",
        "DEMO": "true" if mode.endswith("DEMO") else "false",
        "INSTRUMENT_IDS": ",".join(ids),
    }
    if traded != ["LINEAR"] or draw(st.booleans()):
        values["PRODUCT_TYPES"] = ",".join(traded)
    if read:
        values["DATA_PRODUCT_TYPES"] = ",".join(read)
    if mode.startswith("SIMULATED"):
        host = draw(_HOSTS)
        sockets = ("BASE_URL_WS_PUBLIC", "BASE_URL_WS_PRIVATE", "BASE_URL_WS_TRADE")
        values |= {"BASE_URL_HTTP": f"https://{host}", **dict.fromkeys(sockets, f"wss://{host}")}
    adjustable = [one for one in ids if one.endswith(("-LINEAR.BYBIT", "-INVERSE.BYBIT"))]
    per: dict[str, Any] = {}
    if adjustable:
        modes = st.sampled_from(["MERGED_SINGLE", "BOTH_SIDES"])
        per = {"LEVERAGES": _per(adjustable, st.integers(1, 125)), "POSITION_MODE": _per(adjustable, modes)}
    margin = st.sampled_from(["ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"])
    optional = {**per, "MARGIN_MODE": margin, "RECV_WINDOW_MS": st.integers(1, 60_000).map(str)}
    values |= draw(st.fixed_dictionaries({}, optional=optional))
    return {f"BYBIT_{field}": value for field, value in values.items()}


def _symbols(kind: str) -> st.SearchStrategy[str]:
    if kind == "USDT_FUTURES":
        pair = st.tuples(_BASE, st.sampled_from(["USDT", "USDC"])).map("".join)
    elif kind == "COIN_FUTURES":
        pair = _SHORT.map(lambda base: f"{base}USD")
    else:
        return st.tuples(_BASE, st.sampled_from(["USDT", "BTC", "EUR", "FDUSD"])).map("".join)
    return st.one_of(pair.map(lambda text: f"{text}-PERP"), pair.map(lambda text: f"{text}_261225"))


def _bybit_symbol(product: str) -> st.SearchStrategy[str]:
    ending = {"LINEAR": "USDT", "INVERSE": "USD", "SPOT": "USDC", "OPTION": "-26DEC26-60000-C"}[product]
    return _BASE.map(lambda base: f"{base}{ending}-{product}")


def _per(ids: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.dictionaries(st.sampled_from(ids), values, min_size=1).map(json.dumps)
