"""Every setting of the node, set in the inventory, arrives with its value in the file that the role renders."""

from __future__ import annotations

import json
import sys
import types
import typing
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import annotated_types
import pytest
import yaml
from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from nodecfg import TradingNodeSettings
from nodecfg.cli import app
from nodecfg.report import settings_as_dict
from nodecfg.settings import SECTIONS
from nodecfg.settings.rules import VENUES
from nodecfg.sources import parse_env_file
from tests.unit.nodecfg.accounts import ED25519, HMAC, KEY
from tests.unit.roles.conftest import SAMPLE, run_ansible

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {name for section in SECTIONS.values() for name in section.variables()}
PERP, LINEAR = "BTCUSDT-PERP.BINANCE", "BTCUSDT-LINEAR.BYBIT"
COIN, SPOT, MARGIN = "BTCUSD-PERP.BINANCE_COIN_FUTURES", "BTCUSDT.BINANCE_SPOT", "BTCUSDT.BINANCE_MARGIN"
ROLE = {
    "NAUTILUS_TRADER_ID": "MM-001",
    "NAUTILUS_STRATEGIES_FILE": "/etc/tradingnode/main.strategies.yaml",
    "REDIS_HOST": "127.0.0.1",
    "REDIS_USERNAME": "tradingnode-main",
    "REDIS_PASSWORD": "canary-redis-node-password",
}
"""What the role decides from its own variables."""


BARE = {"API_KEY": KEY, "API_SECRET": HMAC, "TESTNET": "true", "INSTRUMENT_IDS": PERP}
ONLY_DEFAULT = {
    "REDIS_HOST": "the role puts Redis on the node's own host",
    "REDIS_SSL": "no public authority certifies that address, and upstream trusts no other",
    **{
        f"BINANCE_{client}_{name}": "spot and margin accounts have neither hedge mode nor leverage"
        for client in ("SPOT", "MARGIN")
        for name in ("HEDGE_MODE", "LEVERAGES", "MARGIN_TYPES")
    },
    **{f"BINANCE_{client}_US": "Binance US has spot only" for client in ("MARGIN", "COIN_FUTURES")},
}
"""What the inventory can set to its default only, and why."""


def _other(kind: Any, metadata: list[Any], default: Any) -> Any:  # noqa: ANN401 any annotation
    """A value that is right for a switch, a number or a choice, and not its default; None for anything else."""
    if typing.get_origin(kind) is typing.Annotated:
        inner, *more = typing.get_args(kind)
        flat = [one for part in more for one in (part.metadata if isinstance(part, FieldInfo) else [part])]
        return _other(inner, [*metadata, *flat], default)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _other(next(part for part in typing.get_args(kind) if part is not type(None)), metadata, default)
    if kind is bool:
        return not default
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return next(member.value for member in reversed(kind) if member != default)
    lowest: Any = next((one.ge for one in metadata if isinstance(one, annotated_types.Ge)), None)
    return lowest + 1 if kind in (int, float) and lowest is not None else None


def _others(name: str) -> dict[str, Any]:
    section = SECTIONS[name]
    values = {
        section.variable(field): _other(info.annotation, info.metadata, info.get_default(call_default_factory=False))
        for field, info in section.model_fields.items()
    }
    return {variable: value for variable, value in values.items() if value is not None}


EVERYTHING: dict[str, Any] = {
    **{key: value for name in SECTIONS if name not in VENUES for key, value in _others(name).items()},
    "HEALTH_HOST": "10.1.2.3",
    "NAUTILUS_LOG_FILE_LEVEL": "DEBUG",
    "NAUTILUS_LOG_DIRECTORY": "/var/log/tradingnode/main",
    "NAUTILUS_LOG_COMPONENT_LEVELS": "RiskEngine=DEBUG",
    "NAUTILUS_DATA_EXTERNAL_CLIENTS": ["ONE", "TWO"],
    "NAUTILUS_EXEC_EXTERNAL_CLIENTS": ["THREE"],
    "NAUTILUS_BUS_HOST": "bus.example.com",
    "NAUTILUS_BUS_USERNAME": "bus",
    "NAUTILUS_BUS_PASSWORD": "canary-bus-password",
    "NAUTILUS_BUS_STREAMS_PREFIX": "other",
    "NAUTILUS_BUS_EXTERNAL_STREAMS": ["one", "two"],
    "NAUTILUS_CATALOG_PATH": "/var/lib/tradingnode/main/catalog",
    "NAUTILUS_CATALOG_INCLUDE_TYPES": ["TradeTick", "OrderFilled"],
    "READY_DATA_EXCEPT": [LINEAR],
    "RISK_MAX_ORDER_SUBMIT_RATE": "7/00:00:01",
    "RISK_MAX_ORDER_MODIFY_RATE": "8/00:00:01",
    "RISK_MAX_NOTIONAL_PER_ORDER": {PERP: 10_000, LINEAR: 5},
    "RECONCILIATION_INSTRUMENT_IDS": [PERP],
    "RECONCILIATION_FILTERED_CLIENT_ORDER_IDS": ["O-1", "O-2"],
    "RECONCILIATION_OPEN_CHECK_LOOKBACK_MINS": 61,
    "SHUTDOWN_TIMEOUT": 44,
}
del EVERYTHING["REDIS_PORT"], EVERYTHING["REDIS_SSL"]

# Name, the role's variables, the settings, and what the role makes of its variables.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "everything, with Binance and Bybit on their testnets": (
        {
            "tradingnode_venue": "testnet",
            "tradingnode_instrument_ids": [PERP, LINEAR],
            "tradingnode_binance_api_key": KEY,
            "tradingnode_binance_api_secret": HMAC,
            "tradingnode_bybit_api_key": f"bybit{KEY}",
            "tradingnode_bybit_api_secret": f"bybit{HMAC}",
            "tradingnode_redis_port": 6380,
            "tradingnode_overrides": {
                "portfolio.debug": True,
                "data_clients": {"BYBIT": {"handle_revised_bars": True}},
            },
        },
        {
            **EVERYTHING,
            "BINANCE_LEVERAGES": {PERP: 5},
            "BINANCE_MARGIN_TYPES": {PERP: "ISOLATED"},
            "BINANCE_RECV_WINDOW_MS": 4000,
            "BINANCE_USE_AGG_TRADE_TICKS": True,
            "REDIS_SSL": False,
            "BINANCE_US": False,
            "BYBIT_PRODUCT_TYPES": ["LINEAR", "INVERSE"],
            "BYBIT_DATA_PRODUCT_TYPES": ["SPOT"],
            "BYBIT_POSITION_MODE": {LINEAR: "MERGED_SINGLE"},
            "BYBIT_MARGIN_MODE": "REGULAR_MARGIN",
            "BYBIT_LEVERAGES": {LINEAR: 4},
            "BYBIT_RECV_WINDOW_MS": 4001,
            "BYBIT_BASE_URL_HTTP": "http://10.1.2.3:8103",
            "BYBIT_BASE_URL_WS_PUBLIC": "ws://10.1.2.3:8103",
            "BYBIT_BASE_URL_WS_PRIVATE": "ws://10.1.2.3:8103",
            "BYBIT_BASE_URL_WS_TRADE": "ws://10.1.2.3:8103",
        },
        {
            **ROLE,
            "REDIS_PORT": 6380,
            "NAUTILUS_OVERRIDES_FILE": "/etc/tradingnode/main.overrides.yaml",
            "BINANCE_API_KEY": KEY,
            "BINANCE_API_SECRET": HMAC,
            "BINANCE_TESTNET": True,
            "BINANCE_INSTRUMENT_IDS": [PERP],
            "BYBIT_API_KEY": f"bybit{KEY}",
            "BYBIT_API_SECRET": f"bybit{HMAC}",
            "BYBIT_TESTNET": True,
            "BYBIT_INSTRUMENT_IDS": [LINEAR],
        },
    ),
    "further Binance clients with real money": (
        {
            "tradingnode_venue": "live",
            "tradingnode_instrument_ids": [SPOT, MARGIN, COIN],
            **{
                f"tradingnode_{client}_api_{kind}": value
                for client in ("binance_spot", "binance_margin", "binance_coin_futures")
                for kind, value in (("key", KEY), ("secret", ED25519))
            },
        },
        {
            "BINANCE_SPOT_US": True,
            **{f"BINANCE_{client}_RECV_WINDOW_MS": 3000 for client in ("SPOT", "MARGIN", "COIN_FUTURES")},
            **{f"BINANCE_{client}_USE_AGG_TRADE_TICKS": True for client in ("SPOT", "MARGIN", "COIN_FUTURES")},
            **{
                f"BINANCE_{client}_{name}": {}
                for client in ("SPOT", "MARGIN")
                for name in ("LEVERAGES", "MARGIN_TYPES")
            },
            "BINANCE_SPOT_HEDGE_MODE": False,
            "BINANCE_MARGIN_HEDGE_MODE": False,
            "BINANCE_MARGIN_US": False,
            "BINANCE_COIN_FUTURES_US": False,
            "BINANCE_COIN_FUTURES_HEDGE_MODE": True,
            "BINANCE_COIN_FUTURES_LEVERAGES": {COIN: 9},
            "BINANCE_COIN_FUTURES_MARGIN_TYPES": {COIN: "CROSSED"},
        },
        {
            **{f"BINANCE_{client}_API_KEY": KEY for client in ("SPOT", "MARGIN", "COIN_FUTURES")},
            **{f"BINANCE_{client}_API_SECRET": ED25519 for client in ("SPOT", "MARGIN", "COIN_FUTURES")},
            **{f"BINANCE_{client}_TESTNET": False for client in ("SPOT", "MARGIN", "COIN_FUTURES")},
            "BINANCE_SPOT_INSTRUMENT_IDS": [SPOT],
            "BINANCE_MARGIN_INSTRUMENT_IDS": [MARGIN],
            "BINANCE_COIN_FUTURES_INSTRUMENT_IDS": [COIN],
        },
    ),
    "demo trading in hedge mode": (
        {
            "tradingnode_venue": "demo",
            "tradingnode_instrument_ids": [PERP, LINEAR, SPOT, MARGIN, COIN],
            **{
                f"tradingnode_{client}_api_{kind}": value
                for client in ("binance", "binance_spot", "binance_margin", "binance_coin_futures", "bybit")
                for kind, value in (("key", KEY), ("secret", HMAC))
            },
        },
        {
            "BINANCE_HEDGE_MODE": True,
            "BINANCE_ACCOUNT_TYPE": "USDT_FUTURES",
            **{
                f"{client}_BASE_URL_{name}": f"{'http' if name == 'HTTP' else 'ws'}://10.1.2.3:8101"
                for client in ("BINANCE_SPOT", "BINANCE_MARGIN", "BINANCE_COIN_FUTURES")
                for name in ("HTTP", "WS", "WS_STREAM")
            },
        },
        {
            f"{client}_DEMO": True
            for client in ("BINANCE", *(f"BINANCE_{c}" for c in ("SPOT", "MARGIN", "COIN_FUTURES")), "BYBIT")
        },
    ),
    "Binance US": (
        {
            "tradingnode_venue": "live",
            "tradingnode_instrument_ids": ["BTCUSDT.BINANCE"],
            "tradingnode_binance_api_key": KEY,
            "tradingnode_binance_api_secret": ED25519,
        },
        {"BINANCE_ACCOUNT_TYPE": "SPOT", "BINANCE_US": True},
        {"BINANCE_TESTNET": False, "BINANCE_DEMO": False, "BINANCE_INSTRUMENT_IDS": ["BTCUSDT.BINANCE"]},
    ),
    "the simulated exchange": (
        {"tradingnode_simvenue_port": 8199},
        {},
        {
            "BINANCE_TESTNET": True,
            "BINANCE_DEMO": False,
            "BINANCE_BASE_URL_HTTP": "http://127.0.0.1:8199",
            "BINANCE_BASE_URL_WS": "ws://127.0.0.1:8199",
            "BINANCE_BASE_URL_WS_STREAM": "ws://127.0.0.1:8199",
        },
    ),
}


@pytest.fixture(scope="module")
def rendered(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of each case, rendered by Ansible through the role's own variables and templates."""
    place = tmp_path_factory.mktemp("settings")
    defaults = yaml.safe_load((repository / "roles/tradingnode/defaults/main.yml").read_text())
    hosts = {}
    for number, (role, settings, _) in enumerate(CASES.values()):
        (place / f"node{number}").mkdir(mode=0o700)
        mine = {**defaults, **SAMPLE, **role, "tradingnode_settings": settings}
        hosts[f"node{number}"] = {**mine, "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    template = {"src": f"{repository}/templates/tradingnode/{{{{ item }}}}.j2", "mode": "0600"}
    template["dest"] = f"{place}/{{{{ inventory_hostname }}}}/{{{{ item }}}}"
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars_files": [f"{repository}/roles/tradingnode/vars/main.yml"],
        "tasks": [{"template": template, "loop": ["instance.env", "strategies.yaml", "overrides.yaml"]}],
    }
    (place / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}, sort_keys=False))
    (place / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    done = run_ansible("ansible-playbook", "-i", str(place / "hosts.yml"), str(place / "play.yml"), cwd=repository)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


def _text(value: Any) -> str:  # noqa: ANN401 what YAML holds
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value)
    return ",".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("name", CASES)
def test_a_setting_of_the_inventory_arrives(rendered: Path, name: str) -> None:
    """`nodecfg show` over the rendered file has every value that was set, and `nodecfg check` has nothing to say."""
    _, settings, from_role = CASES[name]
    directory = rendered / f"node{list(CASES).index(name)}"
    path = directory / "instance.env"
    options = ["--env-file", str(path), "--strategies", str(directory / "strategies.yaml")]
    if "NAUTILUS_OVERRIDES_FILE" in from_role:
        options += ["--overrides", str(directory / "overrides.yaml")]
    strategies = ["--no-strategies"] if PERP not in path.read_text() else []
    checked = CliRunner().invoke(app, ["check", "--json", *options, *strategies])
    assert (checked.exit_code, json.loads(checked.output)["problems"]) == (0, [])
    shown = json.loads(CliRunner().invoke(app, ["show", "--json", *options]).output)
    assert not [name for name in shown["settings"] if "canary" in str(shown["settings"][name])]
    written, problems = parse_env_file(path)
    assert problems == ()
    given = {variable: _text(value) for variable, value in {**settings, **from_role}.items()}
    assert {variable: written[variable] for variable in given} == given
    assert all(shown["origins"][variable] == "file" for variable in given if given[variable])
    understood = settings_as_dict(TradingNodeSettings.from_env({**written, **given}))
    files = {"NAUTILUS_STRATEGIES_FILE", "NAUTILUS_OVERRIDES_FILE"}
    assert {v: shown["settings"][v] for v in given if v not in files} == {
        v: understood[v] for v in given if v not in files
    }


def test_there_is_no_setting_that_the_inventory_cannot_reach() -> None:
    """The cases set every variable of the schema, most to what is not its default."""
    reached = {name for _, settings, from_role in CASES.values() for name in (*settings, *from_role)}
    assert KNOWN - reached == set()


def test_every_setting_arrives_with_a_value_unlike_its_default() -> None:
    """A value that is the default proves nothing; what can have no other here is listed with the reason."""
    bare = {"NAUTILUS_TRADER_ID": "X-1", **{f"BINANCE_{key}": text for key, text in BARE.items()}}
    defaults = {
        section.variable(field): info.get_default(call_default_factory=False)
        for section in SECTIONS.values()
        for field, info in section.model_fields.items()
    }
    shown = settings_as_dict(TradingNodeSettings.from_env(bare))
    defaults |= {name: shown[name] for name in shown if name.startswith("RECONCILIATION_")}  # what the preset says
    nothing = {"", "{}", "None", "PydanticUndefined"}
    seen: dict[str, set[str]] = {name: set() for name in KNOWN}
    for _, settings, from_role in CASES.values():
        for name, value in {**settings, **from_role}.items():
            seen[name].add(_text(value))
    assert {name for name in KNOWN if seen[name] <= {_text(defaults[name]), *nothing}} == set(ONLY_DEFAULT)


def test_overrides_and_components_are_rendered(rendered: Path) -> None:
    """overrides.yaml is what the inventory said."""
    role, _, _ = next(iter(CASES.values()))
    assert yaml.safe_load((rendered / "node0/overrides.yaml").read_text()) == role["tradingnode_overrides"]
