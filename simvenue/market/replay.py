"""A recorded market: real trades from a parquet file, each sent as the aggressive order it was, at its own pace."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Literal

from simvenue.exchange.types import MarketStep, Side, Take
from simvenue.market.ladder import Ladder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from simvenue.exchange.types import Instrument

_COLUMNS = ("timestamp", "price", "quantity", "buyer_maker")
_END_PAUSE_MS = 1000
_LOOK_BACK = 50  # trades
_WIDEST_SPREAD = 8  # gaps of the ladder
_MAKER_WAS_BUYER = {"True": True, "False": False, "true": True, "false": False}


class RecordingError(Exception):
    """A recording cannot be used; the message names the file, the problem and the fix."""


@dataclass(frozen=True, slots=True)
class RecordedTrade:
    """One trade of a recording, in the instrument's ticks and lots."""

    time_ms: int
    side: Side
    price: Decimal
    quantity: Decimal


def read_recording(path: Path, instrument: Instrument) -> tuple[RecordedTrade, ...]:
    """Read trades from a parquet file (timestamp, price, quantity, buyer_maker as 'True' or 'False'; others ignored).

    Prices go to the nearest tick; quantities up to the next lot, at least one.

    Raises:
        RecordingError: file or columns missing, not parquet, no trades, a value that is no price or quantity.
    """
    # Slow to import and only needed for recordings.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path, columns=list(_COLUMNS)).sort_by("timestamp")
    except FileNotFoundError as error:
        raise RecordingError(f"market.file {path} does not exist; set it to a parquet file of trades") from error
    except (pa.ArrowException, OSError, KeyError) as error:
        raise RecordingError(
            f"market.file {path} cannot be read as parquet with the columns {', '.join(_COLUMNS)}: {error}"
        ) from error
    times = table["timestamp"].cast(pa.timestamp("ms", table["timestamp"].type.tz)).cast(pa.int64()).to_pylist()
    prices, quantities, makers = (table[name].to_pylist() for name in _COLUMNS[1:])
    tick, step = instrument.tick_size, instrument.step_size
    trades = []
    for row, (time_ms, price, quantity, maker) in enumerate(zip(times, prices, quantities, makers, strict=True)):
        buyer_made = maker if isinstance(maker, bool) else _MAKER_WAS_BUYER.get(maker)
        if not (price and price > 0 and quantity and quantity > 0 and buyer_made is not None):
            raise RecordingError(
                f"market.file {path} row {row}: price {price}, quantity {quantity}, buyer_maker {maker!r}; "
                "prices and quantities must be above 0 and buyer_maker 'True' or 'False'"
            )
        lots = (Decimal(str(quantity)) / step).to_integral_value(rounding=ROUND_CEILING)
        ticks = (Decimal(str(price)) / tick).to_integral_value()
        trades.append(RecordedTrade(time_ms, Side.SELL if buyer_made else Side.BUY, ticks * tick, lots * step))
    if not trades:
        raise RecordingError(f"market.file {path} holds no trades; set it to a file that does")
    return tuple(trades)


@dataclass(slots=True)
class ReplayMarket:
    """A recording played on one symbol; ``offset`` (the next trade) and ``shift`` are all its state."""

    instrument: Instrument
    name: str
    trades: Sequence[RecordedTrade]
    at_end: Literal["loop", "hold"] = "loop"
    offset: int = 0
    shift: Decimal = Decimal(1)

    @property
    def identity(self) -> str:
        """Tell this market from every other, so that a saved position is only taken up by its own."""
        return f"replay:{self.name}:{len(self.trades)}"

    @property
    def wait_ms(self) -> float:
        """Give the market time until the next trade, or until the ladder is looked after when there is none."""
        if self.offset == len(self.trades):
            return _END_PAUSE_MS
        if self.offset == 0:
            return 0
        return self.trades[self.offset].time_ms - self.trades[self.offset - 1].time_ms

    def save(self) -> dict[str, Any]:
        """Give where the market is."""
        return {"offset": self.offset, "shift": str(self.shift)}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from where `save` was called."""
        self.offset, self.shift = saved["offset"], Decimal(saved["shift"])

    def quote(self) -> MarketStep:
        """Give the ladder around the last trade, without takers."""
        last = self.trades[max(0, self.offset - 1)]
        price, gap = self._price(last), self._ladder().gap
        # The side that was hit stands at the trade's price, the other where it was hit last, if that is near.
        far = self._last_of(last.side.opposite) or price
        distance = min(max(last.side.sign * (price - far), gap), _WIDEST_SPREAD * gap)
        bid, ask = (price - distance, price) if last.side is Side.BUY else (price, price + distance)
        bids, asks = self._ladder().quotes(bid, ask)
        return MarketStep(reference=price, bids=bids, asks=asks)

    def advance(self) -> MarketStep:
        """Move one trade on and give it with the ladder it met."""
        if self.offset == len(self.trades):
            if self.at_end == "hold":
                return self.quote()
            self.offset = 0
        trade = self.trades[self.offset]
        self.offset += 1
        quoted, price = self.quote(), self._price(trade)
        bids, asks = quoted.bids, quoted.asks
        # Who was hit had all that was traded: the best level is made large enough for it.
        if trade.side is Side.BUY:
            asks = ((price, max(trade.quantity, asks[0][1])), *asks[1:])
        else:
            bids = ((price, max(trade.quantity, bids[0][1])), *bids[1:])
        take = Take(side=trade.side, quantity=trade.quantity, limit=price)
        return MarketStep(reference=quoted.reference, bids=bids, asks=asks, takes=(take,))

    def _ladder(self) -> Ladder:
        return Ladder.around(self.instrument, self._price(self.trades[0]))

    def _last_of(self, side: Side) -> Decimal | None:
        recent = self.trades[max(0, self.offset - _LOOK_BACK) : self.offset]
        return next((self._price(trade) for trade in reversed(recent) if trade.side is side), None)

    def _price(self, trade: RecordedTrade) -> Decimal:
        tick = self.instrument.tick_size
        return (trade.price * self.shift / tick).to_integral_value() * tick
