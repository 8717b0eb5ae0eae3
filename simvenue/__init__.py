"""A simulated exchange, its own process, that speaks real venues' protocols and keeps a ledger that is the truth."""
