"""A strategy in a project of its own, as an operator has one, and the deploys that bring it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.lab import run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "house-maker"
version = "{version}"
dependencies = ["nautilus_trader"]

[tool.hatch.build.targets.wheel]
only-include = ["house_maker.py"]
"""

_GOOD = '''
"""Quotes as the reference strategy does."""

from strategies.market_maker import MarketMaker as Reference, MarketMakerConfig


class MarketMaker(Reference):
    """The house's own."""

    edition = "{version}"
'''

_RAISES = """

    def on_start(self):
        raise RuntimeError("edition {version} cannot start")
"""


def project(directory: Path, version: str, *, starts: bool = True, imports: bool = True) -> Path:
    """Writes the sources of one version, which raises in on_start or at its import when told."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyproject.toml").write_text(_PROJECT.format(version=version))
    source = ("" if imports else "import no_such_library\n") + _GOOD + ("" if starts else _RAISES)
    (directory / "house_maker.py").write_text(source.format(version=version))
    return directory


def deploy_command(source: Path, **variables: str) -> tuple[str, ...]:
    """The deploy of a node with the project's strategy in the inventory's place; who it is at the venue stays."""
    strategy = {
        "strategy_path": "house_maker:MarketMaker",
        "config_path": "house_maker:MarketMakerConfig",
        "config": {
            "instrument_id": "BTCUSDT-PERP.BINANCE",
            "order_qty": "0.010",
            "max_position": "0.050",
            "external_order_claims": ["BTCUSDT-PERP.BINANCE"],
        },
    }
    extra = json.dumps({"tradingnode_packages": [str(source)], "tradingnode_strategies": [strategy], **variables})
    return (".venv/bin/ansible-playbook", "deploy.yml", "--tags", "tradingnode", "-e", extra)


def deploy(checkout: Path, source: Path, *, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs that deploy with more variables; raises AssertionError with its output when ``check`` and it failed."""
    return run(checkout, *deploy_command(source, **variables), check=check)
