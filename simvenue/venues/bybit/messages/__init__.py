"""What the venue says: the JSON of instruments, market data, orders and accounts."""
