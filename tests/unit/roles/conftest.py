"""What the tests of roles share: Ansible run for real on this machine, and plugins loaded by their path."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

BIN = Path(sys.executable).parent
SAMPLE = {
    "redis_admin_password": "canary-redis-admin-password",
    "redis_users": [
        {"name": "tradingnode-main", "password": "canary-redis-node-password", "key_prefix": "trader-MM-001:"}
    ],
    "simvenue_api_key": "canarySimvenueApiKey",
    "simvenue_api_secret": "canarySimvenueApiSecret",
    "tradingnode_trader_id": "MM-001",
    "tradingnode_binance_api_key": "canarySimvenueApiKey",
    "tradingnode_binance_api_secret": "canarySimvenueApiSecret",
    "tradingnode_redis_password": "canary-redis-node-password",
    "tradingnode_strategies": [
        {
            "strategy_path": "strategies.market_maker:MarketMaker",
            "config_path": "strategies.market_maker:MarketMakerConfig",
            "config": {"instrument_id": "BTCUSDT-PERP.BINANCE", "order_qty": "0.010", "max_position": "0.050"},
        }
    ],
}
"""Variables an inventory must set, with values no other file holds."""

ROLES = ("redis", "simvenue", "tradingnode")


def run_ansible(*argv: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's commands from this environment."""
    variables = {**os.environ, "ANSIBLE_NOCOLOR": "1", **(env or {})}
    return subprocess.run(
        [BIN / argv[0], *argv[1:]], cwd=cwd, env=variables, text=True, capture_output=True, check=False
    )


def load(path: Path) -> ModuleType:
    """Import a plugin or module file as Ansible would, by its path."""
    spec = importlib.util.spec_from_file_location(f"loaded_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def rendered(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file the roles render, made by Ansible with the roles' own defaults, one directory per role."""
    place = tmp_path_factory.mktemp("rendered")
    tasks: list[dict[str, Any]] = []
    for role in ROLES:
        (place / role).mkdir()
        tasks += [
            {"include_vars": str(repository / "roles" / role / f"{part}/main.yml")} for part in ("defaults", "vars")
        ]
    for role in ROLES:
        tasks += [
            {"template": {"src": str(source), "dest": str(place / role / source.stem), "mode": "0600"}}
            for source in sorted((repository / "templates" / role).glob("*.j2"))
        ]
    playbook = place / "render.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    (place / "sample.json").write_text(json.dumps(SAMPLE))
    done = run_ansible(
        "ansible-playbook", "-i", "localhost,", "-c", "local", f"-e@{place}/sample.json", str(playbook), cwd=repository
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture
def run_module(repository: Path) -> Callable[[str, str, dict[str, Any]], dict[str, Any]]:
    """Run one of the roles' own modules on this machine and return its result."""

    def run(role: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        done = run_ansible(
            *("ansible", "localhost", "-i", "localhost,", "-c", "local", "-m", name, "-a", json.dumps(arguments)),
            cwd=repository,
            env={
                "ANSIBLE_LIBRARY": str(repository / f"roles/{role}/library"),
                "ANSIBLE_MODULE_UTILS": str(repository / f"roles/{role}/module_utils"),
                "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
                "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
                "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            },
        )
        result: dict[str, Any] = json.loads(done.stdout)["plays"][0]["tasks"][0]["hosts"]["localhost"]
        return result

    return run
