"""A page of somebody else's, open in the same browser, can neither use nor read the admin API."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from tests.integration.simvenue_page.conftest import REBOUND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from tests.integration.simvenue_admin.process import Simvenue

EVIL = """<!doctype html><title>evil</title>
<form id="form" method="post" action="{admin}/admin/v1/market/pause" target="sink"></form><iframe name="sink"></iframe>
<iframe id="framed" src="{admin}/"></iframe>
<script>
window.results = {{}};
const tries = {{
  read: fetch("{admin}/admin/v1/state").then((r) => r.text()),
  fetch: fetch("{admin}/admin/v1/market/pause", {{method: "POST", mode: "no-cors", body: "{{}}"}}).then((r) => r.type),
  json: fetch("{admin}/admin/v1/market/pause", {{method: "POST", headers: {{"Content-Type": "application/json"}}}}),
  clear: fetch("{admin}/admin/v1/faults", {{method: "DELETE"}}),
  beacon: Promise.resolve(navigator.sendBeacon("{admin}/admin/v1/market/pause", "{{}}")),
}};
document.getElementById("form").submit();
Promise.allSettled(Object.entries(tries).map(([name, done]) =>
  done.then((value) => {{ results[name] = String(value); }}, (error) => {{ results[name] = "refused"; }})
)).then(() => setTimeout(() => {{ document.title = "done"; }}, 500));
</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Another web site on this machine: its address, and the directory it shows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()
    serving.join()


def _visit(chromium: Chrome, site: tuple[str, Path], admin: str) -> dict[str, Any]:
    address, directory = site
    (directory / "index.html").write_text(EVIL.format(admin=admin))
    chromium.get(address)
    WebDriverWait(chromium, 15).until(lambda b: b.title == "done")
    results: dict[str, Any] = chromium.execute_script("return results")
    return results


def test_another_site_changes_nothing_and_reads_nothing(
    chromium: Chrome, simvenue: Simvenue, site: tuple[str, Path]
) -> None:
    """Fetches, forms, beacons and frames of another site leave the market moving, the fault in, and show nothing."""
    simvenue.call("POST", "/admin/v1/faults", {"kind": "hang", "path": "/never"})
    results = _visit(chromium, site, simvenue.url)
    chromium.switch_to.frame("framed")
    framed = chromium.page_source
    chromium.switch_to.default_content()
    chromium.get("about:blank")
    assert results["read"] == results["json"] == results["clear"] == "refused"
    assert "Order book" not in framed
    for venue in simvenue.call("GET", "/admin/v1/venues")[1]["venues"]:
        assert simvenue.call("GET", f"/admin/v1/state?venue={venue['name']}")[1]["market_paused"] is False
    assert len(simvenue.call("DELETE", "/admin/v1/faults")[1]["faults"]) == 1


def test_a_name_pointed_at_this_address_reads_nothing(chromium: Chrome, simvenue: Simvenue) -> None:
    """A domain of somebody else's that leads to the admin port (DNS rebinding) gets a refusal, not the page."""
    chromium.get(f"http://{REBOUND}:{simvenue.url.rpartition(':')[2]}/")
    assert "Order book" not in chromium.page_source
    assert "use its address, or localhost" in chromium.page_source
    chromium.get("about:blank")
