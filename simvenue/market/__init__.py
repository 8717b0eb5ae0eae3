"""The simulated market: who quotes and takes on the exchange besides its customers."""
