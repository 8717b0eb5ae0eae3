"""`.env.example` says exactly what the models say, and filling it in is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg import ConfigurationError, TradingNodeSettings
from nodecfg.cli import app
from nodecfg.settings import SECTIONS
from nodecfg.sources import parse_env_file
from nodecfg.template import env_template

if TYPE_CHECKING:
    from pathlib import Path


def test_checked_in_file_is_fresh(repository: Path) -> None:
    """The file in the repository is what `nodecfg env-template -o .env.example` writes."""
    assert (repository / ".env.example").read_text(encoding="utf-8") == env_template()


def test_command_writes_it(tmp_path: Path) -> None:
    """The command writes the same text to a file and to standard output."""
    path = tmp_path / "example"
    assert CliRunner().invoke(app, ["env-template", "-o", str(path)]).exit_code == 0
    assert path.read_text(encoding="utf-8") == env_template() == CliRunner().invoke(app, ["env-template"]).output


def test_every_variable_is_in_it_and_examples_are_right(tmp_path: Path, variables: dict[str, str]) -> None:
    """Every variable appears once, and the file with all examples switched on is a right configuration."""
    path = tmp_path / "all.env"
    lines = env_template().splitlines()
    path.write_text("\n".join(line.removeprefix("#") if line[1:2].isupper() else line for line in lines))
    given, problems = parse_env_file(path)
    assert problems == ()
    assert list(given) == [name for section in SECTIONS.values() for name in section.variables()]
    secrets = [name for section in SECTIONS.values() for name in section.secret_variables()]
    keys = {name: variables["BINANCE_API_KEY" if name.endswith("_KEY") else "BINANCE_API_SECRET"] for name in secrets}
    both = {
        "BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE",
        # All clients at once are on, spot too, beside which it is refused.
        "RECONCILIATION_POSITION_CHECK_INTERVAL_SECS": "off",
    }
    settings = TradingNodeSettings.from_env({**given, **keys, **both})
    assert settings.binance is not None
    assert settings.binance.testnet is True


def test_untouched_it_is_refused_by_the_empty_keys(tmp_path: Path) -> None:
    """A copy nobody filled in asks for exactly what is missing."""
    path = tmp_path / ".env"
    path.write_text(env_template())
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(env_file=path)
    assert [problem.variable for problem in caught.value.problems] == ["BINANCE_API_KEY", "BINANCE_API_SECRET"]
