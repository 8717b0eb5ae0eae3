"""What a person sees at the admin port during a rehearsal, in a real browser."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import title_contains
from selenium.webdriver.support.ui import Select, WebDriverWait

from simvenue.venues.catalogue import VENUES
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

    from tests.integration.simvenue_admin.process import Simvenue

FIRST = next(iter(VENUES))
SCRIPT = "<img src=x onerror=document.title='owned'>"


@pytest.fixture(autouse=True)
def _without_faults(simvenue: Simvenue) -> Iterator[None]:
    yield
    simvenue.call("DELETE", "/admin/v1/faults")


def _wait(browser: Chrome, seconds: float = 15) -> WebDriverWait[Chrome]:
    return WebDriverWait(browser, seconds * PATIENCE, poll_frequency=0.05)


def _open(browser: Chrome, simvenue: Simvenue, where: str = "") -> None:
    browser.get(f"{simvenue.url}/{where}")
    _wait(browser).until(lambda b: _text(b, "link") == "live")


def _text(browser: Chrome, element: str) -> str:
    # Read in one go: what changes four times a second may be gone between finding and reading it.
    return str(browser.execute_script("return document.getElementById(arguments[0]).textContent", element))


def _see(browser: Chrome, element: str, text: str) -> None:
    _wait(browser).until(lambda b: text in _text(b, element), f"{text} does not appear in {element}")


@contextmanager
def _socket(simvenue: Simvenue, path: str) -> Iterator[None]:
    client = http.client.HTTPConnection(simvenue.venue_url.removeprefix("http://"), timeout=10)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    client.request("GET", path, headers={**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
    try:
        assert client.getresponse().status == 101
        yield
    finally:
        client.close()


def test_the_market_moves(browser: Chrome, simvenue: Simvenue) -> None:
    """Prices, book and trades appear and change by themselves."""
    _open(browser, simvenue)
    seen: set[str] = set()

    def moved(b: Chrome) -> bool:
        seen.add(_text(b, "price"))
        return len(seen) >= 5

    _wait(browser).until(moved)
    levels = browser.execute_script(
        "return ['asks', 'bids'].map(id => [...document.querySelectorAll(`#${id} .price`)].map(e => +e.textContent))"
    )
    assert len(levels[0]) == len(levels[1]) == 12
    assert levels[0] + levels[1] == sorted(levels[0] + levels[1], reverse=True)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#trades tbody tr")) > 0


def test_an_order_appears_and_goes(browser: Chrome, simvenue: Simvenue) -> None:
    """An order placed over the API appears with its account, a fill as a position; a canceled one goes."""
    _open(browser, simvenue, f"#{FIRST}/BTCUSDT")
    body = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "quantity": "0.013"}
    resting = {**body, "price": "58000", "client_order_id": "watched-order"}
    _, order = simvenue.call("POST", f"/admin/v1/orders?venue={FIRST}", resting)
    _see(browser, "accounts", "watched-order")
    row = browser.find_element(By.XPATH, "//div[@data-account='node']//tr[contains(., 'watched-order')]")
    assert [cell.text for cell in row.find_elements(By.TAG_NAME, "td")][1:] == [
        "BUY",
        "58000",
        "0.013",
        "0",
        "NEW",
    ]
    simvenue.call("POST", f"/admin/v1/orders?venue={FIRST}", {**body, "type": "MARKET"})
    _see(browser, "accounts", "Position")
    simvenue.call("DELETE", f"/admin/v1/orders/{order['order_id']}?venue={FIRST}")
    _wait(browser).until(lambda b: "watched-order" not in _text(b, "accounts"))


def test_a_fault_appears_counts_and_is_cleared_by_a_click(browser: Chrome, simvenue: Simvenue) -> None:
    """A fault appears with what it is and how often it hit; its button ends it for real."""
    _open(browser, simvenue, f"#{FIRST}")
    fault = {"kind": "http_status", "status": 503, "path": "/fapi/v1/ping", "venue": FIRST}
    _, added = simvenue.call("POST", "/admin/v1/faults", fault)
    _see(browser, "faults", "path=/fapi/v1/ping")
    assert "http_status" in _text(browser, "faults")
    for _ in range(2):
        assert simvenue.ask_venue("/fapi/v1/ping") == 503
    count = f"[data-fault='{added['id']}'] td.n"
    _wait(browser).until(lambda b: b.find_element(By.CSS_SELECTOR, count).text == "2")
    browser.find_element(By.XPATH, f"//tr[@data-fault='{added['id']}']//button[. = 'Clear']").click()
    _see(browser, "faults", "The venue behaves")
    assert simvenue.call("GET", "/admin/v1/faults")[1] == {"faults": []}
    assert simvenue.ask_venue("/fapi/v1/ping") == 200


def test_a_barrier_is_released_by_a_click(browser: Chrome, simvenue: Simvenue) -> None:
    """A fault that holds a request says so and offers to release it; then the request is answered."""
    _open(browser, simvenue, f"#{FIRST}")
    fault = {"kind": "hold", "path": "/fapi/v1/ping", "venue": FIRST}
    number = simvenue.call("POST", "/admin/v1/faults", fault)[1]["id"]
    _see(browser, "faults", "hold")
    release = browser.find_element(By.XPATH, f"//tr[@data-fault='{number}']//button[. = 'Release']")
    assert not release.is_displayed()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(simvenue.ask_venue, "/fapi/v1/ping")
        _see(browser, "faults", "holds 1")
        assert not answer.done()
        release.click()
        assert answer.result(10) == 200
    _wait(browser).until(lambda b: "holds" not in _text(b, "faults"))


def test_all_faults_are_cleared_by_a_click(browser: Chrome, simvenue: Simvenue) -> None:
    """One button ends them all, those of every venue."""
    _open(browser, simvenue)
    for _ in range(3):
        simvenue.call("POST", "/admin/v1/faults", {"kind": "hang", "path": "/never"})
    _wait(browser).until(lambda b: len(b.find_elements(By.CSS_SELECTOR, "#faults tbody tr")) == 3)
    browser.find_element(By.ID, "clear-all").click()
    _see(browser, "faults", "The venue behaves")
    assert simvenue.call("GET", "/admin/v1/faults")[1] == {"faults": []}


def test_another_venue_and_market_are_chosen(browser: Chrome, simvenue: Simvenue) -> None:
    """Every venue and each of its markets can be chosen; the address then leads there again."""
    _open(browser, simvenue)
    for venue, kind in VENUES.items():
        Select(browser.find_element(By.ID, "venue")).select_by_value(venue)
        _wait(browser).until(title_contains(venue))
        symbol = list(kind.instruments)[-1]
        Select(browser.find_element(By.ID, "symbol")).select_by_value(symbol)
        _wait(browser).until(title_contains(f"{symbol} "))
        _, state = simvenue.call("GET", f"/admin/v1/state?venue={venue}")
        mark = float(next(one for one in state["instruments"] if one["symbol"] == symbol)["mark_price"])
        assert float(_text(browser, "price")) == pytest.approx(mark, rel=0.02)
    address = browser.current_url
    browser.get("about:blank")
    browser.get(address)
    _wait(browser).until(lambda b: b.title.startswith(symbol))


def test_markets_are_paused_and_resumed_by_a_click(browser: Chrome, simvenue: Simvenue) -> None:
    """The button lets every market stand still, says so, and lets them go on."""
    _open(browser, simvenue)
    button = browser.find_element(By.ID, "pause")
    button.click()
    _see(browser, "pause", "Resume")
    _see(browser, "moved", "stands still")
    states = [simvenue.call("GET", f"/admin/v1/state?venue={venue}")[1] for venue in VENUES]
    assert all(state["market_paused"] for state in states)
    button.click()
    _see(browser, "pause", "Pause")


def test_clients_are_shown_and_text_stays_text(browser: Chrome, simvenue: Simvenue) -> None:
    """A client's socket appears and goes; what it and a fault say is shown as text, whatever it looks like."""
    _open(browser, simvenue, f"#{FIRST}")
    simvenue.call("POST", "/admin/v1/faults", {"kind": "hang", "path": SCRIPT})
    with _socket(simvenue, f"/ws/{quote(SCRIPT)}"):
        _see(browser, "clients", SCRIPT)
        _see(browser, "faults", SCRIPT)
        assert browser.find_elements(By.TAG_NAME, "img") == []
        assert "owned" not in browser.title
    _wait(browser).until(lambda b: SCRIPT not in _text(b, "clients"))


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_it_fits(browser: Chrome, simvenue: Simvenue, width: int) -> None:
    """From a phone to a desk nothing has to be scrolled sideways."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        _open(browser, simvenue)
        simvenue.call("POST", "/admin/v1/faults", {"kind": "hang", "path": "/a/very/long/path/" + "x" * 150})
        _see(browser, "faults", "very/long")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_survives_a_restart(browser: Chrome, simvenue: Simvenue) -> None:
    """When simvenue is killed the page says so; when it is back the page goes on by itself, where it was."""
    _open(browser, simvenue, f"#{FIRST}/ETHUSDT")
    simvenue.kill()
    _see(browser, "link", "does not answer")
    simvenue.start()
    _, listed = simvenue.call("GET", "/admin/v1/venues")
    simvenue.venue_url = listed["venues"][0]["url"]
    _wait(browser).until(lambda b: _text(b, "link") == "live")
    assert browser.title.startswith("ETHUSDT")
    before = _text(browser, "price")
    _wait(browser).until(lambda b: _text(b, "price") != before)
