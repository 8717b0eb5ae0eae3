"""Runs the command as `python -m nodecfg`."""

from nodecfg.cli import app

if __name__ == "__main__":
    app()
