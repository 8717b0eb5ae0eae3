"""simvenue shares no code with what it tests."""

from __future__ import annotations

import subprocess
import sys


def test_simvenue_imports_nothing_of_the_node() -> None:
    """The whole running service loads neither nautilus_trader nor nodecfg nor noderun, nor parquet unless needed."""
    code = (
        "import sys, simvenue.service, simvenue.cli\n"
        "print([m for m in ('nautilus_trader', 'nodecfg', 'noderun', 'strategies', 'pyarrow') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
