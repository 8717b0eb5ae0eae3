"""What Ansible writes into an env file must be what python-dotenv, and so the node, reads out of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.roles.conftest import load

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
# A carriage return is folded by every text file; a zero byte is refused; surrogates are no text.
VALUES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
)


@given(variables=st.dictionaries(NAMES, VALUES))
def test_every_text_comes_back(repository: Path, variables: dict[str, str]) -> None:
    """Quotes, backslashes, hashes, dollar signs, blanks and line breaks of a secret survive the file."""
    text = load(repository / "plugins/filter/dotenv.py").to_dotenv(variables)
    assert dotenv_values(stream=io.StringIO(text), interpolate=False) == variables


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (False, "false"),
        (120, "120"),
        (["BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"], "BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE"),
        ({"BTCUSDT-PERP.BINANCE": 50000}, '{"BTCUSDT-PERP.BINANCE": 50000}'),
    ],
)
def test_values_of_yaml_become_text_of_the_node(repository: Path, value: object, expected: str) -> None:
    """Booleans, numbers, lists and mappings of an inventory are written as nodecfg reads them."""
    text = load(repository / "plugins/filter/dotenv.py").to_dotenv({"NAME": value})
    assert dotenv_values(stream=io.StringIO(text), interpolate=False) == {"NAME": expected}


def test_none_leaves_the_default(repository: Path) -> None:
    """A variable that is None is not written."""
    assert load(repository / "plugins/filter/dotenv.py").to_dotenv({"NAME": None}) == ""


@pytest.mark.parametrize("variables", [{"A B": "x"}, {"A=B": "x"}, {"": "x"}, {"NAME": "a\0b"}])
def test_what_no_env_file_can_hold_is_refused(repository: Path, variables: dict[str, str]) -> None:
    """A name or value that would break the file stops the run and is named."""
    plugin = load(repository / "plugins/filter/dotenv.py")
    with pytest.raises(plugin.AnsibleFilterError, match=r"cannot be the name|zero byte"):
        plugin.to_dotenv(variables)
