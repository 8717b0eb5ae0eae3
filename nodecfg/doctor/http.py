"""One HTTP question to a venue: JSON back, or why not."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nodecfg.doctor.retrying import NoAnswerError, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 5.0
_SERVER_ERROR: Final = 500
_LONGEST: Final = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a venue said.

    Attributes:
        status: HTTP status.
        document: The JSON body, None when it is none.
    """

    status: int
    document: Any

    @property
    def said(self) -> str:
        """The venue's own words, for a message."""
        if isinstance(self.document, dict):
            code = self.document.get("code", self.document.get("retCode"))
            text = self.document.get("msg", self.document.get("retMsg"))
            return f"HTTP {self.status}, {code}: {text}"[:200]
        return f"HTTP {self.status}"


def get(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask once.

    Raises:
        NoAnswerError: Nothing answered, or a server error: asking again can help.
    """
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 nodecfg admits http and https only
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 see above
            return Answer(status=response.status, document=_json(response.read(_LONGEST)))
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= _SERVER_ERROR:
                raise NoAnswerError(f"HTTP {error.code}") from None
            return Answer(status=error.code, document=_json(error.read(_LONGEST)))
    except urllib.error.URLError as error:
        reason = error.reason
        raise NoAnswerError(plain(reason) if isinstance(reason, BaseException) else str(reason)) from None
    except (OSError, ValueError) as error:
        raise NoAnswerError(plain(error)) from None


def _json(body: bytes) -> Any:  # noqa: ANN401 JSON
    try:
        return json.loads(body)
    except ValueError:
        return None
