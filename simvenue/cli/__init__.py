"""The simvenue command: run the exchange, look into its ledger, trade as somebody else."""

import typer

from simvenue.cli import look, market, orders, serve

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command()(serve.serve)
app.command()(look.ledger)
app.command()(look.state)
app.command()(look.audit)
app.add_typer(orders.app, name="orders")
app.add_typer(market.app, name="market")

__all__ = ["app"]
