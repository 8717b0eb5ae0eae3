"""render and diff say what upstream is given, in a form that upstream reads back, and no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from nautilus_trader.live.config import TradingNodeConfig
from typer.testing import CliRunner

from nodecfg import TradingNodeConfigFactory, TradingNodeSettings, adapter_factories
from nodecfg.cli import app
from nodecfg.render import render, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from typer.testing import Result

    WriteEnv = Callable[[Mapping[str, str]], Path]


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_render_is_read_back_equal(variables: dict[str, str], write_env: WriteEnv) -> None:
    """The document is read by upstream's decoder, and is the factory's config plus the clients' factories."""
    settings = TradingNodeSettings.from_env({**variables, "REDIS_PASSWORD": "", "REDIS_USERNAME": ""})
    rendered = render(settings)
    assert rendered.masked is False
    decoded = TradingNodeConfig.parse(rendered.text)
    document = json.loads(rendered.text)
    for clients in (document["data_clients"], document["exec_clients"]):
        for client in clients.values():
            assert client["factory"]["path"].startswith("nodecfg.adapter_factories:binance_BinanceLive")
            client["factory"] = None
    assert TradingNodeConfig.parse(json.dumps(document)) == TradingNodeConfigFactory.from_settings(settings)
    assert decoded.exec_clients["BINANCE"].factory.create().__name__ == "BinanceLiveExecClientFactory"
    assert TradingNodeConfig.parse(decoded.json()) == decoded
    assert _run("render", "--env-file", str(write_env(variables))).exit_code == 0


def test_render_hides_secrets_unless_told(
    variables: dict[str, str], secrets: tuple[str, ...], write_env: WriteEnv, tmp_path: Path
) -> None:
    """Redis' password is a mask on stdout and in a plain file; told so, it goes into a private file only."""
    path = write_env(variables)
    result = _run("render", "--env-file", str(path))
    assert "secrets are masked" in result.stderr
    assert not [secret for secret in secrets if secret in result.output]
    assert json.loads(result.stdout)["cache"]["database"]["password"] == "********"
    refused = _run("render", "--env-file", str(path), "--with-secrets")
    assert refused.exit_code == 78
    assert "--with-secrets" in refused.output
    output = tmp_path / "node.json"
    output.touch(mode=0o644)
    written = _run("render", "--env-file", str(path), "--with-secrets", "-o", str(output))
    assert (written.exit_code, output.stat().st_mode & 0o777) == (0, 0o600)
    assert json.loads(output.read_text())["cache"]["database"]["password"] == variables["REDIS_PASSWORD"]
    assert not [secret for secret in secrets if secret in written.output]
    nowhere = _run("render", "--env-file", str(path), "--with-secrets", "-o", str(tmp_path / "no" / "x"))
    assert nowhere.exit_code == 78
    assert _run("render", "--env-file", str(path), "-o", str(tmp_path / "no" / "x")).exit_code == 78


def test_a_private_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A write that fails leaves neither a half file nor a temporary one."""
    with pytest.raises(IsADirectoryError):
        write_private("text", tmp_path)
    with pytest.raises(UnicodeEncodeError):
        write_private("\udc80", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_render_for_upstreams_module(variables: dict[str, str], write_env: WriteEnv, tmp_path: Path) -> None:
    """Without the trader id upstream's module takes it; with an identifier elsewhere no option helps, which is told."""
    path = write_env(variables)
    plain = _run("render", "--env-file", str(path))
    assert json.loads(plain.stdout)["trader_id"] == "MM-001"
    assert "refuses this" in plain.stderr
    default = _run("render", "--env-file", str(path), "--as-default-trader")
    assert "trader_id" not in json.loads(default.stdout)
    assert "refuses this" not in default.stderr
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("exec_engine.external_clients: [OTHER]\n")
    stuck = _run("render", "--env-file", str(path), "--as-default-trader", "--overrides", str(overrides))
    assert stuck.exit_code == 78
    assert "ClientId" in stuck.output


def test_render_tells_that_types_are_lost(variables: dict[str, str], write_env: WriteEnv) -> None:
    """A catalog's types cannot be read back by upstream: left out and told, and refused for upstream's module."""
    catalog = {"NAUTILUS_CATALOG_PATH": "/var/lib/catalog", "NAUTILUS_CATALOG_INCLUDE_TYPES": "TradeTick"}
    path = write_env({**variables, **catalog})
    result = _run("render", "--env-file", str(path))
    assert "NAUTILUS_CATALOG_INCLUDE_TYPES is not in it" in result.stderr
    assert TradingNodeConfig.parse(result.stdout).streaming is not None
    assert _run("render", "--env-file", str(path), "--as-default-trader").exit_code == 78


def test_only_factories_are_reachable() -> None:
    """The names of rendered factories lead to the classes, and nothing else is a name there."""
    factory = adapter_factories.bybit_BybitLiveDataClientFactory()
    assert factory.__name__ == "BybitLiveDataClientFactory"
    for name in ("binance_anything", "okx_OKXLiveDataClientFactory", "nonsense"):
        with pytest.raises(AttributeError):
            getattr(adapter_factories, name)


def test_diff_compares_settings_and_upstream(variables: dict[str, str], tmp_path: Path) -> None:
    """What differs is told by variable and by upstream's path; a secret that differs is told without its values."""

    def write(name: str, **changes: str) -> str:
        path = tmp_path / name
        path.write_text("".join(f"{k}='{v}'\n" for k, v in {**variables, **changes}.items()))
        path.chmod(0o600)
        return str(path)

    one = write("one.env")
    other = write("other.env", REDIS_PASSWORD="another-password-2", NAUTILUS_LOG_LEVEL="DEBUG", READY_TIMEOUT="99")
    result = _run("diff", "--json", one, other)
    assert result.exit_code == 0
    document = json.loads(result.output)
    names = {row["name"]: (row["kind"], row["first"], row["second"]) for row in document["differences"]}
    assert names == {
        "NAUTILUS_LOG_LEVEL": ("setting", "INFO", "DEBUG"),
        "REDIS_PASSWORD": ("setting", "********", "********"),
        "READY_TIMEOUT": ("setting", "120.0", "99.0"),
        "cache.database.password": ("upstream", "********", "********"),
        "logging.log_level": ("upstream", "INFO", "DEBUG"),
    }
    assert _run("diff", "--exit-code", one, other).exit_code == 1
    assert "logging.log_level" in _run("diff", one, other).output
    same = _run("diff", "--exit-code", one, one)
    assert (same.exit_code, "configure the same node" in same.output) == (0, True)
    wrong = _run("diff", one, write("wrong.env", REDIS_PORT="x"), "--json")
    assert wrong.exit_code == 78
    assert json.loads(wrong.output)["problems"][0]["variable"].endswith("wrong.env: REDIS_PORT")
    assert _run("diff", str(tmp_path / "absent"), one).exit_code == 78


def test_diff_of_lists_and_venues(variables: dict[str, str], tmp_path: Path) -> None:
    """A client on one side only, and a list of strategies, are told field by field."""

    def write(name: str, values: Mapping[str, str]) -> str:
        path = tmp_path / name
        path.write_text("".join(f"{k}='{v}'\n" for k, v in values.items()))
        path.chmod(0o600)
        return str(path)

    strategies = tmp_path / "strategies.yaml"
    strategies.write_text(
        "strategies: [{strategy_path: 'strategies.market_maker:MarketMaker', "
        "config_path: 'strategies.market_maker:MarketMakerConfig', "
        "config: {instrument_id: BTCUSDT-PERP.BINANCE, order_qty: '1', max_position: '2'}}]\n"
    )
    one = write("one.env", variables)
    other = write("other.env", {**variables, "NAUTILUS_STRATEGIES_FILE": str(strategies)})
    names = [row["name"] for row in json.loads(_run("diff", "--json", one, other).output)["differences"]]
    assert "NAUTILUS_STRATEGIES_FILE" in names
    assert "strategies[0].config.order_qty" in names
