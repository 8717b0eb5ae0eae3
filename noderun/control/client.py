"""Asks a running service over its control socket."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from noderun.control.protocol import ACTS, Command, Request, encode

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_SECONDS: Final = 2.0
ACT_SECONDS: Final = 65.0
_LOOKING: Final = {Command.RECONCILE: 30.0}
"""Looks that take longer, as the venue is asked; above `COMPARE_SECONDS` of noderun/documents.py."""


class ControlError(Exception):
    """The service does not answer; the text says what to look at."""


def ask(path: Path, request: Request) -> dict[str, Any]:
    """Return the service's answer.

    Raises:
        ControlError: No answer within two seconds (an act or a comparison may take longer), or one that says no.
    """
    seconds = ACT_SECONDS if request.command in ACTS else _LOOKING.get(request.command, ANSWER_SECONDS)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(seconds)
            channel.connect(str(path))
            channel.sendall(encode({name: word for name, word in asdict(request).items() if word}))
            with channel.makefile("rb") as answers:
                line = answers.readline()
    except FileNotFoundError:
        raise ControlError(f"no service at {path}: it is not running, or has another socket (--socket)") from None
    except ConnectionRefusedError:
        raise ControlError(f"nobody answers at {path}: the service has died, start it again") from None
    except PermissionError:
        raise ControlError(f"{path} may not be used by this user; use sudo or join the socket's group") from None
    except TimeoutError:
        raise ControlError(f"{path} did not answer within {seconds:g} s: the process is stuck") from None
    except OSError as error:
        raise ControlError(f"{path} cannot be used: {error.strerror or error}") from None
    if not line:
        raise ControlError(f"{path} closed without an answer: the service is ending")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise ControlError(f"{path}: {answer['error']}")
    return answer
