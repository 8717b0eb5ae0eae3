"""Leverage and margin type, which the venue keeps per account and symbol.

They are answered truthfully but change no margin: the exchange behind the venue has one margin rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aiohttp import web

DEFAULT_LEVERAGE = 20
MAX_LEVERAGE = 125


@dataclass(frozen=True, slots=True)
class SymbolSetting:
    """The settings of one account for one symbol."""

    leverage: int = DEFAULT_LEVERAGE
    isolated: bool = False

    @property
    def margin_type(self) -> str:
        """``ISOLATED`` or ``CROSSED``."""
        return "ISOLATED" if self.isolated else "CROSSED"


class SymbolSettings:
    """All settings, in memory; defaults until somebody changes them."""

    def __init__(self) -> None:
        """Start with defaults everywhere."""
        self._settings: dict[tuple[str, str], SymbolSetting] = {}

    def get(self, account: str, symbol: str) -> SymbolSetting:
        """The setting now in force."""
        return self._settings.get((account, symbol), SymbolSetting())

    def set_leverage(self, account: str, symbol: str, leverage: int) -> None:
        """Change the leverage."""
        self._settings[account, symbol] = replace(self.get(account, symbol), leverage=leverage)

    def set_isolated(self, account: str, symbol: str, *, isolated: bool) -> bool:
        """Change the margin type; False when it was so already."""
        setting = self.get(account, symbol)
        if setting.isolated == isolated:
            return False
        self._settings[account, symbol] = replace(setting, isolated=isolated)
        return True


SYMBOL_SETTINGS: web.AppKey[SymbolSettings] = web.AppKey("binance_futures_symbol_settings", SymbolSettings)
