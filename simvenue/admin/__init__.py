"""The operator's side door: dump the ledger, trade as anybody, move the market."""

from simvenue.admin.app import create_admin

__all__ = ["create_admin"]
