"""Misbehaviour on command: what goes wrong between a venue and its clients, where, how often and how long."""

from simvenue.faults.catalogue import FAULT, KINDS, parse
from simvenue.faults.engine import FaultError, Faults

__all__ = ["FAULT", "KINDS", "FaultError", "Faults", "parse"]
