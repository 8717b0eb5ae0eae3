"""Runs the noderun command as `python -m noderun`."""

from noderun.cli import app

app()
