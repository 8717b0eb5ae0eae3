"""show, render, diff, schema, docs and presets say what the settings and upstream's config say, and no secret."""

from __future__ import annotations

import json
import runpy
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg import TradingNodeSettings
from nodecfg.cli import app
from nodecfg.presets import PRESETS
from nodecfg.reference import FILE as REFERENCE
from nodecfg.reference import reference_text
from nodecfg.schema import FILE as SCHEMA
from nodecfg.schema import schema, schema_text
from nodecfg.settings import SECTIONS
from nodecfg.template import EXAMPLE, PRODUCTION, env_template, production_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from typer.testing import Result

    WriteEnv = Callable[[Mapping[str, str]], Path]

KNOWN = [name for section in SECTIONS.values() for name in section.variables()]


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (EXAMPLE, env_template),
        (PRODUCTION, production_template),
        (REFERENCE, reference_text),
        (SCHEMA, schema_text),
    ],
)
def test_generated_files_are_fresh(repository: Path, file: str, text: Callable[[], str]) -> None:
    """Each generated file in the repository is what the models say now; the command writes it anew."""
    assert (repository / file).read_text(encoding="utf-8") == text()


def test_commands_write_the_generated_files(tmp_path: Path) -> None:
    """env-template --directory, schema -o and docs -o write the very texts, and stdout gets them without."""
    assert _run("env-template", "--directory", str(tmp_path)).exit_code == 0
    assert (tmp_path / EXAMPLE).read_text(encoding="utf-8") == env_template()
    assert (tmp_path / PRODUCTION).read_text(encoding="utf-8") == production_template()
    assert _run("env-template", "--production").output == production_template()
    assert _run("schema").output == schema_text()
    assert _run("docs", "--stdout").output == reference_text()
    assert _run("docs", "-o", str(tmp_path / "page.md")).exit_code == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == reference_text()


@pytest.mark.parametrize("command", [["schema", "-o"], ["docs", "-o"], ["env-template", "--directory"]])
def test_a_file_that_cannot_be_written_is_a_problem(tmp_path: Path, command: list[str]) -> None:
    """An output path that is not there ends with 78 and its name, without a traceback."""
    missing = tmp_path / "missing" / "file"
    result = _run(*command, str(missing))
    assert result.exit_code == 78
    assert str(missing) in result.output
    assert isinstance(result.exception, SystemExit)


def test_schema_has_every_variable_and_marks_secrets() -> None:
    """Each variable is a property with its type; secrets are write-only; no other property is allowed."""
    document = schema()
    assert list(document["properties"]) == KNOWN
    properties = document["properties"]
    assert properties["REDIS_PORT"] | {"description": ""} == {
        "x-section": SECTIONS["redis"].title,
        "description": "",
        "type": "integer",
        "minimum": 1,
        "maximum": 65535,
        "default": "6379",
    }
    assert properties["NAUTILUS_ENVIRONMENT"]["enum"] == ["LIVE", "SANDBOX"]
    assert properties["BINANCE_API_SECRET"]["writeOnly"] is True
    assert properties["RECONCILIATION_OPEN_CHECK_INTERVAL_SECS"]["x-preset"] == "10"
    assert (document["required"], document["additionalProperties"]) == (["NAUTILUS_TRADER_ID"], False)


def test_reference_has_every_variable_once() -> None:
    """The page has one row per variable, and the presets side by side."""
    rows = [line.split("`")[1] for line in reference_text().splitlines() if line.startswith("| `")]
    assert [name for name in rows if name in KNOWN] == KNOWN
    assert "| `OPEN_CHECK_INTERVAL_SECS` | 30 | 10 | 5 | off |" in reference_text()


def test_production_template_is_for_real_money(variables: dict[str, str], tmp_path: Path) -> None:
    """Filled in, it is a right configuration for real money, and nothing of a test venue stands in it."""
    text = production_template()
    assert "BASE_URL" not in text
    keys = {name: variables[name] for name in ("BINANCE_API_KEY", "BINANCE_API_SECRET", "REDIS_PASSWORD")}
    for name, value in keys.items():
        assert f"\n{name}=\n" in text
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    path = tmp_path / "main.env"
    path.write_text(text)
    path.chmod(0o600)
    settings = TradingNodeSettings.from_env(env_file=path)
    assert settings.binance is not None
    assert settings.binance.is_real_money
    assert (settings.redis.username, str(settings.strategies_file)) == (
        "tradingnode-main",
        "/etc/tradingnode/main.strategies.yaml",
    )


def test_show_names_the_origin_of_each_value(variables: dict[str, str], write_env: WriteEnv, tmp_path: Path) -> None:
    """Each value is told with default, preset, file or env, and overrides stand below with their paths."""
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("exec_engine.qsize: 5000\ncache.database.password: hunter22\n")
    given = {**variables, "RECONCILIATION_PRESET": "AGGRESSIVE", "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": "7"}
    path = write_env(given)
    document = json.loads(_run("show", "--json", "--env-file", str(path), "--overrides", str(overrides)).output)
    origins = document["origins"]
    assert origins["NAUTILUS_TRADER_ID"] == origins["RECONCILIATION_OPEN_CHECK_INTERVAL_SECS"] == "file"
    assert origins["RECONCILIATION_POSITION_CHECK_INTERVAL_SECS"] == "preset"
    assert document["settings"]["RECONCILIATION_POSITION_CHECK_INTERVAL_SECS"] == 15.0
    assert origins["REDIS_PORT"] == "default"
    assert document["overrides"] == {"exec_engine.qsize": 5000, "cache.database.password": "********"}
    assert set(origins) == set(document["settings"])
    table = _run("show", "--env-file", str(path), "--overrides", str(overrides)).output
    assert "override" in table
    assert "preset" in table
    assert "hunter22" not in table


def test_show_knows_the_process_environment(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the origin of given values is env."""
    monkeypatch.chdir("/")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert json.loads(_run("show", "--json").output)["origins"]["NAUTILUS_TRADER_ID"] == "env"


def test_show_refuses_overrides_that_cannot_be_read(variables: dict[str, str], write_env: WriteEnv) -> None:
    """An overrides file that is not there is a problem of `show` too."""
    assert _run("show", "--env-file", str(write_env(variables)), "--overrides", "/nowhere").exit_code == 78


def test_check_knows_overrides(variables: dict[str, str], write_env: WriteEnv, tmp_path: Path) -> None:
    """A wrong override is found by check; beside wrong settings the file's own problems are told too."""
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("exec_engine.qsze: 5000\n")
    result = _run("check", "--json", "--env-file", str(write_env(variables)), "--overrides", str(overrides))
    assert result.exit_code == 78
    (problem,) = json.loads(result.output)["problems"]
    assert problem["fix"] == "did you mean exec_engine.qsize?"
    overrides.write_text("a..b: 1\n")
    wrong = write_env({**variables, "REDIS_PORT": "x"})
    result = _run("check", "--json", "--env-file", str(wrong), "--overrides", str(overrides))
    assert [p["variable"] for p in json.loads(result.output)["problems"]] == ["REDIS_PORT", "overrides.yaml a..b"]
    overrides.write_text("exec_engine.qsize: 5000\n")
    assert _run("check", "--env-file", str(write_env(variables)), "--overrides", str(overrides)).exit_code == 0


def test_presets_are_shown_side_by_side() -> None:
    """The command prints every preset with every value, and the same as JSON."""
    document = json.loads(_run("presets", "--json").output)
    assert {name: entry["values"] for name, entry in document.items()} == {p.value: dict(v) for p, v in PRESETS.items()}
    table = _run("presets").output
    assert all(preset.value in table for preset in PRESETS)
    assert "INFLIGHT_CHECK_RETRIES" in table


def test_problems_of_all_files_come_together(
    variables: dict[str, str], write_env: WriteEnv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong settings, strategies and overrides are one table on a terminal, and values are no markup in it."""
    strategies, overrides = tmp_path / "strategies.yaml", tmp_path / "overrides.yaml"
    strategies.write_text("strategies: [{strategy_path: 5, config_path: 5}]\n")
    overrides.write_text("a..b: 1\n")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    files = ("--strategies", str(strategies), "--overrides", str(overrides))
    result = _run("check", "--env-file", str(write_env({**variables, "REDIS_HOST": "[red]x"})), *files)
    assert result.exit_code == 78
    for text in ("REDIS_HOST", "[red]x", "strategies[0].strategy_path", "a..b"):
        assert text in result.output
    overrides.write_text("exec_engine.qsze: 1\n")
    result = _run("check", "--env-file", str(write_env(variables)), *files)
    for text in ("strategies[0].strategy_path", "exec_engine.qsze"):
        assert text in result.output


def test_a_secret_in_strategies_is_scrubbed(
    variables: dict[str, str], secrets: tuple[str, ...], write_env: WriteEnv, tmp_path: Path
) -> None:
    """A key of the env file that was pasted into strategies.yaml too stays hidden when the file is wrong."""
    strategies = tmp_path / "strategies.yaml"
    strategies.write_text(f"strategies: [{{strategy_path: 'a{secrets[0]} b:C', config_path: 5}}]\n")
    result = _run("check", "--env-file", str(write_env(variables)), "--strategies", str(strategies))
    assert result.exit_code == 78
    assert secrets[0] not in result.output


def test_runs_as_a_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m nodecfg` is the command."""
    monkeypatch.setattr("sys.argv", ["nodecfg", "instance"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("nodecfg", run_name="__main__")
    assert ended.value.code == 0
    assert "tradingnode.service" in capsys.readouterr().out


def test_doctor_needs_the_extra_of_a_host(
    variables: dict[str, str], write_env: WriteEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package is installed without its extra, the doctor says what to install."""
    for name in [name for name in sys.modules if name == "redis" or name.startswith(("redis.", "nodecfg.doctor"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    result = _run("doctor", "--env-file", str(write_env(variables)))
    assert result.exit_code == 78
    assert "tradingnode-ops[node]" in result.output
