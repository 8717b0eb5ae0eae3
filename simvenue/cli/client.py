"""How the command reaches the admin API of a running simvenue, and the options that say where it is."""

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from simvenue.cli.output import REFUSED, UNAVAILABLE, USAGE, fail

DEFAULT_URL = "http://127.0.0.1:8190"
_TIMEOUT_SECONDS = 10
_LEDGER_TIMEOUT_SECONDS = 120

AdminUrl = Annotated[
    str, typer.Option("--admin-url", envvar="SIMVENUE_ADMIN_URL", help="Where the admin API of a running simvenue is.")
]
Venue = Annotated[
    str | None,
    typer.Option("--venue", envvar="SIMVENUE_VENUE", help="Which venue; not needed when only one is served."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

# The admin API is on loopback or in a lab: a proxy of the environment must not get its requests.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(
    method: str,
    url: str,
    path: str,
    *,
    query: Mapping[str, object] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """Make one request and give its answer; ends the command with a message when there is none.

    Args:
        method: of HTTP.
        url: the admin API's address.
        path: below it, starting with a slash.
        query: parameters; those that are None are left out.
        body: sent as JSON.
    """
    if not url.startswith(("http://", "https://")):
        fail(f"--admin-url {url} is no address; give one such as {DEFAULT_URL}", USAGE)
    parameters = urllib.parse.urlencode({key: value for key, value in (query or {}).items() if value is not None})
    request = urllib.request.Request(  # noqa: S310 - checked above
        url.rstrip("/") + path + (f"?{parameters}" if parameters else ""),
        data=None if body is None else json.dumps(body).encode(),
        headers={} if body is None else {"Content-Type": "application/json"},
        method=method,
    )
    timeout = _LEDGER_TIMEOUT_SECONDS if path.endswith("/ledger") else _TIMEOUT_SECONDS
    try:
        with _opener.open(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        answer = error.read()
        try:
            refused = json.loads(answer)["error"]
            sentence = f"{refused['reason']}: {refused['detail']}"
        except (ValueError, KeyError, TypeError):
            fail(f"{url} answered {error.code} and is not simvenue's admin API; check --admin-url", UNAVAILABLE)
        # What is a parameter there is an option here.
        fail(re.sub(r"\?(\w+)=", r"--\1", sentence), REFUSED)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        fail(f"simvenue does not answer at {url} ({reason}); start it or give --admin-url", UNAVAILABLE)


def try_call(url: str, path: str) -> Any:  # noqa: ANN401 - JSON
    """Ask once; None when nobody answers or the answer is no JSON."""
    try:
        with _opener.open(url.rstrip("/") + path, timeout=_TIMEOUT_SECONDS) as response:
            return json.load(response)
    except (OSError, ValueError, http.client.HTTPException):
        return None
