"""Runs the relay; the node starts it, nobody else."""

from noderun.relay.process import main

main()
