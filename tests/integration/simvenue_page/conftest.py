"""A real browser, and a simvenue to look at."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from simvenue.venues.catalogue import VENUES
from tests.integration.simvenue_admin.process import Simvenue
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """
data_dir: data
admin: {{host: 127.0.0.1, port: {admin}}}
venues:
{venues}
accounts:
  - name: node
    keys: [{{api_key: "key-of-node", api_secret: "secret-of-node"}}]
    balances: {{USDT: "100000", BTC: "1"}}
market: {{kind: synthetic, seed: 7, speed: 1.0}}
"""

REBOUND = "rebound.example"
RESOLVE = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
"""Somebody else's name that leads to this machine, as in DNS rebinding."""


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"no {names[0]} on this machine; run scripts/setup --tests"
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium", "google-chrome", "chrome")
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", RESOLVE):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(_program("chromedriver")))
    yield browser
    browser.quit()


def _console(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return entries


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser, on an empty page before and after; what its console says meanwhile must not be an error."""
    chromium.get("about:blank")
    _console(chromium)
    yield chromium
    said = [entry for entry in _console(chromium) if entry["level"] == "SEVERE"]
    chromium.get("about:blank")
    # A page that lost its server says so; anything else is a defect of ours.
    assert [entry["message"] for entry in said if "ERR_" not in entry["message"]] == []


@pytest.fixture(scope="module")
def simvenue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simvenue]:
    """A running simvenue that serves every venue there is."""
    directory = tmp_path_factory.mktemp("page")
    admin = free_port()
    venues = "\n".join(
        f"  {name}: {{host: 127.0.0.1, port: 0, instruments: [{', '.join(kind.instruments)}]}}"
        for name, kind in VENUES.items()
    )
    config = directory / "simvenue.yaml"
    config.write_text(CONFIG.format(admin=admin, venues=venues))
    config.chmod(0o600)
    running = Simvenue(config, f"http://127.0.0.1:{admin}", "").start()
    _, listed = running.call("GET", "/admin/v1/venues")
    running.venue_url = listed["venues"][0]["url"]
    yield running
    running.end()
