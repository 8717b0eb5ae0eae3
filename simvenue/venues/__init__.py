"""The venues' own protocols, one package a venue; matching and the ledger live in ``simvenue.exchange``."""
