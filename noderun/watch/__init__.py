"""Watches a node that has started: what is wrong with it, since when, and when that is too long."""
