"""The service: one process whose state equals the trading state, one honest place to look, one way to stop it."""
