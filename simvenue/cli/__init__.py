"""The simvenue command: run the exchange, look into its ledger, trade as somebody else."""

import typer

from simvenue.cli import faults, look, market, orders, process, serve

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command()(serve.serve)
app.command()(look.ledger)
app.command()(look.state)
app.command()(look.audit)
app.command()(process.requests)
app.command()(market.fund)
app.command()(orders.liquidate)
app.command()(process.restart)
app.command()(process.reset)
app.add_typer(orders.app, name="orders")
app.add_typer(market.app, name="market")
app.add_typer(faults.app, name="fault")

__all__ = ["app"]
