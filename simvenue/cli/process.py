"""The commands about the process as a whole: restart, reset, requests."""

import time
from typing import Annotated, Any

import typer

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call, try_call
from simvenue.cli.output import UNAVAILABLE, USAGE, fail, print_json, say, table

_WAIT_SECONDS = 30
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Come back when it serves again.")]


def restart(admin_url: AdminUrl = DEFAULT_URL, *, wait: Wait = True) -> None:
    """Drop every socket and start again from the ledgers; faults and counts are gone, orders and fills are not."""
    _again("/admin/v1/restart", None, admin_url, wait=wait)
    say("simvenue serves again" if wait else "simvenue restarts")


def reset(
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Needed: every order, fill, position and balance will go.")
    ] = False,
    wait: Wait = True,
) -> None:
    """Wipe every ledger and start again, as testnets do."""
    if not yes:
        fail("this wipes every order, fill, position and balance of every venue; say --yes to do it", USAGE)
    _again("/admin/v1/reset", {"confirm": "wipe"}, admin_url, wait=wait)
    say("simvenue serves again, with first balances" if wait else "simvenue resets")


def _again(path: str, body: dict[str, Any] | None, admin_url: str, *, wait: bool) -> None:
    before = call("GET", admin_url, "/admin/v1/health")["started_ms"]
    call("POST", admin_url, path, body=body)
    deadline = time.monotonic() + _WAIT_SECONDS
    while wait:
        health = try_call(admin_url, "/admin/v1/health")
        if health and health["started_ms"] != before:
            return
        if time.monotonic() > deadline:
            fail(f"simvenue did not serve again within {_WAIT_SECONDS} s; its log says why", UNAVAILABLE)
        time.sleep(0.1)


def requests(
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    reset_counts: Annotated[bool, typer.Option("--reset", help="Start counting again from nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how often each endpoint was called since the start or the last reset of the counts."""
    if reset_counts:
        document = call("DELETE", admin_url, "/admin/v1/requests")
    else:
        document = call("GET", admin_url, "/admin/v1/requests", query={"venue": venue})
    if as_json:
        print_json(document)
        return
    table("requests", document["requests"], ("venue", "method", "path", "count"))
