"""`simvenue serve` alone: every venue, keys of its own, the same again at the next start."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from simvenue import demo
from simvenue.config import load
from simvenue.venues.catalogue import VENUES
from tests.integration.simvenue_service.world import SIMVENUE, Everything, call

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_prepares_once_and_only_for_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configuration and keys are made once, readable by their owner only, and are what a node is given."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = tmp_path / "simvenue"
    assert demo.directory() == place
    config = load(demo.prepare(place))
    assert list(config.venues) == list(VENUES)
    assert all(len(venue.instruments) >= 3 for venue in config.venues.values())

    def look() -> dict[str, tuple[int, str]]:
        return {path.name: (path.stat().st_mode & 0o777, path.read_text()) for path in place.iterdir()}

    made = look()
    assert {mode for mode, _ in made.values()} == {0o600}
    demo.prepare(place)
    assert look() == made
    keys = dotenv_values(place / demo.KEYS)
    known = {key.api_key.get_secret_value() for account in config.accounts for key in account.keys}
    assert {value for name, value in keys.items() if name.endswith("_API_KEY")} <= known
    assert keys["BINANCE_BASE_URL_HTTP"] == f"http://127.0.0.1:{config.venues['binance_futures'].port}"


def test_serves_every_venue(everything: Everything) -> None:
    """One command answers on every venue and the admin port, says where keys and configuration are, shows no secret."""
    _, answer = call("GET", f"{everything.admin}/venues")
    assert {venue["name"]: venue["url"] for venue in answer["venues"]} == {
        name: everything.url(name) for name in VENUES
    }
    paths = {"binance_futures": "/fapi/v1/time", "binance_spot": "/api/v3/time", "bybit": "/v5/market/time"}
    for name in VENUES:
        assert call("GET", everything.url(name) + paths[name])[0] == 200
    assert everything.end() == 0
    assert str(everything.place / demo.CONFIG) in everything.log
    assert str(everything.place / demo.KEYS) in everything.log
    for key in everything.document["accounts"][0]["keys"]:
        assert key.get("api_secret", key["api_key"]) not in everything.log


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Without a directory of one's own the command says what to set, exit 74."""
    (tmp_path / "state").touch()
    run = subprocess.run(
        [SIMVENUE, "serve"],
        env={"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert run.returncode == 74
    assert "give --config, or set XDG_STATE_HOME" in run.stderr
    assert "Traceback" not in run.stderr
