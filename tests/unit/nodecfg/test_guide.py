"""docs/configuration.md does what it says: its files are taken as they stand, its commands and variables exist."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg.cli import app
from nodecfg.settings import SECTIONS
from tests.unit.nodecfg.accounts import BYBIT, FUTURES, NODE

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {name for section in SECTIONS.values() for name in section.variables()}


def _blocks(guide: str, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", guide, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(text) for _, text in found]


@pytest.fixture
def guide(repository: Path) -> str:
    """The text of the guide."""
    return (repository / "docs/configuration.md").read_text(encoding="utf-8")


def test_a_testnet_node_from_the_guide_alone(
    guide: str, tmp_path: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The env file with two keys filled in, the strategies and the overrides of the guide pass the check together."""
    (env,) = _blocks(guide, "dotenv")
    strategies, overrides = _blocks(guide, "yaml")
    for name in ("BINANCE_API_KEY", "BINANCE_API_SECRET"):
        assert f"{name}=\n" in env
        env = env.replace(f"{name}=\n", f"{name}={variables[name]}\n")
    (tmp_path / ".env").write_text(env)
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / "strategies.yaml").write_text(strategies)
    (tmp_path / "overrides.yaml").write_text(overrides)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["check", "--overrides", "overrides.yaml"])
    assert result.exit_code == 0, result.output
    assert "MM-001, Binance testnet, 1 strateg" in result.output


@pytest.mark.parametrize(
    ("clients", "said"),
    [
        (BYBIT, "Bybit testnet"),
        ({**BYBIT, "BYBIT_TESTNET": "false", "BYBIT_DEMO": "true"}, "Bybit demo"),
        (
            {**FUTURES, **BYBIT, "BINANCE_TESTNET": "false", "BYBIT_TESTNET": "false"},
            "Binance, REAL MONEY and Bybit, REAL MONEY",
        ),
    ],
)
def test_check_says_where_every_client_trades(tmp_path: Path, clients: dict[str, str], said: str) -> None:
    """Each client is named, and real money only where it is real."""
    path = tmp_path / "node.env"
    path.write_text("".join(f"{name}='{value}'\n" for name, value in {**NODE, **clients}.items()))
    path.chmod(0o600)
    result = CliRunner().invoke(app, ["check", "--no-strategies", "--env-file", str(path)])
    assert (result.exit_code, f"MM-001, {said}, strategies" in result.output) == (0, True), result.output


def test_every_command_and_variable_exists(guide: str) -> None:
    """Commands, options and variables that the guide names are there."""
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    named = set(re.findall(r"nodecfg ([a-z-]+)", guide)) | {"env-template", "docs"}
    assert named <= commands
    assert {"check", "show", "render", "diff", "schema", "docs", "presets", "doctor", "instance", "strategies"} <= named
    prefixes = tuple({name.partition("_")[0] + "_" for name in KNOWN})
    variables = {name for name in re.findall(r"\b[A-Z]+_[A-Z_]+[A-Z]\b", guide) if name.startswith(prefixes)}
    assert variables - KNOWN <= {"BINANCE_SPOT", "BINANCE_MARGIN", "BINANCE_COIN_FUTURES"}
