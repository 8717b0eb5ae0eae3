"""What the simvenue role renders is what simvenue takes, and values that cannot work are told beforehand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from simvenue.config import load
from simvenue.venues.catalogue import VENUES
from tests.unit.roles.conftest import SAMPLE, run_ansible

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_configuration_is_taken(rendered: Path) -> None:
    """The role's own defaults serve every venue on loopback, to one account with the vault's key."""
    config = load(rendered / "simvenue/simvenue.yaml", allow_readable=True)
    assert set(config.venues) == set(VENUES)
    assert {venue.host for venue in config.venues.values()} == {"127.0.0.1"}
    (account,) = config.accounts
    assert (account.name, account.keys[0].api_key.get_secret_value()) == ("node", SAMPLE["simvenue_api_key"])


WRONG: dict[str, Any] = {
    "simvenue_venues": {"bybit": {"port": 8103}, "binance_spot": {"port": 8190, "instruments": ["BTCUSDT"]}},
    "simvenue_market_kind": "replay",
    "simvenue_replay_venue": "binance_spot",
    "simvenue_replay_symbol": "XRPUSDT",
    "simvenue_market_speed": 0,
    "simvenue_api_secret": "short",
}


def test_all_values_that_cannot_work_are_told(repository: Path, tmp_path: Path) -> None:
    """Wrong values stop the run before anything is touched, each with the variable's name and what it must be."""
    output = _refused(repository, tmp_path, WRONG)
    for problem in (
        "must have a port and instruments (now without: bybit)",
        "simvenue_admin_port and the ports of simvenue_venues must differ (now: 8190, 8103, 8190)",
        "simvenue_replay_symbol must be one of simvenue_venues.binance_spot.instruments (now: XRPUSDT)",
        "simvenue_replay_file must be a file on the controller",
        "simvenue_market_speed must be greater than 0 (now: 0)",
        "simvenue_api_key and simvenue_api_secret must have at least 16 letters",
    ):
        assert problem in output


def _refused(repository: Path, directory: Path, variables: dict[str, Any]) -> str:
    good = {name: value for name, value in SAMPLE.items() if name.startswith("simvenue_")}
    role = {"name": "simvenue", "tasks_from": "check.yml"}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": role}]}
    playbook = directory / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    arguments = ["-i", "localhost,", "-c", "local", "-e", json.dumps({**good, **variables}), str(playbook)]
    run = run_ansible("ansible-playbook", *arguments, cwd=repository)
    assert run.returncode != 0
    return " ".join(run.stdout.split())
