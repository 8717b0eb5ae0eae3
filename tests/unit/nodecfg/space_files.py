"""The part of the space that is in files: strategies with claims, actors, algorithms, and overrides."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_MAKER = "strategies.market_maker:MarketMaker"
_TESTER = "nautilus_trader.test_kit.strategies.tester_data:DataTester"
_TWAP = "nautilus_trader.examples.algorithms.twap:TWAPExecAlgorithm"
_TAG = st.text("0123456789ABC", min_size=1, max_size=3)
_BOOL = st.booleans()
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "portfolio.use_mark_prices": _BOOL,
    "portfolio.debug": _BOOL,
    "exec_engine.qsize": st.integers(1, 10**6),
    "exec_engine.inflight_check_retries": st.integers(1, 100),
    "data_engine.debug": _BOOL,
    "data_engine.time_bars_origin_offset": st.none(),
    "cache.tick_capacity": st.integers(1, 10**6),
    "cache.drop_instruments_on_reset": _BOOL,
    "cache.encoding": st.sampled_from(["json", "msgpack"]),
    "risk_engine.debug": _BOOL,
    "logging.print_config": _BOOL,
    "logging.log_component_levels": st.dictionaries(st.sampled_from(["Cache", "Portfolio"]), st.just("DEBUG")),
    "loop_debug": _BOOL,
    "emulator.debug": _BOOL,
    "instance_id": st.uuids(version=4).map(str),
}
_CLIENT_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "handle_revised_bars": _BOOL,
    "instrument_provider.log_warnings": _BOOL,
    "routing.default": st.just(False),  # noqa: FBT003 hypothesis' signature
}


@st.composite
def strategies(draw: st.DrawFn, loaded: list[str], *, trader_tag: str) -> dict[str, Any]:
    """Draw a strategies.yaml for a node with these instruments; each instrument is claimed once at most."""
    tags = draw(st.lists(_TAG, min_size=1, max_size=3, unique=True))
    del trader_tag  # seven characters at most, and three of a strategy make the ten that are allowed
    free = list(draw(st.permutations(loaded)))
    entries = [draw(_strategy(tag, loaded, free)) for tag in tags]
    document: dict[str, Any] = {"strategies": entries}
    if draw(_BOOL):
        document["actors"] = [
            {"actor_path": _TESTER, "config_path": f"{_TESTER}Config", "config": draw(_actor(loaded))}
        ]
    if draw(_BOOL):
        document["exec_algorithms"] = [{"exec_algorithm_path": _TWAP, "config_path": f"{_TWAP}Config"}]
    return document


@st.composite
def _strategy(draw: st.DrawFn, tag: str, loaded: list[str], free: list[str]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "instrument_id": draw(st.sampled_from(loaded)),
        "order_qty": str(draw(st.decimals("0.001", "9", places=3))),
        "max_position": "10.0",
        "order_id_tag": tag,
    }
    config |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "half_spread_bps": st.floats(0.1, 50),
                "min_requote_ms": st.integers(1, 10_000),
                "oms_type": st.sampled_from(["NETTING", "HEDGING", "UNSPECIFIED"]),
                "use_uuid_client_order_ids": _BOOL,
                "manage_gtd_expiry": _BOOL,
            },
        )
    )
    entry: dict[str, Any] = {"strategy_path": _MAKER, "config_path": f"{_MAKER}Config", "config": config}
    how = draw(st.sampled_from(["none", "config", "ids", "all"]))
    if how == "all" and len(free) == len(loaded):
        entry["claims"] = {"claim_all": True}
        free.clear()
    elif how in {"config", "ids"} and free:
        claimed = [free.pop() for _ in range(draw(st.integers(1, len(free))))]
        if how == "config":
            config["external_order_claims"] = claimed
        else:
            entry["claims"] = {"instrument_ids": claimed}
    return entry


@st.composite
def _actor(draw: st.DrawFn, loaded: list[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"instrument_ids": draw(st.lists(st.sampled_from(loaded), min_size=1, unique=True))}
    return config | draw(st.fixed_dictionaries({}, optional={"subscribe_quotes": _BOOL, "log_data": _BOOL}))


@st.composite
def overrides(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """Draw an overrides.yaml for a node with these clients, dotted and nested."""
    document: dict[str, Any] = dict(draw(st.fixed_dictionaries({}, optional=_FIELDS)))
    for name in draw(st.lists(st.sampled_from(names), unique=True)):
        fields = draw(st.fixed_dictionaries({}, optional=_CLIENT_FIELDS))
        nested: bool = draw(_BOOL)
        if fields and nested:
            document.setdefault("exec_clients", {})[name] = {"routing": {"default": False}}
        document |= {f"data_clients.{name}.{field}": value for field, value in fields.items()}
    return document or {"portfolio.debug": False}
