"""Counts of requests and their log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simvenue.faults.tally import RequestLogError, Tally, parameters


def test_counts_by_venue_method_and_path() -> None:
    """Each endpoint has its own count; a venue's rows can be asked for; reset starts again."""
    tally = Tally()
    for _ in range(3):
        tally.add("bybit", "GET", "/a")
    tally.add("binance_spot", "POST", "/a")
    assert [(row["venue"], row["method"], row["path"], row["count"]) for row in tally.rows()] == [
        ("binance_spot", "POST", "/a", 1),
        ("bybit", "GET", "/a", 3),
    ]
    assert [row["count"] for row in tally.rows("bybit")] == [3]
    tally.reset()
    assert tally.rows() == []


def test_counts_are_bounded() -> None:
    """A client that makes names up cannot fill the memory; what is counted already goes on."""
    tally = Tally()
    for number in range(12_000):
        tally.add("v", "WS", str(number))
    tally.add("v", "WS", "0")
    rows = tally.rows()
    assert len(rows) == 10_000
    assert {row["path"]: row["count"] for row in rows}["0"] == 2


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("symbol=BTCUSDT&signature=abc&timestamp=1", b"", {"symbol": "BTCUSDT", "timestamp": "1"}),
        ("listenKey=abc", b"", {}),
        ("", b'{"symbol":"X","apiKey":"k","args":[{"sign":"s","qty":"1"}]}', {"symbol": "X", "args": [{"qty": "1"}]}),
        ("", b"symbol=X&signature=s", {"symbol": "X"}),
        ("", b"\xff\xfe", {"\ufffd\ufffd": ""}),
        ("", b"[" * 5000, None),
        ("", b"[1]", {"body": [1]}),
    ],
)
def test_secrets_are_left_out(query: str, body: bytes, expected: dict[str, object] | None) -> None:
    """Keys and signatures never stand in the log, at any depth and whatever the body is."""
    found = parameters(query, body)
    json.dumps(found)
    if expected is not None:
        assert {n: v for n, v in found.items() if v or n == "\ufffd\ufffd"} == expected


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The message names key, path and fix."""
    with pytest.raises(RequestLogError, match=r"faults\.request_log .*nowhere.* set it to a file"):
        Tally().log_to(tmp_path / "nowhere" / "x.jsonl")


def test_a_full_disk_ends_the_log_only() -> None:
    """When the disk is full, requests go on without being written down."""
    tally = Tally()
    tally.log_to(Path("/dev/full"))
    tally.write({"path": "/a"})
    assert not tally.logging
    tally.write({"path": "/b"})
