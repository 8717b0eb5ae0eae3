"""A recording in the real process: it moves its symbol, ends the process by name of the row when it is broken."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.integration.simvenue_service.world import call
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.simvenue_service.world import Everything


def _replay(world: Everything, **market: object) -> None:
    world.document["market"] = {"kind": "replay", **market}
    world.write()


def _instruments(world: Everything, venue: str) -> dict[str, Any]:
    _, state = call("GET", f"{world.admin}/state?venue={venue}")
    return {instrument["symbol"]: instrument for instrument in state["instruments"]}


def test_plays_bybits_books_on_bybit(stopped: Everything, repository: Path) -> None:
    """A downloaded archive of Bybit's books moves that venue's symbol; its other symbols and venues are made up."""
    archive = repository.parent / "shared/data/recorded/xrpusdt-ob500.data.zip"
    symbol = next(s for s in stopped.document["venues"]["bybit"]["instruments"] if s.startswith("XRPUSDT"))
    _replay(stopped, file=str(archive), venue="bybit", symbol=symbol, speed=5)
    bybit = _instruments(stopped.start(), "bybit")
    assert bybit[symbol]["market"] == "replay:xrpusdt-ob500.data.zip:80538"
    assert abs(Decimal(bybit[symbol]["bid"]) - Decimal("1.953")) < Decimal("0.01")
    others = [*bybit.values(), *_instruments(stopped, "binance_futures").values()]
    assert {other["market"] for other in others} == {bybit[symbol]["market"], "synthetic:7"}


def test_ends_at_the_row_that_is_broken(stopped: Everything, tmp_path: Path) -> None:
    """A recording that is broken far behind its start is played up to there; then the process says where, exit 78."""
    path = tmp_path / "trades.csv"
    rows = "".join(f"{1_700_000_000_000 + number * 100},60000,0.1,true\n" for number in range(3000))
    path.write_text(f"timestamp,price,quantity,buyer_maker\n{rows}broken\n")
    futures = stopped.document["venues"]["binance_futures"]
    stopped.document["venues"] = {"binance_futures": futures | {"instruments": ["BTCUSDT"]}}
    _replay(stopped, file=str(path), symbol="BTCUSDT", speed=1000)
    process = stopped.start().process
    assert process is not None
    assert process.wait(20 * PATIENCE) == 78
    stopped.process = None
    assert "trades.csv row 3000: it has 1 cells only; correct or remove that row" in stopped.log
    assert "Traceback" not in stopped.log
