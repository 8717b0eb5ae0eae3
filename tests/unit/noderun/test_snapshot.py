"""What counts as a difference between venue and cache."""

from __future__ import annotations

from decimal import Decimal

from noderun.snapshot import Holding, OpenOrder, Snapshot, changed, differences

BTC, ETH = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"


def _order(number: str, instrument: str = BTC) -> OpenOrder:
    return OpenOrder(venue_order_id=number, client_order_id=f"O-{number}", instrument_id=instrument)


def _snapshot(*orders: OpenOrder, **positions: str) -> Snapshot:
    held = {Holding(BTC if name == "btc" else ETH): Decimal(quantity) for name, quantity in positions.items()}
    return Snapshot(orders={order.venue_order_id: order for order in orders}, positions=held)


def test_equal_snapshots_have_no_difference() -> None:
    """The same orders and positions, written with other zeros, are equal."""
    venue, cache = _snapshot(_order("1"), btc="0.010"), _snapshot(_order("1"), btc="0.01")
    assert differences(venue=venue, cache=cache, loaded={BTC}) == []


def test_every_kind_of_difference_is_told() -> None:
    """Missing, surplus and foreign orders, and positions off by an amount or a sign, each get a line."""
    venue = _snapshot(_order("1"), _order("2", ETH), btc="-0.010", eth="1")
    cache = _snapshot(_order("3"), btc="0.010")
    found = differences(venue=venue, cache=cache, loaded={BTC})
    assert len(found) == 5
    text = "\n".join(found)
    assert "order O-1 BTCUSDT-PERP.BINANCE is open at the venue, not in the cache" in text
    assert "order O-3 BTCUSDT-PERP.BINANCE is open in the cache, not at the venue" in text
    assert "order O-2 ETHUSDT-PERP.BINANCE is open at the venue, but its instrument is not loaded" in text
    assert "position BTCUSDT-PERP.BINANCE is -0.010 at the venue, 0.010 in the cache" in text
    assert "position ETHUSDT-PERP.BINANCE is 1 at the venue, 0 in the cache, and it is not loaded" in text


def _legs(**legs: str) -> Snapshot:
    return Snapshot(orders={}, positions={Holding(BTC, leg.upper()): Decimal(held) for leg, held in legs.items()})


def test_legs_that_cancel_out_are_compared_one_by_one() -> None:
    """Two equal legs, or legs that are both off by the same, are a difference each, whoever lacks them."""
    both, none = _legs(long="0.010", short="-0.010"), _legs()
    assert differences(venue=both, cache=both, loaded={BTC}) == []
    assert differences(venue=both, cache=none, loaded={BTC}) == [
        "position BTCUSDT-PERP.BINANCE LONG is 0.010 at the venue, 0 in the cache",
        "position BTCUSDT-PERP.BINANCE SHORT is -0.010 at the venue, 0 in the cache",
    ]
    assert len(differences(venue=none, cache=both, loaded={BTC})) == 2
    assert len(differences(venue=_legs(long="0.030", short="-0.030"), cache=both, loaded={BTC})) == 2


def test_the_net_is_compared_where_one_side_knows_nothing_else() -> None:
    """Legs on one side and a net position on the other are equal when the legs add up to it."""
    legs, net = _legs(long="0.030", short="-0.010"), _snapshot(btc="0.020")
    assert differences(venue=legs, cache=net, loaded={BTC}) == []
    assert differences(venue=net, cache=legs, loaded={BTC}) == []
    assert differences(venue=legs, cache=_snapshot(btc="0.010"), loaded={BTC}) == [
        "position BTCUSDT-PERP.BINANCE is 0.020 at the venue, 0.010 in the cache"
    ]


def test_changed_instruments() -> None:
    """An order that came, went or was filled, and a position that moved, name their instruments; the rest stay out."""
    quiet = _order("1")
    filled, other = (
        OpenOrder(venue_order_id="2", client_order_id="O-2", instrument_id=ETH, terms=(Decimal(1), Decimal(done)))
        for done in ("0", "0.5")
    )
    assert filled == other
    cache = _snapshot(quiet, filled, btc="1")
    assert changed(venue=_snapshot(quiet, filled, btc="1.0"), cache=cache) == set()
    assert changed(venue=_snapshot(quiet, other, btc="1"), cache=cache) == {ETH}
    assert changed(venue=_snapshot(filled, btc="1"), cache=cache) == {BTC}
    assert changed(venue=_snapshot(quiet, filled, _order("3", ETH), btc="1"), cache=cache) == {ETH}
    assert changed(venue=_snapshot(quiet, filled, btc="2"), cache=cache) == {BTC}
