"""The command checks everything, says everything, and ends with 0 or 78."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def _run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    command = [sys.executable, "-m", "nodecfg", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment, timeout=60)


def test_check_says_ok(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """A right env file ends with 0 and a line that says source, trader, venue and strategies."""
    path = write_env(variables)
    result = _run("check", "--env-file", str(path), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"ok: env file {path}: MM-001, Binance at http://127.0.0.1:8101, 0 strategies" in result.stdout


def test_check_says_every_problem_without_traceback(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """Wrong settings and wrong strategies come together on stderr, one line each, with exit code 78."""
    strategies = tmp_path / "strategies.yaml"
    strategies.write_text("strategies: [{strategy_path: no_such:Class, config_path: 5}]\n")
    path = write_env({**variables, "BINANCE_API_KEY": "", "REDIS_PORT": "x"})
    result = _run("check", "--env-file", str(path), "--strategies", str(strategies), cwd=tmp_path)
    assert (result.returncode, result.stdout) == (78, "")
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert lines[0] == "4 problems in the configuration:"
    named = [line.split(" = ")[0].strip() for line in lines[1:]]
    assert named[:2] == ["REDIS_PORT", "BINANCE_API_KEY"]
    assert named[2:] == [f"strategies.yaml strategies[0].{key}" for key in ("strategy_path", "config_path")]


def test_problems_are_a_table_on_a_terminal(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """On a terminal the problems stand in a table of variable, value, problem and fix."""
    path = write_env({**variables, "REDIS_PORT": "[red]x"})
    result = _run("check", "--env-file", str(path), cwd=tmp_path, env={"FORCE_COLOR": "1", "COLUMNS": "160"})
    assert result.returncode == 78
    for text in ("variable", "value", "problem", "fix", "REDIS_PORT", "[red]x"):
        assert text in result.stderr


def test_json_is_for_programs(variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path]) -> None:
    """--json prints one document, good or bad, with the same exit codes."""
    good = CliRunner().invoke(app, ["check", "--json", "--env-file", str(write_env(variables))])
    assert good.exit_code == 0
    assert json.loads(good.output)["ok"] is True
    bad = CliRunner().invoke(app, ["check", "--json", "--env-file", str(write_env({**variables, "REDIS_PORT": "0"}))])
    assert bad.exit_code == 78
    (problem,) = json.loads(bad.output)["problems"]
    assert (problem["variable"], problem["value_masked"]) == ("REDIS_PORT", "0")


def test_show_prints_effective_values(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path]
) -> None:
    """Show tells defaults and given values, secrets masked."""
    path = write_env({**variables, "READY_TIMEOUT": "99"})
    result = CliRunner().invoke(app, ["show", "--json", "--env-file", str(path)])
    shown = json.loads(result.output)["settings"]
    assert (shown["READY_TIMEOUT"], shown["REDIS_PORT"], shown["REDIS_PASSWORD"]) == (99.0, 6379, "********")
    assert "SHUTDOWN_POLICY" in CliRunner().invoke(app, ["show", "--env-file", str(path)]).output


def test_notes_name_what_may_surprise(
    variables: dict[str, str], write_env: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    """An ignored variable of the process environment and a limit that upstream does not hold are told."""
    path = write_env({**variables, "RISK_MAX_NOTIONAL_PER_ORDER": '{"BTCUSDT-PERP.BINANCE": 5}'})
    env = {"REDIS_USERNAME": "someone"}
    result = _run("check", "--no-strategies", "--env-file", str(path), cwd=tmp_path, env=env)
    assert result.returncode == 0
    assert "REDIS_USERNAME of the environment have no effect" in result.stdout
    assert "upstream ignores it on margin accounts" in result.stdout
    assert "strategies not checked" in result.stdout


def test_strategies_are_checked_alone(tmp_path: Path) -> None:
    """The strategies command checks one file without any settings, for Ansible's validate."""
    path = tmp_path / "strategies.yaml"
    path.write_text("strategies: [{strategy_path: no_such:Class}]\n")
    result = CliRunner().invoke(app, ["strategies", str(path)])
    assert result.exit_code == 78
    assert "no module named 'no_such'" in result.output


def test_instance_prints_json() -> None:
    """Instance NAME --json prints what derives from the name, and 78 for a name that cannot be."""
    result = CliRunner().invoke(app, ["instance", "alpha", "--trader-id", "MM-002", "--json"])
    assert json.loads(result.output)["redis_key_prefix"] == "trader-MM-002:"
    assert CliRunner().invoke(app, ["instance", "Al pha"]).exit_code == 78
    assert "tradingnode@alpha.service" in CliRunner().invoke(app, ["instance", "alpha"]).output


def test_importing_nodecfg_does_not_import_upstream() -> None:
    """Settings, instance names and the command itself load without nautilus_trader."""
    code = "import sys, nodecfg, nodecfg.cli, nodecfg.settings; sys.exit('nautilus_trader' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["TradingNodeConfigFactory", "load_strategies", "client_factories", "derive"])
def test_public_names_load_on_first_use(name: str) -> None:
    """Every public name is reachable from the package."""
    import nodecfg  # noqa: PLC0415 the lazy attribute is what is tested

    assert callable(getattr(nodecfg, name))
    assert name in nodecfg.__all__
    with pytest.raises(AttributeError):
        _ = nodecfg.no_such_name
