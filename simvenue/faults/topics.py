"""Which of the venues' names mean the book, trades and history, for faults that speak of those."""

from fnmatch import fnmatchcase

BOOK_FRAMES = ("*@depth*", "*@bookTicker", "!bookTicker", "orderbook.*", "tickers.*")
DEPTH_FRAMES = ("*@depth*", "orderbook.*")
TRADE_FRAMES = ("*@trade", "*@aggTrade", "publicTrade.*")
BOOK_PATHS = (
    "*/v[123]/depth",
    "*/v[123]/ticker/bookTicker",
    "/v5/market/orderbook",
    "/v5/market/tickers",
    "depth",
    "ticker.book",
)
HISTORY_PATHS = (
    "*/allOrders",
    "*/allAlgoOrders",
    "*/userTrades",
    "*/myTrades",
    "*/allOrderList",
    "*/income",
    "allOrders",
    "myTrades",
    "/v5/order/history",
    "/v5/execution/list",
    "/v5/position/closed-pnl",
)


def among(name: str, globs: tuple[str, ...]) -> bool:
    """Whether a name matches any of some globs."""
    return any(fnmatchcase(name, glob) for glob in globs)
