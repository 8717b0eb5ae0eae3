"""What a venue's words mean: a refusal or silence, a ban and how long."""

from __future__ import annotations

import pytest

from noderun.engine.guards.bans import ban_seconds
from noderun.engine.guards.doubtful_rejections import is_refusal


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [
        ("{'code': -2019, 'msg': 'Margin is insufficient.'}", True),
        ("{'code': -5022, 'msg': 'Post only order will be rejected.'}", True),
        ("{'code': -1003, 'msg': 'Too many requests.'}", True),
        ("{'code': -1007, 'msg': 'Timeout waiting for response from backend server.'}", False),
        ("{'code': -4116, 'msg': 'ClientOrderId is duplicated.'}", False),
        ("<html>503 Service Unavailable</html>", False),
        ("Canceled retry", False),
        ("", False),
        (None, False),
    ],
)
def test_only_the_venues_own_code_refuses(reason: str | None, refusal: bool) -> None:  # noqa: FBT001 a parameter of the table
    """An order is refused by one of the venue's codes that leave nothing open, and by nothing else."""
    assert is_refusal(reason) is refusal


@pytest.mark.parametrize(
    ("message", "headers", "seconds"),
    [
        ("…", {"Retry-After": "7"}, 7),
        ("…", {"retry-after": "7"}, 7),
        ({"code": -1003, "msg": "IP banned until 1700000009500."}, {}, 9.5),
        ({"code": -1003, "msg": "IP banned until 1600000000000."}, {}, 0),
        ("IP banned until 1900000000000.", None, 600),
        ("<html>", {}, 0),
    ],
)
def test_ban_lasts_as_long_as_the_venue_says(message: object, headers: dict[str, str] | None, seconds: float) -> None:
    """The header counts, else the moment in the text; never more than ten minutes, nothing when neither says."""
    assert ban_seconds(message, headers, 1_700_000_000.0) == seconds
