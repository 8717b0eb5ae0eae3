"""What the node sets at the venue at each start, and that a start that finds it set already is as good as the first."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import INSTRUMENT

if TYPE_CHECKING:
    from tests.integration.node.world import Node


pytestmark = pytest.mark.slow


def test_a_margin_type_that_is_set_already(node: Node) -> None:
    """Binance answers the second start with -4046 "No need to change margin type."; the node is READY all the same."""
    node.variables["BINANCE_MARGIN_TYPES"] = json.dumps({INSTRUMENT: "ISOLATED"})
    node.variables["BINANCE_LEVERAGES"] = json.dumps({INSTRUMENT: 7})
    for start in (1, 2):
        node.start().wait_ready()
        node.signal(signal.SIGTERM)
        assert node.wait_exit() == 0
        assert node.log().count("margin type to ISOLATED") == start
        assert node.log().count("Set default leverage BTCUSDT 7X") == start
