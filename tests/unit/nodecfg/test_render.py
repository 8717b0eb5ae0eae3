"""render and diff say what upstream is given, in a form that upstream reads back, and no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nautilus_trader.live.config import LiveDataEngineConfig, LiveExecEngineConfig, TradingNodeConfig
from nautilus_trader.persistence.config import StreamingConfig
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
    assert _run("render", "--env-file", str(write_env(variables)), "--as-default-trader").exit_code == 0


def test_render_hides_secrets_unless_told(
    variables: dict[str, str], secrets: tuple[str, ...], write_env: WriteEnv, tmp_path: Path
) -> None:
    """Redis' password is a mask on stdout and in a plain file; told so, it goes into a private file only."""
    path = write_env(variables)
    result = _run("render", "--as-default-trader", "--env-file", str(path))
    assert "secrets are masked" in result.stderr
    assert not [secret for secret in secrets if secret in result.output]
    assert json.loads(result.stdout)["cache"]["database"]["password"] == "********"
    refused = _run("render", "--env-file", str(path), "--with-secrets")
    assert refused.exit_code == 78
    assert "--with-secrets" in refused.output
    output = tmp_path / "node.json"
    output.touch(mode=0o644)
    command = ("render", "--as-default-trader", "--env-file", str(path))
    written = _run(*command, "--with-secrets", "-o", str(output))
    assert (written.exit_code, output.stat().st_mode & 0o777) == (0, 0o600)
    assert json.loads(output.read_text())["cache"]["database"]["password"] == variables["REDIS_PASSWORD"]
    assert not [secret for secret in secrets if secret in written.output]
    for options in (("--with-secrets",), ()):
        nowhere = _run(*command, *options, "-o", str(tmp_path / "no" / "x"))
        assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (78, True)


def test_a_private_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A write that fails leaves neither a half file nor a temporary one."""
    with pytest.raises(IsADirectoryError):
        write_private("text", tmp_path)
    with pytest.raises(UnicodeEncodeError):
        write_private("\udc80", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_render_names_every_field_that_upstreams_module_refuses(
    variables: dict[str, str], write_env: WriteEnv, tmp_path: Path
) -> None:
    """All of them at once with 78 and nothing written; allowed, the document holds them and each is a note."""
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("instance_id: 0c5e1b1c-7a31-4e5e-9c50-6f3d1f0b7a11\n")
    catalog = {"NAUTILUS_CATALOG_PATH": str(tmp_path / "catalog"), "NAUTILUS_CATALOG_INCLUDE_TYPES": "TradeTick"}
    refused = {
        **catalog,
        "NAUTILUS_CATALOG_ROTATION_MODE": "INTERVAL",
        "NAUTILUS_DATA_EXTERNAL_CLIENTS": "OTHER",
        "NAUTILUS_EXEC_EXTERNAL_CLIENTS": "OTHER",
        "RECONCILIATION_FILTERED_CLIENT_ORDER_IDS": "O-1,O-2",
        "RECONCILIATION_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE",
    }
    path = write_env({**variables, **refused})
    output = tmp_path / "node.json"
    command = ("render", "--env-file", str(path), "--overrides", str(overrides), "-o", str(output))
    told = _run(*command, "--json")
    named = {problem["variable"]: problem["value_masked"] for problem in json.loads(told.output)["problems"]}
    assert (told.exit_code, output.exists()) == (78, False)
    assert set(named) == {
        "NAUTILUS_TRADER_ID",
        "NAUTILUS_CATALOG_INCLUDE_TYPES",
        "NAUTILUS_CATALOG_ROTATION_INTERVAL_SECS",
        "overrides.yaml instance_id",
        *(set(refused) - {*catalog, "NAUTILUS_CATALOG_ROTATION_MODE"}),
    }
    assert (named["NAUTILUS_TRADER_ID"], named["RECONCILIATION_FILTERED_CLIENT_ORDER_IDS"]) == ("MM-001", "O-1,O-2")
    allowed = _run(*command, "--allow-refused")
    assert (allowed.exit_code, allowed.stderr.count("will not take this")) == (0, len(named))
    decoded = TradingNodeConfig.parse(output.read_text())
    assert str(decoded.trader_id) == "MM-001"
    assert decoded.streaming.include_types is None
    assert [str(one) for one in decoded.exec_engine.reconciliation_instrument_ids] == ["BTCUSDT-PERP.BINANCE"]


def test_render_as_the_default_trader(variables: dict[str, str], write_env: WriteEnv) -> None:
    """Without the trader id, and as TRADER-001, nothing is left that upstream's module refuses."""
    for changes, options in (({}, ["--as-default-trader"]), ({"NAUTILUS_TRADER_ID": "TRADER-001"}, [])):
        done = _run("render", "--env-file", str(write_env({**variables, **changes})), *options)
        assert (done.exit_code, "will not take" in done.stderr) == (0, False)
        assert "trader_id" not in json.loads(done.stdout)
        assert str(msgspec.json.decode(done.stdout, type=TradingNodeConfig).trader_id) == "TRADER-001"


@pytest.mark.parametrize(
    ("struct", "field"),
    [
        (TradingNodeConfig, "trader_id"),
        (TradingNodeConfig, "instance_id"),
        (LiveDataEngineConfig, "external_clients"),
        (LiveExecEngineConfig, "external_clients"),
        (LiveExecEngineConfig, "filtered_client_order_ids"),
        (LiveExecEngineConfig, "reconciliation_instrument_ids"),
        (StreamingConfig, "include_types"),
        (StreamingConfig, "rotation_interval"),
    ],
)
def test_no_json_value_is_taken_for_an_identifier(struct: type[Any], field: str) -> None:
    """Whatever JSON holds, msgspec without upstream's hook refuses it there: no other form of the document can help."""
    kind = next(one.type for one in msgspec.structs.fields(struct) if one.name == field)
    values: list[Any] = ["MM-001", "", 1, -1, 1.5, True, False, {}, {"value": "MM-001"}, [1], ["MM-001"], [[]], [{}]]
    for value in (*values, [None], {"type": "TraderId", "value": "MM-001"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode(value), type=kind)


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
