"""Whoever reaches the port may do everything, but a web page of somebody else's may do nothing."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue

PAUSE = "POST /admin/v1/market/pause"
STATE = "GET /admin/v1/state"
PAGE = "GET /"


def _ask(simvenue: Simvenue, request: str, headers: dict[str, str]) -> tuple[int, str]:
    method, path = request.split()
    address = simvenue.url.removeprefix("http://")
    given = {name: value.format(own=address, port=address.rpartition(":")[2]) for name, value in headers.items()}
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, headers=given)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("request_line", "headers"),
    [
        (PAUSE, {"Origin": "https://evil.example"}),
        (PAUSE, {"Origin": "null"}),
        (PAUSE, {"Origin": "https://{own}"}),
        (PAUSE, {"Origin": "http://localhost:{port}"}),
        (PAUSE, {"Sec-Fetch-Site": "cross-site"}),
        (PAUSE, {"Sec-Fetch-Site": "same-site"}),
        (PAUSE, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
        (PAUSE, {"Host": "evil.example"}),
        (STATE, {"Host": "evil.example:{port}"}),
        (STATE, {"Host": "127.0.0.1.evil.example"}),
        (STATE, {"Host": "localhost.evil.example"}),
        (STATE, {"Host": "evil.example@127.0.0.1.example"}),
        (STATE, {"Host": "["}),
        (STATE, {"Host": ""}),
        (STATE, {"Sec-Fetch-Site": "cross-site"}),
        (PAGE, {"Host": "evil.example"}),
        (PAGE, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
    ],
)
def test_other_sites_are_refused(shared: Simvenue, request_line: str, headers: dict[str, str]) -> None:
    """Another site's Origin, a fetch from one, and a name that is not this machine's (DNS rebinding) get 403."""
    status, text = _ask(shared, request_line, headers)
    assert status == 403
    assert "FORBIDDEN" in text
    assert shared.call("GET", "/admin/v1/state")[1]["market_paused"] is False


@pytest.mark.parametrize(
    ("request_line", "headers"),
    [
        (STATE, {"Origin": "http://{own}"}),
        (STATE, {"Origin": "http://{own}", "Sec-Fetch-Site": "same-origin"}),
        (STATE, {"Host": "localhost:{port}"}),
        (STATE, {"Host": "LOCALHOST"}),
        (STATE, {"Host": "lab.localhost:{port}"}),
        (STATE, {"Host": "[::1]:{port}"}),
        (STATE, {"Host": "10.213.10.12:8190"}),
        (PAGE, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}),
        (PAGE, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
    ],
)
def test_our_own_page_and_programs_pass(shared: Simvenue, request_line: str, headers: dict[str, str]) -> None:
    """The page itself, programs, and a link to the page from anywhere pass."""
    assert _ask(shared, request_line, headers)[0] == 200


def test_the_page_runs_no_code_but_its_own(shared: Simvenue) -> None:
    """Its policy names a nonce that is another one each time, and forbids frames, forms and other sites."""
    connection = http.client.HTTPConnection(shared.url.removeprefix("http://"), timeout=10)
    policies = []
    for _ in range(2):
        connection.request("GET", "/")
        response = connection.getresponse()
        policy = response.headers["Content-Security-Policy"]
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        assert f'<script nonce="{nonce}">' in response.read().decode()
        policies.append(policy)
    connection.close()
    assert policies[0] != policies[1]
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "connect-src 'self'"):
        assert directive in policies[0]
    assert "unsafe" not in policies[0]


def test_a_public_address_is_warned_of(stopped: Simvenue) -> None:
    """Listening for everybody is possible and says what that means in the log."""
    stopped.config.write_text(stopped.config.read_text().replace("admin: {host: 127.0.0.1", "admin: {host: 0.0.0.0"))
    stopped.start()
    log = (stopped.config.parent / "serve.log").read_text()
    assert "everybody who reaches 0.0.0.0 can use the admin API: it has no password" in log
