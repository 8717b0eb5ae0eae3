"""Lets `python -m simvenue.cli` be the command."""

from simvenue.cli import app

app()
